"""Pictures of a backtest that are logged beside a run: is it calibrated, and where does it err."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from contracts.predictions import MEAN, QUANTILES
from ml import metrics
from ml.demand.interface import ALL_CHANNELS
from ml.demand.scores import backtest_lines
from ml.splits import WEEK

_WORST = 12
_HORIZON = "week from the first one forecast"

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def figures_of(backtest: pd.DataFrame, prices: pd.Series | None = None) -> dict[tuple[str, str], dict[str, Figure]]:
    """Figures by file name, by phase and model, from product totals.

    Args:
        backtest: `DEMAND_BACKTEST`.
        prices: Price per unit by product; without it errors are not told in money.
    """
    lines = backtest_lines(backtest[backtest["channel"] == ALL_CHANNELS])
    start = backtest.groupby("model")["target_week"].min()
    lines["horizon"] = (lines["target_week"] - lines["model"].map(start)).dt.days // WEEK.days + 1
    return {
        (str(phase), str(model)): {
            "calibration.png": _calibration(own, str(model)),
            "error_by_week.png": _error(own, str(model)),
            "coverage_by_week.png": _coverage(own, str(model)),
            **({} if prices is None else {"worst_products.png": _worst(own, str(model), prices)}),
        }
        for (phase, model), own in lines.groupby(["phase", "model"], sort=True)
    }


def _axes(title: str, across: str, up: str) -> tuple[Figure, Axes]:
    # Built without pyplot: it keeps figures alive and asks for a display.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.set(title=title, xlabel=across, ylabel=up)
    return figure, axes


def _calibration(lines: pd.DataFrame, model: str) -> Figure:
    figure, axes = _axes(f"{model}: calibration of product totals", "quantile stated", "share of lines at or below it")
    axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
    for window, own in lines.groupby("window_weeks"):
        shares = [float((own["actual_units"] <= own[level].round()).mean()) for level in QUANTILES]
        axes.plot(QUANTILES, shares, marker="o", label=f"{window}-week units")
    axes.legend()
    return figure


def _error(lines: pd.DataFrame, model: str) -> Figure:
    figure, axes = _axes(f"{model}: error by week, product totals", _HORIZON, "share of units sold")
    weeks = _by_week(lines)
    levels = list(QUANTILES)
    measures: dict[str, Callable[[pd.DataFrame], float]] = {
        "WAPE of the median": lambda own: metrics.wape(own["actual_units"], own[0.5]),
        "pinball loss": lambda own: metrics.weighted_pinball(own["actual_units"], own[levels], levels),
        "bias of the mean": lambda own: metrics.mean_bias(own["actual_units"], own[MEAN]),
    }
    for name, measure in measures.items():
        axes.plot(list(weeks), [measure(own) for own in weeks.values()], marker="o", label=name)
    axes.axhline(0.0, color="grey", linewidth=0.8)
    figure.legend(loc="outside lower center", ncols=len(measures))
    return figure


def _coverage(lines: pd.DataFrame, model: str) -> Figure:
    figure, axes = _axes(f"{model}: coverage by week, product totals", _HORIZON, "share of lines within the interval")
    weeks = _by_week(lines)
    for low, high, colour in ((0.05, 0.95, "C0"), (0.1, 0.9, "C1"), (0.25, 0.75, "C2")):
        shares = [metrics.coverage(own["actual_units"], own[low], own[high]) for own in weeks.values()]
        axes.plot(list(weeks), shares, marker="o", color=colour, label=f"{high - low:.0%} interval")
        axes.axhline(high - low, color=colour, linewidth=0.8, linestyle="--")
    axes.set_ylim(0.0, 1.05)
    axes.legend(title="dashed: as stated")
    return figure


def _worst(lines: pd.DataFrame, model: str, prices: pd.Series) -> Figure:
    weekly = lines[lines["window_weeks"] == 1]
    product = weekly["product_id"].astype(str)
    # A product that never sold has no price; what it was forecast is left out.
    price = product.map(prices).fillna(0.0)
    error = (weekly["actual_units"] - weekly[0.5]) * price
    lost = pd.DataFrame({"short": error.clip(lower=0.0), "long": (-error).clip(lower=0.0)}).groupby(product).sum()
    money = lost.sum(axis=1)
    worst = lost.loc[money.sort_index().sort_values(ascending=False, kind="stable").index[:_WORST][::-1]]
    share = money[worst.index].sum() / money.sum() if money.sum() > 0 else 0.0
    figure, axes = _axes(
        f"{model}: the {len(worst)} worst of {len(lost)} products",
        f"absolute error of the weekly medians × shelf price, {share:.0%} of all",
        "product",
    )
    axes.barh(worst.index, worst["short"], label="forecast too low")
    axes.barh(worst.index, worst["long"], left=worst["short"], label="forecast too high")
    axes.legend(loc="lower right")
    return figure


def _by_week(lines: pd.DataFrame) -> dict[int, pd.DataFrame]:
    weekly = lines[lines["window_weeks"] == 1]
    return {int(week): weekly[weekly["horizon"] == week] for week in sorted(weekly["horizon"].unique())}
