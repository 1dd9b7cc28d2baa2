"""The plan's frames: promises, sums, exposure, explanations, infeasibility and which plan rules."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.plan_shop import SETTINGS, WEEK, limits, monday, plan_inputs, stock, supply_terms

import optimization.answer as answer_module
from contracts.catalog import CATALOG
from contracts.plans import BEST_LAUNCH_ORDERED, BEST_LAUNCH_PROFIT, BEST_LAUNCH_SOLD
from optimization import worker
from optimization.in_force import plan_from_frames, plan_in_force
from optimization.inputs import PlanInputs, from_frames
from optimization.instance import NOT_LAUNCHED, evaluate
from optimization.plan import make_plan


@pytest.fixture(scope="module")
def inputs() -> PlanInputs:
    plain = plan_inputs(raw_plan_limits=limits(("slots", "large", None, None, 1.0)))
    state = pd.concat([plain.inventory_state, stock(("P3", "pool", 5, 0, None))], ignore_index=True)
    return replace(plain, inventory_state=state)


@pytest.fixture(scope="module")
def plan(inputs: PlanInputs) -> dict[str, pd.DataFrame]:
    return make_plan(inputs, SETTINGS)


def test_every_frame_keeps_its_columns_and_its_grain(plan: dict[str, pd.DataFrame]) -> None:
    for name, frame in plan.items():
        assert list(frame.columns) == CATALOG[name].names()
        assert not frame.duplicated(list(CATALOG[name].grain)).any(), name
        assert len(frame) or name in ("plan_diagnosis", "plan_override_price"), name


def test_the_frames_hold_the_plan_whole_and_it_earns_what_the_solve_says(
    inputs: PlanInputs, plan: dict[str, pd.DataFrame]
) -> None:
    instance = from_frames(inputs)
    result = evaluate(instance, plan_from_frames(instance, plan["launch_plan"], plan["order_plan"]))
    solve = plan["plan_solve"].iloc[0]
    assert result.violations == ()
    assert result.profit == pytest.approx(solve["objective"], abs=0.005)
    assert solve["objective"] <= solve["bound"]
    assert solve["gap"] == pytest.approx((solve["bound"] - solve["objective"]) / solve["bound"])
    assert solve["budget_used"] == pytest.approx(plan["order_plan"]["order_cost"].sum(), abs=0.05)
    assert solve["budget_used"] <= solve["budget_total"]


def test_what_takes_ten_weeks_is_ordered_when_the_plan_looks_beyond_them() -> None:
    slow = supply_terms({"lead_weeks": 10})
    made = make_plan(plan_inputs(weeks=16, raw_supply_terms=slow), SETTINGS)
    orders, solve = made["order_plan"], made["plan_solve"].iloc[0]
    assert solve["horizon_weeks"] == 16
    assert orders["order_units"].sum() > 0
    assert (orders["arrive_week"] - orders["order_week"] == pd.Timedelta(weeks=10)).all()
    assert orders["arrive_week"].max() <= monday(15)
    assert make_plan(plan_inputs(raw_supply_terms=slow), SETTINGS)["order_plan"].empty


def test_orders_of_launches_add_up_to_the_launch_plan(plan: dict[str, pd.DataFrame]) -> None:
    ordered = plan["order_plan"].loc[plan["order_plan"]["is_launch"]]
    by_line = ordered.groupby(["product_id", "channel"])["order_units"].sum()
    told = plan["launch_plan"].set_index(["product_id", "channel"])["order_units"]
    assert told[told > 0].sort_index().to_dict() == by_line.sort_index().to_dict()


def test_some_candidates_launch_within_their_window_and_half_at_most(plan: dict[str, pd.DataFrame]) -> None:
    launched = plan["launch_plan"][plan["launch_plan"]["is_launched"]]
    assert 0 < len(launched) <= 6
    assert launched["launch_week"].notna().all()
    assert plan["launch_plan"].loc[~plan["launch_plan"]["is_launched"], "launch_week"].isna().all()
    assert (plan["launch_plan"]["reason"].str.len() > 10).all()


def test_orders_arrive_after_their_lead_and_not_before_the_launch(plan: dict[str, pd.DataFrame]) -> None:
    order = plan["order_plan"]
    assert (order["arrive_week"] - order["order_week"]).dt.days.eq(14).all()
    both = order[order["is_launch"]].merge(plan["launch_plan"], on=["product_id", "channel"], validate="many_to_one")
    assert (both["arrive_week"] >= both["launch_week"]).all()


def test_slots_go_to_launched_lines_with_a_rate_in_their_first_weeks(plan: dict[str, pd.DataFrame]) -> None:
    shown = plan["exposure_plan"].merge(plan["launch_plan"], on=["product_id", "channel"], validate="many_to_one")
    assert set(shown["product_id"]) == {"N0"}
    assert shown["is_launched"].all()
    assert (shown["week"] - shown["launch_week"]).dt.days.isin([0, 7]).all()
    assert shown["expected_value"].tolist() == [pytest.approx(500 * 0.02 * 0.28 * 9, abs=0.01)] * len(shown)


def test_explanations_cover_every_line_that_orders(plan: dict[str, pd.DataFrame]) -> None:
    told = plan["plan_explanation"]
    keys = set(map(tuple, told.loc[told["kind"] == "critical ratio", ["product_id", "channel"]].to_numpy()))
    assert keys >= set(map(tuple, plan["order_plan"][["product_id", "channel"]].to_numpy()))
    other = told[(told["kind"] == "alternative") & (told["name"] == "not ordered")]
    old = plan["order_plan"].loc[~plan["order_plan"]["is_launch"], ["product_id", "channel"]].drop_duplicates()
    assert set(map(tuple, other[["product_id", "channel"]].to_numpy())) == set(map(tuple, old.to_numpy()))
    # What is ordered earns more than nothing would.
    assert (other["value"] < 0.01).all()
    is_count = told["name"].isin([BEST_LAUNCH_ORDERED, BEST_LAUNCH_SOLD]) | told["kind"].eq("interval")
    is_money = told["kind"].isin(["binding limit", "sensitivity", "alternative", "part of profit"]) & ~is_count
    assert told.loc[is_money, "currency"].eq("USD").all()
    assert told.loc[~is_money, "currency"].isna().all()


def test_what_each_line_earns_and_pays_adds_up_to_its_profit_with_no_row_for_the_rest(
    inputs: PlanInputs, plan: dict[str, pd.DataFrame]
) -> None:
    instance = from_frames(inputs)
    made = plan_from_frames(instance, plan["launch_plan"], plan["order_plan"])
    lines = pd.MultiIndex.from_arrays([instance.product_id.astype(object), instance.channel.astype(object)])
    profit = pd.Series(evaluate(instance, made).profit_by_line, lines)
    parts = plan["plan_explanation"][plan["plan_explanation"]["kind"] == "part of profit"]
    told = parts.groupby(["product_id", "channel"])["value"].sum()
    ordered = pd.MultiIndex.from_frame(plan["order_plan"][["product_id", "channel"]]).unique()
    assert set(told.index) >= set(ordered)
    assert (told - profit.loc[told.index]).abs().max() < 0.001
    assert {"revenue", "order cost", "launch cost"} <= set(parts["name"])
    launched = plan["launch_plan"][plan["launch_plan"]["is_launched"]].set_index(["product_id", "channel"])
    np.testing.assert_allclose(told.loc[launched.index], launched["expected_profit"], atol=0.01)


@pytest.mark.parametrize("launch_cost", [1.0, 500.0])
def test_every_declined_candidate_says_what_its_best_launch_would_bring(launch_cost: float) -> None:
    terms = supply_terms({"launch_cost": launch_cost})
    plan = make_plan(plan_inputs(raw_supply_terms=terms), SETTINGS)
    declined = plan["launch_plan"][~plan["launch_plan"]["is_launched"]].set_index(["product_id", "channel"])
    told = plan["plan_explanation"].pivot(index=["product_id", "channel"], columns="name", values="value")
    told = told.loc[declined.index, [BEST_LAUNCH_PROFIT, BEST_LAUNCH_ORDERED, BEST_LAUNCH_SOLD]]
    assert len(declined)
    assert told.notna().all(axis=None)
    assert (told[BEST_LAUNCH_ORDERED] >= told[BEST_LAUNCH_SOLD]).all()
    assert (told[BEST_LAUNCH_SOLD] > 0).all()
    if launch_cost == 500.0:
        assert len(declined) == len(plan["launch_plan"])
        assert (told[BEST_LAUNCH_PROFIT] < 0).all()
    for profit, reason in zip(told[BEST_LAUNCH_PROFIT], declined["reason"], strict=True):
        verb, amount = reason.split()[1:3]
        assert float(amount) * (-1 if verb == "lose" else 1) == pytest.approx(profit, abs=0.0051), reason


def test_the_explained_price_of_a_budget_is_its_shadow_price_times_its_spend(plan: dict[str, pd.DataFrame]) -> None:
    prices = json.loads(plan["plan_solve"]["shadow_prices"].iloc[0])["budget"]
    spend = plan["order_plan"].groupby("order_week")["order_cost"].sum()
    told = plan["plan_explanation"]
    for day, price in prices.items():
        value = told.loc[told["name"] == f"budget of week {day}", "value"].sum()
        assert value == pytest.approx(price * spend.get(pd.Timestamp(day), 0.0), abs=0.02)


def test_an_infeasible_week_names_the_conflict_and_plans_nothing() -> None:
    inputs = plan_inputs(raw_plan_limits=limits(("launches", None, "c0", None, 1.0)))
    forced = inputs.launch_candidates.assign(is_mandatory=inputs.launch_candidates["product_id"].isin(["N0", "N2"]))
    plan = make_plan(plan_inputs(raw_plan_limits=inputs.raw_plan_limits, launch_candidates=forced), SETTINGS)
    row = plan["plan_solve"].iloc[0]
    assert row["status"] == "infeasible"
    assert "launches in c0 are limited to 1 and 4 are mandatory, 3 too many: N0 in large" in row["message"]
    assert pd.isna(row["objective"])
    assert plan["launch_plan"].empty
    assert plan["order_plan"].empty


def test_a_plan_whose_time_was_over_is_a_plan_and_says_so() -> None:
    hasty = make_plan(plan_inputs(), replace(SETTINGS, timeout_seconds=0.01))
    row = hasty["plan_solve"].iloc[0]
    assert row["status"] == "feasible"
    assert row["message"].startswith("stopped after 0.01 s with the best plan found by then")
    assert 0 < row["gap"] < 1
    assert row["objective"] <= row["bound"]
    assert len(hasty["order_plan"]) > 0
    assert pd.isna(make_plan(plan_inputs(), SETTINGS)["plan_solve"]["message"].iloc[0])


def test_a_solver_that_dies_is_written_down_and_plans_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "GRACE_SECONDS", 0.01)
    plan = make_plan(plan_inputs(), replace(SETTINGS, timeout_seconds=0.0))
    row = plan["plan_solve"].iloc[0]
    assert row["status"] == "failed"
    assert "still busy 0.01 s after its 0 s on the plan of 2017-10-02" in row["message"]
    assert pd.isna(row["objective"])
    assert row["budget_total"] > 0
    for name in ("launch_plan", "order_plan", "exposure_plan", "plan_explanation"):
        assert list(plan[name].columns) == CATALOG[name].names()
        assert plan[name].empty


def test_a_plan_above_its_bound_is_a_failed_solve(monkeypatch: pytest.MonkeyPatch) -> None:
    real = answer_module.solve_apart
    monkeypatch.setattr(answer_module, "solve_apart", lambda *given: replace(real(*given), bound=1.0))
    row = make_plan(plan_inputs(), SETTINGS)["plan_solve"].iloc[0]
    assert row["status"] == "failed"
    assert "above its bound 1.00: the relaxation is wrong" in row["message"]


def test_frames_without_a_row_launch_and_order_nothing(inputs: PlanInputs) -> None:
    instance = from_frames(inputs)
    nothing = (pd.DataFrame(columns=CATALOG[name].names()) for name in ("launch_plan", "order_plan"))
    plan = plan_from_frames(instance, *nothing)
    assert plan.packs.sum() == 0
    assert (plan.launch_week[instance.is_launch] == NOT_LAUNCHED).all()
    assert (plan.launch_week[~instance.is_launch] == 0).all()


def test_an_earlier_weeks_plan_leaves_what_is_still_to_be_done() -> None:
    instance = from_frames(plan_inputs())
    launches = pd.DataFrame(
        [
            ("N0", "large", True, monday(-1), 2),  # should have begun, and has not sold yet
            ("N3", "large", True, monday(4), 2),
            ("N4", "large", False, pd.NaT, 0),
            ("P2", "large", True, monday(-1), 2),  # launched, and established since
            ("gone", "large", True, monday(2), 1),
        ],
        columns=["product_id", "channel", "is_launched", "launch_week", "exposure_weeks"],
    )
    orders = pd.DataFrame(
        [
            ("P2", "large", monday(-1), 9),  # placed already
            ("P2", "large", monday(1), 4),
            ("P0", "large", monday(0), 13),  # two packs of six, and one unit from when it had no packs
            ("gone", "large", monday(0), 5),
        ],
        columns=["product_id", "channel", "order_week", "order_units"],
    )
    plan = plan_from_frames(instance, launches, orders)
    line = {key: i for i, key in enumerate(zip(instance.product_id.tolist(), instance.channel.tolist(), strict=True))}
    launched = {key[0]: int(plan.launch_week[i]) for key, i in line.items() if key[1] == "large"}
    assert {p: launched[p] for p in ("N0", "N3", "N4", "P2")} == {"N0": 0, "N3": 4, "N4": NOT_LAUNCHED, "P2": 0}
    shown = {key[0]: int(plan.shown[i]) for key, i in line.items() if plan.shown[i]}
    assert shown == {"N0": 1, "N3": 2}
    assert {(i, w): int(plan.packs[i, w]) for i, w in zip(*np.nonzero(plan.packs), strict=True)} == {
        (line["P0", "large"], 0): 2,
        (line["P2", "large"], 1): 4,
    }


def test_this_weeks_plan_rules_when_it_is_good() -> None:
    solve = pd.DataFrame({"scenario": ["base", "what-if"], "status": ["feasible", "infeasible"]})
    row = plan_in_force(solve, None, WEEK).iloc[0]
    assert (row["plan_week"], row["age_weeks"], row["scenario"]) == (WEEK, 0, "base")


def test_a_failed_week_carries_the_last_plan_on() -> None:
    solve = pd.DataFrame({"scenario": ["base"], "status": ["infeasible"]})
    last = plan_in_force(pd.DataFrame({"scenario": ["base"], "status": ["optimal"]}), None, monday(-2))
    carried = plan_in_force(solve, plan_in_force(solve, last, monday(-1)), WEEK).iloc[0]
    assert (carried["plan_week"], carried["age_weeks"]) == (monday(-2), 2)


def test_a_failed_first_week_has_no_plan_to_rule() -> None:
    with pytest.raises(ValueError, match="2017-10-02 is infeasible and no earlier plan rules"):
        plan_in_force(pd.DataFrame({"scenario": ["base"], "status": ["infeasible"]}), None, WEEK)


def test_the_same_frames_give_the_same_plan(inputs: PlanInputs, plan: dict[str, pd.DataFrame]) -> None:
    again = make_plan(inputs, SETTINGS)
    for name, frame in plan.items():
        drop = ["cpu_seconds"] if name == "plan_solve" else []
        pd.testing.assert_frame_equal(again[name].drop(columns=drop), frame.drop(columns=drop))
    assert np.isfinite(plan["plan_solve"]["cpu_seconds"]).all()


@pytest.mark.parametrize("lead_weeks", [8, 12])
def test_lines_whose_orders_would_arrive_after_the_horizon_are_not_ordered(lead_weeks: int) -> None:
    slow = supply_terms(
        {}, {"product_id": "P0", "lead_weeks": lead_weeks}, {"product_id": "N0", "lead_weeks": lead_weeks}
    )
    made = make_plan(plan_inputs(raw_supply_terms=slow), SETTINGS)
    assert made["plan_solve"]["status"].tolist() != ["failed"], made["plan_solve"].T.to_string()
    assert not made["order_plan"]["product_id"].isin(["P0", "N0"]).any()
    assert len(made["order_plan"])
