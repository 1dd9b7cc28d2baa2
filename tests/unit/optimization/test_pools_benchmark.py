"""The race of shared and separate pools: its forecasts, its splits, and how its gains are paired, by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product

import numpy as np
import pandas as pd
import pytest
from support.plan_shop import plan_inputs, stock, supply_terms

from benchmarks import pool_replay, pool_shop, pools
from benchmarks.pool_forecasts import Past, Rule, Span, level, paths, spread
from benchmarks.pool_shop import Shop, true_demand
from contracts.plans import LAUNCH_PLAN, ORDER_PLAN
from optimization.terms import SupplyProfile, resolve_terms
from shop.presets import tiny
from shop.world import World


def test_who_buys_for_himself_serves_as_much_as_the_best_of_all_splits() -> None:
    random = np.random.default_rng(1)
    demand = random.poisson(random.gamma(1.0, 2.0, (5, 20)))
    of, units = np.array([0, 0, 0, 1, 1]), np.array([7, 7, 7, 4, 4])
    got = pools.for_themselves(units, of, demand)
    served = np.minimum(demand, got[:, None]).sum()
    best = 0.0
    for number, amount in ((0, 7), (1, 4)):
        lines = np.flatnonzero(of == number)
        splits = [s for s in product(range(amount + 1), repeat=len(lines)) if sum(s) == amount]
        assert got[lines].sum() == amount
        best += max(np.minimum(demand[lines], np.array(s)[:, None]).sum() for s in splits)
    assert served == best


def test_units_that_no_channel_would_sell_are_shared_out_all_the_same() -> None:
    got = pools.for_themselves(np.array([9, 9]), np.zeros(2, dtype=int), np.array([[1, 2], [0, 0]]))
    assert got.tolist() == [9, 0]


def test_a_level_is_the_products_discounted_mean_times_a_share_that_begins_with_the_shops() -> None:
    sold = np.array([[0, 4, 2], [2, 0, 0], [6, 6, 6]])
    past = Past(sold, np.array([0, 0, 1]), np.array([0, 1, 0]))
    found = level(past, 3, Rule(kept=0.5, added=2.0))
    # The first product: (2 · ¼ + 4 · ½ + 2) / 1¾; the shop's channels sold 24 and 2.
    shares = np.array([6 + 2 * 24 / 26, 2 + 2 * 2 / 26]) / 10
    assert found.mean[:2] == pytest.approx(4.5 / 1.75 * shares)
    assert found.of_product.tolist() == [4.5, 4.5, 10.5]
    assert found.of_share == pytest.approx([6 + 2 * 24 / 26, 2 + 2 * 2 / 26, 20.0])


def test_spreads_are_found_again_and_paths_have_them() -> None:
    random = np.random.default_rng(2)
    products, channels, weeks = 3000, 3, 60
    of, channel = np.repeat(np.arange(products), channels), np.tile(np.arange(channels), products)
    rate = 20.0 * np.ones((len(of), 1))
    changed = random.gamma(2.0, 0.5, (products, 1))[of] * random.gamma(4.0, 0.25, (len(of), 1))
    week = random.gamma(10.0, 0.1, (len(of), weeks))
    later = np.arange(weeks) >= 40
    past = Past(random.poisson(rate * np.where(later, changed, 1.0) * week), of, channel)
    found = spread(past, Span(48, 0, 8), Rule(origins=(0,)))
    assert found.shared == pytest.approx(0.5, abs=0.06)
    assert found.own == pytest.approx(0.25, abs=0.04)
    assert found.week == pytest.approx(0.1, abs=0.02)
    drawn = paths(replace(past, sold=past.sold[:, :48]), Span(48, 0, 8), 64, 1, Rule(origins=(0,)))
    total = drawn.sum(axis=2).reshape(products, channels, 64)
    mean = total.mean(axis=2)
    across = ((total[:, 0] - mean[:, [0]]) * (total[:, 1] - mean[:, [1]])).mean(axis=1) / (mean[:, 0] * mean[:, 1])
    assert np.mean(across) == pytest.approx(found.shared, rel=0.1)


def test_what_comes_later_changes_no_forecast() -> None:
    random = np.random.default_rng(3)
    past = Past(random.poisson(5.0, (8, 60)), np.repeat(np.arange(4), 2), np.tile([0, 1], 4))
    later = replace(past, sold=np.where(np.arange(60) >= 40, 99, past.sold))
    asked = (Span(40, 3, 8), 16, 1, Rule())
    assert np.array_equal(paths(past, *asked), paths(later, *asked))
    with pytest.raises(ValueError, match="week 20: the rule needs 24 weeks before it"):
        spread(past, Span(20, 3, 8), Rule())


def shop(weeks: int = 60) -> Shop:
    """Three products in two channels, whose levels are their own."""
    random = np.random.default_rng(4)
    names = pd.DataFrame({"product_id": list("AABBCC"), "channel": ["large", "small"] * 3})
    sold = random.poisson(random.gamma(2.0, 3.0, (6, 1)), (6, weeks))
    lines = names.assign(category_1="c", shelf_price=4.0, units_26=0.0, is_launch=False)
    terms = resolve_terms(lines, supply_terms({"lead_weeks": 2, "shortage_penalty_rate": 0.1}), SupplyProfile())
    return Shop(np.repeat(np.arange(3), 2), names, sold, sold + 1, sold + 1.0, np.full(6, 4.0), terms)


def test_all_ways_spend_the_same_money_and_none_sells_more_than_who_knew() -> None:
    rows = pd.concat(pools.season(shop(), 48, replace(pools.Season(), paths=16), 1))
    assert rows.groupby(["money", "product"])["spent"].nunique().eq(1).all()
    sold = rows.pivot_table(index=["money", "product"], columns="way", values="sold")
    most = np.minimum(
        rows[rows["way"] == pools.ORACLE].set_index(["money", "product"])["units"],
        rows[rows["way"] == pools.ORACLE].set_index(["money", "product"])["demanded"],
    )
    assert (sold[pools.ORACLE] == most).all()
    assert (sold.max(axis=1) == sold[pools.ORACLE]).all()
    assert (rows[rows["way"] != pools.HELD_BACK]["held_back"] == 0).all()
    # Where the means are what came, who knew them is the oracle.
    profit = rows.pivot_table(index=["money", "product"], columns="way", values="profit")
    assert profit[pools.KNOWS_MEANS].tolist() == pytest.approx(profit[pools.ORACLE].tolist())


def test_gains_are_paired_by_product_and_the_interval_is_over_products() -> None:
    rows = pd.DataFrame({"product": list("aabb"), "week": [1, 2, 1, 2], "profit": [4.0, 6.0, 5.0, 5.0]})
    more = rows.assign(profit=rows["profit"] + [1.0, 1.0, 0.0, 4.0])
    gain, half = pool_shop.paired(more, rows)
    assert gain == pytest.approx(6.0 / 20.0)
    assert half == pytest.approx(12.706 * np.std([2.0, 4.0], ddof=1) * 2**0.5 / 20.0, rel=1e-3)


def test_true_demand_is_the_worlds_and_a_line_of_another_world_is_named() -> None:
    config = tiny(weeks=3)
    truth = [week.truth for week in World(config).weeks()]
    names, channels = World(config).catalogue.product_id, [each.name for each in config.channels]
    lines = [(names[truth[1].product[k]], channels[truth[1].channel[k]]) for k in (0, 5)]
    wanted, meant = true_demand(config, pd.MultiIndex.from_tuples(lines))
    assert wanted[:, 1].tolist() == truth[1].demanded[[0, 5]].tolist()
    assert wanted.sum() > 0
    assert meant[:, 1] == pytest.approx(truth[1].intensity[[0, 5]])
    with pytest.raises(ValueError, match="P-none in large is not of this world"):
        true_demand(config, pd.MultiIndex.from_tuples([("P-none", "large")]))


def test_a_weeks_own_orders_are_replayed_with_units_held_back_and_without(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = plan_inputs(inventory_state=stock(*[(f"P{k}", "pool", 24, 0, None) for k in range(8)]))
    nothing = (pd.DataFrame(columns=LAUNCH_PLAN.names()), pd.DataFrame(columns=ORDER_PLAN.names()))
    config = tiny(first_day=date(2017, 9, 18))
    asked: list[pd.MultiIndex] = []

    def wanted(_: object, lines: pd.MultiIndex) -> tuple[np.ndarray, np.ndarray]:
        asked.append(lines)
        # Weeks before the decision do not count; then one channel sells eight a week, the other nothing.
        units = np.repeat(np.where(lines.get_level_values(1) == "small", 8, 0)[:, None], 10, axis=1)
        units[:, :2] = 99
        return units, units.astype(float)

    monkeypatch.setattr(pool_replay, "true_demand", wanted)
    rows = pd.DataFrame(pool_replay._of_week(inputs, nothing, config)).set_index("second")
    assert rows.index.tolist() == [0, *pool_replay.SECONDS]
    assert set(asked[0].get_level_values(0)) == {f"P{k}" for k in range(8)}
    assert (rows["in_warehouse"] == 8 * 24).all()
    assert rows.loc[0, ["held_back", "gain"]].tolist() == [0, 0.0]
    waits = rows[rows["held_back"] > 0]
    assert len(waits)
    assert (waits["fill"] >= rows.loc[0, "fill"]).all()
    base = rows.loc[0, "profit"]
    assert rows["gain"].tolist() == pytest.approx(((rows["profit"] - base) / abs(base)).tolist())
