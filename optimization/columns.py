"""Columns: whole plans of one line, priced at their exact lost-sales profit, from which the master picks.

Lives here: the pool of columns, its growth from answers to prices, and the polishing of a column by single packs.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import comb

import numpy as np

from optimization.instance import Floats, Ints
from optimization.options import order_outcome
from optimization.prices import Answer, Prices, Question, placed

IDLE = -1


@dataclass(frozen=True)
class Columns:
    """A pool, sorted by line, without twins. c columns.

    Args:
        line: Line (c).
        option: Option taken, -1 for none (c).
        arriving: Packs that arrive by week (c, T).
        profit: Exact expected profit, orders and launch paid (c).
        spend: Money by order week (c, T).
        shelf: Exact use of every limit of the shelf (c, R).
    """

    line: Ints
    option: Ints
    arriving: Ints
    profit: Floats
    spend: Floats
    shelf: Floats

    def caps(self, question: Question) -> Ints:
        """Launch cap that each column draws on, -1 for none (c)."""
        return np.where(self.option >= 0, question.cap_of_line[self.line], -1)

    def launch_week(self, question: Question) -> Ints:
        """Launch week of each column, -1 for none (c)."""
        return np.where(self.option >= 0, np.append(question.options.launch_week, IDLE)[self.option], IDLE)

    def take(self, rows: Ints) -> Columns:
        """These columns."""
        own = self.line[rows], self.option[rows], self.arriving[rows]
        return Columns(*own, self.profit[rows], self.spend[rows], self.shelf[rows])


def pool(question: Question, line: Ints, option: Ints, arriving: Ints) -> Columns:
    """The columns of these decisions, priced, sorted and without twins."""
    keys = np.unique(np.column_stack([line, option, arriving]).astype(np.int64), axis=0)
    line, option, arriving = keys[:, 0], keys[:, 1], np.ascontiguousarray(keys[:, 2:])
    instance, profit, shelf = question.instance, question.idle[line].copy(), question.options.shelf.idle[line]
    taken = option >= 0
    profit[taken], shelf[taken] = order_outcome(instance, question.options, option[taken], arriving[taken])
    price = (instance.pack * instance.unit_cost)[line][:, None]
    return Columns(line, option, arriving, profit, placed(instance, line, arriving) * price, shelf)


def merge(question: Question, *pools: Columns) -> Columns:
    """One pool of several."""
    return pool(
        question, *(np.concatenate([getattr(p, name) for p in pools]) for name in ("line", "option", "arriving"))
    )


def from_answers(question: Question, answers: list[Answer]) -> Columns:
    """The columns that lines chose in these answers."""
    every = np.arange(question.instance.n)
    arriving = [np.where((a.choice >= 0)[:, None], a.arriving[a.choice], 0) for a in answers]
    return pool(
        question, np.tile(every, len(answers)), np.concatenate([a.choice for a in answers]), np.concatenate(arriving)
    )


def every_option(question: Question, found: Answer) -> Columns:
    """The relaxed optimum of every option in an answer, chosen or not."""
    rows = np.arange(len(question.options.line))
    return pool(question, question.options.line, rows, found.arriving)


def plans_in_all(question: Question) -> int:
    """Plans that all lines have, up to the packs that any path could want."""
    options = question.options
    weeks = question.instance.weeks - options.first
    return sum(comb(k + w, w) for k, w in zip(options.levels.tolist(), weeks.tolist(), strict=True))


def every_plan(question: Question) -> Columns:
    """Every plan of every line: with it the integer master is the whole problem. For small questions only."""
    rows, orders = [], []
    for row, (levels, first) in enumerate(
        zip(question.options.levels.tolist(), question.options.first.tolist(), strict=True)
    ):
        for chosen in combinations_with_replacement(range(first, question.instance.weeks + 1), levels):
            rows.append(row)
            orders.append(np.bincount(chosen, minlength=question.instance.weeks + 1)[:-1])
    option, arriving = np.array(rows, dtype=np.int64), np.array(orders, dtype=np.int64)
    line = question.options.line[option]
    moq = np.maximum(question.instance.moq_packs[line], 1)[:, None]
    allowed = ((arriving == 0) | (arriving >= moq)).all(axis=1)
    allowed &= ~question.instance.needs_stock[line] | arriving.any(axis=1)
    allowed &= (question.options.is_open[option] | (arriving == 0)).all(axis=1)
    return pool(question, line[allowed], option[allowed], arriving[allowed])


def fallback(question: Question) -> Columns:
    """What keeps the master feasible: no order for lines with stock, idleness, a smallest order for forced launches."""
    instance, options = question.instance, question.options
    may_idle = np.flatnonzero(question.idle > -1e17)
    bare = np.flatnonzero(~instance.needs_stock[options.line])
    forced = np.flatnonzero(instance.needs_stock[options.line] & (question.idle <= -1e17)[options.line])
    lines, taken, orders = [may_idle, options.line[bare]], [np.full(len(may_idle), IDLE), bare], []
    orders = [np.zeros((len(may_idle) + len(bare), instance.weeks), dtype=np.int64)]
    for week in range(instance.weeks):
        rows = forced[options.is_open[forced, week]]
        smallest = np.zeros((len(rows), instance.weeks), dtype=np.int64)
        smallest[:, week] = np.maximum(instance.moq_packs[options.line[rows]], 1)
        lines.append(options.line[rows])
        taken.append(rows)
        orders.append(smallest)
    return pool(question, np.concatenate(lines), np.concatenate(taken), np.concatenate(orders))


def shown_longer(question: Question, option: Ints, weeks: int) -> tuple[Ints, Ints]:
    """Of these options those that there are of the same launch shown so many weeks more: positions, and their options."""
    other = option + weeks
    inside = (other >= 0) & (other < len(question.launch))
    can = np.flatnonzero(inside & (question.launch[np.where(inside, other, 0)] == question.launch[option]))
    return can, other[can]


def step_up(question: Question, line: Ints, packs: Ints) -> Ints:
    """Smallest number of packs by which an order of `packs` can grow."""
    return np.where(packs == 0, np.maximum(question.instance.moq_packs[line], 1), 1)


def step_down(question: Question, line: Ints, option: Ints, arriving: Ints, week: int) -> Ints:
    """Packs by which the order arriving in `week` can shrink, 0 when it cannot."""
    moq = np.maximum(question.instance.moq_packs[line], 1)
    packs = arriving[:, week]
    down = np.where(packs > moq, 1, packs)
    is_last = question.instance.needs_stock[line] & (option >= 0) & (down == arriving.sum(axis=1))
    return np.where(is_last, 0, down)


def polish(question: Question, columns: Columns, prices: Prices, rounds: int) -> Columns:
    """Columns after their best single-pack changes of the exact profit at these prices, a few rounds of them."""
    rows = np.flatnonzero(columns.option >= 0)
    option, line, arriving = columns.option[rows], columns.line[rows], columns.arriving[rows]
    moving = np.arange(len(rows))
    for _ in range(rounds):
        moved = _best_change(question, (line[moving], option[moving], arriving[moving]), prices)
        has_moved = (moved != arriving[moving]).any(axis=1)
        arriving[moving] = moved
        # What no change improves now, none will.
        moving = moving[has_moved]
        if not len(moving):
            break
    return pool(question, line, option, arriving)


def _best_change(question: Question, columns: tuple[Ints, Ints, Ints], prices: Prices) -> Ints:
    """Arriving packs after the most profitable single change of each column (line, option, arriving), if any is."""
    line, option, arriving = columns
    best = _worth(question, (line, option, arriving), prices)
    moved = arriving.copy()
    for week in range(question.instance.weeks):
        is_open = question.options.is_open[option, week]
        for change in (
            np.where(is_open, step_up(question, line, arriving[:, week]), 0),
            -step_down(question, line, option, arriving, week),
        ):
            at = np.flatnonzero(change)
            trial = arriving[at]
            trial[:, week] += change[at]
            value = _worth(question, (line[at], option[at], trial), prices)
            better = value > best[at] + 1e-9
            best[at[better]], moved[at[better]] = value[better], trial[better]
    return moved


def neighbours(question: Question, option: Ints, arriving: Ints) -> Columns:
    """Plans one step away from those of every line (n, T): an order a step larger, smaller, or in another week; a launch
    shown a week more or less."""
    line = np.flatnonzero(option >= 0)
    option, arriving = option[line], arriving[line]
    lines, options, orders = [], [], []
    weeks = range(question.instance.weeks)
    for more in (None, *weeks):
        for less in (None, *weeks):
            trial = arriving.copy()
            if less is not None:
                trial[:, less] -= step_down(question, line, option, arriving, less)
            if more is not None:
                is_open = question.options.is_open[option, more]
                trial[:, more] += np.where(is_open, step_up(question, line, trial[:, more]), 0)
            lines.append(line)
            options.append(option)
            orders.append(trial)
    for step in (1, -1):
        can, other = shown_longer(question, option, step)
        lines.append(line[can])
        options.append(other)
        orders.append(arriving[can])
    return pool(question, np.concatenate(lines), np.concatenate(options), np.concatenate(orders))


def _worth(question: Question, columns: tuple[Ints, Ints, Ints], prices: Prices) -> Floats:
    """Exact profit of columns (line, option, arriving), which holds their plain cost, less what they use of limits at these
    prices, launches aside."""
    line, option, arriving = columns
    profit, shelf = order_outcome(question.instance, question.options, option, arriving)
    cost = (question.instance.pack * question.instance.unit_cost)[line]
    week_price = 1.0 + prices.budget
    paid = (placed(question.instance, line, arriving) * (week_price - 1.0)).sum(axis=1) * cost
    return np.asarray(profit - paid - shelf @ prices.shelf)
