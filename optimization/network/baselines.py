"""Rules that planners of networks use today, in the race with the plan on the same instance.

All of them choose launches alike: each candidate's best option by what it would earn alone, the most profitable first,
as long as launch caps, slots and the small sellers' share allow; of all, half, a quarter or none of these, what turns
out best. Then `greedy` adds orders by what they earn for their
money and keeps every limit; the others want quantities item by item, and where they want more than a week's budget,
all get the same share of what they want, up to whole packs. Storage and fill floors these do not know, and may break.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product as combinations

import numpy as np

from optimization.instance import Floats, Ints
from optimization.network.draft import draft_with, free_of_charge, layout_of, mend, plan_of
from optimization.network.greedy import add_greedily, owed, values_of
from optimization.network.instance import NetworkInstance, NetworkPlan
from optimization.network.moves import Layout
from optimization.network.problem import Problem

_MEND_ROUNDS = 12
_SERVICE = 0.95
_SHARES = (1.0, 0.5, 0.25, 0.0)


@dataclass
class _Orders:
    """Arrivals of entries' variants (e, T), their parts (e, T + 2) and profit (e), and use of limits (R)."""

    path: np.ndarray
    parts: Floats
    profit: Floats
    use: Floats

    @classmethod
    def none(cls, problem: Problem, entry: Ints) -> _Orders:
        """Nothing ordered."""
        weeks, free = problem.instance.weeks, free_of_charge(problem.instance)
        path, parts = np.zeros((len(entry), weeks), dtype=np.int32), np.zeros((len(entry), weeks + 2))
        profit = values_of(problem.cells, problem.variants, free, entry, path, parts)
        return cls(path, parts, profit, np.zeros(problem.rows.count))

    def add(self, problem: Problem, layout: Layout, entry: Ints, is_fill: bool = False) -> None:
        """Orders added as long as they earn and fit, or until fill floors are kept."""
        add_greedily(
            problem.cells, problem.variants, layout, free_of_charge(problem.instance), entry, self.path, self.parts,
            self.profit, self.use, is_fill,
        )  # fmt: skip


def launch_choices(problem: Problem, layout: Layout) -> list[Ints]:
    """Options of each group (groups), for each of `_SHARES` of the launches worth making.

    Launches are ranked by what they earn alone, and taken within launch caps, slots and fairness.
    """
    options, rows = problem.options, problem.rows
    entry = np.arange(len(problem.variants.cell))
    alone = _Orders.none(problem, entry)
    alone.add(problem, layout._replace(limit=np.full(rows.count, np.inf)), entry)
    worth = problem.option_values(alone.profit, np.zeros(rows.count))
    idle = options.group_start[:-1]
    gain = worth - worth[idle][options.group]
    order = np.lexsort((np.arange(len(gain)), -gain))
    use, taken = np.zeros(rows.count), dict[int, int]()
    for _ in range(2):
        for option in order[gain[order] > 0.0].tolist():
            group, own = int(options.group[option]), slice(*layout.own_start[option : option + 2])
            after = use.copy()
            np.add.at(after, layout.own_row[own], layout.own_amount[own])
            if group not in taken and (after[rows.slot : rows.svc] <= layout.limit[rows.slot : rows.svc]).all():
                use, taken[group] = after, option
    ranked, choices = sorted(taken, key=lambda group: -gain[taken[group]]), []
    for share in _SHARES:
        kept = ranked[: round(share * len(ranked))]
        choices.append(idle.copy())
        choices[-1][kept] = [taken[group] for group in kept]
    return choices


def greedy(instance: NetworkInstance) -> NetworkPlan:
    """Orders by marginal profit per unit of budget, every limit kept; fill floors first or mended at the end."""
    problem = Problem.of(instance)
    layout, drafts = layout_of(problem), []
    for options, is_fill_first in combinations(launch_choices(problem, layout), (False, True)):
        entry, _ = problem.entries_of(options)
        orders = _Orders.none(problem, entry)
        orders.use = draft_with(problem, layout, options, orders.path, orders.parts).use
        if is_fill_first:
            orders.add(problem, layout, entry, is_fill=True)
        orders.add(problem, layout, entry)
        draft = draft_with(problem, layout, options, orders.path, orders.parts)
        drafts.append(mend(problem, layout, draft, np.zeros(problem.rows.count), _MEND_ROUNDS))
    return plan_of(problem, min(drafts, key=lambda draft: (draft.excess(layout), -draft.profit)))


