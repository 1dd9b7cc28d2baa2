"""Columns: what a group may do, an option with the orders of its cells, with true profit and true use."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from optimization.instance import Floats, Ints
from optimization.network.problem import Problem, State


class Columns(NamedTuple):
    """Columns sorted by group (c), their cells' orders as entries (e), in the order of the option's variants.

    Args:
        group, option: Of each column (c).
        profit: True mean profit, launch costs paid, no limit priced (c).
        start: Where each column's entries begin (c + 1).
        path: Packs that arrive by week (e, T).
        parts: Mean stock by week, lost and demanded units (e, T + 2).
    """

    group: Ints
    option: Ints
    profit: Floats
    start: Ints
    path: np.ndarray
    parts: Floats

    def take(self, rows: Ints) -> Columns:
        """These columns, in this order."""
        count = np.diff(self.start)[rows]
        at = np.repeat(self.start[rows] - np.cumsum(count) + count, count) + np.arange(int(count.sum()))
        start = np.concatenate([[0], np.cumsum(count)])
        return Columns(self.group[rows], self.option[rows], self.profit[rows], start, self.path[at], self.parts[at])


def columns_of(problem: Problem, state: State, options: Ints) -> Columns:
    """One column for each of these options: the best arrivals met at the last prices."""
    variant, _ = problem.entries_of(options)
    count = np.diff(problem.options.variant_start)[options]
    path, parts = state.arriving[variant], state.parts[variant]
    entry = true_profit(problem, variant, path, parts)
    profit = np.bincount(np.repeat(np.arange(len(options)), count), entry, len(options)) - problem.options.cost[options]
    start = np.concatenate([[0], np.cumsum(count)])
    return Columns(problem.options.group[options], options, profit, start, path, parts)


def true_profit(problem: Problem, variant: Ints, path: np.ndarray, parts: Floats) -> Floats:
    """Profit of cells under these arrivals, from what they hold, lose and are asked for (e)."""
    cells, weeks = problem.cells, problem.instance.weeks
    cell = problem.variants.cell[variant]
    came = path.sum(axis=1) * cells.pack[cell]
    lost, wanted = parts[:, weeks], parts[:, weeks + 1]
    left = cells.on_hand[cell] + came - wanted + lost
    money = cells.price[cell] * (wanted - lost) + cells.salvage[cell] * left - cells.penalty[cell] * lost
    return money - cells.hold[cell] * parts[:, :weeks].sum(axis=1) - cells.unit_cost[cell] * came


def stack(pieces: list[Columns]) -> Columns:
    """All columns, one piece after the other."""
    group, option = (np.concatenate([piece[k] for piece in pieces]) for k in range(2))
    return Columns(
        group,
        option,
        np.concatenate([piece.profit for piece in pieces]),
        np.concatenate([[0], np.cumsum(np.concatenate([np.diff(piece.start) for piece in pieces]))]),
        np.concatenate([piece.path for piece in pieces]),
        np.concatenate([piece.parts for piece in pieces]),
    )


def merge(pieces: list[Columns]) -> Columns:
    """All columns, each once, sorted by group; of equals the first stays."""
    joined = stack(pieces)
    weight = np.random.default_rng(7).integers(1, 2**62, size=(16, joined.path.shape[1]), dtype=np.uint64)
    count = np.diff(joined.start)
    place = np.arange(len(joined.path)) - np.repeat(joined.start[:-1], count)
    mixed = (joined.path.astype(np.uint64) * weight[place % 16]).sum(axis=1, dtype=np.uint64) * (
        2 * place.astype(np.uint64) + 1
    )
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(mixed, dtype=np.uint64)])
    code = sums[joined.start[1:]] - sums[joined.start[:-1]]
    order = np.lexsort((np.arange(len(code)), code, joined.option))
    same = (np.diff(joined.option[order], prepend=-1) == 0) & (np.diff(code[order].astype(np.int64), prepend=0) == 0)
    return joined.take(np.sort(order[~same])[np.argsort(joined.option[np.sort(order[~same])], kind="stable")])
