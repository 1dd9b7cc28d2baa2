"""The rule to beat for established products: the mean of the last eight weeks, with conformal quantiles.

Quantiles are the mean times the ratios that past weeks showed, by channel, window and size of the mean.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.predictions import QUANTILES
from ml.config import MlConfig
from ml.demand.artefacts import Card, Trained, finished
from ml.demand.interface import ACTUAL, ALL_CHANNELS
from ml.demand.quantiles import as_frame

Floats = NDArray[np.float64]
# Weekly means that part slow sellers from fast ones: a slow seller's ratio spreads far wider.
_SIZE_EDGES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
# Added to both sides of the ratio, so that a mean of zero has one too.
_PRIOR_UNITS = 0.5


def _mean(examples: pd.DataFrame) -> Floats:
    return np.asarray(examples["units_mean_8"] * examples["window_weeks"], dtype=np.float64)


def _group(examples: pd.DataFrame) -> pd.Series:
    """Name of the group whose ratios a row takes: total or channel, window, offset, size."""
    size = np.searchsorted(_SIZE_EDGES, examples["units_mean_8"])
    is_total = (examples["channel"] == ALL_CHANNELS).astype(int)
    return (
        is_total.astype(str)
        + "/"
        + examples["window_weeks"].astype(str)
        + "/"
        + examples["offset_weeks"].astype(str)
        + "/"
        + pd.Series(size, index=examples.index).astype(str)
    )


@dataclass(frozen=True)
class Mean8Weeks(Trained):
    """Ratios of what sold over the mean, by group; `""` holds those of all groups together."""

    ratios: dict[str, list[float]]

    def predict(self, examples: pd.DataFrame) -> pd.DataFrame:
        """See `DemandFitted.predict`."""
        mean = _mean(examples)
        codes, names = pd.factorize(_group(examples))
        table = np.array([self.ratios.get(name, self.ratios[""]) for name in names])
        quantiles = (mean[:, None] + _PRIOR_UNITS) * table.reshape(-1, len(QUANTILES))[codes] - _PRIOR_UNITS
        return as_frame(quantiles, mean, examples.index)

    def save(self, folder: Path) -> None:
        """Write the card and the ratios."""
        self.card.save(folder)
        (folder / "ratios.json").write_text(json.dumps(self.ratios, sort_keys=True))


@dataclass(frozen=True)
class Mean8WeeksModel:
    """Split-conformal quantiles around the mean of eight weeks."""

    name: str = "mean_8_weeks"
    phase: str = "established"
    is_baseline: bool = True
    smallest_group: int = 200

    def fit(self, examples: pd.DataFrame, config: MlConfig) -> Mean8Weeks:
        """Learn the ratios of past origins."""
        started = process_time()
        ratio = (examples[ACTUAL] + _PRIOR_UNITS) / (_mean(examples) + _PRIOR_UNITS)
        grouped = ratio.groupby(_group(examples))
        large = grouped.filter(lambda rows: len(rows) >= self.smallest_group)
        found = large.groupby(_group(examples).loc[large.index]).quantile(np.array(QUANTILES)).unstack()
        ratios = {str(name): [float(v) for v in row] for name, row in zip(found.index, found.to_numpy(), strict=True)}
        ratios[""] = [float(v) for v in ratio.quantile(list(QUANTILES))]
        card = finished(self.name, self.phase, examples, started, {"smallest_group": self.smallest_group})
        return Mean8Weeks(card, ratios)

    def load(self, folder: Path) -> Mean8Weeks:
        """Read back what `save` wrote."""
        return Mean8Weeks(Card.load(folder), json.loads((folder / "ratios.json").read_text()))
