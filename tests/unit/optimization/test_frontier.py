"""Pareto fronts: feasible, non-dominated, ends at the single objectives' best, bounds above every plan there is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.all_plans import AllPlans, all_plans, two_lines
from support.plan_shop import SETTINGS, plan_inputs, supply_terms
from support.small_questions import SMALL

from contracts.scenarios import PLAN_FRONTIER
from expectations.validate import validate
from optimization.asked import WARM, CannotHold, Made
from optimization.frontier import Point, frontier, knee_distance, with_knee
from optimization.inputs import from_frames
from optimization.instance import LaunchInstance, Plan, evaluate
from optimization.objectives import reached
from optimization.plan import make_plan
from optimization.plan_frontier import plan_frontier
from optimization.prices import Prices
from optimization.pursue import Search, begun
from optimization.scenario import scenarios_of
from optimization.tilt import Tilt
from optimization.worker import Solved, solve_apart


@pytest.fixture(scope="module", params=[("profit", "fill_rate"), ("profit", "cvar", "fill_rate")], ids="+".join)
def drawn(request: pytest.FixtureRequest) -> tuple[LaunchInstance, AllPlans, Search, list[Point], tuple[str, ...]]:
    instance = two_lines(1, paths=12, budgets=np.array([25.0, 12.0, 0.0, 0.0]))

    def solve(tilt: Tilt | None, known: tuple[Plan, ...], start: Prices | None) -> Solved:
        return solve_apart(instance, SMALL, 120, known, start, tilt)

    search, front = frontier(begun(instance, solve)[0], request.param, 3)
    return instance, all_plans(instance), search, front, request.param


def test_every_point_is_feasible_re_priced_and_not_dominated_by_any_other(
    drawn: tuple[LaunchInstance, AllPlans, Search, list[Point], tuple[str, ...]],
) -> None:
    instance, _, _, front, names = drawn
    assert len(front) >= 2
    for point in front:
        result = evaluate(instance, point.plan)
        assert result.violations == ()
        assert reached(instance, result) == pytest.approx(point.values)
    values = np.array([[point.values[name] for name in names] for point in front])
    for own in values:
        better = (values >= own - 1e-9).all(axis=1) & (values > own + 1e-9).any(axis=1)
        assert not better.any()


def test_ends_are_the_best_of_each_objective_alone_and_bounds_hold_for_every_plan_there_is(
    drawn: tuple[LaunchInstance, AllPlans, Search, list[Point], tuple[str, ...]],
) -> None:
    _, brute, _, front, names = drawn
    for name in names:
        assert max(point.values[name] for point in front) == pytest.approx(brute.values(name).max(), abs=1e-6)
    for point in front:
        best = brute.best({names[0]: 1.0}, point.floors)
        assert point.values[names[0]] == pytest.approx(best, abs=1e-6)
        assert best <= point.bound + 1e-6
        assert all(point.values[name] >= least - 1e-6 for name, least in point.floors.items())


def test_the_knee_is_the_point_farthest_beyond_the_chord() -> None:
    plan = Plan(np.zeros((1, 1), dtype=int), np.zeros(1, dtype=int))
    bent = [(10.0, 0.0), (9.0, 0.6), (8.0, 0.9), (0.0, 1.0)]
    front = [Point(plan, {"profit": p, "fill_rate": f}, {}, p) for p, f in bent]
    marked = with_knee(front, ("profit", "fill_rate"))
    assert [point.is_knee for point in marked] == [False, False, True, False]
    assert marked[2].knee == pytest.approx((0.8 + 0.9 - 1.0) / np.sqrt(2.0))
    hollow = with_knee([front[0], Point(plan, {"profit": 2.0, "fill_rate": 0.3}, {}, 2.0), front[3]], front[0].values)
    assert not any(point.is_knee for point in hollow)
    assert knee_distance(np.array([[1.0, 1.0]])).tolist() == [0.0]


def test_a_planned_weeks_front_keeps_its_promise_and_holds_its_own_plan() -> None:
    inputs = plan_inputs()
    plan = make_plan(inputs, SETTINGS)
    made = Made(plan["launch_plan"], plan["order_plan"], plan["plan_solve"])
    asked = scenarios_of({"tight": {"budget": 0.8, "frontier": ["profit", "cvar"], "points": 2}})
    told = plan_frontier(inputs, made, asked, 120.0, replace(WARM, integer_columns=0))
    assert list(told.columns) == PLAN_FRONTIER.names()
    verdict = validate(told.assign(decision_week=pd.to_datetime(told["decision_week"])), PLAN_FRONTIER)
    assert verdict.passed, verdict.message
    assert told["profit"].is_monotonic_decreasing
    assert told["worst_tenth"].is_monotonic_increasing
    assert (told["order_cost"] <= 0.8 * from_frames(inputs).budgets.sum() + 0.01).all()
    broke = scenarios_of({"broke": {"budget": 0.0, "launch": ["N0"], "frontier": ["profit", "cvar"]}})
    dear = plan_inputs(raw_supply_terms=supply_terms({"moq_units": 50}))
    with pytest.raises(CannotHold, match="makes the rest fit"):
        plan_frontier(dear, made, broke, 120.0)
