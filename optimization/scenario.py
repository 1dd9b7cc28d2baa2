"""What if a budget, a price, a cost or a commitment were other: the changes, as a mapping says them, and their question.

Lives here: `Scenario`, from text to a changed instance. Does not live here: solving it and what differs then
(`what_if.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimization.instance import Floats, LaunchInstance
from optimization.wanted import KEYS as WANTED_KEYS
from optimization.wanted import Wanted, check_objectives, read_amount, read_amounts, read_names, wanted_of

KEYS = ("budget", "price", "cost", "launch", "ban", *WANTED_KEYS, "frontier", "points")
# Points of a frontier, where none is said.
_POINTS = 7
_MOST_POINTS = 50


@dataclass(frozen=True)
class Scenario:
    """One set of changes.

    Args:
        name: By which it is told.
        budget: Factor on every week's budget.
        week_budget: Money of single weeks, by Monday (ISO date); no factor applies to them.
        price, cost: New shelf price and unit cost, money by product.
        launch, ban: Products that must launch, and that must not; `P in C` names one channel.
        wanted: What is maximised.
        frontier: Objectives of which the Pareto front is drawn; the first is maximised under floors of the others.
        points: Floors of each.
    """

    name: str
    budget: float = 1.0
    week_budget: Mapping[str, float] = field(default_factory=dict)
    price: Mapping[str, float] = field(default_factory=dict)
    cost: Mapping[str, float] = field(default_factory=dict)
    launch: tuple[str, ...] = ()
    ban: tuple[str, ...] = ()
    wanted: Wanted = field(default_factory=Wanted)
    frontier: tuple[str, ...] = ()
    points: int = _POINTS

    @property
    def changes(self) -> dict[str, object]:
        """What it changes, as the mapping that it is read from says it."""
        said: dict[str, object] = {"price": dict(self.price), "cost": dict(self.cost)}
        said |= {"launch": list(self.launch), "ban": list(self.ban), **self.wanted.said}
        said |= {"frontier": list(self.frontier), "points": self.points if self.frontier else 0}
        if self.week_budget:
            said["budget"] = dict(self.week_budget)
        elif self.budget != 1.0:
            said["budget"] = self.budget
        return {key: said[key] for key in KEYS if said.get(key)}


def scenarios_of(given: Mapping[str, Any]) -> list[Scenario]:
    """Scenarios by name, each a mapping of `KEYS`; a budget is a factor, or money by Monday.

    Raises:
        ValueError: A scenario is no mapping, or one of its entries makes no sense; the message names both.

    >>> scenarios_of({"tight": {"budget": 0.9}, "dear": {"price": {"P1": 4.5}}})[1].changes
    {'price': {'P1': 4.5}}
    """
    return [_one(str(name), changes) for name, changes in given.items()]


def changed(instance: LaunchInstance, scenario: Scenario) -> LaunchInstance:
    """The question with the scenario's changes; demand stays as it was forecast.

    A product's holding cost and leftover value move with its cost, its penalty with its margin.

    Raises:
        ValueError: A product, channel or week is not in the question; the message names it.
    """
    price, cost = instance.price.copy(), instance.unit_cost.copy()
    for values, given in ((price, scenario.price), (cost, scenario.cost)):
        for product, amount in given.items():
            values[_lines(instance, scenario, product)] = amount
    of_cost = np.where(instance.unit_cost > 0, cost / np.maximum(instance.unit_cost, 1e-12), 1.0)
    margin, before = np.maximum(price - cost, 0.0), instance.price - instance.unit_cost
    other = replace(
        instance,
        price=price,
        unit_cost=cost,
        hold=instance.hold * of_cost,
        leftover_value=np.minimum(instance.leftover_value * of_cost, cost),
        penalty=np.where(before > 0, instance.penalty * margin / np.maximum(before, 1e-12), instance.penalty),
        budgets=_budgets(instance, scenario),
    )
    return _committed(other, scenario)


def _committed(instance: LaunchInstance, scenario: Scenario) -> LaunchInstance:
    """The question with launches that must be, and must not; what is banned no longer holds back its style."""
    style = instance.style.copy()
    is_mandatory, earliest, latest = instance.is_mandatory.copy(), instance.earliest.copy(), instance.latest.copy()
    for what in scenario.launch:
        is_mandatory[_candidates(instance, scenario, what)] = True
    for what in scenario.ban:
        lines = _candidates(instance, scenario, what)
        is_mandatory[lines], earliest[lines], latest[lines], style[lines] = False, 1, 0, ""
    return replace(instance, is_mandatory=is_mandatory, earliest=earliest, latest=latest, style=style)


def _budgets(instance: LaunchInstance, scenario: Scenario) -> Floats:
    budgets = instance.budgets * scenario.budget
    mondays = pd.Timestamp(instance.decision_week) + pd.to_timedelta(7 * np.arange(instance.weeks), unit="D")
    names = [str(day.date()) for day in mondays]
    for day, amount in scenario.week_budget.items():
        if day not in names:
            raise ValueError(
                f"scenario {scenario.name}: {day} is no week of the plan; they run from {names[0]} to {names[-1]}"
            )
        budgets[names.index(day)] = amount
    return budgets


def _lines(instance: LaunchInstance, scenario: Scenario, what: str) -> NDArray[np.bool_]:
    """Lines of a product, or of `P in C` (n)."""
    product, _, channel = what.partition(" in ")
    lines = (instance.product_id == product) & ((instance.channel == channel) | (not channel))
    if not lines.any():
        raise ValueError(f"scenario {scenario.name}: {what} is not planned in week {instance.decision_week}")
    return np.asarray(lines)


def _candidates(instance: LaunchInstance, scenario: Scenario, what: str) -> NDArray[np.bool_]:
    lines = _lines(instance, scenario, what) & instance.is_launch
    if not lines.any():
        raise ValueError(f"scenario {scenario.name}: {what} sells already and is no launch candidate")
    return np.asarray(lines)


def _one(name: str, changes: Any) -> Scenario:
    where = f"scenario {name}"
    if not isinstance(changes, Mapping):
        raise ValueError(f"{where}: {changes!r} is no mapping of {', '.join(KEYS)}")
    strange = sorted(set(map(str, changes)) - set(KEYS))
    if strange:
        raise ValueError(f"{where}: knows no {strange[0]}; write {', '.join(KEYS)}")
    budget = changes.get("budget", 1.0)
    is_by_week = isinstance(budget, Mapping)
    return Scenario(
        name,
        1.0 if is_by_week else read_amount(where, "budget", budget),
        read_amounts(where, "budget", budget) if is_by_week else {},
        read_amounts(where, "price", changes.get("price") or {}),
        read_amounts(where, "cost", changes.get("cost") or {}),
        read_names(where, "launch", changes.get("launch") or ()),
        read_names(where, "ban", changes.get("ban") or ()),
        wanted_of(where, changes),
        *_front(where, changes),
    )


def _front(where: str, changes: Mapping[str, Any]) -> tuple[tuple[str, ...], int]:
    """A frontier's objectives, and the floors of each."""
    front = read_names(where, "frontier", changes.get("frontier") or ())
    check_objectives(where, front)
    given = [key for key in ("risk", "objectives", "order") if changes.get(key)]
    if given and front:
        raise ValueError(f"{where}: {given[0]} and frontier exclude each other")
    if len(front) == 1:
        raise ValueError(f"{where}: a frontier has at least two objectives")
    points = changes.get("points", _POINTS)
    if "points" in changes and not front:
        raise ValueError(f"{where}: points are a front's; say which objectives (frontier)")
    if isinstance(points, bool) or not isinstance(points, int) or not 2 <= points <= _MOST_POINTS:
        raise ValueError(f"{where}: points {points!r} is no number from 2 to {_MOST_POINTS}")
    if (combined := points ** max(len(front) - 1, 1)) > _MOST_POINTS:
        raise ValueError(
            f"{where}: {points} floors of each of {len(front) - 1} objectives are {combined} plans to seek; "
            f"at most {_MOST_POINTS} are sought"
        )
    return front, points
