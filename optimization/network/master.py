"""The master: one column a group under the shared limits, relaxed (GLOP) and in whole numbers (CP-SAT).

OR-Tools is imported inside the functions: only the worker's process may load it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse

from optimization.instance import Floats, Ints
from optimization.network.bundle import GLOP_LIMITS
from optimization.network.columns import Columns
from optimization.network.dual import Problem


@dataclass(frozen=True)
class Relaxed:
    """The relaxed master: share of each column (c), prices of the limits (R), value, reduced value by column (c)."""

    share: Floats
    prices: Floats
    value: float
    reduced: Floats


def use_matrix(problem: Problem, columns: Columns) -> sparse.csr_matrix:
    """What each column uses of each limit (R, c)."""
    rows, cells, weeks = problem.rows, problem.cells, problem.instance.weeks
    options = problem.options
    count = np.diff(columns.start)
    column = np.repeat(np.arange(len(count)), count)
    cell = problem.variants.cell[problem.entries_of(columns.option)[0]]
    at, week = np.nonzero(columns.path)
    money = (cells.unit_cost * cells.pack)[cell[at]] * columns.path[at, week]
    place = rows.storage + cells.location[cell][:, None] * weeks + np.arange(weeks)[None, :]
    volume = cells.volume[cell][:, None] * columns.parts[:, :weeks]
    short = columns.parts[:, weeks] - (1.0 - cells.floor[cell]) * columns.parts[:, weeks + 1]
    own = sparse.csr_matrix(
        (options.use_amount, (options.use_option, options.use_row)), shape=(len(options.group), rows.count)
    )[columns.option].tocoo()
    row = np.concatenate([week - cells.lead[cell[at]], place.ravel(), rows.svc + cells.channel[cell], own.col])
    where = np.concatenate([column[at], np.repeat(column, weeks), column, own.row])
    amount = np.concatenate([money, volume.ravel(), short, own.data])
    return sparse.csr_matrix((amount, (row, where)), shape=(rows.count, len(count)))


def solve_relaxed(problem: Problem, columns: Columns, use: sparse.csr_matrix, limit: Floats, scale: Floats) -> Relaxed:
    """Linear master. Limits (R) are elastic at a price beyond any profit, so that it always has an answer."""
    from ortools.linear_solver.python import model_builder

    groups, local = np.unique(columns.group, return_inverse=True)
    count, dims = len(local), len(limit)
    convex = sparse.csr_matrix((np.ones(count), (local, np.arange(count))), shape=(len(groups), count))
    top = sparse.diags(1.0 / scale) @ use
    matrix = sparse.vstack(
        [sparse.hstack([top, -sparse.eye(dims)]), sparse.hstack([convex, sparse.csr_matrix((len(groups), dims))])]
    ).tocsr()
    dear = -1e2 * float(np.abs(columns.profit).max(initial=1.0)) * np.ones(dims)
    model = model_builder.Model()
    model.helper.fill_model_from_sparse_data(
        np.zeros(count + dims),
        np.full(count + dims, np.inf),
        np.concatenate([columns.profit, dear]),
        np.concatenate([np.full(dims, -np.inf), np.ones(len(groups))]),
        np.concatenate([limit / scale, np.ones(len(groups))]),
        matrix,
    )
    model.helper.set_maximize(True)
    solver = model_builder.Solver("glop")
    solver.set_solver_specific_parameters(GLOP_LIMITS)
    status = solver.solve(model)
    if status != model_builder.SolveStatus.OPTIMAL:
        raise RuntimeError(f"GLOP ended with {status.name} on a master of {count} columns, which has a solution")
    dual = np.asarray(solver.dual_values(model.get_linear_constraints()), dtype=float)
    share = np.asarray(solver.values(model.get_variables()), dtype=float)[:count]
    prices = np.maximum(dual[:dims] / scale, 0.0)
    reduced = columns.profit - use.T @ prices - dual[dims:][local]
    return Relaxed(share, prices, float(solver.objective_value), reduced)


def solve_integer(columns: Columns, use: sparse.csr_matrix, limit: Floats, hint: Ints, work: float) -> Ints | None:
    """One column a group in whole numbers under these limits, starting from the hint (columns); None without success.

    `work` is CP-SAT's deterministic time, not the clock. Uses are rounded up and limits down to a millionth of the
    largest number in their row.
    """
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    picks = [model.new_bool_var("") for _ in range(len(columns.group))]
    starts = np.flatnonzero(np.diff(columns.group, prepend=-1)).tolist() + [len(columns.group)]
    for start, end in zip(starts[:-1], starts[1:], strict=True):
        model.add_exactly_one(picks[start:end])
    for row in range(use.shape[0]):
        a, b = use.indptr[row], use.indptr[row + 1]
        if a == b:
            continue
        unit = 1e7 / max(float(np.abs(use.data[a:b]).max()), abs(float(limit[row])), 1e-12)
        amounts = np.ceil(use.data[a:b] * unit - 1e-6).astype(np.int64).tolist()
        most = int(np.floor(limit[row] * unit + 1e-6))
        model.add(cp_model.LinearExpr.weighted_sum([picks[j] for j in use.indices[a:b].tolist()], amounts) <= most)
    model.maximize(cp_model.LinearExpr.weighted_sum(picks, np.round(columns.profit * 100).astype(np.int64).tolist()))
    hinted = np.zeros(len(picks), dtype=bool)
    hinted[hint] = True
    for pick, is_in in zip(picks, hinted.tolist(), strict=True):
        model.add_hint(pick, is_in)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = work
    solver.parameters.random_seed = 1
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return np.flatnonzero([solver.boolean_value(pick) for pick in picks])
