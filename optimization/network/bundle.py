"""Sharper prices: cuts of the dual by bundles of groups, minimised by GLOP inside a box.

The cuts are true columns (orders with their lost sales), so that their shares at the minimum are the relaxed master's
answer: `shares`. Runs in the worker's process only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse

from optimization.instance import Floats, Ints
from optimization.network.dual import Answer, Asking, ask, hopeful, use_triples
from optimization.network.problem import Problem, State, price_scales

_CLOSE = 3e-4
# GLOP can cycle on badly scaled numbers; work is limited by count and by its deterministic time, not by the clock.
GLOP_LIMITS = "max_number_of_iterations: 200000 max_deterministic_time: 20"


@dataclass(frozen=True)
class Cut:
    """Value of each bundle's answer with no price on it (B), and its use of every limit (B, R)."""

    profit: Floats
    use: sparse.csr_matrix


def cut_of(problem: Problem, state: State, found: Answer, prices: Floats) -> Cut:
    """The tangent of every bundle's value at these prices."""
    names, bundle = np.unique(problem.options.bundle, return_inverse=True)
    group, row, amount = use_triples(problem, state, found.chosen)
    shape = (len(names), problem.rows.count)
    use = sparse.csr_matrix((amount, (bundle[group], row)), shape=shape)
    return Cut(np.bincount(bundle, found.earned, minlength=len(names)) + use @ prices, use)


def sharpen(
    problem: Problem,
    state: State,
    start: Floats,
    rounds: int,
    nodes: int,
    keep: Callable[[Ints], None] = lambda _: None,
) -> Floats:
    """Prices of the smallest bound met in so many rounds. The box grows on success and shrinks on failure.

    `keep` is told each round's chosen options, while the state still holds their arrivals.
    """
    cuts: list[Cut] = []
    box = np.maximum(0.15 * start, 0.08 * price_scales(problem)[0])
    at, centre, least = start, start, np.inf
    live: Ints | None = None
    for step in range(rounds):
        found = ask(
            problem, state, at, live, Asking(3.0 / (1.0 + 0.1 * step), 2 if step == 0 else 1, nodes, _CLOSE, not nodes)
        )
        if step == 0:
            live = hopeful(problem, found, at)
        cuts.append(cut_of(problem, state, found, at))
        keep(found.chosen)
        if found.bound < least:
            box = box * (1.3 if step else 1.0)
            centre, least = at, found.bound
        else:
            box = box * 0.7
        lower = lowest(problem, cuts, centre, box)
        if lower is None:
            break
        at = lower
    return centre


def lowest(problem: Problem, cuts: list[Cut], centre: Floats, box: Floats) -> Floats | None:
    """Prices in the box at which the cuts' model of the dual is lowest (GLOP), in steps of the box.

    None when GLOP gives up on the numbers: the prices met so far still stand.
    """
    from ortools.linear_solver.python import model_builder

    count, dims = len(cuts[0].profit), len(centre)
    limit = problem.rows.limit * box
    here = [cut.profit - cut.use @ centre for cut in cuts]
    base = np.max(here, axis=0)
    slope = sparse.vstack([cut.use for cut in cuts]) @ sparse.diags(box)
    unit = max(float(np.abs(limit).max()), float(abs(slope).max()), 1e-9)
    ones = sparse.vstack([sparse.eye(count)] * len(cuts))
    model = model_builder.Model()
    model.helper.fill_model_from_sparse_data(
        np.concatenate([np.maximum(-1.0, -centre / box), np.full(count, -np.inf)]),
        np.concatenate([np.ones(dims), np.full(count, np.inf)]),
        np.concatenate([limit / unit, np.ones(count)]),
        np.concatenate([(part - base) / unit for part in here]),
        np.full(count * len(cuts), np.inf),
        sparse.hstack([slope / unit, ones]).tocsr(),
    )
    solver = model_builder.Solver("glop")
    solver.set_solver_specific_parameters(GLOP_LIMITS)
    status = solver.solve(model)
    if status != model_builder.SolveStatus.OPTIMAL:
        return None
    step = np.asarray(solver.values(model.get_variables()), dtype=float)[:dims]
    return np.maximum(centre + step * box, 0.0)
