"""Limits of the whole plan: the shop's own where it sets them, else the profile's.

Lives here: budgets, launch caps, slots, storage and fill floors, and how the assumed ones read in words. Does not live
here: terms of single products (`terms.py`), what slots do and sellers' shares of them (`slots.py`), which limits cannot
hold together (`diagnose.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from optimization.baseline import unlimited_mean_forecast
from optimization.instance import Floats, Ints, LaunchInstance
from optimization.shelf import ShelfLimits
from optimization.terms import shop_terms

if TYPE_CHECKING:
    from optimization.inputs import PlanInputs


# By scope: the columns that a limit of it must fill, and those that it may.
_PLANNED_FOR: dict[str, tuple[list[str], list[str]]] = {
    "budget": (["week"], []),
    "launches": (["category_1"], []),
    "slots": ([], ["channel", "week"]),
    "storage": ([], ["channel", "week"]),
    "fill_floor": ([], ["channel"]),
    "seller_share": (["seller_id"], ["channel"]),
}
# Volume of a unit where nothing says it.
UNIT_VOLUME = 1.0


def refuse_limits_not_planned_for(limits: pd.DataFrame) -> None:
    """Raises for the first limit that this plan cannot keep: a limit in silence broken is worse than none."""
    if limits.empty:
        return
    given = limits[["channel", "category_1", "seller_id", "week"]].notna()
    kept = pd.Series(False, limits.index)
    for scope, (needed, allowed) in _PLANNED_FOR.items():
        has_all, has_more = given[needed].all(axis=1), given.drop(columns=[*needed, *allowed]).any(axis=1)
        kept |= (limits["scope"] == scope) & has_all & ~has_more
    if not kept.all():
        row = limits[~kept].iloc[0]
        keys = {name: row[name] for name in ("channel", "category_1", "seller_id", "week") if pd.notna(row[name])}
        raise ValueError(
            f"raw_plan_limits: {int((~kept).sum())} rows cannot be planned for yet (first: scope {row['scope']!r}, {keys}). "
            "Planned for are budgets of the whole shop by week, launches by category_1, slots and storage by channel and "
            "week, fill floors by channel, and shares of slots by seller and channel; remove the others"
        )
    floors = limits[(limits["scope"] == "fill_floor") & (limits["amount"] > 1)]
    if len(floors):
        raise ValueError(
            f"raw_plan_limits: a fill_floor is {floors['amount'].iloc[0]:g}; it is a share of demand, from 0 to 1"
        )


def launch_caps(inputs: PlanInputs, lines: pd.DataFrame) -> tuple[np.ndarray, Ints]:
    """Launches allowed by category_1: the shop's limit, else the profile's share of its candidate product-channels."""
    count = lines[lines["is_launch"]].groupby("category_1").size()
    categories = np.array(count.index.astype(str).tolist(), dtype=np.str_)
    own = _own_caps(inputs, categories)
    allowed = np.where(np.isnan(own), count.to_numpy() * inputs.profile.launch_share, own)
    return categories, allowed.astype(np.int64)


def budgets(inputs: PlanInputs, instance: LaunchInstance) -> Floats:
    """Money by order week: the shop's limit, else the profile's share of the unlimited mean-forecast plan's spend."""
    plan = unlimited_mean_forecast(instance)
    spend = (plan.packs * (instance.pack * instance.unit_cost)[:, None]).sum(axis=0)
    own = _own_budgets(inputs, instance.weeks)
    return np.where(np.isnan(own), np.round(inputs.profile.budget_share * spend, 2), own)


def slots(inputs: PlanInputs, asked: pd.DataFrame) -> Floats:
    """Slots of each row's channel and week: the shop's limit, else the profile's."""
    own = _own_slots(inputs, asked)
    return np.where(np.isnan(own), float(inputs.profile.slots_per_channel_week), own)


def shelf_limits(inputs: PlanInputs, channel: np.ndarray, volume: Floats, weeks: int) -> ShelfLimits:
    """Storage by channel and week, and fill floors by channel: the shop's own, none where it sets none.

    A limit without a channel, or a week, holds in each of them; of several the tightest does.

    Args:
        inputs: The week's.
        channel: Of each line (n).
        volume: Of a unit of each line, NaN where unknown (n).
        weeks: Of the horizon.
    """
    limits, names = inputs.raw_plan_limits, np.unique(channel)
    days = pd.Timestamp(inputs.decision_week) + pd.to_timedelta(7 * np.arange(weeks), unit="D")
    every = pd.MultiIndex.from_product([names.astype(object), days], names=["channel", "week"]).to_frame(index=False)
    room = _tightest(limits[limits["scope"] == "storage"], every, np.fmin)
    floor = _tightest(limits[limits["scope"] == "fill_floor"], every.drop_duplicates("channel"), np.fmax)
    stored, served = np.flatnonzero(~np.isnan(room)), np.flatnonzero(~np.isnan(floor))
    return ShelfLimits(
        volume=np.where(np.isnan(volume), UNIT_VOLUME, volume) if len(stored) else np.zeros(0),
        storage_channel=np.repeat(names, weeks)[stored],
        storage_week=(stored % weeks).astype(np.int64),
        storage=room[stored],
        floor_channel=names[served],
        fill_floor=floor[served],
    )


