"""Why a line of the plan is as it is, in a few figures that can be checked.

Lives here: PLAN_EXPLANATION and the reason in words of LAUNCH_PLAN. Prices come from the solve; what a line earns is
re-priced without a solver; why its demand is what it is comes from the models (`demand_reasons.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from contracts.plans import BEST_LAUNCH_ORDERED, BEST_LAUNCH_PROFIT, BEST_LAUNCH_SOLD, PLAN_EXPLANATION
from contracts.scenarios import INCOMES
from optimization.demand_reasons import DemandReasons
from optimization.frozen import change_parts
from optimization.instance import Evaluation, Floats, LaunchInstance, Plan, evaluate, shelf_used
from optimization.money import money_by_line
from optimization.playing import demand_by_week, play
from optimization.styles import by_style, is_tied
from optimization.worker import Solved

_STEP = 0.2


@dataclass(frozen=True)
class Solve:
    """An instance and what its solve gave."""

    instance: LaunchInstance
    solved: Solved


def critical_ratio(underage: Floats, overage: Floats) -> Floats:
    """Probability of meeting demand at which one more unit stops paying (newsvendor fractile).

    >>> float(critical_ratio(np.array(3.0), np.array(1.0)))
    0.75
    """
    return np.asarray(underage / np.maximum(underage + overage, 1e-12))


def plan_explanation(
    solve: Solve, scenario: str, currency: str, told: DemandReasons, taken: pd.DataFrame
) -> pd.DataFrame:
    """PLAN_EXPLANATION of every line that launches or orders, and the alternative of launches that do not.

    Kinds: analogue (what past launches say of it; of every open launch), driver (what moves the demand of what has
    sold), interval (units demanded over the horizon, 10 % and 90 % of paths), substitute (profit that a launch takes from
    it, already taken off the launch's), critical ratio (at cost, and at cost
    plus the budget's price), binding limit (price of each limit × what the line uses of it; below 0 where it fills more
    than a floor asks), sensitivity (profit of
    20 % more or fewer units ordered, less the plan's), alternative (profit of the next choice, less the plan's; of a
    launch that the plan declines also the units it would order and sell), change (what differing from frozen weeks pays, of
    what is no longer ordered too), style (of a launch that launches with others: what all of them earn together, what
    the next choice would earn all of them less that, and its share of their units), part of profit (incomes, and costs below
    0: they add up to the line's expected profit; less what its binding limits charge, to what it is worth beyond them).

    Args:
        solve: The question and its answer.
        scenario: Name.
        currency: ISO code.
        told: Why the demand is what it is.
        taken: What launches take from others, as `effects.takes` gives it.
    """
    instance, plan = solve.instance, solve.solved.plan
    base = evaluate(instance, plan)
    launched = instance.is_launch & (plan.launch_week >= 0)
    shown = launched | (plan.packs.sum(axis=1) > 0)
    parts = [
        *_intervals(instance, plan, shown),
        *_ratios(solve, shown),
        *_limits(solve, shown, launched),
        *_sensitivities(instance, plan, shown, base.profit_by_line),
        *_alternatives(solve, launched, base.profit_by_line),
        *change_parts(instance, plan),
        *_of_styles(solve, launched, base.profit_by_line),
        *_money(instance, plan, shown, base),
    ]
    asked = pd.DataFrame({"product_id": instance.product_id, "channel": instance.channel}, dtype=object)
    believed = told.of_lines(asked[shown | instance.is_launch]).assign(is_money=False)
    lost = _substitutes(instance, taken[launched[taken["line"].to_numpy()]], base.sold)
    rows = pd.concat([believed, lost, *(_rows(instance, *part) for part in parts)], ignore_index=True)
    rows = rows.assign(
        decision_week=pd.Timestamp(instance.decision_week),
        scenario=scenario,
        currency=pd.Series(currency, rows.index).where(rows["is_money"], None),
    )
    return rows[PLAN_EXPLANATION.names()].sort_values(["product_id", "channel", "kind", "name"], ignore_index=True)


_Part = tuple[str, str, np.ndarray, Floats, bool]


def _rows(
    instance: LaunchInstance, kind: str, name: str, chosen: np.ndarray, value: Floats, is_money: bool
) -> pd.DataFrame:
    """One row per chosen line."""
    at = np.flatnonzero(chosen)
    return pd.DataFrame(
        {
            "product_id": instance.product_id[at].astype(object),
            "channel": instance.channel[at].astype(object),
            "kind": kind,
            "name": name,
            "value": np.round(value[at], 6),
            "is_money": is_money,
        }
    )


def _substitutes(instance: LaunchInstance, taken: pd.DataFrame, sold: Floats) -> pd.DataFrame:
    """Profit that launches take from each substitute, negative; in sum what `taken_worth` took off their price."""
    line, other = taken["line"].to_numpy(), taken["other"].to_numpy()
    full = (taken["take"] * taken["worth"]).to_numpy(np.float64)
    charged = instance.taken_worth[line] / np.maximum(np.bincount(line, full, instance.n)[line], 1e-12)
    return pd.DataFrame(
        {
            "product_id": instance.product_id[line].astype(object),
            "channel": instance.channel[line].astype(object),
            "kind": "substitute",
            "name": instance.product_id[other].astype(object),
            "value": np.round(-full * charged * sold[line], 6),
            "is_money": True,
        }
    )


def _intervals(instance: LaunchInstance, plan: Plan, shown: np.ndarray) -> list[_Part]:
    """Units demanded over the horizon in the 10th and 90th percentile path."""
    total = demand_by_week(instance, plan.launch_week, plan.shown).sum(axis=2)
    return [
        ("interval", f"demand, {p} % of paths at most", shown, np.quantile(total, p / 100, axis=1), False)
        for p in (10, 90)
    ]


def _ratios(solve: Solve, shown: np.ndarray) -> list[_Part]:
    """Critical ratio of one unit held for the mean half horizon, at cost and at the price of its budget week."""
    instance, plan = solve.instance, solve.solved.plan
    spend = plan.packs * (instance.pack * instance.unit_cost)[:, None]
    price = (spend * solve.solved.budget_price).sum(axis=1) / np.maximum(spend.sum(axis=1), 1e-12)
    held = instance.hold * (instance.weeks - instance.lead) / 2
    found: list[_Part] = []
    for name, cost in (("at cost", instance.unit_cost), ("at cost and budget price", instance.unit_cost * (1 + price))):
        ratio = critical_ratio(
            np.maximum(instance.net_price + instance.penalty - cost, 0),
            np.maximum(cost - instance.leftover_value, 0) + held,
        )
        found.append(("critical ratio", name, shown, ratio, False))
    return found


def _limits(solve: Solve, shown: np.ndarray, launched: np.ndarray) -> list[_Part]:
    """Money that each binding limit's price puts on the line."""
    instance, plan = solve.instance, solve.solved.plan
    spend = plan.packs * (instance.pack * instance.unit_cost)[:, None]
    found: list[_Part] = []
    for week in np.flatnonzero(solve.solved.budget_price > 1e-9).tolist():
        monday = pd.Timestamp(instance.decision_week) + pd.Timedelta(days=7 * week)
        found.append(
            (
                "binding limit",
                f"budget of week {monday.date()}",
                shown & (spend[:, week] > 0),
                spend[:, week] * solve.solved.budget_price[week],
                True,
            )
        )
    if instance.shelf.count:
        mondays = pd.Timestamp(instance.decision_week) + pd.to_timedelta(7 * np.arange(instance.weeks), unit="D")
        names = instance.shelf.names([day.date() for day in mondays])
        paid = shelf_used(instance, play(instance, plan)) * solve.solved.shelf_price
        for k in np.flatnonzero(solve.solved.shelf_price > 1e-9).tolist():
            found.append(("binding limit", names[k], shown & (paid[:, k] != 0), paid[:, k], True))
    cap = instance.cap_of_line
    price = np.append(solve.solved.launch_price, 0.0)[cap] * (cap >= 0)
    found.append(("binding limit", "launches of its category", launched & (price > 1e-9), price, True))
    return found


def _money(instance: LaunchInstance, plan: Plan, shown: np.ndarray, result: Evaluation) -> list[_Part]:
    """What the line's expected profit is made of; parts that are nothing are left out."""
    parts = money_by_line(instance, plan, result)
    return [
        ("part of profit", name.replace("_", " "), shown & (amount != 0), amount if name in INCOMES else -amount, True)
        for name, amount in parts.items()
    ]


def _sensitivities(instance: LaunchInstance, plan: Plan, shown: np.ndarray, base: Floats) -> list[_Part]:
    """Profit of ordering a fifth more or less in every order (nearest packs), less the plan's."""
    found: list[_Part] = []
    for name, factor in (("20 % more units", 1 + _STEP), ("20 % fewer units", 1 - _STEP)):
        other = replace(plan, packs=np.floor(plan.packs * factor + 0.5).astype(np.int64))
        found.append(("sensitivity", name, shown, evaluate(instance, other).profit_by_line - base, True))
    return found


def _alternatives(solve: Solve, launched: np.ndarray, base: Floats) -> list[_Part]:
    """Not launching, for what launches, and the same in no slot; no order, for what sells already; the best launch on its own,
    for what does not launch and could."""
    instance, solved = solve.instance, solve.solved
    idle = evaluate(instance, Plan(np.zeros_like(solved.plan.packs), np.where(instance.is_launch, -1, 0)))
    alone = evaluate(instance, solved.alone)
    rival = instance.is_launch & ~launched & (solved.alone.launch_week >= 0)
    ordered = solved.plan.packs.any(axis=1)
    unseen = evaluate(instance, replace(solved.plan, shown=np.zeros_like(solved.plan.shown)))
    return [
        ("alternative", "not launched", launched, idle.profit_by_line - base, True),
        ("alternative", "not ordered", ordered & ~instance.is_launch, idle.profit_by_line - base, True),
        ("alternative", "launched in no slot", solved.plan.shown > 0, unseen.profit_by_line - base, True),
        ("alternative", BEST_LAUNCH_PROFIT, rival, alone.profit_by_line - base, True),
        ("alternative", BEST_LAUNCH_ORDERED, rival, alone.ordered_units.astype(float), False),
        ("alternative", BEST_LAUNCH_SOLD, rival, alone.sold, False),
    ]


def _of_styles(solve: Solve, launched: np.ndarray, base: Floats) -> list[_Part]:
    """What launches that launch together earn together, and what they would if none of them, or all, launched."""
    instance, solved = solve.instance, solve.solved
    leader = instance.leader
    tied = is_tied(leader)
    idle = evaluate(instance, Plan(np.zeros_like(solved.plan.packs), np.where(instance.is_launch, -1, 0)))
    alone = evaluate(instance, solved.alone)
    rival = tied & ~launched & (solved.alone.launch_week >= 0)
    shut = by_style(leader, idle.profit_by_line - base)
    return [
        ("style", "profit of the whole style", tied & launched, by_style(leader, base), True),
        ("style", "whole style not launched", tied & launched, shut, True),
        ("style", "whole style launched in its best week", rival, by_style(leader, alone.profit_by_line - base), True),
    ]


def reasons(solve: Solve) -> list[str]:
    """Why each line launches or does not, in words (n)."""
    instance, solved = solve.instance, solve.solved
    profit = evaluate(instance, solved.plan).profit_by_line
    leader = instance.leader
    gain = by_style(leader, evaluate(instance, solved.alone).profit_by_line - profit)
    earned = by_style(leader, profit)
    style = np.where(is_tied(leader), np.char.add("its style ", instance.style), "")
    monday = [(pd.Timestamp(instance.decision_week) + pd.Timedelta(days=7 * t)).date() for t in range(instance.weeks)]
    said = []
    for i in range(instance.n):
        week = int(solved.alone.launch_week[i])
        if not instance.is_launch[i]:
            said.append("established")
        elif solved.plan.launch_week[i] >= 0:
            together = f", {style[i]} {earned[i]:.2f}" if style[i] else ""
            said.append(f"earns {profit[i]:.2f} after a launch cost of {instance.launch_cost[i]:.2f}{together}")
        elif instance.earliest[i] > instance.latest[i] and style[i]:
            said.append(f"{style[i]} has no week within the horizon that lies in the windows of all its launches")
        elif instance.earliest[i] > instance.latest[i]:
            said.append("its window does not open within the horizon")
        elif week < 0:
            said.append("no stock can arrive within the horizon" + (f" for all of {style[i]}" if style[i] else ""))
        elif gain[i] <= 0:
            said.append(f"{style[i]} would lose {-gain[i]:.2f} even in its best week, {monday[week]}".strip())
        else:
            said.append(
                f"{style[i]} would earn {gain[i]:.2f} from {monday[week]}, less than its budget or place earns elsewhere".strip()
            )
    return said
