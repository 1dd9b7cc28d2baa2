"""Plans that pay for changing what is held: the solver against every plan there is, and one order's best size by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.small_questions import SMALL, brute_force, hand_profit, solved, tiny_instance

from optimization.change import unheld
from optimization.instance import LaunchInstance, Plan, evaluate
from optimization.jumps import held_jump

ROOMY: dict[str, object] = {"budgets": np.array([200.0, 200.0, 200.0, 0.0]), "launch_caps": np.array([2])}


def held_instance(seed: int, price: float, **changes: object) -> LaunchInstance:
    """A tiny question whose first two weeks hold some orders, and a launch of week 1 that the last plan had set."""
    random = np.random.default_rng(seed + 100)
    held = np.zeros((4, 4), dtype=np.int64)
    held[:, :2] = random.integers(0, 4, (4, 2))
    held[1, held[1] == 1] = 2
    pack_change, launch_change = np.zeros((4, 4)), np.zeros((4, 5))
    pack_change[:, :2] = price
    launch_change[2] = launch_change[3] = 2 * price
    launch_change[2, 1] = launch_change[3, 2:] = 0.0
    held[3] = 0
    return tiny_instance(seed, held_packs=held, pack_change=pack_change, launch_change=launch_change, **changes)


@pytest.mark.parametrize(("seed", "price"), [(0, 0.3), (0, 40.0), (3, 1.5), (7, 0.8)])
def test_the_best_plan_under_a_price_of_change_is_found_and_its_bound_holds(seed: int, price: float) -> None:
    instance = held_instance(seed, price)
    answer, best = solved(instance), brute_force(instance)
    result = evaluate(instance, answer.plan)
    assert result.violations == ()
    assert result.profit == pytest.approx(best, abs=1e-3)
    assert best <= answer.bound + 1e-6


def test_without_the_exact_route_the_best_plan_still_lies_between_ours_and_the_bound() -> None:
    instance = held_instance(12, 0.8)
    answer, best = solved(instance, replace(SMALL, integer_columns=0)), brute_force(instance)
    result = evaluate(instance, answer.plan)
    assert result.violations == ()
    assert result.profit - 1e-6 <= best <= answer.bound + 1e-6


def test_orders_that_planners_fix_pay_for_what_they_change_and_the_bound_knows_it() -> None:
    is_fixed, fixed = np.zeros((4, 4), dtype=bool), np.zeros((4, 4), dtype=np.int64)
    is_fixed[0, 0], fixed[0, 0] = True, 3
    is_fixed[1, 0] = True
    instance = held_instance(3, 1.5, is_fixed=is_fixed, fixed_packs=fixed)
    answer, best = solved(instance), brute_force(instance)
    assert evaluate(instance, answer.plan).profit == pytest.approx(best, abs=1e-3)
    assert best <= answer.bound + 1e-6


def test_at_a_price_beyond_all_profit_what_is_held_stays_where_the_limits_allow_it() -> None:
    instance = held_instance(3, 500.0, **ROOMY)
    answer = solved(instance)
    assert (answer.plan.packs[:, :2] == instance.held_packs[:, :2]).all()
    assert answer.plan.launch_week[2] == 1
    assert evaluate(instance, answer.plan).change.sum() == 0.0


def test_a_dearer_change_never_earns_more_and_pays_for_fewer_packs() -> None:
    moved, profits = [], []
    for price in (0.0, 1.0, 40.0):
        instance = held_instance(7, price, **ROOMY)
        plan = solved(instance).plan
        moved.append(int(np.abs(plan.packs - instance.held_packs)[:, :2].sum()))
        profits.append(evaluate(instance, plan).profit)
    assert profits == sorted(profits, reverse=True)
    assert moved == sorted(moved, reverse=True)
    assert moved[-1] == 0 < moved[0]


def test_evaluate_prices_a_change_as_a_loop_by_hand_does() -> None:
    instance = held_instance(4, 1.25)
    packs = np.array([[2, 0, 1, 0], [2, 3, 0, 0], [0, 2, 1, 0], [0, 0, 0, 0]])
    launch = np.array([0, 0, 1, -1])
    result = evaluate(instance, Plan(packs, launch))
    by_hand = [hand_profit(instance, i, int(launch[i]), tuple(packs[i].tolist())) for i in range(4)]
    np.testing.assert_allclose(result.profit_by_line, by_hand, atol=1e-9)
    assert result.profit_by_path.mean() == pytest.approx(sum(by_hand))
    assert evaluate(unheld(instance), Plan(packs, launch)).profit == pytest.approx(sum(by_hand) + result.change.sum())


@pytest.mark.parametrize("seed", range(4))
def test_one_orders_best_size_is_that_of_trying_every_size(seed: int) -> None:
    random = np.random.default_rng(seed)
    rows, levels = 30, 14
    stay, price = random.normal(0, 5, (rows, levels)), random.uniform(0.5, 2.0, rows)
    moq, held, change = random.integers(0, 4, rows), random.integers(0, 9, rows), random.uniform(0, 2, rows)
    level = np.arange(levels)
    paid = (price + change)[:, None] * level
    best, where = held_jump(stay, paid, moq, held, 2 * change)
    for r in range(rows):
        for k in range(levels):
            sizes = [0, *range(max(int(moq[r]), 1), levels - k)]
            told = [stay[r, k + d] - price[r] * d - change[r] * (abs(d - int(held[r])) - int(held[r])) for d in sizes]
            assert best[r, k] == pytest.approx(max(told))
            assert told[sizes.index(int(where[r, k]) - k)] == pytest.approx(max(told))
