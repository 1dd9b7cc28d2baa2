"""The limits that the shop sets its plans: money a week, launches a category, places on its pages.

Made from what the shop itself saw: its goods sold in the first half-year, and the launches announced by each week.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from contracts import raw
from contracts.plans import horizon_weeks
from shop.arrow import days, numbers, promised, texts
from shop.config import ShopConfig
from shop.parts import NEVER, Catalogue, Floats

# Weeks that the shop watched before it set itself limits.
WATCHED_WEEKS = 26

_BUDGET_SHARE = 0.85
_LAUNCH_SHARE = 0.5
_SLOTS = 40

_Row = tuple[str, str, str, int, float]


def raw_plan_limits(config: ShopConfig, catalogue: Catalogue, weekly_cost: Floats) -> pa.Table:
    """One row per limit: budgets by week, places by online channel and week, launches by category at any time.

    Args:
        config: The world's.
        catalogue: The world's.
        weekly_cost: (weeks,) cost of the goods sold in each week, money.
    """
    rows = list(_limits(config, catalogue, weekly_cost))
    scope, channel, category, week, amount = zip(*rows, strict=True)
    day = np.array([NEVER if number == NEVER else 7 * number for number in week])
    return promised(
        raw.RAW_PLAN_LIMITS,
        {
            "scope": texts(scope),
            "channel": texts(channel),
            "category_1": texts(category),
            "week": days(config.first_day, day),
            "amount": numbers(np.array(amount, dtype=np.float64)),
        },
    )


def _limits(config: ShopConfig, catalogue: Catalogue, weekly_cost: Floats) -> Iterator[_Row]:
    """Every limit as (scope, channel, category_1, week, amount), an empty text or NEVER for what it does not name."""
    watched = min(WATCHED_WEEKS, config.weeks)
    budget = round(_BUDGET_SHARE * float(weekly_cost[:watched].mean()), 2)
    online = [channel.name for channel in config.channels if channel.is_online]
    # As far as a plan looks that is made when the last week is over.
    for week in range(watched, config.weeks + horizon_weeks(int(catalogue.lead_weeks.max())) + 1):
        yield "budget", "", "", week, budget
        yield from (("slots", channel, "", week, float(_SLOTS)) for channel in online)
    usual = np.mean([_open_launches(catalogue, week) for week in range(watched)], axis=0)
    caps = np.maximum(np.ceil(_LAUNCH_SHARE * usual), 1.0).tolist()
    for name, cap in zip(catalogue.category_names_1.tolist(), caps, strict=True):
        yield "launches", "", name, NEVER, cap


def _open_launches(catalogue: Catalogue, week: int) -> Floats:
    """(categories,) product-channels that are announced, not yet launched and not yet too late in a week."""
    is_open = catalogue.is_candidate & (catalogue.announced_day <= 7 * week)
    is_open &= (catalogue.latest_week >= week) & (catalogue.launch_week >= week)
    carried = catalogue.is_carried.sum(axis=1) * is_open
    counted: Floats = np.bincount(catalogue.category_1, carried, len(catalogue.category_names_1)).astype(np.float64)
    return counted
