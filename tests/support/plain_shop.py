"""A plain shop's weeks, made once, and their arrays by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from functools import cache

import numpy as np

from shop.config import ShopConfig
from shop.parts import Week
from shop.presets import tiny
from shop.world import World

PLAIN = tiny(weeks=20, click_rate=(0.02, 0.08), growth=0.0)


@cache
def weeks_of(config: ShopConfig) -> tuple[Week, ...]:
    return tuple(World(config).weeks())


def arrays(week: Week) -> Iterator[tuple[str, np.ndarray]]:
    for part in ("lines", "events", "promotions", "counts", "truth"):
        for field in fields(getattr(week, part)):
            yield f"{part}.{field.name}", getattr(getattr(week, part), field.name)


def alike(one: Week, other: Week) -> bool:
    pairs = zip(arrays(one), arrays(other), strict=True)
    return all(mine[0] == yours[0] and mine[1].tobytes() == yours[1].tobytes() for mine, yours in pairs)
