"""What a launch does beyond selling at its price: what it takes from other products, and what slots add to its demand.

Each unit is counted once. A unit that a launch sells and that a substitute in the same channel would have sold else
leaves one more of the substitute on the shelf, so that it is charged what a unit sold there is worth above one left:

    taken_worth_i = Σ_q take_{i,q}·(price_q − leftover_value_q)^+      (at most net_price_i = leftover value − penalty)

The substitute's own demand is not lowered as well. A slot's lift is counted in the demand of launches that are sure to
have the slot; where it is counted, reach and conversion are not (`exposure.py`).

Lives here: both effects, from the predicted tables to the instance. Does not live here: which launches get the slots
that are left (`exposure.py`), what a launch did when all is over (`launch_effect.py`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from optimization.instance import Floats, LaunchInstance
from optimization.limits import slots
from optimization.styles import in_common

if TYPE_CHECKING:
    from optimization.inputs import PlanInputs

_LINE = ["product_id", "channel"]


def with_effects(inputs: PlanInputs, plain: LaunchInstance) -> LaunchInstance:
    """The instance with windows that a style's launches have in common (`styles.py`), what launches take off their price,
    and the lift of promised slots in their demand."""
    instance = in_common(plain)
    rows = takes(inputs.cannibalisation, instance)
    worth = np.bincount(rows["line"], rows["take"] * rows["worth"], instance.n)
    # A sale is never worth less than a unit that nobody gets: the bound rests on it, and nothing is launched for that.
    room = np.maximum(instance.price - np.maximum(instance.leftover_value - instance.penalty, 0.0), 0.0)
    return with_promised_slots(inputs, replace(instance, taken_worth=np.minimum(worth, room)))


def takes(cannibalisation: pd.DataFrame, instance: LaunchInstance) -> pd.DataFrame:
    """One row per launch line and established line of the same channel that it takes from.

    Returns:
        line, other (positions in the instance), take (units per unit sold), worth (money per unit taken, at least 0).
    """
    lines = pd.DataFrame({"product_id": instance.product_id, "channel": instance.channel}, dtype=object)
    lines = lines.assign(line=np.arange(instance.n), is_launch=instance.is_launch)
    own, others = lines[lines["is_launch"]], lines[~lines["is_launch"]]
    rows = own.merge(
        cannibalisation[["product_id", "substitute_id", "take"]], on="product_id", validate="many_to_many"
    ).merge(
        others.rename(columns={"product_id": "substitute_id", "line": "other"})[["substitute_id", "channel", "other"]],
        on=["substitute_id", "channel"],
        validate="many_to_one",
    )
    worth = np.maximum(instance.price - instance.leftover_value, 0.0)
    rows = rows.astype({"line": np.int64, "other": np.int64, "take": np.float64})
    found = rows.assign(worth=worth[rows["other"].to_numpy()])
    return found[["line", "other", "take", "worth"]].sort_values(["line", "other"], ignore_index=True)


def with_promised_slots(inputs: PlanInputs, instance: LaunchInstance) -> LaunchInstance:
    """The instance with slots promised to launches, and what they surely add in the demand of their first weeks.

    A line's lift is the lower end of its interval, since price cuts that came with past places are part of the middle.
    A channel promises as many lines as its scarcest week has slots, those first whose slots are worth most: a line
    takes one slot a week, so that all of them get theirs whenever they launch.
    """
    profile = inputs.profile
    lift = least_lift(inputs.exposure_lift, instance)
    first = instance.demand[:, :, : profile.exposure_weeks].sum(axis=2).mean(axis=1)
    value = (lift - 1.0) * first * (instance.net_price - instance.unit_cost)
    asks = instance.is_launch & (instance.earliest <= instance.latest) & (value > 0)
    order = np.lexsort((np.arange(instance.n), -value))
    is_promised = np.zeros(instance.n, dtype=bool)
    for channel, room in _scarcest(inputs, instance).items():
        lines = order[asks[order] & (instance.channel[order] == channel)]
        is_promised[lines[: int(room)]] = True
    factor = np.where(is_promised, lift, 1.0)
    demand = instance.demand.copy()
    lifted = demand[is_promised, :, : profile.exposure_weeks] * factor[is_promised, None, None]
    demand[is_promised, :, : profile.exposure_weeks] = np.floor(lifted + 0.5).astype(np.int64)
    return replace(instance, demand=demand, slot_lift=factor)


def least_lift(exposure_lift: pd.DataFrame, instance: LaunchInstance) -> Floats:
    """Lower end of what one slot multiplies each line's demand by, 1 where nothing is known or nothing gained (n)."""
    one = exposure_lift[exposure_lift["slots"] == 1].set_index(_LINE)["low"].astype(np.float64)
    lines = pd.MultiIndex.from_arrays([instance.product_id.astype(object), instance.channel.astype(object)])
    return np.maximum(one.reindex(lines).fillna(1.0).to_numpy(), 1.0)


def _scarcest(inputs: PlanInputs, instance: LaunchInstance) -> pd.Series:
    """Slots of each channel's scarcest week of the horizon."""
    weeks = pd.Timestamp(instance.decision_week) + pd.to_timedelta(7 * np.arange(instance.weeks), unit="D")
    every = pd.MultiIndex.from_product([np.unique(instance.channel).astype(object), weeks], names=["channel", "week"])
    asked = every.to_frame(index=False)
    return asked.assign(room=slots(inputs, asked)).groupby("channel")["room"].min()
