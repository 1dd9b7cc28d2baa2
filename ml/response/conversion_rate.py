"""Purchases per opportunity of each product, pulled to its category where the product has few.

With `n` opportunities, of which `y` were bought, and the rate `r` of the group above, the rate is `(y + m) / (n + m/r)`:
`m` purchases speak for the group. A product is held to its category_3, that to its category_2, and that to all. Rows of
products that have not sold are counted apart at every level: what is promoted and never sells is bought far less.
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
from ml.response.histories import Histories
from ml.response.sample import Sample

Floats = NDArray[np.float64]
_FILE = "rates.json"
# Purchases, or clicks, that speak for the group above.
_PRIOR_EVENTS = 3.0
WARM, COLD = "sold before", "never sold"
_LEVELS = ("category_2", "category_3", "product_id")


@dataclass(frozen=True)
class ConversionRateScorer:
    """Rates by group.

    Args:
        base_rates: Of all rows, by `WARM` and `COLD`.
        rates: By level, then by name: of each category_2, category_3 and product that training rows had.
        category_3: Of each product that is known; empty without a product master.
    """

    base_rates: Mapping[str, float]
    rates: Mapping[str, Mapping[str, float]]
    category_3: Mapping[str, str]

    @property
    def params(self) -> Mapping[str, object]:
        """How hard rates are pulled, and how many there are."""
        return {"prior_events": _PRIOR_EVENTS, **{f"{level}s": len(self.rates[level]) for level in _LEVELS}}

    def log_odds(self, rows: pd.DataFrame) -> Floats:
        """Log-odds of the nearest rate: the product's, else that of its category_3, else of its category_2, else all's."""
        groups = _groups(rows, self.category_3)
        rate = groups["warmth"].map(self.base_rates).astype("float64")
        for level in _LEVELS:
            rate = groups[level].map(self.rates[level]).astype("float64").fillna(rate)
        return np.asarray(np.log(rate / (1.0 - rate)), dtype=np.float64)

    def unseen(self, rows: pd.DataFrame) -> Mapping[str, float]:
        """Share of rows whose category_2 training rows did not have."""
        share = 1.0 - _groups(rows, {})["category_2"].isin(list(self.rates["category_2"])).mean()
        return {"category_2": float(share)} if share > 0 else {}

    def save(self, folder: Path) -> None:
        """Write the rates as JSON."""
        kept = {"base_rates": self.base_rates, "rates": self.rates, "category_3": self.category_3}
        (folder / _FILE).write_text(json.dumps(kept, sort_keys=True))


@dataclass(frozen=True)
class ConversionRate:
    """What each product brought, without a word about the customer."""

    name: str = "conversion_rate"
    requirements: tuple[str, ...] = ("numpy", "pandas")
    reads: tuple[str, ...] = ("product_id",)

    def fit(self, sample: Sample, config: MlConfig) -> ConversionRateScorer:
        """Rates on the sample's population weights, from the top of the tree down."""
        categories = _categories(sample.histories)
        groups = _groups(sample.rows, categories)
        counted = groups.assign(n=sample.weight, y=sample.weight * sample.label)
        base_rates = {warmth: _base_rate(sample, groups["warmth"] == warmth) for warmth in (WARM, COLD)}
        parent = groups["warmth"].map(base_rates).to_numpy(dtype=np.float64)
        rates: dict[str, dict[str, float]] = {}
        for level in _LEVELS:
            sums = counted.assign(above=parent).groupby(level, sort=True).agg(n=("n", "sum"), y=("y", "sum"))
            above = pd.Series(parent, index=groups[level]).groupby(level=0).first()
            own = (sums["y"] + _PRIOR_EVENTS) / (sums["n"] + _PRIOR_EVENTS / above.reindex(sums.index))
            rates[level] = {str(name): float(rate) for name, rate in own.items()}
            parent = groups[level].map(own).astype("float64").fillna(pd.Series(parent, index=groups.index)).to_numpy()
        told = {name.removesuffix(f" {warmth}") for name in rates["category_3"] for warmth in (WARM, COLD)}
        known = {product: category for product, category in categories.items() if category in told}
        return ConversionRateScorer(base_rates, rates, known)

    def load(self, folder: Path) -> ConversionRateScorer:
        """Read the rates."""
        return ConversionRateScorer(**json.loads((folder / _FILE).read_text()))


def _categories(histories: Histories) -> dict[str, str]:
    """The path to the category_3 of each product that has one."""
    told = histories.products.dropna(subset=["category_3"])
    path = told["category_2"].astype("object").fillna("").astype("str") + " / " + told["category_3"].astype("str")
    return dict(zip(told["product_id"].astype("str"), path, strict=True))


def _base_rate(sample: Sample, is_own: pd.Series) -> float:
    weight, label = sample.weight[is_own.to_numpy()], sample.label[is_own.to_numpy()]
    events, rows = float((weight * label).sum()), float(weight.sum())
    return (events + _PRIOR_EVENTS) / (rows + _PRIOR_EVENTS / sample.base_rate)


def _groups(rows: pd.DataFrame, categories: Mapping[str, str]) -> pd.DataFrame:
    """The groups of each row by level, missing where there is none, and its warmth, which is part of their names."""
    age = rows["product_age_weeks"].to_numpy(dtype=np.float64, na_value=np.nan)
    warmth = pd.Series(np.where(age >= 0, WARM, COLD), dtype="object")
    product = rows["product_id"].astype("str").reset_index(drop=True)
    named = {
        "category_2": rows["category_2"].astype("object").reset_index(drop=True),
        "category_3": product.map(categories).astype("object"),
        "product_id": product.astype("object"),
    }
    return pd.DataFrame({level: names + " " + warmth for level, names in named.items()}).assign(warmth=warmth)
