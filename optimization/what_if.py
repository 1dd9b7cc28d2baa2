"""What-if scenarios of a planned week: solved warm from its plan, and told as differences in money and lines.

Lives here: `what_if`. Does not live here: what a scenario changes (`scenario.py`), making the week's plan (`plan.py`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from contracts.scenarios import COSTS, INCOMES, PLAN_SCENARIO, PLAN_SCENARIO_LINE
from optimization.asked import WARM, BreaksLimits, CannotHold, Decided, Made, Start, search_of, start_of
from optimization.effects import with_effects
from optimization.effort import Effort
from optimization.inputs import PlanInputs
from optimization.instance import Evaluation, Floats, Ints, LaunchInstance, Plan
from optimization.money import money_by_line
from optimization.objectives import worst_tenth
from optimization.pursue import sought
from optimization.scenario import Scenario, changed
from optimization.wanted import Wanted
from optimization.worker import WorkerFailed

_EXACT = 1e-6
_CENT = 0.005


@dataclass(frozen=True)
class _Answered:
    """A scenario's plan, what it reaches of what is maximised, and what no plan exceeds."""

    plan: Plan
    objective: float
    bound: float
    cpu_seconds: float


def what_if(
    inputs: PlanInputs, made: Made, scenarios: Sequence[Scenario], timeout_seconds: float, effort: Effort = WARM
) -> dict[str, pd.DataFrame]:
    """plan_scenario and plan_scenario_line of a planned week.

    Each scenario's plan is at least as good as the week's own plan mended to fit it. A scenario that says nothing of what
    is maximised maximises what the plan did. A scenario that no plan can keep has a row that says why.

    Args:
        inputs: What the week was planned from.
        made: Its plan.
        scenarios: What to ask; names differ.
        timeout_seconds: When a solve gives the best plan that it has.
        effort: How hard to try.

    Raises:
        ValueError: The week has no plan, two scenarios share a name, or one speaks of what the week does not know.
    """
    start = start_of(inputs, made, timeout_seconds, effort)
    names = [scenario.name for scenario in scenarios]
    if len(set(names)) < len(names):
        raise ValueError(f"scenarios: {max(names, key=names.count)} is named twice; names tell scenarios apart")
    sought_before = made.wanted
    rows: list[dict[str, object]] = []
    lines = [pd.DataFrame(columns=PLAN_SCENARIO_LINE.names())]
    for scenario in scenarios:
        question = with_effects(inputs, changed(start.plain, scenario))
        row: dict[str, object] = {"scenario": scenario.name, "changes": json.dumps(scenario.changes)}
        answered = _answer(question, sought_before if scenario.wanted.is_profit else scenario.wanted, start)
        if isinstance(answered, _Answered):
            decided = Decided.of(question, answered.plan)
            rows.append(row | _solved_row(start.base, decided, answered))
            lines.append(_lines(start.base, decided).assign(scenario=scenario.name))
        else:
            rows.append(row | _base_row(start.base) | answered)
    week = pd.Timestamp(inputs.decision_week)
    told = pd.concat([frame for frame in lines if len(frame)] or lines, ignore_index=True)
    return {
        "plan_scenario": pd.DataFrame(rows, columns=PLAN_SCENARIO.names()).assign(decision_week=week),
        "plan_scenario_line": told.assign(decision_week=week)[PLAN_SCENARIO_LINE.names()],
    }


def money_by_part(instance: LaunchInstance, plan: Plan, result: Evaluation) -> dict[str, float]:
    """What the whole plan's expected profit is made of."""
    return {name: float(amount.sum()) for name, amount in money_by_line(instance, plan, result).items()}


def _answer(question: LaunchInstance, wanted: Wanted, start: Start) -> _Answered | dict[str, object]:
    """The scenario's plan; or the status and the message of a row without one."""
    try:
        search, aim = sought(search_of(question, start), wanted)
    except CannotHold as error:
        return {"status": "infeasible", "message": str(error), "cpu_seconds": 0.0}
    except (BreaksLimits, WorkerFailed) as error:
        return {"status": "failed", "message": str(error), "cpu_seconds": 0.0}
    # The week's own solve proves what no plan's profit exceeds; of any other aim the cuts do.
    bound = search.cuts[0].bound if wanted.is_profit else search.bound(aim)
    best = search.best(aim)
    return _Answered(search.plans[best], aim.value(search.values[best]), bound, search.cpu_seconds)


def _base_row(base: Decided) -> dict[str, object]:
    launched = base.instance.is_launch & (base.plan.launch_week >= 0)
    return {
        "base_profit": round(base.result.profit, 2),
        "base_worst_tenth": round(worst_tenth(base.result.profit_by_path), 2),
        "base_launches": int(launched.sum()),
    }


def _solved_row(base: Decided, other: Decided, solved: _Answered) -> dict[str, object]:
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


def _lines(base: Decided, other: Decided) -> pd.DataFrame:
    """One row a line of which anything differs."""
    instance, profits = base.instance, (base.result.profit_by_line, other.result.profit_by_line)
    differs = (base.plan.packs != other.plan.packs).any(axis=1) | (base.plan.launch_week != other.plan.launch_week)
    differs |= base.plan.shown != other.plan.shown
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
            "base_exposure_weeks": base.plan.shown[at],
            "exposure_weeks": other.plan.shown[at],
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
