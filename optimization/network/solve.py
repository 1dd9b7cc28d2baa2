"""Solves one network: prices, columns, master, repair. Runs in the worker's process only.

Every loop stops by count, so that the same input gives the same bytes; the clock is looked at between stages, and a
solve that meets its time limit returns the best plan so far with its gap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from optimization.instance import Floats, Ints
from optimization.network.bundle import sharpen
from optimization.network.columns import Columns, columns_of, merge, stack
from optimization.network.draft import Draft, assemble, layout_of, plan_of, polish, use_of_columns
from optimization.network.dual import Asking, ask, hopeful, search
from optimization.network.finish import finish
from optimization.network.instance import NetworkInstance, NetworkPlan
from optimization.network.master import solve_relaxed, use_matrix
from optimization.network.moves import Layout
from optimization.network.problem import Problem, State, part_of, price_scales


@dataclass(frozen=True)
class NetworkEffort:
    """How hard to try, in counts.

    Args:
        sample_groups: Groups on which the first prices are searched.
        search_rounds: Subgradient rounds on them.
        sample_cycles: Times that a sample's prices are sharpened.
        bundle_rounds: Bundle rounds, on the sample and on all groups.
        master_rounds: Rounds of relaxed master and pricing.
        block_groups: Groups of one relaxed master; a larger network is planned block by block, `block_rounds` times.
        large_bundle_rounds: Bundle rounds on all groups of a larger network.
        master_columns: Columns a group that the master keeps.
        bundle_nodes, prove_nodes, tighten_nodes: Nodes of each cell's exact search in a bundle's round, at a master's
            prices, and for the bound.
        tighten_rounds: Rounds on ω for the bound, at most; a large network has fewer.
        polish_rounds: Rounds of single-pack moves.
        finish_cells: Cells up to which a network is finished exactly.
        finish_orders: Orders listed in all, shared out among variants.
        finish_rounds: Times that orders are listed and picked, at most.
        finish_work: CP-SAT's deterministic time of each.
    """

    sample_groups: int = 3000
    search_rounds: int = 40
    sample_cycles: int = 2
    bundle_rounds: int = 14
    master_rounds: int = 3
    block_groups: int = 1500
    block_rounds: int = 1
    large_bundle_rounds: int = 12
    master_columns: int = 8
    tighten_rounds: int = 12
    bundle_nodes: int = 60
    prove_nodes: int = 200
    tighten_nodes: int = 2000
    polish_rounds: int = 8
    finish_cells: int = 100
    finish_orders: int = 20_000
    finish_rounds: int = 3
    finish_work: float = 10.0


@dataclass(frozen=True)
class NetworkSolution:
    """A plan, a bound on every plan, prices of the limits at the bound (R), and how far limits are exceeded (0: kept).

    Args:
        plan: Orders and launches.
        bound: No plan earns more.
        prices: In the order of `Rows`.
        excess: Weighted sum of broken limits; above 0 only when no plan was found that keeps them all.
        is_cut_short: Whether the time limit ended the search.
    """

    plan: NetworkPlan
    bound: float
    prices: Floats
    excess: float
    is_cut_short: bool


@dataclass
class _Search:
    """What a solve has found so far."""

    problem: Problem
    effort: NetworkEffort
    is_late: Callable[[], bool]
    say: Callable[[str], None]
    state: State
    layout: Layout
    bound: float = np.inf
    prices: Floats = field(default_factory=lambda: np.zeros(0))
    pool: list[Columns] = field(default_factory=list)
    draft: Draft | None = None

    @cached_property
    def scale(self) -> Floats:
        """Sizes of the limits (R)."""
        return price_scales(self.problem)[1]

    @cached_property
    def blocks(self) -> int:
        """Blocks that the master works through."""
        return max(1, round(self.problem.options.groups / self.effort.block_groups))

    @property
    def polish_rounds(self) -> int:
        """Rounds of single-pack moves: fewer where cells are so many that one pack no longer matters."""
        return self.effort.polish_rounds if self.blocks == 1 else 1

    def prove(self, prices: Floats, rounds: int, nodes: int) -> Ints:
        """Asks every option at these prices, keeps the bound and the columns, and returns hopeful options."""
        found = ask(self.problem, self.state, prices, None, Asking(2.0, rounds, nodes))
        if found.bound < self.bound:
            self.bound, self.prices = found.bound, prices
        self.pool.append(columns_of(self.problem, self.state, found.chosen))
        return hopeful(self.problem, found, prices)

    def offer(self, draft: Draft) -> None:
        """Keeps the draft if it is better: fewer broken limits first, then profit."""
        mine = (draft.excess(self.layout), -draft.profit)
        if self.draft is None or mine < (self.draft.excess(self.layout), -self.draft.profit):
            self.draft = draft


def solve_network(
    instance: NetworkInstance,
    effort: NetworkEffort,
    is_late: Callable[[], bool] = lambda: False,
    say: Callable[[str], None] = lambda _: None,
) -> NetworkSolution:
    """The best plan found, and a bound on every plan.

    Args:
        instance: The question.
        effort: Counts of rounds.
        is_late: Asked between stages; once true, the best plan so far is returned.
        say: Told how far the work is.
    """
    problem = Problem.of(instance)
    at = _Search(problem, effort, is_late, say, State.of(problem), layout_of(problem))
    say(f"{instance.cells} product-locations, {len(problem.options.group)} options in {problem.options.groups} groups")
    prices = _first_prices(at)
    if not is_late():
        prices = _sharp_prices(at, prices)
    _plan_at(at, prices)
    for _ in range(effort.master_rounds if at.blocks == 1 else effort.block_rounds):
        if not is_late():
            _master(at)
    if not is_late():
        at.prove(at.prices, effort.tighten_rounds if at.blocks == 1 else 3, effort.tighten_nodes)
        say(f"bound {at.bound:,.0f}")
    if instance.cells <= effort.finish_cells:
        _finish(at)
    assert at.draft is not None
    excess = at.draft.excess(at.layout)
    return NetworkSolution(plan_of(problem, at.draft), at.bound, at.prices, excess, is_late())


def _first_prices(at: _Search) -> Floats:
    """Prices of about the smallest bound of all groups, or of a sample of them when they are many."""
    problem, effort = at.problem, at.effort
    share = max(1, -(-problem.options.groups // effort.sample_groups))
    if share == 1:
        return search(problem, at.state, effort.search_rounds)
    groups = np.arange(0, problem.options.groups, share)
    sample = part_of(problem, groups, problem.rows.limit / share)
    prices = search(sample, at.state, effort.search_rounds)
    for _ in range(effort.sample_cycles):
        prices = sharpen(sample, at.state, prices, effort.bundle_rounds, effort.bundle_nodes)
    at.say("first prices from a sample")
    return prices


def _sharp_prices(at: _Search, prices: Floats) -> Floats:
    """Prices sharpened on all groups; the answers met become columns."""

    def keep(options: Ints) -> None:
        at.pool.append(columns_of(at.problem, at.state, options))

    cycles, rounds = (2, at.effort.bundle_rounds) if at.blocks == 1 else (1, at.effort.large_bundle_rounds)
    for _ in range(cycles):
        prices = sharpen(at.problem, at.state, prices, rounds, at.effort.bundle_nodes, keep)
        at.say("prices sharpened on all groups")
    return prices


def _plan_at(at: _Search, prices: Floats) -> None:
    """A first plan from the best columns at these prices."""
    live = at.prove(prices, 2, at.effort.prove_nodes)
    at.say(f"bound {at.bound:,.0f}")
    chosen = at.pool[-1]
    idle = columns_of(at.problem, at.state, at.problem.options.group_start[:-1])
    at.pool = [merge([chosen, columns_of(at.problem, at.state, live), idle, *at.pool])]
    draft = assemble(at.problem, at.layout, at.pool[0], _pick_of(at.pool[0], chosen), prices)
    at.say(f"first plan {draft.profit:,.0f}, broken limits {draft.excess(at.layout):.3g}")
    at.offer(draft)


def _finish(at: _Search) -> None:
    """The best of all plans, or of those near the one at hand; rounds go on while they find better ones."""
    most = max(8, at.effort.finish_orders // len(at.problem.variants.cell))
    for _ in range(at.effort.finish_rounds):
        if at.is_late() or at.draft is None:
            return
        before = at.draft.profit
        made, bound = finish(at.problem, at.state, at.layout, at.prices, at.draft, most, at.effort.finish_work)
        at.bound = min(at.bound, bound)
        if made is not None:
            at.offer(made)
        at.say(f"plan {at.draft.profit:,.2f}, bound {at.bound:,.2f} among listed orders")
        if at.bound - at.draft.profit <= 1e-6 * abs(at.bound) or at.draft.profit <= before:
            return


def _pick_of(columns: Columns, chosen: Columns) -> Ints:
    """Positions of the chosen columns (one a group) among all; the first of an option equal in profit."""
    wanted = chosen.option[columns.group] == columns.option
    gap = np.where(wanted, np.abs(columns.profit - chosen.profit[columns.group]), np.inf)
    order = np.lexsort((np.arange(len(gap)), gap, columns.group))
    return order[np.flatnonzero(np.diff(columns.group[order], prepend=-1))]


def _master(at: _Search) -> None:
    """One round: each block's relaxed master becomes its plan, then the prices met are asked for bound and columns."""
    assert at.draft is not None
    columns, met, kept = merge([*at.pool, at.draft.columns]), [], []
    block_of = columns.group % at.blocks
    for block in range(at.blocks):
        if at.is_late():
            return
        rows = np.flatnonzero(block_of == block)
        prices, closest = _block(at, columns.take(rows))
        met.append(prices)
        kept.append(closest)
        if at.blocks > 1 and block % 8 == 7:
            at.say(f"block {block + 1} of {at.blocks}: plan {at.draft.profit:,.0f}")
    at.offer(polish(at.problem, at.layout, at.draft, met[-1], at.polish_rounds))
    at.pool = [merge(kept)]
    prices = np.median(met, axis=0)
    live = at.prove(prices, 2, at.effort.prove_nodes)
    at.pool.append(columns_of(at.problem, at.state, live))
    at.say(f"plan {at.draft.profit:,.0f}, bound {at.bound:,.0f}, {len(columns.group)} columns")


