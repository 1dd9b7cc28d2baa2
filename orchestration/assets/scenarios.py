"""What-if scenarios of a planned week, from the run's configuration or from the planner's file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from contracts.scenarios import PLAN_SCENARIO, PLAN_SCENARIO_LINE
from orchestration.assets.plan import SOLVER
from orchestration.planning import ASKED_READS, PLAN_TABLES, plain_scenarios, plan_inputs, warm_effort
from orchestration.settings import Settings
from orchestration.steps import StepOptions, step

if TYPE_CHECKING:
    import pandas as pd


def by_name(description: str) -> dg.Field:
    """Run config of questions by name, each a mapping as in scenarios.yml; none by default."""
    return dg.Field(dg.Permissive(), is_required=False, default_value={}, description=description)


def from_file(what: str) -> dg.Field:
    """Run config of a file of questions; none by default."""
    return dg.Field(
        str, is_required=False, default_value="", description=f"YAML file of {what}, in place of scenarios.yml"
    )


def path_of(config: Mapping[str, Any]) -> Path | None:
    """The file that the run's configuration names."""
    return Path(config["file"]) if config["file"] else None


_CONFIG = {
    "file": from_file("scenarios by name"),
    "scenarios": by_name(
        "Scenarios by name, each with any of budget, price, cost, launch, ban, and objectives (weights of profit, cvar, "
        "fill_rate) or order and tolerance, as in scenarios.yml; without one, those of scenarios.yml"
    ),
}


@step(
    [PLAN_SCENARIO, PLAN_SCENARIO_LINE],
    StepOptions("scenario", ASKED_READS, kinds=SOLVER, tables=PLAN_TABLES, config=_CONFIG),
)
def plan_scenario(
    launch_plan: pd.DataFrame,
    order_plan: pd.DataFrame,
    plan_solve: pd.DataFrame,
    decision_week: date,
    settings: Settings,
    config: Mapping[str, Any],
    **tables: pd.DataFrame,
) -> tuple[pd.DataFrame, ...]:
    """What would be decided if a budget, a price, a cost or a commitment were other, beside the plan that was made."""
    from optimization.asked import Made
    from optimization.what_if import what_if

    inputs = plan_inputs(decision_week, settings, tables)
    asked = plain_scenarios(settings, config["scenarios"], path_of(config))
    made = Made(launch_plan, order_plan, plan_solve)
    told = what_if(inputs, made, asked, settings.solver_seconds, warm_effort(settings))
    return tuple(told[table.name] for table in plan_scenario.tables)
