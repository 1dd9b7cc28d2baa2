"""What-if scenarios: the money adds up, more room never hurts, and a warm answer is near a cold one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.plan_shop import SETTINGS, WEEK, plan_inputs, supply_terms

from contracts.predictions import CANNIBALISATION
from contracts.scenarios import COSTS, INCOMES, PLAN_SCENARIO, PLAN_SCENARIO_LINE
from optimization.asked import WARM, Made
from optimization.effects import with_effects
from optimization.in_force import plan_from_frames
from optimization.inputs import PlanInputs, from_frames, without_effects
from optimization.instance import LaunchInstance, Plan, evaluate
from optimization.plan import make_plan
from optimization.scenario import Scenario, changed, scenarios_of
from optimization.what_if import what_if
from optimization.worker import solve_apart
from orchestration.planning import named_scenarios
from orchestration.settings import Settings

ASKED = {
    "same": {},
    "tight": {"budget": 0.5},
    "wide": {"budget": 2.0},
    "dear": {"price": {"P7": 12.0}},
    "careful": {"risk": 0.5},
    "twice": {"objectives": {"profit": 2}},
    "served": {"order": ["profit", "fill_rate"], "tolerance": {"profit": 0.05}},
    "without": {"ban": ["N0", "N1 in large"]},
}


@pytest.fixture(scope="module")
def inputs() -> PlanInputs:
    rows = [(WEEK, "N2", "P6", 0.1, 0.0, 1.0, 20, 20)]
    return plan_inputs(cannibalisation=pd.DataFrame(rows, columns=CANNIBALISATION.names()))


@pytest.fixture(scope="module")
def made(inputs: PlanInputs) -> Made:
    plan = make_plan(inputs, SETTINGS)
    return Made(plan["launch_plan"], plan["order_plan"], plan["plan_solve"])


@pytest.fixture(scope="module")
def told(inputs: PlanInputs, made: Made) -> dict[str, pd.DataFrame]:
    idle = made.launch_plan.loc[~made.launch_plan["is_launched"]].iloc[0]
    asked = ASKED | {"forced": {"launch": [f"{idle['product_id']} in {idle['channel']}"]}}
    return what_if(inputs, made, scenarios_of(asked), 120.0, replace(WARM, integer_columns=0))


def test_frames_keep_their_columns_and_say_what_was_asked(told: dict[str, pd.DataFrame]) -> None:
    for table in (PLAN_SCENARIO, PLAN_SCENARIO_LINE):
        assert list(told[table.name].columns) == table.names()
        assert not told[table.name].duplicated(list(table.grain)).any()
    rows = told["plan_scenario"].set_index("scenario")
    assert rows["status"].isin(["optimal", "feasible"]).all()
    assert rows["changes"]["dear"] == '{"price": {"P7": 12.0}}'
    assert rows["changes"]["same"] == "{}"


def careful(row: object) -> float:
    """Half the expected profit and half that of the worst tenth."""
    return 0.5 * float(row.profit) + 0.5 * float(row.worst_tenth)  # type: ignore[attr-defined]


def test_lines_and_parts_add_up_to_the_difference(told: dict[str, pd.DataFrame]) -> None:
    lines = told["plan_scenario_line"].groupby("scenario")["difference"].sum()
    for row in told["plan_scenario"].itertuples():
        assert lines.get(row.scenario, 0.0) == pytest.approx(row.difference, abs=0.02)
        parts = sum(getattr(row, name) for name in INCOMES) - sum(getattr(row, name) for name in COSTS)
        assert parts == pytest.approx(row.difference, abs=0.06)
        assert row.objective <= row.bound + 0.01
        told_apart = {"careful": careful(row), "served": row.fill_rate, "twice": 2.0 * float(row.profit)}
        sought = told_apart.get(row.scenario, float(row.profit))
        assert row.objective == pytest.approx(sought, abs=0.02)


def test_an_order_gives_up_of_the_first_no_more_than_its_tolerance(told: dict[str, pd.DataFrame]) -> None:
    rows = told["plan_scenario"].set_index("scenario")
    assert rows["fill_rate"]["served"] > rows["fill_rate"]["same"]
    assert float(rows["profit"]["served"]) >= 0.95 * float(rows["profit"]["same"]) - 0.01
    assert float(rows["worst_tenth"]["careful"]) >= float(rows["worst_tenth"]["same"])


def test_a_weight_scales_objective_and_bound_and_the_gap_grows_no_wider(told: dict[str, pd.DataFrame]) -> None:
    rows = told["plan_scenario"].set_index("scenario").astype({"objective": float, "bound": float, "gap": float})
    same, twice = rows.loc["same"], rows.loc["twice"]
    assert 2.0 * same["objective"] - 0.01 <= twice["objective"] <= twice["bound"] + 0.01
    assert twice["bound"] <= 2.0 * same["bound"] + 0.01
    assert twice["gap"] <= same["gap"] + 1e-6


def test_every_answer_is_a_plan_within_the_scenarios_limits_and_its_profit_is_re_priced(
    inputs: PlanInputs, made: Made, told: dict[str, pd.DataFrame]
) -> None:
    instance = from_frames(inputs)
    base = plan_from_frames(instance, made.launch_plan, made.order_plan)
    assert told["plan_scenario"]["base_profit"].iloc[0] == pytest.approx(evaluate(instance, base).profit, abs=0.006)
    lines = told["plan_scenario_line"]
    keys = ["product_id", "channel"]
    asked = {scenario.name: scenario for scenario in scenarios_of(ASKED)}
    for name in ASKED:
        rows = lines[lines["scenario"] == name].set_index(keys)
        units = pd.Series(
            evaluate(instance, base).ordered_units, pd.MultiIndex.from_arrays([instance.product_id, instance.channel])
        )
        units.loc[rows.index] = rows["order_units"]
        other = changed(instance, asked[name])
        assert (units.to_numpy() * other.unit_cost).sum() <= other.budgets.sum() + 0.01


def test_more_room_never_hurts_and_less_never_helps(told: dict[str, pd.DataFrame]) -> None:
    rows = told["plan_scenario"].set_index("scenario")
    assert (rows.loc[["same", "wide"], "difference"] >= 0).all()
    # Against the bound: what was planned need not be the best plan there is.
    room = rows["bound"]["same"] - rows["base_profit"]["same"]
    assert (rows.loc[["tight", "without", "forced"], "difference"] <= room + 0.01).all()
    assert rows["difference"]["tight"] < 0
    assert rows["difference"]["wide"] > 0


def test_a_new_price_or_cost_earns_at_least_what_the_old_plan_makes_of_it(
    inputs: PlanInputs, made: Made, told: dict[str, pd.DataFrame]
) -> None:
    instance = from_frames(inputs)
    base = plan_from_frames(instance, made.launch_plan, made.order_plan)
    rows = told["plan_scenario"].set_index("scenario")
    sold = evaluate(instance, base).sold[instance.product_id == "P7"].sum()
    before, unmet = evaluate(instance, base).profit, _unmet(instance, base)
    dear = evaluate(changed(instance, Scenario("dear", price={"P7": 12.0})), base)
    assert dear.profit - before == pytest.approx(2.0 * sold - 0.2 * unmet)
    assert rows["profit"]["dear"] >= dear.profit - 0.01
    cheap = changed(instance, Scenario("cheap", cost={"P7": 4.0}))
    at = instance.product_id == "P7"
    assert (cheap.leftover_value[at] == 4.0).all()
    np.testing.assert_allclose(cheap.hold[at], instance.hold[at] * 4.0 / 7.2)
    np.testing.assert_allclose(cheap.penalty[at], instance.penalty[at] * 6.0 / 2.8)
    assert (cheap.demand == instance.demand).all()


def _unmet(instance: LaunchInstance, plan: Plan) -> float:
    """Units of P7 that are wanted and not there: a dearer one is missed by a tenth of its dearer margin."""
    result = evaluate(instance, plan)
    return float((result.demanded - result.sold)[instance.product_id == "P7"].sum())


def test_commitments_are_kept(made: Made, told: dict[str, pd.DataFrame]) -> None:
    lines = told["plan_scenario_line"]
    without = lines[lines["scenario"] == "without"].set_index(["product_id", "channel"])
    launched = made.launch_plan[made.launch_plan["is_launched"]].set_index(["product_id", "channel"]).index
    banned = {("N0", "large"), ("N0", "small"), ("N1", "large")} & set(launched)
    assert banned
    for key in banned:
        assert pd.isna(without.loc[key, "launch_week"])
        assert without.loc[key, "order_units"] == 0
    idle = made.launch_plan.loc[~made.launch_plan["is_launched"]].iloc[0]
    forced = lines[lines["scenario"] == "forced"].set_index(["product_id", "channel"])
    assert pd.notna(forced.loc[(idle["product_id"], idle["channel"]), "launch_week"])


def test_a_warm_answer_is_near_a_cold_one(inputs: PlanInputs, made: Made) -> None:
    tight = with_effects(inputs, changed(without_effects(inputs), Scenario("tight", budget=0.5)))
    cold = solve_apart(tight, SETTINGS.effort, 120)
    warm = what_if(inputs, made, [Scenario("tight", budget=0.5)], 120.0)["plan_scenario"].iloc[0]
    profit = evaluate(tight, cold.plan).profit
    assert float(warm["profit"]) >= 0.98 * profit
    assert float(warm["profit"]) <= cold.bound + 0.01
    assert profit <= warm["bound"] + 0.01


def test_a_scenario_that_cannot_hold_says_why_and_the_others_are_told(inputs: PlanInputs, made: Made) -> None:
    dear = replace(inputs, raw_supply_terms=supply_terms({"moq_units": 50}))
    asked = scenarios_of({"broke": {"budget": 0.0, "launch": ["N0"]}, "same": {}})
    told = what_if(dear, made, asked, 120.0)["plan_scenario"].set_index("scenario")
    assert told["status"]["broke"] == "infeasible"
    assert "freeing N0 in large, N0 in small makes the rest fit" in told["message"]["broke"]
    assert pd.isna(told["profit"]["broke"])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"a": {"budgets": 1}}, "scenario a: knows no budgets; write budget, price, cost, launch, ban, risk, "),
        ({"a": {"budget": -1}}, "scenario a: budget -1 is no amount of at least 0"),
        ({"a": {"price": {"P1": "x"}}}, "scenario a: price of P1 'x' is no amount"),
        ({"a": {"launch": "N0"}}, "scenario a: launch 'N0' is no list of names"),
        ({"a": 3}, "scenario a: 3 is no mapping"),
        ({"a": {"risk": 2}}, "scenario a: risk 2 is no share from 0 to 1"),
        ({"a": {"objectives": {"profit": 0}}}, "scenario a: every weight is 0"),
        (
            {"a": {"objectives": {"speed": 1}}},
            "scenario a: objective .speed. is unknown; there are profit, cvar, fill_rate",
        ),
        ({"a": {"order": ["profit"], "risk": 0.5}}, "scenario a: risk and order exclude each other"),
        ({"a": {"order": ["profit", "profit"]}}, "scenario a: an objective is named twice"),
        ({"a": {"order": ["profit"], "tolerance": {"cvar": 0.1}}}, "scenario a: tolerance is of what an order names"),
        ({"a": {"frontier": ["profit"]}}, "scenario a: a frontier has at least two objectives"),
        ({"a": {"frontier": ["profit", "cvar"], "points": 1}}, "scenario a: points 1 is no number from 2 to 50"),
        ({"a": {"points": 5}}, "scenario a: points are a front's"),
        (
            {"a": {"frontier": ["profit", "cvar", "fill_rate"], "points": 8}},
            "scenario a: 8 floors of each of 2 objectives are 64 plans to seek; at most 50",
        ),
        (
            {"a": {"order": ["profit", "cvar"], "tolerance": {"profit": 2}}},
            "scenario a: tolerance .* is no share from 0 to 1",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(given: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        scenarios_of(given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"price": {"nobody": 1.0}}, "nobody is not planned in week 2017-10-02"),
        ({"ban": ["P1"]}, "P1 sells already and is no launch candidate"),
        ({"budget": {"2017-10-03": 1.0}}, "2017-10-03 is no week of the plan; they run from 2017-10-02 to 2017-11-20"),
    ],
)
def test_what_the_week_does_not_know_is_refused_by_name(
    inputs: PlanInputs, given: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        changed(from_frames(inputs), scenarios_of({"a": given})[0])


def test_scenarios_are_read_from_the_planners_file_and_days_from_yaml(tmp_path: Path) -> None:
    settings = replace(Settings.from_env({}), landing=tmp_path, source="simulated")
    assert named_scenarios(settings, {}) == []
    (tmp_path / "simulated").mkdir()
    path = tmp_path / "simulated" / "scenarios.yml"
    path.write_text("tight:\n  budget: {2017-10-02: 5}\nnone: {}\n")
    assert [s.changes for s in named_scenarios(settings, {})] == [{"budget": {"2017-10-02": 5.0}}, {}]
    assert [s.name for s in named_scenarios(settings, {"typed": {}})] == ["typed"]
    path.write_text("- a\n")
    with pytest.raises(ValueError, match="says nothing by name"):
        named_scenarios(settings, {})
