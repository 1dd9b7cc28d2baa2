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
from ml.demand.panel import with_demand
from ml.demand.quantiles import as_wide
from ml.noise_floor import poisson_wape, poisson_wpl
from ml.splits import WEEK

# The bias of a sum is that of its weeks; its errors in units are of no other use than its shares.
_OF_SUMS = ("wpl", "wpl_floor", "wape", "wape_floor", "coverage_80", "oracle_share")
_LINE = ["phase", "model", "product_id", "channel", "target_week", "window_weeks"]


def scores(
    forecast: pd.DataFrame,
    weekly_sales: pd.DataFrame,
    decision_week: pd.Timestamp,
    source: str,
    complete_until: pd.Timestamp,
) -> pd.DataFrame:
    """One row per model, phase, level and metric, over the windows that are over and had stock throughout.

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
    lines = lines.assign(actual_units=actual_units(lines, weekly_sales)).dropna(subset="actual_units")
    changes = weekly_changes(weekly_sales, pd.Timestamp(complete_until))
    rows = [
        (model, phase, level, name, value, floor.get(name, np.nan))
        for (phase, model), own in lines.groupby(["phase", "model"], sort=True)
        for level, at_level in _levels(own)
        for floor in (floors(at_level),)
        for name, value in figures(at_level, changes if level == "product" else None).items()
    ]
    frame = pd.DataFrame(rows, columns=["model", "phase", "level", "metric", "value", "noise_floor"])
    return frame.assign(
        decision_week=pd.Timestamp(decision_week),
        source=source,
        information="planned",
        weeks_complete=max(weeks, 0),
    )[DEMAND_SCORES.names()]


def figures(lines: pd.DataFrame, changes: pd.Series | None = None) -> dict[str, float]:
    """Figures of forecast lines: a column a level and `actual_units`.

    Args:
        lines: One row a forecast line.
        changes: `weekly_changes` by product, for lines that are weeks of product totals; without it no `rmsse`.
    """
    actual, median, mean = lines["actual_units"], lines[0.5], lines[MEAN]
    quantiles = lines[list(QUANTILES)]
    found = {
        "wpl": metrics.weighted_pinball(actual, quantiles, QUANTILES),
        "wape": metrics.wape(actual, median),
        "mae": metrics.mean_absolute_error(actual, median),
        "mse": metrics.mean_squared_error(actual, mean),
        "bias": metrics.mean_bias(actual, mean),
        "coverage_80": metrics.coverage(actual, lines[0.1], lines[0.9]),
        "oracle_share": metrics.oracle_share(actual, quantiles, QUANTILES),
    }
    if changes is not None:
        product = lines["product_id"].astype(str)
        scale = product.map(changes)
        found["rmsse"] = metrics.root_mean_squared_scaled_error(actual, mean, product.to_numpy(), scale)
    return found


def floors(lines: pd.DataFrame) -> dict[str, float]:
    """What would be left of each error if every line's mean were true, its units Poisson."""
    return {"wpl": poisson_wpl(lines[MEAN], QUANTILES), "wape": poisson_wape(lines[MEAN])}


def weekly_changes(weekly_sales: pd.DataFrame, until: pd.Timestamp) -> pd.Series:
    """Mean squared change of a product's units from week to week, from its first sale to this Monday; by product.

    It is what RMSSE is scaled by. Launches have no weeks before their first sale, so that theirs are the weeks scored.

    Args:
        weekly_sales: `WEEKLY_SALES`; an absent week sold nothing.
        until: First Monday that does not count.
    """
    sold = weekly_sales[(weekly_sales["units"] > 0) & (weekly_sales["week"] < until)]
    totals = sold.groupby([sold["product_id"].astype(str), "week"])["units"].sum().reset_index()
    before = totals.groupby("product_id")["week"].shift()
    units, last = totals["units"].astype(float), totals.groupby("product_id")["units"].shift()
    is_first, follows = before.isna(), totals["week"] - before == WEEK
    # After a week without a sale it is a fall to 0 and a rise from it.
    risen = np.where(follows, (units - last) ** 2, units**2 + last**2)
    squares = pd.Series(np.where(is_first, 0.0, risen)).groupby(totals["product_id"]).sum()
    ends = totals.groupby("product_id").agg(first=("week", "min"), week=("week", "max"))
    final = totals.merge(ends.reset_index(), on=["product_id", "week"], how="inner", validate="one_to_one")
    fallen = final.set_index("product_id")["units"].astype(float) ** 2 * (ends["week"] + WEEK < until)
    steps = (until - ends["first"]).dt.days // WEEK.days - 1
    return ((squares + fallen) / steps).where(steps > 0)


