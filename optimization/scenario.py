"""What if a budget, a price, a cost or a commitment were other: the changes, as a mapping says them, and their question.

Lives here: `Scenario`, from text to a changed instance. Does not live here: solving it and what differs then
(`what_if.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimization.instance import Floats, LaunchInstance
from optimization.objectives import CVAR, PROFIT, check_names

KEYS = ("budget", "price", "cost", "launch", "ban", "risk", "objectives", "order", "tolerance", "frontier", "points")
# Share of an objective that those after it in an order may give up, and points of a frontier, where none is said.
_TOLERANCE, _POINTS = 0.01, 7
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
        weights: Weight by objective of what is maximised (`objectives.Aim`); expected profit without any.
        order: Objectives of which each is maximised before the next; no weights then.
        tolerance: Share of each that the next may give up.
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
    weights: Mapping[str, float] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    tolerance: Mapping[str, float] = field(default_factory=dict)
    frontier: tuple[str, ...] = ()
    points: int = _POINTS

    @property
    def changes(self) -> dict[str, object]:
        """What it changes, as the mapping that it is read from says it."""
        said: dict[str, object] = {"price": dict(self.price), "cost": dict(self.cost)}
        said |= {"launch": list(self.launch), "ban": list(self.ban), "objectives": dict(self.weights)}
        said |= {"order": list(self.order), "tolerance": dict(self.tolerance), "frontier": list(self.frontier)}
        said |= {"points": self.points if self.frontier else 0}
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
    if not isinstance(changes, Mapping):
        raise ValueError(f"scenario {name}: {changes!r} is no mapping of {', '.join(KEYS)}")
    strange = sorted(set(map(str, changes)) - set(KEYS))
    if strange:
        raise ValueError(f"scenario {name}: knows no {strange[0]}; write {', '.join(KEYS)}")
    budget = changes.get("budget", 1.0)
    is_by_week = isinstance(budget, Mapping)
    return Scenario(
        name,
        1.0 if is_by_week else _amount(name, "budget", budget),
        _amounts(name, "budget", budget) if is_by_week else {},
        _amounts(name, "price", changes.get("price") or {}),
        _amounts(name, "cost", changes.get("cost") or {}),
        _names(name, "launch", changes.get("launch") or ()),
        _names(name, "ban", changes.get("ban") or ()),
        **_aims(name, changes),
    )


def _amount(name: str, key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < np.inf:
        raise ValueError(f"scenario {name}: {key} {value!r} is no amount of at least 0")
    return float(value)


def _aims(name: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """What is maximised: weights, of which a risk is a short form, or an order, or a frontier's objectives."""
    given = [key for key in ("risk", "objectives", "order", "frontier") if changes.get(key)]
    if len(given) > 1:
        raise ValueError(f"scenario {name}: {given[0]} and {given[1]} exclude each other")
    risk = _amount(name, "risk", changes.get("risk", 0.0))
    if risk > 1:
        raise ValueError(f"scenario {name}: risk {changes['risk']!r} is no share from 0 to 1")
    weights = _amounts(name, "weight", changes.get("objectives") or {})
    order, front = (_names(name, key, changes.get(key) or ()) for key in ("order", "frontier"))
    tolerance = _amounts(name, "tolerance", changes.get("tolerance") or {})
    for named in (weights, order, front, tolerance):
        _check(name, tuple(named))
    if weights and not any(weights.values()):
        raise ValueError(f"scenario {name}: every weight is 0; give one objective a weight")
    if max(tolerance.values(), default=0.0) > 1:
        raise ValueError(f"scenario {name}: tolerance {dict(tolerance)} is no share from 0 to 1")
    if set(tolerance) - set(order):
        raise ValueError(f"scenario {name}: tolerance is of what an order names")
    if len(front) == 1:
        raise ValueError(f"scenario {name}: a frontier has at least two objectives")
    points = changes.get("points", _POINTS)
    if "points" in changes and not front:
        raise ValueError(f"scenario {name}: points are a front's; say which objectives (frontier)")
    if isinstance(points, bool) or not isinstance(points, int) or not 2 <= points <= _MOST_POINTS:
        raise ValueError(f"scenario {name}: points {points!r} is no number from 2 to {_MOST_POINTS}")
    if (combined := points ** max(len(front) - 1, 1)) > _MOST_POINTS:
        raise ValueError(
            f"scenario {name}: {points} floors of each of {len(front) - 1} objectives are {combined} plans to seek; "
            f"at most {_MOST_POINTS} are sought"
        )
    return {
        "weights": {PROFIT: 1.0 - risk, CVAR: risk} if risk else {key: w for key, w in weights.items() if w},
        "order": order,
        "tolerance": {key: tolerance.get(key, _TOLERANCE) for key in order},
        "frontier": front,
        "points": points,
    }


def _check(name: str, named: Sequence[str]) -> None:
    """Refuses objectives that cannot be planned for, and one that is named twice."""
    try:
        check_names(named)
    except ValueError as error:
        raise ValueError(f"scenario {name}: {error}") from error
    if len(set(named)) < len(named):
        raise ValueError(f"scenario {name}: an objective is named twice")


def _amounts(name: str, key: str, given: Any) -> dict[str, float]:
    if not isinstance(given, Mapping):
        raise ValueError(f"scenario {name}: {key} {given!r} is no mapping from names to amounts")
    return {str(what): _amount(name, f"{key} of {what}", value) for what, value in given.items()}


def _names(name: str, key: str, given: Any) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise ValueError(f"scenario {name}: {key} {given!r} is no list of names")
    return tuple(map(str, given))
