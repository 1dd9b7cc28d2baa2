"""What-if scenarios of a planned week: solved warm from its plan, and told as differences in money and lines.

Lives here: `what_if`. Does not live here: what a scenario changes (`scenario.py`), making the week's plan (`plan.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from contracts.scenarios import COSTS, INCOMES, PLAN_SCENARIO, PLAN_SCENARIO_LINE
from optimization.diagnose import conflicts, fits, sentence
from optimization.effects import with_effects
from optimization.effort import Effort
from optimization.in_force import plan_from_frames
from optimization.inputs import PlanInputs, from_frames, overruled
from optimization.instance import Evaluation, Floats, Ints, LaunchInstance, Plan, evaluate
from optimization.prices import Prices
from optimization.risk import Cautious, cautious, worst_tenth
from optimization.scenario import Scenario, changed
from optimization.worker import WorkerFailed, relax_apart, solve_apart

# From a plan and prices near the answer few rounds are enough.
WARM = Effort(
    search_rounds=0,
    cycles=1,
    spread_cycles=0,
    tighten_rounds=3,
    settle_passes=10,
    bundle_rounds=4,
    polish_rounds=3,
    move_rounds=20,
    integer_rounds=1,
    integer_work=1.0,
)
_EXACT = 1e-6
_CENT = 0.005


@dataclass(frozen=True)
class Made:
    """The plan that a week made: launch_plan, order_plan and plan_solve of its base scenario."""

    launch_plan: pd.DataFrame
    order_plan: pd.DataFrame
    plan_solve: pd.DataFrame


@dataclass(frozen=True)
class _Decided:
    """A question, a plan of it, and what the plan earns."""

    instance: LaunchInstance
    plan: Plan
    result: Evaluation

    @classmethod
    def of(cls, instance: LaunchInstance, plan: Plan) -> _Decided:
        return cls(instance, plan, evaluate(instance, plan))


def what_if(
    inputs: PlanInputs, made: Made, scenarios: Sequence[Scenario], timeout_seconds: float, effort: Effort = WARM
) -> dict[str, pd.DataFrame]:
    """plan_scenario and plan_scenario_line of a planned week.

    Each scenario's plan is at least as good as the week's own plan mended to fit it. A scenario that no plan can keep
    has a row that says why.

    Args:
        inputs: What the week was planned from.
        made: Its plan.
        scenarios: What to ask; names differ.
        timeout_seconds: When a solve is stopped.
        effort: How hard to try.

    Raises:
        ValueError: The week has no plan, two scenarios share a name, or one speaks of what the week does not know.
    """
    good = made.plan_solve["status"].isin(["optimal", "feasible"])
    if not good.any():
        raise ValueError(f"plan_solve: week {pd.Timestamp(inputs.decision_week).date()} has no plan to ask what if of")
    names = [scenario.name for scenario in scenarios]
    if len(set(names)) < len(names):
        raise ValueError(f"scenarios: {max(names, key=names.count)} is named twice; names tell scenarios apart")
    plain, instance = overruled(inputs), from_frames(inputs)
    base = _Decided.of(instance, plan_from_frames(instance, made.launch_plan, made.order_plan))
    start = _prices(instance, str(made.plan_solve.loc[good, "shadow_prices"].iloc[0]))
    rows: list[dict[str, object]] = []
    lines = [pd.DataFrame(columns=PLAN_SCENARIO_LINE.names())]
    for scenario in scenarios:
        question = with_effects(inputs, changed(plain, scenario))
        row: dict[str, object] = {"scenario": scenario.name, "changes": json.dumps(scenario.changes)}
        how = _How(start, effort, timeout_seconds, scenario.risk)
        answered = _answer(question, base.plan, how, inputs.profile.currency)
        if isinstance(answered, Cautious):
            decided = _Decided.of(question, answered.plan)
            rows.append(row | _solved_row(base, decided, answered))
            lines.append(_lines(base, decided).assign(scenario=scenario.name))
        else:
            rows.append(row | _base_row(base) | answered)
    week = pd.Timestamp(inputs.decision_week)
    told = pd.concat([frame for frame in lines if len(frame)] or lines, ignore_index=True)
    return {
        "plan_scenario": pd.DataFrame(rows).assign(decision_week=week).reindex(columns=PLAN_SCENARIO.names()),
        "plan_scenario_line": told.assign(decision_week=week)[PLAN_SCENARIO_LINE.names()],
    }


def money_by_part(instance: LaunchInstance, plan: Plan, result: Evaluation) -> dict[str, float]:
    """What the plan's expected profit is made of, incomes and costs as `contracts.scenarios` names them."""
    launched = instance.is_launch & (plan.launch_week >= 0)
    money = {
        "revenue": instance.price * result.sold,
        "leftover_value": instance.leftover_value * result.left,
        "order_cost": instance.unit_cost * result.ordered_units,
        "holding_cost": instance.hold * result.held,
        "shortage_cost": instance.penalty * (result.demanded - result.sold),
        "taken_from_others": instance.taken_worth * result.sold,
        "launch_cost": instance.launch_cost * launched,
    }
    return {name: float(amount.sum()) for name, amount in money.items()}


@dataclass(frozen=True)
class _How:
    """Prices to begin at, how hard to try, when to stop, and the weight of the worst tenth."""

    start: Prices
    effort: Effort
    seconds: float
    risk: float


