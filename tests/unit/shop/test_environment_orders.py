"""Orders of a plan: where they arrive, and that more stock never sells less."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from support.waiting_shop import APART, LONE, WEEK, WEEKS, a_seller, decided, monday, waiting, waiting_candidate

from shop.config import ShopConfig
from shop.environment import Orders, Outcome, Placed, plan_from_orders
from shop.presets import tiny


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
