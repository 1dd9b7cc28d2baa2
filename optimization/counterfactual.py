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

from contracts.evaluations import WORLD_OUTCOME
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
    """What came of one plan, by line and week of the horizon that the world ran (n, weeks).

    Args:
        demanded, sold, refused, left: Units demanded, sold, refused, and left on the shelf at the week's end.
        price: Money that a customer paid for a unit.
        group: Each line's category in its channel (n): the products that share its demand.
        group_sold: Units sold by group and week, of products that are not in the plan, too (G, weeks).
    """

    demanded: Ints
    sold: Ints
    refused: Ints
    left: Ints
    price: Floats
    group: Ints
    group_sold: Ints


Execute = Callable[[LaunchInstance, Decided], Executed | None]


def world_outcome(
    instance: LaunchInstance, race: Mapping[str, Decided], execute: Execute | None, source: str
) -> pd.DataFrame:
    """One row per policy and part; empty where no world can run.

    Args:
        instance: The week's question.
        race: Each policy's decisions.
        execute: Runs the world under a plan, from the same Monday and with the same draws for every plan; gives None
            where the plan speaks of what the world does not know.
        source: Real or simulated, told on.

    Returns:
        `WORLD_OUTCOME`. A policy's launches are executed and left out: the difference is what they added.
    """
    rows: list[dict[str, object]] = []
    for name, decided in race.items():
        executed = execute(instance, decided) if execute is not None else None
        if execute is None or executed is None:
            break
        launched = launches_of(instance, decided)
        without = execute(instance, without_lines(decided, launched)) if launched.any() else executed
        assert without is not None
        rows += [row | {"policy": name} for row in _rows(instance, decided, (executed, without))]
    columns = [name for name in WORLD_OUTCOME.names() if name not in ("decision_week", "source", "oracle_share")]
    frame = pd.DataFrame(rows, columns=columns)
    best = frame["part"].map(frame[frame["policy"] == BEST].set_index("part")["profit"]).astype(float)
    frame["oracle_share"] = (frame["profit"].astype(float) / best).where(best > 0)
    return frame.assign(decision_week=pd.Timestamp(instance.decision_week), source=source)[WORLD_OUTCOME.names()]


def money_by_line(instance: LaunchInstance, plan: Plan, executed: Executed) -> dict[str, Floats]:
    """Income and costs by line (n): the terms of `instance.evaluate`, on what the world gave back.

    Customers pay the world's price of the week, lower ones included.
    """
    launched = instance.is_launch & (plan.launch_week >= 0)
    return {
        "revenue": (executed.price * executed.sold).sum(axis=1),
        "leftover_value": instance.leftover_value * executed.left[:, -1],
        "order_cost": instance.unit_cost * (plan.packs.sum(axis=1) * instance.pack),
        "holding_cost": instance.hold * executed.left.sum(axis=1),
        "shortage_cost": instance.penalty * executed.refused.sum(axis=1),
        "launch_cost": instance.launch_cost * launched,
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
    )
    return Decided(plan, np.where(lines[:, None], 0, decided.slots))


def _rows(instance: LaunchInstance, decided: Decided, runs: tuple[Executed, Executed]) -> list[dict[str, object]]:
    """The policy's rows by part. `runs`: with its launches and without. What all comes to is the sum of its parts."""
    executed, without = runs
    launched = launches_of(instance, decided)
    money = money_by_line(instance, decided.plan, executed)
    parts = {part: _part(instance, executed, money, part) for part in PARTS[1:]}
    for part in parts.values():
        part["profit"] = round(sum(part[name] for name in _INCOME) - sum(part[name] for name in _COSTS), 2)
    parts["launches"]["launches"], parts["established"]["launches"] = int(launched.sum()), 0
    everything = {name: round(parts["launches"][name] + amount, 2) for name, amount in parts["established"].items()}
    added = profit_by_line(instance, decided.plan, executed)
    added = added - profit_by_line(instance, without_lines(decided, launched).plan, without)
    parts["launches"] |= {
        "incremental_profit": round(float(added.sum()), 2),
        "units_taken_from_others": int(
            executed.sold[launched].sum() - executed.group_sold.sum() + without.group_sold.sum()
        ),
    }
    weeks = {"weeks_run": int(executed.sold.shape[1])}
    return [row | weeks | {"part": part} for part, row in ({"all": everything} | parts).items()]


def _part(instance: LaunchInstance, executed: Executed, money: Mapping[str, Floats], part: str) -> dict[str, float]:
    """Units and money of one part, money in whole cents."""
    at = chosen_lines(instance, part)
    return {
        "units_demanded": int(executed.demanded[at].sum()),
        "units_sold": int(executed.sold[at].sum()),
        "units_refused": int(executed.refused[at].sum()),
        "units_left": int(executed.left[at, -1].sum()),
    } | {name: round(float(amount[at].sum()), 2) for name, amount in money.items()}
