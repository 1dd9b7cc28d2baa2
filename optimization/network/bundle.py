"""Sharper prices: cuts of the dual by bundles of groups, minimised by GLOP inside a box.

The cuts are true columns (orders with their lost sales), so that their shares at the minimum are a relaxed master's
answer, which `deal.py` makes a plan of. Runs in the worker's process only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

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


def cut_of(problem: Problem, state: State, found: Answer, prices: Floats, bundle: Ints) -> Cut:
    """The tangent of every bundle's value at these prices."""
    group, row, amount = use_triples(problem, state, found.chosen)
    count = int(bundle.max()) + 1
    use = sparse.csr_matrix((amount, (bundle[group], row)), shape=(count, problem.rows.count))
    return Cut(np.bincount(bundle, problem.weight * found.earned, minlength=count) + use @ prices, use)


@dataclass(frozen=True)
class Looking:
    """How hard each bundle round looks.

    Args:
        rounds: Bundle rounds.
        steps: Rounds of dynamic programme and step on ω, of a bundle round.
        nodes: Nodes of each cell's exact search.
        width: How far prices may move in the first round, as a share of themselves.
        shrink: By what the box shrinks when a round's bound is no better.
    """

    rounds: int
    steps: int = 1
    nodes: int = 0
    width: float = 0.15
    shrink: float = 0.7


@dataclass(frozen=True)
class Lowest:
    """Where the cuts' model of the dual is lowest: prices (R), and the share of each cut in each bundle (K, B)."""

    prices: Floats
    share: Floats


@dataclass
class Bundle:
    """A bundle's groups, its cuts so far, and how it goes on.

    Args:
        of: Bundle of each group (groups).
        cuts: One for each prices asked.
        keep: Told each round's chosen options, while the state still holds their arrivals.
        is_late: Asked before each round but the first.
    """

    of: Ints
    cuts: list[Cut] = field(default_factory=list)
    keep: Callable[[Ints], None] = lambda _: None
    is_late: Callable[[], bool] = lambda: False


def sharpen(problem: Problem, state: State, start: Floats, look: Looking, bundle: Bundle) -> Floats:
    """Prices of the smallest bound met. The box grows on success and shrinks on failure."""
    box = look.width * np.maximum(np.maximum(start, 0.5 * price_scales(problem)[0]), 1e-6)
    at, centre, least = start, start, np.inf
    live: Ints | None = None
    for step in range(look.rounds):
        if step and bundle.is_late():
            break
        steps = look.steps + (step == 0)
        found = ask(problem, state, at, live, Asking(3.0 / (1.0 + 0.1 * step), steps, look.nodes, _CLOSE))
        if step == 0:
            live = hopeful(problem, found, at)
        bundle.cuts.append(cut_of(problem, state, found, at, bundle.of))
        bundle.keep(found.chosen)
        if found.bound < least:
            box = box * (1.3 if step else 1.0)
            centre, least = at, found.bound
        else:
            box = box * look.shrink
        lowest = minimum(problem, bundle.cuts, centre, box)
        if lowest is None:
            break
        at = lowest.prices
    return centre


def minimum(problem: Problem, cuts: list[Cut], centre: Floats, box: Floats) -> Lowest | None:
    """Where in the box the cuts' model of the dual is lowest (GLOP), in steps of the box.

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
    share = np.asarray(solver.dual_values(model.get_linear_constraints()), dtype=float).reshape(len(cuts), count)
    return Lowest(np.maximum(centre + step * box, 0.0), np.maximum(share, 0.0))
