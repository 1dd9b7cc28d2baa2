"""Small questions with styles, and the best of all their plans: every line's plans written down, week by week."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from support.small_questions import line_plans, tiny_instance

from optimization.instance import LaunchInstance

_Plans = list[tuple[float, tuple[float, ...]]]


def styled_instance(seed: int, **changes: object) -> LaunchInstance:
    """An established line and three launches in five weeks: two are of one style, the third is alone; packs and MOQs."""
    random = np.random.default_rng([seed, 7])
    cost = np.round(random.uniform(2, 5, 4), 2)
    price = np.round(cost * random.uniform(1.2, 2.0, 4), 2)
    fields: dict[str, object] = {
        "is_launch": np.array([False, True, True, True]),
        "demand": random.negative_binomial(2, 0.45, (4, 3, 4)),
        "price": price,
        "unit_cost": cost,
        "leftover_value": np.array([1.0, 0.3, 0.3, 0.3]) * cost,
        "hold": 0.02 * cost,
        "penalty": 0.1 * (price - cost),
        "launch_cost": np.array([0.0, 1.0, 3.0, 2.0]),
        "lead": np.array([1, 1, random.integers(0, 3), 1]),
        "pack": np.array([3, 2, 3, 1]),
        "moq_packs": np.array([0, 0, random.integers(0, 3), 2]),
        "opening": np.array([3, 0, random.integers(0, 2), 0]),
        "arrivals": np.zeros((4, 4), dtype=int),
        "earliest": np.array([0, 0, 0, 0]),
        "latest": np.array([0, 2, 2, 2]),
        "budgets": np.round(random.uniform(8, 26, 4) * np.array([1, 1, 1, 0]), 2),
        "launch_caps": np.array([random.integers(2, 4)]),
        "style": np.array(["", "S", "S", ""]),
    }
    return tiny_instance(seed, **(fields | changes))


def best_of_all(instance: LaunchInstance) -> float:
    """Best profit over all plans in which the lines of each style and channel do the same, by hand."""
    groups: dict[tuple[str, str], list[int]] = {}
    for i in range(instance.n):
        named = bool(instance.style[i]) and bool(instance.is_launch[i])
        groups.setdefault((str(instance.style[i]) if named else f"line {i}", str(instance.channel[i])), []).append(i)
    states: _Plans = [(0.0, (0.0,) * (instance.weeks + 1))]
    for lines in groups.values():
        states = _both(instance, states, _group_plans(instance, lines))
    return max(profit for profit, _ in states)


def _group_plans(instance: LaunchInstance, lines: list[int]) -> _Plans:
    """All that a group can do: launch in one week, each line of it with its own orders, or stay idle."""
    found: _Plans = []
    weeks = range(instance.weeks) if instance.is_launch[lines[0]] else [0]
    for week in (-1, *weeks):
        together: _Plans = [(0.0, (0.0,) * (instance.weeks + 1))]
        for i in lines:
            together = _both(instance, together, _line_plans(instance, i, week))
        found += together
    return found


def _line_plans(instance: LaunchInstance, i: int, week: int) -> _Plans:
    """All plans of one line that launch in this week, -1 for none."""
    inside = instance.earliest[i] <= week <= instance.latest[i]
    if not instance.is_launch[i]:
        return [(profit, (*money, 0.0)) for profit, money, _ in line_plans(instance, i)] if week == 0 else []
    one = np.arange(instance.n) == i
    if week < 0:
        shut = replace(instance, earliest=np.where(one, 1, instance.earliest), latest=np.where(one, 0, instance.latest))
        return [(profit, (*money, 0.0)) for profit, money, _ in line_plans(shut, i)]
    only = replace(
        instance,
        earliest=np.where(one, week, instance.earliest),
        latest=np.where(one, week, instance.latest),
        is_mandatory=one,
    )
    return [(profit, (*money, 1.0)) for profit, money, _ in line_plans(only, i)] if inside else []


def _both(instance: LaunchInstance, some: _Plans, others: _Plans) -> _Plans:
    """All pairs within budgets and cap, but for those that earn no more and take no less than another."""
    limit = np.array([*instance.budgets, instance.launch_caps[0]]) + 1e-9
    if not some or not others:
        return []
    profit = np.add.outer([p for p, _ in some], [p for p, _ in others]).ravel()
    used = (np.array([u for _, u in some])[:, None] + np.array([u for _, u in others])[None]).reshape(len(profit), -1)
    fits = (used <= limit).all(axis=1)
    profit, used = profit[fits], used[fits]
    order = np.lexsort((used.sum(axis=1), -profit))
    kept: list[int] = []
    for j in order.tolist():
        if not kept or not (used[kept] <= used[j] + 1e-9).all(axis=1).any():
            kept.append(j)
    return [(float(profit[j]), tuple(used[j].tolist())) for j in kept]
