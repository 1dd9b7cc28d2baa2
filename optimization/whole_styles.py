"""Plans that know no styles, made to keep them: for the rules in the race, each of which decides line by line.

Lives here: `made_whole`. Does not live here: how the plan itself keeps styles together (`styles.py`).
"""

from __future__ import annotations

import numpy as np

from optimization.instance import NOT_LAUNCHED, Floats, Ints, LaunchInstance, Plan
from optimization.styles import whole


def made_whole(instance: LaunchInstance, plan: Plan) -> Plan:
    """The plan with each style that it tears apart launched as a whole, or called off where that does not fit.

    A style launches in the first week that the plan has for any of its lines; those that the plan leaves out are ordered
    once, at their smallest, where they need stock, as far as the week's budget and the launch caps reach.
    """
    torn = np.unique(instance.leader[~whole(instance.leader, plan.launch_week)])
    for first in torn.tolist():
        lines = np.flatnonzero(instance.leader == first)
        completed = _completed(instance, plan, lines)
        plan = _called_off(plan, lines) if completed is None else completed
    return plan


def _called_off(plan: Plan, lines: Ints) -> Plan:
    """The plan without these launches."""
    packs, launch, shown = plan.packs.copy(), plan.launch_week.copy(), plan.shown.copy()
    packs[lines], launch[lines], shown[lines] = 0, NOT_LAUNCHED, 0
    return Plan(packs, launch, shown)


def _completed(instance: LaunchInstance, plan: Plan, lines: Ints) -> Plan | None:
    """The plan with all of these lines launched in the first week of any; None where window, money or caps forbid it."""
    begun = plan.launch_week[lines] >= 0
    week = int(plan.launch_week[lines][begun].min())
    lacking = lines[~begun]
    bare = lacking[instance.needs_stock[lacking]]
    placed = np.maximum(week, instance.lead[bare]) - instance.lead[bare]
    packs, launch = plan.packs.copy(), plan.launch_week.copy()
    launch[lines] = week
    packs[bare, np.minimum(placed, instance.weeks - 1)] = np.maximum(instance.moq_packs[bare], 1)
    may = (instance.earliest[lines] <= week).all() and (week <= instance.latest[lines]).all()
    may &= bool((placed + instance.lead[bare] < instance.weeks).all())
    more = _spend(instance, packs) - _spend(instance, plan.packs)
    may &= bool((more <= np.maximum(instance.budgets - _spend(instance, plan.packs), 0.0)).all())
    cap = instance.cap_of_line
    used = np.bincount(cap[(cap >= 0) & (launch >= 0)], minlength=len(instance.launch_caps))
    return Plan(packs, launch, plan.shown) if may and (used <= instance.launch_caps).all() else None


def _spend(instance: LaunchInstance, packs: Ints) -> Floats:
    """Money ordered by week (T)."""
    return np.asarray((packs * (instance.pack * instance.unit_cost)[:, None]).sum(axis=0))
