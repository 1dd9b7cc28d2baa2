"""The solver against every plan there is, on instances small enough to write them all down."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.small_questions import SMALL, brute_force, hand_profit, line_plans, solved, tiny_instance

from optimization.instance import LaunchInstance, Plan, evaluate


@pytest.mark.parametrize("seed", [0, 3])
def test_a_small_question_gets_the_best_plan_there_is_and_a_bound_above_it(seed: int) -> None:
    instance = tiny_instance(seed)
    answer, best = solved(instance), brute_force(instance)
    result = evaluate(instance, answer.plan)
    assert result.violations == ()
    assert result.profit == pytest.approx(best, abs=1e-3)
    assert best <= answer.bound + 1e-6


@pytest.mark.parametrize("seed", [12, 22])
def test_without_the_exact_route_the_best_plan_still_lies_between_ours_and_the_bound(seed: int) -> None:
    instance = tiny_instance(seed)
    answer, best = solved(instance, replace(SMALL, integer_columns=0)), brute_force(instance)
    result = evaluate(instance, answer.plan)
    assert result.violations == ()
    assert result.profit <= best + 1e-6
    assert best <= answer.bound + 1e-6


def test_many_lines_are_planned_near_their_bound() -> None:
    one = tiny_instance(0)
    random = np.random.default_rng(5)
    by_line = {
        name: np.concatenate([value] * 60)
        for name, value in one.arrays().items()
        if getattr(value, "ndim", 0) and len(value) == 4 and name != "budgets"
    }
    many = {
        "demand": random.negative_binomial(2, 0.2, (240, 16, 4)),
        "budgets": one.budgets * 80,
        "launch_caps": np.array([40]),
    }
    instance = LaunchInstance.from_arrays(one.arrays() | by_line | many)
    answer = solved(instance, replace(SMALL, cycles=5, tighten_rounds=8))
    result = evaluate(instance, answer.plan)
    assert result.violations == ()
    assert 0 <= answer.bound - result.profit <= 0.01 * answer.bound


def test_a_mandatory_launch_launches_and_bound_and_best_plan_agree_on_its_price() -> None:
    instance = tiny_instance(
        2, is_mandatory=np.array([False, False, False, True]), launch_cost=np.array([0.0, 0.0, 2.0, 40.0])
    )
    answer, best = solved(instance), brute_force(instance)
    result = evaluate(instance, answer.plan)
    assert answer.plan.launch_week[3] >= 1
    assert result.violations == ()
    assert result.profit <= best + 1e-6 <= answer.bound + 2e-6
    assert result.profit == pytest.approx(best, abs=1e-3)


def test_evaluate_agrees_with_a_loop_by_hand() -> None:
    instance = tiny_instance(4)
    packs = np.array([[2, 0, 1, 0], [2, 3, 0, 0], [0, 2, 1, 0], [1, 4, 0, 0]])
    launch = np.array([0, 0, 1, 2])
    by_hand = [hand_profit(instance, i, int(launch[i]), tuple(packs[i].tolist())) for i in range(4)]
    np.testing.assert_allclose(evaluate(instance, Plan(packs, launch)).profit_by_line, by_hand, atol=1e-9)


@pytest.mark.parametrize(("seed", "launch_cost"), [(0, 2.0), (3, 40.0), (12, 40.0)])
def test_a_candidates_launch_on_its_own_is_the_best_of_all_its_launches(seed: int, launch_cost: float) -> None:
    instance = tiny_instance(seed, launch_cost=np.array([0.0, 0.0, launch_cost, launch_cost]))
    alone = evaluate(instance, solved(instance).alone)
    for i in np.flatnonzero(instance.is_launch).tolist():
        best = max(profit for profit, _, launches in line_plans(instance, i, most=12) if launches)
        assert alone.profit_by_line[i] == pytest.approx(best, abs=1e-6)


def test_a_question_without_candidates_or_with_none_that_can_be_stocked_has_no_launch_to_weigh() -> None:
    for changes in ({"is_launch": np.zeros(4, dtype=bool)}, {"lead": np.array([1, 2, 4, 4])}):
        instance = tiny_instance(1, **changes)
        alone = solved(instance).alone
        assert set(alone.launch_week[instance.is_launch].tolist()) <= {-1}
        assert not alone.packs.any()


def test_more_budget_never_hurts() -> None:
    tight, loose = tiny_instance(3), tiny_instance(3, budgets=np.array([40.0, 30.0, 20.0, 0.0]))
    poor = solved(tight)
    rich = solved(loose, known=(poor.plan,))
    assert rich.bound >= evaluate(tight, poor.plan).profit
    assert evaluate(loose, rich.plan).profit >= evaluate(tight, poor.plan).profit - 1e-9


def test_the_same_question_gets_the_same_bytes() -> None:
    one, two = (solved(tiny_instance(1)) for _ in range(2))
    assert one.plan.packs.tobytes() == two.plan.packs.tobytes()
    assert one.plan.launch_week.tobytes() == two.plan.launch_week.tobytes()
    assert (one.bound, one.budget_price.tobytes()) == (two.bound, two.budget_price.tobytes())


def test_shuffled_lines_get_the_same_profit_and_a_bound_that_holds_for_both() -> None:
    instance = tiny_instance(1)
    order = np.array([2, 0, 3, 1])
    by_line = {
        name: value[order]
        for name, value in instance.arrays().items()
        if getattr(value, "ndim", 0) and len(value) == 4 and name != "budgets"
    }
    shuffled = LaunchInstance.from_arrays(instance.arrays() | by_line)
    ours, theirs = solved(instance), solved(shuffled)
    profit = evaluate(instance, ours.plan).profit
    assert evaluate(shuffled, theirs.plan).profit == pytest.approx(profit, abs=1e-3)
    assert min(ours.bound, theirs.bound) >= profit - 1e-6
