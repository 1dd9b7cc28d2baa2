"""Every rule that a week's plan is held against: a buyer's own, and those of planners of networks on the week's question.

Lives here: `RULES`, name to a function from instance to plan. The rules of networks (`network/baselines.py`) see the week as
`week_network.plain_network` tells it, so that what is on order is on hand to them from the start; all read the same
forecasts and keep budgets and launch caps.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from optimization.baseline import POLICIES
from optimization.instance import LaunchInstance, Plan
from optimization.network.baselines import BASELINES
from optimization.network.instance import NetworkInstance, NetworkPlan
from optimization.week_network import as_week_plan, plain_network


def by_network(rule: Callable[[NetworkInstance], NetworkPlan], instance: LaunchInstance) -> Plan:
    """What a rule of networks plans of a week."""
    return as_week_plan(instance, rule(plain_network(instance)))


RULES: dict[str, Callable[[LaunchInstance], Plan]] = POLICIES | {
    "greedy": partial(by_network, BASELINES["greedy"]),
    "base_stock": partial(by_network, BASELINES["base-stock"]),
    "newsvendor": partial(by_network, BASELINES["newsvendor"]),
}
