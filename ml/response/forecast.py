"""From a champion and a list of customers to what a launch can expect: its rate, an interval, its reach."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.predictions import RESPONSE_FORECAST
from ml.response.interface import FittedResponse
from ml.response.recalibration import Correction, correction

Floats = NDArray[np.float64]
_LEVELS = (0.1, 0.9)
_GRAIN = ["product_id", "channel", "placement"]


def forecast(
    fitted: FittedResponse,
    response_candidates: pd.DataFrame,
    response_backtest: pd.DataFrame,
    decision_week: date,
    break_even_rate: float | None = None,
) -> pd.DataFrame:
    """One row per open launch, channel and placement, over its candidate customers.

    The expected rate is the mean of the customers' rates, each multiplied by the factor that the champion's
    backtest calls for (`recalibration.correction`). The interval holds the share of customers who buy at one
    opportunity each with a chance of 80 %: the launch's true rate strays from the expected one as the
    backtest's new products did, and purchases are counted (`interval`). The click rate is NULL: opportunities
    read off promotions log no clicks.

    Args:
        fitted: The champion.
        response_candidates: Customers to score for each open launch.
        response_backtest: Scores of weeks just past; may be empty, then nothing is corrected.
        decision_week: Monday; only backtest weeks before it count.
        break_even_rate: Rate from which a customer counts as reached; the population's mean rate when None.
    """
    learned = correction(response_backtest, fitted.name, decision_week)
    least = fitted.base_rate if break_even_rate is None else break_even_rate
    rates = np.minimum(fitted.predict(response_candidates) * learned.factor, 1.0)
    scored = response_candidates[_GRAIN].assign(rate=rates, is_reached=rates >= least)
    lines = scored.groupby(_GRAIN, as_index=False, dropna=False).agg(
        expected_conversion_rate=("rate", "mean"), reach_customers=("is_reached", "sum"), customers=("rate", "size")
    )
    low, high = interval(lines["expected_conversion_rate"], lines["customers"], learned)
    return lines.assign(
        decision_week=pd.Timestamp(decision_week), model=fitted.name, expected_click_rate=np.nan,
        low=low, high=high, reach_customers=lines["reach_customers"].astype("float64"),
    )[RESPONSE_FORECAST.names()]


def interval(rate: pd.Series, customers: pd.Series, learned: Correction) -> tuple[Floats, Floats]:
    """80 % interval of purchases over customers, one opportunity each.

    The true rate is gamma distributed with mean `rate` and relative variance `v`, purchases are Poisson given
    it: together negative binomial with `n = 1/v` and `p = 1/(1 + v·rate·customers)`. The mean itself is always
    inside, also where so few purchases are expected that the likeliest count is none.
    """
    from scipy.stats import nbinom

    mean, people = rate.to_numpy(dtype=np.float64), customers.to_numpy(dtype=np.float64)
    shape = 1.0 / learned.variance
    chance = 1.0 / (1.0 + learned.variance * mean * people)
    low, high = (nbinom.ppf(level, shape, chance) / people for level in _LEVELS)
    return np.minimum(low, mean), np.clip(np.maximum(high, mean), 0.0, 1.0)
