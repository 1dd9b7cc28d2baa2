"""Explanations: why the reigning models expect what they do of what the plan decides about."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from contracts import explanations
from contracts.predictions import MEAN
from orchestration.assets.demand import DEMAND_TABLES, READS, STAGE
from orchestration.models import ml_config, reigning
from orchestration.planning import monday
from orchestration.settings import Settings
from orchestration.steps import StepOptions, step
from orchestration.warehouse import Read

if TYPE_CHECKING:
    import pandas as pd

_MEANS = {"demand_forecast": Read(where=f"channel = 'all' and quantile = {MEAN}")}


@step(
    [explanations.LAUNCH_ANALOGUES, explanations.DEMAND_DRIVERS],
    StepOptions(STAGE, READS | _MEANS, kinds=frozenset({"python", "lightgbm"}), tables=DEMAND_TABLES),
)
def demand_explanations(
    champion_decision: pd.DataFrame,
    demand_model_run: pd.DataFrame,
    demand_forecast: pd.DataFrame,
    decision_week: date,
    settings: Settings,
    **tables: pd.DataFrame,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Of each open launch the past launches that speak for it, of each other planned product what moves its level."""
    from ml.demand.analogues import launch_analogues
    from ml.demand.drivers import demand_drivers
    from ml.demand.train import DemandTables

    models = reigning(settings, champion_decision, demand_model_run, "phase")
    known, week, config = DemandTables(**tables), monday(decision_week), ml_config(settings)
    drivers = demand_drivers(models, demand_forecast, known, week, config)
    return launch_analogues(models.get("new"), known, week, config), drivers
