"""The race: every registered response model, beside those that the decision week trains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from ml.config import MlConfig
from ml.response.backtest import look_back
from ml.response.histories import Histories
from ml.response.interface import FittedResponse
from ml.response.lists import judge_lists
from ml.response.record import Past, run_records
from ml.response.registry import MODELS, weekly
from ml.response.tasks import TASKS
from ml.response.train import fit_all


@dataclass(frozen=True)
class Entered:
    """A race.

    Args:
        fitted: Every registered model of every task, trained.
        metrics: Figures and pictures of each on the backtest, by task and model.
        weekly: Tasks and models that every decision week trains.
    """

    fitted: list[FittedResponse]
    metrics: Mapping[tuple[str, str], tuple[Mapping[str, float], Mapping[str, Any]]]
    weekly: frozenset[tuple[str, str]]


def race(
    response_features: pd.DataFrame,
    response_lists: pd.DataFrame,
    decision_week: date,
    config: MlConfig,
    histories: Histories | None = None,
) -> Entered:
    """Every registered model, tested on the weeks just past and trained on what this Monday knows."""
    known = histories or Histories()
    past = look_back(response_features, decision_week, config, known, tuple(MODELS))
    judged = judge_lists(past.fitted, response_lists, known.products, decision_week)
    fitted = fit_all(response_features, decision_week, config, known, tuple(MODELS))
    records = run_records(Past(past.scored, *judged), config)
    return Entered(fitted, records, frozenset((task.name, name) for task in TASKS.values() for name in weekly(task)))
