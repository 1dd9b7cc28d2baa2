"""What planners overrule: single orders, launch weeks, and whether a product launches, each with a reason.

Lives here: overrides into the question. Does not live here: how a solver honours fixed orders (`fixed.py`), what
overrides cost and were worth (`override_value.py`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from optimization.instance import Ints, LaunchInstance
from optimization.styles import with_mates

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping


def with_overrides(instance: LaunchInstance, plan_override: pd.DataFrame) -> LaunchInstance:
    """The question with its planners' overrides; one without a channel holds in every channel of its product.

    What is overruled of one product of a style holds for the style, that launches as one: a launch, a launch week (where
    two products are given different ones the style cannot launch), a fixed order of its stock. Only a product that must
    not launch leaves its style, and the others launch without it.

    Raises:
        ValueError: An override speaks of what the week does not plan, or of an order or launch that cannot be; the
            message says which and what would do.
    """
    kinds = {"order": _order, "launch_week": _launch_week, "launch": _launch, "no_launch": _no_launch}
    for row in plan_override[plan_override["kind"] == "launch_week"].to_dict("records"):
        mates = with_mates(instance.leader, overridden_lines(instance, row))
        instance = _launch_week(instance, row, mates)
    for row in plan_override.sort_values(["kind", "product_id", "channel", "week"]).to_dict("records"):
        instance = kinds[str(row["kind"])](instance, row, overridden_lines(instance, row))
    return instance


def overridden_lines(instance: LaunchInstance, row: Mapping[Hashable, object]) -> Ints:
    """Positions of the lines that an override is about."""
    of_channel = pd.isna(row["channel"]) | (instance.channel == str(row["channel"]))  # type: ignore[call-overload]
    lines = np.flatnonzero((instance.product_id == str(row["product_id"])) & of_channel)
    if not len(lines):
        raise ValueError(f"{_said(row)}: not planned in week {instance.decision_week}; correct the product or channel")
    if row["kind"] != "order" and not instance.is_launch[lines].all():
        raise ValueError(f"{_said(row)}: sells already and is no launch candidate; overrule its orders instead")
    return lines


def _order(instance: LaunchInstance, row: Mapping[Hashable, object], lines: Ints) -> LaunchInstance:
    """Exactly so many units are ordered in a week, none included; a candidate whose order is fixed launches."""
    week, units = _week(instance, row), int(row["units"])  # type: ignore[call-overload]
    is_fixed, fixed_packs = instance.is_fixed.copy(), instance.fixed_packs.copy()
    is_mandatory, latest = instance.is_mandatory.copy(), instance.latest.copy()
    for i in lines.tolist():
        least = max(int(instance.moq_packs[i]), 1) * int(instance.pack[i])
        arrival = week + int(instance.lead[i])
        if units and (units < least or units % int(instance.pack[i])):
            raise ValueError(
                f"{_said(row)}: {units} units are no whole packs of {instance.pack[i]} from {least} on; "
                f"order 0, {least} or more"
            )
        if units and arrival >= instance.weeks:
            raise ValueError(f"{_said(row)}: would arrive after the horizon; order it earlier")
        if units and instance.is_launch[i] and arrival < instance.earliest[i]:
            raise ValueError(f"{_said(row)}: would arrive before its launch may begin; order it later")
        is_fixed[i, week], fixed_packs[i, week] = True, units // int(instance.pack[i])
        if units and instance.is_launch[i]:
            is_mandatory[i], latest[i] = True, min(int(latest[i]), arrival)
    return replace(instance, is_fixed=is_fixed, fixed_packs=fixed_packs, is_mandatory=is_mandatory, latest=latest)


def _launch_week(instance: LaunchInstance, row: Mapping[Hashable, object], lines: Ints) -> LaunchInstance:
    """Launched in that week, whatever window was planned."""
    week = _week(instance, row)
    earliest, latest, is_mandatory = instance.earliest.copy(), instance.latest.copy(), instance.is_mandatory.copy()
    earliest[lines], latest[lines], is_mandatory[lines] = week, week, True
    return replace(instance, earliest=earliest, latest=latest, is_mandatory=is_mandatory)


def _launch(instance: LaunchInstance, row: Mapping[Hashable, object], lines: Ints) -> LaunchInstance:
    """Launched in some week of its window."""
    is_mandatory = instance.is_mandatory.copy()
    is_mandatory[lines] = True
    return replace(instance, is_mandatory=is_mandatory)


def _no_launch(instance: LaunchInstance, row: Mapping[Hashable, object], lines: Ints) -> LaunchInstance:
    """Not launched, and no longer what its style waits for."""
    if instance.fixed_packs[lines].any():
        raise ValueError(f"{_said(row)}: an order of it is fixed as well; keep one of the two")
    earliest, latest, is_mandatory = instance.earliest.copy(), instance.latest.copy(), instance.is_mandatory.copy()
    earliest[lines], latest[lines], is_mandatory[lines] = 1, 0, False
    style = instance.style.copy()
    style[lines] = ""
    return replace(instance, earliest=earliest, latest=latest, is_mandatory=is_mandatory, style=style)


def _week(instance: LaunchInstance, row: Mapping[Hashable, object]) -> int:
    week = int((pd.Timestamp(str(row["week"])) - pd.Timestamp(instance.decision_week)).days // 7)
    if not 0 <= week < instance.weeks:
        raise ValueError(f"{_said(row)}: lies outside the plan's {instance.weeks} weeks; correct the week")
    return week


def _said(row: Mapping[Hashable, object]) -> str:
    channel = "" if pd.isna(row["channel"]) else f" in {row['channel']}"  # type: ignore[call-overload]
    week = "" if pd.isna(row["week"]) else f", week {str(row['week'])[:10]}"  # type: ignore[call-overload]
    return f"override {row['kind']} of {row['product_id']}{channel}{week}"
