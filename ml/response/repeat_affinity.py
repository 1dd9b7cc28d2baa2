"""Whoever bought it buys it again when it is due, and whoever buys its kind may try it: a logistic on three numbers.

1. `ln(1 + n)`, with `n` the times that the customer bought the product;
2. how near it is to being due, `−|ln(w / r)|` with `w` the weeks since and `r` the customer's own rhythm, the product's
   weeks on sale over `n`; 0 for a customer who never bought it;
3. `ln(1 + a) − ln(1 + u)`, with `a` the units of its category_3 that the customer bought and `u` all units of late.
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
from ml.response.head import Head
from ml.response.sample import Sample

Floats = NDArray[np.float64]
_FILE = "head.json"
NUMBERS = ("repeat", "due", "affinity")


@dataclass(frozen=True)
class RepeatAffinityScorer:
    """Three slopes and an intercept, and those of the place where the task tells it."""

    head: Head

    @property
    def params(self) -> Mapping[str, object]:
        """The slopes."""
        return dict(zip(NUMBERS, self.head.slopes, strict=False))

    def log_odds(self, rows: pd.DataFrame) -> Floats:
        """Log-odds of the population."""
        return self.head.log_odds(three_numbers(rows), rows)

    def unseen(self, rows: pd.DataFrame) -> Mapping[str, float]:
        """Nothing: counts are always known."""
        return {}

    def save(self, folder: Path) -> None:
        """Write the head as JSON."""
        (folder / _FILE).write_text(json.dumps(self.head.to_dict(), sort_keys=True))


@dataclass(frozen=True)
class RepeatAffinity:
    """The heuristic of a shopkeeper who knows the customers."""

    name: str = "repeat_affinity"
    requirements: tuple[str, ...] = ("numpy", "pandas")
    reads: tuple[str, ...] = ()

    def fit(self, sample: Sample, config: MlConfig) -> RepeatAffinityScorer:
        """The head on the sample's population weights."""
        numbers = three_numbers(sample.rows)
        return RepeatAffinityScorer(Head.learn(numbers, sample.rows, sample.label, sample.weight, sample.places))

    def load(self, folder: Path) -> RepeatAffinityScorer:
        """Read the head."""
        return RepeatAffinityScorer(Head.from_dict(json.loads((folder / _FILE).read_text())))


def three_numbers(rows: pd.DataFrame) -> Floats:
    """Shape (rows, 3): `NUMBERS` of each row; what is missing or below 0 counts as none."""
    times, since, age, kind, units = (
        _counts(rows, name)
        for name in (
            "product_bought_before",
            "weeks_since_product",
            "product_age_weeks",
            "category_3_bought_before",
            "customer_units_12",
        )
    )
    rhythm = np.maximum(age, 1.0) / np.maximum(times, 1.0)
    due = np.where(times > 0, -np.abs(np.log(np.maximum(since, 1.0) / rhythm)), 0.0)
    return np.column_stack([np.log1p(times), due, np.log1p(kind) - np.log1p(units)])


def _counts(rows: pd.DataFrame, column: str) -> Floats:
    return np.maximum(np.nan_to_num(rows[column].to_numpy(dtype=np.float64, na_value=np.nan)), 0.0)
