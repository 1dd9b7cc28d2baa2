"""Units held back for a second allocation: how many, who gets them, what that earns, and that nobody looks ahead."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.small_questions import tiny_instance

from optimization.hold_back import PARTS, FirstSales, allocated_again, held_back, replay, with_shared_stock
from optimization.instance import LaunchInstance, Plan, evaluate
from optimization.pool import with_pool


def two_channels(demand: np.ndarray, weeks_lead: int | None = None, **changes: object) -> LaunchInstance:
    """One established product in two channels with nothing of its own; demand by channel, path and week."""
    weeks = demand.shape[2]
    plain = tiny_instance(0).of_lines(np.array([0, 1]))
    none = np.zeros((2, weeks), dtype=np.int64)
    fields: dict[str, object] = {
        "product_id": np.array(["P1", "P1"]),
        "channel": np.array(["a", "b"]),
        "demand": demand,
        "price": np.array([5.0, 5.0]),
        "unit_cost": np.array([3.0, 3.0]),
        "leftover_value": np.array([2.0, 2.0]),
        "hold": np.array([0.01, 0.01]),
        "penalty": np.array([0.5, 0.5]),
        "lead": np.full(2, weeks if weeks_lead is None else weeks_lead),
        "pack": np.array([1, 1]),
        "moq_packs": np.array([0, 0]),
        "opening": np.zeros(2, dtype=np.int64),
        "arrivals": none,
        "pooled": none,
        "held_back": none,
        "is_fixed": none.astype(bool),
        "fixed_packs": none,
        "held_packs": none,
        "pack_change": none.astype(float),
        "launch_change": np.zeros((2, weeks + 1)),
        "held_slots": none,
        "slot_change": none.astype(float),
        "budgets": np.zeros(weeks),
    }
    return replace(plain, **(fields | changes))  # type: ignore[arg-type]


def earned(question: LaunchInstance, path: int, units: list[list[int]], waiting: int) -> float:
    """Money of one path by hand: units by channel and week, and how many wait in the warehouse after week 0."""
    money = -float(question.hold[0]) * waiting
    for line, arriving in enumerate(units):
        stock = 0
        for week, wanted in enumerate(question.demand[line, path].tolist()):
            stock += arriving[week]
            sold = min(stock, wanted)
            stock -= sold
            money += sold * float(question.price[line]) - (wanted - sold) * float(question.penalty[line])
            money -= stock * float(question.hold[line])
        money += stock * float(question.leftover_value[line])
    return money


def best_of_all(question: LaunchInstance, units: int) -> float:
    """Mean money of the best of all policies of two weeks: any first allocation, any second by what was sold until then."""
    best = -np.inf
    for first in product(range(units + 1), repeat=2):
        waiting = units - sum(first)
        if waiting < 0:
            continue
        seen: dict[tuple[int, ...], list[int]] = {}
        for path in range(question.paths):
            sold = tuple(min(first[line], int(question.demand[line, path, 0])) for line in (0, 1))
            seen.setdefault(sold, []).append(path)
        total = sum(
            max(
                sum(earned(question, path, [[first[0], given], [first[1], waiting - given]], waiting) for path in paths)
                for given in range(waiting + 1)
            )
            for paths in seen.values()
        )
        best = max(best, total / question.paths)
    return best


def played(question: LaunchInstance, units: int, second_week: int) -> float:
    """Mean money of the rule, each path replayed as if it came true."""
    asked = with_shared_stock(question, np.full(2, units), np.zeros((2, question.weeks), dtype=np.int64), second_week)
    nothing = Plan(np.zeros((2, question.weeks), dtype=np.int64), np.zeros(2, dtype=np.int64))
    return float(
        np.mean(
            [
                replay(asked, asked.as_it_came(question.demand[:, path]), nothing).profit
                for path in range(question.paths)
            ]
        )
    )


# What sells in the first week tells the second week's: one channel takes off, or the other.
TELLING = np.repeat([[[2, 8], [1, 0], [2, 7], [1, 1]], [[1, 0], [2, 8], [1, 1], [2, 7]]], 4, axis=1)


def luck(seed: int, paths: int = 24, weeks: int = 2) -> LaunchInstance:
    """Two channels that each sell at a level of their own that nobody knows before."""
    random = np.random.default_rng(seed)
    return two_channels(random.poisson(random.gamma(1.5, 2.0, (2, paths, 1)), (2, paths, weeks)))


def test_two_channels_and_two_weeks_earn_most_of_what_the_best_policy_there_is_adds() -> None:
    added, possible = 0.0, 0.0
    for seed, units in product(range(8), (4, 8)):
        question = luck(seed)
        at_once, waiting, best = played(question, units, 0), played(question, units, 1), best_of_all(question, units)
        assert at_once <= waiting <= best + 1e-9
        added, possible = added + waiting - at_once, possible + best - at_once
    assert added > 0.5 * possible > 0


def test_where_first_sales_tell_the_rest_units_wait_and_where_they_tell_nothing_none_do() -> None:
    assert played(two_channels(TELLING), 4, 1) == pytest.approx(best_of_all(two_channels(TELLING), 4))
    for units in range(4, 14):
        question = two_channels(TELLING)
        assert played(question, units, 0) < played(question, units, 1) <= best_of_all(question, units) + 1e-9
    same = np.tile(np.array([[[2, 3]], [[1, 4]]]), (1, 16, 1))
    assert not held_back(two_channels(same), np.array([6, 6]), 1).any()


def dealt(units: int, expected: list[float], there: list[int]) -> list[int]:
    """Whole units of two channels: what each lacks first, then by what it sells; the first on ties."""
    lacks = [max(e - t, 0.0) for e, t in zip(expected, there, strict=True)]
    covered = min(units, sum(lacks))
    exact = [
        covered * (lack / sum(lacks) if sum(lacks) else 0.5)
        + (units - covered) * (e / sum(expected) if sum(expected) else 0.5)
        for lack, e in zip(lacks, expected, strict=True)
    ]
    whole = [int(part) for part in exact]
    order = sorted((0, 1), key=lambda line: (whole[line] - exact[line], line))
    for line in order[: units - sum(whole)]:
        whole[line] += 1
    return whole


def by_hand(question: LaunchInstance, units: int, waiting: int) -> list[float]:
    """Money of each path of two weeks, some units waiting, each half of the paths dealt by lines fitted to the other."""
    mean = question.demand.sum(axis=2).mean(axis=1).tolist()
    first = dealt(units - waiting, mean, [0, 0])
    money = []
    for path in range(question.paths):
        others = question.demand[:, 1 - path % 2 :: 2]
        expected, left = [], []
        for line in (0, 1):
            before, after = others[line].T
            slope = np.polyfit(before, after, 1)[0] if before.std() > 0 else 0.0
            slope = min(max(slope, 0.0), after.mean() / before.mean()) if before.mean() > 0 else 0.0
            sold = min(first[line], int(question.demand[line, path, 0]))
            left.append(first[line] - sold)
            seen = max(sold, before.mean()) if not left[line] else sold
            expected.append(max(after.mean() + slope * (seen - before.mean()), 0.0))
        second = dealt(waiting, expected, left)
        money.append(earned(question, path, [[first[0], second[0]], [first[1], second[1]]], waiting))
    return money


@pytest.mark.parametrize("seed", range(6))
def test_as_many_units_wait_as_earn_most_on_the_paths_by_a_hand_calculation(seed: int) -> None:
    question, units = luck(seed), 8
    money = np.array([by_hand(question, units, units * part // PARTS) for part in range(PARTS + 1)])
    gain = money - money[0]
    mean, error = gain.mean(axis=1), gain.std(axis=1, ddof=1) / question.paths**0.5
    best = int(np.where(mean > error, mean, 0.0).argmax())
    assert held_back(question, np.full(2, units), 1).tolist() == [units * best // PARTS] * 2


def test_one_channel_alone_holds_nothing_back() -> None:
    one = luck(3).of_lines(np.array([0]))
    assert not held_back(one, np.array([8]), 1).any()


amounts = st.integers(0, 30)


@given(st.integers(0, 5), amounts, amounts, amounts, st.integers(1, 3))
def test_no_unit_is_lost_or_made_and_none_moves_before_its_week(
    seed: int, on_hand: int, soon: int, later: int, week: int
) -> None:
    question = replace(luck(seed, paths=8, weeks=4), opening=np.array([seed, 0]))
    due = np.zeros((2, 4), dtype=np.int64)
    due[:, 1], due[:, 3] = soon, later
    at_once, asked = (with_shared_stock(question, np.full(2, on_hand), due, k) for k in (0, week))
    waits = asked.held_back.sum(axis=0)
    assert not np.delete(waits, week).any()
    assert (asked.held_back >= 0).all()
    assert (asked.held_back <= asked.pooled).all()
    assert asked.opening.sum() == question.opening.sum() + on_hand - waits[week]
    assert asked.arrivals.sum(axis=0).tolist() == (np.array([0, soon, 0, later]) + waits).tolist()
    assert asked.pooled.sum() == at_once.pooled.sum() == on_hand + soon + later
    nothing = Plan(np.zeros((2, 4), dtype=np.int64), np.zeros(2, dtype=np.int64))
    settled = allocated_again(asked, asked.as_it_came(question.demand[:, 0]), nothing)
    for name in ("pooled", "held_back", "arrivals"):
        then, now = getattr(asked, name), getattr(settled, name)
        assert then.sum(axis=0).tolist() == now.sum(axis=0).tolist(), name
        assert (now >= 0).all(), name
        assert np.array_equal(np.delete(then, week, axis=1), np.delete(now, week, axis=1)), name


def test_the_second_allocation_knows_what_sold_and_nothing_later() -> None:
    question = luck(5, weeks=4)
    asked = with_shared_stock(question, np.full(2, 16), np.zeros((2, 4), dtype=np.int64), 2)
    assert asked.held_back.sum() > 0
    nothing = Plan(np.zeros((2, 4), dtype=np.int64), np.zeros(2, dtype=np.int64))
    came = np.array([[4, 5, 3, 3], [0, 0, 3, 3]])

    def given_to(units: np.ndarray) -> list[int]:
        found = allocated_again(asked, asked.as_it_came(units), nothing).held_back[:, 2]
        return [int(each) for each in found]

    another = came.copy()
    another[:, 2:] = [[0, 0], [50, 50]]
    assert given_to(another) == given_to(came)
    assert given_to(came)[0] > given_to(came[::-1])[0]


def test_what_the_warehouse_holds_is_paid_for_while_it_waits() -> None:
    question = luck(5, weeks=4)
    asked = with_shared_stock(question, np.full(2, 16), np.zeros((2, 4), dtype=np.int64), 2)
    nothing = Plan(np.zeros((2, 4), dtype=np.int64), np.zeros(2, dtype=np.int64))
    truth = asked.as_it_came(np.zeros((2, 4), dtype=np.int64))
    at_once = evaluate(
        with_pool(question, np.full(2, 16), np.zeros_like(asked.arrivals)).as_it_came(truth.demand[:, 0]), nothing
    )
    waiting = replay(asked, truth, nothing)
    # Nothing sells, so that sixteen units are held for four weeks wherever they lie.
    assert waiting.profit == pytest.approx(at_once.profit) == pytest.approx(16 * 2.0 - 0.01 * 16 * 4)
    assert waiting.profit == pytest.approx(float(waiting.profit_by_path[0]))
    assert waiting.profit == pytest.approx(float((waiting.revenue - waiting.cost).sum()))


def test_a_week_beyond_the_horizon_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="second_allocation_weeks is 4: the plan looks 4 weeks ahead; choose 1 to 3"):
        with_shared_stock(luck(0, weeks=4), np.full(2, 3), np.zeros((2, 4), dtype=np.int64), 4)


def test_first_sales_that_emptied_a_shelf_are_the_least_that_was_wanted() -> None:
    taught = FirstSales(np.array([4.0]), np.array([8.0]), np.array([2.0]))
    sold = np.array([[1, 6]])
    assert taught.rest(sold, np.array([[False, False]])).tolist() == [[2.0, 12.0]]
    assert taught.rest(sold, np.array([[True, True]])).tolist() == [[8.0, 12.0]]


def test_what_waits_of_a_product_depends_on_no_other_and_on_no_order_of_lines() -> None:
    # Products "P1" and "P0" of four lines, each other's strangers.
    both, units = [luck(seed, weeks=4) for seed in (5, 6)], np.array([16, 16])
    alone = [held_back(question, units, 2).tolist() for question in both]
    demand = np.concatenate([question.demand for question in both])
    four = replace(
        both[0].of_lines(np.array([0, 1, 0, 1])), demand=demand, product_id=np.array(["P1", "P1", "P0", "P0"])
    )
    mixed = np.array([3, 0, 2, 1])
    together = held_back(four.of_lines(mixed), np.full(4, 16), 2)
    assert together.tolist() == [(alone[0] + alone[1])[line] for line in mixed]
    assert together.any()
