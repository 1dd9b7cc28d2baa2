"""Forecasts beside what came true: the figures of each demand model at each level.

The figures themselves are `ml.metrics`; which weeks may be read is the caller's business, since this is
the one step of demand that looks past its decision week.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from contracts.evaluations import DEMAND_SCORES
from contracts.predictions import MEAN, QUANTILES
from ml import metrics
from ml.demand.interface import ALL_CHANNELS
from ml.demand.quantiles import as_wide
from ml.splits import WEEK

_LINE = ["phase", "model", "product_id", "channel", "target_week", "window_weeks"]


def scores(
    forecast: pd.DataFrame,
    weekly_sales: pd.DataFrame,
    decision_week: pd.Timestamp,
    source: str,
    complete_until: pd.Timestamp,
) -> pd.DataFrame:
    """One row per model, phase, level and metric, over the windows that are over.

    Levels: `product` (weekly product totals), `channel` (weekly, one channel), `window` (sums of several
    weeks of product totals).

    Args:
        forecast: `DEMAND_FORECAST` of this decision week.
        weekly_sales: `WEEKLY_SALES` with weeks after the decision; an absent week sold nothing.
        decision_week: The Monday on which it was forecast.
        source: `real` or `simulated`.
        complete_until: First Monday whose week is not complete.

    Returns:
        `DEMAND_SCORES`; empty when no window is over.
    """
    weeks = min(
        int((pd.Timestamp(complete_until) - pd.Timestamp(decision_week)) / WEEK),
        int((forecast["target_week"].max() - pd.Timestamp(decision_week)) / WEEK) + 1,
    )
    over = forecast[forecast["target_week"] + forecast["window_weeks"] * WEEK <= pd.Timestamp(complete_until)]
    lines = as_wide(over, _LINE)
    lines["actual_units"] = actual_units(lines, weekly_sales)
    rows = [
        {"model": model, "phase": phase, "level": level, "metric": name, "value": value}
        for (phase, model), own in lines.groupby(["phase", "model"], sort=True)
        for level, at_level in _levels(own)
        for name, value in figures(at_level).items()
    ]
    frame = pd.DataFrame(rows, columns=["model", "phase", "level", "metric", "value"])
    return frame.assign(
        decision_week=pd.Timestamp(decision_week),
        source=source,
        information="planned",
        noise_floor=np.nan,
        weeks_complete=max(weeks, 0),
    )[DEMAND_SCORES.names()]


def figures(lines: pd.DataFrame) -> dict[str, float]:
    """Figures of forecast lines: a column a level and `actual_units`."""
    actual, median, mean = lines["actual_units"], lines[0.5], lines[MEAN]
    return {
        "wpl": metrics.weighted_pinball(actual, lines[list(QUANTILES)], QUANTILES),
        "wape": metrics.wape(actual, median),
        "mae": metrics.mean_absolute_error(actual, median),
        "bias": metrics.mean_bias(actual, mean),
        "coverage_80": metrics.coverage(actual, lines[0.1], lines[0.9]),
    }


def backtest_lines(backtest: pd.DataFrame) -> pd.DataFrame:
    """One row a forecast line of a backtest, a column a level."""
    return as_wide(backtest, [*_LINE, "actual_units"])


def backtest_figures(backtest: pd.DataFrame) -> dict[tuple[str, str], dict[str, float]]:
    """Figures by phase and model of a backtest's product totals: weekly, and of the longest sum.

    The names are those that a run logs: `wpl`, `wape`, … weekly, `wpl_8`, … of the sum of 8 weeks.
    """
    lines = backtest_lines(backtest)
    totals = lines[lines["channel"] == ALL_CHANNELS]
    found: dict[tuple[str, str], dict[str, float]] = {}
    for (phase, model), own in totals.groupby(["phase", "model"], sort=True):
        longest = int(own["window_weeks"].max())
        weekly, whole = own[own["window_weeks"] == 1], own[own["window_weeks"] == longest]
        found[str(phase), str(model)] = {
            **figures(weekly),
            **{f"{name}_{longest}": value for name, value in figures(whole).items()},
        }
    return found


def actual_units(lines: pd.DataFrame, weekly_sales: pd.DataFrame) -> pd.Series:
    """Units that sold in each line's window; 'all' sums every channel."""
    sold = weekly_sales[weekly_sales["units"] > 0][["product_id", "channel", "week", "units"]]
    both = pd.concat([sold, sold.assign(channel=ALL_CHANNELS)])
    weekly = both.groupby(["product_id", "channel", "week"], as_index=False)["units"].sum()
    steps = lines[["product_id", "channel", "target_week", "window_weeks"]].reset_index(drop=True)
    steps = steps.assign(line=np.arange(len(steps)))
    spread = steps.loc[steps.index.repeat(steps["window_weeks"].to_numpy(np.int64))]
    step = spread.groupby("line").cumcount()
    spread = spread.assign(week=spread["target_week"] + pd.to_timedelta(7 * step, unit="D"))
    found = spread.merge(weekly, how="left", on=["product_id", "channel", "week"], validate="many_to_one")
    total = found.fillna({"units": 0}).groupby("line")["units"].sum().reindex(range(len(lines)), fill_value=0)
    return pd.Series(total.to_numpy(np.float64), index=lines.index)


def _levels(lines: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    is_total, is_week = lines["channel"] == ALL_CHANNELS, lines["window_weeks"] == 1
    for level, kept in (
        ("product", is_total & is_week),
        ("channel", ~is_total & is_week),
        ("window", is_total & ~is_week),
    ):
        if kept.any():
            yield level, lines[kept]
