"""Between settings and the plan: the profile's terms and effort, what planners ask, and which orders were really placed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.settings import Settings
from orchestration.warehouse import Read

if TYPE_CHECKING:
    import pandas as pd

    from optimization.effort import Effort
    from optimization.inputs import PlanInputs
    from optimization.paths import PathsConfig
    from optimization.plan import PlanSettings
    from optimization.scenario import Scenario
    from optimization.terms import SupplyProfile


# The planners' file of what-if questions.
SCENARIOS = "scenarios.yml"
# Tables that one decision week's plan is made of, fields of `PlanInputs`.
PLAN_TABLES = (
    "demand_paths",
    "inventory_state",
    "demand_features",
    "launch_candidates",
    "raw_supply_terms",
    "raw_plan_limits",
    "response_forecast",
    "cannibalisation",
    "exposure_lift",
    "plan_override",
    "plan_frozen",
    "style_split",
)

# What the week before the decision left known of the products that are planned.
NEWEST = Read(where="is_planned and known_on = {week}")
INPUT_READS = {
    "demand_features": NEWEST,
    "launch_candidates": Read(where="decision_week = {week}"),
    "inventory_state": Read(where="policy = 'debut'"),
}
# The plan that the week made and may rule by; what is asked of the week stands beside it.
BASE = Read(where="scenario = 'base'")
MADE_TABLES = ("launch_plan", "order_plan", "plan_solve")
ASKED_READS = {**INPUT_READS, **dict.fromkeys(MADE_TABLES, BASE)}


def monday(week: date) -> pd.Timestamp:
    """A decision week as frames hold it."""
    import pandas as pd

    return pd.Timestamp(week)


def supply_profile(settings: Settings) -> SupplyProfile:
    """Terms assumed where the source brings none."""
    from optimization.terms import SupplyProfile

    return SupplyProfile(currency=settings.currency, second_allocation_weeks=settings.second_allocation_weeks)


def plan_inputs(week: date, settings: Settings, tables: Mapping[str, pd.DataFrame]) -> PlanInputs:
    """What the week is planned, and replayed, from. `tables`: a frame for each of `PLAN_TABLES`."""
    from optimization.inputs import PlanInputs

    return PlanInputs(decision_week=monday(week), profile=supply_profile(settings), **tables)


def paths_config(settings: Settings, raw_supply_terms: pd.DataFrame) -> PathsConfig:
    """How sample paths are drawn, and how far: the plan and its replay look as far as they reach."""
    from contracts.plans import horizon_weeks
    from optimization.paths import PathsConfig
    from optimization.terms import longest_lead

    return PathsConfig(
        seed=settings.seed,
        paths=8 if settings.profile == "tiny" else PathsConfig.paths,
        horizon_weeks=horizon_weeks(longest_lead(raw_supply_terms, supply_profile(settings))),
    )


def plan_settings(settings: Settings) -> PlanSettings:
    """How hard the solver tries."""
    from optimization.effort import Effort
    from optimization.plan import PlanSettings

    tiny = Effort(
        search_rounds=4, cycles=2, bundle_rounds=4, tighten_rounds=3, polish_rounds=2, move_rounds=5, integer_work=0.5
    )
    effort = replace(tiny if settings.profile == "tiny" else Effort(), memory_gb=settings.solver_memory_gb)
    return PlanSettings(seed=settings.seed, timeout_seconds=settings.solver_seconds, effort=effort)


def warm_effort(settings: Settings) -> Effort:
    """How hard the solver tries that starts from the week's plan."""
    from optimization.asked import WARM

    return replace(WARM, memory_gb=settings.solver_memory_gb)


def ruled_by(plan_in_force: pd.DataFrame, decided: pd.DataFrame) -> pd.DataFrame:
    """The rows (orders, transfers) of the plan that ruled, whichever week made it."""
    ruling = plan_in_force[["plan_week", "scenario"]].rename(columns={"plan_week": "decision_week"})
    return decided.merge(ruling, on=["decision_week", "scenario"], how="inner", validate="many_to_one")


def budgets_of(plan_solve: pd.DataFrame) -> pd.DataFrame:
    """Budgets of the base scenario: one row an order week: week, amount (money)."""
    import pandas as pd

    base = plan_solve.loc[plan_solve["scenario"] == "base", "budgets"]
    amounts = [(pd.Timestamp(day), money) for text in base.head(1) for day, money in json.loads(text).items()]
    return pd.DataFrame(amounts, columns=["week", "amount"])


def named_scenarios(settings: Settings, given: Mapping[str, Any], file: Path | None = None) -> list[Scenario]:
    """What-if scenarios: those given, else those of a file, else those of `scenarios.yml` in the source's landing folder.

    Raises:
        FileNotFoundError: The file is absent; without `scenarios.yml` there are none.
        ValueError: The file cannot be read or comes beside given ones, or a scenario makes no sense.
    """
    from optimization.scenario import scenarios_of

    if given and file:
        raise ValueError(f"say what to ask, or name {file}, not both")
    if given:
        return scenarios_of(given)
    if file and not file.is_file():
        raise FileNotFoundError(f"{file} is absent; name a file of scenarios")
    said = planners_file(settings, SCENARIOS) if file is None else read_yaml(file)
    return scenarios_of({name: _days_as_text(changes) for name, changes in said.items()})


def planners_file(settings: Settings, name: str) -> dict[str, Any]:
    """What a YAML file of the source's landing folder says by name; nothing without it."""
    path = settings.landing / settings.source / name
    return read_yaml(path) if path.is_file() else {}


def read_yaml(path: Path) -> dict[str, Any]:
    """What a YAML file says by name.

    Raises:
        ValueError: It cannot be read, or names nothing.
    """
    import yaml

    try:
        read = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is no YAML: {error}") from error
    if not isinstance(read, Mapping):
        raise ValueError(f"{path} says nothing by name; write a mapping from names to what they mean")
    return {str(key): value for key, value in read.items()}


def plain_scenarios(settings: Settings, given: Mapping[str, Any], file: Path | None = None) -> list[Scenario]:
    """The what-if scenarios that ask for one plan.

    Raises:
        ValueError: As `named_scenarios`, or a given one asks for a front.
    """
    named = named_scenarios(settings, given, file)
    fronts = [scenario.name for scenario in named if scenario.frontier]
    if given and fronts:
        raise ValueError(f"scenario {fronts[0]}: asks for a front; draw it with debut frontier or asset plan_frontier")
    return [scenario for scenario in named if not scenario.frontier]


def named_frontiers(settings: Settings, given: Mapping[str, Any], file: Path | None = None) -> list[Scenario]:
    """The scenarios that ask for a front, given or of the file; profit against the fill rate without any.

    Raises:
        ValueError: As `named_scenarios`, or a given one names no objectives.
    """
    from optimization.scenario import scenarios_of

    named = named_scenarios(settings, given, file)
    plain = [scenario.name for scenario in named if not scenario.frontier]
    if given and plain:
        raise ValueError(f"frontier {plain[0]}: names no objectives; write frontier: [profit, fill_rate]")
    return [s for s in named if s.frontier] or scenarios_of({"profit and fill": {"frontier": ["profit", "fill_rate"]}})


def _days_as_text(changes: Any) -> Any:
    """A scenario in which budgets by week are named by ISO dates, which YAML reads as days."""
    if not isinstance(changes, Mapping) or not isinstance(changes.get("budget"), Mapping):
        return changes
    return {**changes, "budget": {str(day): amount for day, amount in changes["budget"].items()}}
