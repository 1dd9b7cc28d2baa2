"""A shop whose categories leave one another alone, and the means of its demand."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from shop.config import ShopConfig
from shop.demand import Means
from shop.parts import Bools, Ints
from shop.presets import tiny
from shop.promotions import Offer
from shop.world import World

# No halo, so that a category is alone with its products.
ALONE = tiny(halo=0.0)

WEEK = 20


@cache
def world(config: ShopConfig = ALONE) -> World:
    return World(config)


def plain_offer(made: World, week: int = WEEK) -> Offer:
    """Usual prices, nothing featured."""
    offered = made.offer(week)
    return replace(offered, is_featured=np.zeros_like(offered.is_featured), discount=np.zeros_like(offered.discount))


def means(made: World, offered: Offer, launch_week: Ints | None = None, week: int = WEEK) -> Means:
    first = made.launch_week if launch_week is None else launch_week
    return made.demand.means(week, offered, first <= week, first)


def in_group(made: World, product: int, channel: int) -> Bools:
    """(P, C) the products on sale that compete with one in a channel."""
    chosen = np.zeros(made.launch_week.shape, dtype=bool)
    chosen[:, channel] = made.catalogue.category_2 == made.catalogue.category_2[product]
    return chosen & (made.launch_week <= WEEK)
