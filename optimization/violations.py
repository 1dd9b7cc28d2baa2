"""Every limit and rule of a question that a plan breaks, with amounts. No solver, and no formula of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from optimization.instance import Floats, Ints, LaunchInstance, Plan


def broken(instance: LaunchInstance, plan: Plan, used: Floats) -> list[tuple[str, float]]:
    """Every limit the plan breaks, with the amount by which it does; empty when it keeps them all.

    Args:
        instance: The question.
        plan: Its plan.
        used: What the plan uses of every limit of the shelf (R).
    """
    found: list[tuple[str, float]] = []
    spend = (plan.packs * (instance.pack * instance.unit_cost)[:, None]).sum(axis=0)
    for week in np.flatnonzero(spend > instance.budgets * (1 + 1e-9) + 1e-6).tolist():
        found.append((f"budget of week {week}", float(spend[week] - instance.budgets[week])))
    launched = instance.is_launch & (plan.launch_week >= 0)
    for g, cap in enumerate(instance.launch_caps.tolist()):
        over = int((launched & (instance.cap_of_line == g)).sum()) - cap
        if over > 0:
            found.append((f"launches in {instance.capped_categories[g]}", float(over)))
    if instance.shelf.count:
        found += instance.shelf.broken(used)
    weeks = np.arange(instance.weeks)
    arrival = weeks[None, :] + instance.lead[:, None]
    start = np.where(instance.is_launch, np.maximum(plan.launch_week, 0), 0)[:, None]
    ordered = plan.packs > 0
    most = np.where(launched, np.minimum(instance.most_shown, instance.weeks - plan.launch_week), 0)
    outside = launched & ((plan.launch_week < instance.earliest) | (plan.launch_week > instance.latest))
    by_line = {
        "launched outside the window": outside,
        "mandatory and not launched": instance.is_mandatory & ~launched,
        "ordered and not launched": instance.is_launch & ~launched & ordered.any(axis=1),
        "launched with no stock": launched & instance.needs_stock & ~ordered.any(axis=1),
        "negative order": (plan.packs < 0).any(axis=1),
        "order other than a planner fixed": (instance.is_fixed & (plan.packs != instance.fixed_packs)).any(axis=1),
        "order below its minimum": (ordered & (plan.packs < instance.moq_packs[:, None])).any(axis=1),
        "order arrives after the horizon": (ordered & (arrival >= instance.weeks)).any(axis=1),
        "order arrives before the launch": launched & (ordered & (arrival < start)).any(axis=1),
        "shown when it may not be": (plan.shown < 0) | (plan.shown > most),
        "established line not kept": ~instance.is_launch & (plan.launch_week != 0),
    }
    for what, broken in by_line.items():
        for i in np.flatnonzero(broken).tolist():
            found.append((f"{what}: {instance.product_id[i]} in {instance.channel[i]}", 1.0))
    return [*found, *_torn(instance, plan.launch_week)]


def _torn(instance: LaunchInstance, launch_week: Ints) -> list[tuple[str, float]]:
    """Styles of which not all candidates do the same, with how many do not do what the first does."""
    leader = instance.leader
    apart = np.bincount(leader, np.where(launch_week != launch_week[leader], 1.0, 0.0), instance.n)
    return [
        (f"style torn apart: {instance.style[i]} in {instance.channel[i]}", float(apart[i]))
        for i in np.flatnonzero(apart).tolist()
    ]
