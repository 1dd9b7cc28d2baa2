"""The races: every registered model of demand and of response, beside those that the decision week trained."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from contracts.races import DEMAND_RACE, RESPONSE_RACE
from orchestration.assets.demand import DEMAND_TABLES, READS
from orchestration.assets.response import LISTS, RESPONSE_READS
from orchestration.models import log_race, ml_config
from orchestration.planning import monday
from orchestration.settings import Settings
from orchestration.steps import StepOptions, step

if TYPE_CHECKING:
    import pandas as pd


@step(
    [DEMAND_RACE],
    StepOptions("race", READS, kinds=frozenset({"python", "lightgbm", "keras", "mlflow"}), tables=DEMAND_TABLES),
)
def demand_race(
    demand_model_run: pd.DataFrame, decision_week: date, settings: Settings, **tables: pd.DataFrame
) -> pd.DataFrame:
    """Every registered model, looked back and trained as the weekly ones are, and logged to MLflow beside them."""
    from ml.demand.train import DemandTables, race

    entered = race(DemandTables(**tables), monday(decision_week), ml_config(settings))
    return log_race(settings, decision_week, entered, demand_model_run, "phase")


@step(
    [RESPONSE_RACE],
    StepOptions(
        "race",
        {**RESPONSE_READS, "response_lists": LISTS},
        kinds=frozenset({"python", "lightgbm", "keras", "scikitlearn", "mlflow"}),
    ),
)
def response_race(
    response_features: pd.DataFrame,
    response_lists: pd.DataFrame,
    customer_purchases: pd.DataFrame,
    raw_products: pd.DataFrame,
    response_model_run: pd.DataFrame,
    decision_week: date,
    settings: Settings,
) -> pd.DataFrame:
    """Every registered response model, looked back and trained as the weekly ones are, and logged beside them."""
    from ml.response.histories import Histories
    from ml.response.race import race

    known = Histories(customer_purchases, raw_products)
    entered = race(response_features, response_lists, decision_week, ml_config(settings), known)
    return log_race(settings, decision_week, entered, response_model_run, "task")
