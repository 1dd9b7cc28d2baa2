"""How good each response model was: frames of scored impressions and opportunities to `response_scores`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pandas as pd

from contracts.evaluations import RESPONSE_SCORES
from ml import metrics

_SLICES = ("all", "warm", "cold")


def scores(scored: pd.DataFrame, decision_week: date, source: str) -> pd.DataFrame:
    """One row per task, model, slice and metric; every figure counts rows by their sampling weight.

    Args:
        scored: Rows as in `response_backtest`: a backtest, or later weeks scored by `train.score`.
        decision_week: Decision week of the models.
        source: Source of the rows, real or simulated.
    """
    rows = [
        (task, model, name, metric, value)
        for (task, model), group in scored.groupby(["task", "model"], sort=True)
        for name in _SLICES
        for metric, value in figures_of(_slice(group, name))
    ]
    frame = pd.DataFrame(rows, columns=["task", "model", "slice", "metric", "value"])
    frame = frame.astype({"task": "str", "model": "str", "slice": "str", "metric": "str", "value": "float64"})
    return frame.assign(decision_week=pd.Timestamp(decision_week), source=source)[RESPONSE_SCORES.names()]


def figures_of(group: pd.DataFrame) -> Iterator[tuple[str, float]]:
    """Name and value of each figure of one model's rows; NaN where nothing happened."""
    label, score, weight = group["label"], group["score"], group["weight"]
    yield "auc", metrics.weighted_auc(label, score, weight)
    yield "pr_auc", metrics.precision_recall_auc(label, score, weight)
    yield "normalised_entropy", metrics.normalised_entropy(label, score, weight)
    yield "calibration", metrics.calibration_ratio(label, score, weight)
    yield "base_rate", float((label * weight).sum() / weight.sum()) if weight.sum() > 0 else float("nan")


def metrics_of(scores_frame: pd.DataFrame, model: str) -> dict[str, float]:
    """One model's figures of one task by name for the run's record: `auc`, `cold_auc`, …"""
    mine = scores_frame[scores_frame["model"] == model]
    names = [m if s == "all" else f"{s}_{m}" for s, m in zip(mine["slice"], mine["metric"], strict=True)]
    return dict(zip(names, mine["value"].astype(float), strict=True))


def _slice(group: pd.DataFrame, name: str) -> pd.DataFrame:
    is_cold = group["is_cold"].astype(bool)
    return {"all": group, "warm": group[~is_cold], "cold": group[is_cold]}[name]
