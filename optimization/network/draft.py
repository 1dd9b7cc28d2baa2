"""From columns to a plan that keeps every limit: repair, exchange, single packs.

Lives here: the order in which the compiled loops of `moves.py` run. Every loop ends by count or when nothing helps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimization.instance import Floats, Ints
from optimization.network.columns import Columns, true_profit
from optimization.network.instance import NetworkInstance, NetworkPlan
from optimization.network.kernels import Charged
from optimization.network.moves import Layout, add_columns, column_scores, exchange, pack_moves
from optimization.network.problem import Problem, price_scales

# Sums in another order differ by about this share for each cell summed; a limit met to within _EXACT is kept.
_SAFE = 1e-13
_EXACT = 2e-7
_REPAIR_ROUNDS = 30
_GAIN_ROUNDS = 6


def layout_of(problem: Problem) -> Layout:
    """The problem for the loops; limits of large networks a hair inside, so that no sum in another order breaks them."""
    rows, options, instance = problem.rows, problem.options, problem.instance
    size = np.abs(rows.limit)
    size[rows.svc :] = instance.demand.sum() / instance.scenarios
    limit = rows.limit + _EXACT - _SAFE * instance.cells * size
    start = np.searchsorted(options.use_option, np.arange(len(options.group) + 1))
    weight = 1.0 / price_scales(problem)[1]
    return Layout(
        rows.storage, rows.svc, options.variant_start, options.variant, start, options.use_row, options.use_amount,
        limit, np.zeros(rows.count), weight,
    )  # fmt: skip


@dataclass
class Draft:
    """One column a group, and what they use together (R). Written in place while a plan is made."""

    columns: Columns
    use: Floats

    @property
    def profit(self) -> float:
        """True mean profit."""
        return float(self.columns.profit.sum())

    def excess(self, layout: Layout) -> float:
        """Weighted sum of what is over the limits."""
        return float((layout.weight * np.maximum(self.use - layout.limit, 0.0)).sum())


def draft_with(problem: Problem, layout: Layout, options: Ints, path: np.ndarray, parts: Floats) -> Draft:
    """The draft of one option a group (groups) with these arrivals of its variants (e, T) and their parts (e, T + 2)."""
    variant, _ = problem.entries_of(options)
    count = np.diff(problem.options.variant_start)[options]
    at = np.repeat(np.arange(len(options)), count)
    profit = np.bincount(at, true_profit(problem, variant, path, parts), len(options)) - problem.options.cost[options]
    start = np.concatenate([[0], np.cumsum(count)])
    columns = Columns(problem.options.group[options], options, profit, start, path, parts)
    return Draft(columns, use_of_columns(problem, layout, columns))


def use_of_columns(problem: Problem, layout: Layout, columns: Columns) -> Floats:
    """What columns use together (R)."""
    use = np.zeros(problem.rows.count)
    add_columns(problem.cells, problem.variants, layout, columns, use)
    return use


def assemble(problem: Problem, layout: Layout, columns: Columns, pick: Ints, prices: Floats) -> Draft:
    """A draft from one picked column a group (groups): what is broken is repaired at the least priced loss.

    Args:
        problem: The problem.
        layout: Its layout for the loops.
        columns: Columns of all groups.
        pick: A column of each (groups).
        prices: Prices of the limits (R).
    """
    pick, kernel = pick.copy(), (problem.cells, problem.variants, layout, columns)
    current = columns.take(pick)
    use = use_of_columns(problem, layout, current)
    gain, relief = np.empty(len(columns.group)), np.empty(len(columns.group))
    best = np.inf
    for _ in range(_REPAIR_ROUNDS):
        excess = (layout.weight * np.maximum(use - layout.limit, 0.0)).sum()
        if excess == 0.0 or excess > best * 0.999:
            break
        best = excess
        column_scores(*kernel, current, use, prices, gain, relief)
        rows = np.flatnonzero(relief > 1e-9)
        ratio = np.maximum(-gain[rows], 0.0) / relief[rows]
        exchange(*kernel, rows[np.lexsort((rows, ratio))], pick, use, prices, True)
        current = columns.take(pick)
    for kind in (prices, np.zeros_like(prices)):
        for _ in range(_GAIN_ROUNDS):
            column_scores(*kernel, current, use, kind, gain, relief)
            rows = np.flatnonzero((gain > 1e-6) & (relief >= 0.0))
            if not exchange(*kernel, rows[np.lexsort((rows, -gain[rows]))], pick, use, kind, False):
                break
            current = columns.take(pick)
    return Draft(current, use)


def polish(
    problem: Problem,
    layout: Layout,
    draft: Draft,
    prices: Floats,
    rounds: int,
    is_late: Callable[[], bool] = lambda: False,
) -> Draft:
    """The draft after single-pack moves: repair of what is broken, then gains, priced and true ones in turn.

    Repair is finished even when it is late: a plan that keeps its limits is worth the wait.
    """
    now, run = _orders_of(problem, layout, draft, prices)
    _mend(layout, now, run, rounds)
    best = now.draft(problem)
    for step in range(2 * rounds):
        mode = 1 - step % 2
        if is_late() or not run(mode):
            break
        if mode == 1 and now.profit.sum() > best.profit + problem.options.cost[draft.columns.option].sum():
            best = now.draft(problem)
    return best


def mend(problem: Problem, layout: Layout, draft: Draft, prices: Floats, rounds: int) -> Draft:
    """The draft after so many rounds of single-pack moves that lessen what is broken at the least priced loss."""
    now, run = _orders_of(problem, layout, draft, prices)
    _mend(layout, now, run, rounds)
    return now.draft(problem)


@dataclass
class _Orders:
    """A draft's orders while packs are moved: path, parts and profit by cell (e), use (R); written in place."""

    columns: Columns
    path: np.ndarray
    parts: Floats
    profit: Floats
    use: Floats

    def draft(self, problem: Problem) -> Draft:
        """A draft of these orders as they are now."""
        count = np.diff(self.columns.start)
        by_group = np.bincount(np.repeat(np.arange(len(count)), count), self.profit, len(count))
        total = by_group - problem.options.cost[self.columns.option]
        columns = self.columns._replace(path=self.path.copy(), parts=self.parts.copy(), profit=total)
        return Draft(columns, self.use.copy())


