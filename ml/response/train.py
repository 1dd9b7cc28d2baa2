"""What the orchestrator calls: fit every response model, test it on the weeks just past, forecast with one.

The models are in `registry`; what a sample is, in `sample`; what a forecast is, in `forecast`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd

from contracts.predictions import RESPONSE_BACKTEST
from ml.config import MlConfig
from ml.response.figures import calibration_figure
from ml.response.forecast import forecast
from ml.response.interface import TASK, FittedResponse
from ml.response.recalibration import fit_calibration
from ml.response.registry import MODELS
from ml.response.sample import TRAINING_WEEKS, known_between, take
from ml.response.scores import metrics_of, scores

__all__ = ["backtest", "backtest_metrics", "fit_all", "forecast", "score", "scores"]
_LOG = logging.getLogger(__name__)
BACKTEST_WEEKS = 4


def fit_all(response_features: pd.DataFrame, decision_week: date, config: MlConfig) -> list[FittedResponse]:
    """Every model of the registry, trained on rows known by the decision week.

    A source without opportunities has no response model: no row in, no model out.

    Raises:
        ValueError: There are rows, but none bought or none passed in the training weeks.
    """
    if response_features.empty:
        return []
    sample = take(response_features, decision_week, config.response_rows)
    fitted = []
    for model in MODELS.values():
        start = time.process_time()
        scorer = model.fit(sample, config)
        calibration = fit_calibration(scorer, sample)
        seconds = time.process_time() - start
        _LOG.info("%s learned from %d rows in %.1f CPU s", model.name, len(sample.rows), seconds)
        fitted.append(
            FittedResponse(
                model.name,
                scorer,
                calibration,
                sample.base_rate,
                decision_week,
                model.requirements,
                seconds,
            )
        )
    return fitted


def backtest(response_features: pd.DataFrame, decision_week: date, config: MlConfig) -> pd.DataFrame:
    """One row per impression of the last four known weeks and model; the models saw only earlier weeks.

    Every model is trained on what was known four weeks before the decision week. Where that is too early to
    have learned anything (no purchase yet), there is nothing to test and no row.
    """
    start = decision_week - timedelta(weeks=BACKTEST_WEEKS)
    tested = known_between(response_features, start, decision_week)
    earlier = known_between(
        response_features[["week", "known_on", "is_purchased"]], start - timedelta(weeks=TRAINING_WEEKS), start
    )
    if earlier["is_purchased"].nunique() < 2 or tested.empty:
        return score([], tested, decision_week)
    return score(fit_all(response_features, start, config), tested, decision_week)


def score(fitted: Sequence[FittedResponse], rows: pd.DataFrame, decision_week: date) -> pd.DataFrame:
    """One row per opportunity and model: its score beside what happened, as `response_backtest` promises.

    A product without a sale has no last price: where a price is known, it is that of a planned launch.
    """
    common = rows[["impression_id", "customer_id", "product_id", "channel", "week", "is_cold"]].assign(
        decision_week=pd.Timestamp(decision_week),
        label=rows["is_purchased"].astype("int32"),
        weight=rows["sampling_weight"].astype("float64"),
        is_planned=rows["is_cold"].astype(bool) & rows["shelf_price"].notna(),
    )
    parts = [common.assign(model=model.name, score=model.predict(rows)) for model in fitted]
    scored = pd.concat(parts) if parts else common.iloc[:0].assign(model="", score=0.0)
    return scored[RESPONSE_BACKTEST.names()].reset_index(drop=True)


def backtest_metrics(response_backtest: pd.DataFrame) -> dict[tuple[str, str], tuple[Mapping[str, float], Any]]:
    """By (task, model): its figures on the backtest, and pictures by file name, for the run's record."""
    return {
        (TASK, str(model)): (
            metrics_of(scores(rows, rows["decision_week"].iloc[0], source=""), str(model)),
            {"calibration.png": calibration_figure(rows, f"{model}: calibration by decile")},
        )
        for model, rows in response_backtest.groupby("model", sort=True)
    }
