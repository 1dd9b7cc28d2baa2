"""The bound: every group's best answer to prices of the shared limits, and the search for prices that make it small.

Lives here: answers and the subgradient search. `bundle.py` sharpens the prices with cuts, `exact.py` closes what the
relaxation of lost sales leaves open. Every value computed here is valid at any prices (see `model.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from optimization.instance import Floats, Ints
from optimization.network.exact import search_values
from optimization.network.instance import NetworkInstance
from optimization.network.kernels import Cells, Charged, cells_of
from optimization.network.options import Options, Variants, build_options
from optimization.network.relax import relaxed_values
from optimization.network.rows import Rows


@dataclass(frozen=True)
class Problem:
    """An instance laid out for the solver."""

    instance: NetworkInstance
    cells: Cells
    variants: Variants
    options: Options
    rows: Rows

    @classmethod
    def of(cls, instance: NetworkInstance) -> Problem:
        """The layout of an instance."""
        return cls(instance, cells_of(instance), *build_options(instance), Rows.of(instance))

    @cached_property
    def option_of_entry(self) -> Ints:
        """Option of each entry of `options.variant`."""
        return np.repeat(np.arange(len(self.options.group)), np.diff(self.options.variant_start))

    def charged(self, prices: Floats) -> Charged:
        """The prices (R) that cells see."""
        rows, instance = self.rows, self.instance
        storage = prices[rows.storage : rows.slot].reshape(instance.capacity.shape)
        return Charged(prices[: rows.storage].copy(), storage.copy(), prices[rows.svc :].copy())

    def own_worth(self, prices: Floats) -> Floats:
        """What options pay on their own: launch costs, launch caps, slots, fairness (m), as a worth."""
        options = self.options
        paid = np.bincount(
            options.use_option, options.use_amount * prices[options.use_row], minlength=len(options.group)
        )
        return -options.cost - paid

    def option_values(self, by_variant: Floats, prices: Floats) -> Floats:
        """Worth of every option, from the worth of its variants (m)."""
        entries = by_variant[self.options.variant]
        return np.bincount(self.option_of_entry, entries, minlength=len(self.options.group)) + self.own_worth(prices)

    def best_options(self, worth: Floats) -> tuple[Ints, Floats]:
        """Best option of each group, the first of equals, and its worth (groups)."""
        starts = self.options.group_start[:-1]
        top = np.maximum.reduceat(worth, starts)
        at_top = np.flatnonzero(worth == np.repeat(top, np.diff(self.options.group_start)))
        first = at_top[np.flatnonzero(np.diff(self.options.group[at_top], prepend=-1))]
        return first, top

    def entries_of(self, chosen: Ints) -> tuple[Ints, Ints]:
        """Variants of the chosen options, and the group of each."""
        start, count = self.options.variant_start[chosen], np.diff(self.options.variant_start)[chosen]
        offset = np.repeat(np.cumsum(count) - count, count)
        at = np.repeat(start, count) + np.arange(int(count.sum())) - offset
        return self.options.variant[at], np.repeat(self.options.group[chosen], count)


@dataclass
class State:
    """What is known of each variant, refined as prices move (arrays are written in place by the kernels).

    Args:
        omega: Weights (V, S, T).
        is_fresh: Variants whose weights are yet to start (V).
        value: Relaxed value at the last prices, an upper bound (V).
        arriving: Best arrivals met at the last prices (V, T).
        exact: Their priced value (V).
        parts: Their mean stock by week, lost and demanded units (V, T + 2).
    """

    omega: np.ndarray
    is_fresh: np.ndarray
    value: Floats
    arriving: np.ndarray
    exact: Floats
    parts: Floats

    @classmethod
    def of(cls, problem: Problem) -> State:
        """Nothing known."""
        count, instance = len(problem.variants.cell), problem.instance
        return cls(
            np.zeros((count, instance.scenarios, instance.weeks), dtype=np.float32),
            np.ones(count, dtype=bool),
            np.zeros(count),
            np.zeros((count, instance.weeks), dtype=np.int32),
            np.zeros(count),
            np.zeros((count, instance.weeks + 2)),
        )


@dataclass(frozen=True)
class Answer:
    """Every group's best answer to some prices.

    Args:
        bound: No plan earns more (when every option was asked).
        worth: Worth of every option by its relaxed value (m).
        chosen: Best option of each group by the exact value of the arrivals met (groups).
        earned: Its exact worth (groups).
    """

    bound: float
    worth: Floats
    chosen: Ints
    earned: Floats


@dataclass(frozen=True)
class Asking:
    """How hard to look for each answer.

    Args:
        step: Size of a step on ω.
        rounds: Rounds of dynamic programme and step.
        nodes: Nodes of the exact search of each cell in its group's best option; 0 for none.
        close: Relative distance at which a search may end.
        is_relaxed: Whether what is chosen and earned is the relaxation's, not the true value of the orders met.
    """

    step: float
    rounds: int = 1
    nodes: int = 0
    close: float = 1e-5
    is_relaxed: bool = False


def ask(problem: Problem, state: State, prices: Floats, options: Ints | None, effort: Asking) -> Answer:
    """Answers to these prices from these options (all when None); the others are left out."""
    asked = np.arange(len(problem.options.group)) if options is None else options
    left_out = np.full(len(problem.options.group), -np.inf)
    left_out[asked] = 0.0
    charged, chosen = problem.charged(prices), np.unique(problem.entries_of(asked)[0])
    relaxed_values(
        problem.cells, problem.variants, charged, chosen, state.is_fresh, state.omega, effort.step, effort.rounds,
        state.value, state.arriving, state.exact, state.parts,
    )  # fmt: skip
    searched = np.zeros(len(problem.variants.cell), dtype=bool)
    while True:
        worth = problem.option_values(state.value, prices) + left_out
        best, top = problem.best_options(worth)
        variant = np.unique(problem.entries_of(best)[0])
        variant = variant[~searched[variant]]
        if not effort.nodes or not len(variant):
            break
        searched[variant] = True
        search_values(
            problem.cells, problem.variants, charged, variant, state.omega, effort.nodes, effort.close,
            state.value, state.arriving, state.exact, state.parts,
        )  # fmt: skip
    if effort.is_relaxed:
        chosen_options, earned = best, top
    else:
        chosen_options, earned = problem.best_options(problem.option_values(state.exact, prices) + left_out)
    return Answer(float(top.sum() + prices @ problem.rows.limit), worth, chosen_options, earned)


def use_triples(problem: Problem, state: State, chosen: Ints) -> tuple[Ints, Ints, Floats]:
    """What chosen options use of the limits, as triples: group, row, amount."""
    rows, cells, weeks = problem.rows, problem.cells, problem.instance.weeks
    variant, group = problem.entries_of(chosen)
    cell = problem.variants.cell[variant]
    at, week = np.nonzero(state.arriving[variant])
    money = (cells.unit_cost * cells.pack)[cell[at]] * state.arriving[variant[at], week]
    storage = rows.storage + cells.location[cell][:, None] * weeks + np.arange(weeks)[None, :]
    volume = cells.volume[cell][:, None] * state.parts[variant, :weeks]
    short = state.parts[variant, weeks] - (1.0 - cells.floor[cell]) * state.parts[variant, weeks + 1]
    is_chosen = np.zeros(len(problem.options.group), dtype=bool)
    is_chosen[chosen] = True
    own = is_chosen[problem.options.use_option]
    parts = [
        (group[at], week - cells.lead[cell[at]], money),
        (np.repeat(group, weeks), storage.ravel(), volume.ravel()),
        (group, rows.svc + cells.channel[cell], short),
        (
            problem.options.group[problem.options.use_option[own]],
            problem.options.use_row[own],
            problem.options.use_amount[own],
        ),
    ]
    return tuple(np.concatenate([part[k] for part in parts]) for k in range(3))  # type: ignore[return-value]


def use_of(problem: Problem, state: State, chosen: Ints) -> Floats:
    """What chosen options use of every limit (R)."""
    _, row, amount = use_triples(problem, state, chosen)
    return np.asarray(np.bincount(row, amount, minlength=problem.rows.count), dtype=np.float64)


def price_scales(problem: Problem) -> tuple[Floats, Floats]:
    """A noticeable price of every limit, and the size in which its excess is counted (R, R)."""
    instance, rows = problem.instance, problem.rows
    cost = problem.cells.unit_cost.mean()
    demand = instance.demand.sum(axis=(1, 2)) / instance.scenarios
    launch = (
        0.1
        * float((problem.cells.price * demand).mean())
        * max(1.0, instance.cells / max(1, len(instance.product_id)) / instance.channels)
    )
    scale, size = np.empty(rows.count), np.maximum(np.abs(rows.limit), 1.0)
    scale[: rows.storage] = 0.35
    scale[rows.storage : rows.slot] = 0.1 * cost / problem.cells.volume.mean()
    scale[rows.slot : rows.svc] = launch
    scale[rows.svc :] = 0.35 * problem.cells.price.mean()
    size[: rows.storage] = np.maximum(size[: rows.storage], 0.05 * size[: rows.storage].max())
    size[rows.fair] = max(float(instance.slots.sum()), 1.0)
    size[rows.svc :] = np.maximum(0.1 * np.bincount(instance.cell_channel, demand, instance.channels), 1.0)
    return scale, size


def search(problem: Problem, state: State, rounds: int, prices: Floats | None = None) -> Floats:
    """Prices of about the smallest bound, by subgradient steps that shrink with the rounds, never with the clock."""
    scale, size = price_scales(problem)
    at = np.zeros(problem.rows.count) if prices is None else prices
    best, least, drift = at, np.inf, np.zeros(problem.rows.count)
    live: Ints | None = None
    for step in range(rounds):
        found = ask(problem, state, at, live, Asking(6.0 / (1.0 + 0.1 * step)))
        if step % 6 == 0:
            live = hopeful(problem, found, at)
        if found.bound < least or step < rounds // 2:
            best, least = at, found.bound
        excess = (use_of(problem, state, found.chosen) - problem.rows.limit) / size
        drift = 0.6 * drift + 0.4 * np.clip(excess, -1.0, 1.0)
        at = np.maximum(at + scale / (1.0 + 0.15 * step) * drift, 0.0)
        live = None if step % 6 == 5 else live
    return best


def hopeful(problem: Problem, found: Answer, prices: Floats) -> Ints:
    """Options that may become their group's best at nearby prices: worth no less than a margin below it."""
    top = problem.best_options(found.worth)[1][problem.options.group]
    margin = 0.5 * (np.abs(problem.own_worth(prices)) + 0.02 * np.abs(top))
    return np.flatnonzero(found.worth >= top - margin)


def part_of(problem: Problem, groups: Ints, limit: Floats) -> Problem:
    """The problem of some groups (sorted) under other limits (R)."""
    options = problem.options
    number = np.full(options.groups, -1)
    number[groups] = np.arange(len(groups))
    kept = np.flatnonzero(number[options.group] >= 0)
    variant, _ = problem.entries_of(kept)
    position = np.full(len(options.group), -1)
    position[kept] = np.arange(len(kept))
    own = position[options.use_option] >= 0
    fewer = Options(
        number[options.group[kept]],
        np.concatenate([[0], np.cumsum(np.diff(options.variant_start)[kept])]),
        variant,
        position[options.use_option[own]],
        options.use_row[own],
        options.use_amount[own],
        options.cost[kept],
        options.launches[:0],
        options.bundle[groups],
    )
    return Problem(problem.instance, problem.cells, problem.variants, fewer, replace(problem.rows, limit=limit))
