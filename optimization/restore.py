"""A draft brought within the shelf's limits: storage, fill floors, slots and shares of them.

Every step takes the moves that bring back most of what limits are passed by for what they cost at the limits' prices. A
move for which there is no money goes together with one of another line that frees it. Lives here: that repair. Does not
live here: budgets and launch caps (`moves.repair`), which come first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimization.columns import Columns
from optimization.instance import Floats, Ints
from optimization.moves import (
    Draft,
    Moves,
    Wanted,
    column_moves,
    joined,
    launches_of,
    pack_moves,
    shelf_of_draft,
    shift_moves,
    slot_moves,
    spend_of,
    within_slots,
)
from optimization.prices import Prices, Question, placed, shelf_scales

_ROUNDS = 60
_SLACK = 1e-7
# Moves of one step for which money is sought elsewhere.
_PAIRED = 200


def restored(question: Question, draft: Draft, columns: Columns, prices: Prices) -> Draft:
    """The draft within the shelf's limits, as far as moves of single lines and pairs of them lead there."""
    size = shelf_scales(question)[0]
    for _ in range(_ROUNDS):
        over = shelf_of_draft(question, draft).sum(axis=0) - question.instance.shelf.limit
        if (over <= _SLACK).all():
            break
        changed = _step(question, draft, columns, _Room(question, draft, (over, size), prices))
        if changed is None:
            break
        draft = changed
    return within_slots(question, draft)


@dataclass(frozen=True)
class _Offer:
    """Moves with the money (j, T) and launches (j) that they take more, the cap that each draws on (j), and what they gain
    at the limits' prices (j)."""

    moves: Moves
    spend: Floats
    launches: Ints
    cap: Ints
    worth: Floats

    @classmethod
    def of(cls, question: Question, draft: Draft, prices: Prices, found: list[Moves]) -> _Offer:
        """These moves of the draft."""
        instance, moves = question.instance, joined(found)
        cost = (instance.pack * instance.unit_cost)[moves.line][:, None]
        spend = placed(instance, moves.line, moves.arriving - draft.arriving[moves.line]) * cost
        launches = (moves.option >= 0).astype(np.int64) - (draft.option[moves.line] >= 0)
        worth = moves.gain - spend @ prices.budget - moves.more @ prices.shelf
        return cls(moves, spend, launches, question.cap_of_line[moves.line], worth)


class _Room:
    """What a draft leaves of every limit while moves are taken, and the lines that have moved."""

    def __init__(self, question: Question, draft: Draft, shelf: tuple[Floats, Floats], prices: Prices) -> None:
        self.prices = prices
        self.money = question.instance.budgets - spend_of(question, draft)
        self.launches = question.instance.launch_caps - launches_of(question, draft)
        self.over, self.size = shelf
        self.option, self.arriving = draft.option.copy(), draft.arriving.copy()
        self.touched = np.zeros(question.instance.n, dtype=bool)

    def relief(self, more: Floats) -> Floats:
        """How much less is passed of all the shelf's limits after each change of use, in units of their size."""
        before = np.maximum(self.over, 0.0) / self.size
        return np.asarray((before - np.maximum(self.over + more, 0.0) / self.size).sum(axis=-1))

    def has_place(self, offer: _Offer, j: int) -> bool:
        """Whether the line has not moved and its category may have the launch."""
        is_capped = offer.launches[j] > 0 and offer.cap[j] >= 0 and self.launches[offer.cap[j]] < 1
        return not (self.touched[offer.moves.line[j]] or is_capped)

    def lacks(self, offer: _Offer, j: int) -> Floats:
        """Money that the move lacks by week (T)."""
        beyond = np.maximum(offer.spend[j] - np.maximum(self.money, 0.0), 0.0)
        return np.where((offer.spend[j] > 0) & (beyond > 1e-9), beyond, 0.0)

    def take(self, offer: _Offer, j: int) -> None:
        """The move is made."""
        i = int(offer.moves.line[j])
        self.touched[i] = True
        self.money, self.over = self.money - offer.spend[j], self.over + offer.moves.more[j]
        if offer.cap[j] >= 0:
            self.launches[offer.cap[j]] -= offer.launches[j]
        self.option[i], self.arriving[i] = offer.moves.option[j], offer.moves.arriving[j]


def _step(question: Question, draft: Draft, columns: Columns, room: _Room) -> Draft | None:
    """One pass of moves, one a line, least lost per relief first, as long as they help and fit; None when none does."""
    useful = _found(question, draft, columns, lambda m: room.relief(m.more) > 1e-12)
    helping = _Offer.of(question, draft, room.prices, useful)
    relief = room.relief(helping.moves.more)
    freeing: _Offer | None = None
    tried = 0
    for j in np.argsort(-helping.worth / relief, kind="stable").tolist():
        if not room.has_place(helping, j) or room.relief(helping.moves.more[j]) < 0.5 * relief[j]:
            continue
        lacks = room.lacks(helping, j)
        if lacks.any():
            if tried == _PAIRED:
                continue
            tried += 1
            if freeing is None:
                less = _found(question, draft, columns, lambda m: _frees(draft, m))
                freeing = _Offer.of(question, draft, room.prices, less)
            other = _partner(room, (helping, j), freeing, lacks)
            if other < 0:
                continue
            room.take(freeing, other)
        room.take(helping, j)
        if (room.over <= _SLACK).all():
            break
    return Draft(room.option, room.arriving) if room.touched.any() else None


def _found(question: Question, draft: Draft, columns: Columns, wanted: Wanted) -> list[Moves]:
    every = np.ones(question.instance.n, dtype=bool)
    return [
        *pack_moves(question, draft, every, wanted),
        *shift_moves(question, draft, every, wanted),
        column_moves(question, draft, columns, wanted),
        *slot_moves(question, draft, wanted),
    ]


def _frees(draft: Draft, moves: Moves) -> NDArray[np.bool_]:
    """Moves that order less in some week."""
    return np.asarray((moves.arriving < draft.arriving[moves.line]).any(axis=1))


def _partner(room: _Room, asked: tuple[_Offer, int], freeing: _Offer, lacks: Floats) -> int:
    """The move of another line that frees the money at the least loss per relief that is left of both, -1 for none."""
    offer, j = asked
    moves = freeing.moves
    fits = ((-freeing.spend >= lacks - 1e-9) | (lacks <= 0)).all(axis=1) & ~room.touched[moves.line]
    fits &= (moves.line != offer.moves.line[j]) & (freeing.launches <= 0)
    left = room.money - offer.spend[j] + lacks
    fits &= ((freeing.spend <= np.maximum(left, 0.0) + 1e-9) | (freeing.spend <= 0)).all(axis=1)
    at = np.flatnonzero(fits)
    relief = room.relief(moves.more[at] + offer.moves.more[j])
    at, relief = at[relief > 1e-12], relief[relief > 1e-12]
    if not len(at):
        return -1
    return int(at[np.argmin((-freeing.worth[at] - offer.worth[j]) / relief)])
