"""Demand: how many of each product, in which channel and week, as believed on one decision week."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import dagster as dg

from contracts import predictions
from contracts.features import LAUNCH_CANDIDATES
from contracts.predictions import EARLY_WEEKS, FORECAST_WEEKS
from contracts.styles import SIZE_LEVELS, STYLE_SPLIT
from orchestration.assets.rules import FORECAST_RULES
from orchestration.models import load_models, log_models, mirror_registry, ml_config
from orchestration.planning import monday, paths_config
from orchestration.settings import Settings
from orchestration.steps import StepOptions, step
from orchestration.warehouse import Read

if TYPE_CHECKING:
    import pandas as pd

STAGE = "demand"
# Tables that demand is learned from, fields of `DemandTables`.
DEMAND_TABLES = (
    "demand_features",
    "weekly_sales",
    "planned_covariates",
    "planned_group_mailers",
    "launch_candidates",
    "calendar_weeks",
    "first_sales",
    "response_forecast",
)
# The models learn from planned products, and from every launch in its first weeks; of sales, absence means that
# nothing was wanted.
_LAUNCHED = f"age_weeks < {EARLY_WEEKS} and product_id in (select product_id from {LAUNCH_CANDIDATES.full_name})"
READS = {
    "demand_features": Read(where=f"(is_planned or ({_LAUNCHED}))"),
    "weekly_sales": Read(where="(units > 0 or not was_in_stock)"),
    # Rates read off promotions say nothing that planned promotions do not: those of logged impressions do.
    "response_forecast": Read(weeks="all", where="expected_click_rate is not null"),
}

# What was forecast on the Mondays from which a backtest looks: a horizon ago, and half a horizon before that.
_TOLD = Read(
    weeks="all",
    where=f"decision_week in ({{week}} - {7 * FORECAST_WEEKS}, {{week}} - {7 * (FORECAST_WEEKS + FORECAST_WEEKS // 2)})",
    is_edge=False,
)


@step(
    [predictions.DEMAND_BACKTEST, predictions.DEMAND_BACKTEST_LOSS],
    StepOptions(
        STAGE,
        {**READS, "demand_forecast": _TOLD},
        kinds=frozenset({"python", "lightgbm"}),
        tables=DEMAND_TABLES,
    ),
)
def demand_backtest(
    demand_forecast: pd.DataFrame, decision_week: date, settings: Settings, **tables: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What every demand model said a horizon earlier, beside what then sold; trained anew where nothing is stored."""
    from ml.demand.losses import losses
    from ml.demand.train import DemandTables, backtest

    known, config = DemandTables(**tables), ml_config(settings)
    past = backtest(known, monday(decision_week), config, stored=demand_forecast)
    return past, losses(past)


@step(
    [predictions.DEMAND_MODEL_RUN],
    StepOptions(STAGE, READS, kinds=frozenset({"python", "lightgbm", "mlflow"}), tables=DEMAND_TABLES),
)
def demand_model_run(
    demand_backtest: pd.DataFrame, decision_week: date, settings: Settings, **tables: pd.DataFrame
) -> pd.DataFrame:
    """Every demand model, trained on all that is known and logged to MLflow with its backtest."""
    from ml.demand.train import DemandTables, backtest_metrics, fit_all

    known, week = DemandTables(**tables), monday(decision_week)
    fitted = fit_all(known, week, ml_config(settings))
    return log_models(settings, decision_week, "phase", fitted, backtest_metrics(demand_backtest, known, week))


@step(
    [predictions.CHAMPION_DECISION],
    StepOptions(
        STAGE,
        {"demand_backtest_loss": Read(weeks="all"), "champion_decision": Read(weeks="last")},
        kinds=frozenset({"python", "mlflow"}),
    ),
)
def champion_decision(
    demand_backtest_loss: pd.DataFrame,
    demand_model_run: pd.DataFrame,
    response_champion: pd.DataFrame,
    champion_decision: pd.DataFrame,
    decision_week: date,
    settings: Settings,
) -> pd.DataFrame:
    """Which model reigns over each phase and task, from backtests complete by the week; the registry mirrors it."""
    from ml.champions import Witnesses, decide

    known = Witnesses(demand_backtest_loss, demand_model_run, response_champion, champion_decision)
    decided = decide(known, monday(decision_week))
    mirror_registry(settings, decided, demand_model_run)
    return decided


