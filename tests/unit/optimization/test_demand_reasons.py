"""Why the demand of a line is what it is: the words and figures of its analogues and drivers."""

from __future__ import annotations

import pandas as pd
import pytest
from support.plan_shop import SETTINGS, WEEK, plan_inputs

from contracts.explanations import BASE_MEANING, DEMAND_DRIVERS, LAUNCH_ANALOGUES
from contracts.plans import PLAN_EXPLANATION
from optimization.demand_reasons import DemandReasons
from optimization.plan import make_plan

LINES = pd.DataFrame({"product_id": ["N0", "N0", "P0"], "channel": ["large", "small", "large"]})


def reasons() -> DemandReasons:
    """Four of nine past launches of N0, both that speak for N1, and the factors of P0 and P1."""
    launches = [("N0", f"A{k}", k, w) for k, w in ((1, 0.4), (2, 0.2), (3, 0.1), (4, 0.05))]
    launches += [("N1", "A1", 1, 0.7), ("N1", "A2", 2, 0.3)]
    analogues = pd.DataFrame(launches, columns=["product_id", "analogue_id", "rank", "weight"])
    analogues = analogues.assign(
        decision_week=WEEK,
        units=3.0 * analogues["rank"] - 2.0,
        title="CHIPS",
        similarity=0.5,
        why="same type",
        speakers=analogues["product_id"].map({"N0": 9, "N1": 2}),
        model="launch_blend",
    )
    factors = [
        ("base", 0, 10.0, BASE_MEANING, None),
        ("planned_mailer", 1, 1.5, "Mailer", "1"),
        ("units_1", 2, 0.9, "Units", "4"),
    ]
    drivers = pd.DataFrame(factors, columns=["driver", "rank", "factor", "meaning", "feature_value"])
    drivers = drivers.merge(pd.DataFrame({"product_id": ["P0", "P1"]}), how="cross")
    drivers = drivers.assign(decision_week=WEEK, phase="established", model="lightgbm")
    return DemandReasons(analogues[LAUNCH_ANALOGUES.names()], drivers[DEMAND_DRIVERS.names()])


def test_a_launch_names_three_past_ones_and_counts_the_others_and_their_weights_sum_to_one() -> None:
    told = reasons().of_lines(LINES)
    own = told[(told["product_id"] == "N0") & (told["channel"] == "small")]
    assert dict(zip(own["name"], own["value"], strict=True)) == pytest.approx(
        {
            "CHIPS (A1) sold 1 unit in its first 8 weeks; same type": 0.4,
            "CHIPS (A2) sold 4 units in its first 8 weeks; same type": 0.2,
            "CHIPS (A3) sold 7 units in its first 8 weeks; same type": 0.1,
            "6 other past launches": 0.3,
        }
    )
    few = reasons().of_lines(pd.DataFrame({"product_id": ["N1"], "channel": ["large"]}))
    assert len(few) == 2
    assert few["value"].sum() == pytest.approx(1.0)


def test_a_product_that_has_sold_names_what_moves_it() -> None:
    told = reasons().of_lines(LINES)
    own = told[told["product_id"] == "P0"]
    assert own["kind"].eq("driver").all()
    assert dict(zip(own["name"], own["value"], strict=True)) == {BASE_MEANING: 10.0, "Mailer: 1": 1.5, "Units: 4": 0.9}


def test_a_plan_tells_them_of_launches_launched_or_not_and_of_what_it_orders_and_decides_the_same() -> None:
    plain, explained = make_plan(plan_inputs(), SETTINGS), make_plan(plan_inputs(), SETTINGS, reasons())
    told = explained["plan_explanation"]
    added = told[told["kind"].isin(["analogue", "driver"])]
    pd.testing.assert_frame_equal(told.drop(added.index).reset_index(drop=True), plain["plan_explanation"])
    assert not told.duplicated(list(PLAN_EXPLANATION.grain)).any()
    assert added["currency"].isna().all()
    launches = added.loc[added["kind"] == "analogue", ["product_id", "channel"]].drop_duplicates()
    assert sorted(map(tuple, launches.to_numpy())) == [(p, c) for p in ("N0", "N1") for c in ("large", "small")]
    ordered = plain["order_plan"].loc[plain["order_plan"]["product_id"].isin(["P0", "P1"]), ["product_id", "channel"]]
    moved = added.loc[added["kind"] == "driver", ["product_id", "channel"]]
    assert set(map(tuple, moved.to_numpy())) == set(map(tuple, ordered.to_numpy()))
    for name in ("launch_plan", "order_plan"):
        pd.testing.assert_frame_equal(plain[name], explained[name])
