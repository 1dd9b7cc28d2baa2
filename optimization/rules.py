"""Every rule that a week's plan is held against: a buyer's own, and those of planners of networks on the week's question.

Lives here: `RULES`, name to a function from instance to plan. The rules of networks (`network/baselines.py`) see the week as
`week_network.plain_network` tells it, so that what is on order is on hand to them from the start. All but the buyer's read
the plan's forecasts, and all keep budgets and launch caps. Those of networks know nothing of launches that are forced,
which are then added with their smallest order. No rule knows styles: what it tears apart is made whole (`whole_styles.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from optimization.baseline import POLICIES, planned_weeks, rationed
from optimization.instance import LaunchInstance, Plan
from optimization.network.baselines import BASELINES
from optimization.network.instance import NetworkInstance, NetworkPlan
from optimization.week_network import as_week_plan, plain_network
from optimization.whole_styles import made_whole


def by_network(rule: Callable[[NetworkInstance], NetworkPlan], instance: LaunchInstance) -> Plan:
    """What a rule of networks plans of a week, forced launches beside it."""
    return _with_forced(instance, as_week_plan(instance, rule(plain_network(instance))))


def _with_forced(instance: LaunchInstance, plan: Plan) -> Plan:
    """The plan with forced launches that it lacks: in their planned week, with the smallest order where stock is needed.

    Budgets are kept by cutting other orders in proportion (`rationed`), which may call a launch off again.
    """
    launch, packs = plan.launch_week.copy(), plan.packs.copy()
    planned = planned_weeks(instance)
    lines = np.flatnonzero(instance.is_mandatory & (launch < 0) & (planned >= 0))
    if not len(lines):
        return plan
    launch[lines] = planned[lines]
    bare = lines[instance.needs_stock[lines]]
    packs[bare, planned[bare] - instance.lead[bare]] = np.maximum(instance.moq_packs[bare], 1)
    return rationed(instance, Plan(packs, launch))


def in_whole_styles(rule: Callable[[LaunchInstance], Plan], instance: LaunchInstance) -> Plan:
    """What a rule plans, its styles made whole."""
    return made_whole(instance, rule(instance))


_RULES: dict[str, Callable[[LaunchInstance], Plan]] = POLICIES | {
    "greedy": partial(by_network, BASELINES["greedy"]),
    "base_stock": partial(by_network, BASELINES["base-stock"]),
    "newsvendor": partial(by_network, BASELINES["newsvendor"]),
}
RULES: dict[str, Callable[[LaunchInstance], Plan]] = {
    name: partial(in_whole_styles, rule) for name, rule in _RULES.items()
}