@step(
    [predictions.DEMAND_FORECAST],
    StepOptions(STAGE, READS, kinds=frozenset({"python", "lightgbm"}), rules=FORECAST_RULES, tables=DEMAND_TABLES),
)
def demand_forecast(
    demand_model_run: pd.DataFrame,
    demand_backtest: pd.DataFrame,
    decision_week: date,
    settings: Settings,
    **tables: pd.DataFrame,
) -> pd.DataFrame:
    """Every model's quantiles for every planned product and open launch, calibrated on its backtest."""
    from ml.demand.train import DemandTables, forecast

    models = load_models(settings, demand_model_run, "phase")
    return forecast(models, DemandTables(**tables), demand_backtest, monday(decision_week), ml_config(settings))


@step(
    [predictions.CANNIBALISATION],
    StepOptions(
        STAGE,
        {
            "demand_features": Read(
                where="is_planned and channel = 'all'", columns=("product_id", "week", "shelf_price")
            ),
            "weekly_sales": READS["weekly_sales"],
            "raw_products": Read(columns=("product_id", "category_1", "category_2", "category_3", "seller_id")),
        },
    ),
)
def cannibalisation(
    demand_features: pd.DataFrame,
    weekly_sales: pd.DataFrame,
    launch_candidates: pd.DataFrame,
    first_sales: pd.DataFrame,
    raw_products: pd.DataFrame,
    decision_week: date,
    settings: Settings,
) -> pd.DataFrame:
    """What each open launch takes from products like it, as past launches did."""
    from ml.demand.cannibalisation import cannibalisation as estimate
    from ml.demand.substitutes import Shelf

    shelf = Shelf.build(demand_features, weekly_sales, raw_products)
    return estimate(shelf, launch_candidates, first_sales, monday(decision_week), ml_config(settings).seed)


@step(
    [predictions.EXPOSURE_LIFT],
    StepOptions(
        STAGE,
        {
            "demand_features": Read(
                where="is_planned and channel <> 'all'",
                columns=("product_id", "channel", "week", "category_2", "units_1", "mailer_1", "display_1"),
            ),
            "launch_candidates": Read(where="decision_week = {week}"),
        },
    ),
)
def exposure_lift(
    demand_features: pd.DataFrame, launch_candidates: pd.DataFrame, decision_week: date, settings: Settings
) -> pd.DataFrame:
    """What a slot multiplies demand by, as promotions of like products did."""
    from ml.demand.exposure_lift import exposure_lift as estimate

    return estimate(demand_features, launch_candidates, monday(decision_week), ml_config(settings).seed)


@step(
    [STYLE_SPLIT],
    StepOptions(
        STAGE,
        {
            "raw_products": Read(columns=("product_id", "style_id", "attributes", *SIZE_LEVELS)),
            "weekly_sales": Read(where="units > 0", columns=("product_id", "week", "units")),
            "launch_candidates": Read(where="decision_week = {week}", columns=("product_id", "channel")),
            "demand_forecast": Read(where="phase = 'new' and quantile = -1"),
            "demand_backtest": Read(weeks="all", where="phase = 'new' and quantile = -1"),
        },
    ),
)
def style_split(
    raw_products: pd.DataFrame,
    weekly_sales: pd.DataFrame,
    launch_candidates: pd.DataFrame,
    demand_forecast: pd.DataFrame,
    demand_backtest: pd.DataFrame,
    champion_decision: pd.DataFrame,
    decision_week: date,
) -> pd.DataFrame:
    """Which open launches are variants of one style, and how its units are split over them."""
    from ml.demand.style_split import style_split as split

    reigning = champion_decision.loc[champion_decision["phase"] == "new", "model"]
    own, past = (frame[frame["model"].isin(reigning)] for frame in (demand_forecast, demand_backtest))
    return split(raw_products, weekly_sales, launch_candidates, own, past, monday(decision_week))


@step([predictions.DEMAND_PATHS], StepOptions(STAGE))
def demand_paths(
    demand_forecast: pd.DataFrame,
    champion_decision: pd.DataFrame,
    style_split: pd.DataFrame,
    raw_supply_terms: pd.DataFrame,
    decision_week: date,
    settings: Settings,
    log: dg.DagsterLogManager,
) -> pd.DataFrame:
    """Joint sample paths of the reigning models' forecasts: what the plan must live with.

    They reach as far as the plan looks, six weeks beyond the longest lead time.
    """
    from optimization.paths import demand_paths as draw

    config = paths_config(settings, raw_supply_terms)
    if config.horizon_weeks > FORECAST_WEEKS:
        learned = f"weeks {FORECAST_WEEKS // 2 + 1} to {FORECAST_WEEKS}"
        log.info(
            f"the plan looks {config.horizon_weeks} weeks ahead; later ones carry on what is forecast of {learned}"
        )
    return draw(demand_forecast, champion_decision, monday(decision_week), config, style_split)
