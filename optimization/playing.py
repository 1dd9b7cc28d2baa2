"""A plan played week by week: what is demanded, arrives, sells, is lost and is left. No solver, and no formula of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from optimization.instance import Floats, Ints, LaunchInstance, Plan


def demand_by_week(instance: LaunchInstance, launch_week: Ints, shown: Ints | None = None) -> Ints:
    """Units demanded by path and week of the horizon under these launch weeks, and where they are shown (n, S, T)."""
    demand = instance.demand if shown is None else lifted(instance.demand, instance.slot_lift, shown)
    shifted = np.zeros_like(demand)
    for week in range(instance.weeks):
        lines = launch_week == week
        shifted[lines, :, week:] = demand[lines, :, : instance.weeks - week]
    return shifted


def lifted(demand: Ints, lift: Floats, shown: Ints) -> Ints:
    """Units by path and week since the launch, multiplied in the weeks shown, to the nearest unit (r, S, T).

    >>> lifted(np.array([[[2, 2, 2]]]), np.array([1.3]), np.array([2])).tolist()
    [[[3, 3, 2]]]
    """
    rows = np.flatnonzero((shown > 0) & (lift != 1.0))
    if not len(rows):
        return demand
    more = demand.copy()
    in_slot = np.arange(demand.shape[2])[None, None, :] < shown[rows, None, None]
    more[rows] = np.where(in_slot, np.floor(demand[rows] * lift[rows, None, None] + 0.5), demand[rows]).astype(np.int64)
    return more


def slots_given(launch_week: Ints, shown: Ints, weeks: int) -> Ints:
    """Slots by line and week of the horizon, 1 from the launch on for the weeks shown (r, T)."""
    age = np.arange(weeks)[None, :] - launch_week[:, None]
    return ((launch_week >= 0)[:, None] & (age >= 0) & (age < shown[:, None])).astype(np.int64)


def arriving_units(instance: LaunchInstance, packs: Ints) -> Ints:
    """Units that arrive by line and week: what was on order, and the plan's orders after their lead (n, T)."""
    arriving = instance.arrivals.astype(np.int64, copy=True)
    for lead in np.unique(instance.lead).tolist():
        lines = np.flatnonzero(instance.lead == lead)
        for week in range(instance.weeks - lead):
            arriving[lines, week + lead] += packs[lines, week] * instance.pack[lines]
    return arriving


@dataclass(frozen=True)
class Played:
    """What became of a plan's units by line and path, summed over the weeks (n, S); `held` in units × weeks.

    `stock` is what the week ends with, its mean over the paths, and `given` the slots of the week (n, T).
    """

    demanded: Ints
    sold: Ints
    left: Ints
    held: Ints
    stock: Floats
    given: Ints


def play(instance: LaunchInstance, plan: Plan) -> Played:
    """Plays the plan week by week on every path: arrivals, then sales of what is there, the rest is lost."""
    demand = demand_by_week(instance, plan.launch_week, plan.shown)
    arriving = arriving_units(instance, plan.packs)
    stock = np.repeat(instance.opening[:, None].astype(np.int64), instance.paths, axis=1)
    sold, held, mean = np.zeros_like(stock), np.zeros_like(stock), np.zeros((instance.n, instance.weeks))
    for week in range(instance.weeks):
        stock = stock + arriving[:, week, None]
        sales = np.minimum(stock, demand[:, :, week])
        stock = stock - sales
        sold += sales
        held += stock
        mean[:, week] = stock.mean(axis=1)
    given = slots_given(plan.launch_week, plan.shown, instance.weeks)
    return Played(demand.sum(axis=2), sold, stock, held, mean, given)
