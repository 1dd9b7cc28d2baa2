"""The reckoning in a world that can run again: every policy's plan is executed, not played on one history.

Lives here: the money of what a world gave back, and what launches took from other products. Does not live here: the
world, which is handed in as a function; which plans race, and the oracle among them (`race.py`); what each launch did
(`launch_effect.py`). Where `simulate.py` must take sales for demand and a launch's own curve for its launch, a world
says what customers wanted, who turned to another product, and what a launch took from its category.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimization.instance import NOT_LAUNCHED, Floats, Ints, LaunchInstance, Plan

PARTS = ("all", "launches", "established")
# The policy that knew what customers would want: what the others' profit is a share of.
BEST = "oracle_of_demand"
_INCOME = ("revenue", "leftover_value")
_COSTS = ("order_cost", "holding_cost", "shortage_cost", "launch_cost")


@dataclass(frozen=True)
class Decided:
    """A plan, and the slots that its launches get by line and week of the horizon (n, T)."""

    plan: Plan
    slots: Ints


@dataclass(frozen=True)
class Executed:
    """What came of one plan, by line and week of the horizon that the world ran (n, weeks) unless it says otherwise.

    Args:
        demanded, sold, refused, left: Units demanded, sold, refused, and left on the shelf at the week's end.
        in_warehouse: Units of the product left in the warehouse, told on its first line, 0 on its others.
        price: Money that a customer paid for a unit.
        opening: Units that every plan starts with: on the shelf, and on the product's first line those in the
            warehouse; what was on its way and arrived in these weeks, too (n).
        is_begun: Launches that began in these weeks, not those of what was on sale there already (n).
        group: Each line's category in its channel (n): the products that share its demand.
        group_sold: Units sold by group and week, of products that are not in the plan, too (G, weeks).
    """

    demanded: Ints
    sold: Ints
    refused: Ints
    left: Ints
    in_warehouse: Ints
    price: Floats
    opening: Ints
    is_begun: NDArray[np.bool_]
    group: Ints
    group_sold: Ints


class CannotRunError(LookupError):
    """A plan speaks of what the world does not know."""


Execute = Callable[[LaunchInstance, Decided], Executed]


@dataclass(frozen=True)
class Ran:
    """What was decided, and what came of it."""

    decided: Decided
    executed: Executed


def world_outcome(instance: LaunchInstance, ran: Mapping[str, Ran], execute: Execute) -> pd.DataFrame:
    """One row per policy and part. A policy's launches are left out in a second run: the difference is what they added.

    Args:
        instance: The week's question.
        ran: Each policy's decisions, executed.
        execute: Runs the world under a plan, from the same Monday and with the same draws for every plan.

    Returns:
        `WORLD_OUTCOME` but for its source.
    """
    rows: list[dict[str, object]] = []
    for name, with_launches in ran.items():
        others = without_lines(with_launches.decided, launches_of(instance, with_launches.decided))
        without = Ran(others, execute(instance, others))
        rows += [row | {"policy": name} for row in _rows(instance, with_launches, without)]
    frame = pd.DataFrame(rows)
    best = frame["part"].map(frame[frame["policy"] == BEST].set_index("part")["profit"])
    frame = frame.assign(oracle_share=(frame["profit"] / best).where(best > 0))
    return frame.assign(decision_week=pd.Timestamp(instance.decision_week))


def money_by_line(instance: LaunchInstance, plan: Plan, executed: Executed) -> dict[str, Floats]:
    """Income and costs by line (n): the terms of `instance.evaluate`, on what the world gave back.

    Customers pay the world's price of the week, lower ones included. What lies in the warehouse at the end is worth what
    it is on a shelf: a policy that leaves more there has not lost it. A world that ends before the horizon does charges
    no order that would arrive after its end, and no launch that would begin then: nothing was sold of either.
    """
    run = executed.sold.shape[1]
    arrives_in_time = np.arange(plan.packs.shape[1])[None, :] + instance.lead[:, None] < run
    return {
        "revenue": (executed.price * executed.sold).sum(axis=1),
        "leftover_value": instance.leftover_value * (executed.left + executed.in_warehouse)[:, -1],
        "order_cost": instance.unit_cost * ((plan.packs * arrives_in_time).sum(axis=1) * instance.pack),
        "holding_cost": instance.hold * (executed.left + executed.in_warehouse).sum(axis=1),
        "shortage_cost": instance.penalty * executed.refused.sum(axis=1),
        "launch_cost": instance.launch_cost * executed.is_begun,
    }


def profit_by_line(instance: LaunchInstance, plan: Plan, executed: Executed) -> Floats:
    """Profit by line (n): income less costs, as `money_by_line` parts it."""
    money = money_by_line(instance, plan, executed)
    profit: Floats = sum(money[name] for name in _INCOME) - sum(money[name] for name in _COSTS)  # type: ignore[assignment]
    return profit


def chosen_lines(instance: LaunchInstance, part: str) -> NDArray[np.bool_]:
    """Lines of one of `PARTS` (n)."""
    if part == "all":
        return np.ones(instance.n, dtype=bool)
    return instance.is_launch if part == "launches" else ~instance.is_launch


def launches_of(instance: LaunchInstance, decided: Decided) -> NDArray[np.bool_]:
    """Lines that a plan launches (n)."""
    return instance.is_launch & (decided.plan.launch_week >= 0)


def without_lines(decided: Decided, lines: NDArray[np.bool_]) -> Decided:
    """The same decisions but for these launches (n): not launched, not ordered and not shown."""
    plan = replace(
        decided.plan,
        packs=np.where(lines[:, None], 0, decided.plan.packs),
        launch_week=np.where(lines, NOT_LAUNCHED, decided.plan.launch_week),
        shown=np.where(lines, 0, decided.plan.shown),
    )
    return Decided(plan, np.where(lines[:, None], 0, decided.slots))


def taken_from_others(with_launch: Executed, without: Executed, lines: NDArray[np.bool_]) -> Ints:
    """Units by group (G) that other products would have sold, had these launches (n) not been made."""
    own = np.bincount(
        with_launch.group[lines], (with_launch.sold - without.sold)[lines].sum(axis=1), len(with_launch.group_sold)
    ).astype(np.int64)
    taken: Ints = own - (with_launch.group_sold - without.group_sold).sum(axis=1)
    return taken


def _rows(instance: LaunchInstance, ran: Ran, without: Ran) -> list[dict[str, object]]:
    """A policy's rows by part. What all comes to is the sum of its parts."""
    launched = launches_of(instance, ran.decided)
    money = money_by_line(instance, ran.decided.plan, ran.executed)
    parts = {part: _part(instance, ran, money, part) for part in PARTS[1:]}
    everything = {name: round(parts["launches"][name] + amount, 2) for name, amount in parts["established"].items()}
    added = profit_by_line(instance, ran.decided.plan, ran.executed)
    added = added - profit_by_line(instance, without.decided.plan, without.executed)
    parts["launches"] |= {
        "incremental_profit": round(float(added.sum()), 2),
        "units_taken_from_others": int(taken_from_others(ran.executed, without.executed, launched).sum()),
    }
    weeks = {"weeks_run": int(ran.executed.sold.shape[1])}
    return [row | weeks | {"part": part} for part, row in ({"all": everything} | parts).items()]


def _part(instance: LaunchInstance, ran: Ran, money: Mapping[str, Floats], part: str) -> dict[str, float]:
    """Units and money of one part, money in whole cents."""
    at, executed = chosen_lines(instance, part), ran.executed
    cents = {name: round(float(amount[at].sum()), 2) for name, amount in money.items()}
    return cents | {
        "profit": round(sum(cents[name] for name in _INCOME) - sum(cents[name] for name in _COSTS), 2),
        "opening_value": round(float((instance.leftover_value * executed.opening)[at].sum()), 2),
        "units_demanded": int(executed.demanded[at].sum()),
        "units_sold": int(executed.sold[at].sum()),
        "units_refused": int(executed.refused[at].sum()),
        "units_left": int(executed.left[at, -1].sum()),
        "units_in_warehouse": int(executed.in_warehouse[at, -1].sum()),
        "launches": int((at & executed.is_begun).sum()),
    }
