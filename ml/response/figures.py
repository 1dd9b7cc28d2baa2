"""Pictures for a run's record; the report draws its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ml.response.tasks import Task


def deciles(scored: pd.DataFrame) -> pd.DataFrame:
    """One row per tenth of the population by score (fewer where scores tie): mean predicted and actual rate, weights respected.

    Args:
        scored: One model's rows as in `response_backtest`.
    """
    ordered = scored.sort_values(["score", "impression_id"])
    weight = ordered["weight"].to_numpy(dtype=np.float64)
    place = pd.Series((np.cumsum(weight) - weight / 2.0) / weight.sum())
    # Rows of one score stay together, else a rule that gives many the same would look miscalibrated.
    share = place.groupby(ordered["score"].to_numpy()).transform("mean")
    sums = (
        pd.DataFrame(
            {
                "decile": np.minimum((share.to_numpy() * 10).astype(int), 9) + 1,
                "weight": weight,
                "predicted": weight * ordered["score"].to_numpy(),
                "actual": weight * ordered["label"].to_numpy(),
            }
        )
        .groupby("decile", as_index=False)
        .sum()
    )
    return sums.assign(predicted=sums["predicted"] / sums["weight"], actual=sums["actual"] / sums["weight"])


def calibration_figure(scored: pd.DataFrame, title: str, task: Task) -> Any:
    """Predicted against actual rate by decile of one model, on logarithmic axes, as a matplotlib figure."""
    from matplotlib.ticker import NullFormatter, PercentFormatter

    rates = deciles(scored)
    seen = rates[(rates["actual"] > 0) & (rates["predicted"] > 0)]
    figure, axes = _drawn()
    axes.set(xscale="log", yscale="log", title=title)
    axes.set(xlabel=f"predicted {task.chance_of}", ylabel=f"actual {task.chance_of}")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0))
        axis.set_minor_formatter(NullFormatter())
    if len(seen):
        ends = [seen[["predicted", "actual"]].min().min(), seen[["predicted", "actual"]].max().max()]
        axes.plot(ends, ends, color="0.7", label="perfect")
        axes.plot(seen["predicted"], seen["actual"], marker="o", label="deciles of the population")
        axes.legend()
    return figure


def weeks_figure(scored: pd.DataFrame, title: str, task: Task) -> Any:
    """Predicted and actual rate of each backtest week of one model, as a matplotlib figure."""
    from matplotlib.ticker import PercentFormatter

    counted = scored.assign(
        predicted=scored["score"] * scored["weight"], actual=scored["label"] * scored["weight"]
    ).groupby("week", sort=True)[["predicted", "actual", "weight"]]
    sums = counted.sum()
    figure, axes = _drawn()
    weeks = [pd.Timestamp(str(week)).date().isoformat() for week in sums.index]
    for name, marker in (("predicted", "o"), ("actual", "s")):
        axes.plot(weeks, (sums[name] / sums["weight"]).to_numpy(), marker=marker, label=name)
    axes.set(title=title, ylabel=task.chance_of, xlabel="week")
    axes.set_ylim(bottom=0.0)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=2))
    axes.legend()
    return figure


def lists_figure(list_scores: pd.DataFrame, title: str) -> Any:
    """How many lists have which NDCG in their first ten places, with the mean, as a matplotlib figure.

    Args:
        list_scores: Rows of `RESPONSE_LIST_SCORES` of one model.
        title: Above the axes.
    """
    figure, axes = _drawn()
    axes.hist(list_scores["ndcg_10"].to_numpy(), bins=np.linspace(0.0, 1.0, 21), color="tab:blue")
    mean = float(list_scores["ndcg_10"].mean())
    axes.axvline(mean, color="tab:red", label=f"mean {mean:.3f}")
    axes.set(title=title, xlabel="NDCG of the first ten places", ylabel="lists")
    axes.legend()
    return figure


def _drawn() -> tuple[Any, Any]:
    """A figure and its axes, without a display."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 5), layout="constrained")
    return figure, figure.subplots()
