r"""Exposure slots as the week's question holds them: who could use how many, what they do, and whose share is how large.

A slot shows one launch in its channel for one week, among its first weeks. Shown, its demand of the week is multiplied by the
lift's lower end, since price cuts that came with past places are part of the middle. Where candidates could use more slots
of a channel and week than there are, slots are a limit of the plan (`shelf.py`); elsewhere they cannot bind, and none is
written down. So are the shares of sellers who could use any.

Lives here: from frames to what the question says of slots. Does not live here: which launches are shown (`solve.py`), who gets
the slots that the plan leaves (`exposure.py`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimization.instance import Floats, Ints, LaunchInstance
from optimization.limits import slots
from optimization.shelf import ShelfLimits

if TYPE_CHECKING:
    from optimization.inputs import PlanInputs

_LINE = ["product_id", "channel"]


def with_slots(inputs: PlanInputs, plain: LaunchInstance) -> LaunchInstance:
    """The question in which candidates may be shown in their first weeks, under the slots and shares of sellers there are."""
    weeks = np.where(plain.is_launch, inputs.profile.exposure_weeks, 0).astype(np.int64)
    lift = np.where(plain.is_launch, least_lift(inputs.exposure_lift, plain), 1.0)
    instance = replace(plain, slot_lift=lift, most_shown=weeks)
    return replace(instance, shelf=_limits(inputs, instance))


def least_lift(exposure_lift: pd.DataFrame, instance: LaunchInstance) -> Floats:
    """Lower end of what one slot multiplies each line's demand by, 1 where nothing is known or nothing gained (n)."""
    one = exposure_lift[exposure_lift["slots"] == 1].set_index(_LINE)["low"].astype(np.float64)
    lines = pd.MultiIndex.from_arrays([instance.product_id.astype(object), instance.channel.astype(object)])
    return np.maximum(one.reindex(lines).fillna(1.0).to_numpy(), 1.0)


def could_be_shown(instance: LaunchInstance) -> NDArray[np.bool_]:
    """Weeks in which a slot could show each line, whenever it launches (n, T)."""
    week = np.arange(instance.weeks)[None, :]
    last = instance.latest + instance.most_shown - 1
    can = instance.is_launch & (instance.earliest <= instance.latest) & (instance.most_shown > 0)
    return np.asarray(can[:, None] & (week >= instance.earliest[:, None]) & (week <= last[:, None]))


def slots_at_most(instance: LaunchInstance) -> Ints:
    """Slots that each line could use, launched as early as it may (n)."""
    could = could_be_shown(instance)
    return np.minimum(could.sum(axis=1), instance.most_shown)


def _limits(inputs: PlanInputs, instance: LaunchInstance) -> ShelfLimits:
    """The question's limits, slots and shares among them."""
    could, names = could_be_shown(instance), np.unique(instance.channel)
    days = pd.Timestamp(instance.decision_week) + pd.to_timedelta(7 * np.arange(instance.weeks), unit="D")
    every = pd.MultiIndex.from_product([names.astype(object), days], names=["channel", "week"]).to_frame(index=False)
    room = slots(inputs, every)
    asked = np.concatenate([could[instance.channel == name].sum(axis=0) for name in names])
    scarce = np.flatnonzero(asked > room)
    shares = _shares(inputs.raw_plan_limits)
    holds = [bool((could.any(axis=1) & is_of(instance, who, where)).any()) for who, where, _ in shares]
    kept = [share for share, has in zip(shares, holds, strict=True) if has]
    return replace(
        instance.shelf,
        slot_channel=np.repeat(names, instance.weeks)[scarce],
        slot_week=(scarce % instance.weeks).astype(np.int64),
        slots=room[scarce],
        share_seller=np.array([who for who, _, _ in kept], dtype=np.str_),
        share_channel=np.array([where for _, where, _ in kept], dtype=np.str_),
        seller_share=np.array([share for _, _, share in kept], dtype=np.float64),
    )


def shares_without_candidates(inputs: PlanInputs, instance: LaunchInstance) -> dict[str, str]:
    """Shares that ask nothing, since no candidate of their sellers could be shown: nothing, or one sentence by its name."""
    held = set(zip(instance.shelf.share_seller.tolist(), instance.shelf.share_channel.tolist(), strict=True))
    idle = sorted({who for who, where, _ in _shares(inputs.raw_plan_limits) if (who, where) not in held})
    return {"seller share": f"none is kept for {', '.join(idle)}, of whom no launch could be shown"} if idle else {}


def is_of(instance: LaunchInstance, seller: str, channel: str) -> NDArray[np.bool_]:
    """Lines of a seller, in one channel or all ('') (n)."""
    return np.asarray((instance.seller == seller) & ((instance.channel == channel) | (channel == "")))


def _shares(limits: pd.DataFrame) -> list[tuple[str, str, float]]:
    """Seller, channel ('' for all) and least share of slots, the largest of several.

    Raises:
        ValueError: An amount is no share, or shares of one channel come to more than everything.
    """
    own = limits[limits["scope"] == "seller_share"]
    if own.empty:
        return []
    if (own["amount"] > 1).any():
        raise ValueError(
            f"raw_plan_limits: a seller_share is {own['amount'].max():g}; it is a share of the slots given, from 0 to 1"
        )
    named = own.assign(channel=own["channel"].astype(object).where(own["channel"].notna(), ""))
    largest = named.groupby(["seller_id", "channel"], sort=True)["amount"].max()
    total = largest.groupby("channel").sum()
    over = total[total > 1 + 1e-9]
    if len(over):
        where = f"in channel {over.index[0]}" if over.index[0] else "over all channels"
        raise ValueError(
            f"raw_plan_limits: the seller shares {where} come to {over.iloc[0]:g} of the slots; lower them to 1 in all"
        )
    rows = largest.reset_index().itertuples(index=False, name=None)
    return [(str(who), str(where), float(share)) for who, where, share in rows]
