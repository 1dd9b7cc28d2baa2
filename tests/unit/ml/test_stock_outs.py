"""What sold while stock was out is neither learned as demand nor what a forecast is held to."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.demand_tables import monday
from support.stock_outs import make_stock_outs

from contracts.predictions import MEAN
from ml.config import MlConfig
from ml.demand.examples import to_forecast, to_learn, with_outcomes
from ml.demand.interface import ACTUAL, DemandTables
from ml.demand.panel import with_demand
from ml.demand.registry import named
from ml.demand.scores import actual_units
from ml.demand.train import backtest
from ml.export import _gone
from ml.splits import WEEK

SHOP = make_stock_outs()
CONFIG = MlConfig.tiny()
NOW = monday(40)
_LINE = ["product_id", "channel", "origin_week", "target_week", "window_weeks"]


def weeks_of(row: dict[str, object], sales: pd.DataFrame) -> pd.DataFrame:
    """Rows of sales in an example's window; of every channel for the total."""
    first = pd.Timestamp(str(row["target_week"]))
    is_in = (sales["week"] >= first) & (sales["week"] < first + int(str(row["window_weeks"])) * WEEK)
    is_here = (sales["channel"] == row["channel"]) | (row["channel"] == "all")
    return sales[is_in & is_here & (sales["product_id"] == row["product_id"])]


def test_a_label_is_what_was_wanted_and_an_unknown_one_is_not_learned() -> None:
    learned = to_learn("established", SHOP.counted, NOW, CONFIG)
    for row in learned.sample(60, random_state=0).to_dict("records"):
        own = weeks_of(row, SHOP.counted.weekly_sales)
        assert own["lost_units"].notna().all()
        assert row[ACTUAL] == pytest.approx((own["units"] + own["lost_units"]).sum())
    every = to_learn("established", SHOP.uncounted, NOW, CONFIG)
    dropped = every[~pd.MultiIndex.from_frame(every[_LINE]).isin(pd.MultiIndex.from_frame(learned[_LINE]))]
    assert len(dropped)
    for row in dropped.sample(min(20, len(dropped)), random_state=0).to_dict("records"):
        assert weeks_of(row, SHOP.counted.weekly_sales)["lost_units"].isna().any()


def test_a_launch_that_sold_out_at_once_teaches_what_it_sold() -> None:
    sales = SHOP.counted.weekly_sales
    is_launch = sales["product_id"].str.startswith("L")
    emptied = sales.assign(
        was_in_stock=sales["was_in_stock"].mask(is_launch, False), lost_units=sales["lost_units"].mask(is_launch)
    )
    learned = to_learn("new", replace(SHOP.counted, weekly_sales=emptied), NOW, CONFIG)
    plain = to_learn("new", SHOP.counted, NOW, CONFIG)
    assert len(plain)
    pd.testing.assert_frame_equal(learned, plain)


def test_a_forecast_is_held_only_to_windows_that_had_stock_throughout() -> None:
    asked = to_forecast("established", SHOP.counted, monday(32), CONFIG)
    held = with_outcomes(asked, SHOP.counted, NOW)
    assert 0 < len(held) < len(asked)
    lines = asked.assign(actual_units=actual_units(asked, SHOP.counted.weekly_sales)).dropna(subset="actual_units")
    assert lines.index.equals(held.index), "a backtest and the scores leave out the same windows"
    assert (lines["actual_units"] == held[ACTUAL]).all()
    for row in held.sample(40, random_state=1).to_dict("records"):
        own = weeks_of(row, SHOP.counted.weekly_sales)
        assert (own["was_in_stock"] == True).all()  # noqa: E712  the column holds objects
        assert row[ACTUAL] == own["units"].sum()
    past = backtest(SHOP.counted, NOW, CONFIG, {"established": "mean_8_weeks"})
    assert set(zip(past["product_id"], past["channel"], strict=True)) <= set(
        zip(held["product_id"], held["channel"], strict=True)
    )


def test_a_shop_without_counts_learns_and_is_held_to_the_same_windows() -> None:
    asked = to_forecast("established", SHOP.uncounted, monday(32), CONFIG)
    assert len(with_outcomes(asked, SHOP.uncounted, NOW)) == len(asked)
    sales = SHOP.uncounted.weekly_sales
    assert (with_demand(sales)["demand_units"] == sales["units"]).all()


@pytest.mark.parametrize("model", ["mean_8_weeks", "lightgbm"])
def test_what_is_learned_with_counts_is_nearer_to_what_is_wanted(model: str) -> None:
    def bias(tables: DemandTables) -> float:
        trained = named("established", model).fit(to_learn("established", tables, NOW, CONFIG), CONFIG)
        asked = to_forecast("established", tables, NOW, CONFIG)
        truth = with_outcomes(asked, SHOP.wanted, NOW + 12 * WEEK)
        return float(trained.predict(truth)[MEAN].sum() / truth[ACTUAL].sum() - 1.0)

    without, corrected = bias(SHOP.uncounted), bias(SHOP.counted)
    assert without < -0.15
    assert abs(corrected) < 0.4 * abs(without)


def test_a_product_that_is_out_of_stock_for_long_is_still_no_longer_listed() -> None:
    sales = SHOP.counted.weekly_sales
    own = sales["product_id"] == "P-000"
    late = own & (sales["week"] >= monday(20))
    heavy = sales.assign(
        units=sales["units"].mask(own, 500).mask(late, 0),
        was_in_stock=sales["was_in_stock"].mask(late, False),
        lost_units=sales["lost_units"].mask(own, 0.0).mask(late, np.nan),
    )
    assert "P-000" in _gone(replace(SHOP.counted, weekly_sales=heavy), NOW, 24)
