"""The rule of thumb as a rate: who bought it before, else how popular it is.

Two curves that never fall, learned by isotonic regression on training rows: the rate by the number of times
the customer bought the product, and, for those who never did, by the product's recent units.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.config import MlConfig
from ml.response.sample import Sample

Floats = NDArray[np.float64]
BOUGHT = "product_bought_before"
UNITS = "product_units_12"
_FILE = "popularity.json"
_SMALLEST_RATE = 1e-7


@dataclass(frozen=True)
class Curve:
    """Log-odds by the logarithm of one more than a count, straight between knots and level outside."""

    knots: tuple[float, ...]
    log_odds: tuple[float, ...]

    def at(self, counts: Floats) -> Floats:
        """Log-odds of each count."""
        return np.interp(np.log1p(counts), self.knots, self.log_odds)


@dataclass(frozen=True)
class PopularityScorer:
    """Both curves."""

    by_times_bought: Curve
    by_units: Curve

    @property
    def params(self) -> Mapping[str, object]:
        """Columns it reads and knots it keeps."""
        return {"reads": f"{BOUGHT}, {UNITS}", "knots": len(self.by_times_bought.knots) + len(self.by_units.knots)}

    def log_odds(self, rows: pd.DataFrame) -> Floats:
        """Log-odds of the population; a missing count is none."""
        bought, units = _counts(rows, BOUGHT), _counts(rows, UNITS)
        return np.where(bought > 0, self.by_times_bought.at(bought), self.by_units.at(units))

    def unseen(self, rows: pd.DataFrame) -> Mapping[str, float]:
        """Nothing: counts are always known."""
        return {}

    def save(self, folder: Path) -> None:
        """Write the curves as JSON."""
        curves = {"by_times_bought": self.by_times_bought.__dict__, "by_units": self.by_units.__dict__}
        (folder / _FILE).write_text(json.dumps(curves, indent=1, sort_keys=True))


@dataclass(frozen=True)
class Popularity:
    """The baseline that is always in the race."""

    name: str = "popularity"
    requirements: tuple[str, ...] = ("numpy", "pandas")
    reads: tuple[str, ...] = ()

    def fit(self, sample: Sample, config: MlConfig) -> PopularityScorer:
        """Both curves on the sample's population weights."""
        bought, units = _counts(sample.rows, BOUGHT), _counts(sample.rows, UNITS)
        again = bought > 0
        return PopularityScorer(
            _curve(bought[again], sample.label[again], sample.weight[again], sample.base_rate),
            _curve(units[~again], sample.label[~again], sample.weight[~again], sample.base_rate),
        )

    def load(self, folder: Path) -> PopularityScorer:
        """Read the curves."""
        kept = json.loads((folder / _FILE).read_text())
        return PopularityScorer(*(_read(kept[name]) for name in ("by_times_bought", "by_units")))


def _read(kept: Mapping[str, list[float]]) -> Curve:
    return Curve(tuple(kept["knots"]), tuple(kept["log_odds"]))


def _counts(rows: pd.DataFrame, column: str) -> Floats:
    return np.maximum(np.nan_to_num(rows[column].to_numpy(dtype=np.float64, na_value=np.nan)), 0.0)


def _curve(counts: Floats, label: Floats, weight: Floats, base_rate: float) -> Curve:
    """Isotonic regression of the label on the count; the base rate everywhere when no row is there."""
    from sklearn.isotonic import IsotonicRegression

    if not len(counts):
        return Curve((0.0,), (float(np.log(base_rate / (1.0 - base_rate))),))
    learned = IsotonicRegression(out_of_bounds="clip").fit(np.log1p(counts), label, sample_weight=weight)
    rates = np.clip(learned.y_thresholds_, _SMALLEST_RATE, 1.0 - _SMALLEST_RATE)
    odds = np.log(rates / (1.0 - rates))
    return Curve(tuple(map(float, learned.X_thresholds_)), tuple(map(float, odds)))