def _tightest(limits: pd.DataFrame, asked: pd.DataFrame, tighter: np.ufunc) -> Floats:
    """The tightest of the limits that hold in each row's channel and week, NaN where none does."""
    found = np.full(len(asked), np.nan)
    for limit in limits.to_dict("records"):
        in_channel = (asked["channel"] == limit["channel"]) | pd.isna(limit["channel"])
        in_week = (asked["week"] == limit["week"]) | pd.isna(limit["week"])
        found = np.where(in_channel & in_week, tighter(found, float(limit["amount"])), found)
    return found


def assumed_limits(inputs: PlanInputs, instance: LaunchInstance) -> dict[str, str]:
    """The profile's limits that hold somewhere in this plan: name of the limit to a sentence.

    A limit of the shop's own covers its week, category or channel; the profile's holds in the rest and is named.
    """
    profile = inputs.profile
    usable = instance.weeks - int(instance.lead.min())
    weeks = pd.Timestamp(instance.decision_week) + pd.to_timedelta(7 * np.arange(instance.weeks), unit="D")
    shown = pd.MultiIndex.from_product([np.unique(instance.channel), weeks], names=["channel", "week"])
    parts = (
        (
            "budget",
            _own_budgets(inputs, instance.weeks)[:usable],
            "weeks",
            f"each week {profile.budget_share:.0%} of what ordering the mean forecast would spend",
        ),
        (
            "launch limit",
            _own_caps(inputs, instance.capped_categories),
            "categories",
            f"at most {profile.launch_share:.0%} of a category's candidate product-channels",
        ),
        (
            "slots",
            _own_slots(inputs, shown.to_frame(index=False)),
            "channels and weeks",
            f"{profile.slots_per_channel_week} per channel and week",
        ),
    )
    said = {}
    for name, own, where, words in parts:
        if np.isnan(own).any():
            said[name] = words if np.isnan(own).all() else f"in {where} without the shop's own: {words}"
    if len(instance.shelf.storage) and _has_unknown_volume(inputs, instance):
        said["storage volume"] = f"{UNIT_VOLUME:g} a unit of products whose terms name none"
    always = f"each launch at most {profile.exposure_weeks} weeks; the plan counts what a slot surely adds"
    return said | {"slots": f"{said['slots']}, {always}" if "slots" in said else always}


def _has_unknown_volume(inputs: PlanInputs, instance: LaunchInstance) -> bool:
    lines = pd.DataFrame({"product_id": instance.product_id, "category_1": instance.category})
    return bool(shop_terms(lines, inputs.raw_supply_terms)["storage_volume"].isna().any())


def _own_budgets(inputs: PlanInputs, weeks: int) -> Floats:
    """The shop's budget by order week, NaN where it sets none."""
    limits = inputs.raw_plan_limits
    found = np.full(weeks, np.nan)
    own = limits[(limits["scope"] == "budget") & limits["week"].notna()]
    number = (pd.to_datetime(own["week"]) - pd.Timestamp(inputs.decision_week)).dt.days // 7
    for week, amount in zip(number.tolist(), own["amount"].tolist(), strict=True):
        if 0 <= week < weeks:
            found[week] = amount
    return found


def _own_caps(inputs: PlanInputs, categories: np.ndarray) -> Floats:
    """The shop's launch limit by category, the lowest of several, NaN where it sets none."""
    limits = inputs.raw_plan_limits
    own = limits[(limits["scope"] == "launches") & limits["category_1"].notna()].astype({"amount": float})
    return own.groupby("category_1")["amount"].min().reindex(categories.tolist()).to_numpy(float)


def _own_slots(inputs: PlanInputs, asked: pd.DataFrame) -> Floats:
    """The shop's slots of each row's channel and week, NaN where it sets none."""
    limits = inputs.raw_plan_limits
    found = np.full(len(asked), np.nan)
    for limit in limits[limits["scope"] == "slots"].to_dict("records"):
        in_channel = (asked["channel"] == limit["channel"]) | pd.isna(limit["channel"])
        in_week = (asked["week"] == limit["week"]) | pd.isna(limit["week"])
        found[(in_channel & in_week).to_numpy()] = limit["amount"]
    return found
