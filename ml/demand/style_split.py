r"""How a style's units are split over the variants that launch in a channel: as each is forecast, or as sizes sell.

    share_i ∝ forecast_i^(1 − w) · curve_i^w,     curve_i the share of its size, told again for each colour

The weight w of the size curve is learned from styles whose launches are over: that of the largest likelihood
Σ actual_i·log share_i of what then sold, with curves as they were known when it was forecast. It stays 0, and the forecast's
own split stands, unless over the styles the gain in likelihood lies above 0 with 95 % confidence.

Lives here: shares and weight. Does not live here: the curves (`size_curves.py`), paths of split demand
(`optimization/size_split.py`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.predictions import MEAN
from contracts.styles import CURVE, FORECAST, STYLE_SPLIT
from ml.demand.size_curves import LEVELS, SizeCurves, size_curves, sized
from ml.frames import no_rows

Floats = NDArray[np.float64]
# Fewer styles that are over say nothing of the curve.
FEWEST_STYLES = 10
_WEIGHTS = (0.25, 0.5, 0.75, 1.0)
_SIDE = 1.96
_LEAST = 1e-6
_KEYS = ["product_id", "channel"]
_GROUP = ["style_id", "channel"]


def style_split(
    raw_products: pd.DataFrame,
    weekly_sales: pd.DataFrame,
    launch_candidates: pd.DataFrame,
    forecasts: pd.DataFrame,
    backtest: pd.DataFrame,
    week: pd.Timestamp,
) -> pd.DataFrame:
    """One row per open launch and channel of a style that has another open launch there.

    Args:
        raw_products: `product_id`, `style_id`, `attributes` and categories.
        weekly_sales: `WEEKLY_SALES` known by the week, weeks with sales.
        launch_candidates: Open launches of the week.
        forecasts: The reigning launch model's rows of `DEMAND_FORECAST`.
        backtest: Its rows of `DEMAND_BACKTEST`, of this decision week and of those before.
        week: The decision week.

    Returns:
        `STYLE_SPLIT`.
    """
    products = sized(raw_products)
    open_now = launch_candidates[_KEYS].merge(_longest(forecasts), how="left", on=_KEYS, validate="one_to_one")
    rows = _in_styles(open_now.fillna({"units": 0.0}), products, [])
    if rows.empty:
        return no_rows(STYLE_SPLIT)
    curve = _curve_share(rows, size_curves(products, weekly_sales, week), [])
    weight = curve_weight(backtest, products, weekly_sales)
    own = _share(rows["units"].clip(lower=_LEAST).to_numpy(float), rows, [])
    share = _share(_mixed(own, curve, weight), rows, [])
    rows = rows.assign(
        decision_week=week,
        forecast_share=own,
        curve_share=curve,
        curve_weight=weight,
        share=share,
        split_by=CURVE if weight > 0.5 else FORECAST,
    )
    return rows[STYLE_SPLIT.names()].sort_values(_KEYS, ignore_index=True)


def curve_weight(backtest: pd.DataFrame, products: pd.DataFrame, weekly_sales: pd.DataFrame) -> float:
    """w: weight of the size curve beside the forecast that launches which are over speak for, 0 without proof.

    Args:
        backtest: As in `style_split`.
        products: With their `size`.
        weekly_sales: As in `style_split`.
    """
    over = _longest(backtest, "actual_units", "origin_week")
    rows = _in_styles(over, products, ["origin_week"]) if len(over) else over
    if rows.empty:
        return 0.0
    curves = {origin: size_curves(products, weekly_sales, origin) for origin in sorted(rows["origin_week"].unique())}
    parts = [own for _, own in rows.groupby("origin_week", sort=True)]
    curve = np.concatenate([_curve_share(own, curves[own["origin_week"].iloc[0]], ["origin_week"]) for own in parts])
    rows = pd.concat(parts, ignore_index=True)
    told = rows.groupby([*_GROUP, "origin_week"])["size"].transform("nunique").to_numpy() > 1
    own = _share(rows["units"].clip(lower=_LEAST).to_numpy(float), rows, ["origin_week"])
    style = rows["style_id"].to_numpy()
    best, most = 0.0, 0.0
    for weight in _WEIGHTS:
        share = _share(_mixed(own, curve, weight), rows, ["origin_week"])
        gain = rows["actual_units"].to_numpy(float) * (np.log(share) - np.log(own))
        by_style = pd.Series(gain[told]).groupby(style[told]).sum().to_numpy()
        if _is_proved(by_style[by_style != 0]) and by_style.sum() > most:
            best, most = weight, float(by_style.sum())
    return best


def _is_proved(gain: Floats) -> bool:
    """Whether the mean over styles lies above 0 with 95 % confidence."""
    if len(gain) < FEWEST_STYLES:
        return False
    return bool(gain.mean() - _SIDE * gain.std(ddof=1) / np.sqrt(len(gain)) > 0)


def _longest(rows: pd.DataFrame, *more: str) -> pd.DataFrame:
    """Mean units of the longest window from the start, one row a product and real channel (and origin)."""
    means = rows[(rows["quantile"] == MEAN) & (rows["channel"] != "all")]
    keys = [*_KEYS, *(name for name in more if name.endswith("week"))]
    first = means[means["window_weeks"] == means["window_weeks"].max()]
    first = first.sort_values([*keys, "target_week"], kind="stable").drop_duplicates(keys)
    return first[[*_KEYS, "units", *more]].reset_index(drop=True)


def _in_styles(rows: pd.DataFrame, products: pd.DataFrame, within: list[str]) -> pd.DataFrame:
    """The rows whose style has another in the channel, with style, categories and size."""
    of = products.loc[products["style_id"].notna(), ["product_id", "style_id", "size", *LEVELS]]
    found = rows.merge(of, on="product_id", validate="many_to_one")
    many = found.groupby([*_GROUP, *within])["product_id"].transform("size") > 1
    return found[many.to_numpy(bool)].reset_index(drop=True)


def _curve_share(rows: pd.DataFrame, curves: SizeCurves, within: list[str]) -> Floats:
    """Share of each row in its style by the curve, NaN where a size of the style is not known."""
    return _share(curves.of(rows), rows, within)


def _mixed(own: Floats, curve: Floats, weight: float) -> Floats:
    """Forecast and curve weighed, up to a factor a style; the forecast's own where there is no curve."""
    return np.asarray(
        np.where(np.isnan(curve), own, own ** (1.0 - weight) * np.where(np.isnan(curve), 1.0, curve) ** weight)
    )


def _share(value: Floats, rows: pd.DataFrame, within: list[str]) -> Floats:
    """Each row's part of its style's sum in the channel."""
    total = (
        pd.Series(value)
        .groupby([rows[name].to_numpy() for name in [*_GROUP, *within]])
        .transform(lambda own: own.sum(skipna=False))
    )
    return np.asarray(value / total.to_numpy(float))
