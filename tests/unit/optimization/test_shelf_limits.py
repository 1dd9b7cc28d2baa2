"""Storage by channel and week and fill floors by channel, kept by the plan itself and held against every plan there is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.shelf_questions import best_of_all, limited, shelf_of_line, two_channels
from support.small_questions import SMALL, LinePlan, solved

from optimization.instance import LaunchInstance, Plan, evaluate, shelf_used
from optimization.playing import play
from optimization.shelf import ShelfLimits

# Seed, storage by channel and week, fill floors: each binds, alone and together.
ASKED: tuple[tuple[int, dict[tuple[str, int], float], dict[str, float]], ...] = (
    (0, {("s", 1): 4.0, ("s", 2): 4.5, ("t", 1): 2.0}, {}),
    (2, {("s", 2): 2.0, ("t", 2): 5.0, ("t", 3): 4.0}, {}),
    (4, {}, {"t": 0.3}),
    (1, {}, {"t": 0.5, "s": 0.45}),
    (5, {("t", 2): 2.0}, {"s": 0.45}),
    (0, {("s", 1): 5.0}, {"t": 0.6}),
)


@pytest.mark.parametrize(("seed", "storage", "floors"), ASKED)
def test_a_small_question_gets_the_best_plan_within_its_storage_and_floors(
    seed: int, storage: dict[tuple[str, int], float], floors: dict[str, float]
) -> None:
    instance = limited(two_channels(seed), storage, floors)
    best, answer = best_of_all(instance), solved(instance)
    assert evaluate(instance, solved(two_channels(seed)).plan).violations
    result = evaluate(instance, answer.plan)
    assert result.violations == ()
    assert result.profit == pytest.approx(best, abs=1e-3)
    assert best <= answer.bound + 1e-6
    assert (answer.shelf_price > 0).any()


@pytest.mark.parametrize(("seed", "storage", "floors"), ASKED[2::3])
def test_without_the_exact_route_the_best_plan_lies_between_ours_and_the_bound(
    seed: int, storage: dict[tuple[str, int], float], floors: dict[str, float]
) -> None:
    instance = limited(two_channels(seed), storage, floors)
    best, answer = best_of_all(instance), solved(instance, replace(SMALL, integer_columns=0))
    assert evaluate(instance, answer.plan).violations == ()
    assert evaluate(instance, answer.plan).profit <= best + 1e-6 <= answer.bound + 2e-6


def test_many_lines_keep_storage_and_floors_near_their_bound() -> None:
    instance = two_channels(0).of_lines(np.tile(np.arange(4), 60))
    demand = np.random.default_rng(5).negative_binomial(2, 0.2, (240, 16, 4))
    whole = replace(instance, demand=demand, budgets=instance.budgets * 80, launch_caps=np.array([40]))
    effort = replace(SMALL, cycles=5, tighten_rounds=8, integer_columns=0)
    free = solved(whole, effort).plan
    played = play(whole, free)
    of_s, of_t = whole.channel == "s", whole.channel == "t"
    fill = played.sold[of_t].mean(axis=1).sum() / played.demanded[of_t].mean(axis=1).sum()
    shelf = ShelfLimits(
        volume=np.ones(240),
        storage_channel=np.array(["s", "s"]),
        storage_week=np.array([1, 2]),
        storage=0.9 * played.stock[of_s][:, 1:3].sum(axis=0),
        floor_channel=np.array(["t"]),
        fill_floor=np.array([fill + 0.02]),
    )
    instance = replace(whole, shelf=shelf)
    assert len(evaluate(instance, free).violations) == shelf.count
    answer = solved(instance, effort)
    result = evaluate(instance, answer.plan)
    assert result.violations == ()
    assert (answer.shelf_price > 0).sum() >= 2
    assert 0 <= answer.bound - result.profit <= 0.02 * answer.bound


def by_hand(instance: LaunchInstance, plan: Plan) -> np.ndarray:
    """What a plan uses of every limit, line by line."""
    lines = zip(plan.launch_week.tolist(), plan.packs.tolist(), plan.shown.tolist(), strict=True)
    own = [LinePlan(0.0, launch, tuple(packs), shown) for launch, packs, shown in lines]
    return np.sum([shelf_of_line(instance, i, line) for i, line in enumerate(own)], axis=0)


def test_what_a_plan_breaks_is_named_with_its_amount_as_counted_by_hand() -> None:
    roomy = two_channels(4, budgets=np.full(4, 99.0))
    instance = limited(roomy, {("s", 2): 0.5, ("t", 1): 900.0}, {"s": 0.2, "t": 0.99})
    plan = Plan(np.array([[1, 0, 1, 0], [2, 0, 0, 0], [0, 2, 0, 0], [0] * 4]), np.array([0, 0, 1, -1]))
    over = by_hand(instance, plan) - instance.shelf.limit
    used = shelf_used(instance, play(instance, plan)).sum(axis=0)
    np.testing.assert_allclose(used - instance.shelf.limit, over, atol=1e-12)
    told = dict(evaluate(instance, plan).violations)
    assert told == pytest.approx({"storage of s in week 2": over[0], "fill floor of t": over[3]})
    assert evaluate(replace(instance, shelf=limited(instance, {}, {}).shelf), plan).violations == ()


def test_no_limit_of_the_shelf_asks_the_question_that_there_was() -> None:
    plain, none = solved(two_channels(1)), solved(limited(two_channels(1), {}, {}))
    assert plain.bound == none.bound
    assert plain.plan.packs.tobytes() == none.plan.packs.tobytes()


def test_limits_that_are_no_limits_are_refused() -> None:
    with pytest.raises(ValueError, match="fill_floor at position 0 is 1.5; give a number of at least 0 and at most 1"):
        limited(two_channels(0), {}, {"s": 1.5})
    with pytest.raises(ValueError, match="storage at position 0 is -1.0"):
        limited(two_channels(0), {("s", 0): -1.0}, {})