def backtest_lines(backtest: pd.DataFrame) -> pd.DataFrame:
    """One row a forecast line of a backtest, a column a level."""
    return as_wide(backtest, [*_LINE, "actual_units"])


def backtest_figures(
    backtest: pd.DataFrame, changes: pd.Series | None = None
) -> dict[tuple[str, str], dict[str, float]]:
    """Figures by phase and model of a backtest's product totals: weekly, and of the longest sum.

    The names are those that a run logs: `wpl`, `wpl_floor`, … weekly, `wpl_8`, … of the sum of 8 weeks, of which
    only those are kept that the weekly ones do not tell.

    Args:
        backtest: `DEMAND_BACKTEST`.
        changes: `weekly_changes` by product; without it no `rmsse`.
    """
    lines = backtest_lines(backtest)
    totals = lines[lines["channel"] == ALL_CHANNELS]
    found: dict[tuple[str, str], dict[str, float]] = {}
    for (phase, model), own in totals.groupby(["phase", "model"], sort=True):
        longest = int(own["window_weeks"].max())
        weekly, whole = own[own["window_weeks"] == 1], own[own["window_weeks"] == longest]
        own_sum = {name: value for name, value in _with_floors(whole, None).items() if name in _OF_SUMS}
        found[str(phase), str(model)] = {
            **_with_floors(weekly, changes),
            **{f"{name}_{longest}": value for name, value in own_sum.items()},
        }
    return found


def _with_floors(lines: pd.DataFrame, changes: pd.Series | None) -> dict[str, float]:
    """The figures, each followed by its floor where it has one."""
    least = floors(lines)
    found: dict[str, float] = {}
    for name, value in figures(lines, changes).items():
        found |= {name: value} | ({f"{name}_floor": least[name]} if name in least else {})
    return found


def actual_units(lines: pd.DataFrame, weekly_sales: pd.DataFrame) -> pd.Series:
    """Units that sold in each line's window, NaN where stock was out in it; 'all' sums every channel."""
    told = with_demand(weekly_sales)[["product_id", "channel", "week", "units", "is_out"]]
    told = told[(told["units"] > 0) | told["is_out"]]
    both = pd.concat([told, told.assign(channel=ALL_CHANNELS)])
    weekly = both.groupby(["product_id", "channel", "week"], as_index=False).agg({"units": "sum", "is_out": "max"})
    steps = lines[["product_id", "channel", "target_week", "window_weeks"]].reset_index(drop=True)
    steps = steps.assign(line=np.arange(len(steps)))
    spread = steps.loc[steps.index.repeat(steps["window_weeks"].to_numpy(np.int64))]
    step = spread.groupby("line").cumcount()
    spread = spread.assign(week=spread["target_week"] + pd.to_timedelta(7 * step, unit="D"))
    found = spread.merge(weekly, how="left", on=["product_id", "channel", "week"], validate="many_to_one")
    known = found.assign(units=found["units"].fillna(0.0), is_out=found["is_out"].eq(True))
    total = known.groupby("line")[["units", "is_out"]].sum().reindex(range(len(lines)), fill_value=0)
    return pd.Series(total["units"].where(total["is_out"] == 0).to_numpy(np.float64), index=lines.index)


def _levels(lines: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    is_total, is_week = lines["channel"] == ALL_CHANNELS, lines["window_weeks"] == 1
    for level, kept in (
        ("product", is_total & is_week),
        ("channel", ~is_total & is_week),
        ("window", is_total & ~is_week),
    ):
        if kept.any():
            yield level, lines[kept]
