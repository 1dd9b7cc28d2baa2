"""From a nearly integral pick to a plan: repair what is over a limit, then use what is left of it.

Every move is valued at the exact lost-sales profit and taken best first; nothing is random.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimization.columns import IDLE, Columns, shown_longer, step_down, step_up
from optimization.instance import Floats, Ints
from optimization.options import order_outcome, order_profit
from optimization.prices import Question, placed
from optimization.styles import by_style, is_tied, with_mates

_CENT = 1e-6


@dataclass(frozen=True)
class Draft:
    """A plan in the making: option (n) and arriving packs (n, T) of every line."""

    option: Ints
    arriving: Ints


def spend_of(question: Question, draft: Draft) -> Floats:
    """Money by order week."""
    instance = question.instance
    cost = (instance.pack * instance.unit_cost)[:, None]
    return np.asarray((placed(instance, np.arange(instance.n), draft.arriving) * cost).sum(axis=0))


def launches_of(question: Question, draft: Draft) -> Ints:
    """Launches by cap."""
    cap = question.cap_of_line[draft.option >= 0]
    return np.bincount(cap[cap >= 0], minlength=len(question.instance.launch_caps))


def profit_of(question: Question, draft: Draft) -> Floats:
    """Exact profit by line."""
    profit = question.idle.copy()
    taken = draft.option >= 0
    profit[taken] = order_profit(question.instance, question.options, draft.option[taken], draft.arriving[taken])
    return profit


def shelf_of_draft(question: Question, draft: Draft) -> Floats:
    """What each line uses of every limit of the shelf (n, R)."""
    used, taken = question.options.shelf.idle.copy(), draft.option >= 0
    if question.options.shelf.count:
        used[taken] = order_outcome(question.instance, question.options, draft.option[taken], draft.arriving[taken])[1]
    return used


def repair(question: Question, draft: Draft) -> Draft:
    """The draft within its caps, slots and budgets, as far as forced lines allow: dearest launches per profit go first,
    styles whole."""
    draft = within_slots(question, draft)
    option, arriving = draft.option.copy(), draft.arriving.copy()
    profit = profit_of(question, draft)
    may_idle = question.idle > -1e17
    for g, most in enumerate(question.instance.launch_caps.tolist()):
        lines = np.flatnonzero((question.cap_of_line == g) & (option >= 0))
        droppable = lines[may_idle[lines]]
        over = max(len(lines) - most, 0)
        drop = droppable[np.argsort(by_style(question.leader, profit - question.idle)[droppable], kind="stable")[:over]]
        drop = with_mates(question.leader, drop)
        option[drop], arriving[drop] = IDLE, 0
    for week in range(question.instance.weeks):
        option, arriving = _within_budget(question, Draft(option, arriving), week)
    return Draft(option, arriving)


def within_slots(question: Question, draft: Draft) -> Draft:
    """The draft with launches shown in fewer weeks, least loss per slot first, until slots and shares of them hold.

    What one row hides may leave another seller short of its share, so that rows are gone through again; where that does not
    end, nothing is shown, which keeps them all.
    """
    shown, limit = question.options.shelf.shown, question.instance.shelf.limit[question.instance.shelf.stocked :]
    if not shown.shape[1]:
        return draft
    least = _shown_least(question)
    option = draft.option
    for _ in range(shown.shape[1] + 1):
        over = shown[option[option >= 0]].sum(axis=0) - limit
        if (over <= _CENT).all():
            return Draft(option, draft.arriving)
        option = _hidden(question, Draft(option, draft.arriving), int(np.argmax(over > _CENT)), least)
    return Draft(np.where(option >= 0, np.append(least, IDLE)[option], IDLE), draft.arriving)


def _hidden(question: Question, draft: Draft, row: int, least: Ints) -> Ints:
    """Options after launches are shown in the fewest weeks, least loss per slot first, until one row of slots holds."""
    use, limit = (
        question.options.shelf.shown[:, row],
        question.instance.shelf.limit[question.instance.shelf.stocked + row],
    )
    option = draft.option.copy()
    taken = np.flatnonzero(option >= 0)
    over = float(use[option[taken]].sum()) - limit
    freed = use[option[taken]] - use[least[option[taken]]]
    lines, freed = taken[freed > _CENT], freed[freed > _CENT]
    before = order_profit(question.instance, question.options, option[lines], draft.arriving[lines])
    after = order_profit(question.instance, question.options, least[option[lines]], draft.arriving[lines])
    order = np.argsort((before - after) / freed, kind="stable")
    chosen = lines[order[: int(np.searchsorted(np.cumsum(freed[order]), over - _CENT)) + 1]]
    option[chosen] = least[option[chosen]]
    return option


def _shown_least(question: Question) -> Ints:
    """Of each option the one of the same launch that is shown in the fewest weeks (m)."""
    first = np.flatnonzero(np.diff(question.launch, prepend=-1))
    return first[question.launch]


def _within_budget(question: Question, draft: Draft, week: int) -> tuple[Ints, Ints]:
    """Takes packs ordered in `week` away, least loss per unit of money first, until the budget holds."""
    instance = question.instance
    option, arriving = draft.option.copy(), draft.arriving.copy()
    cost = instance.pack * instance.unit_cost
    every = np.arange(instance.n)
    arrive = np.minimum(week + instance.lead, instance.weeks - 1)
    for _ in range(10_000):
        over = spend_of(question, Draft(option, arriving))[week] - instance.budgets[week]
        if over <= _CENT:
            break
        down = _down_at(question, option, arriving, arrive)
        down = np.where((week + instance.lead < instance.weeks) & (option >= 0), down, 0)
        drop = (down == 0) & (arriving[every, arrive] > 0) & (question.idle > -1e17) & (option >= 0)
        drop &= week + instance.lead < instance.weeks
        lines = np.flatnonzero((down > 0) | drop)
        if not len(lines):
            break
        trial = arriving[lines].copy()
        trial[np.arange(len(lines)), arrive[lines]] -= down[lines]
        before = order_profit(instance, question.options, option[lines], arriving[lines])
        after = order_profit(instance, question.options, option[lines], trial)
        after = np.where(drop[lines], question.idle[lines], after)
        loss = before - after
        if drop.any() and (question.leader != every).any():
            gained = profit_of(question, Draft(option, arriving)) - question.idle
            loss = np.where(drop[lines], by_style(question.leader, gained)[lines], loss)
        freed = np.where(drop[lines], arriving[lines, arrive[lines]], down[lines]) * cost[lines]
        order = np.argsort(loss / freed, kind="stable")
        count = int(np.searchsorted(np.cumsum(freed[order]), over)) + 1
        chosen = order[: max(1, min(count, len(order)))]
        arriving[lines[chosen]] = trial[chosen]
        gone = with_mates(question.leader, lines[chosen][drop[lines[chosen]]])
        arriving[gone], option[gone] = 0, IDLE
    return option, arriving


def _down_at(question: Question, option: Ints, arriving: Ints, arrive: Ints) -> Ints:
    """`step_down` for a week of arrival that differs by line."""
    down = np.zeros(len(option), dtype=np.int64)
    every = np.arange(len(option))
    for week in np.unique(arrive).tolist():
        rows = every[arrive == week]
        down[rows] = step_down(question, rows, option[rows], arriving[rows], week)
    return down


def improve(
    question: Question, draft: Draft, columns: Columns, rounds: int, is_late: Callable[[], bool] = lambda: False
) -> Draft:
    """The draft, within its limits, after rounds of gainful moves: single packs more, less or a week apart, and whole columns.

    A line's moves are found anew only once the line has changed. The launch of a style stays (`style_moves.py`). Once it is
    late no further round begins.
    """
    packs: list[Moves] = []
    shifts: list[Moves] = []
    is_stale = np.ones((2, len(draft.option)), dtype=bool)
    for step in range(rounds):
        if is_late():
            break
        packs = _renewed(packs, pack_moves(question, draft, is_stale[0], gainful), is_stale[0])
        is_stale[0] = False
        moves = packs
        if step % 2 == 0:
            shifts = _renewed(shifts, shift_moves(question, draft, is_stale[1], gainful), is_stale[1])
            is_stale[1] = False
            moves = [
                *packs,
                *shifts,
                column_moves(question, draft, columns, gainful),
                *slot_moves(question, draft, gainful),
            ]
        changed = _apply(question, draft, moves)
        if changed is None and step % 2 == 0:
            break
        if changed is not None:
            is_stale |= (changed.option != draft.option) | (changed.arriving != draft.arriving).any(axis=1)
            draft = changed
    return draft


@dataclass(frozen=True)
class Moves:
    """Candidate moves: line, new option, new arriving packs, profit gained, and of every limit of the shelf more used."""

    line: Ints
    option: Ints
    arriving: Ints
    gain: Floats
    more: Floats

    def take(self, rows: Ints) -> Moves:
        """These moves."""
        return Moves(self.line[rows], self.option[rows], self.arriving[rows], self.gain[rows], self.more[rows])


Wanted = Callable[[Moves], NDArray[np.bool_]]
"""Which of many moves are worth a look."""


def _renewed(known: list[Moves], fresh: list[Moves], is_stale: NDArray[np.bool_]) -> list[Moves]:
    """Each kind of move of every line, sorted by line: the fresh ones of stale lines, the known ones of all others."""
    if not known:
        return fresh
    renewed = []
    for old, new in zip(known, fresh, strict=True):
        both = joined([old.take(np.flatnonzero(~is_stale[old.line])), new])
        renewed.append(both.take(np.argsort(both.line, kind="stable")))
    return renewed


def gainful(moves: Moves) -> NDArray[np.bool_]:
    """Moves that earn more."""
    return moves.gain > _CENT


def pack_moves(question: Question, draft: Draft, is_asked: NDArray[np.bool_], wanted: Wanted) -> list[Moves]:
    """One order of these lines one step larger or smaller: each week's, one kind after another."""
    lines = np.flatnonzero((draft.option >= 0) & is_asked)
    option, arriving = draft.option[lines], draft.arriving[lines]
    now = order_outcome(question.instance, question.options, option, arriving)
    found = []
    for week in range(question.instance.weeks):
        is_open = question.options.is_open[option, week]
        for change in (
            np.where(is_open, step_up(question, lines, arriving[:, week]), 0),
            -step_down(question, lines, option, arriving, week),
        ):
            found.append(_wanted(question, (lines, option, arriving, now), {week: change}, wanted))
    return found