def base_stock(instance: NetworkInstance) -> NetworkPlan:
    """Each week up to the level that covers demand through the arrival week in 95 of 100 scenarios."""
    return _rationed(instance, lambda problem, net, cell, week: np.quantile(net[:, :, week], _SERVICE, axis=1))


def newsvendor(instance: NetworkInstance) -> NetworkPlan:
    """As early as can be, up to each item's critical ratio of its demand through the horizon."""

    def level(problem: Problem, net: Floats, cell: Ints, week: int) -> Floats:
        cells = problem.cells
        under = (cells.price + cells.penalty - cells.unit_cost)[cell]
        over = (cells.unit_cost - cells.salvage)[cell] + cells.hold[cell] * (problem.instance.weeks - week) / 2.0
        ratio = np.clip(under / np.maximum(under + over, 1e-9), 0.0, 1.0)
        rank = np.clip(np.ceil(ratio * net.shape[1] - 1e-9).astype(np.int64) - 1, 0, net.shape[1] - 1)
        return np.asarray(np.sort(net[:, :, -1], axis=1)[np.arange(len(net)), rank])

    return _rationed(instance, level)


def mean_forecast(instance: NetworkInstance) -> NetworkPlan:
    """Each week up to the level that covers mean demand through the arrival week."""
    return _rationed(instance, lambda problem, net, cell, week: net[:, :, week].mean(axis=1))


BASELINES: dict[str, Callable[[NetworkInstance], NetworkPlan]] = {
    "greedy": greedy,
    "base-stock": base_stock,
    "newsvendor": newsvendor,
    "mean forecast": mean_forecast,
}


def _rationed(instance: NetworkInstance, level: Callable[[Problem, Floats, Ints, int], Floats]) -> NetworkPlan:
    """The most profitable plan of the launch choices, orders up to a level by entry and arrival week, budgets shared."""
    problem = Problem.of(instance)
    layout, free = layout_of(problem), free_of_charge(instance)
    drafts = []
    for options in launch_choices(problem, layout):
        entry, _ = problem.entries_of(options)
        cell = problem.variants.cell[entry]
        net = owed(problem.cells, problem.variants, free, entry)
        levels = np.stack([level(problem, net, cell, week) for week in range(instance.weeks)], axis=1)
        path = _up_to(problem, entry, levels)
        parts = np.zeros((len(entry), instance.weeks + 2))
        values_of(problem.cells, problem.variants, free, entry, path, parts)
        drafts.append(draft_with(problem, layout, options, path, parts))
    return plan_of(problem, max(drafts, key=lambda draft: draft.profit))


def _up_to(problem: Problem, entry: Ints, levels: Floats) -> np.ndarray:
    """Arrivals (e, T) that follow from ordering, each week, up to the level of the arrival week (e, T)."""
    cell, weeks, cells = problem.variants.cell[entry], problem.instance.weeks, problem.cells
    pack, moq, lead, first = cells.pack[cell], cells.moq[cell], cells.lead[cell], problem.variants.first[entry]
    path = np.zeros((len(entry), weeks), dtype=np.int32)
    for week in range(weeks):
        at = np.minimum(week + lead, weeks - 1)
        wanted = np.rint((levels[np.arange(len(cell)), at] - pack * path.sum(axis=1)) / pack)
        is_open = (wanted >= 0.5 * moq) & (week + lead < weeks) & (at >= first)
        wanted = np.where(is_open, np.maximum(wanted, moq), 0.0)
        packs = _ration(wanted, moq, cells.unit_cost[cell] * pack, float(problem.instance.budgets[week]))
        rows = np.flatnonzero(packs)
        path[rows, at[rows]] = packs[rows].astype(np.int32)
    return path


def _ration(wanted: Floats, moq: Ints, money: Floats, budget: float) -> Floats:
    """Packs (e) for a week's budget: the same share for all in whole packs, what is left over to some of them.

    >>> _ration(np.array([4.0, 2.0, 0.0]), np.array([1, 2, 1]), np.array([1.0, 1.0, 1.0]), 4.0)
    array([2., 2., 0.])
    """
    total = float(money @ wanted)
    if total <= budget:
        return wanted
    packs = np.floor(wanted * (budget / total) + 1e-9)
    packs[packs < moq] = 0.0
    left = budget - float(money @ packs)
    for e in np.random.default_rng(5).permutation(np.flatnonzero(packs < wanted)).tolist():
        more = max(1.0, float(moq[e])) if packs[e] == 0.0 else 1.0
        if more * money[e] <= left:
            packs[e] += more
            left -= more * money[e]
    return packs
