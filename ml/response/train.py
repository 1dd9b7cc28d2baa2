"""What the orchestrator calls: fit response models of every task, test them on the weeks just past, forecast.

The models are in `registry`, the tasks in `tasks`; what a sample is, in `sample`; what a forecast is, in `forecast`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.predictions import RESPONSE_BACKTEST
from ml.config import MlConfig
from ml.response.average import Average, AverageScorer
from ml.response.figures import calibration_figure
from ml.response.forecast import forecast
from ml.response.histories import Histories
from ml.response.interface import FittedResponse, ResponseModel, Scorer
from ml.response.recalibration import fit_calibration
from ml.response.recommender import Recommender
from ml.response.registry import MODELS, WEEKLY
from ml.response.sample import TRAINING_WEEKS, Sample, in_own_order, known_between, take, training_rows
from ml.response.scores import metrics_of, scores
from ml.response.tasks import TASKS, Task

__all__ = ["backtest", "backtest_metrics", "fit", "fit_all", "forecast", "race", "score", "scores"]
_LOG = logging.getLogger(__name__)
BACKTEST_WEEKS = 4
_KEPT = ["impression_id", "customer_id", "product_id", "channel", "week", "is_cold"]


def fit_all(
    response_features: pd.DataFrame,
    decision_week: date,
    config: MlConfig,
    histories: Histories | None = None,
    names: Collection[str] = WEEKLY,
) -> list[FittedResponse]:
    """Models, those of the week unless others are named, of every task that the source has rows of, trained as of a week.

    A source without opportunities has no response model: no row in, no model out. One that logs no impressions with
    clicks has no click model, and a line of the log says so.

    Raises:
        ValueError: There are rows, but none bought or none passed in the training weeks.
    """
    fitted: list[FittedResponse] = []
    for task in TASKS.values() if len(response_features) else ():
        if task.is_required or task.has_both_answers(training_rows(response_features, decision_week, task)):
            fitted += fit(response_features, decision_week, config, task, names, histories)
        else:
            _LOG.info(
                "no %s model: no logged impression of the %d weeks before %s tells %ss from the rest",
                task.name,
                TRAINING_WEEKS,
                decision_week,
                task.event,
            )
    return fitted


def fit(
    response_features: pd.DataFrame,
    through: date,
    config: MlConfig,
    task: Task,
    names: Collection[str] = WEEKLY,
    histories: Histories | None = None,
) -> list[FittedResponse]:
    """Models of the registry, those of the week unless others are named, for one task, trained on what a Monday knows.

    Args:
        response_features: `RESPONSE_FEATURES`; of its rows, those known by the Monday are learned from.
        through: The Monday.
        config: How models are trained.
        task: The task.
        names: Which models.
        histories: Purchases and products, as far as they are delivered; recommenders learn little without.

    The newest weeks are held out (`Sample.parts`) and say how log-odds turn into rates: a calibration on rows that the
    model has learned from would promise too much, and one taken over to a model that has since learned them would
    count their drift twice. How channels differ is read off all weeks, since a small channel's newest say little.

    Raises:
        ValueError: The task's training rows hold one answer only.
    """
    sample = take(response_features, through, config.response_rows, task, histories)
    older, _ = sample.parts()
    told = sample.told_to_calibrate()
    fitted: list[FittedResponse] = []
    log_odds: dict[str, NDArray[np.float64]] = {}
    for model in (model for model in MODELS.values() if model.name in names):
        start = time.process_time()
        # Taste keeps answers from its own head (`recommender`), and would be four weeks old if it learned less.
        taught = sample if isinstance(model, Recommender) else older
        scorer = _scorer(model, {one.name: one.scorer for one in fitted}, taught, config)
        log_odds[model.name] = _log_odds(scorer, told.rows, log_odds)
        calibration = fit_calibration(log_odds[model.name], told)
        seconds = time.process_time() - start
        _LOG.info("%s learned %ss from %d rows in %.1f CPU s", model.name, task.event, len(sample.rows), seconds)
        fitted.append(
            FittedResponse(
                name=model.name,
                scorer=scorer,
                calibration=calibration,
                base_rate=sample.base_rate,
                trained_through=through,
                task=task,
                positions=sample.positions,
                requirements=model.requirements,
                reads=model.reads,
                seconds=seconds,
            )
        )
    return fitted


def _scorer(model: ResponseModel, learned: Mapping[str, Scorer], sample: Sample, config: MlConfig) -> Scorer:
    """What a model learns; an average of what has just been learned is not learned again."""
    if isinstance(model, Average) and {part.name for part in model.parts} <= learned.keys():
        return model.of(learned)
    return model.fit(sample, config)


def _log_odds(scorer: Scorer, rows: pd.DataFrame, known: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """What a scorer says of rows; of an average of what is known already, no part is asked again."""
    if isinstance(scorer, AverageScorer) and scorer.parts.keys() <= known.keys():
        return scorer.mean(known)
    return scorer.log_odds(rows)


def backtest(
    response_features: pd.DataFrame,
    decision_week: date,
    config: MlConfig,
    histories: Histories | None = None,
    names: Collection[str] = WEEKLY,
) -> pd.DataFrame:
    """One row per task, impression of the last four known weeks and model; the models saw only earlier weeks.

    Every model is trained on what was known four weeks before the decision week. Where that is too early to
    have learned a task (no purchase or no click yet), there is nothing to test and no row.
    """
    start = decision_week - timedelta(weeks=BACKTEST_WEEKS)
    tested = in_own_order(known_between(response_features, start, decision_week))
    earlier = response_features[["week", "known_on", *(task.label for task in TASKS.values())]]
    fitted: list[FittedResponse] = []
    for task in TASKS.values() if len(tested) else ():
        if task.has_both_answers(training_rows(earlier, start, task)):
            fitted += fit(response_features, start, config, task, names, histories)
    return score(fitted, tested, decision_week)


@dataclass(frozen=True)
class Entered:
    """A race.

    Args:
        fitted: Every registered model of every task, trained.
        metrics: Figures and pictures of each on the backtest, by task and model.
        weekly: Tasks and models that every decision week trains.
    """

    fitted: list[FittedResponse]
    metrics: dict[tuple[str, str], tuple[Mapping[str, float], Any]]
    weekly: frozenset[tuple[str, str]]


def race(
    response_features: pd.DataFrame, decision_week: date, config: MlConfig, histories: Histories | None = None
) -> Entered:
    """Every registered model, tested on the weeks just past and trained on what this Monday knows."""
    past = backtest(response_features, decision_week, config, histories, tuple(MODELS))
    fitted = fit_all(response_features, decision_week, config, histories, tuple(MODELS))
    return Entered(fitted, backtest_metrics(past), frozenset((task, name) for task in TASKS for name in WEEKLY))


def score(fitted: Sequence[FittedResponse], rows: pd.DataFrame, decision_week: date) -> pd.DataFrame:
    """One row per impression and model of a task that has its answer: its score beside what happened.

    A product without a sale has no last price: where a price is known, it is that of a planned launch.

    Returns:
        `RESPONSE_BACKTEST`.
    """
    parts = [_scored(model, model.task.rows_of(rows), decision_week) for model in fitted]
    return pd.concat(parts, ignore_index=True) if parts else _nothing(rows, decision_week)


def _scored(model: FittedResponse, rows: pd.DataFrame, decision_week: date) -> pd.DataFrame:
    return rows[_KEPT].assign(
        decision_week=pd.Timestamp(decision_week),
        task=model.subject,
        model=model.name,
        score=model.predict(rows),
        label=rows[model.task.label].astype("int32"),
        weight=model.task.weight_of(rows),
        is_planned=rows["is_cold"].astype(bool) & rows["shelf_price"].notna(),
    )[RESPONSE_BACKTEST.names()]


def _nothing(rows: pd.DataFrame, decision_week: date) -> pd.DataFrame:
    kept = rows.iloc[:0][_KEPT].assign(decision_week=pd.Timestamp(decision_week), is_planned=False)
    return kept.assign(task="", model="", score=0.0, label=0, weight=0.0)[RESPONSE_BACKTEST.names()]


def backtest_metrics(response_backtest: pd.DataFrame) -> dict[tuple[str, str], tuple[Mapping[str, float], Any]]:
    """By (task, model): its figures on the backtest, and pictures by file name, for the run's record."""
    return {
        (str(task), str(model)): (
            metrics_of(scores(rows, rows["decision_week"].iloc[0], source=""), str(model)),
            {"calibration.png": calibration_figure(rows, f"{model}: calibration by decile", TASKS[str(task)])},
        )
        for (task, model), rows in response_backtest.groupby(["task", "model"], sort=True)
    }
