"""Moves of whole styles: launched, called off or put into another week, all their lines at once.

Lives here: what a change of its launch earns a style, and which changes fit. Does not live here: moves of single lines,
whose launch stays (`moves.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimization.columns import Columns
from optimization.instance import Floats, Ints
from optimization.moves import Draft, improve, launches_of, profit_of, shelf_of_draft, spend_of
from optimization.prices import Question, placed
from optimization.styles import Together

_CENT = 1e-6
# Prices of money, the same for all weeks, at which styles are offered: from their dearest plans to their cheapest.
_THRIFT = (0.0, 0.3, 1.0, 4.0)
_ROUNDS = 3


def improved(
    question: Question, draft: Draft, columns: Columns, rounds: int, is_late: Callable[[], bool] = lambda: False
) -> Draft:
    """The draft after gainful moves of single lines and, where lines are tied, of whole styles in turn, until it is late."""
    draft = improve(question, draft, columns, rounds, is_late)
    together = Together.of(question.leader, columns, columns.launch_week(question))
    if not together.is_tied.any():
        return draft
    for _ in range(_ROUNDS):
        if is_late():
            break
        moved = _moved(question, draft, together)
        if moved is None:
            break
        draft = improve(question, moved, columns, rounds, is_late)
    return draft


@dataclass(frozen=True)
class _Offer:
    """One column for each line of a style, all of one launch week or of none: positions in the pool, profit gained."""

    columns: Ints
    gain: float


def _moved(question: Question, draft: Draft, together: Together) -> Draft | None:
    """Takes offers that gain and fit, most gain per unit of scarce money first, one a style; None when none does."""
    instance, columns = question.instance, together.columns
    shelf = shelf_of_draft(question, draft)
    room = np.concatenate([instance.budgets - spend_of(question, draft), instance.shelf.limit - shelf.sum(axis=0)])
    cap_room = instance.launch_caps - launches_of(question, draft)
    cost = (instance.pack * instance.unit_cost)[:, None]
    own = np.hstack([placed(instance, np.arange(instance.n), draft.arriving) * cost, shelf])
    use = np.hstack([columns.spend, columns.shelf])
    option, arriving, done = draft.option.copy(), draft.arriving.copy(), set[int]()

    def taken(offer: _Offer) -> tuple[Floats, Ints]:
        """What an offer takes more than its style's plan: money by week and use of the shelf, launches by cap."""
        lines = columns.line[offer.columns]
        more_used = use[offer.columns].sum(axis=0) - own[lines].sum(axis=0)
        more = (columns.option[offer.columns] >= 0).astype(int) - (draft.option[lines] >= 0).astype(int)
        cap = question.cap_of_line[lines]
        return more_used, np.bincount(cap[cap >= 0], more[cap >= 0], len(cap_room)).astype(np.int64)

    def worth(offer: _Offer) -> float:
        money = taken(offer)[0][: instance.weeks]
        return offer.gain / float(np.maximum(money, 0.0).sum() + 0.01 * np.abs(money).sum() + 1e-9)

    for offer in sorted(_offers(question, draft, together), key=worth, reverse=True):
        lines = columns.line[offer.columns]
        used, launches = taken(offer)
        first = int(question.leader[lines[0]])
        if first in done or (used > np.maximum(room, 0.0) + 1e-9).any() or (launches > np.maximum(cap_room, 0)).any():
            continue
        done.add(first)
        room, cap_room = room - used, cap_room - launches
        option[lines], arriving[lines] = columns.option[offer.columns], columns.arriving[offer.columns]
    return Draft(option, arriving) if done else None


def _offers(question: Question, draft: Draft, together: Together) -> list[_Offer]:
    """What each style gains by its best columns of every other week, or of none, at each price of money."""
    columns, week, now = together.columns, together.week, profit_of(question, draft)
    changes = together.is_tied & (columns.option != draft.option[columns.line])
    found: dict[bytes, _Offer] = {}
    for when in range(-1, question.instance.weeks):
        rows = np.flatnonzero(changes & (week == when))
        for price in _THRIFT:
            value = columns.profit[rows] - price * columns.spend[rows].sum(axis=1)
            best = together.best(value, rows)
            style = question.leader[columns.line[best]]
            order = np.argsort(style, kind="stable")
            for own in np.split(best[order], np.flatnonzero(np.diff(style[order])) + 1):
                gain = float((columns.profit[own] - now[columns.line[own]]).sum())
                if gain > _CENT:
                    found[own.tobytes()] = _Offer(own, gain)
    return list(found.values())
