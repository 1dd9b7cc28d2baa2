"""A rule for launches: the median season of the category times the share that a launch sells at each age.

`units(window) = scale · Σ shape`, the scale being the median units of the whole season of the category's launches, the
shape the share of all launches' units at each age; quantiles are split conformal.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.config import MlConfig
from ml.demand.artefacts import Card, Trained, finished
from ml.demand.conformal import Ratios, held_out
from ml.demand.interface import ACTUAL
from ml.lanes import cpu_seconds

Floats = NDArray[np.float64]
_CURVE, _RATIOS = "curve.json", "ratios.json"
_SMALLEST_GROUP = 200
_FEWEST_LAUNCHES = 30


@dataclass(frozen=True)
class Curve:
    """Scale and shape.

    Args:
        scales: Median units of a season by channel, and by channel and category where enough launches speak.
        shares: Share of a season's units by channel and age in weeks.
    """

    scales: dict[str, float]
    shares: dict[str, list[float]]

    @classmethod
    def learn(cls, examples: pd.DataFrame) -> Curve:
        """Of labelled examples, each launch once."""
        keys = ["product_id", "channel", "window_weeks", "offset_weeks"]
        once = examples.sort_values(["origin_week", *keys]).drop_duplicates(keys, keep="last")
        season = once[once["window_weeks"] == once["window_weeks"].max()]
        scales = {str(channel): float(own.median()) for channel, own in season.groupby("channel")[ACTUAL]}
        for name, own in season[ACTUAL].groupby(_names(season)):
            if len(own) >= _FEWEST_LAUNCHES:
                scales[str(name)] = float(own.median())
        whole = once["product_id"].isin(season["product_id"]) & (once["window_weeks"] == 1)
        sold = once[whole].pivot_table(index="channel", columns="offset_weeks", values=ACTUAL, aggfunc="sum")
        shares = sold.div(sold.sum(axis=1).where(lambda total: total > 0, 1.0), axis=0).fillna(0.0)
        return cls(
            scales,
            {str(channel): list(map(float, row)) for channel, row in zip(shares.index, shares.to_numpy(), strict=True)},
        )

    def points(self, examples: pd.DataFrame) -> Floats:
        """Units of each example's window; none in a channel in which no launch was completed."""
        widest = max((len(share) for share in self.shares.values()), default=0)
        running = {channel: np.r_[0.0, np.cumsum(share)] for channel, share in self.shares.items()}
        nothing = np.zeros(widest + 1)
        codes, channels = pd.factorize(examples["channel"])
        table = np.stack([running.get(str(channel), nothing) for channel in channels])
        first = examples["offset_weeks"].to_numpy(np.int64)
        last = first + examples["window_weeks"].to_numpy(np.int64)
        share = table[codes, np.minimum(last, widest)] - table[codes, np.minimum(first, widest)]
        by_channel = examples["channel"].map(self.scales).fillna(0.0)
        scale = _names(examples).map(self.scales).fillna(by_channel)
        return np.asarray(scale.to_numpy(np.float64) * share)


@dataclass(frozen=True)
class MedianCurve(Trained):
    """The curve of all completed launches, and what held-out ones sold over theirs."""

    curve: Curve
    ratios: Ratios

    def predict(self, examples: pd.DataFrame) -> pd.DataFrame:
        """See `DemandFitted.predict`."""
        return self.ratios.answer(examples, self.curve.points(examples))

    def save(self, folder: Path) -> None:
        """Write the card, the curve and the ratios."""
        self.card.save(folder)
        (folder / _CURVE).write_text(
            json.dumps({"scales": self.curve.scales, "shares": self.curve.shares}, sort_keys=True)
        )
        (folder / _RATIOS).write_text(self.ratios.to_json())


@dataclass(frozen=True)
class MedianCurveModel:
    """Median launch curve with split-conformal quantiles."""

    name: str = "median_curve"
    phase: str = "new"
    is_baseline: bool = False

    def fit(self, examples: pd.DataFrame, config: MlConfig) -> MedianCurve:
        """Ratios of launches that a curve of earlier ones has not seen; then the curve of all."""
        started = cpu_seconds()
        is_learned, is_held = held_out(examples)
        held = examples[is_held]
        ratios = Ratios.learn(held, Curve.learn(examples[is_learned]).points(held), _SMALLEST_GROUP)
        card = finished(self.name, self.phase, examples, started, {"fewest_launches": _FEWEST_LAUNCHES})
        return MedianCurve(card, Curve.learn(examples), ratios)

    def load(self, folder: Path) -> MedianCurve:
        """Read back what `save` wrote."""
        read = json.loads((folder / _CURVE).read_text())
        ratios = Ratios.from_json((folder / _RATIOS).read_text())
        return MedianCurve(Card.load(folder), Curve(read["scales"], read["shares"]), ratios)


def _names(examples: pd.DataFrame) -> pd.Series:
    """Channel and category of each row, as their scale is called."""
    return examples["channel"].astype(str) + "/" + examples["category_1"].astype(str)
