"""Orders that planners fixed: taken out of a question before it is solved, and put back after.

A fixed order is stock on order that is paid for, in a week in which nothing else of the line may be ordered:

    profit(question) = profit(question without them) − Σ unit_cost·pack·fixed_packs − change,   for every plan that honours them

so that a bound of the one is a bound of the other. The change is what fixed orders pay for differing from what is held,
less what ordering nothing would pay there. Lives here: both ways. Does not live here: what planners may fix
(`overrides.py`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from optimization.instance import Floats, LaunchInstance, Plan
from optimization.playing import arriving_units


def fixed_spend(instance: LaunchInstance) -> Floats:
    """Money of fixed orders by week (T)."""
    return np.asarray((instance.fixed_packs * (instance.pack * instance.unit_cost)[:, None]).sum(axis=0))


def fixed_cost(instance: LaunchInstance) -> float:
    """Money by which a plan with its fixed orders earns less than the plan of the question without them."""
    change = np.abs(instance.fixed_packs - instance.held_packs) - instance.held_packs
    return float(fixed_spend(instance).sum() + (instance.pack_change * change)[instance.is_fixed].sum())


def without_fixed(instance: LaunchInstance) -> LaunchInstance:
    """The question with fixed orders on order and paid for; their weeks stay closed to other orders.

    Where they cost more than a week's budget, nothing of it is left.
    """
    return replace(
        instance,
        arrivals=arriving_units(instance, instance.fixed_packs),
        budgets=np.maximum(instance.budgets - fixed_spend(instance), 0.0),
        fixed_packs=np.zeros_like(instance.fixed_packs),
    )


def with_fixed(instance: LaunchInstance, plan: Plan) -> Plan:
    """A plan of the question without fixed orders, with them."""
    return replace(plan, packs=np.where(instance.is_fixed, instance.fixed_packs, plan.packs))


def freed(instance: LaunchInstance, plan: Plan) -> Plan:
    """A plan in which nothing is ordered in fixed weeks."""
    return replace(plan, packs=np.where(instance.is_fixed, 0, plan.packs))
