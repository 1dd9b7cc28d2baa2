"""The master: one column a group under the shared limits, relaxed (GLOP).

OR-Tools is imported inside the functions: only the worker's process may load it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse

from optimization.instance import Floats
from optimization.network.bundle import GLOP_LIMITS
from optimization.network.columns import Columns
from optimization.network.problem import Problem, entry_use


@dataclass(frozen=True)
class Relaxed:
    """The relaxed master: share of each column (c), prices of the limits (R), value, reduced value by column (c)."""

    share: Floats
    prices: Floats
    value: float
    reduced: Floats


def use_matrix(problem: Problem, columns: Columns) -> sparse.csr_matrix:
    """What each column uses of each limit (R, c)."""
    rows, options, count = problem.rows, problem.options, np.diff(columns.start)
    column = np.repeat(np.arange(len(count)), count)
    variant, _ = problem.entries_of(columns.option)
    row, entry, amount = entry_use(problem, variant, columns.path, columns.parts)
    own = sparse.csr_matrix(
        (options.use_amount, (options.use_option, options.use_row)), shape=(len(options.group), rows.count)
    )[columns.option].tocoo()
    at = np.concatenate([row, own.col]), np.concatenate([column[entry], own.row])
    return sparse.csr_matrix((np.concatenate([amount, own.data]), at), shape=(rows.count, len(count)))


def solve_relaxed(
    problem: Problem, columns: Columns, use: sparse.csr_matrix, limit: Floats, scale: Floats
) -> Relaxed | None:
    """Linear master. Limits (R) are elastic at a price beyond any profit, so that it always has an answer.

    None when GLOP gives up on the numbers: the plan and the bound met so far still stand.
    """
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
        return None
    dual = np.asarray(solver.dual_values(model.get_linear_constraints()), dtype=float)
    share = np.asarray(solver.values(model.get_variables()), dtype=float)[:count]
    prices = np.maximum(dual[:dims] / scale, 0.0)
    reduced = columns.profit - use.T @ prices - dual[dims:][local]
    return Relaxed(share, prices, float(solver.objective_value), reduced)
