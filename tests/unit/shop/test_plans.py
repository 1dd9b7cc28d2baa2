"""What no plan may ask for, and what it is told instead."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from support.waiting_shop import APART, WEEK, WEEKS, decided, monday, waiting

from shop.environment import Environment, Orders, Placed, plan_from_orders


@pytest.mark.parametrize(
    ("orders", "launches", "shown", "message"),
    [
        (Orders(["P9"], ["online"], [monday(WEEK)], [1]), Placed(), None, "no product 'P9'"),
        (Orders(["P0000001"], ["kiosk"], [monday(WEEK)], [1]), Placed(), None, "no channel 'kiosk'"),
        (Orders(["P0000001"], ["online"], [monday(WEEK) + timedelta(1)], [1]), Placed(), None, "no Monday"),
        (
            Orders(["P0000001"], ["online"], [monday(WEEK - 1)], [1]),
            Placed(),
            None,
            "P0000001 in online, week 23, arri",
        ),
        (Orders(["P0000001"], ["online"], [monday(WEEK)], [-1]), Placed(), None, "negative units"),
        (Orders(), Placed(["P0000001"], ["online"], [monday(WEEK)]), None, "on sale there already"),
        (Orders(), Placed(["P0000080"], ["online"], [monday(WEEK - 3)]), None, "before week 24"),
        (Orders(), Placed(), Placed(["P0000001"], ["online"], [monday(WEEK + 40)]), "exposed: week 64"),
        (
            Orders(),
            Placed(),
            Placed(["P0000001"] * 2, ["online"] * 2, [monday(WEEK)] * 2),
            "P0000001 in online, week 24, needs 0 to",
        ),
    ],
)
def test_a_plan_that_cannot_be_says_what_and_why(
    orders: Orders, launches: Placed, shown: Placed | None, message: str
) -> None:
    there = waiting()
    with pytest.raises(ValueError, match=message):
        there.run(plan_from_orders(there.world, orders, launches, shown), WEEKS)


def test_a_move_of_fewer_than_no_units_is_refused() -> None:
    there = waiting()
    plan = replace(decided(there), moved={WEEK: np.full(there.world.launch_week.shape, -1)})
    with pytest.raises(ValueError, match="moved: week 24"):
        there.run(plan, WEEKS)


def test_a_launch_in_a_channel_that_does_not_carry_it_is_refused() -> None:
    there = waiting()
    world = there.world
    product, channel = np.argwhere((world.catalogue.launch_week > WEEK)[:, None] & ~world.catalogue.is_carried)[0]
    name, place = str(world.catalogue.product_id[product]), world.config.channels[channel].name
    with pytest.raises(ValueError, match="does not carry"):
        there.run(plan_from_orders(world, Orders(), Placed([name], [place], [monday(WEEK)])), 1)


@pytest.mark.parametrize("weeks", [0, -1, APART.weeks])
def test_weeks_that_the_world_does_not_have_are_refused(weeks: int) -> None:
    with pytest.raises(ValueError, match="at least 1, and none past"):
        waiting().run(None, weeks)


def test_a_start_outside_the_world_is_refused() -> None:
    with pytest.raises(ValueError, match="weeks 0 to 39"):
        Environment(APART, 40)
