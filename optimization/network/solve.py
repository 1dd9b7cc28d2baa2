"""Solves one network: prices, columns, a plan of them, repair. Runs in the worker's process only.

Every loop stops by count, so that the same input gives the same bytes. The clock is looked at within every stage, but for
the first rounds of prices, without which there is no plan, and one polish of the first plan, which is worth more than it takes;
a solve that meets its time limit makes a plan of what it has and returns the best so far with its gap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimization.instance import Floats, Ints
from optimization.network.bundle import Bundle, Looking, sharpen
from optimization.network.columns import Columns, columns_of, merge
from optimization.network.deal import deal, shares_of
from optimization.network.draft import Draft, assemble, plan_of, polish
from optimization.network.dual import search, use_triples
from optimization.network.effort import NetworkEffort
from optimization.network.finish import finish, finish_whole
from optimization.network.instance import NetworkInstance, NetworkPlan
from optimization.network.master import solve_relaxed, use_matrix
from optimization.network.problem import Problem
from optimization.network.progress import Progress
from optimization.network.sample import bundles_of, corrected, part_of, sample_of

_EVERY_GROUP = 10**9
_NARROW = 0.04


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
        is_late: Asked within every stage; once true, the best plan so far is returned.
        say: Told how far the work is.
    """
    problem = Problem.of(instance)
    at = Progress.of(problem, effort, is_late, say)
    say(f"{instance.cells} product-locations, {len(problem.options.group)} options in {problem.options.groups} groups")
    prices = _first_prices(at)
    bundle = Bundle(bundles_of(problem, effort.bundles), keep=at.keep, is_late=is_late)
    if not is_late():
        look = Looking(effort.bundle_rounds, 2, effort.bundle_nodes, _NARROW, 0.5)
        prices = sharpen(problem, at.state, prices, look, bundle)
        say("prices sharpened on all groups")
    _first_plan(at, prices, bundle)
    if problem.options.groups <= effort.master_groups:
        for _ in range(effort.master_rounds):
            if not is_late():
                _master(at)
    if not is_late():
        at.prove(at.prices, effort.tighten_rounds, effort.tighten_nodes)
    if instance.cells <= effort.finish_cells:
        _finish(at)
    assert at.draft is not None
    excess = at.draft.excess(at.layout)
    return NetworkSolution(plan_of(problem, at.draft), at.bound, at.prices, excess, is_late())


def _first_prices(at: Progress) -> Floats:
    """Prices of about the smallest bound of all groups, or of a sample of them when they are many."""
    problem, effort = at.problem, at.effort
    is_sampled = problem.options.groups > effort.sample_groups
    groups, weight = sample_of(problem, effort.sample_groups) if is_sampled else (np.arange(0), np.zeros(0))
    sample = part_of(problem, groups, weight) if is_sampled else problem
    prices = search(sample, at.state, effort.search_rounds, effort.least_rounds, at.is_late)
    look = Looking(effort.sample_rounds, nodes=effort.bundle_nodes)
    for k in range(1 + (effort.corrections if is_sampled else 0)):
        if at.is_late():
            break
        asked = _corrected(at, sample, groups, prices) if k else sample
        bundle = Bundle(bundles_of(sample, _EVERY_GROUP), is_late=at.is_late)
        if not is_sampled:
            bundle.keep = at.keep
        prices = sharpen(asked, at.state, prices, look, bundle)
        at.say("prices sharpened" + (" on a sample" if is_sampled else ""))
    return prices


def _corrected(at: Progress, sample: Problem, groups: Ints, prices: Floats) -> Problem:
    """The sample under limits that all groups' answers to these prices correct."""
    at.prove(prices, at.effort.warm_rounds, at.effort.bundle_nodes)
    group, row, amount = use_triples(at.problem, at.state, at.pool[-1].option)
    weight = np.zeros(at.problem.options.groups)
    weight[groups] = sample.weight
    count = at.problem.rows.count
    use, sample_use = (np.bincount(row, each, count) for each in (amount, weight[group] * amount))
    return corrected(at.problem, sample, use.astype(np.float64), sample_use.astype(np.float64))


