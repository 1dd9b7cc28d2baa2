"""The weeks of one shop that the tests of several files look at."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from support.shop_orders import CONFIG
from support.shop_week import ShopWeek, shop_weeks

from shop.parts import Lines


@pytest.fixture(scope="session")
def weeks() -> list[ShopWeek]:
    """Every week of the shop of many returns."""
    return list(shop_weeks(CONFIG, CONFIG.weeks))


@pytest.fixture(scope="session")
def lines(weeks: list[ShopWeek]) -> Lines:
    """All weeks' lines."""
    return Lines(*(np.concatenate([getattr(week.lines, field.name) for week in weeks]) for field in fields(Lines)))
