"""Exposure slots and sellers' shares of them, decided in the plan itself and held against every plan there is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.shelf_questions import best_of_all, limited, two_channels
from support.small_questions import SMALL, hand_profit, solved

from optimization.instance import LaunchInstance, Plan, evaluate
from optimization.model import build_buckets
from optimization.moves import within_slots
from optimization.options import build_options
from optimization.playing import lifted, slots_given
from optimization.prices import Question
from optimization.solve import draft_of

_Slots = dict[tuple[str, int], float]
_Shares = dict[tuple[str, str], float]


def shown_question(seed: int, channels: tuple[str, ...] = ("s", "t", "s", "s"), **changes: object) -> LaunchInstance:
    """An established line in each of two channels, two launches that slots may show for two weeks, of two sellers."""
    random = np.random.default_rng([seed, 11])
    fields: dict[str, object] = {
        "channel": np.array(channels),
        "slot_lift": np.array([1.0, 1.0, *np.round(random.uniform(1.2, 2.5, 2), 2)]),
        "most_shown": np.array([0, 0, 2, 2]),
        "seller": np.array(["", "", "A", "B"]),
        "launch_caps": np.array([2]),
        "launch_cost": np.array([0.0, 0.0, 0.5, 0.5]),
        "budgets": np.array([40.0, 20.0, 10.0, 0.0]),
    }
    return two_channels(seed, **(fields | changes))


def with_slots(instance: LaunchInstance, slots: _Slots, shares: _Shares | None = None) -> LaunchInstance:
    """The question under slots by channel and week, and least shares by seller and channel."""
    asked = shares or {}
    shelf = replace(
        instance.shelf,
        slot_channel=np.array([channel for channel, _ in slots], dtype=np.str_),
        slot_week=np.array([week for _, week in slots], dtype=np.int64),
        slots=np.array(list(slots.values()), dtype=np.float64),
        share_seller=np.array([seller for seller, _ in asked], dtype=np.str_),
        share_channel=np.array([channel for _, channel in asked], dtype=np.str_),
        seller_share=np.array(list(asked.values()), dtype=np.float64),
    )
    return replace(instance, shelf=shelf)


ONE_EACH: _Slots = {("s", week): 1.0 for week in range(4)}
# Seed, slots, shares of sellers; in each the plan without them breaks one.
ASKED: tuple[tuple[int, _Slots, _Shares], ...] = (
    (3, ONE_EACH, {}),
    (1, {("s", 1): 1.0, ("s", 2): 0.0}, {}),
    (3, ONE_EACH, {("A", ""): 0.6}),
    (6, {("s", 1): 1.0}, {("B", "s"): 0.5, ("A", ""): 0.5}),
    (9, {}, {("B", ""): 0.7}),
)


@pytest.mark.parametrize(("seed", "slots", "shares"), ASKED)
def test_a_small_question_gets_the_best_launches_shown_within_slots_and_shares(
    seed: int, slots: _Slots, shares: _Shares
) -> None:
    free = shown_question(seed)
    instance = with_slots(free, slots, shares)
    assert evaluate(instance, solved(free).plan).violations
    best, answer = best_of_all(instance), solved(instance)
    result = evaluate(instance, answer.plan)
    assert result.violations == ()
    assert result.profit == pytest.approx(best, abs=1e-3)
    assert best <= answer.bound + 1e-6


@pytest.mark.parametrize(("seed", "slots", "shares"), ASKED[1:3])
def test_without_the_exact_route_slots_and_shares_hold_and_the_best_lies_below_the_bound(
    seed: int, slots: _Slots, shares: _Shares
) -> None:
    instance = with_slots(shown_question(seed), slots, shares)
    answer = solved(instance, replace(SMALL, integer_columns=0))
    result, best = evaluate(instance, answer.plan), best_of_all(instance)
    assert result.violations == ()
    assert result.profit <= best + 1e-6 <= answer.bound + 2e-6


def test_slots_hold_together_with_storage_and_floors() -> None:
    plain = shown_question(3, channels=("s", "t", "s", "t"))
    tight = limited(plain, {("s", 2): 2.7}, {"t": 0.608})
    instance = with_slots(tight, {("s", 1): 0.0, ("t", 2): 1.0}, {("B", ""): 0.6})
    broken = {what.split(" of ")[0] for what, _ in evaluate(instance, solved(plain).plan).violations}
    assert broken >= {"fill floor", "slots", "seller share"}
    answer, best = solved(instance), best_of_all(instance)
    assert evaluate(instance, answer.plan).violations == ()
    assert evaluate(instance, answer.plan).profit == pytest.approx(best, abs=1e-3)
    assert best <= answer.bound + 1e-6


@pytest.mark.parametrize(("seed", "price"), [(3, 0.4), (3, 30.0), (9, 1.0)])
def test_slots_of_frozen_weeks_stay_unless_their_price_is_paid(seed: int, price: float) -> None:
    held, change = np.zeros((4, 4), dtype=np.int64), np.zeros((4, 4))
    held[3, 1], change[2:, :2] = 1, price
    instance = with_slots(shown_question(seed, held_slots=held, slot_change=change), ONE_EACH)
    answer, best = solved(instance), best_of_all(instance)
    result = evaluate(instance, answer.plan)
    assert result.violations == ()
    assert result.profit == pytest.approx(best, abs=1e-3)
    assert best <= answer.bound + 1e-6
    given = slots_given(answer.plan.launch_week, answer.plan.shown, 4)
    assert result.change.sum() == pytest.approx(price * np.abs(given - held)[2:, :2].sum())
    if price == 30.0:
        assert (given[:, :2] == held[:, :2]).all()


def test_a_style_launches_as_one_and_each_of_it_is_shown_as_pays() -> None:
    style = np.array(["", "", "S", "S"])
    instance = with_slots(shown_question(0, style=style, earliest=np.array([0, 0, 1, 1])), ONE_EACH)
    answer = solved(instance)
    result = evaluate(instance, answer.plan)
    launch, shown = answer.plan.launch_week[2:], answer.plan.shown[2:]
    assert result.violations == ()
    assert launch[0] == launch[1] >= 0
    # One slot a week for two launches: brought forward or not, they share it.
    assert 0 < shown.sum() <= 2
    other = Plan(answer.plan.packs, answer.plan.launch_week)
    assert evaluate(instance, other).profit < result.profit <= answer.bound + 1e-6


def test_what_one_sellers_share_hides_leaves_no_other_short() -> None:
    seller = np.array(["", "", "A", "B"])
    free = shown_question(3, seller=seller)
    instance = with_slots(free, {}, {("A", ""): 0.5, ("B", ""): 0.5})
    options = build_options(instance)
    question = Question.of(instance, options, build_buckets(instance, options))
    for first in range(3):
        for second in range(3):
            packs = np.array([[1, 0, 0, 0], [2, 0, 0, 0], [0, 2, 0, 0], [0, 2, 0, 0]])
            draft = draft_of(question, Plan(packs, np.array([0, 0, 1, 1]), np.array([0, 0, first, second])))
            shown = options.shown[within_slots(question, draft).option]
            assert shown[2] == shown[3] <= min(first, second)


def test_a_plan_shown_is_worth_what_it_sells_by_hand_and_takes_its_slots() -> None:
    instance = with_slots(shown_question(3), {("s", 1): 1.0, ("s", 2): 1.0}, {("A", ""): 0.9})
    plan = Plan(
        np.array([[1, 0, 1, 0], [2, 0, 0, 0], [2, 1, 0, 0], [3, 0, 2, 0]]),
        np.array([0, 0, 1, 1]),
        np.array([0, 0, 1, 2]),
    )
    result = evaluate(instance, plan)
    by_hand = [
        hand_profit(instance, i, int(plan.launch_week[i]), tuple(plan.packs[i].tolist()), int(plan.shown[i]))
        for i in range(4)
    ]
    np.testing.assert_allclose(result.profit_by_line, by_hand, atol=1e-9)
    assert result.slots.tolist() == [0, 0, 1, 2]
    told = dict(result.violations)
    assert told["slots of s in week 1"] == 1.0
    assert "slots of s in week 2" not in told
    assert told["seller share of A"] == pytest.approx(0.9 * 3 - 1)
    too_long = replace(plan, shown=np.array([0, 1, 3, 0]))
    shown_wrong = [what for what, _ in evaluate(instance, too_long).violations if what.startswith("shown")]
    assert shown_wrong == ["shown when it may not be: P2 in t", "shown when it may not be: P3 in s"]


def test_a_lift_multiplies_the_weeks_shown_to_the_nearest_unit() -> None:
    demand = np.array([[[3, 1, 4]], [[3, 1, 4]]])
    assert lifted(demand, np.array([1.5, 2.0]), np.array([2, 0])).tolist() == [[[5, 2, 4]], [[3, 1, 4]]]
    assert slots_given(np.array([1, -1, 2]), np.array([2, 2, 3]), 4).tolist() == [[0, 1, 1, 0], [0] * 4, [0, 0, 1, 1]]


def test_slots_that_cannot_bind_change_nothing() -> None:
    free = shown_question(3)
    roomy = with_slots(free, {("s", week): 2.0 for week in range(4)})
    one, other = solved(free), solved(roomy)
    assert evaluate(free, one.plan).profit == pytest.approx(evaluate(roomy, other.plan).profit, abs=1e-6)
    assert (other.shelf_price == 0).all()
    assert one.plan.shown.sum() > 0


def test_many_launches_share_few_slots_near_the_bound() -> None:
    random = np.random.default_rng(2)
    instance = shown_question(0).of_lines(np.tile([0, 2, 2, 3], 60))
    n = instance.n
    demand = random.negative_binomial(2, 0.2, (n, 16, 4))
    lift = np.where(instance.is_launch, np.round(random.uniform(1.05, 1.8, n), 2), 1.0)
    seller = np.where(instance.is_launch, random.choice(["A", "B", "C"], n), "")
    whole = replace(instance, demand=demand, slot_lift=lift, seller=seller, budgets=instance.budgets * 80)
    whole = with_slots(
        replace(whole, launch_caps=np.array([120])), {("s", week): 12.0 for week in range(4)}, {("C", ""): 0.5}
    )
    effort = replace(SMALL, cycles=5, tighten_rounds=8, integer_columns=0)
    answer = solved(whole, effort)
    result = evaluate(whole, answer.plan)
    assert result.violations == ()
    assert 24 < result.slots.sum() <= 48
    assert result.slots[whole.seller == "C"].sum() >= 0.5 * result.slots.sum()
    assert (answer.shelf_price > 0).sum() >= 3
    assert 0 <= answer.bound - result.profit <= 0.02 * answer.bound
