"""Response models on weeks that they did not see: trained as of some Monday, scored on what came after.

What a model is and how it learns is `train`'s business; how good its scores were, that of `scores` and `lists`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from contracts.predictions import RESPONSE_BACKTEST
from ml.config import MlConfig
from ml.response.average import predict_together
from ml.response.histories import Histories
from ml.response.interface import FittedResponse
from ml.response.sample import in_own_order, known_between, training_rows
from ml.response.tasks import TASKS, Floats
from ml.response.train import fit

BACKTEST_WEEKS = 4
_KEPT = ["impression_id", "customer_id", "product_id", "channel", "week", "is_cold"]


@dataclass(frozen=True)
class LookBack:
    """Models as they would have been four weeks earlier, and what they would have said since.

    Args:
        fitted: Of every task that had something to learn from by then.
        scored: `RESPONSE_BACKTEST`.
    """

    fitted: Sequence[FittedResponse]
    scored: pd.DataFrame


def look_back(
    response_features: pd.DataFrame,
    decision_week: date,
    config: MlConfig,
    histories: Histories | None = None,
    names: Collection[str] | None = None,
) -> LookBack:
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
    return LookBack(fitted, score(fitted, tested, decision_week))


def score(fitted: Sequence[FittedResponse], rows: pd.DataFrame, decision_week: date) -> pd.DataFrame:
    """One row per impression and model of a task that has its answer: its score beside what happened.

    A product without a sale has no last price: where a price is known, it is that of a planned launch.

    Returns:
        `RESPONSE_BACKTEST`.
    """
    parts = []
    for task in TASKS.values():
        own = [model for model in fitted if model.subject == task.name]
        asked = task.rows_of(rows) if own else rows
        rates = predict_together(own, asked)
        parts += [_scored(model, asked, rates[model.name], decision_week) for model in own]
    return pd.concat(parts, ignore_index=True) if parts else _nothing(rows, decision_week)


def _scored(model: FittedResponse, rows: pd.DataFrame, rates: Floats, decision_week: date) -> pd.DataFrame:
    return rows[_KEPT].assign(
        decision_week=pd.Timestamp(decision_week),
        task=model.subject,
        model=model.name,
        score=rates,
        label=rows[model.task.label].astype("int32"),
        weight=model.task.weight_of(rows),
        is_planned=rows["is_cold"].astype(bool) & rows["shelf_price"].notna(),
    )[RESPONSE_BACKTEST.names()]


def _nothing(rows: pd.DataFrame, decision_week: date) -> pd.DataFrame:
    kept = rows.iloc[:0][_KEPT].assign(decision_week=pd.Timestamp(decision_week), is_planned=False)
    return kept.assign(task="", model="", score=0.0, label=0, weight=0.0)[RESPONSE_BACKTEST.names()]
