"""Near weeks stay as the plan in force set them, unless the price of change is paid.

The plan that ruled the week before had set orders, launches and slots for weeks that are still to come. In the first so many
of them, each pack more or fewer than it had ordered costs money, each candidate whose launch there is another (launched in
another week, not at all, or now at all), and each slot that a candidate is given or loses. The price is part of what the plan
maximises (`change.py`).

Nothing is held of what the last plan did not plan, or could not order by the end of its own weeks, and nothing that
cannot be kept any more: an order below today's minimum, a launch outside today's window. An established line for which it
had no order is held at none.

Lives here: what is held, into PLAN_FROZEN and from there into the question, and what a plan changed of it, told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from contracts.plans import PLAN_FROZEN
from optimization.change import change_cost, slot_cost
from optimization.in_force import line_positions
from optimization.instance import NOT_LAUNCHED, Floats, Ints, LaunchInstance, Plan
from optimization.playing import slots_given

_ALL = "all"
_NAMED = 5


@dataclass(frozen=True)
class Freeze:
    """How many weeks are frozen, and what a change there costs.

    Args:
        weeks: From the decision week on; 0 holds nothing.
        pack_price: Money for each pack changed.
        launch_price: Money for each launch changed.
        slot_price: Money for each slot changed.
    """

    weeks: int = 0
    pack_price: float = 0.0
    launch_price: float = 0.0
    slot_price: float = 0.0

    @property
    def prices(self) -> dict[str, float]:
        """Each price by its name."""
        return {"pack_price": self.pack_price, "launch_price": self.launch_price, "slot_price": self.slot_price}

    def __post_init__(self) -> None:
        if self.weeks < 0:
            raise ValueError(f"frozen_weeks {self.weeks} is no number of weeks; 0 freezes none")
        for name, amount in self.prices.items():
            if not 0 <= amount < np.inf:
                raise ValueError(f"{name}: {amount!r} is no amount of at least 0")
        if self.weeks and not any(self.prices.values()):
            raise ValueError(
                f"frozen_weeks {self.weeks}: no change has a price, which freezes nothing; "
                f"give one of {', '.join(self.prices)}, or freeze 0 weeks"
            )
        if not self.weeks and any(self.prices.values()):
            raise ValueError(f"{', '.join(self.prices)} are of frozen weeks; say how many (frozen_weeks)")


def plan_frozen(
    ruling: pd.DataFrame,
    plans: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame],
    decision_week: pd.Timestamp,
    freeze: Freeze,
) -> pd.DataFrame:
    """PLAN_FROZEN of one decision week; no row where nothing is asked for, one without a week where no plan ruled.

    Args:
        ruling: PLAN_IN_FORCE of the week before, at most one row.
        plans: plan_solve, launch_plan, order_plan and exposure_plan of the plan that ruled it.
        decision_week: The Monday.
        freeze: What is asked for.
    """
    solve, launches, orders, slots = plans
    if not freeze.weeks:
        return pd.DataFrame(columns=PLAN_FROZEN.names())
    week = pd.Timestamp(decision_week)
    whole: dict[str, object] = {"kind": "weeks", "product_id": _ALL, "channel": _ALL, **freeze.prices}
    if ruling.empty or solve.empty:
        return _table([pd.DataFrame([whole])], week)
    made = pd.Timestamp(ruling["plan_week"].iloc[0])
    end = made + pd.Timedelta(days=7 * int(solve["horizon_weeks"].iloc[0]))
    last = min(week + pd.Timedelta(days=7 * (freeze.weeks - 1)), end - pd.Timedelta(days=7))
    if last < week:
        return _table([pd.DataFrame([whole])], week)
    whole |= {"week": last, "plan_week": made, "plan_end": end}
    placed = orders[(pd.to_datetime(orders["order_week"]) >= week) & (pd.to_datetime(orders["order_week"]) <= last)]
    held = placed.rename(columns={"order_week": "week", "order_units": "units"}).assign(kind="order")
    # A launch that should have begun and has not is held to begin at once.
    begins = pd.to_datetime(launches["launch_week"])
    begins = begins.where(begins.isna() | (begins >= week), week)
    candidates = launches.assign(kind="launch", week=begins.where(begins <= last))
    # What the plan left to reach was no part of it.
    given = slots[slots["is_planned"].eq(True)].assign(week=pd.to_datetime(slots["week"]), kind="slot")
    given = given[(given["week"] >= week) & (given["week"] <= last)]
    columns = ["kind", "product_id", "channel", "week"]
    parts = [pd.DataFrame([whole]), held[[*columns, "units"]], candidates[columns], given[columns]]
    return _table(parts, week)


def _table(parts: Sequence[pd.DataFrame], week: pd.Timestamp) -> pd.DataFrame:
    """The rows in the promised columns and order."""
    rows = pd.concat([part for part in parts if len(part)], ignore_index=True)
    rows = rows.reindex(columns=PLAN_FROZEN.names()).assign(decision_week=week)
    days = {name: pd.to_datetime(rows[name]).astype("datetime64[us]") for name in ("week", "plan_week", "plan_end")}
    rows = rows.assign(**days, units=pd.to_numeric(rows["units"]).astype("Int64"))
    return rows.sort_values(["kind", "product_id", "channel", "week"], ignore_index=True)


@dataclass(frozen=True)
class Held:
    """What of the last plan a question can be held to: packs and cells held (n, T), slots (n, T), launch week (n), lines
    held (n).

    `gone` counts what it had set and cannot be kept.
    """

    packs: Ints
    cells: np.ndarray
    slots: Ints
    launch_week: Ints
    lines: np.ndarray
    gone: tuple[str, ...]


def with_frozen(instance: LaunchInstance, plan_frozen: pd.DataFrame) -> LaunchInstance:
    """The question with its price of change; as it was where nothing is held."""
    head = _head(plan_frozen)
    if head is None or pd.isna(head["week"]):
        return instance
    held = _held(instance, plan_frozen, head)
    price, weeks = float(head["launch_price"]), _number(instance, head["week"]) + 1
    changed = np.zeros((instance.n, instance.weeks + 1), dtype=bool)
    changed[:, :weeks] = True
    launches = held.launch_week >= 0
    changed[launches] = True
    changed[launches, held.launch_week[launches]] = False
    is_held = instance.is_launch & held.lines
    return replace(
        instance,
        held_packs=np.where(held.cells, held.packs, 0),
        pack_change=np.where(held.cells, float(head["pack_price"]), 0.0),
        launch_change=np.where(changed & is_held[:, None], price, 0.0),
        held_slots=np.where(is_held[:, None], held.slots, 0),
        slot_change=np.where(is_held[:, None] & (np.arange(instance.weeks) < weeks), _price(head, "slot_price"), 0.0),
    )


def _price(head: dict[str, Any], name: str) -> float:
    """A price of the weeks as a whole; 0 of rows from before there was one."""
    return 0.0 if pd.isna(head[name]) else float(head[name])


def _head(plan_frozen: pd.DataFrame) -> dict[str, Any] | None:
    """The row of the weeks as a whole; None where nothing was asked for."""
    rows = plan_frozen[plan_frozen["kind"] == "weeks"].to_dict("records")
    return {str(name): value for name, value in rows[0].items()} if rows else None


def _held(instance: LaunchInstance, plan_frozen: pd.DataFrame, head: dict[str, Any]) -> Held:
    """What of the rows this question can keep."""
    orders, candidates, given = (plan_frozen[plan_frozen["kind"] == kind] for kind in ("order", "launch", "slot"))
    packs = np.zeros((instance.n, instance.weeks), dtype=np.int64)
    at, week = line_positions(instance, orders, "week")
    known = (at >= 0) & (week < instance.weeks)
    line, pack = at[known], instance.pack[at[known]]
    np.add.at(packs, (line, week[known]), (orders["units"].to_numpy(np.int64)[known] + pack // 2) // pack)
    slots = np.zeros((instance.n, instance.weeks), dtype=np.int64)
    place, when = line_positions(instance, given, "week")
    seen = (place >= 0) & (when < instance.weeks)
    slots[place[seen], when[seen]] = 1
    was, begins = line_positions(instance, candidates.dropna(subset="week"), "week")
    launch = np.full(instance.n, NOT_LAUNCHED)
    launch[was[was >= 0]] = begins[was >= 0]
    of, _ = line_positions(instance, candidates.assign(week=head["week"]), "week")
    planned = ~instance.is_launch
    planned[of[of >= 0]] = True
    shut = instance.is_launch & (launch >= 0) & ((launch < instance.earliest) | (launch > instance.latest))
    lines = planned & ~shut
    weeks = np.arange(instance.weeks)
    arrival = weeks[None, :] + instance.lead[:, None]
    cells = lines[:, None] & (weeks <= _number(instance, head["week"]))
    cells &= arrival < min(_number(instance, head["plan_end"]), instance.weeks)
    small = cells & (packs > 0) & (packs < instance.moq_packs[:, None])
    cells &= ~small
    strange = [*zip(*(orders.loc[at < 0, name] for name in ("product_id", "channel")), strict=True)]
    told = (
        ("orders of lines that are no longer planned", sorted({f"{p} in {c}" for p, c in strange})),
        ("orders below today's minimum", _names(instance, np.any(small, axis=1))),
        ("launches outside today's window", _names(instance, shut)),
    )
    return Held(packs, cells, slots, launch, lines, tuple(_counted(what, names) for what, names in told if names))


def _number(instance: LaunchInstance, day: object) -> int:
    """Weeks from the decision week to a Monday."""
    return int((pd.Timestamp(str(day)) - pd.Timestamp(instance.decision_week)).days // 7)


def _names(instance: LaunchInstance, chosen: np.ndarray) -> list[str]:
    return [f"{instance.product_id[i]} in {instance.channel[i]}" for i in np.flatnonzero(chosen).tolist()]


def _counted(what: str, names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{what}: {', '.join(names[:_NAMED])}{more}"


def told_changes(instance: LaunchInstance, plan: Plan, plan_frozen: pd.DataFrame, currency: str) -> str | None:
    """What the plan changes in frozen weeks, what that costs and what could not be held, in words; None unasked."""
    head = _head(plan_frozen)
    if head is None:
        return None
    if pd.isna(head["week"]):
        return "nothing is frozen: no plan that ruled the week before had set these weeks"
    packs = np.abs(plan.packs - instance.held_packs)[instance.pack_change > 0]
    launches, slots = _moved_launches(instance, plan), _moved_slots(instance, plan)
    said = (
        f"frozen to {str(head['week'])[:10]} as the plan of {str(head['plan_week'])[:10]} had it: {int((packs > 0).sum())} "
        f"orders ({int(packs.sum())} packs), {int(launches.sum())} launches and {int(slots.sum())} slots changed for "
        f"{change_cost(instance, plan).sum():,.2f} {currency}"
    )
    gone = _held(instance, plan_frozen, head).gone
    return f"{said}; not held: {'; '.join(gone)}" if gone else said


def _moved_launches(instance: LaunchInstance, plan: Plan) -> np.ndarray:
    """Candidates whose launch pays for a change (n)."""
    return np.asarray(instance.launch_change[np.arange(instance.n), plan.launch_week] > 0)


def _moved_slots(instance: LaunchInstance, plan: Plan) -> Ints:
    """Slots that pay for a change (n)."""
    given = slots_given(plan.launch_week, plan.shown, instance.weeks)
    return np.asarray((np.abs(given - instance.held_slots) * (instance.slot_change > 0)).sum(axis=1))


def change_parts(instance: LaunchInstance, plan: Plan) -> list[tuple[str, str, np.ndarray, Floats, bool]]:
    """Parts of PLAN_EXPLANATION, kind 'change': what each changed order, launch and slot pays, negative."""
    found: list[tuple[str, str, np.ndarray, Floats, bool]] = []
    paid = instance.pack_change * np.abs(plan.packs - instance.held_packs)
    for week in np.flatnonzero(paid.any(axis=0)).tolist():
        monday = (pd.Timestamp(instance.decision_week) + pd.Timedelta(days=7 * week)).date()
        found.append(("change", f"order of week {monday}", paid[:, week] > 0, -paid[:, week], True))
    launches = _moved_launches(instance, plan)
    price = instance.launch_change[np.arange(instance.n), plan.launch_week]
    slots = slot_cost(instance, np.arange(instance.n), slots_given(plan.launch_week, plan.shown, instance.weeks))
    return [
        *found,
        ("change", "launch in frozen weeks", launches, -price, True),
        ("change", "slots in frozen weeks", slots > 0, -slots, True),
    ]
