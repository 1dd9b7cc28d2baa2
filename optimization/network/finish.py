"""Small networks, finished exactly: all orders that a better plan could hold are listed, and CP-SAT picks among them.

At prices λ with bound B, a plan worth more than the one at hand, P, holds in no cell orders worth B − P less than the
cell's best, options' own worth counted: else B would fall by more than B − P when that cell is held to them. With z_o
the options of a group and x_k the orders listed of a variant v,

    max Σ_k profit_k·x_k − Σ_o cost_o·z_o   under   Σ_{o in group} z_o = 1,   Σ_{k of v} x_k = Σ_{o holding v} z_o,

and the limits. When all such orders are listed, CP-SAT's bound holds for every plan. Where they are too many to list, SCIP
works on the whole programme (`mip.py`). Runs in the worker's process only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sparse

from optimization.instance import Floats, Ints
from optimization.network.columns import true_profit
from optimization.network.draft import Draft, draft_with, free_of_charge
from optimization.network.dual import Asking, ask
from optimization.network.exact import nearest_orders
from optimization.network.greedy import values_of
from optimization.network.mip import whole_model
from optimization.network.moves import Layout
from optimization.network.problem import Problem, State, entry_use

_NODES = 50_000
# SCIP keeps rows to within this.
_LOOSE = 1e-6
# Larger whole numbers than this lead CP-SAT to prove bounds that are none.
_UNITS = 1e9


@dataclass(frozen=True)
class Listed:
    """Orders of variants that a better plan may hold.

    Args:
        options: Options that it may hold, sorted by group (o).
        variant: Variant of each of the orders (k), sorted.
        path, parts: Arrivals and what they hold, lose and are asked for (k, T and k, T + 2).
        is_all: Whether no such orders are missing.
    """

    options: Ints
    variant: Ints
    path: np.ndarray
    parts: Floats
    is_all: bool


def list_orders(problem: Problem, state: State, prices: Floats, least: float, most: int) -> Listed:
    """Orders that a plan worth more than `least` may hold, at most `most` of each variant.

    Args:
        problem: The problem.
        state: Its state, refined at these prices.
        prices: Prices of the limits (R).
        least: Value of a plan at hand; −inf when there is none.
        most: Orders of a variant.
    """
    found = ask(problem, state, prices, None, Asking(2.0, 2, _NODES, 0.0))
    spare = found.bound - least
    spare += 1e-7 * (1.0 + abs(found.bound)) if np.isfinite(spare) else 0.0
    _, top = problem.best_options(found.worth)
    behind = top[problem.options.group] - found.worth
    options = np.flatnonzero(behind <= spare)
    room = np.full(len(problem.variants.cell), -np.inf)
    variant, _ = problem.entries_of(options)
    np.maximum.at(room, variant, np.repeat(spare - behind[options], np.diff(problem.options.variant_start)[options]))
    charged, weeks = problem.charged(prices), problem.instance.weeks
    paths, parts, of, is_all = [], [], [], True
    for v in np.unique(variant).tolist():
        path, part = np.zeros((most, weeks), dtype=np.int64), np.zeros((most, weeks + 2))
        worst = state.value[v] - room[v]
        count, is_whole = nearest_orders(problem.cells, problem.variants, charged, v, state.omega, worst, path, part)
        paths.append(path[:count])
        parts.append(part[:count])
        of += [v] * count
        is_all = is_all and is_whole
    return Listed(options, np.array(of, dtype=np.int64), np.concatenate(paths), np.concatenate(parts), is_all)


def finish(
    problem: Problem, state: State, layout: Layout, prices: Floats, draft: Draft, most: int, work: float
) -> tuple[Draft | None, float]:
    """The best plan of listed orders, None when none was found, and a bound on every plan (inf when none was proved).

    Args:
        problem: The problem.
        state: Its state, refined at these prices.
        layout: Its layout.
        prices: Prices of the limits (R).
        draft: The plan at hand.
        most: Orders of a variant.
        work: CP-SAT's deterministic time.
    """
    is_kept = draft.excess(layout) == 0.0
    listed = list_orders(problem, state, prices, draft.profit if is_kept else -np.inf, most)
    picked, bound = _pick(problem, layout, listed, draft, work, False)
    made = None if picked is None else _draft_of(problem, layout, listed, *picked)
    if made is not None and made.excess(layout) > 0.0:
        picked, _ = _pick(problem, layout, listed, draft, work, True)
        made = None if picked is None else _draft_of(problem, layout, listed, *picked)
    if not listed.is_all:
        return made, np.inf
    return made, max(bound, draft.profit if is_kept else -np.inf)


def finish_whole(problem: Problem, layout: Layout, nodes: int) -> tuple[Draft | None, float]:
    """The best plan that SCIP finds in the whole programme within so many nodes, and its bound on every plan."""
    from ortools.linear_solver.python import model_builder

    whole = whole_model(problem)
    solver = model_builder.Solver("scip")
    solver.set_solver_specific_parameters(f"limits/nodes = {nodes}\nlimits/gap = 1e-6\n")
    status = solver.solve(whole.model)
    if status not in (model_builder.SolveStatus.OPTIMAL, model_builder.SolveStatus.FEASIBLE):
        return None, np.inf
    value = np.asarray(solver.values(whole.model.get_variables()), dtype=float)
    options = np.flatnonzero(value[whole.option] > 0.5)
    variant, _ = problem.entries_of(options)
    at = whole.packs[problem.variants.cell[variant]]
    path = np.where(at >= 0, np.rint(value[at]), 0.0).astype(np.int32)
    parts = np.zeros((len(variant), problem.instance.weeks + 2))
    values_of(problem.cells, problem.variants, free_of_charge(problem.instance), variant, path, parts)
    bound = float(solver.best_objective_bound)
    return draft_with(problem, layout, options, path, parts), bound + _LOOSE * abs(bound)


def _pick(
    problem: Problem, layout: Layout, listed: Listed, draft: Draft, work: float, is_strict: bool
) -> tuple[tuple[Ints, Ints] | None, float]:
    """CP-SAT's choice (positions among listed options and orders) and its bound.

    Uses of limits are rounded to whole numbers: strictly, so that what is picked keeps them, or so that nothing that
    keeps them is left out.
    """
    from ortools.sat.python import cp_model

    options, profit = problem.options, true_profit(problem, listed.variant, listed.path, listed.parts)
    model = cp_model.CpModel()
    z = [model.new_bool_var("") for _ in listed.options]
    x = [model.new_bool_var("") for _ in listed.variant]
    group = options.group[listed.options]
    for g in np.unique(group).tolist():
        model.add_exactly_one([z[o] for o in np.flatnonzero(group == g)])
    holders: dict[int, list[int]] = {}
    for at, option in enumerate(listed.options.tolist()):
        for v in options.variant[options.variant_start[option] : options.variant_start[option + 1]].tolist():
            holders.setdefault(v, []).append(at)
    first = np.searchsorted(listed.variant, np.arange(len(problem.variants.cell) + 1))
    for v, at_options in holders.items():
        model.add(sum(x[first[v] : first[v + 1]]) == sum(z[o] for o in at_options))
    use = _use_matrix(problem, listed)
    for row in np.flatnonzero(np.diff(use.indptr)):
        a, b = use.indptr[row], use.indptr[row + 1]
        unit = _UNITS / max(float(np.abs(use.data[a:b]).max()), abs(float(layout.limit[row])), 1e-12)
        scaled = use.data[a:b] * unit
        amounts = (np.ceil(scaled) if is_strict else np.floor(scaled)).astype(np.int64).tolist()
        both = [(z + x)[j] for j in use.indices[a:b].tolist()]
        most = int(np.floor((layout.limit[row] + 1e-9) * unit))
        model.add(cp_model.LinearExpr.weighted_sum(both, amounts) <= most)
    worth = np.concatenate([-options.cost[listed.options], profit])
    unit = 1e9 / max(float(np.abs(worth).max()), 1e-12)
    model.maximize(cp_model.LinearExpr.weighted_sum(z + x, np.round(worth * unit).astype(np.int64).tolist()))
    _hint(model, z, x, problem, listed, draft)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = work
    solver.parameters.random_seed = 1
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return None, -np.inf
    error = (options.groups + problem.instance.cells) / unit
    bound = float(solver.best_objective_bound) / unit + error
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None, bound
    chosen = [np.flatnonzero([solver.boolean_value(each) for each in which]) for which in (z, x)]
    return (chosen[0], chosen[1]), bound


def _use_matrix(problem: Problem, listed: Listed) -> sparse.csr_matrix:
    """What each listed option, then each of the orders, uses of every limit (R, o + k)."""
    options, count = problem.options, len(listed.options)
    shape = (len(options.group), problem.rows.count)
    own = sparse.csr_matrix((options.use_amount, (options.use_option, options.use_row)), shape=shape)
    row, entry, amount = entry_use(problem, listed.variant, listed.path, listed.parts)
    orders = sparse.csr_matrix((amount, (row, entry)), shape=(problem.rows.count, len(listed.variant)))
    both = sparse.hstack([own[listed.options].T, orders]).tocsr()
    both.eliminate_zeros()
    assert both.shape[1] == count + len(listed.variant)
    return both


def _hint(model: Any, z: list[Any], x: list[Any], problem: Problem, listed: Listed, draft: Draft) -> None:
    """Starts CP-SAT from the draft, as far as its orders are listed."""
    is_option = np.isin(listed.options, draft.columns.option)
    variant, _ = problem.entries_of(draft.columns.option)
    held = dict(zip(variant.tolist(), draft.columns.path, strict=True))
    orders = zip(listed.variant.tolist(), listed.path, strict=True)
    is_held = [v in held and bool((held[v] == path).all()) for v, path in orders]
    for each, is_in in zip(z + x, [*is_option.tolist(), *is_held], strict=True):
        model.add_hint(each, is_in)


def _draft_of(problem: Problem, layout: Layout, listed: Listed, option_at: Ints, order_at: Ints) -> Draft:
    """The draft of these options and orders."""
    options = listed.options[option_at]
    variant, _ = problem.entries_of(options)
    at = order_at[np.searchsorted(listed.variant[order_at], variant)]
    return draft_with(problem, layout, options, listed.path[at].astype(np.int32), listed.parts[at])
