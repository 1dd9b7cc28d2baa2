"""Which plan rules a decision week, and what its frames leave to do.

Lives here: `plan_in_force`, and the way back from frames to a plan. Does not live here: making the plan (`plan.py`),
replaying it (`simulate.py`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from contracts.plans import PLAN_IN_FORCE
from optimization.instance import NOT_LAUNCHED, Ints, LaunchInstance, Plan


def plan_in_force(
    plan_solve: pd.DataFrame, previous_plan_in_force: pd.DataFrame | None, decision_week: pd.Timestamp
) -> pd.DataFrame:
    """PLAN_IN_FORCE: the week's own 'base' plan when it has one, else the plan that ruled the week before.

    Raises:
        ValueError: Neither exists.
    """
    week = pd.Timestamp(decision_week)
    base = plan_solve[plan_solve["scenario"] == "base"]
    good = base[base["status"].isin(["optimal", "feasible"])]
    if len(good):
        row = (week, week, "base", f"solved this week, {good['status'].iloc[0]}", 0)
        return pd.DataFrame([row], columns=PLAN_IN_FORCE.names())
    status = base["status"].iloc[0] if len(base) else "not solved"
    if previous_plan_in_force is None or previous_plan_in_force.empty:
        raise ValueError(
            f"plan_in_force: the plan of {week.date()} is {status} and no earlier plan rules; "
            "plan_solve says why; mend it and plan the week again"
        )
    last = previous_plan_in_force.sort_values("decision_week").iloc[-1]
    plan_week = pd.Timestamp(last["plan_week"])
    row = (
        week,
        plan_week,
        str(last["scenario"]),
        f"this week's plan is {status}; the last good one rules on",
        int((week - plan_week).days // 7),
    )
    return pd.DataFrame([row], columns=PLAN_IN_FORCE.names())


def plan_from_frames(instance: LaunchInstance, launch_plan: pd.DataFrame, order_plan: pd.DataFrame) -> Plan:
    """The decisions that these frames leave to the instance's weeks, for replay.

    Frames without a row launch and order nothing. Of an earlier week's plan, orders already placed and lines no
    longer planned are left out, launches that should have begun begin at once, and units come in today's packs.
    """
    launch = np.where(instance.is_launch, NOT_LAUNCHED, 0)
    shown = np.zeros(instance.n, dtype=np.int64)
    packs = np.zeros((instance.n, instance.weeks), dtype=np.int64)
    chosen = launch_plan[launch_plan["is_launched"].astype(bool)]
    at, week = line_positions(instance, chosen, "launch_week")
    begins = (at >= 0) & instance.is_launch[at] & (week < instance.weeks)
    launch[at[begins]] = np.maximum(week[begins], 0)
    # Of a launch that has begun, weeks gone by are over.
    left = chosen["exposure_weeks"].fillna(0).to_numpy(np.int64) + np.minimum(week, 0)
    shown[at[begins]] = np.minimum(np.maximum(left, 0), instance.weeks - np.maximum(week, 0))[begins]
    at, week = line_positions(instance, order_plan, "order_week")
    placed = (at >= 0) & (week >= 0) & (week < instance.weeks)
    at, week, pack = at[placed], week[placed], instance.pack[at[placed]]
    units = order_plan["order_units"].to_numpy(np.int64)[placed]
    np.add.at(packs, (at, week), (units + pack // 2) // pack)
    return Plan(packs, launch, shown)


def slots_from_frame(instance: LaunchInstance, exposure_plan: pd.DataFrame) -> Ints:
    """Slots by line and week of the horizon (n, T); those of weeks gone by and of lines no longer planned left out."""
    slots = np.zeros((instance.n, instance.weeks), dtype=np.int64)
    at, week = line_positions(instance, exposure_plan, "week")
    given = (at >= 0) & (week >= 0) & (week < instance.weeks)
    np.add.at(slots, (at[given], week[given]), exposure_plan["slots"].to_numpy(np.int64)[given])
    return slots


def line_positions(instance: LaunchInstance, rows: pd.DataFrame, week: str) -> tuple[Ints, Ints]:
    """Line of each row, -1 where the instance has none, and weeks from the decision week to the row's `week`."""
    lines = pd.MultiIndex.from_arrays([instance.product_id.astype(object), instance.channel.astype(object)])
    at = lines.get_indexer(pd.MultiIndex.from_frame(rows[["product_id", "channel"]].astype(object)))
    number = (pd.to_datetime(rows[week]) - pd.Timestamp(instance.decision_week)).dt.days // 7
    return np.asarray(at, dtype=np.int64), np.asarray(number, dtype=np.int64)
