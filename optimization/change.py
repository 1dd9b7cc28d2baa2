r"""What differing from the last plan's near weeks costs, in the formulas of every place that weighs a plan.

With x packs ordered by line and week, h those held, c the price of a pack changed, C the price of a launch changed by
launch week (its last column: not launched), and S what slots pay that are given or taken otherwise than held,

    change_i = Σ_w c_{i,w}·|x_{i,w} − h_{i,w}| + C_{i,l} + S_{i,l,e}
             = Σ_w c_{i,w}·h_{i,w} + C_{i,l} + S_{i,l,e} + Σ_w c_{i,w}·(|x − h| − h)_{i,w}

of which only the last sum moves with orders: each of the first h packs is c cheaper, each one beyond c dearer. Lives here:
these sums. Does not live here: what is held and at which price (`frozen.py`), the best orders under them (`jumps.py`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from optimization.playing import slots_given

if TYPE_CHECKING:
    from optimization.instance import Floats, Ints, LaunchInstance, Plan


def change_cost(instance: LaunchInstance, plan: Plan) -> Floats:
    """Money that the plan pays for what it changes (n)."""
    packs = (instance.pack_change * np.abs(plan.packs - instance.held_packs)).sum(axis=1)
    every = np.arange(instance.n)
    slots = slots_given(plan.launch_week, plan.shown, instance.weeks)
    return np.asarray(packs + instance.launch_change[every, plan.launch_week] + slot_cost(instance, every, slots))


def slot_cost(instance: LaunchInstance, line: Ints, given: Ints) -> Floats:
    """What these lines pay for slots by week (r, T) other than held (r)."""
    return np.asarray((instance.slot_change[line] * np.abs(given - instance.held_slots[line])).sum(axis=1))


def unheld(instance: LaunchInstance) -> LaunchInstance:
    """The same question with nothing held."""
    return replace(
        instance,
        held_packs=np.zeros_like(instance.held_packs),
        pack_change=np.zeros_like(instance.pack_change),
        launch_change=np.zeros_like(instance.launch_change),
        held_slots=np.zeros_like(instance.held_slots),
        slot_change=np.zeros_like(instance.slot_change),
    )


def unordered_cost(instance: LaunchInstance) -> Floats:
    """What ordering nothing pays: Σ_w c·h (n)."""
    return np.asarray((instance.pack_change * instance.held_packs).sum(axis=1))


def by_arrival(instance: LaunchInstance) -> tuple[Floats, Ints] | None:
    """c and h by week of arrival (n, T), 0 for orders that arrive after the horizon; None where nothing is held."""
    if not instance.pack_change.any():
        return None
    price, held = np.zeros(instance.pack_change.shape), np.zeros_like(instance.held_packs)
    for lead in np.unique(instance.lead).tolist():
        rows = instance.lead == lead
        price[rows, lead:] = instance.pack_change[rows, : instance.weeks - lead]
        held[rows, lead:] = instance.held_packs[rows, : instance.weeks - lead]
    return price, held


def moved_cost(instance: LaunchInstance, line: Ints, arriving: Ints) -> Floats | float:
    """Σ c·(|x − h| − h) of lines whose packs arrive in each week (r, T), negative where what is held is ordered (r)."""
    if instance.change_by_arrival is None:
        return 0.0
    price, held = (values[line] for values in instance.change_by_arrival)
    return np.asarray((price * (np.abs(arriving - held) - held)).sum(axis=1))
