"""PLAN_FRONTIER: the Pareto fronts of a planned week, as rows.

Lives here: from searches to the promised frame. Does not live here: drawing a front (`frontier.py`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import pandas as pd

from contracts.scenarios import OBJECTIVE_COLUMNS, PLAN_FRONTIER
from optimization.asked import WARM, Made, search_of, start_of
from optimization.effects import with_effects
from optimization.effort import Effort
from optimization.frontier import Point, frontier
from optimization.inputs import PlanInputs
from optimization.instance import LaunchInstance
from optimization.scenario import Scenario, changed


def plan_frontier(
    inputs: PlanInputs, made: Made, scenarios: Sequence[Scenario], timeout_seconds: float, effort: Effort = WARM
) -> pd.DataFrame:
    """PLAN_FRONTIER: one row a point of the front of each scenario's question.

    Args:
        inputs: What the week was planned from.
        made: Its plan.
        scenarios: Those with a `frontier`; what else they change is changed first.
        timeout_seconds: When a solve gives the best plan that it has.
        effort: How hard to try.

    Raises:
        ValueError: The week has no plan, or a scenario's commitments do not fit.
        RuntimeError: The solver's process gave no sound answer.
    """
    start = start_of(inputs, made, timeout_seconds, effort)
    rows: list[dict[str, object]] = []
    for scenario in scenarios:
        question = with_effects(inputs, changed(start.plain, scenario))
        search, front = frontier(search_of(question, start), scenario.frontier, scenario.points)
        shared: dict[str, object] = {"frontier": scenario.name, "objectives": ", ".join(scenario.frontier)}
        shared |= {"changes": json.dumps(scenario.changes), "cpu_seconds": search.cpu_seconds}
        for number, point in enumerate(front, start=1):
            rows.append(shared | {"point": number} | _row(question, scenario.frontier, point))
    frame = pd.DataFrame(rows, columns=PLAN_FRONTIER.names())
    return frame.assign(decision_week=pd.Timestamp(inputs.decision_week))


def _row(question: LaunchInstance, names: Sequence[str], point: Point) -> dict[str, object]:
    """What a point reaches, under which floors, and what is proved of it."""
    first = point.values[names[0]]
    reached = {OBJECTIVE_COLUMNS[name]: value for name, value in point.values.items()}
    money = {column: round(reached[column], 2) for column in ("profit", "worst_tenth")}
    return {
        **reached,
        **money,
        **{f"least_{OBJECTIVE_COLUMNS[name]}": value for name, value in point.floors.items()},
        "bound": point.bound,
        "gap": max(point.bound - first, 0.0) / max(abs(point.bound), 1e-12),
        "knee_distance": point.knee,
        "is_knee": point.is_knee,
        "launches": int((question.is_launch & (point.plan.launch_week >= 0)).sum()),
        "order_cost": round(float((point.plan.packs.sum(axis=1) * question.pack * question.unit_cost).sum()), 2),
    }
