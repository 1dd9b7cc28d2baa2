"""What a plan's expected profit is made of, line by line.

Lives here: the parts, incomes and costs as `contracts.scenarios` names them. Does not live here: what any of them depends on
(`instance.evaluate`).
"""

from __future__ import annotations

from optimization.instance import Evaluation, Floats, LaunchInstance, Plan


def money_by_line(instance: LaunchInstance, plan: Plan, result: Evaluation) -> dict[str, Floats]:
    """Incomes and costs of every line, each as it is counted (n): incomes less costs are its expected profit."""
    launched = instance.is_launch & (plan.launch_week >= 0)
    return {
        "revenue": instance.price * result.sold,
        "leftover_value": instance.leftover_value * result.left,
        "order_cost": instance.unit_cost * result.ordered_units,
        "holding_cost": instance.hold * result.held,
        "shortage_cost": instance.penalty * (result.demanded - result.sold),
        "taken_from_others": instance.taken_worth * result.sold,
        "launch_cost": instance.launch_cost * launched,
        "change_cost": result.change,
    }
