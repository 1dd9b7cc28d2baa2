"""The rule to beat for launches in their first weeks: what launches like it sell, pulled to what it has sold itself.

Launches of a category sell at rates that are gamma distributed around the category's, with shape `α`. One that has sold
`s` units where its like sell `e` on average by its age is then expected to sell `m · (α + s) / (α + e)` in a window in
which they sell `m` (empirical Bayes; Robbins 1956). What it sells is negative binomial around that, with the shape
`α + s` that is left of the uncertainty about its rate, or a wider one where past launches strayed farther.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.predictions import QUANTILES
from ml.config import MlConfig
from ml.demand.artefacts import Card, Trained, finished
from ml.demand.interface import ACTUAL, ALL_CHANNELS
from ml.demand.quantiles import as_frame
from ml.lanes import cpu_seconds

Floats = NDArray[np.float64]
_GROUPS = ("category_2", "category_1", None)
_SHAPES = (0.05, 50.0)
_FEWEST = 30


def sold_so_far(examples: pd.DataFrame) -> Floats:
    """Units of the weeks since the first sale; their mean over at most 13 weeks is a feature, and fewer have passed."""
    return (examples["units_mean_13"] * (examples["age_weeks"] + 1.0)).to_numpy(np.float64)


@dataclass(frozen=True)
class EarlyShrinkage(Trained):
    """What launches sell, by group, channel, age and window.

    Args:
        curves: By name of the cell: mean units so far, and in the window.
        shape: Of the gamma distribution of launches around their group.
        strayed: Shape of the negative binomial beyond which nothing narrower is said.
    """

    curves: dict[str, list[float]]
    shape: float
    strayed: float

    def predict(self, examples: pd.DataFrame) -> pd.DataFrame:
        """See `DemandFitted.predict`."""
        from scipy.stats import nbinom

        sold = sold_so_far(examples)
        mean = _pulled(self.curves, self.shape, examples)
        shape = np.minimum(self.shape + sold, self.strayed)[:, None]
        quantiles = nbinom.ppf(np.array(QUANTILES), shape, shape / (shape + np.maximum(mean, 1e-9)[:, None]))
        return as_frame(quantiles, mean, examples.index)

    def save(self, folder: Path) -> None:
        """Write the card and the curves."""
        self.card.save(folder)
        told = {"curves": self.curves, "shape": self.shape, "strayed": self.strayed}
        (folder / "shrinkage.json").write_text(json.dumps(told, sort_keys=True))


@dataclass(frozen=True)
class EarlyShrinkageModel:
    """Empirical Bayes by category and age."""

    name: str = "early_shrinkage"
    phase: str = "early"
    is_baseline: bool = True

    def fit(self, examples: pd.DataFrame, config: MlConfig) -> EarlyShrinkage:
        """Learn the curves, and how far launches stray from them."""
        started = cpu_seconds()
        sold, units = sold_so_far(examples), examples[ACTUAL].to_numpy(np.float64)
        told = pd.DataFrame({"sold": sold, "units": units, "n": 1})
        curves: dict[str, list[float]] = {}
        for group in _GROUPS:
            cells = told.groupby(_names(examples, group).to_numpy()).agg({"sold": "mean", "units": "mean", "n": "sum"})
            kept = cells if group is None else cells[cells["n"] >= _FEWEST]
            means = kept[["sold", "units"]].to_numpy(np.float64).tolist()
            curves |= dict(zip(map(str, kept.index), means, strict=True))
        shape = _shape(sold, _expected(curves, examples)[:, 0])
        strayed = _shape(units, _pulled(curves, shape, examples))
        params = {"fewest_launches": _FEWEST, "shape": shape, "strayed": strayed}
        return EarlyShrinkage(finished(self.name, self.phase, examples, started, params), curves, shape, strayed)

    def load(self, folder: Path) -> EarlyShrinkage:
        """Read back what `save` wrote."""
        return EarlyShrinkage(Card.load(folder), **json.loads((folder / "shrinkage.json").read_text()))


def _pulled(curves: dict[str, list[float]], shape: float, examples: pd.DataFrame) -> Floats:
    """`m · (α + s) / (α + e)`."""
    expected = _expected(curves, examples)
    return np.asarray(expected[:, 1] * (shape + sold_so_far(examples)) / (shape + expected[:, 0]))


def _expected(curves: dict[str, list[float]], examples: pd.DataFrame) -> Floats:
    """Mean units so far and in the window of launches like each row's; shape (rows, 2).

    The narrowest group with enough launches speaks; an age that no launch has reached takes the mean of all ages.
    """
    told = np.full((len(examples), 2), np.nan)
    for group in _GROUPS:
        codes, names = pd.factorize(_names(examples, group))
        table = np.array([curves.get(name, [np.nan, np.nan]) for name in names]).reshape(-1, 2)
        told = np.where(np.isnan(told), table[codes], told)
    overall = np.array([values for name, values in curves.items() if name.startswith("None/")]).mean(axis=0)
    return np.where(np.isnan(told), overall, told)


def _shape(units: Floats, mean: Floats) -> float:
    """Shape of a negative binomial around these means, by moments: `Σ μ² / Σ ((y − μ)² − μ)`."""
    excess = float(((units - mean) ** 2 - mean).sum())
    return float(np.clip((mean**2).sum() / excess, *_SHAPES)) if excess > 0 else _SHAPES[1]


def _names(examples: pd.DataFrame, group: str | None) -> pd.Series:
    """Name of the cell of each row: group and its value, total or channel, age, window."""
    cell = pd.DataFrame(
        {
            "value": "" if group is None else examples[group].fillna("").astype(str).to_numpy(),
            "kind": np.where(examples["channel"] == ALL_CHANNELS, "total", "channel"),
            "age": examples["age_weeks"].to_numpy(np.int64),
            "offset": examples["offset_weeks"].to_numpy(np.int64),
            "width": examples["window_weeks"].to_numpy(np.int64),
        }
    )
    number = cell.groupby(list(cell.columns), sort=False).ngroup().to_numpy()
    first = np.unique(number, return_index=True)[1]
    words = ["/".join([str(group), *map(str, row)]) for row in cell.iloc[first].itertuples(index=False)]
    return pd.Series(np.array(words, dtype=object)[number], index=examples.index)
