"""The shared warehouse: what it holds and expects, moved to the channels that sell it before anything is decided.

Lives here: the split, the same for every policy, and its rows. Does not live here: how much the warehouse holds
(`stock.py`), how much of it waits for a second allocation and who gets it then (`hold_back.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from contracts.plans import TRANSFER_PLAN
from contracts.raw_supply import POOL
from optimization.baseline import REVIEW_WEEKS
from optimization.instance import Floats, Ints, LaunchInstance
from optimization.playing import demand_by_week


def with_pool(instance: LaunchInstance, on_hand: Ints, due: Ints, kept: Ints | None = None) -> LaunchInstance:
    """The instance with the warehouse's units in its channels: on hand in `opening`, what is due in `arrivals`.

    Args:
        instance: The question, its lines with their own stock only.
        on_hand: Units of each line's product that the warehouse holds, the same for all lines of a product (n).
        due: Units of it that reach the warehouse in each week (n, T).
        kept: Units of `on_hand` that it holds back until each week, and moves then (n, T); None for none.
    """
    of_line = np.unique(instance.product_id, return_inverse=True)[1]
    opening, arrivals = instance.opening.copy(), instance.arrivals.copy()
    kept = np.zeros_like(arrivals) if kept is None else kept
    pooled, held_back = np.zeros_like(arrivals), np.zeros_like(arrivals)
    demand = np.cumsum(demand_by_week(instance, planned_start(instance)).mean(axis=1), axis=1)
    for week, units in _supplies(on_hand - kept.sum(axis=1), due + kept):
        given = opening[:, None] + np.cumsum(arrivals, axis=1)
        moved = split(units, of_line, *needed(instance.lead + REVIEW_WEEKS, demand, given, max(week, 0)))
        if week < 0:
            opening += moved
        else:
            arrivals[:, week] += moved
            held_back[:, week] = split(kept[:, week], of_line, moved, moved)
        pooled[:, max(week, 0)] += moved
    return replace(instance, opening=opening, arrivals=arrivals, pooled=pooled, held_back=held_back)


def planned_start(instance: LaunchInstance) -> Ints:
    """Week from which each line sells, as far as is known before the plan is made (n)."""
    return np.where(instance.is_launch, instance.planned_launch, 0)


def split(units: Ints, group: Ints, short: Floats | Ints, wanted: Floats | Ints) -> Ints:
    """Whole units by line, all of each group's: first what lines are short of, then as much as they want (n).

    While units do not cover what a group is short of, they are split in proportion to it; what is beyond, in
    proportion to what is wanted, and evenly where nothing is. Fractions go to the largest remainders, the first on ties.

    Args:
        units: Units of the line's group, the same for all its lines (n).
        group: Group of each line, from 0 (n).
        short, wanted: Units that each line lacks, and sells, at least 0 (n).

    >>> split(np.array([7, 7, 7]), np.zeros(3, dtype=int), np.array([1.0, 3.0, 0.0]), np.array([0.0, 1.0, 1.0])).tolist()
    [1, 5, 1]
    """
    covered = np.minimum(units, _total(short, group))
    exact = covered * _share(short, group) + (units - covered) * _share(wanted, group)
    whole = np.floor(exact).astype(np.int64)
    left = units - _total(whole, group).astype(np.int64)
    order = np.lexsort((np.arange(len(group)), whole - exact, group))
    first = np.searchsorted(group[order], group[order])
    rank = np.empty(len(group), dtype=np.int64)
    rank[order] = np.arange(len(group)) - first
    return whole + (rank < left)


def needed(cover: Ints, demand: Floats, given: Ints, week: int) -> tuple[Floats, Floats]:
    """Units that each line lacks, and sells, through the weeks that an order of this week could not serve yet (n).

    `demand` and `given` are sums through each week (n, T).
    """
    last = np.minimum(week + cover, demand.shape[1]) - 1
    every = np.arange(len(demand))
    before = demand[:, week - 1] if week else np.zeros(len(demand))
    return np.maximum(demand[every, last] - given[every, last], 0.0), demand[every, last] - before


def transfer_plan(instance: LaunchInstance, scenario: str) -> pd.DataFrame:
    """TRANSFER_PLAN: one row a line and week in which units are moved to it from the warehouse."""
    line, week = np.nonzero(instance.pooled)
    rows = pd.DataFrame(
        {
            "decision_week": pd.Timestamp(instance.decision_week),
            "scenario": scenario,
            "product_id": instance.product_id[line].astype(object),
            "from_channel": POOL,
            "to_channel": instance.channel[line].astype(object),
            "week": pd.Timestamp(instance.decision_week) + pd.to_timedelta(7 * week, unit="D"),
            "units": instance.pooled[line, week],
            "held_back_units": instance.held_back[line, week],
        }
    )
    return rows[TRANSFER_PLAN.names()].sort_values(["product_id", "to_channel", "week"], ignore_index=True)


def _supplies(on_hand: Ints, due: Ints) -> Iterator[tuple[int, Ints]]:
    """What there is to split, in order of time: week −1 for what is on hand already."""
    for week, units in ((-1, on_hand), *enumerate(due.T)):
        if units.any():
            yield week, units


def _total(values: Floats | Ints, group: Ints) -> Floats:
    """Sum over each line's group (n)."""
    return np.asarray(np.bincount(group, values)[group])


def _share(weight: Floats | Ints, group: Ints) -> Floats:
    """Each line's share of its group's weight; even where the group has none (n)."""
    total = _total(weight, group)
    return np.where(total > 0, weight / np.where(total > 0, total, 1.0), 1.0 / _total(np.ones(len(group)), group))
