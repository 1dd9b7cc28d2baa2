"""A week planned for other aims than profit: weights and orders against every plan there is, told in plan_solve."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.all_plans import all_plans, two_lines
from support.plan_shop import SETTINGS, limits, plan_inputs
from support.small_questions import SMALL

from optimization.answer import Trying, answered
from optimization.asked import Made
from optimization.in_force import plan_from_frames
from optimization.inputs import from_frames
from optimization.instance import evaluate
from optimization.objectives import reached
from optimization.plan import make_plan
from optimization.scenario import scenarios_of
from optimization.wanted import Wanted, wanted_of
from optimization.what_if import what_if
from optimization.worker import Solved

SERVED = {"order": ["profit", "fill_rate"], "tolerance": {"profit": 0.03}}


@pytest.mark.parametrize("weights", [{"profit": 0.5, "cvar": 0.5}, {"profit": 1.0, "fill_rate": 60.0}])
def test_a_plan_of_weights_is_the_best_of_all_plans_and_below_its_bound(weights: Mapping[str, float]) -> None:
    instance = two_lines(2, paths=12)
    solved = answered(instance, Trying(SMALL, 120, Wanted(weights)))
    assert isinstance(solved, Solved)
    assert solved.reached is not None
    values = reached(instance, evaluate(instance, solved.plan))
    assert solved.reached.value == pytest.approx(sum(w * values[name] for name, w in weights.items()))
    best = all_plans(instance).best(weights)
    assert solved.reached.value == pytest.approx(best, abs=1e-6)
    assert best <= solved.reached.bound + 1e-6
    assert all_plans(instance).best({"profit": 1.0}) <= solved.bound + 1e-6


def test_a_plan_of_an_order_gives_up_no_more_than_its_tolerance_and_tells_its_floors() -> None:
    instance, brute = two_lines(2, paths=12), all_plans(two_lines(2, paths=12))
    solved = answered(instance, Trying(SMALL, 120, wanted_of("here", SERVED)))
    assert isinstance(solved, Solved)
    assert solved.reached is not None
    first = brute.best({"profit": 1.0})
    best = brute.best({"fill_rate": 1.0}, {"profit": first - 0.03 * abs(first)})
    assert dict(solved.reached.floors) == {"profit": pytest.approx(first - 0.03 * abs(first))}
    assert solved.reached.value == pytest.approx(best, abs=1e-6)
    assert best <= solved.reached.bound + 1e-6


def test_plan_solve_says_what_was_sought_and_a_scenario_seeks_the_same_unless_it_says_otherwise() -> None:
    inputs = plan_inputs()
    made = make_plan(inputs, replace(SETTINGS, wanted=wanted_of("here", SERVED)))
    plain = make_plan(inputs, SETTINGS)
    row, before = made["plan_solve"].iloc[0], plain["plan_solve"].iloc[0]
    instance = from_frames(inputs)
    plan = plan_from_frames(instance, made["launch_plan"], made["order_plan"])
    values = reached(instance, evaluate(instance, plan))
    assert json.loads(row["aim"]) == {
        "order": ["profit", "fill_rate"],
        "tolerance": {"profit": 0.03, "fill_rate": 0.01},
    }
    assert row["aim_value"] == pytest.approx(values["fill_rate"])
    assert row["objective"] == pytest.approx(values["profit"])
    assert row["objective"] >= json.loads(row["aim_floors"])["profit"] - 1e-6
    assert row["aim_value"] <= row["aim_bound"] + 1e-9
    assert row["gap"] == pytest.approx((row["aim_bound"] - row["aim_value"]) / row["aim_bound"])
    assert row["expected_fill_rate"] > before["expected_fill_rate"]
    assert row["objective"] <= row["bound"] + 1e-6
    assert before[["aim", "aim_floors", "aim_value", "aim_bound"]].isna().all()
    asked = scenarios_of({"same": {"budget": 1.0}, "money": {"objectives": {"profit": 1}}})
    told = what_if(inputs, Made(made["launch_plan"], made["order_plan"], made["plan_solve"]), asked, 120)
    same, money = told["plan_scenario"].to_dict("records")
    assert same["fill_rate"] >= row["aim_value"] - 1e-9
    assert same["objective"] == pytest.approx(same["fill_rate"])
    assert float(money["profit"]) > float(same["profit"])


def test_nothing_said_is_expected_profit() -> None:
    assert wanted_of("here", {}).is_profit
    assert wanted_of("here", {}).said == {}
    risky = wanted_of("here", {"risk": 0.25})
    assert risky.weights == {"profit": 0.75, "cvar": 0.25}
    assert wanted_of("here", risky.said) == risky
    ordered = wanted_of("here", SERVED)
    assert wanted_of("here", ordered.said) == ordered
    assert np.isclose(ordered.tolerance["fill_rate"], 0.01)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"order": ["profit"], "objectives": {"cvar": 1}}, "here: objectives and order exclude each other"),
        ({"objectives": {"speed": 1}}, "here: objective 'speed' is unknown; there are profit, cvar, .*fairness"),
        ({"objectives": {"profit": 0}}, "here: every weight is 0"),
        ({"order": ["profit", "profit"]}, "here: an objective is named twice"),
        ({"order": ["profit"], "tolerance": {"cvar": 0.1}}, "here: tolerance is of what an order names"),
        ({"order": "profit"}, "here: order 'profit' is no list of names"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        wanted_of("here", given)


def test_a_week_that_wants_exposure_shows_more_launches_and_says_how_far_it_got() -> None:
    limited = limits(("slots", None, None, None, 2.0))
    inputs = plan_inputs(raw_plan_limits=limited)
    plain = make_plan(inputs, SETTINGS)
    wanted = wanted_of("here", {"order": ["profit", "fairness"], "tolerance": {"profit": 0.05}})
    made = make_plan(inputs, replace(SETTINGS, wanted=wanted))
    row, instance = made["plan_solve"].iloc[0], from_frames(inputs)
    plan = plan_from_frames(instance, made["launch_plan"], made["order_plan"])
    values = reached(instance, evaluate(instance, plan))
    # Nothing is known of what slots sell, so that a plan of profit alone shows nobody.
    assert plain["launch_plan"]["exposure_weeks"].sum() == 0
    assert row["aim_value"] == pytest.approx(values["fairness"])
    assert 0 < values["fairness"] <= row["aim_bound"] + 1e-9
    assert evaluate(instance, plan).violations == ()
    slots = made["exposure_plan"]
    assert slots["is_planned"].sum() == plan.shown.sum() > 0
    assert slots.groupby(["channel", "week"])["slots"].sum().max() <= 2
