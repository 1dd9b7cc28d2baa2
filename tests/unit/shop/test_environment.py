"""The same world under other decisions: what no decision changes."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache

import numpy as np
from support.waiting_shop import WEEK, WEEKS, a_seller, decided, monday, same, waiting

from shop.config import ShopConfig
from shop.environment import Environment, Orders, Outcome, Placed
from shop.parts import Bools, Week
from shop.presets import tiny
from shop.world import World


@cache
def weeks_of(config: ShopConfig) -> list[Week]:
    return list(World(config).weeks())


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


def test_demand_does_not_depend_on_stock() -> None:
    there = waiting()
    on_sale = (there.world.launch_week < WEEK).any(axis=1)
    starved = replace(decided(there), is_planned=on_sale)
    before, after = there.run(None, WEEKS), there.run(starved, WEEKS)
    assert np.array_equal(before.demanded, after.demanded)
    assert after.sold.sum() < before.sold.sum()


def test_prices_are_what_customers_paid() -> None:
    config = tiny(seed=4)
    outcome = Environment(config, WEEK).run(None, 2)
    for number, week in enumerate(weeks_of(config)[WEEK : WEEK + 2]):
        bought = week.lines.units > 0
        lines = {field.name: getattr(week.lines, field.name)[bought] for field in fields(week.lines)}
        paid = np.rint(100 * outcome.price[number, lines["product"], lines["channel"]]).astype(int)
        assert np.array_equal(paid * lines["units"], lines["net_cents"])