def shift_moves(question: Question, draft: Draft, is_asked: NDArray[np.bool_], wanted: Wanted) -> list[Moves]:
    """One step of an order of these lines moved up to two weeks: each week's, one kind after another."""
    lines = np.flatnonzero((draft.option >= 0) & (draft.arriving.sum(axis=1) > 0) & is_asked)
    option, arriving = draft.option[lines], draft.arriving[lines]
    single = question.instance.moq_packs[lines] <= 1
    now = order_outcome(question.instance, question.options, option, arriving)
    found = []
    for week in range(question.instance.weeks):
        for other in (week - 2, week - 1, week + 1, week + 2):
            if 0 <= other < question.instance.weeks:
                can = (single & (arriving[:, week] > 0) & question.options.is_open[option, other]).astype(np.int64)
                found.append(_wanted(question, (lines, option, arriving, now), {week: -can, other: can}, wanted))
    return found


def _wanted(
    question: Question,
    state: tuple[Ints, Ints, Ints, tuple[Floats, Floats]],
    changes: dict[int, Ints],
    wanted: Wanted,
) -> Moves:
    """The lines of which these changes of their arriving packs are wanted."""
    lines, option, arriving, (profit, shelf) = state
    moving = np.flatnonzero(np.any([np.asarray(c) != 0 for c in changes.values()], axis=0))
    trial = arriving[moving].copy()
    for week, change in changes.items():
        trial[:, week] += np.asarray(change, dtype=np.int64)[moving]
    earned, used = order_outcome(question.instance, question.options, option[moving], trial)
    moves = Moves(lines[moving], option[moving], trial, earned - profit[moving], used - shelf[moving])
    return moves.take(np.flatnonzero(wanted(moves)))


