"""A few forecasts beside what sold, as rows to draw. How they look lives in `model_charts`."""

from __future__ import annotations

import pandas as pd

from reports.facts import Facts, with_titles
from reports.inputs import ReportInputs
from reports.wording import safe_text

LAUNCHES_DRAWN = 3
ESTABLISHED_DRAWN = 3
WEEKS_BEFORE = 10
_BANDS = {0.05: "low", 0.25: "mid_low", 0.5: "median", 0.75: "mid_high", 0.95: "high"}
_LINE = ["product_id", "channel"]


def fan_rows(inputs: ReportInputs, facts: Facts) -> pd.DataFrame | None:
    """One row a drawn product-channel and week: panel, week, low … high, sold. None when nothing can be drawn.

    The launches with the highest expected profit and the established products with the largest forecast
    are drawn, whatever came of them.
    """
    forecast = inputs.demand_forecast
    if forecast is None or forecast.empty:
        return None
    forecast = _of_champions(forecast, inputs)
    weekly = forecast[(forecast["window_weeks"] == 1) & forecast["quantile"].isin(list(_BANDS))].sort_values(
        [*_LINE, "target_week", "quantile"]
    )
    drawn = _drawn(weekly, facts)
    if drawn.empty:
        return None
    rows = weekly.merge(drawn, on=_LINE, how="inner", validate="many_to_one")
    wide = (
        rows.assign(band=rows["quantile"].map(_BANDS))
        .pivot_table(index=["rank", *_LINE, "target_week"], columns="band", values="units", aggfunc="first")
        .reset_index()
    )
    if not set(_BANDS.values()) <= set(wide.columns):
        return None
    told = wide.rename(columns={"target_week": "week"}).merge(
        _sold(inputs, drawn), on=[*_LINE, "week"], how="outer", validate="one_to_one"
    )
    ranks = drawn.set_index(_LINE)["rank"]
    told["rank"] = [ranks[line] for line in zip(told["product_id"], told["channel"], strict=True)]
    last = wide["target_week"].max()
    named = with_titles(told[told["week"] <= last], inputs)
    panel = [f"{safe_text(t, 22)} · {safe_text(c, 14)}" for t, c in zip(named["title"], named["channel"], strict=True)]
    return _unique(named.assign(panel=panel))[["panel", "week", *_BANDS.values(), "sold"]]


def _of_champions(forecast: pd.DataFrame, inputs: ReportInputs) -> pd.DataFrame:
    """The rows of the model that reigns over their phase; without one of early products, the established champion."""
    decisions = inputs.champion_decision
    if decisions is None or decisions["phase"].isna().all():
        return forecast
    reigns = dict(zip(decisions["phase"], decisions["model"], strict=True))
    champions = forecast["phase"].map({"early": reigns.get("established"), **reigns})
    return forecast[forecast["model"] == champions]


def _drawn(weekly: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    """The product-channels to draw with their rank."""
    known = weekly[_LINE].drop_duplicates()
    launches = facts.launched.merge(known, on=_LINE, how="inner", validate="one_to_one").head(LAUNCHES_DRAWN)
    medians = weekly[(weekly["quantile"] == 0.5) & (weekly["phase"] != "new")]
    sums = (
        medians.groupby(_LINE, as_index=False)
        .agg(units=("units", "sum"))
        .sort_values(["units", *_LINE], ascending=[False, True, True])
    )
    # One channel a product, and the total only where no channel is forecast by itself.
    sums = pd.concat([sums[sums["channel"] != "all"], sums[sums["channel"] == "all"]]).drop_duplicates("product_id")
    chosen = pd.concat([launches[_LINE], sums.head(ESTABLISHED_DRAWN)[_LINE]]).drop_duplicates()
    return chosen.reset_index(drop=True).assign(rank=lambda frame: range(len(frame)))


def _sold(inputs: ReportInputs, drawn: pd.DataFrame) -> pd.DataFrame:
    """Units sold by drawn line and week, from ten weeks before the decision on; 0 where a known week has no row."""
    columns = [*_LINE, "week", "sold"]
    sales = inputs.weekly_sales
    if sales is None or sales.empty:
        empty = drawn[_LINE].head(0).assign(week=pd.Series(dtype="datetime64[us]"), sold=pd.Series(dtype="float64"))
        return empty[columns]
    start = inputs.decision_week - pd.Timedelta(weeks=WEEKS_BEFORE)
    recent = sales[sales["week"] >= start]
    totals = recent.groupby(["product_id", "week"], as_index=False).agg(units=("units", "sum")).assign(channel="all")
    rows = pd.concat([recent[[*_LINE, "week", "units"]], totals]).rename(columns={"units": "sold"})
    weeks = pd.DataFrame({"week": pd.date_range(start, sales["week"].max(), freq="7D").astype("datetime64[us]")})
    grid = drawn[_LINE].merge(weeks, how="cross")
    merged = grid.merge(rows.astype({"week": "datetime64[us]"}), on=[*_LINE, "week"], how="left", validate="one_to_one")
    return merged.assign(sold=merged["sold"].astype("float64").fillna(0.0))[columns]


def _unique(rows: pd.DataFrame) -> pd.DataFrame:
    """Panels whose names are shared are told apart by their rank; rows sorted by rank and week."""
    ordered = rows.sort_values(["rank", "week"])
    shared = ordered.groupby("panel")["rank"].transform("nunique") > 1
    names = [f"{p} ({r + 1})" if s else p for p, r, s in zip(ordered["panel"], ordered["rank"], shared, strict=True)]
    return ordered.assign(panel=names)
