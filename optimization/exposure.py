"""Exposure slots for what launches.

Lives here: who gets the slots of a channel and week, and what each is worth. A slot's effect is counted once: where the
lift was promised it is in the demand that the plan is made for (`effects.py`), and the slot is worth the margin of what
the lift sells; elsewhere it moves no demand, and what reach and conversion say is shown beside the plan's profit.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from contracts.plans import EXPOSURE_PLAN
from optimization.inputs import PlanInputs
from optimization.instance import Floats, LaunchInstance, Plan, demand_by_week, evaluate
from optimization.limits import slots

_KEYS = ["product_id", "channel"]


def exposure_plan(inputs: PlanInputs, instance: LaunchInstance, plan: Plan, scenario: str) -> pd.DataFrame:
    """EXPOSURE_PLAN: at most one slot a launched line and week, in its first weeks; promised ones before all others.

    Expected value of a slot: where promised, margin × what the lift adds to the week's demand × share of the line's
    demand that is met; elsewhere customers reached × conversion rate × margin, in the line's best placement. Margin is
    that of the net price. Every slot belongs to one channel and week and every line's weeks are worth the same each,
    so the sets of lines that fit are the independent sets of a partition matroid: taking the most valuable lines of
    each channel and week is exact, and what was promised always fits.
    """
    profile, week0 = inputs.profile, pd.Timestamp(inputs.decision_week)
    lines = _launched(inputs, instance, plan)
    lifted = _worth_of_lift(instance, plan)
    weeks = pd.DataFrame({"age": np.arange(profile.exposure_weeks)})
    asked = lines.merge(weeks, how="cross")
    asked = asked.assign(number=asked["launch_week"] + asked["age"])
    asked = asked[asked["number"] < instance.weeks]
    is_promised = instance.slot_lift[asked["line"].to_numpy()] > 1.0
    value = np.where(is_promised, lifted[asked["line"].to_numpy(), asked["number"].to_numpy()], asked["of_reach"])
    asked = asked.assign(
        expected_value=value.astype(np.float64),
        is_promised=is_promised,
        week=week0 + pd.to_timedelta(7 * asked["number"], unit="D"),
    )
    asked = asked[asked["is_promised"] | (asked["expected_value"] > 0)]
    asked = asked.sort_values(
        ["is_promised", "expected_value", *_KEYS], ascending=[False, False, True, True], kind="stable"
    )
    rank = asked.groupby(["channel", "week"]).cumcount()
    taken = asked[rank.to_numpy() < slots(inputs, asked)]
    taken = taken.assign(
        decision_week=week0, scenario=scenario, slots=1, expected_value=taken["expected_value"].round(2)
    )
    return taken[EXPOSURE_PLAN.names()].sort_values([*_KEYS, "week"], ignore_index=True)


def _launched(inputs: PlanInputs, instance: LaunchInstance, plan: Plan) -> pd.DataFrame:
    """One row per launched line: its position, launch week, and what reach and conversion make of a slot (money)."""
    at = np.flatnonzero(instance.is_launch & (plan.launch_week >= 0))
    lines = pd.DataFrame(
        {
            "product_id": instance.product_id[at].astype(object),
            "channel": instance.channel[at].astype(object),
            "line": at,
            "margin": (instance.net_price - instance.unit_cost)[at],
            "launch_week": plan.launch_week[at],
        }
    )
    rates = inputs.response_forecast
    reached = rates.assign(purchases=rates["reach_customers"] * rates["expected_conversion_rate"])
    best = reached.groupby(_KEYS, as_index=False)["purchases"].max()
    lines = lines.merge(best, on=_KEYS, how="left", validate="one_to_one")
    return lines.assign(of_reach=(lines["purchases"].astype(np.float64).fillna(0.0) * lines["margin"]))


def _worth_of_lift(instance: LaunchInstance, plan: Plan) -> Floats:
    """Margin of the units that each line's lift sells in each week, were the week a lifted one (n, T)."""
    result = evaluate(instance, plan)
    filled = result.sold / np.maximum(result.demanded, 1e-12)
    added = demand_by_week(instance, plan.launch_week).mean(axis=1) * (1.0 - 1.0 / instance.slot_lift)[:, None]
    return np.asarray(added * (filled * (instance.net_price - instance.unit_cost))[:, None])