def _first_plan(at: Progress, prices: Floats, bundle: Bundle) -> None:
    """A first plan: of the answers to these prices, or as the bundle's cuts share them out."""
    problem, is_rushed = at.problem, at.is_late()
    live = at.prove(prices, 1 if is_rushed else 2, 0 if is_rushed else at.effort.prove_nodes)
    chosen, met = at.pool[-1], at.pool[-1 - len(bundle.cuts) : -1]
    picked, is_small = chosen, problem.options.groups <= at.effort.master_groups
    share = None if is_small or is_rushed else shares_of(problem, bundle.cuts, prices)
    if share is not None:
        cut = deal(problem, bundle.of, share)
        picked = merge([met[k].take(np.flatnonzero(cut == k)) for k in range(len(met))])
    idle = columns_of(problem, at.state, problem.options.group_start[:-1])
    others = [columns_of(problem, at.state, live), *(at.pool if is_small else met)]
    at.pool = [merge([picked, chosen, idle, *others])]
    draft = assemble(problem, at.layout, at.pool[0], _pick_of(at.pool[0], picked), prices)
    at.say(f"first plan {draft.profit:,.0f}, broken limits {draft.excess(at.layout):.3g}")
    at.offer(draft)
    is_late = (lambda: False) if is_rushed else at.is_late
    at.offer(polish(problem, at.layout, draft, prices, at.effort.polish_rounds, is_late))
    assert at.draft is not None
    at.say(f"single packs moved: plan {at.draft.profit:,.0f}")


def _finish(at: Progress) -> None:
    """The best of all plans, or of those near the one at hand; rounds go on while they find better ones."""
    most = max(8, at.effort.finish_orders // len(at.problem.variants.cell))
    for _ in range(at.effort.finish_rounds):
        if at.is_late() or at.draft is None:
            return
        before = at.draft
        _offer_better(at, *finish(at.problem, at.state, at.layout, at.prices, at.draft, most, at.effort.finish_work))
        if at.is_closed or at.draft is before:
            break
    if at.problem.instance.demand.size <= at.effort.whole_demands and not at.is_closed and not at.is_late():
        _offer_better(at, *finish_whole(at.problem, at.layout, at.effort.whole_nodes))


def _offer_better(at: Progress, made: Draft | None, bound: float) -> None:
    """Keeps what an exact method found."""
    at.bound = min(at.bound, bound)
    if made is not None:
        at.offer(made)
    assert at.draft is not None
    at.say(f"plan {at.draft.profit:,.2f}, bound {at.bound:,.2f}")


def _pick_of(columns: Columns, chosen: Columns) -> Ints:
    """Positions of the chosen columns (one a group) among all; the first of an option equal in profit."""
    wanted = chosen.option[columns.group] == columns.option
    gap = np.where(wanted, np.abs(columns.profit - chosen.profit[columns.group]), np.inf)
    order = np.lexsort((np.arange(len(gap)), gap, columns.group))
    return order[np.flatnonzero(np.diff(columns.group[order], prepend=-1))]


def _master(at: Progress) -> None:
    """One round: the relaxed master becomes a plan, then its prices are asked for bound and columns."""
    assert at.draft is not None
    columns = merge([*at.pool, at.draft.columns])
    relaxed = solve_relaxed(at.problem, columns, use_matrix(at.problem, columns), at.layout.limit, at.scale)
    if relaxed is None:
        at.say("GLOP gave up on the master")
        return
    order = np.lexsort((np.arange(len(columns.group)), -relaxed.share, columns.group))
    pick = order[np.flatnonzero(np.diff(columns.group[order], prepend=-1))]
    at.offer(assemble(at.problem, at.layout, columns, pick, relaxed.prices))
    at.offer(polish(at.problem, at.layout, at.draft, relaxed.prices, 2 * at.effort.polish_rounds, at.is_late))
    at.pool = [columns.take(_closest(columns, relaxed.reduced, at.effort.master_columns))]
    if at.is_late():
        return
    live = at.prove(relaxed.prices, 2, at.effort.prove_nodes)
    at.keep(live)
    at.say(f"plan {at.draft.profit:,.0f}, bound {at.bound:,.0f}, {len(columns.group)} columns")


def _closest(columns: Columns, reduced: Floats, most: int) -> Ints:
    """Of each group, so many columns of the best reduced value, and each option's best (columns, sorted)."""
    order = np.lexsort((-reduced, columns.group))
    start = np.flatnonzero(np.diff(columns.group[order], prepend=-1))
    rank = np.arange(len(order)) - np.repeat(start, np.diff(np.append(start, len(order))))
    keep = rank < most
    by_option = np.lexsort((-reduced, columns.option))
    first = by_option[np.flatnonzero(np.diff(columns.option[by_option], prepend=-1))]
    return np.unique(np.concatenate([order[keep], first]))
