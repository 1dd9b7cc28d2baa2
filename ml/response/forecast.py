"""From champions and a list of customers to what a launch can expect: its rates, intervals, its reach."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.predictions import RESPONSE_FORECAST
from ml.config import MlConfig
from ml.frames import no_rows
from ml.response.interface import FittedResponse
from ml.response.reach import break_even, is_reached, purchases_per_click, told_rates, wanting_rates
from ml.response.recalibration import Correction, correction
from ml.response.tasks import CLICK, CONVERSION

Floats = NDArray[np.float64]
_LOG = logging.getLogger(__name__)
# Share of candidates from which a value that training never saw is a fault of the columns, not a rarity.
_ALARMING = 0.5
_INSPECTED = 50_000
_LEVELS = (0.1, 0.9)
_GRAIN = ["product_id", "channel", "placement"]


def forecast(
    champions: Mapping[str, FittedResponse],
    response_candidates: pd.DataFrame,
    response_backtest: pd.DataFrame,
    decision_week: date,
    config: MlConfig,
) -> pd.DataFrame:
    """One row per open launch, channel and placement, over its candidate customers.

    An expected rate is the mean of the customers' rates, each multiplied by the factor that the champion's
    backtest calls for (`recalibration.correction`). An interval holds the share of customers who buy, or click, at one
    opportunity each with a chance of 80 %: the launch's true rate strays from the expected one as the
    backtest's planned launches did, and events are counted (`interval`).

    A click rate is that of the placement, not of one place in it: the mean over the positions in which it showed
    products in the training weeks (`FittedResponse.predict_anywhere`). Opportunities read off promotions log no clicks,
    so where nothing else is logged it is NULL. Where clicks are logged, customers and launches are told apart by them
    (`reach`), and no conversion rate is above the click rate.

    Args:
        champions: The reigning model by task; without one of conversion (a source without opportunities) there is no
            row, without one of clicks there is no click rate.
        response_candidates: Customers to score for each open launch.
        response_backtest: Scores of weeks just past; may be empty, then nothing is corrected.
        decision_week: Monday; only backtest weeks before it count.
        config: Its `break_even_rate` decides from which rate on a customer counts as reached (`reach.break_even`).
    """
    buying, clicking = champions.get(CONVERSION.name), champions.get(CLICK.name)
    if buying is None or response_candidates.empty:
        return no_rows(RESPONSE_FORECAST)
    for champion in champions.values():
        _tell_unseen(champion, response_candidates)
    bought, clicked = told_rates(champions, response_candidates, response_backtest, decision_week)
    worth = np.full(len(bought), np.nan)
    if clicking is not None:
        worth = purchases_per_click(response_candidates, bought, clicked)
    rows = response_candidates[_GRAIN].assign(clicked=clicked, worth=worth, rate=wanting_rates(bought, clicked, worth))
    # Candidates come in no promised order, and a sum's last digits are those of its order.
    rows = rows.sort_values("rate", ignore_index=True)
    rows = rows.assign(least=break_even(rows, config))
    rows = rows.assign(is_reached=is_reached(rows["rate"], rows["least"]))
    lines = rows.groupby(_GRAIN, as_index=False, dropna=False).agg(
        expected_conversion_rate=("rate", "mean"),
        expected_click_rate=("clicked", "mean"),
        purchases_per_click=("worth", "first"),
        break_even_rate=("least", "first"),
        reach_customers=("is_reached", "sum"),
        customers=("rate", "size"),
    )
    learned = correction(response_backtest, buying, decision_week)
    low, high = interval(lines["expected_conversion_rate"], lines["customers"], learned)
    lines = lines.assign(low=low, high=high, click_low=np.nan, click_high=np.nan, click_model=None)
    if clicking is not None:
        taught = correction(response_backtest, clicking, decision_week)
        click_low, click_high = interval(lines["expected_click_rate"], lines["customers"], taught)
        is_logged = lines["expected_click_rate"].notna()
        click_model = pd.Series(clicking.name, index=lines.index).where(is_logged)
        lines = lines.assign(click_low=click_low, click_high=click_high, click_model=click_model)
    return lines.assign(
        decision_week=pd.Timestamp(decision_week),
        model=buying.name,
        reach_customers=lines["reach_customers"].astype("float64"),
    )[RESPONSE_FORECAST.names()]


def _tell_unseen(fitted: FittedResponse, rows: pd.DataFrame) -> None:
    some = rows.iloc[:: max(1, len(rows) // _INSPECTED)]
    for column, share in fitted.scorer.unseen(some).items():
        if share > _ALARMING:
            _LOG.warning("response_candidates: %.0f %% of %s was never seen in training", 100 * share, column)


def interval(rate: pd.Series, customers: pd.Series, learned: Correction) -> tuple[Floats, Floats]:
    """80 % interval of purchases, or clicks, over customers, one opportunity each; NaN where there is no rate.

    The true rate is gamma distributed with mean `rate` and relative variance `v`, events are Poisson given
    it: together negative binomial with `n = 1/v` and `p = 1/(1 + v·rate·customers)`. The mean itself is always
    inside, also where so few events are expected that the likeliest count is none.
    """
    from scipy.stats import nbinom

    mean, people = rate.to_numpy(dtype=np.float64), customers.to_numpy(dtype=np.float64)
    shape = 1.0 / learned.variance
    chance = 1.0 / (1.0 + learned.variance * mean * people)
    low, high = (nbinom.ppf(level, shape, chance) / people for level in _LEVELS)
    return np.minimum(low, mean), np.clip(np.maximum(high, mean), 0.0, 1.0)
