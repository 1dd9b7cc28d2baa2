"""What a response model's run in MLflow holds: every figure of its backtest by name, and pictures by file name.

Rows of a backtest count by their sampling weight, those of whole lists once. What the figures mean is said once, in the
experiment's description (`ml.response.about`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ml import metrics
from ml.config import MlConfig
from ml.response.figures import calibration_figure, deciles, lists_figure, weeks_figure
from ml.response.lists import list_figures
from ml.response.scores import metrics_of, scores
from ml.response.tasks import TASKS

Record = tuple[Mapping[str, float], Mapping[str, Any]]


@dataclass(frozen=True)
class Past:
    """What a decision week knows of how its models did.

    Args:
        backtest: `RESPONSE_BACKTEST`.
        list_scores: `RESPONSE_LIST_SCORES`.
        shown: `RESPONSE_EXPOSURE`.
    """

    backtest: pd.DataFrame
    list_scores: pd.DataFrame
    shown: pd.DataFrame


def run_records(past: Past, config: MlConfig) -> dict[tuple[str, str], Record]:
    """By (task, model): figures and pictures."""
    return {
        (str(task), str(model)): _record(str(task), str(model), rows, past, config)
        for (task, model), rows in past.backtest.groupby(["task", "model"], sort=True)
    }


def _record(task: str, model: str, rows: pd.DataFrame, past: Past, config: MlConfig) -> Record:
    lists, shown = (
        frame[(frame["task"] == task) & (frame["model"] == model)] for frame in (past.list_scores, past.shown)
    )
    ranked = metrics_of(scores(rows, rows["decision_week"].iloc[0], source=""), model)
    figures = {**ranked, **decision_figures(rows, config), **calibrations(rows), **list_figures(lists, shown)}
    pictures = {
        "calibration.png": calibration_figure(rows, f"{model}: calibration by decile", TASKS[task]),
        "weeks.png": weeks_figure(rows, f"{model}: predicted and actual by week", TASKS[task]),
    }
    if len(lists):
        pictures["ndcg.png"] = lists_figure(lists, f"{model}: whole lists of {len(lists)} visits")
    return figures, pictures


def decision_figures(rows: pd.DataFrame, config: MlConfig) -> dict[str, float]:
    """What would have come of showing where the rate is at least that at which a place pays.

    That rate is `config.break_even_rate`, or without one the mean of all rates: what the place would bring otherwise.
    `shown_rate` is what was clicked, or bought, per impression of the tenth of the population that ranks highest.

    Args:
        rows: One model's rows of `RESPONSE_BACKTEST`.
        config: Of the models.
    """
    label, score, weight = (rows[name].to_numpy(dtype=np.float64) for name in ("label", "score", "weight"))
    mean = float((weight * score).sum() / weight.sum())
    least = mean if config.break_even_rate is None else config.break_even_rate
    is_shown = score >= least
    shown, events = float(weight[is_shown].sum()), float((weight * label).sum())
    hits = float((weight * label)[is_shown].sum())
    return {
        "break_even_rate": least,
        "precision_break_even": hits / shown if shown > 0 else float("nan"),
        "recall_break_even": hits / events if events > 0 else float("nan"),
        "f1_break_even": 2.0 * hits / (shown + events) if shown + events > 0 else float("nan"),
        "shown_share": shown / float(weight.sum()),
        "shown_rate": _top_tenth(label, score, weight),
    }


def calibrations(rows: pd.DataFrame) -> dict[str, float]:
    """Predicted over actual of each tenth of the population by score, and of each week, the oldest first."""
    tenths = deciles(rows)
    by_tenth = zip(tenths["decile"], tenths["predicted"], tenths["actual"], strict=True)
    found = {f"calibration_decile_{int(tenth)}": _over(told, seen) for tenth, told, seen in by_tenth}
    for number, (_, own) in enumerate(rows.groupby("week", sort=True), start=1):
        found[f"calibration_week_{number}"] = metrics.calibration_ratio(own["label"], own["score"], own["weight"])
    return found


def _over(predicted: float, actual: float) -> float:
    return float(predicted / actual) if actual > 0 else float("nan")


def _top_tenth(label: Any, score: Any, weight: Any) -> float:
    """Events per row of the tenth that ranks highest; rows of the score at its edge count as far as they fit in."""
    by_score = pd.DataFrame({"score": score, "rows": weight, "events": weight * label}).groupby("score").sum()
    by_score = by_score.iloc[::-1]
    room = (0.1 * weight.sum() - by_score["rows"].cumsum() + by_score["rows"]).clip(lower=0.0)
    share = np.minimum(1.0, room / by_score["rows"].where(by_score["rows"] > 0)).fillna(0.0)
    return float((share * by_score["events"]).sum() / (share * by_score["rows"]).sum())
