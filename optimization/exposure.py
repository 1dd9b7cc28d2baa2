"""Exposure slots for what launches.

Lives here: who gets the slots of a channel and week. On sources without a measured effect of exposure, slots do not
move demand in the plan: their value is shown beside the plan and never counted in its profit, so that a lift is
applied once, by the forecast that has measured it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from contracts.plans import EXPOSURE_PLAN
from optimization.inputs import PlanInputs
from optimization.instance import LaunchInstance, Plan
from optimization.limits import slots

_KEYS = ["product_id", "channel"]


def exposure_plan(inputs: PlanInputs, instance: LaunchInstance, plan: Plan, scenario: str) -> pd.DataFrame:
    """EXPOSURE_PLAN: at most one slot a launched line and week, in its first weeks.

    Expected value of a slot = customers reached × conversion rate × unit margin, in the line's best placement.
    Every slot belongs to one channel and week and every line's weeks are worth the same each, so the sets of lines
    that fit are the independent sets of a partition matroid: taking the most valuable lines of each channel and week
    is exact.
    """
    profile, week0 = inputs.profile, pd.Timestamp(inputs.decision_week)
    launched = np.flatnonzero(instance.is_launch & (plan.launch_week >= 0))
    lines = pd.DataFrame(
        {
            "product_id": instance.product_id[launched],
            "channel": instance.channel[launched],
            "margin": (instance.price - instance.unit_cost)[launched],
            "launch_week": plan.launch_week[launched],
        }
    )
    rates = inputs.response_forecast
    worth = rates.assign(purchases=rates["reach_customers"] * rates["expected_conversion_rate"])
    best = worth.groupby(_KEYS, as_index=False)["purchases"].max()
    lines = lines.merge(best, on=_KEYS, how="inner", validate="one_to_one")
    lines = lines.assign(expected_value=(lines["purchases"] * lines["margin"]).astype(float))
    weeks = pd.DataFrame({"age": np.arange(profile.exposure_weeks)})
    asked = lines[lines["expected_value"] > 0].merge(weeks, how="cross")
    asked = asked.assign(number=asked["launch_week"] + asked["age"])
    asked = asked[asked["number"] < instance.weeks]
    asked = asked.assign(week=week0 + pd.to_timedelta(7 * asked["number"], unit="D"))
    asked = asked.sort_values(["expected_value", *_KEYS], ascending=[False, True, True], kind="stable")
    rank = asked.groupby(["channel", "week"]).cumcount()
    room = slots(inputs, asked)
    taken = asked[rank.to_numpy() < room]
    taken = taken.assign(
        decision_week=week0, scenario=scenario, slots=1, expected_value=taken["expected_value"].round(2)
    )
    return taken[EXPOSURE_PLAN.names()].sort_values([*_KEYS, "week"], ignore_index=True)
