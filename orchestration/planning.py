"""Between settings and the plan: the profile's terms and effort, what planners ask, and which orders were really placed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from orchestration.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from optimization.inputs import PlanInputs
    from optimization.paths import PathsConfig
    from optimization.plan import PlanSettings
    from optimization.scenario import Scenario
    from optimization.terms import SupplyProfile


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
    "style_split",
)


def monday(week: date) -> pd.Timestamp:
    """A decision week as frames hold it."""
    import pandas as pd

    return pd.Timestamp(week)


def supply_profile(settings: Settings) -> SupplyProfile:
    """Terms assumed where the source brings none."""
    from optimization.terms import SupplyProfile

    return SupplyProfile(currency=settings.currency)


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
    return PlanSettings(seed=settings.seed, effort=tiny if settings.profile == "tiny" else Effort())


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


def named_scenarios(settings: Settings, given: Mapping[str, Any]) -> list[Scenario]:
    """What-if scenarios: those given, else those of `scenarios.yml` in the source's landing folder; none without it.

    Raises:
        ValueError: The file cannot be read, or a scenario makes no sense.
    """
    import yaml

    from optimization.scenario import scenarios_of

    path = settings.landing / settings.source / "scenarios.yml"
    if given or not path.is_file():
        return scenarios_of(given)
    try:
        read = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is no YAML: {error}") from error
    if not isinstance(read, Mapping):
        raise ValueError(f"{path} holds no scenarios by name")
    return scenarios_of({name: _days_as_text(changes) for name, changes in read.items()})


def plain_scenarios(settings: Settings, given: Mapping[str, Any]) -> list[Scenario]:
    """The what-if scenarios that ask for one plan.

    Raises:
        ValueError: As `named_scenarios`, or a given one asks for a front.
    """
    named = named_scenarios(settings, given)
    fronts = [scenario.name for scenario in named if scenario.frontier]
    if given and fronts:
        raise ValueError(f"scenario {fronts[0]}: asks for a front; draw it with debut frontier or asset plan_frontier")
    return [scenario for scenario in named if not scenario.frontier]


def named_frontiers(settings: Settings, given: Mapping[str, Any]) -> list[Scenario]:
    """The scenarios that ask for a front, given or of the file; profit against the fill rate without any.

    Raises:
        ValueError: As `named_scenarios`, or a given one names no objectives.
    """
    from optimization.scenario import scenarios_of

    named = named_scenarios(settings, given)
    plain = [scenario.name for scenario in named if not scenario.frontier]
    if given and plain:
        raise ValueError(f"frontier {plain[0]}: names no objectives; write frontier: [profit, fill_rate]")
    return [s for s in named if s.frontier] or scenarios_of({"profit and fill": {"frontier": ["profit", "fill_rate"]}})


def _days_as_text(changes: Any) -> Any:
    """A scenario in which budgets by week are named by ISO dates, which YAML reads as days."""
    if not isinstance(changes, Mapping) or not isinstance(changes.get("budget"), Mapping):
        return changes
    return {**changes, "budget": {str(day): amount for day, amount in changes["budget"].items()}}
