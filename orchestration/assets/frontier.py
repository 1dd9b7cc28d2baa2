"""Pareto fronts of a planned week, from the run's configuration or from the planner's file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from contracts.scenarios import PLAN_FRONTIER
from orchestration.assets.plan import SOLVER
from orchestration.assets.scenarios import by_name, from_file, path_of
from orchestration.planning import ASKED_READS, PLAN_TABLES, named_frontiers, plan_inputs, warm_effort
from orchestration.settings import Settings
from orchestration.steps import StepOptions, step

if TYPE_CHECKING:
    import pandas as pd

_CONFIG = {
    "file": from_file("fronts by name"),
    "frontiers": by_name(
        "Fronts by name, each with frontier (objectives: profit, cvar, fill_rate; the first is maximised), points, and "
        "any changes of a scenario, as in scenarios.yml; without one, those of scenarios.yml, else profit against the "
        "fill rate"
    ),
}


def _shown(fronts: pd.DataFrame) -> str:
    from reports.frontier import frontier_markdown

    return frontier_markdown(fronts)


@step(
    [PLAN_FRONTIER],
    StepOptions(
        "frontier", ASKED_READS, kinds=SOLVER, tables=PLAN_TABLES, config=_CONFIG, pictures={"plan_frontier": _shown}
    ),
)
def plan_frontier(
    launch_plan: pd.DataFrame,
    order_plan: pd.DataFrame,
    plan_solve: pd.DataFrame,
    decision_week: date,
    settings: Settings,
    config: Mapping[str, Any],
    **tables: pd.DataFrame,
) -> pd.DataFrame:
    """What more of one objective costs of another: the Pareto front of the week's question, and its knee."""
    from optimization.asked import Made
    from optimization.plan_frontier import plan_frontier as drawn

    inputs = plan_inputs(decision_week, settings, tables)
    made = Made(launch_plan, order_plan, plan_solve)
    asked = named_frontiers(settings, config["frontiers"], path_of(config))
    return drawn(inputs, made, asked, settings.solver_seconds, warm_effort(settings))
