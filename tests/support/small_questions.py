"""Questions small enough that every plan of them can be written down, and the best of all those plans."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np

from optimization.effort import Effort
from optimization.instance import LaunchInstance, Plan
from optimization.worker import Solved, solve_apart

SMALL = Effort(search_rounds=5, cycles=2, bundle_rounds=6, tighten_rounds=5, move_rounds=20, integer_work=1.0)


def tiny_instance(seed: int, **changes: object) -> LaunchInstance:
    """Two established lines and two launches of one category, 4 weeks, 3 paths, packs and a tight budget."""
    random = np.random.default_rng(seed)
    is_launch = np.array([False, False, True, True])
    cost = np.round(random.uniform(2, 5, 4), 2)
    price = np.round(cost * random.uniform(1.3, 1.8, 4), 2)
    fields: dict[str, object] = {
        "decision_week": "2017-10-02",
        "product_id": np.array(["P1", "P2", "P3", "P4"]),
        "channel": np.array(["s"] * 4),
        "category": np.array(["c"] * 4),
        "is_launch": is_launch,
        "is_mandatory": np.zeros(4, dtype=bool),
        "demand": random.negative_binomial(2, 0.4, (4, 3, 4)),
        "price": price,
        "unit_cost": cost,
        "leftover_value": np.where(is_launch, 0.4 * cost, cost),
        "hold": 0.02 * cost,
        "penalty": 0.1 * (price - cost),
        "launch_cost": np.where(is_launch, 2.0, 0.0),
        "lead": np.array([1, 2, 1, 1]),
        "pack": np.array([3, 2, 2, 1]),
        "moq_packs": np.array([0, 2, 0, 0]),
        "opening": np.where(is_launch, 0, 3),
        "arrivals": np.array([[0, 2, 0, 0], [0] * 4, [0] * 4, [0] * 4]),
        "pooled": np.zeros((4, 4), dtype=int),
        "held_back": np.zeros((4, 4), dtype=int),
        "earliest": np.array([0, 0, 0, 1]),
        "latest": np.array([0, 0, 2, 2]),
        "is_fixed": np.zeros((4, 4), dtype=bool),
        "fixed_packs": np.zeros((4, 4), dtype=int),
        "held_packs": np.zeros((4, 4), dtype=int),
        "pack_change": np.zeros((4, 4)),
        "launch_change": np.zeros((4, 5)),
        "held_slots": np.zeros((4, 4), dtype=int),
        "slot_change": np.zeros((4, 4)),
        "budgets": np.array([25.0, 12.0, 8.0, 0.0]),
        "capped_categories": np.array(["c"]),
        "launch_caps": np.array([1]),
        "planned_launch": np.array([0, 0, 1, 1]),
        "trailing_mean": np.array([3.0, 3.0, 0.0, 0.0]),
        "category_launch_units": np.array([0.0, 0.0, 6.0, 6.0]),
        "taken_worth": np.zeros(4),
        "slot_lift": np.ones(4),
        "most_shown": np.zeros(4, dtype=int),
        "seller": np.array([""] * 4),
        "style": np.array([""] * 4),
    }
    return LaunchInstance(**(fields | changes))  # type: ignore[arg-type]


def solved(instance: LaunchInstance, effort: Effort = SMALL, known: tuple[Plan, ...] = ()) -> Solved:
    """Solved in the worker's process: OR-Tools and what other tests import do not share one."""
    return solve_apart(instance, effort, timeout_seconds=120, known=known)


class LinePlan(NamedTuple):
    """One plan of one line: what it earns, launch week (-1: none), packs by order week, weeks shown."""

    profit: float
    launch: int
    packs: tuple[int, ...]
    shown: int


def hand_demand(instance: LaunchInstance, i: int, path: int, week: int, plan: tuple[int, int]) -> int:
    """Units that one path wants of a line in a week, by the plan's launch week and weeks shown."""
    launch, shown = plan
    if not 0 <= launch <= week:
        return 0
    units = int(instance.demand[i, path, week - launch])
    return int(units * float(instance.slot_lift[i]) + 0.5) if week - launch < shown else units


