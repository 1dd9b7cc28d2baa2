"""The master: one column a line under the coupling limits, relaxed (GLOP) and in whole numbers (CP-SAT).

OR-Tools is imported inside the functions: only the worker's process may load it. A solver's status is read
before its values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optimization.columns import Columns
from optimization.instance import Floats, Ints
from optimization.prices import Prices, Question, shelf_scales
from optimization.styles import ties

_MICRO = 1_000_000
# Whole units that all uses of a shelf's limit may come to.
_FINE = 2.0**50


class MasterFailed(RuntimeError):
    """A solver ended without the answer that the mathematics guarantees."""


@dataclass(frozen=True)
class Relaxed:
    """The relaxed master: share of each column (c), prices of the limits, value, reduced value of each column (c)."""

    share: Floats
    prices: Prices
    value: float
    reduced: Floats


def solve_relaxed(question: Question, columns: Columns) -> Relaxed:
    """Linear master. Limits are elastic at a price above any profit, so that forced lines never make it infeasible."""
    import scipy.sparse as sparse
    from ortools.linear_solver.python import model_builder

    instance = question.instance
    weeks, caps, count = instance.weeks, len(instance.launch_caps), len(columns.line)
    shared, shelf_size = weeks + caps + instance.shelf.count, shelf_scales(question)[0]
    cap = columns.caps(question)
    uses = np.flatnonzero(cap >= 0)
    top = np.vstack([columns.spend.T, np.zeros((caps, count)), columns.shelf.T])
    top[weeks + cap[uses], uses] = 1.0
    convex = sparse.csr_matrix((np.ones(count), (columns.line, np.arange(count))), shape=(instance.n, count))
    scale = np.concatenate([np.maximum(instance.budgets, 1.0), np.ones(caps), shelf_size])
    limit = np.concatenate([instance.budgets, instance.launch_caps, instance.shelf.limit]) / scale
    tied = ties(question.leader, columns.line, columns.launch_week(question))
    equal = sparse.vstack([convex, tied])
    rows = sparse.vstack(
        [
            sparse.hstack([sparse.csr_matrix(top / scale[:, None]), -sparse.eye(shared)]),
            sparse.hstack([equal, sparse.csr_matrix((equal.shape[0], shared))]),
        ]
    ).tocsr()
    elastic = -_elastic_price(columns) * scale
    model = model_builder.Model()
    is_one = np.repeat([1.0, 0.0], [instance.n, tied.shape[0]])
    low = np.concatenate([np.full(shared, -np.inf), is_one])
    high = np.concatenate([limit, is_one])
    model.helper.fill_model_from_sparse_data(
        np.zeros(count + shared),
        np.full(count + shared, np.inf),
        np.concatenate([columns.profit, elastic]),
        low,
        high,
        rows,
    )
    model.helper.set_maximize(True)
    solver = model_builder.Solver("glop")
    status = solver.solve(model)
    if status != model_builder.SolveStatus.OPTIMAL:
        raise MasterFailed(f"GLOP ended with {status.name} on a master of {count} columns that has a solution")
    dual = np.asarray(solver.dual_values(model.get_linear_constraints()), dtype=float)
    share = np.asarray(solver.values(model.get_variables()), dtype=float)[:count]
    coupling = np.maximum(dual[:shared] / scale, 0.0)
    prices = Prices(coupling[:weeks], coupling[weeks : weeks + caps], coupling[weeks + caps :])
    reduced = columns.profit - coupling @ top - equal.T @ dual[shared:]
    return Relaxed(share, prices, float(solver.objective_value), reduced)


def _elastic_price(columns: Columns) -> float:
    """A price per unit of money beyond any profit that money could make."""
    return 100.0 + float(np.abs(columns.profit).max(initial=1.0))


def solve_integer(
    question: Question, columns: Columns, relaxed: Relaxed, incumbent: Ints | None, work: float
) -> Ints | None:
    """Picks one column a line in whole numbers; None when nothing is found, or nothing better than the incumbent.

    Columns whose reduced value is below the gap between the relaxed value and the incumbent cannot be part of a
    better pick of this pool and are left out. `work` is CP-SAT's deterministic time, not the clock.
    """
    from ortools.sat.python import cp_model

    earned = -np.inf if incumbent is None else float(columns.profit[incumbent].sum())
    keep = relaxed.reduced >= -(relaxed.value - earned) - 1e-6
    keep[[] if incumbent is None else incumbent] = True
    rows = np.flatnonzero(keep)
    line = columns.line[rows]
    model = cp_model.CpModel()
    picks = [model.new_bool_var("") for _ in rows]
    starts = np.flatnonzero(np.diff(line, prepend=-1)).tolist() + [len(rows)]
    for start, end in zip(starts[:-1], starts[1:], strict=True):
        model.add_exactly_one(picks[start:end])
    _limit(question, columns, rows, picks, model)
    _tie(question, columns.take(rows), picks, model)
    model.maximize(cp_model.LinearExpr.weighted_sum(picks, np.round(columns.profit[rows] * 1e4).astype(int).tolist()))
    hinted = np.isin(rows, [] if incumbent is None else incumbent)
    for pick, is_in in zip(picks, hinted.tolist(), strict=True):
        model.add_hint(pick, is_in)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = work
    solver.parameters.random_seed = 1
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    found = rows[np.array([solver.boolean_value(pick) for pick in picks], dtype=bool)]
    return found if float(columns.profit[found].sum()) > earned else None


def _tie(question: Question, columns: Columns, picks: list[Any], model: Any) -> None:
    """Adds that the lines of a style launch in the same week or not at all."""
    for row in ties(question.leader, columns.line, columns.launch_week(question)):
        model.add(sum(int(sign) * picks[j] for j, sign in zip(row.indices, row.data, strict=True)) == 0)


def _limit(question: Question, columns: Columns, rows: Ints, picks: list[Any], model: Any) -> None:
    """Adds the budgets (in whole micro-units, rounded to the safe side), the launch caps, and the shelf's limits.

    Uses of the shelf are means over paths, which no decimal unit holds exactly: they are counted in a unit so fine that
    their rounding together stays far below what `ShelfLimits.broken` forgives.
    """
    from ortools.sat.python import cp_model

    instance, cap = question.instance, columns.caps(question)[rows]
    for week in np.flatnonzero(columns.spend[rows].any(axis=0)).tolist():
        used = np.flatnonzero(columns.spend[rows, week] > 0)
        money = np.ceil(columns.spend[rows[used], week] * _MICRO - 1e-3).astype(np.int64)
        total = cp_model.LinearExpr.weighted_sum([picks[j] for j in used.tolist()], money.tolist())
        model.add(total <= int(np.floor(instance.budgets[week] * _MICRO)))
    for g, most in enumerate(instance.launch_caps.tolist()):
        used = np.flatnonzero(cap == g)
        if len(used) > most:
            model.add(cp_model.LinearExpr.sum([picks[j] for j in used.tolist()]) <= most)
    for use, room in zip(columns.shelf[rows].T, instance.shelf.limit.tolist(), strict=True):
        used = np.flatnonzero(use)
        unit = _FINE / max(float(np.abs(use).max(initial=0.0)) * instance.n, room, 1.0)
        total = cp_model.LinearExpr.weighted_sum(
            [picks[j] for j in used.tolist()], np.round(use[used] * unit).astype(np.int64).tolist()
        )
        model.add(total <= int(np.floor((room + 0.5e-6) * unit)))
