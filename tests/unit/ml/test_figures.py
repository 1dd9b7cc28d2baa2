"""Pictures of a backtest: what they draw, not how it looks."""

import numpy as np
import pandas as pd
import pytest

from contracts.predictions import QUANTILES
from ml.demand.figures import figures_of
from ml.demand.quantiles import as_frame, as_long
from ml.demand.train import last_prices

WEEK = pd.Timestamp("2017-08-07")
# What was said of three products and what sold: in money 3 too low, 8 too high, and no price is known of the last.
SAID, SOLD = [1.0, 6.0, 9.0], [4.0, 2.0, 1.0]
SALES = pd.DataFrame(
    {
        "product_id": ["A", "A", "B", "B"],
        "week": [WEEK, WEEK, WEEK - pd.Timedelta(weeks=1), WEEK],
        "units": [1, 3, 9, 2],
        "gross_revenue": [1.0, 3.0, 90.0, 4.0],
    }
)


def _backtest() -> pd.DataFrame:
    keys = pd.DataFrame({"product_id": ["A", "B", "C"], "actual_units": SOLD}).assign(
        phase="established", model="m", channel="all", target_week=WEEK, window_weeks=1
    )
    return as_long(keys, as_frame(np.tile(np.array(SAID)[:, None], len(QUANTILES)), np.array(SAID), keys.index))


def test_a_price_is_that_of_the_last_week_in_which_a_product_sold() -> None:
    assert last_prices(SALES).to_dict() == {"A": 1.0, "B": 2.0}


def test_the_worst_products_are_those_whose_error_is_most_money() -> None:
    figure = figures_of(_backtest(), last_prices(SALES))["established", "m"]["worst_products.png"]
    low, high = figure.axes[0].containers
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["C", "A", "B"]
    assert [bar.get_width() for bar in low] == pytest.approx([0.0, 3.0, 0.0])
    assert [bar.get_width() for bar in high] == pytest.approx([0.0, 0.0, 8.0])


def test_without_prices_no_money_is_told() -> None:
    drawn = figures_of(_backtest())["established", "m"]
    assert sorted(drawn) == ["calibration.png", "coverage_by_week.png", "error_by_week.png"]