def _block(at: _Search, columns: Columns) -> tuple[Floats, Columns]:
    """Plans one block of groups under what the others leave; its prices, and its columns nearest to use."""
    assert at.draft is not None
    groups, local = np.unique(columns.group, return_inverse=True)
    mine = at.draft.columns.take(groups)
    others = at.draft.use - use_of_columns(at.problem, at.layout, mine)
    use = use_matrix(at.problem, columns)
    limit = at.layout.limit - others
    relaxed = solve_relaxed(at.problem, columns, use, limit, at.scale)
    order = np.lexsort((np.arange(len(local)), -relaxed.share, local))
    pick = order[np.flatnonzero(np.diff(local[order], prepend=-1))]
    made = assemble(at.problem, at.layout, columns._replace(group=local), pick, relaxed.prices, others)
    at.offer(_with_block(at.draft, groups, made))
    return relaxed.prices, columns.take(_closest(columns, relaxed.reduced, at.effort.master_columns))


def _with_block(draft: Draft, groups: Ints, made: Draft) -> Draft:
    """The draft with these groups as newly made; `made` knows what all use."""
    if len(groups) == len(draft.columns.group):
        return Draft(made.columns._replace(group=groups), made.use)
    is_other = np.ones(len(draft.columns.group), dtype=bool)
    is_other[groups] = False
    parts = [draft.columns.take(np.flatnonzero(is_other)), made.columns._replace(group=groups)]
    joined = stack(parts)
    return Draft(joined.take(np.argsort(joined.group, kind="stable")), made.use)


def _closest(columns: Columns, reduced: Floats, most: int) -> Ints:
    """Of each group, so many columns of the best reduced value, and each option's best (columns, sorted)."""
    order = np.lexsort((-reduced, columns.group))
    start = np.flatnonzero(np.diff(columns.group[order], prepend=-1))
    rank = np.arange(len(order)) - np.repeat(start, np.diff(np.append(start, len(order))))
    keep = rank < most
    by_option = np.lexsort((-reduced, columns.option))
    first = by_option[np.flatnonzero(np.diff(columns.option[by_option], prepend=-1))]
    return np.unique(np.concatenate([order[keep], first]))