def column_moves(question: Question, draft: Draft, columns: Columns, wanted: Wanted) -> Moves:
    """A line's whole plan exchanged for another of its columns, of a style's one that launches in the same week."""
    gain = columns.profit - profit_of(question, draft)[columns.line]
    more = columns.shelf - shelf_of_draft(question, draft)[columns.line]
    week = np.where(draft.option >= 0, np.append(question.options.launch_week, IDLE)[draft.option], IDLE)
    stays = columns.launch_week(question) == week[columns.line]
    may = ~is_tied(question.leader)[columns.line] | stays
    moves = Moves(columns.line, columns.option, columns.arriving, gain, more)
    return moves.take(np.flatnonzero(wanted(moves) & may))


def slot_moves(question: Question, draft: Draft, wanted: Wanted) -> list[Moves]:
    """Every launch shown one week more, or less, its orders as they are or one of them a step larger, or smaller."""
    lines = np.flatnonzero((draft.option >= 0) & (question.instance.most_shown > 0))
    option, arriving = draft.option[lines], draft.arriving[lines]
    profit, shelf = order_outcome(question.instance, question.options, option, arriving)
    found = []
    for longer in (1, -1):
        can, other = shown_longer(question, option, longer)
        for week in (None, *range(question.instance.weeks)):
            trial = arriving[can].copy()
            if week is not None:
                if longer > 0:
                    is_open = question.options.is_open[other, week]
                    trial[:, week] += np.where(is_open, step_up(question, lines[can], trial[:, week]), 0)
                else:
                    trial[:, week] -= step_down(question, lines[can], other, trial, week)
            earned, used = order_outcome(question.instance, question.options, other, trial)
            moves = Moves(lines[can], other, trial, earned - profit[can], used - shelf[can])
            found.append(moves.take(np.flatnonzero(wanted(moves))))
    return found


