"""What each customer cost each response model in a backtest, in AUC, and how much each was promised to buy.

A table of one row a customer is small, so that every decision week's can be kept in view; whether one model's gain over
another is more than noise is `ml.duels`' business, who reigns `ml.champions`'.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.response_backtests import RESPONSE_BACKTEST_LOSS
from ml import metrics
from ml.duels import Measure
from ml.frames import no_rows
from ml.response.tasks import TASKS, Task

Floats = NDArray[np.float64]
AUC = Measure("auc", "customer_id", "auc_share", is_gain=True)


def losses(backtest: pd.DataFrame) -> pd.DataFrame:
    """One row per decision week, task, model and customer: its share of `1 − AUC`, and its events told and counted.

    With the share `v` of the other class that a row is ordered rightly against, `A` the AUC and `W₁`, `W₀` the weights
    of both classes, a customer moves the AUC by

        i = Σ w·(v − A) / W₁  over its events  +  Σ w·(v − A) / W₀  over its other rows,

    which sum to nothing over all `n` customers. Its share of the loss is `(1 − A)/n − i`. So shares sum to `1 − A`,
    and `n` times their variance is that of the AUC when customers are drawn anew (DeLong's, by customer instead of by
    row: Obuchowski, Biometrics 53, 1997). A model of which nothing happened, or nothing else, has no rows.

    A task asked of launches ranks planned ones alone (`Task.judged`): other customers have no share, nor has anybody where
    none of them, or all, happened. Events are counted over all rows, since few launches say little of a level.

    Args:
        backtest: `RESPONSE_BACKTEST`.

    Returns:
        `RESPONSE_BACKTEST_LOSS`.
    """
    parts = [_of_model(rows, TASKS[str(task)]) for (task, _), rows in backtest.groupby(["task", "model"], sort=True)]
    known = [part for part in parts if part is not None]
    if not known:
        return no_rows(RESPONSE_BACKTEST_LOSS)
    return pd.concat(known, ignore_index=True)[RESPONSE_BACKTEST_LOSS.names()]


def _of_model(rows: pd.DataFrame, task: Task) -> pd.DataFrame | None:
    label, score, weight = (rows[name].to_numpy(dtype=np.float64) for name in ("label", "score", "weight"))
    if not (weight * label).sum() > 0 or not (weight * (1.0 - label)).sum() > 0:
        return None
    told = pd.DataFrame({"predicted": weight * score, "actual": weight * label})
    sums = told.groupby(rows["customer_id"].astype(str).to_numpy(), sort=True).sum()
    first = rows.iloc[0]
    return pd.DataFrame(
        {
            "decision_week": first["decision_week"],
            "task": first["task"],
            "model": first["model"],
            "customer_id": sums.index,
            "auc_share": _shares(task.judged(rows)).reindex(sums.index).to_numpy(dtype=np.float64),
            "predicted": sums["predicted"].to_numpy(),
            "actual": sums["actual"].to_numpy(),
        }
    )


def _shares(rows: pd.DataFrame) -> pd.Series:
    """Share of the loss by customer of these rows; none where only one of both answers is among them."""
    label, score, weight = (rows[name].to_numpy(dtype=np.float64) for name in ("label", "score", "weight"))
    happened, passed = float((weight * label).sum()), float((weight * (1.0 - label)).sum())
    if happened <= 0 or passed <= 0:
        return pd.Series(dtype="float64")
    right = metrics.rightly_ordered(label, score, weight)
    area = float((weight * label * right).sum() / happened)
    moved = weight * (right - area) / np.where(label > 0, happened, passed)
    sums = pd.Series(moved).groupby(rows["customer_id"].astype(str).to_numpy(), sort=True).sum()
    return (1.0 - area) / len(sums) - sums
