"""Plans that weigh the worst paths: against every plan there is, and against a loop by hand."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from support.small_questions import SMALL, solved, tiny_instance

from optimization.instance import LaunchInstance, Plan, evaluate
from optimization.risk import cautious, weighed, worst_tenth
from optimization.worker import solve_apart

RISK = 0.5


def solve(instance: LaunchInstance, known: tuple[Plan, ...]) -> tuple[Plan, float, float]:
    found = solve_apart(instance, SMALL, 120, known)
    return found.plan, found.bound, found.cpu_seconds


def by_path(instance: LaunchInstance, i: int, launch: int, packs: tuple[int, ...]) -> np.ndarray:
    """Profit of one line on every path, each a question of its own."""
    one = instance.of_lines(np.array([i]))
    plan = Plan(np.array([packs]), np.array([launch]))
    return np.array([evaluate(one.with_demand(one.demand[:, [s]]), plan).profit for s in range(one.paths)])


def best_there_is(instance: LaunchInstance) -> float:
    """Largest weighed profit of all plans of two lines within budgets and cap."""
    options: list[list[tuple[np.ndarray, np.ndarray, int]]] = []
    for i in range(instance.n):
        own = []
        weeks = range(int(instance.earliest[i]), int(instance.latest[i]) + 1) if instance.is_launch[i] else [0]
        for launch in [*weeks, *([-1] if instance.is_launch[i] else [])]:
            for packs in product(range(8), repeat=2):
                orders = (*packs, 0, 0)
                plan = Plan(np.array([orders]), np.array([launch]))
                alone = instance.of_lines(np.array([i]))
                if any(
                    "budget" not in what and "launches in" not in what for what, _ in evaluate(alone, plan).violations
                ):
                    continue
                cost = np.array(orders) * float(instance.pack[i] * instance.unit_cost[i])
                own.append((by_path(instance, i, launch, orders), cost, int(instance.is_launch[i] and launch >= 0)))
        options.append(own)
    best = -np.inf
    for one, other in product(*options):
        if (one[1] + other[1] <= instance.budgets + 1e-9).all() and one[2] + other[2] <= instance.launch_caps[0]:
            best = max(best, weighed(one[0] + other[0], RISK))
    return best


def test_the_bound_holds_for_every_plan_there_is_and_the_plan_is_near_the_best() -> None:
    instance = tiny_instance(0).of_lines(np.array([0, 3]))
    # Orders of weeks 0 and 1 alone arrive and pay; the brute force need not look at others.
    instance = LaunchInstance.from_arrays(instance.arrays() | {"budgets": np.array([25.0, 12.0, 0.0, 0.0])})
    start = solved(instance).plan
    found = cautious(instance, RISK, solve, start)
    best = best_there_is(instance)
    assert best <= found.bound + 1e-6
    assert found.objective <= best + 1e-6
    assert found.objective >= weighed(evaluate(instance, start).profit_by_path, RISK) - 1e-6
    assert found.objective >= best - 0.05 * abs(best)
    assert evaluate(instance, found.plan).violations == ()


def test_the_profit_of_each_path_is_that_of_the_path_alone() -> None:
    instance = tiny_instance(4, taken_worth=np.array([0.0, 0.0, 0.5, 0.2]))
    plan = Plan(np.array([[2, 0, 1, 0], [2, 3, 0, 0], [0, 2, 1, 0], [1, 4, 0, 0]]), np.array([0, 0, 1, 2]))
    whole = evaluate(instance, plan)
    alone = [evaluate(instance.with_demand(instance.demand[:, [s]]), plan).profit for s in range(instance.paths)]
    np.testing.assert_allclose(whole.profit_by_path, alone)
    assert whole.profit_by_path.mean() == pytest.approx(whole.profit)
    assert worst_tenth(whole.profit_by_path) == pytest.approx(min(alone))
