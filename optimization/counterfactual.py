"""The reckoning in a world that can run again: every policy's plan is executed, not played on one history.

Lives here: the money of what a world gave back. Does not live here: the world, which is handed in as a function.
Where `simulate.py` must take sales for demand and a launch's own curve for its launch, a world says what customers
wanted, who turned to another product, and what a launch took from its category.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.evaluations import WORLD_OUTCOME
from optimization.instance import Floats, Ints, LaunchInstance, Plan

PARTS = ("all", "launches", "established")


@dataclass(frozen=True)
class Executed:
    """What came of one plan, by line and week of the horizon that the world ran (n, weeks): units demanded, sold,
    refused, and left on the shelf at the week's end."""

    demanded: Ints
    sold: Ints
    refused: Ints
    left: Ints


Execute = Callable[[LaunchInstance, Plan], Executed | None]


def world_outcome(
    instance: LaunchInstance, plans: Mapping[str, Plan], execute: Execute | None, source: str
) -> pd.DataFrame:
    """One row per policy and part; empty where no world can run.

    Args:
        instance: The week's question.
        plans: Each policy's plan.
        execute: Runs the world under a plan, from the same Monday and with the same draws for every plan; gives None
            where the plan speaks of what the world does not know.
        source: Real or simulated, told on.

    Returns:
        `WORLD_OUTCOME`.
    """
    rows: list[dict[str, object]] = []
    for name, plan in plans.items():
        executed = execute(instance, plan) if execute is not None else None
        if executed is None:
            break
        profit = profit_by_line(instance, plan, executed)
        rows += [_row(instance, plan, executed, profit, part) | {"policy": name, "part": part} for part in PARTS]
    frame = pd.DataFrame(
        rows, columns=[name for name in WORLD_OUTCOME.names() if name not in ("decision_week", "source")]
    )
    return frame.assign(decision_week=pd.Timestamp(instance.decision_week), source=source)[WORLD_OUTCOME.names()]


def profit_by_line(instance: LaunchInstance, plan: Plan, executed: Executed) -> Floats:
    """Money by line (n): the formula of `instance.evaluate`, on what the world gave back.

    price·sold + leftover_value·left − penalty·refused − hold·Σ end-of-week stock − unit_cost·ordered − launch_cost.
    """
    launched = instance.is_launch & (plan.launch_week >= 0)
    ordered = plan.packs.sum(axis=1) * instance.pack
    profit: Floats = (
        instance.price * executed.sold.sum(axis=1)
        + instance.leftover_value * executed.left[:, -1]
        - instance.penalty * executed.refused.sum(axis=1)
        - instance.hold * executed.left.sum(axis=1)
        - instance.unit_cost * ordered
        - instance.launch_cost * launched
    )
    return profit


def chosen_lines(instance: LaunchInstance, part: str) -> NDArray[np.bool_]:
    """Lines of one of `PARTS` (n)."""
    if part == "all":
        return np.ones(instance.n, dtype=bool)
    return instance.is_launch if part == "launches" else ~instance.is_launch


def _row(instance: LaunchInstance, plan: Plan, executed: Executed, profit: Floats, part: str) -> dict[str, object]:
    at = chosen_lines(instance, part)
    return {
        "profit": round(float(profit[at].sum()), 2),
        "units_demanded": int(executed.demanded[at].sum()),
        "units_sold": int(executed.sold[at].sum()),
        "units_refused": int(executed.refused[at].sum()),
        "units_left": int(executed.left[at, -1].sum()),
        "launches": int((at & instance.is_launch & (plan.launch_week >= 0)).sum()),
        "weeks_run": int(executed.sold.shape[1]),
    }