def _answer(question: LaunchInstance, known: Plan, how: _How, currency: str) -> Cautious | dict[str, object]:
    """The scenario's plan; or the status and the message of a row without one."""
    plans: tuple[Plan, ...] = (known,)

    def solve(asked: LaunchInstance, more: tuple[Plan, ...] = ()) -> tuple[Plan, float, float]:
        solved = solve_apart(asked, how.effort, how.seconds, (*plans, *more), how.start)
        return solved.plan, solved.bound, solved.cpu_seconds

    try:
        if question.is_mandatory.any() or conflicts(question):
            found = relax_apart(question, how.effort, how.seconds)
            if not fits(found):
                return {"status": "infeasible", "message": sentence(question, found, currency), "cpu_seconds": 0.0}
            plans = (known, _with_commitments(question, known, found.way_out))
        plan, bound, seconds = solve(question)
        result = evaluate(question, plan)
        if not result.violations and how.risk > 0:
            return cautious(question, how.risk, solve, plan)
    except WorkerFailed as error:
        return {"status": "failed", "message": str(error), "cpu_seconds": 0.0}
    if result.violations:
        where = "; ".join(f"{what} by {amount:.2f}" for what, amount in result.violations[:5])
        message = f"the plan found does not keep every limit: {where}"
        return {"status": "failed", "message": message, "cpu_seconds": seconds}
    return Cautious(plan, result.profit, bound, seconds)


def _with_commitments(question: LaunchInstance, known: Plan, way_out: Plan) -> Plan:
    """The known plan, with the smallest launch of what it must launch and does not."""
    lacking = question.is_mandatory & (known.launch_week < 0)
    return Plan(
        np.where(lacking[:, None], way_out.packs, known.packs),
        np.where(lacking, way_out.launch_week, known.launch_week),
    )


def _prices(instance: LaunchInstance, told: str) -> Prices:
    """The plan's prices of its limits."""
    said: Mapping[str, Mapping[str, float]] = json.loads(told)
    days = pd.Timestamp(instance.decision_week) + pd.to_timedelta(7 * np.arange(instance.weeks), unit="D")
    budget = np.array([said.get("budget", {}).get(str(day.date()), 0.0) for day in days])
    launch = np.array([said.get("launches", {}).get(str(name), 0.0) for name in instance.capped_categories])
    return Prices(budget, launch)


def _base_row(base: _Decided) -> dict[str, object]:
    launched = base.instance.is_launch & (base.plan.launch_week >= 0)
    return {
        "base_profit": round(base.result.profit, 2),
        "base_worst_tenth": round(worst_tenth(base.result.profit_by_path), 2),
        "base_launches": int(launched.sum()),
    }


def _solved_row(base: _Decided, other: _Decided, solved: Cautious) -> dict[str, object]:
    """What a solved scenario earns, beside the plan that was made; parts in whole cents."""
    before, after = (money_by_part(d.instance, d.plan, d.result) for d in (base, other))
    own, profit = _base_row(base), round(other.result.profit, 2)
    gap = max(solved.bound - solved.objective, 0.0) / max(abs(solved.bound), 1e-12)
    return {
        **own,
        "status": "optimal" if gap <= _EXACT else "feasible",
        "profit": profit,
        "difference": round(profit - float(own["base_profit"]), 2),  # type: ignore[arg-type]
        "worst_tenth": round(worst_tenth(other.result.profit_by_path), 2),
        "objective": solved.objective,
        "bound": solved.bound,
        "gap": gap,
        **{name: round(after[name] - before[name], 2) for name in (*INCOMES, *COSTS)},
        "launches": int((other.instance.is_launch & (other.plan.launch_week >= 0)).sum()),
        "fill_rate": other.result.fill_rate,
        "cpu_seconds": solved.cpu_seconds,
    }


def _lines(base: _Decided, other: _Decided) -> pd.DataFrame:
    """One row a line of which anything differs."""
    instance, profits = base.instance, (base.result.profit_by_line, other.result.profit_by_line)
    differs = (base.plan.packs != other.plan.packs).any(axis=1) | (base.plan.launch_week != other.plan.launch_week)
    differs |= np.abs(profits[1] - profits[0]) > _CENT / max(instance.n, 1)
    at = np.flatnonzero(differs)
    rows = pd.DataFrame(
        {
            "product_id": instance.product_id[at].astype(object),
            "channel": instance.channel[at].astype(object),
            "is_launch": instance.is_launch[at],
            "base_launch_week": _mondays(instance, base.plan.launch_week)[at],
            "launch_week": _mondays(instance, other.plan.launch_week)[at],
            "base_order_units": base.result.ordered_units[at],
            "order_units": other.result.ordered_units[at],
            "base_profit": profits[0][at],
            "profit": profits[1][at],
            "difference": (profits[1] - profits[0])[at],
        }
    )
    size = _size(rows["difference"].to_numpy())
    return rows.assign(size=size).sort_values(["size", "product_id", "channel"], ascending=[False, True, True])


def _size(amounts: Floats) -> Floats:
    return np.asarray(np.round(np.abs(amounts), 6), dtype=np.float64)


def _mondays(instance: LaunchInstance, launch_week: Ints) -> np.ndarray:
    """Mondays of launches; NaT for what does not launch, and for what sells already."""
    numbers = pd.Series(launch_week, dtype="float64").where(instance.is_launch & (launch_week >= 0))
    return (pd.Timestamp(instance.decision_week) + pd.to_timedelta(7 * numbers, unit="D")).to_numpy()