def joined(found: list[Moves]) -> Moves:
    """One list of moves."""
    return Moves(
        *(np.concatenate([getattr(m, name) for m in found]) for name in ("line", "option", "arriving", "gain", "more"))
    )


def _apply(question: Question, draft: Draft, found: list[Moves]) -> Draft | None:
    """Takes moves that fit the limits, most gain per unit of scarce money first, one a line; None when none fits."""
    moves = joined(found)
    instance = question.instance
    cost = (instance.pack * instance.unit_cost)[moves.line][:, None]
    spend = placed(instance, moves.line, moves.arriving - draft.arriving[moves.line]) * cost
    delta = np.hstack([spend, moves.more])
    shelf_room = instance.shelf.limit - shelf_of_draft(question, draft).sum(axis=0)
    room = np.concatenate([instance.budgets - spend_of(question, draft), shelf_room])
    cap_room = instance.launch_caps - launches_of(question, draft)
    more = (moves.option >= 0).astype(int) - (draft.option[moves.line] >= 0).astype(int)
    cap = question.cap_of_line[moves.line]
    scarce = np.maximum(spend, 0.0).sum(axis=1)
    order = np.argsort(-moves.gain / (scarce + 0.01 * np.abs(spend).sum(axis=1) + 1e-9), kind="stable")
    option, arriving = draft.option.copy(), draft.arriving.copy()
    touched: set[int] = set()
    for j in order.tolist():
        i = int(moves.line[j])
        grows = delta[j] > 0
        is_capped = more[j] > 0 and cap[j] >= 0 and cap_room[cap[j]] < 1
        if i in touched or is_capped or (grows & (delta[j] > room + 1e-9)).any():
            continue
        touched.add(i)
        room = room - delta[j]
        if cap[j] >= 0:
            cap_room[cap[j]] -= more[j]
        option[i], arriving[i] = moves.option[j], moves.arriving[j]
    return Draft(option, arriving) if touched else None
