"""From a champion and a list of customers to what a launch can expect: its rate, an interval, its reach."""

from __future__ import annotations

import logging
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.predictions import RESPONSE_FORECAST
from ml.config import MlConfig
from ml.response.interface import FittedResponse
from ml.response.recalibration import Correction, correction

Floats = NDArray[np.float64]
_LOG = logging.getLogger(__name__)
# Share of candidates from which a value that training never saw is a fault of the columns, not a rarity.
_ALARMING = 0.5
_INSPECTED = 50_000
_LEVELS = (0.1, 0.9)
_GRAIN = ["product_id", "channel", "placement"]


def forecast(
    champion: FittedResponse | None,
    response_candidates: pd.DataFrame,
    response_backtest: pd.DataFrame,
    decision_week: date,
    config: MlConfig,
) -> pd.DataFrame:
    """One row per open launch, channel and placement, over its candidate customers.

    The expected rate is the mean of the customers' rates, each multiplied by the factor that the champion's
    backtest calls for (`recalibration.correction`). The interval holds the share of customers who buy at one
    opportunity each with a chance of 80 %: the launch's true rate strays from the expected one as the
    backtest's planned launches did, and purchases are counted (`interval`). The click rate is NULL: opportunities
    read off promotions log no clicks.

    Args:
        champion: The reigning model; without one (a source without opportunities) there is no row.
        response_candidates: Customers to score for each open launch.
        response_backtest: Scores of weeks just past; may be empty, then nothing is corrected.
        decision_week: Monday; only backtest weeks before it count.
        config: Its `break_even_rate` decides from which rate on a customer counts as reached.
    """
    if champion is None or response_candidates.empty:
        return _no_rows()
    some = response_candidates.iloc[:: max(1, len(response_candidates) // _INSPECTED)]
    for column, share in champion.scorer.unseen(some).items():
        if share > _ALARMING:
            _LOG.warning("response_candidates: %.0f %% of %s was never seen in training", 100 * share, column)
    learned = correction(response_backtest, champion.name, decision_week)
    least = champion.base_rate if config.break_even_rate is None else config.break_even_rate
    rates = np.minimum(champion.predict(response_candidates) * learned.factor, 1.0)
    scored = response_candidates[_GRAIN].assign(rate=rates, is_reached=rates >= least)
    lines = scored.groupby(_GRAIN, as_index=False, dropna=False).agg(
        expected_conversion_rate=("rate", "mean"), reach_customers=("is_reached", "sum"), customers=("rate", "size")
    )
    low, high = interval(lines["expected_conversion_rate"], lines["customers"], learned)
    return lines.assign(
        decision_week=pd.Timestamp(decision_week),
        model=champion.name,
        expected_click_rate=np.nan,
        low=low,
        high=high,
        reach_customers=lines["reach_customers"].astype("float64"),
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


def _no_rows() -> pd.DataFrame:
    kinds = {"date": "datetime64[us]", "varchar": "str", "double": "float64"}
    return pd.DataFrame({c.name: pd.Series(dtype=kinds[c.type]) for c in RESPONSE_FORECAST.columns})
