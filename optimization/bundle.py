"""Sharper prices: a bundle of cuts of the dual, minimised by GLOP inside a trust region.

Lives here: the cutting-plane search at fixed weights ω, where the dual is one convex function of few prices.
Runs in the worker's process only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.instance import Floats, Ints
from optimization.prices import Answer, Prices, Question, answer, shelf_of, shelf_scales, spend_by_line, tables_of
from optimization.shelf_use import without_noise

_ESTABLISHED_GROUPS = 40


@dataclass(frozen=True)
class _Cut:
    """Value of each group of lines at some prices (g), and its slope in every price (g, T + G + R)."""

    at: Floats
    value: Floats
    slope: Floats


def sharpen(question: Question, weights: Floats, start: Prices, rounds: int) -> tuple[Prices, list[Answer]]:
    """Prices of the smallest dual under ω met in so many rounds, and the last answers.

    The dual is cut by groups of lines (a launch category each, the others in a few groups), because a category's
    price moves its own group only. Steps stay within a box around the best prices, which grows on success and
    shrinks on failure.
    """
    group = _groups(question)
    shelf = np.maximum(0.2 * start.shelf, 0.05 * shelf_scales(question)[1])
    capped = np.maximum(0.2 * start.launch, _typical(question))
    size = np.concatenate([np.full(question.instance.weeks, 0.05), capped, shelf])
    at = np.concatenate([start.budget, start.launch, start.shelf])
    tables = tables_of(question, weights, start)
    cuts: list[_Cut] = []
    centre, least = at, np.inf
    kept: list[Answer] = []
    for _ in range(rounds):
        prices = _prices(question, at)
        if question.options.shelf.stocked and cuts:
            tables = tables_of(question, weights, prices)
        found = answer(question, tables, prices)
        cuts.append(_cut(question, group, found, at, weights))
        kept = [*kept, found][-4:]
        if found.bound < least:
            size = size * (1.3 if len(cuts) > 1 else 1.0)
            centre, least = at, found.bound
        else:
            size = size * 0.6
        at = _lowest(question, cuts, centre, size)
    return _prices(question, centre), kept


def _prices(question: Question, at: Floats) -> Prices:
    """Prices from one vector."""
    to_shelf = question.instance.weeks + len(question.instance.launch_caps)
    return Prices(at[: question.instance.weeks], at[question.instance.weeks : to_shelf], at[to_shelf:])


def _groups(question: Question) -> Ints:
    """Group of every line: its launch category, or one of a few for all others; that of its style's first line (n)."""
    caps = len(question.instance.launch_caps)
    spread = caps + np.arange(question.instance.n) % _ESTABLISHED_GROUPS
    return np.where(question.cap_of_line >= 0, question.cap_of_line, spread)[question.leader]


def _typical(question: Question) -> Floats:
    """First step of a launch price: a tenth of what a launch of the category sells for."""
    instance = question.instance
    worth = 0.1 * instance.net_price * instance.demand.sum(axis=2).mean(axis=1)
    slots = len(instance.launch_caps) + 1
    counts = np.bincount(question.cap_of_line + 1, minlength=slots)[1:]
    sums = np.bincount(question.cap_of_line + 1, worth, slots)[1:]
    return np.asarray(sums / np.maximum(counts, 1) + 1e-6, dtype=np.float64)


def _cut(question: Question, group: Ints, found: Answer, at: Floats, weights: Floats) -> _Cut:
    """The tangent of every group's value at these prices."""
    weeks, caps = question.instance.weeks, len(question.instance.launch_caps)
    count = caps + _ESTABLISHED_GROUPS
    slope = np.zeros((count, len(at)))
    spend = spend_by_line(question, found)
    for week in range(weeks):
        slope[:, week] = -np.bincount(group, spend[:, week], count)
    launched = np.flatnonzero((found.choice >= 0) & (question.cap_of_line >= 0))
    np.add.at(slope, (group[launched], weeks + question.cap_of_line[launched]), -1.0)
    for k, used in enumerate(shelf_of(question, found, weights).T):
        slope[:, weeks + caps + k] = -without_noise(np.bincount(group, used, count).astype(np.float64))
    return _Cut(at, np.bincount(group, found.best, count).astype(np.float64), slope)


def _lowest(question: Question, cuts: list[_Cut], centre: Floats, size: Floats) -> Floats:
    """Prices in the box at which the cuts' model of the dual is lowest (GLOP).

    The LP is written in steps of the box, −1…1, and in units of the largest change that a step can make, because
    budgets are thousands of times larger than prices.
    """
    import scipy.sparse as sparse
    from ortools.linear_solver.python import model_builder

    instance = question.instance
    limits = np.concatenate([instance.budgets, instance.launch_caps, instance.shelf.limit]) * size
    slope = np.vstack([cut.slope for cut in cuts]) * size
    base = np.max([cut.value + cut.slope @ (centre - cut.at) for cut in cuts], axis=0)
    right = np.concatenate([cut.value + cut.slope @ (centre - cut.at) - base for cut in cuts])
    unit = max(float(np.abs(limits).max(initial=0.0)), float(np.abs(slope).max(initial=0.0)), 1e-9)
    count, dims = len(base), len(centre)
    rows = sparse.hstack([sparse.csr_matrix(-slope / unit), sparse.vstack([sparse.eye(count)] * len(cuts))]).tocsr()
    model = model_builder.Model()
    model.helper.fill_model_from_sparse_data(
        np.concatenate([np.maximum(-1.0, -centre / size), np.full(count, -np.inf)]),
        np.concatenate([np.ones(dims), np.full(count, np.inf)]),
        np.concatenate([limits / unit, np.ones(count)]),
        right / unit,
        np.full(len(right), np.inf),
        rows,
    )
    solver = model_builder.Solver("glop")
    status = solver.solve(model)
    if status != model_builder.SolveStatus.OPTIMAL:
        raise RuntimeError(f"GLOP ended with {status.name} on {len(right)} cuts of the dual, which have a minimum")
    step = np.asarray(solver.values(model.get_variables()), dtype=float)[:dims]
    return np.asarray(np.maximum(centre + step * size, 0.0))
