"""What a plan maximises, as a mapping says it: weights of objectives, or an order of them with tolerances.

Lives here: `Wanted`, and the reading of its entries. Does not live here: what objectives are (`objectives.py`), plans that
go after them (`pursue.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from optimization.objectives import CVAR, PROFIT, check_names

KEYS = ("risk", "objectives", "order", "tolerance")
# Share of an objective that those after it in an order may give up, where none is said.
_TOLERANCE = 0.01


@dataclass(frozen=True)
class Wanted:
    """What is maximised; expected profit where it says nothing.

    Args:
        weights: Weight by objective (`objectives.Aim`).
        order: Objectives of which each is maximised before the next; no weights then.
        tolerance: Share of each that the next may give up.
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    tolerance: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_profit(self) -> bool:
        """Whether expected profit alone is wanted."""
        return not self.weights and not self.order

    @property
    def said(self) -> dict[str, Any]:
        """The mapping that it is read from."""
        if self.order:
            return {"order": list(self.order), "tolerance": dict(self.tolerance)}
        return {"objectives": dict(self.weights)} if self.weights else {}


def wanted_of(where: str, given: Mapping[str, Any]) -> Wanted:
    """What these entries of `KEYS` want; of others, nothing. A risk is short for weights of profit and cvar.

    Args:
        where: What the entries belong to, as messages name it.
        given: The entries.

    Raises:
        ValueError: An entry makes no sense, or two exclude each other.
    """
    both = [key for key in ("risk", "objectives", "order") if given.get(key)]
    if len(both) > 1:
        raise ValueError(f"{where}: {both[0]} and {both[1]} exclude each other")
    risk = read_amount(where, "risk", given.get("risk", 0.0))
    if risk > 1:
        raise ValueError(f"{where}: risk {given['risk']!r} is no share from 0 to 1")
    weights = read_amounts(where, "weight", given.get("objectives") or {})
    order = read_names(where, "order", given.get("order") or ())
    tolerance = read_amounts(where, "tolerance", given.get("tolerance") or {})
    for named in (tuple(weights), order, tuple(tolerance)):
        check_objectives(where, named)
    if weights and not any(weights.values()):
        raise ValueError(f"{where}: every weight is 0; give one objective a weight")
    if max(tolerance.values(), default=0.0) > 1:
        raise ValueError(f"{where}: tolerance {dict(tolerance)} is no share from 0 to 1")
    if set(tolerance) - set(order):
        raise ValueError(f"{where}: tolerance is of what an order names")
    return Wanted(
        {PROFIT: 1.0 - risk, CVAR: risk} if risk else {key: w for key, w in weights.items() if w},
        order,
        {key: tolerance.get(key, _TOLERANCE) for key in order},
    )


def check_objectives(where: str, named: Sequence[str]) -> None:
    """Refuses objectives that cannot be planned for, and one that is named twice."""
    try:
        check_names(named)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
    if len(set(named)) < len(named):
        raise ValueError(f"{where}: an objective is named twice")


def read_amount(where: str, key: str, value: Any) -> float:
    """An amount of at least 0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < np.inf:
        raise ValueError(f"{where}: {key} {value!r} is no amount of at least 0")
    return float(value)


def read_amounts(where: str, key: str, given: Any) -> dict[str, float]:
    """Amounts by name."""
    if not isinstance(given, Mapping):
        raise ValueError(f"{where}: {key} {given!r} is no mapping from names to amounts")
    return {str(what): read_amount(where, f"{key} of {what}", value) for what, value in given.items()}


def read_names(where: str, key: str, given: Any) -> tuple[str, ...]:
    """Names in their order."""
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise ValueError(f"{where}: {key} {given!r} is no list of names")
    return tuple(map(str, given))
