"""Quantiles held to what past weeks showed: one factor a model, kind of channel, window and level.

How far quantiles lie from the mean is a property of the model, and past weeks tell it; how far the mean was off is the
weather of those weeks, and says nothing of the next (decision 0011). So the mean stays as it is. Learned only from
forecasts of weeks that were complete by the decision week. How an uncorrected forecast is made is the model's business.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.predictions import MEAN

Floats = NDArray[np.float64]
# Added to both sides of the ratio, so that a forecast of zero can be held to it too.
_PRIOR_UNITS = 0.5
# Forecast lines at which what was seen counts half of what it may.
_PRIOR_LINES = 500
# Lines of one backtest share their weeks' weather, so even many of them are one witness: half of what they say counts.
_TRUST = 0.5
_CELL = ["model", "is_total", "window_weeks", "quantile"]


def factors(backtest: pd.DataFrame, total_channel: str = "all") -> pd.DataFrame:
    """One row a model, kind of channel, window and level: what `units` must be multiplied by.

    Of a level q it is the q-quantile of `(actual + ½) / (units + ½)`, rows weighing by `units + ½`, which
    minimises the pinball loss in units, over the same ratio of all units together; of the mean it is 1. It is shrunk
    towards 1 as a power `½ · n / (n + 500)`.

    Args:
        backtest: `DEMAND_BACKTEST`.
        total_channel: The channel that is a product's total.
    """
    held = backtest.assign(is_total=backtest["channel"] == total_channel)
    rows = [
        {**dict(zip(_CELL, cell, strict=True)), "factor": _factor(lines, float(lines["quantile"].iloc[0]))}
        for cell, lines in held.groupby(_CELL, sort=True)
    ]
    found = pd.DataFrame(rows, columns=[*_CELL, "factor"])
    of_mean = found[found["quantile"] == MEAN].set_index(_CELL[:-1])["factor"]
    level = of_mean.reindex(pd.MultiIndex.from_frame(found[_CELL[:-1]])).fillna(1.0).to_numpy()
    return found.assign(factor=found["factor"] / level)


def _factor(lines: pd.DataFrame, level: float) -> float:
    forecast = lines["units"].to_numpy(np.float64) + _PRIOR_UNITS
    actual = lines["actual_units"].to_numpy(np.float64) + _PRIOR_UNITS
    is_mean = level == MEAN
    raw = actual.sum() / forecast.sum() if is_mean else weighted_quantile(actual / forecast, forecast, level)
    return float(raw ** (_TRUST * len(lines) / (len(lines) + _PRIOR_LINES)))


def weighted_quantile(values: Floats, weights: Floats, level: float) -> float:
    """Smallest value below or at which lies that share of the weight.

    >>> weighted_quantile(np.array([3.0, 1.0]), np.array([1.0, 9.0]), 0.5)
    1.0
    """
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, level * reached[-1]).clip(0, len(values) - 1)])


def corrected(answers: pd.DataFrame, keys: pd.DataFrame, model: str, learned: pd.DataFrame) -> pd.DataFrame:
    """The answers of one model, each times its factor; never below 0, never crossing.

    Args:
        answers: A column a level, one row an example.
        keys: `channel` and `window_weeks` of the same rows.
        model: Name of the model.
        learned: What `factors` returned; a cell it lacks takes the next window of its kind, or 1.
    """
    own = learned[learned["model"] == model]
    if own.empty:
        return answers
    table = own.pivot(index=["is_total", "window_weeks"], columns="quantile", values="factor")
    cells = pd.MultiIndex.from_arrays([keys["channel"].to_numpy() == "all", keys["window_weeks"].to_numpy()])
    wanted = table.reindex(pd.MultiIndex.from_tuples(sorted({*cells, *table.index}), names=table.index.names))
    filled = wanted.groupby(level=0).bfill().fillna(1.0)
    factor = filled.loc[cells, answers.columns].to_numpy()
    held = np.maximum((answers.to_numpy() + _PRIOR_UNITS) * factor - _PRIOR_UNITS, 0.0)
    is_mean = answers.columns.to_numpy() == MEAN
    held[:, is_mean] = answers.to_numpy()[:, is_mean] * factor[:, is_mean]
    held[:, ~is_mean] = np.sort(held[:, ~is_mean], axis=1)
    return pd.DataFrame(held, index=answers.index, columns=answers.columns)
