"""Which limits cannot hold together, said before a solver is asked.

Lives here: the simple checks of mandatory launches against windows, caps and budgets. A cheapest way out in money
would live here too.
"""

from __future__ import annotations

import numpy as np

from optimization.instance import LaunchInstance


def conflicts(instance: LaunchInstance) -> list[str]:
    """One sentence a conflict, naming the limit and the amount; empty when none of these checks fails."""
    return [*_windows(instance), *_caps(instance), *_money(instance)]


def _named(instance: LaunchInstance, chosen: np.ndarray) -> str:
    """The first few lines of a set, by name."""
    at = np.flatnonzero(chosen)
    names = [f"{instance.product_id[i]} in {instance.channel[i]}" for i in at[:3].tolist()]
    return ", ".join(names) + (f" and {len(at) - 3} more" if len(at) > 3 else "")


def _windows(instance: LaunchInstance) -> list[str]:
    """Mandatory launches that no week and no order can serve."""
    last_arrival = instance.weeks - 1
    shut = instance.is_mandatory & (
        (instance.earliest > instance.latest) | (instance.needs_stock & (instance.lead > last_arrival))
    )
    if not shut.any():
        return []
    return [
        f"{int(shut.sum())} mandatory launches have no week in which they can launch with stock: "
        f"{_named(instance, shut)}; widen their windows or count stock"
    ]


def _caps(instance: LaunchInstance) -> list[str]:
    """Categories with more mandatory launches than they may have."""
    found = []
    for g, most in enumerate(instance.launch_caps.tolist()):
        forced = instance.is_mandatory & (instance.cap_of_line == g)
        over = int(forced.sum()) - most
        if over > 0:
            found.append(
                f"launches in {instance.capped_categories[g]} are limited to {most} and {int(forced.sum())} "
                f"are mandatory, {over} too many: {_named(instance, forced)}; raise the limit or free {over}"
            )
    return found


def _money(instance: LaunchInstance) -> list[str]:
    """Smallest orders of mandatory launches against the budgets they can draw on, latest week first.

    An order of week w can stock a launch only when it arrives within the horizon; budgets of weeks 0…w together must
    cover the lines whose last possible order week is at most w.
    """
    forced = instance.is_mandatory & instance.needs_stock & (instance.lead < instance.weeks)
    cost = np.maximum(instance.moq_packs, 1) * instance.pack * instance.unit_cost
    last = instance.weeks - 1 - instance.lead
    for week in range(instance.weeks):
        due = forced & (last <= week)
        short = float(cost[due].sum() - instance.budgets[: week + 1].sum())
        if short > 1e-6:
            return [
                f"budgets through week {week} are short by {short:.2f} for the smallest orders of "
                f"{int(due.sum())} mandatory launches: {_named(instance, due)}; raise the budget or free some"
            ]
    return []
