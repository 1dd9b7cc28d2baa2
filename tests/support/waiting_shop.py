"""A world that waits for decisions, and plans for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date, timedelta
from functools import cache

import numpy as np

from shop.config import ShopConfig
from shop.environment import Environment, Orders, Outcome, Placed, Plan, plan_from_orders
from shop.presets import tiny

WEEK, WEEKS = 24, 6

# Nothing ties the products of one category to those of another: no halo, and no logged session that buys.
# And nothing comes back: whole days' sales are parted into lines, whose number decides how many do.
APART = tiny(halo=0.0, click_rate=(0.0, 0.0), returned_share=(0.0, 0.0), cancelled_share=0.0)

# Nor those of one category to one another.
LONE = replace(APART, category_power=1.0, substitution_share=0.0)


@cache
def waiting(config: ShopConfig = APART) -> Environment:
    return Environment(config, WEEK)


def monday(week: int) -> date:
    return APART.first_day + timedelta(weeks=week)


def own_launches(there: Environment) -> Placed:
    """What the shop's own buyers launch in these weeks, by name."""
    world = there.world
    at = np.argwhere((world.launch_week >= WEEK) & (world.launch_week < WEEK + WEEKS))
    return Placed(
        [str(world.catalogue.product_id[product]) for product, _ in at],
        [world.config.channels[channel].name for _, channel in at],
        [monday(int(world.launch_week[product, channel])) for product, channel in at],
    )


def decided(
    there: Environment,
    orders: Orders | None = None,
    launches: Placed | None = None,
    shown: Placed | None = None,
    planned: Sequence[str] = (),
) -> Plan:
    """A plan that changes the buyers' own decisions in what it says only."""
    kept = own_launches(there) if launches is None else launches
    return plan_from_orders(there.world, orders or Orders(), kept, shown, planned)


def waiting_candidate(there: Environment) -> tuple[int, int]:
    """A product and channel that could launch and that the buyers never launch in these weeks: the most wanted one."""
    world = there.world
    can = world.catalogue.is_carried & (world.launch_week >= WEEK + WEEKS)
    product, channel = np.argwhere(can)[world.catalogue.attractiveness[np.nonzero(can)[0]].argmax()]
    return int(product), int(channel)


def same(one: Outcome, other: Outcome) -> bool:
    return all(np.array_equal(getattr(one, field.name), getattr(other, field.name)) for field in fields(Outcome))


def a_seller(there: Environment) -> tuple[int, int]:
    """The product and channel that are refused most."""
    refused = there.run(None, WEEKS).refused.sum(axis=0)
    product, channel = np.unravel_index(refused.argmax(), refused.shape)
    return int(product), int(channel)