def hand_profit(instance: LaunchInstance, i: int, launch: int, packs: tuple[int, ...], shown: int = 0) -> float:
    """Expected profit of one line, unit by unit and week by week."""
    total = 0.0
    for path in range(instance.paths):
        stock, profit = int(instance.opening[i]), 0.0
        for week in range(instance.weeks):
            stock += int(instance.arrivals[i, week])
            placed = week - int(instance.lead[i])
            if placed >= 0:
                stock += packs[placed] * int(instance.pack[i])
            wanted = hand_demand(instance, i, path, week, (launch, shown))
            sold = min(stock, wanted)
            stock -= sold
            profit += (
                sold * (instance.price[i] - instance.taken_worth[i])
                - (wanted - sold) * instance.penalty[i]
                - stock * instance.hold[i]
            )
        total += profit + stock * instance.leftover_value[i]
    total /= instance.paths
    total -= sum(packs) * instance.pack[i] * instance.unit_cost[i]
    for week in range(instance.weeks):
        total -= instance.pack_change[i, week] * abs(packs[week] - int(instance.held_packs[i, week]))
        given = int(0 <= launch <= week < launch + shown)
        total -= instance.slot_change[i, week] * abs(given - int(instance.held_slots[i, week]))
    total -= instance.launch_change[i, launch if launch >= 0 else instance.weeks]
    return float(total - (instance.launch_cost[i] if instance.is_launch[i] and launch >= 0 else 0.0))


def line_plans(instance: LaunchInstance, i: int, most: int = 5) -> list[tuple[float, tuple[float, ...], int]]:
    """Every plan of one line: profit, money by week, launches."""
    cost = float(instance.pack[i] * instance.unit_cost[i])
    return [
        (plan.profit, tuple(p * cost for p in plan.packs), int(instance.is_launch[i] and plan.launch >= 0))
        for plan in told_plans(instance, i, most)
    ]


def told_plans(instance: LaunchInstance, i: int, most: int) -> list[LinePlan]:
    """Every plan of one line."""
    weeks, lead = instance.weeks, int(instance.lead[i])
    found = []
    launches = range(int(instance.earliest[i]), int(instance.latest[i]) + 1) if instance.is_launch[i] else [0]
    for launch in launches:
        first = max(lead, launch) - lead
        spans = [range(most + 1) if first <= w < weeks - lead else range(1) for w in range(weeks)]
        for packs in product(*spans):
            if any(0 < p < instance.moq_packs[i] for p in packs):
                continue
            if any(packs[w] != instance.fixed_packs[i, w] for w in np.flatnonzero(instance.is_fixed[i])):
                continue
            if instance.needs_stock[i] and sum(packs) == 0:
                continue
            longest = min(int(instance.most_shown[i]), weeks - launch)
            for shown in range(longest + 1):
                found.append(LinePlan(hand_profit(instance, i, launch, packs, shown), launch, packs, shown))
    if instance.is_launch[i] and not instance.is_mandatory[i] and not instance.fixed_packs[i].any():
        found.append(LinePlan(hand_profit(instance, i, -1, (0,) * weeks), -1, (0,) * weeks, 0))
    return found


def brute_force(instance: LaunchInstance) -> float:
    """Best profit over all combinations of all lines' plans, one line added at a time, dominated states dropped."""
    states: dict[tuple[float, ...], float] = {(0.0,) * (instance.weeks + 1): 0.0}
    for i in range(instance.n):
        grown: dict[tuple[float, ...], float] = {}
        for used, earned in states.items():
            for profit, money, launches in line_plans(instance, i):
                now = tuple(round(a + b, 6) for a, b in zip(used, (*money, launches), strict=True))
                within = all(
                    a <= b + 1e-9 for a, b in zip(now, (*instance.budgets, instance.launch_caps[0]), strict=True)
                )
                if within and earned + profit > grown.get(now, -np.inf):
                    grown[now] = earned + profit
        states = grown
    return max(states.values())
