"""Response: who would want what is new, as believed on one decision week."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from contracts import predictions, response_backtests
from orchestration.models import log_models, mirror_registry, ml_config, reigning
from orchestration.planning import monday
from orchestration.settings import Settings
from orchestration.steps import StepOptions, step
from orchestration.warehouse import Read

if TYPE_CHECKING:
    import pandas as pd

STAGE = "response"
LISTS = Read(is_bulk=True)
# What is learned from: opportunities by the million, and what recommenders read of products.
RESPONSE_READS = {
    "response_features": Read(is_bulk=True),
    "raw_products": Read(
        columns=(
            "product_id",
            "title",
            "category_1",
            "category_2",
            "category_3",
            "brand",
            "seller_id",
            "attributes",
            "embedding",
        )
    ),
}


@step(
    [predictions.RESPONSE_BACKTEST, *response_backtests.TABLES],
    StepOptions(
        STAGE, {**RESPONSE_READS, "response_lists": LISTS}, kinds=frozenset({"python", "keras", "scikitlearn"})
    ),
)
def response_backtest(
    response_features: pd.DataFrame,
    response_lists: pd.DataFrame,
    customer_purchases: pd.DataFrame,
    raw_products: pd.DataFrame,
    decision_week: date,
    settings: Settings,
) -> tuple[pd.DataFrame, ...]:
    """The week's response models, trained on what was known four weeks earlier and scored on the weeks since."""
    from ml.response.backtest import look_back
    from ml.response.histories import Histories
    from ml.response.lists import judge_lists
    from ml.response.losses import losses

    past = look_back(response_features, decision_week, ml_config(settings), Histories(customer_purchases, raw_products))
    return past.scored, losses(past.scored), *judge_lists(past.fitted, response_lists, raw_products, decision_week)


@step(
    [predictions.RESPONSE_MODEL_RUN], StepOptions(STAGE, RESPONSE_READS, kinds=frozenset({"python", "mlflow", "keras"}))
)
def response_model_run(
    response_features: pd.DataFrame,
    response_backtest: pd.DataFrame,
    response_list_scores: pd.DataFrame,
    response_exposure: pd.DataFrame,
    customer_purchases: pd.DataFrame,
    raw_products: pd.DataFrame,
    decision_week: date,
    settings: Settings,
) -> pd.DataFrame:
    """The week's response models of every task, trained on all that is known and logged to MLflow with its backtest."""
    from ml.response.histories import Histories
    from ml.response.record import Past, run_records
    from ml.response.train import fit_all

    config = ml_config(settings)
    fitted = fit_all(response_features, decision_week, config, Histories(customer_purchases, raw_products))
    past = Past(response_backtest, response_list_scores, response_exposure)
    return log_models(settings, decision_week, "task", fitted, run_records(past, config))


@step(
    [predictions.RESPONSE_CHAMPION],
    StepOptions(
        STAGE,
        {"response_backtest_loss": Read(weeks="all"), "response_champion": Read(weeks="last")},
        kinds=frozenset({"python", "mlflow"}),
    ),
)
def response_champion(
    response_backtest_loss: pd.DataFrame,
    response_model_run: pd.DataFrame,
    response_champion: pd.DataFrame,
    decision_week: date,
    settings: Settings,
) -> pd.DataFrame:
    """Which model reigns over each response task, from backtests complete by the week; the registry mirrors it."""
    from ml.champions import decide_response

    decided = decide_response(response_backtest_loss, response_model_run, response_champion, monday(decision_week))
    mirror_registry(settings, decided, response_model_run)
    return decided


@step([predictions.RESPONSE_FORECAST], StepOptions(STAGE, {"response_candidates": Read(is_bulk=True)}))
def response_forecast(
    response_champion: pd.DataFrame,
    response_model_run: pd.DataFrame,
    response_candidates: pd.DataFrame,
    response_backtest: pd.DataFrame,
    decision_week: date,
    settings: Settings,
) -> pd.DataFrame:
    """The reigning response models' rates of clicks and purchases, and the reach, of every open launch."""
    from ml.response.forecast import forecast

    champions = reigning(settings, response_champion, response_model_run, "task")
    return forecast(champions, response_candidates, response_backtest, decision_week, ml_config(settings))
