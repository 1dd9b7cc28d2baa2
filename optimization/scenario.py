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

KEYS = ("budget", "price", "cost", "launch", "ban", "risk")
_TENTHS = 9


@dataclass(frozen=True)
class Scenario:
    """One set of changes.

    Args:
        name: By which it is told.
        budget: Factor on every week's budget.
        week_budget: Money of single weeks, by Monday (ISO date); no factor applies to them.
        price, cost: New shelf price and unit cost, money by product.
        launch, ban: Products that must launch, and that must not; `P in C` names one channel.
        risk: Weight of the worst tenth of paths in what is maximised, in tenths.
    """

    name: str
    budget: float = 1.0
    week_budget: Mapping[str, float] = field(default_factory=dict)
    price: Mapping[str, float] = field(default_factory=dict)
    cost: Mapping[str, float] = field(default_factory=dict)
    launch: tuple[str, ...] = ()
    ban: tuple[str, ...] = ()
    risk: float = 0.0

    @property
    def changes(self) -> dict[str, object]:
        """What it changes, as the mapping that it is read from says it."""
        said: dict[str, object] = {"price": dict(self.price), "cost": dict(self.cost)}
        said |= {"launch": list(self.launch), "ban": list(self.ban), "risk": self.risk}
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
    """The question with launches that must be, and must not."""
    is_mandatory, earliest, latest = instance.is_mandatory.copy(), instance.earliest.copy(), instance.latest.copy()
    for what in scenario.launch:
        is_mandatory[_candidates(instance, scenario, what)] = True
    for what in scenario.ban:
        lines = _candidates(instance, scenario, what)
        is_mandatory[lines], earliest[lines], latest[lines] = False, 1, 0
    return replace(instance, is_mandatory=is_mandatory, earliest=earliest, latest=latest)


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
        _risk(name, changes.get("risk", 0.0)),
    )


def _amount(name: str, key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < np.inf:
        raise ValueError(f"scenario {name}: {key} {value!r} is no amount of at least 0")
    return float(value)


def _risk(name: str, value: Any) -> float:
    tenths = _amount(name, "risk", value) * (_TENTHS + 1)
    if tenths > _TENTHS or abs(tenths - round(tenths)) > 1e-9:
        raise ValueError(f"scenario {name}: risk {value!r} is no tenth from 0 to 0.9")
    return round(tenths) / (_TENTHS + 1)


def _amounts(name: str, key: str, given: Any) -> dict[str, float]:
    if not isinstance(given, Mapping):
        raise ValueError(f"scenario {name}: {key} {given!r} is no mapping from names to amounts")
    return {str(what): _amount(name, f"{key} of {what}", value) for what, value in given.items()}


def _names(name: str, key: str, given: Any) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise ValueError(f"scenario {name}: {key} {given!r} is no list of products")
    return tuple(map(str, given))
