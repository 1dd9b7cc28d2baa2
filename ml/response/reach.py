"""Which customers a launch reaches: one rule for the count of the forecast and for the launch's list of names.

Who buys from an impression has clicked it, and clicks are many where purchases are few. So where clicks are logged they
tell customers apart, and purchases only how much a click is worth: with click rates `c` and conversion rates `p` of the
customers of all open launches in a channel's placement,

    κ = Σ p / Σ c (at most 1),        rate = κ·c;        elsewhere rate = p.

What all launches of a placement are believed to sell together is what conversion says, and none is bought more often
than it is clicked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.config import MlConfig
from ml.response.interface import FittedResponse
from ml.response.recalibration import Correction, correction
from ml.response.tasks import CLICK, CONVERSION

Floats = NDArray[np.float64]


def customer_rates(fitted: FittedResponse, response_candidates: pd.DataFrame, learned: Correction) -> Floats:
    """Rate of each customer and open launch, corrected by what the model's backtest taught; none beyond 1."""
    return np.minimum(fitted.predict_anywhere(response_candidates) * learned.factor, 1.0)


def told_rates(
    champions: Mapping[str, FittedResponse],
    response_candidates: pd.DataFrame,
    response_backtest: pd.DataFrame,
    decision_week: date,
) -> tuple[Floats, Floats]:
    """Conversion and click rate of each customer and open launch as the champions say, clicks NaN where none are logged."""
    told = {
        task: customer_rates(model, response_candidates, correction(response_backtest, model, decision_week))
        for task, model in champions.items()
    }
    return told[CONVERSION.name], told.get(CLICK.name, np.full(len(response_candidates), np.nan))


def purchases_per_click(places: pd.DataFrame, conversion: Floats, click: Floats) -> Floats:
    """κ of each row's channel and placement; NaN where no clicks are logged.

    Args:
        places: channel and placement of customers of all open launches.
        conversion: Conversion rate of each.
        click: Click rate of each, NaN where none are logged.
    """
    known = places[["channel", "placement"]].assign(bought=np.where(np.isnan(click), np.nan, conversion), clicked=click)
    # Candidates come in no promised order, and a sum's last digits are those of its order.
    sums = known.sort_values(["bought", "clicked"]).groupby(["channel", "placement"], dropna=False).sum(min_count=1)
    worth = (sums["bought"] / sums["clicked"]).clip(upper=1.0).rename("worth")
    return known.join(worth, on=["channel", "placement"])["worth"].to_numpy(dtype=np.float64)


def wanting_rates(conversion: Floats, click: Floats, worth: Floats) -> Floats:
    """Rate at which each customer buys, by clicks where they are logged.

    >>> wanting_rates(np.array([0.2, 0.2]), np.array([0.5, np.nan]), np.array([0.1, np.nan])).tolist()
    [0.05, 0.2]
    """
    return np.where(np.isnan(click * worth), conversion, click * worth)


def break_even(scored: pd.DataFrame, config: MlConfig) -> pd.Series:
    """The rate from which each customer counts as reached.

    That is `config.break_even_rate`, or without one what a place would bring otherwise: places of a launch are places
    that another open launch does not get, so it is the mean rate over all open launches and customers of the channel
    and placement.

    Args:
        scored: Customers of all open launches, not of some: channel, placement, rate.
        config: Its `break_even_rate`.
    """
    if config.break_even_rate is not None:
        return pd.Series(config.break_even_rate, index=scored.index)
    return scored.groupby(["channel", "placement"])["rate"].transform("mean")


def is_reached(rate: pd.Series, least: pd.Series) -> pd.Series:
    """Whether each customer's rate is at least the break-even rate.

    A millionth less is enough: equal rates reach their own mean, whatever the last digit of the sum is, and however
    many rows a network scored at once.
    """
    return rate >= least * (1.0 - 1e-6)
