"""Pictures of a backtest that are logged beside a run: is it calibrated, and where does it err."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from contracts.predictions import MEAN, QUANTILES
from ml import metrics
from ml.demand.interface import ALL_CHANNELS
from ml.demand.scores import backtest_lines
from ml.splits import WEEK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def figures_of(backtest: pd.DataFrame) -> dict[tuple[str, str], dict[str, Figure]]:
    """Figures by file name, by phase and model, from product totals."""
    lines = backtest_lines(backtest[backtest["channel"] == ALL_CHANNELS])
    start = backtest.groupby("model")["target_week"].min()
    lines["horizon"] = (lines["target_week"] - lines["model"].map(start)).dt.days // WEEK.days + 1
    return {
        (str(phase), str(model)): {"calibration.png": _calibration(own), "error_by_week.png": _error(own)}
        for (phase, model), own in lines.groupby(["phase", "model"], sort=True)
    }


def _axes(title: str, across: str, up: str) -> tuple[Figure, Axes]:
    # Built without pyplot: it keeps figures alive and asks for a display.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.set(title=title, xlabel=across, ylabel=up)
    return figure, axes


def _calibration(lines: pd.DataFrame) -> Figure:
    figure, axes = _axes("Calibration of product totals", "quantile stated", "share of lines at or below it")
    axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
    for window, own in lines.groupby("window_weeks"):
        shares = [float((own["actual_units"] <= own[level].round()).mean()) for level in QUANTILES]
        axes.plot(QUANTILES, shares, marker="o", label=f"{window}-week units")
    axes.legend()
    return figure


def _error(lines: pd.DataFrame) -> Figure:
    figure, axes = _axes("Error by week, product totals", "week from the first one forecast", "share of units sold")
    weekly = lines[lines["window_weeks"] == 1]
    weeks = sorted(weekly["horizon"].unique())
    figures = (("WAPE of the median", 0.5, metrics.wape), ("bias of the mean", MEAN, metrics.mean_bias))
    for name, level, measure in figures:
        own = [weekly[weekly["horizon"] == week] for week in weeks]
        axes.plot(weeks, [measure(w["actual_units"], w[level]) for w in own], marker="o", label=name)
    axes.axhline(0.0, color="grey", linewidth=0.8)
    axes.legend()
    return figure
