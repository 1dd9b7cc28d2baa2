"""The rules that buyers use today: always in the race, on the same instance and limits.

Lives here: `POLICIES`, name to a function from instance to plan. Every plan keeps budgets and launch caps: what a
rule asks for beyond a week's budget is rationed in proportion, in whole packs. Does not live here: their score
(`simulate.py`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from optimization.instance import NOT_LAUNCHED, Floats, Ints, LaunchInstance, Plan
from optimization.playing import arriving_units, demand_by_week

REVIEW_WEEKS = 1
SAFETY_WEEKS = 1


def buyers_rule(instance: LaunchInstance) -> Plan:
    """What a careful buyer does with a spreadsheet.

    Established: every week, order up to lead + 1 review + 1 safety weeks of the trailing 8-week mean, counting what
    is on hand and on order and the mean sold since. Launches: rank a category's candidates by planned price ×
    category mean launch units, launch from the top as many as the category may, in the planned week (or the
    first in which stock can be there), with the category's mean launch quantity.
    """
    mean = instance.trailing_mean
    supplied = (instance.opening + instance.arrivals.sum(axis=1)).astype(float)
    cover = mean * (instance.lead + REVIEW_WEEKS + SAFETY_WEEKS)
    packs = np.zeros((instance.n, instance.weeks), dtype=np.int64)
    for week in range(instance.weeks):
        position = np.maximum(supplied - mean * week, 0.0)
        asked = np.where(instance.is_launch, 0.0, cover - position)
        packs[:, week] = np.where(week + instance.lead < instance.weeks, _whole_packs(instance, asked), 0)
        supplied = supplied + packs[:, week] * instance.pack
    worth = instance.price * instance.category_launch_units
    launch = ranked_launches(instance, worth, planned_weeks(instance))
    asked = np.where(launch >= 0, instance.category_launch_units, 0.0) * instance.is_launch
    order_week = np.maximum(launch - instance.lead, 0)
    amount = np.maximum(_whole_packs(instance, asked), np.maximum(instance.moq_packs, 1))
    lines = np.flatnonzero(instance.is_launch & (launch >= 0))
    packs[lines, order_week[lines]] = amount[lines]
    return rationed(instance, Plan(packs, launch))


def mean_forecast(instance: LaunchInstance) -> Plan:
    """Order the mean forecast of every week, rationed; launch what earns its launch cost on the mean."""
    return rationed(instance, unlimited_mean_forecast(instance))


def unlimited_mean_forecast(instance: LaunchInstance) -> Plan:
    """The mean-forecast rule before budgets. The profile's budget is a share of what this plan spends."""
    launch = planned_weeks(instance)
    sold = np.zeros(instance.n)
    for week in range(instance.weeks):
        lines = launch == week
        sold[lines] = instance.demand[lines, :, : instance.weeks - week].sum(axis=2).mean(axis=1)
    worth = (instance.price - instance.unit_cost) * sold - instance.launch_cost
    launch = ranked_launches(
        instance, worth, np.where((worth > 0) | instance.is_mandatory | ~instance.is_launch, launch, NOT_LAUNCHED)
    )
    need = np.cumsum(demand_by_week(instance, launch).mean(axis=1), axis=1)
    given = instance.opening[:, None] + np.cumsum(instance.arrivals, axis=1)
    packs, ordered = np.zeros((instance.n, instance.weeks), dtype=np.int64), np.zeros(instance.n)
    start = np.maximum(launch, 0)
    for week in range(instance.weeks):
        arrival = np.minimum(week + instance.lead, instance.weeks - 1)
        every = np.arange(instance.n)
        can = (week + instance.lead < instance.weeks) & (launch >= 0) & (week + instance.lead >= start)
        asked = np.where(can, need[every, arrival] - given[every, arrival] - ordered, 0.0)
        is_first = instance.needs_stock & can & (ordered == 0)
        least = np.where(is_first, np.maximum(instance.moq_packs, 1), 0)
        packs[:, week] = np.maximum(_whole_packs(instance, asked), least)
        ordered += packs[:, week] * instance.pack
    return Plan(packs, launch)


POLICIES: dict[str, Callable[[LaunchInstance], Plan]] = {"buyers_rule": buyers_rule, "mean_forecast": mean_forecast}


def planned_weeks(instance: LaunchInstance) -> Ints:
    """Week in which each line would launch as planned: when stock can be there, within its window; -1 when never."""
    ready = np.where(instance.needs_stock, np.maximum(instance.planned_launch, instance.lead), instance.planned_launch)
    week = np.maximum(ready, instance.earliest)
    possible = (week <= instance.latest) & (week < instance.weeks)
    return np.where(instance.is_launch, np.where(possible, week, NOT_LAUNCHED), 0)


def ranked_launches(instance: LaunchInstance, worth: Floats, week: Ints) -> Ints:
    """Launch weeks of the best-ranked lines of each capped category, mandatory ones first; -1 for the rest."""
    launch = week.copy()
    rank = np.where(instance.is_mandatory, np.inf, worth)
    for g, most in enumerate(instance.launch_caps.tolist()):
        lines = np.flatnonzero((instance.cap_of_line == g) & (week >= 0))
        launch[lines[np.argsort(-rank[lines], kind="stable")[most:]]] = NOT_LAUNCHED
    return launch


def rationed(instance: LaunchInstance, plan: Plan) -> Plan:
    """The plan with every week's orders cut in proportion to its budget, in whole packs.

    Forced launches keep their smallest order, if all of these fit. What rounding down leaves of a budget goes to the
    lines that were cut most. A launch whose stock is cut to nothing is called off.
    """
    packs = plan.packs.copy()
    cost = instance.pack * instance.unit_cost
    forced = instance.is_mandatory & instance.needs_stock
    for week in range(instance.weeks):
        asked = packs[:, week]
        total = float(asked @ cost)
        if total <= instance.budgets[week]:
            continue
        least = np.where(forced & (asked > 0), np.maximum(instance.moq_packs, 1), 0)
        least = least if float(least @ cost) <= instance.budgets[week] else np.zeros_like(least)
        rest = asked - least
        share = least + rest * ((instance.budgets[week] - float(least @ cost)) / max(float(rest @ cost), 1e-9))
        kept = np.floor(share + 1e-9).astype(np.int64)
        kept[kept < instance.moq_packs] = 0
        room = instance.budgets[week] - float(kept @ cost)
        for i in np.argsort(-(share - kept), kind="stable").tolist():
            step = 1 if kept[i] else max(int(instance.moq_packs[i]), 1)
            if kept[i] + step <= asked[i] and step * cost[i] <= room:
                kept[i] += step
                room -= step * cost[i]
        packs[:, week] = kept
    stocked = instance.opening + arriving_units(instance, packs).sum(axis=1) > 0
    off = instance.is_launch & (plan.launch_week >= 0) & ~stocked
    return Plan(packs, np.where(off, NOT_LAUNCHED, plan.launch_week))


def _whole_packs(instance: LaunchInstance, units: Floats) -> Ints:
    """Nearest whole packs, at least the smallest order when any."""
    packs = np.floor(np.maximum(units, 0.0) / instance.pack + 0.5).astype(np.int64)
    return np.where(packs > 0, np.maximum(packs, instance.moq_packs), 0)
