"""What each product cost each model in a backtest, and whether a model's gain over another is more than noise.

A table of losses is small, so that every decision week's can be kept in view; who reigns by it is `ml.champions`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from contracts.predictions import DEMAND_BACKTEST_LOSS, QUANTILES
from ml import metrics
from ml.demand.interface import ALL_CHANNELS
from ml.demand.scores import backtest_lines

# Half the width of a 95 % interval, in standard errors.
_WIDTH = 1.96
_SERIES = ["decision_week", "phase", "model"]


def losses(backtest: pd.DataFrame) -> pd.DataFrame:
    """One row per decision week, phase, model and product: its share of the WPL by which models are compared.

    The WPL compared is the mean of that of weekly product totals and that of their longest sum; a product's shares
    are its pinball losses over the units that all products sold. A phase of which nothing sold has no rows.

    Args:
        backtest: `DEMAND_BACKTEST`.

    Returns:
        `DEMAND_BACKTEST_LOSS`.
    """
    totals = backtest[backtest["channel"] == ALL_CHANNELS]
    if totals.empty:
        kinds = {"decision_week": "datetime64[us]", "wpl_share": "float64"}
        return pd.DataFrame({name: pd.Series(dtype=kinds.get(name, "str")) for name in DEMAND_BACKTEST_LOSS.names()})
    lines = backtest_lines(totals)
    longest = lines.groupby("phase")["window_weeks"].transform("max")
    lines = lines[lines["window_weeks"].isin([1]) | (lines["window_weeks"] == longest)]
    loss = metrics.pinball(
        lines["actual_units"].to_numpy()[:, None], lines[list(QUANTILES)], np.asarray(QUANTILES)[None, :]
    ).mean(axis=1)
    windows = ["phase", "model", "window_weeks"]
    sold = lines.groupby(windows)["actual_units"].transform("sum")
    kinds_of_window = lines.groupby(["phase", "model"])["window_weeks"].transform("nunique")
    shares = lines.assign(wpl_share=2.0 * loss / (sold.where(sold > 0) * kinds_of_window)).dropna(subset="wpl_share")
    found = shares.groupby(["phase", "model", "product_id"], as_index=False)["wpl_share"].sum()
    return found.assign(decision_week=totals["decision_week"].iloc[0])[DEMAND_BACKTEST_LOSS.names()]


@dataclass(frozen=True)
class Duel:
    """A challenger beside the holder, on the decision weeks of which both have a backtest.

    Args:
        challenger: Its name.
        holder: Its name.
        weeks: Decision weeks compared.
        better_weeks: Those of them in which the challenger lost less.
        challenger_loss: Its mean WPL.
        holder_loss: The holder's.
        low: Lower end of the 95 % interval of the challenger's gain.
        high: Upper end.
    """

    challenger: str
    holder: str
    weeks: int
    better_weeks: int
    challenger_loss: float
    holder_loss: float
    low: float
    high: float

    @property
    def gain(self) -> float:
        """What the challenger loses less."""
        return self.holder_loss - self.challenger_loss

    def convinces(self, fewest_weeks: int) -> bool:
        """Whether the gain is more than noise, and was there in so many weeks."""
        return self.better_weeks >= fewest_weeks and self.low > 0


def duel(loss: pd.DataFrame, challenger: str, holder: str) -> Duel | None:
    """Compare two models of one phase, paired by product; None where no decision week has both.

    A product's gain is its mean over weeks, so that the weeks of a product, which resemble one another, count once.
    The interval is normal: `Σ gain ± 1.96·√(n·var)` over the n products.

    Args:
        loss: `DEMAND_BACKTEST_LOSS` of one phase, of any number of decision weeks.
        challenger: Name of a model.
        holder: Name of another.
    """
    keys = ["decision_week", "product_id"]
    wide = loss[loss["model"].isin([challenger, holder])].pivot(index=keys, columns="model", values="wpl_share")
    wide = wide.reindex(columns=[challenger, holder])
    by_week = wide.groupby(level="decision_week").sum(min_count=1).dropna()
    if by_week.empty:
        return None
    both = wide[wide.index.get_level_values("decision_week").isin(by_week.index)].fillna(0.0)
    gains = (both[holder] - both[challenger]).groupby(level="product_id").sum().to_numpy() / len(by_week)
    half = _WIDTH * float(np.sqrt(len(gains) * gains.var(ddof=1))) if len(gains) > 1 else float("inf")
    return Duel(
        challenger,
        holder,
        weeks=len(by_week),
        better_weeks=int((by_week[challenger] < by_week[holder]).sum()),
        challenger_loss=float(by_week[challenger].mean()),
        holder_loss=float(by_week[holder].mean()),
        low=float(gains.sum() - half),
        high=float(gains.sum() + half),
    )
