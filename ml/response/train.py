"""Response models of every task, trained as of a Monday.

The models are in `registry`, the tasks in `tasks`; what a sample is, in `sample`. How they are tested on weeks just past
is in `backtest`, what they say of launches in `forecast`.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import date
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.config import MlConfig
from ml.lanes import Job, cpu_seconds, in_lanes
from ml.response.average import Average, log_odds_of
from ml.response.histories import Histories
from ml.response.interface import FittedResponse, ResponseModel, Scorer
from ml.response.recalibration import fit_calibration
from ml.response.recommender import Recommender
from ml.response.registry import MODELS, weekly
from ml.response.sample import TRAINING_WEEKS, Sample, take, training_rows
from ml.response.tasks import TASKS, Task

_LOG = logging.getLogger(__name__)


def fit_all(
    response_features: pd.DataFrame,
    decision_week: date,
    config: MlConfig,
    histories: Histories | None = None,
    names: Collection[str] | None = None,
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
    names: Collection[str] | None = None,
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
    names = weekly(task) if names is None else names
    asked = [model for model in MODELS.values() if model.name in names]
    alone = {part.name: part for model in asked for part in (model.parts if isinstance(model, Average) else (model,))}
    jobs = [Job(partial(_learned, model, sample, older, config), _is_network(model)) for model in alone.values()]
    learned = dict(zip(alone, in_lanes(jobs, config.threads), strict=True))
    fitted: list[FittedResponse] = []
    log_odds: dict[str, NDArray[np.float64]] = {}
    for model in asked:
        start = cpu_seconds()
        scorer: Scorer
        if isinstance(model, Average):
            scorer = model.of({part.name: learned[part.name][0] for part in model.parts})
            spent = sum(learned[part.name][1] for part in model.parts if part.name not in names)
        else:
            scorer, spent = learned[model.name]
        log_odds[model.name] = log_odds_of(scorer, log_odds, partial(scorer.log_odds, told.rows))
        calibration = fit_calibration(log_odds[model.name], told)
        seconds = spent + cpu_seconds() - start
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


def _is_network(model: ResponseModel) -> bool:
    return "keras" in model.requirements


def _learned(model: ResponseModel, sample: Sample, older: Sample, config: MlConfig) -> tuple[Scorer, float]:
    """A trained model, and its CPU seconds."""
    start = cpu_seconds()
    # Taste keeps answers from its own head (`recommender`), and would be four weeks old if it learned less.
    scorer = model.fit(sample if isinstance(model, Recommender) else older, config)
    return scorer, cpu_seconds() - start
