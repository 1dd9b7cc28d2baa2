"""Exposure slots of a plan's launches, week by week: those that the plan decided on, and who gets what these leave.

Lives here: the slots of a channel and week, and what each is worth. A slot's effect is counted once: where the plan decided
on it, its lift is in the demand that is planned for (`slots.py`), and the slot is worth the margin of what the lift sells;
one that was left moves no demand, and what reach and conversion say is shown beside the plan's profit.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.plans import EXPOSURE_PLAN
from optimization.inputs import PlanInputs
from optimization.instance import Floats, LaunchInstance, Plan, evaluate
from optimization.limits import slots
from optimization.playing import demand_by_week, slots_given
from optimization.slots import is_of

_KEYS = ["product_id", "channel"]


def exposure_plan(inputs: PlanInputs, instance: LaunchInstance, plan: Plan, scenario: str) -> pd.DataFrame:
    """EXPOSURE_PLAN: at most one slot a launched line and week, in its first weeks; those decided on before all others.

    Expected value of a slot: where decided on, margin × what the lift adds to the week's demand × share of the line's
    demand that is met; elsewhere customers reached × conversion rate × margin, in the line's best placement. Margin is
    that of the net price. Every slot that is left belongs to one channel and week and every line's weeks are worth the same
    each, so the sets of lines that fit are the independent sets of a partition matroid: taking the most valuable lines of
    each channel and week is exact. Where sellers of launches have shares of the slots, one that would leave a share short
    waits, and is given as soon as others allow it.
    """
    profile, week0 = inputs.profile, pd.Timestamp(inputs.decision_week)
    lines = _launched(inputs, instance, plan)
    lifted = _worth_of_lift(instance, plan)
    given = slots_given(plan.launch_week, plan.shown, instance.weeks)
    weeks = pd.DataFrame({"age": np.arange(profile.exposure_weeks)})
    asked = lines.merge(weeks, how="cross")
    asked = asked.assign(number=asked["launch_week"] + asked["age"])
    asked = asked[asked["number"] < instance.weeks]
    cell = asked["line"].to_numpy(), asked["number"].to_numpy()
    is_planned = given[cell] > 0
    asked = asked.assign(
        expected_value=np.where(is_planned, lifted[cell], asked["of_reach"]).astype(np.float64),
        is_planned=is_planned,
        week=week0 + pd.to_timedelta(7 * asked["number"], unit="D"),
    )
    # A slot that is worth nothing by reach may still be what its seller's share asks for.
    of_share = np.isin(instance.seller[asked["line"].to_numpy()], instance.shelf.share_seller)
    asked = asked[asked["is_planned"] | (asked["expected_value"] > 0) | of_share]
    asked = asked.sort_values(
        ["is_planned", "expected_value", *_KEYS], ascending=[False, False, True, True], kind="stable"
    )
    taken = asked[_fits(instance, plan, asked, slots(inputs, asked))]
    taken = taken.assign(
        decision_week=week0, scenario=scenario, slots=1, expected_value=taken["expected_value"].round(2)
    )
    return taken[EXPOSURE_PLAN.names()].sort_values([*_KEYS, "week"], ignore_index=True)


def _fits(instance: LaunchInstance, plan: Plan, asked: pd.DataFrame, room: Floats) -> NDArray[np.bool_]:
    """Which of these slots are given, in their order: as many as a channel and week has, and sellers' shares allow."""
    if not len(instance.shelf.seller_share):
        return np.asarray(asked.groupby(["channel", "week"]).cumcount().to_numpy() + 1 <= room)
    line, week = asked["line"].to_numpy(), asked["number"].to_numpy()
    one = np.zeros((len(asked), instance.weeks), dtype=np.int64)
    one[np.arange(len(asked)), week] = 1
    shelf = instance.shelf
    use = shelf.slots_used(instance.channel[line], instance.seller[line], one)[:, len(shelf.slots) :]
    # No slot makes up for a seller that launches nothing.
    begun = instance.is_launch & (plan.launch_week >= 0)
    asks = zip(shelf.share_seller.tolist(), shelf.share_channel.tolist(), strict=True)
    use = use[:, [bool((begun & is_of(instance, who, where)).any()) for who, where in asks]]
    place = pd.factorize(asked["channel"].astype(str) + asked["week"].astype(str))[0]
    taken, held, used = asked["is_planned"].to_numpy(bool).copy(), np.zeros(len(asked)), np.zeros(use.shape[1])
    for j in np.flatnonzero(taken).tolist():
        held[place[j]] += 1
        used += use[j]
    is_new = True
    while is_new:
        is_new = False
        for j in np.flatnonzero(~taken).tolist():
            now = used + use[j]
            if held[place[j]] + 1 <= room[j] and ((now <= 1e-9) | (use[j] <= 0)).all():
                taken[j], is_new, used = True, True, now
                held[place[j]] += 1
    return taken


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
    """Margin of the units that being shown adds to each line's demand of each week, as far as it is met (n, T)."""
    result = evaluate(instance, plan)
    filled = result.sold / np.maximum(result.demanded, 1e-12)
    with_slots = demand_by_week(instance, plan.launch_week, plan.shown).mean(axis=1)
    added = with_slots - demand_by_week(instance, plan.launch_week).mean(axis=1)
    return np.asarray(added * (filled * (instance.net_price - instance.unit_cost))[:, None])
