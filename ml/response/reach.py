"""Which customers a launch reaches: one rule for the count of the forecast and for the launch's list of names."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.config import MlConfig
from ml.response.interface import FittedResponse
from ml.response.recalibration import Correction

Floats = NDArray[np.float64]


def customer_rates(fitted: FittedResponse, response_candidates: pd.DataFrame, learned: Correction) -> Floats:
    """Rate of each customer and open launch, corrected by what the model's backtest taught; none beyond 1."""
    return np.minimum(fitted.predict_anywhere(response_candidates) * learned.factor, 1.0)


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