def free_of_charge(instance: NetworkInstance) -> Charged:
    """Prices of nothing."""
    return Charged(np.zeros(instance.weeks), np.zeros(instance.capacity.shape), np.zeros(instance.channels))


def _orders_of(problem: Problem, layout: Layout, draft: Draft, prices: Floats) -> tuple[_Orders, Callable[[int], int]]:
    """A draft's orders, and what makes one round of moves on them in a mode of `pack_moves`; it counts the moves."""
    columns = draft.columns
    variant, _ = problem.entries_of(columns.option)
    path, parts = columns.path.copy(), columns.parts.copy()
    now = _Orders(columns, path, parts, true_profit(problem, variant, path, parts), draft.use.copy())
    free, order = free_of_charge(problem.instance), np.random.default_rng(11).permutation(len(path))

    def run(mode: int) -> int:
        return int(
            pack_moves(
                problem.cells, problem.variants, layout, free, order, variant, now.path, now.parts, now.profit,
                now.use, prices, mode,
            )
        )  # fmt: skip

    return now, run


def _mend(layout: Layout, now: _Orders, run: Callable[[int], int], rounds: int) -> None:
    """Rounds of repair, until nothing is broken or nothing helps."""
    for _ in range(rounds):
        if (now.use <= layout.limit).all() or not run(2):
            break


def plan_of(problem: Problem, draft: Draft) -> NetworkPlan:
    """The plan of a draft."""
    plan = NetworkPlan.empty(problem.instance)
    variant, _ = problem.entries_of(draft.columns.option)
    cell = problem.variants.cell[variant]
    at, week = np.nonzero(draft.columns.path)
    plan.packs[cell[at], week - problem.cells.lead[cell[at]]] = draft.columns.path[at, week]
    is_chosen = np.zeros(len(problem.options.group), dtype=bool)
    is_chosen[draft.columns.option] = True
    launches = problem.options.launches[is_chosen[problem.options.launches[:, 0]]]
    _, p, c, start, exposed = launches.T
    plan.launch_week[p, c], plan.exposed_weeks[p, c] = start, exposed
    return plan
