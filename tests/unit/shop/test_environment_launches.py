"""Launches and exposures of a plan: when they start, what they take, what they lift."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.waiting_shop import (
    APART,
    LONE,
    WEEK,
    WEEKS,
    decided,
    monday,
    own_launches,
    same,
    waiting,
    waiting_candidate,
)

from shop.environment import Orders, Placed, plan_from_orders
from shop.plans import launches_of
from shop.presets import tiny
from shop.world import OWN, Decisions


def test_a_plan_that_repeats_the_buyers_launches_and_orders_nothing_is_the_history() -> None:
    there = waiting()
    assert len(own_launches(there).product_id) > 2
    assert same(there.run(decided(there), WEEKS), there.run(None, WEEKS))


def test_a_launch_sells_from_its_week_on_takes_from_its_category_and_only_what_was_ordered() -> None:
    there = waiting(replace(APART, category_power=0.3))
    product, channel = waiting_candidate(there)
    world = there.world
    name, place = str(world.catalogue.product_id[product]), world.config.channels[channel].name
    kept = own_launches(there)
    launches = Placed([*kept.product_id, name], [*kept.channel, place], [*kept.monday, monday(WEEK + 2)])
    orders = Orders([name], [place], [monday(WEEK + 1)], [2_000])
    plan = plan_from_orders(world, orders, launches, planned=[name])
    before, after = there.run(decided(there), WEEKS), there.run(plan, WEEKS)
    assert after.demanded[:2, product].sum() == 0
    assert after.left[1, product, channel] == 2_000
    sold = after.sold[2:, product, channel]
    assert sold.sum() > 0
    assert after.left[-1, product, channel] == 2_000 - sold.sum()
    same_category = (world.catalogue.category_2 == world.catalogue.category_2[product]) & (
        np.arange(world.catalogue.size_of) != product
    )
    taken = before.demanded[:, same_category, channel] - after.demanded[:, same_category, channel]
    assert (taken >= 0).all()
    assert taken.sum() > 0
    elsewhere = [number for number in range(4) if number != channel]
    assert np.array_equal(before.demanded[:, :, elsewhere], after.demanded[:, :, elsewhere])


def test_a_planned_launch_without_an_order_has_nothing_to_sell() -> None:
    there = waiting(LONE)
    product, channel = waiting_candidate(there)
    world = there.world
    name, place = str(world.catalogue.product_id[product]), world.config.channels[channel].name
    plan = plan_from_orders(world, Orders(), Placed([name], [place], [monday(WEEK)]))
    outcome = there.run(plan, WEEKS)
    assert outcome.demanded[:, product, channel].sum() > 0
    assert outcome.sold[:, product].sum() == 0
    assert np.array_equal(outcome.refused[:, product], outcome.demanded[:, product])


def test_a_candidate_that_a_plan_leaves_out_is_not_launched() -> None:
    there = waiting()
    names = set(own_launches(there).product_id)
    outcome = there.run(decided(there, launches=Placed()), WEEKS)
    at = np.isin(there.world.catalogue.product_id, list(names)) & (there.world.launch_week >= WEEK).all(axis=1)
    assert at.any()
    assert outcome.demanded[:, at].sum() == 0


def test_an_exposure_multiplies_demand_by_its_lift_in_its_week_and_channel_only() -> None:
    there = waiting(LONE)
    world = there.world
    every = [(str(name), channel.name) for name in world.catalogue.product_id for channel in world.config.channels]
    shown = Placed([name for name, _ in every], [place for _, place in every], [monday(WEEK + 1)] * len(every))
    before, after = there.run(None, 3), there.run(decided(there, shown=shown), 3)
    assert np.array_equal(before.demanded[0], after.demanded[0])
    assert np.array_equal(before.demanded[2], after.demanded[2])
    featured = world.offer(WEEK + 1).is_featured.any(axis=2)
    once = after.demanded[1][~featured].sum() / before.demanded[1][~featured].sum()
    assert once == pytest.approx(LONE.feature_lift, rel=0.12)
    assert (after.demanded[1] >= before.demanded[1]).all()


@pytest.mark.parametrize(("slots", "is_online"), [(1, True), (1, False), (2, False)])
def test_slots_multiply_a_launchs_demand_by_the_worlds_lift_whatever_the_shop_had_in_mind(
    slots: int, is_online: bool
) -> None:
    there = waiting(replace(LONE, products=100, candidates=300, units_per_week=3_000.0))
    world = there.world
    online = np.array([channel.is_online for channel in world.config.channels])
    at = np.argwhere(world.catalogue.is_carried & (world.launch_week >= WEEK) & (online == is_online))
    names = [str(world.catalogue.product_id[product]) for product, _ in at]
    launches = Placed(names, [world.config.channels[channel].name for _, channel in at], [monday(WEEK)] * len(at))
    weeks = [monday(WEEK + week) for week in range(4) for _ in range(slots)]
    shown = Placed(
        *([value for value in values for _ in weeks] for values in (names, launches.channel)), weeks * len(at)
    )
    plain, lifted = (
        there.run(plan_from_orders(world, Orders(), launches, exposures), 4).demanded[:, at[:, 0], at[:, 1]]
        for exposures in (None, shown)
    )
    assert (lifted >= plain).all()
    assert plain.sum() > 200
    expected = LONE.feature_lift ** (slots**0.72)
    assert lifted.sum() / plain.sum() == pytest.approx(expected, abs=4 * expected / np.sqrt(plain.sum()))


def test_a_planned_launch_without_a_slot_has_no_place_and_what_was_on_sale_keeps_the_shops() -> None:
    there = waiting(tiny(candidates=300, products=100))
    world = there.world
    names = world.catalogue.product_id[world.catalogue.launch_week == WEEK]
    carried = world.catalogue.is_carried[world.catalogue.launch_week == WEEK]
    at = [
        (str(name), world.config.channels[c].name)
        for name, row in zip(names, carried, strict=True)
        for c in np.flatnonzero(row)
    ]
    launches = Placed([name for name, _ in at], [place for _, place in at], [monday(WEEK)] * len(at))
    plan = plan_from_orders(world, Orders(), launches, planned=world.catalogue.product_id.tolist())
    launch_week = launches_of(world, plan, WEEK)
    own = world.offer(WEEK, Decisions(launch_week)).is_featured
    is_launch = launch_week >= WEEK
    told = world.offer(WEEK, Decisions(launch_week, plan.is_planned, is_launch, plan.exposed)).is_featured
    assert own[is_launch].any()
    assert not told[is_launch].any()
    assert np.array_equal(told[~is_launch], own[~is_launch])


def test_a_launch_is_in_the_mailer_of_its_own_week_where_a_plan_moves_it() -> None:
    there = waiting(tiny(candidates=300, products=100))
    world = there.world
    moved = np.where((world.launch_week > WEEK) & (world.launch_week < WEEK + 10), WEEK, world.launch_week)
    plan_week = world.offer(WEEK, replace(OWN, launch_week=moved))
    is_moved = (moved != world.launch_week).any(axis=1) & world.catalogue.is_carried[:, 2:].any(axis=1)
    in_mailer = plan_week.is_featured[:, :, 0].any(axis=1)
    assert is_moved.sum() > 25
    assert in_mailer[is_moved].mean() == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(is_moved.sum()))
