"""What each product cost each model in a backtest.

A table of losses is small, so that every decision week's can be kept in view; whether one model's gain over another is
more than noise is `ml.duels`' business.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from contracts.predictions import DEMAND_BACKTEST_LOSS, QUANTILES
from ml import metrics
from ml.demand.interface import ALL_CHANNELS
from ml.demand.scores import backtest_lines
from ml.duels import Measure
from ml.frames import no_rows

WPL = Measure("wpl", "product_id", "wpl_share")


def losses(backtest: pd.DataFrame) -> pd.DataFrame:
    """One row per decision week, phase, model and product: its share of the WPL by which models are compared.

    The WPL compared is the mean of that of weekly product totals and that of their longest sum; a product's shares
    are its pinball losses over the units that all products sold. A phase of which nothing sold has no rows.

    Args:
        backtest: `DEMAND_BACKTEST`.

    Returns:
        `DEMAND_BACKTEST_LOSS`.
    """
    totals = backtest[backtest["channel"] == ALL_CHANNELS]
    if totals.empty:
        return no_rows(DEMAND_BACKTEST_LOSS)
    lines = backtest_lines(totals)
    longest = lines.groupby("phase")["window_weeks"].transform("max")
    lines = lines[lines["window_weeks"].isin([1]) | (lines["window_weeks"] == longest)]
    loss = metrics.pinball(
        lines["actual_units"].to_numpy()[:, None], lines[list(QUANTILES)], np.asarray(QUANTILES)[None, :]
    ).mean(axis=1)
    windows = ["phase", "model", "window_weeks"]
    sold = lines.groupby(windows)["actual_units"].transform("sum")
    kinds_of_window = lines.groupby(["phase", "model"])["window_weeks"].transform("nunique")
    shares = lines.assign(wpl_share=2.0 * loss / (sold.where(sold > 0) * kinds_of_window)).dropna(subset="wpl_share")
    found = shares.groupby(["phase", "model", "product_id"], as_index=False)["wpl_share"].sum()
    return found.assign(decision_week=totals["decision_week"].iloc[0])[DEMAND_BACKTEST_LOSS.names()]
