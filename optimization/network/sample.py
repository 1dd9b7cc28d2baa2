"""Parts of a large network that stand for all of it: bundles of like groups, and a sample of each.

Lives here: who belongs together, and the limits under which a sample answers to prices as the whole does.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from optimization.instance import Floats, Ints
from optimization.network.options import Options
from optimization.network.problem import Problem


def _ranked(problem: Problem) -> tuple[Ints, Ints]:
    """Groups by kind and size, and the kind of each in that order."""
    order = np.lexsort((problem.worth, problem.options.kind))
    return order, problem.options.kind[order]


def _importance(problem: Problem, order: Ints, kind: Ints) -> Floats:
    """How much of the limits hangs on each group, in this order; 1 on average, or somewhat more.

    Money and volume are in large groups, and those in which a launch is decided use limits of their own.
    """
    size = 0.3 + 0.7 * problem.worth[order] / max(float(problem.worth.mean()), 1e-12)
    return np.asarray(size * np.where(kind < 0, 2.0, 1.0), dtype=np.float64)


def bundles_of(problem: Problem, count: int) -> Ints:
    """Bundle of each group, numbered from 0: groups of one kind and about one size, `count` bundles or somewhat more.

    Bundles are of about one importance, so that the largest groups stand alone.
    """
    order, kind = _ranked(problem)
    importance = _importance(problem, order, kind)
    piece = np.floor(np.cumsum(importance) * (count / importance.sum())).astype(np.int64)
    is_first = (np.diff(kind, prepend=kind[0] - 1) != 0) | (np.diff(piece, prepend=-1) != 0)
    bundle = np.empty(len(order), dtype=np.int64)
    bundle[order] = np.cumsum(is_first) - 1
    return bundle


def sample_of(problem: Problem, count: int) -> tuple[Ints, Floats]:
    """About `count` groups (sorted), and how many each stands for.

    Drawn evenly in the order of kind and size, with a chance that grows with importance.
    """
    order, kind = _ranked(problem)
    chance = _importance(problem, order, kind)
    for _ in range(20):
        chance = np.minimum(chance * count / chance.sum(), 1.0)
    upto = np.cumsum(chance) + 0.5
    taken = np.flatnonzero(np.floor(upto + 1e-9) > np.floor(upto - chance + 1e-9))
    groups, weight = order[taken], 1.0 / chance[taken]
    sort = np.argsort(groups)
    return groups[sort], weight[sort]


def part_of(problem: Problem, groups: Ints, weight: Floats) -> Problem:
    """The problem of some groups (sorted), each of which counts as many as its weight."""
    options = problem.options
    number = np.full(options.groups, -1)
    number[groups] = np.arange(len(groups))
    kept = np.flatnonzero(number[options.group] >= 0)
    variant, _ = problem.entries_of(kept)
    position = np.full(len(options.group), -1)
    position[kept] = np.arange(len(kept))
    own = position[options.use_option] >= 0
    fewer = Options(
        number[options.group[kept]],
        np.concatenate([[0], np.cumsum(np.diff(options.variant_start)[kept])]),
        variant,
        position[options.use_option[own]],
        options.use_row[own],
        options.use_amount[own],
        options.cost[kept],
        options.launches[:0],
        options.kind[groups],
    )
    return Problem(problem.instance, problem.cells, problem.variants, fewer, problem.rows, weight)


def corrected(problem: Problem, sample: Problem, use: Floats, sample_use: Floats) -> Problem:
    """The sample under limits that it exceeds by what the whole exceeds its own, at the prices of these uses (R).

    What is left to chance is how much farther the sample moves than the whole when prices change from there.
    """
    return replace(sample, rows=replace(sample.rows, limit=problem.rows.limit + sample_use - use))
