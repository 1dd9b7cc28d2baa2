"""An instance laid out for the solver, what is known of it so far, and what orders use of its limits.

Lives here: arrays and their arithmetic. Does not live here: answers to prices (`dual.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optimization.instance import Floats, Ints
from optimization.network.instance import NetworkInstance
from optimization.network.kernels import Cells, Charged, cells_of
from optimization.network.options import Options, Variants, build_options
from optimization.network.rows import Rows


@dataclass(frozen=True)
class Problem:
    """An instance laid out for the solver, or a sample of it: each group counts as many as its weight (groups)."""

    instance: NetworkInstance
    cells: Cells
    variants: Variants
    options: Options
    rows: Rows
    weight: Floats

    @classmethod
    def of(cls, instance: NetworkInstance) -> Problem:
        """The layout of an instance."""
        variants, options = build_options(instance)
        return cls(instance, cells_of(instance), variants, options, Rows.of(instance), np.ones(options.groups))

    @cached_property
    def option_of_entry(self) -> Ints:
        """Option of each entry of `options.variant`."""
        return np.repeat(np.arange(len(self.options.group)), np.diff(self.options.variant_start))

    @cached_property
    def worth(self) -> Floats:
        """Mean sales that each group could make were nothing short, in money: its size (groups)."""
        sales = self.cells.price * self.instance.demand.sum(axis=(1, 2)) / max(1, self.instance.scenarios)
        variant, group = self.entries_of(self.options.group_start[1:] - 1)
        total = np.bincount(group, sales[self.variants.cell[variant]], minlength=self.options.groups)
        return np.asarray(total, dtype=np.float64)

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


def entry_use(problem: Problem, variant: Ints, path: np.ndarray, parts: Floats) -> tuple[Ints, Ints, Floats]:
    """What orders of variants use of budgets, storage and fill floors, as triples: row, entry, amount.

    Args:
        problem: The problem.
        variant: Variant of each entry (e).
        path: Packs that arrive by week (e, T).
        parts: Mean stock by week, lost and demanded units (e, T + 2).
    """
    rows, cells, weeks = problem.rows, problem.cells, problem.instance.weeks
    cell = problem.variants.cell[variant]
    at, week = np.nonzero(path)
    money = (cells.unit_cost * cells.pack)[cell[at]] * path[at, week]
    storage = rows.storage + cells.location[cell][:, None] * weeks + np.arange(weeks)[None, :]
    volume = cells.volume[cell][:, None] * parts[:, :weeks]
    short = parts[:, weeks] - (1.0 - cells.floor[cell]) * parts[:, weeks + 1]
    row = np.concatenate([week - cells.lead[cell[at]], storage.ravel(), rows.svc + cells.channel[cell]])
    entry = np.arange(len(cell))
    return row, np.concatenate([at, np.repeat(entry, weeks), entry]), np.concatenate([money, volume.ravel(), short])


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
