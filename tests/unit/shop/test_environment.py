"""Other decisions in the same world: what changes, what does not, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date, timedelta
from functools import cache

import numpy as np
import pytest

from shop.config import ShopConfig, tiny
from shop.environment import Environment, Orders, Outcome, Placed, Plan, plan_from_orders
from shop.parts import Bools, Week
from shop.world import OWN, World

WEEK, WEEKS = 24, 6
# Nothing ties the products of one category to those of another: no halo, and no logged session that buys.
# And nothing comes back: whole days' sales are parted into lines, whose number decides how many do.
APART = tiny(halo=0.0, click_rate=(0.0, 0.0), returned_share=(0.0, 0.0), cancelled_share=0.0)
# Nor those of one category to one another.
LONE = replace(APART, category_power=1.0, substitution_share=0.0)


@cache
def waiting(config: ShopConfig = APART) -> Environment:
    return Environment(config, WEEK)


@cache
def weeks_of(config: ShopConfig) -> list[Week]:
    return list(World(config).weeks())


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


def of_other_categories(there: Environment, product: int) -> Bools:
    return there.world.catalogue.category_2 != there.world.catalogue.category_2[product]


def test_under_the_buyers_own_decisions_the_environment_is_the_history() -> None:
    config = tiny(seed=4)
    outcome = Environment(config, WEEK).run(None, WEEKS)
    for number, week in enumerate(weeks_of(config)[WEEK : WEEK + WEEKS]):
        truth = week.truth
        at = (truth.product, truth.channel)
        for name in ("demanded", "sold", "refused", "switched_in"):
            told = getattr(outcome, name)[number]
            assert np.array_equal(told[at], getattr(truth, name)), name
            assert told.sum() == getattr(truth, name).sum(), name


def test_running_leaves_the_start_as_it_was() -> None:
    there = waiting()
    product, channel = a_seller(there)
    name, place = there.world.catalogue.product_id[product], there.world.config.channels[channel].name
    plan = decided(there, Orders([name], [place], [monday(WEEK + 1)], [500]))
    before, other = there.run(None, WEEKS), there.run(plan, WEEKS)
    assert same(there.run(None, WEEKS), before)
    assert same(there.run(plan, WEEKS), other)
    assert not same(before, other)


def test_a_plan_that_repeats_the_buyers_launches_and_orders_nothing_is_the_history() -> None:
    there = waiting()
    assert len(own_launches(there).product_id) > 2
    assert same(there.run(decided(there), WEEKS), there.run(None, WEEKS))


def test_an_order_reaches_its_shelf_on_its_monday_and_nothing_changes_before() -> None:
    there = waiting()
    product, channel = a_seller(there)
    name, place = there.world.catalogue.product_id[product], there.world.config.channels[channel].name
    orders = Orders([name, name], [place, place], [monday(WEEK + 2)] * 2, [300, 400])
    before = there.run(decided(there, planned=[name]), WEEKS)
    after = there.run(decided(there, orders, planned=[name]), WEEKS)
    for field in fields(Outcome):
        assert np.array_equal(getattr(before, field.name)[:2], getattr(after, field.name)[:2]), field.name
    assert after.left[2, product, channel] > 700 - after.sold[2, product, channel] - 1
    assert after.refused[2:, product, channel].sum() == 0
    assert after.sold[2:, product, channel].sum() > before.sold[2:, product, channel].sum()


def test_an_order_for_the_warehouse_waits_there_until_a_shelf_needs_it() -> None:
    there = waiting()
    product, _ = a_seller(there)
    name = str(there.world.catalogue.product_id[product])
    after = there.run(decided(there, Orders([name], ["pool"], [monday(WEEK)], [900])), WEEKS)
    before = there.run(None, WEEKS)
    assert after.warehouse[0, product] > 700
    assert after.sold[:, product].sum() >= before.sold[:, product].sum()


def test_what_a_plan_moves_from_the_warehouse_is_on_the_shelf_and_found_nowhere_twice() -> None:
    there = waiting(LONE)
    opening = there.opening.stock
    held = opening.warehouse + opening.due.get(WEEK, np.zeros((len(opening.warehouse), 1), dtype=np.int64))[:, -1]
    product = int(np.where(there.world.launch_week.min(axis=1) < WEEK, held, 0).argmax())
    channel = int((there.world.launch_week[product] < WEEK).argmax())
    name = str(there.world.catalogue.product_id[product])
    whole = np.zeros_like(opening.shelf)
    whole[product, channel] = held[product]
    before = there.run(decided(there, planned=[name]), 1)
    after = there.run(replace(decided(there, planned=[name]), moved={WEEK: whole}), 1)
    assert held[product] > 0
    assert after.warehouse[0, product] == 0

    def in_all(outcome: Outcome) -> int:
        return int((outcome.left + outcome.sold)[0, product].sum() + outcome.warehouse[0, product])

    assert in_all(before) == in_all(after)
    there_at_first = opening.shelf[product, channel] + held[product]
    assert (after.left + after.sold)[0, product, channel] == there_at_first


def test_the_other_categories_never_notice_what_one_product_is_given() -> None:
    there = waiting()
    product, channel = a_seller(there)
    name, place = there.world.catalogue.product_id[product], there.world.config.channels[channel].name
    plan = decided(there, Orders([name], [place], [monday(WEEK)], [800]), shown=Placed([name], [place], [monday(WEEK)]))
    before, after = there.run(None, WEEKS), there.run(plan, WEEKS)
    others = of_other_categories(there, product)
    for field in fields(Outcome):
        one, other = getattr(before, field.name), getattr(after, field.name)
        assert np.array_equal(one[:, others], other[:, others]), field.name
    assert not np.array_equal(before.sold, after.sold)


def test_in_a_shop_with_sessions_stores_of_other_categories_still_meet_the_same_demand() -> None:
    there = waiting(tiny(halo=0.0))
    product, channel = a_seller(there)
    name, place = there.world.catalogue.product_id[product], there.world.config.channels[channel].name
    plan = decided(there, Orders([name], [place], [monday(WEEK)], [800]))
    before, after = there.run(None, WEEKS), there.run(plan, WEEKS)
    others = of_other_categories(there, product)
    offline = [number for number, one in enumerate(there.world.config.channels) if not one.is_online]
    demanded = before.demanded[:, others], after.demanded[:, others]
    assert np.array_equal(demanded[0][:, :, offline], demanded[1][:, :, offline])
    assert np.abs(demanded[0] - demanded[1]).sum() < 0.01 * demanded[0].sum()
    sold = before.sold[:, others], after.sold[:, others]
    assert np.abs(sold[0] - sold[1]).sum() < 0.02 * sold[0].sum()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_where_nobody_switches_a_launch_sells_its_stock_or_its_demand_and_more_stock_never_less(seed: int) -> None:
    there = waiting(replace(LONE, seed=seed))
    product, channel = waiting_candidate(there)
    name, place = str(there.world.catalogue.product_id[product]), there.world.config.channels[channel].name
    launch = Placed([name], [place], [monday(WEEK)])
    for units in (0, 1, 3, 20, 200):
        plan = plan_from_orders(there.world, Orders([name], [place], [monday(WEEK)], [units]), launch)
        outcome = there.run(plan, WEEKS)
        demanded = int(outcome.demanded[:, product, channel].sum())
        assert outcome.sold[:, product].sum() == min(units, demanded)
    assert demanded > 0


@pytest.mark.parametrize("config", [APART, tiny(seed=2)], ids=["apart", "whole"])
def test_more_stock_for_everything_sells_more_and_refuses_less(config: ShopConfig) -> None:
    there = waiting(config)
    world = there.world
    at = np.argwhere(world.launch_week < WEEK)
    names = [str(world.catalogue.product_id[product]) for product, _ in at]
    places = [config.channels[channel].name for _, channel in at]
    sold, refused = [], []
    for units in (0, 2, 10, 2_000):
        outcome = there.run(decided(there, Orders(names, places, [monday(WEEK)] * len(at), [units] * len(at))), WEEKS)
        sold.append(int(outcome.sold.sum()))
        refused.append(int(outcome.refused[:, world.launch_week < WEEK].sum()))
    assert sold == sorted(sold)
    assert refused == sorted(refused, reverse=True)
    assert refused[-1] == 0


def test_demand_does_not_depend_on_stock() -> None:
    there = waiting()
    everything = np.ones(there.world.catalogue.size_of, dtype=bool)
    starved = replace(decided(there), is_planned=everything)
    before, after = there.run(None, WEEKS), there.run(starved, WEEKS)
    assert np.array_equal(before.demanded, after.demanded)
    assert after.sold.sum() < before.sold.sum()


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


def test_a_launch_is_in_the_mailer_of_its_own_week_where_a_plan_moves_it() -> None:
    there = waiting(tiny(candidates=300, products=100))
    world = there.world
    moved = np.where((world.launch_week > WEEK) & (world.launch_week < WEEK + 10), WEEK, world.launch_week)
    plan_week = world.offer(WEEK, replace(OWN, launch_week=moved))
    is_moved = (moved != world.launch_week).any(axis=1) & world.catalogue.is_carried[:, 2:].any(axis=1)
    in_mailer = plan_week.is_featured[:, :, 0].any(axis=1)
    assert is_moved.sum() > 25
    assert in_mailer[is_moved].mean() == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(is_moved.sum()))


def test_prices_are_what_customers_paid() -> None:
    config = tiny(seed=4)
    outcome = Environment(config, WEEK).run(None, 2)
    for number, week in enumerate(weeks_of(config)[WEEK : WEEK + 2]):
        bought = week.lines.units > 0
        lines = {field.name: getattr(week.lines, field.name)[bought] for field in fields(week.lines)}
        paid = np.rint(100 * outcome.price[number, lines["product"], lines["channel"]]).astype(int)
        assert np.array_equal(paid * lines["units"], lines["net_cents"])


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
