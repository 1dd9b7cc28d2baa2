"""Size curves and splits: pulled to the parent as far as categories are alike, followed where launches prove them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import dirichlet_multinomial

from contracts.styles import CURVE, FORECAST, STYLE_SPLIT
from ml.demand.size_curves import _log_likelihood, size_curves, sized
from ml.demand.style_split import FEWEST_STYLES, curve_weight, style_split

WEEK = pd.Timestamp("2024-06-03")
SIZES = ("S", "M", "L")
TRUE = np.array([0.2, 0.5, 0.3])


def products(count: int, categories: int = 6) -> pd.DataFrame:
    """`count` styles of three sizes each over so many category_3 of one category_2."""
    rows = [
        (f"P{k}{size}", f"T{k}", f'{{"size": "{size}"}}', "a", "b", f"c{k % categories}")
        for k in range(count)
        for size in SIZES
    ]
    return pd.DataFrame(
        rows, columns=["product_id", "style_id", "attributes", "category_1", "category_2", "category_3"]
    )


def sales(known: pd.DataFrame, units: dict[str, np.ndarray]) -> pd.DataFrame:
    """One week's units a product, by category_3 and size."""
    at = [SIZES.index(product[-1]) for product in known["product_id"]]
    sold = [float(units[category][z]) for category, z in zip(known["category_3"], at, strict=True)]
    return pd.DataFrame({"product_id": known["product_id"], "week": WEEK - pd.Timedelta(weeks=1), "units": sold})


def test_categories_that_sell_alike_share_one_curve_and_unlike_ones_keep_theirs() -> None:
    known = sized(products(60))
    alike = size_curves(known, sales(known, {f"c{k}": 100 * TRUE for k in range(6)}), WEEK)
    np.testing.assert_allclose(alike.shares["a", "b", "c1"][list(SIZES)], TRUE, atol=1e-3)
    turned = {f"c{k}": 100 * np.roll(TRUE, k % 3) for k in range(6)}
    unlike = size_curves(known, sales(known, turned), WEEK)
    assert unlike.strength[2] < 100 < 1e4 < alike.strength[2]
    np.testing.assert_allclose(unlike.shares["a", "b", "c1"][list(SIZES)], np.roll(TRUE, 1), atol=0.02)


def test_a_category_that_hardly_sold_has_its_parent_s_curve_and_an_unknown_one_too() -> None:
    known = sized(products(60))
    units = {f"c{k}": 100 * TRUE for k in range(6)} | {"c5": np.array([0.1, 0.0, 0.0])}
    curves = size_curves(known, sales(known, units), WEEK)
    np.testing.assert_allclose(curves.shares["a", "b", "c5"][list(SIZES)], TRUE, atol=0.01)
    asked = pd.DataFrame([("a", "b", "new", "M"), ("x", "y", "z", "M"), ("a", "b", "c1", None)])
    asked.columns = pd.Index(["category_1", "category_2", "category_3", "size"])
    told = curves.of(asked)
    assert told[0] == pytest.approx(0.5, abs=0.01)
    assert np.isnan(told[1:]).all()


def test_more_products_of_a_size_do_not_make_it_sell_more_each() -> None:
    known = sized(products(30))
    extra = pd.concat([known, known[known["size"] == "S"].assign(product_id=lambda d: "Q" + d["product_id"])])
    curves = size_curves(extra, sales(extra, {f"c{k}": 100 * TRUE for k in range(6)}), WEEK)
    np.testing.assert_allclose(curves.shares["a", "b", "c0"][list(SIZES)], TRUE, atol=1e-3)


def test_the_likelihood_of_strengths_is_that_of_scipy_up_to_what_they_do_not_move() -> None:
    units, alpha = np.array([3.0, 7.0, 2.0]), np.array([[1.0, 2.0, 1.5], [10.0, 20.0, 15.0]])
    ours = _log_likelihood(units, alpha)
    theirs = [dirichlet_multinomial.logpmf([3, 7, 2], a, 12) for a in alpha]
    assert ours[1] - ours[0] == pytest.approx(theirs[1] - theirs[0])


def backtest(count: int, actual: np.ndarray) -> pd.DataFrame:
    """Launches P0… that were forecast evenly and sold `actual` units by size."""
    rows = [
        (f"P{k}{size}", "s", WEEK - pd.Timedelta(weeks=12), WEEK, 8, -1.0, 4.0, float(actual[z]))
        for k in range(count)
        for z, size in enumerate(SIZES)
    ]
    names = ["product_id", "channel", "origin_week", "target_week", "window_weeks", "quantile", "units", "actual_units"]
    return pd.DataFrame(rows, columns=names)


def past_sales(known: pd.DataFrame) -> pd.DataFrame:
    """The true curve sold at every level, long enough ago for the backtest to know it."""
    sold = sales(known, {f"c{k}": 100 * TRUE for k in range(6)})
    return pd.concat([sold, sold.assign(week=WEEK - pd.Timedelta(weeks=20))], ignore_index=True)


def test_the_curve_is_followed_where_launches_prove_it_and_the_forecast_where_they_do_not() -> None:
    known = sized(products(60))
    random = np.random.default_rng(1)
    proof = backtest(20, 12 * TRUE)
    assert curve_weight(proof, known, past_sales(known)) == 1.0
    assert curve_weight(backtest(FEWEST_STYLES - 1, 12 * TRUE), known, past_sales(known)) == 0.0
    even = backtest(20, np.full(3, 4.0))
    assert curve_weight(even, known, past_sales(known)) == 0.0
    noise = proof.assign(actual_units=random.poisson(4.0, len(proof)).astype(float))
    assert curve_weight(noise, known, past_sales(known)) == 0.0


def test_a_style_s_shares_add_up_and_lone_launches_have_no_row() -> None:
    raw = products(60)
    launches = pd.DataFrame({"product_id": ["P50S", "P50M", "P51L", "P52S", "P52L"], "channel": "s"})
    said = launches.assign(target_week=WEEK, window_weeks=8, quantile=-1.0, units=[3.0, 1.0, 2.0, 0.0, 0.0])
    none = backtest(0, TRUE)
    split = style_split(raw, past_sales(sized(raw)), launches, said, none, WEEK)
    assert list(split.columns) == STYLE_SPLIT.names()
    assert split["product_id"].tolist() == ["P50M", "P50S", "P52L", "P52S"]
    assert split["share"].round(6).tolist() == [0.25, 0.75, 0.5, 0.5]
    assert set(split["split_by"]) == {FORECAST}
    proved = style_split(raw, past_sales(sized(raw)), launches, said, backtest(20, 12 * TRUE), WEEK)
    assert proved["share"].round(3).tolist() == [0.714, 0.286, 0.6, 0.4]
    assert set(proved["split_by"]) == {CURVE}


def test_products_without_styles_or_sizes_are_split_as_forecast_or_not_at_all() -> None:
    raw = products(60).assign(attributes=None)
    launches = pd.DataFrame({"product_id": ["P50S", "P50M"], "channel": "s"})
    said = launches.assign(target_week=WEEK, window_weeks=8, quantile=-1.0, units=[3.0, 1.0])
    split = style_split(raw, past_sales(sized(raw)), launches, said, backtest(20, 12 * TRUE), WEEK)
    assert split["curve_share"].isna().all()
    assert split["share"].round(6).tolist() == [0.25, 0.75]
    assert style_split(raw.assign(style_id=None), past_sales(sized(raw)), launches, said, backtest(0, TRUE), WEEK).empty
