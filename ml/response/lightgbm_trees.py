"""Boosted trees on what is known of an opportunity: numbers as logarithms, missing ones as such, texts as categories.

Beside the columns of the task they read the customer's affinity to the product (`ml.response.affinity`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.features import RESPONSE_FEATURES
from contracts.table import Role
from ml.config import MlConfig
from ml.response.affinity import KEPT, READS, Affinity, learn_affinity
from ml.response.preprocessing import Preprocessing, from_json
from ml.response.sample import Sample

Floats = NDArray[np.float64]
_TREES, _COLUMNS, _AFFINITY, _TOLD = "trees.txt", "preprocessing.json", "affinity.npz", "told.json"
# Of each number; 255 of them order no better and take a third longer.
_BINS = 63
# Weight in a leaf at least, as a share of the rows: few purchases with large weights must not speak alone.
_LEAF_SHARE = 1e-4


@dataclass(frozen=True)
class TreesScorer:
    """Native booster beside the preprocessing it was trained with.

    Args:
        preprocessing: Columns to numbers.
        affinity: Of customers to products.
        booster: LightGBM booster of balanced log-odds.
        shift: From balanced log-odds to those of the population.
        told: What steered the fit.
    """

    preprocessing: Preprocessing
    affinity: Affinity
    booster: Any
    shift: float
    told: Mapping[str, object]

    @property
    def params(self) -> Mapping[str, object]:
        """What steered the fit."""
        return {**self.told, "shift": self.shift}

    def log_odds(self, rows: pd.DataFrame) -> Floats:
        """Sum of the trees, moved to the population."""
        columns = _columns(self.preprocessing, self.affinity, rows)
        return np.asarray(self.booster.predict(columns, raw_score=True), dtype=np.float64) + self.shift

    def unseen(self, rows: pd.DataFrame) -> Mapping[str, float]:
        """Share of rows by text column whose value training rows did not have."""
        return self.preprocessing.unseen(rows)

    def save(self, folder: Path) -> None:
        """Write trees as LightGBM's text, the rest as JSON."""
        (folder / _TREES).write_text(self.booster.model_to_string())
        (folder / _COLUMNS).write_text(self.preprocessing.to_json())
        np.savez(folder / _AFFINITY, allow_pickle=False, **self.affinity.arrays())
        (folder / _TOLD).write_text(json.dumps({"shift": self.shift, "told": dict(self.told)}, sort_keys=True))


@dataclass(frozen=True)
class Trees:
    """LightGBM on log loss, trained on a balance of what happened and the rest."""

    name: str = "lightgbm"
    requirements: tuple[str, ...] = ("lightgbm==4.7.0", "numpy", "pandas")
    reads: tuple[str, ...] = READS

    def fit(self, sample: Sample, config: MlConfig) -> TreesScorer:
        """Boost on the balanced weights."""
        import lightgbm

        preprocessing = sample.preprocessing
        affinity = learn_affinity(sample, config)
        numbers = len(preprocessing.numbers) + 1
        weight = sample.balanced
        rows = lightgbm.Dataset(
            _columns(preprocessing, affinity, sample.rows),
            label=sample.label,
            weight=weight / weight.mean(),
            categorical_feature=list(range(numbers, numbers + len(preprocessing.texts))),
        )
        options = {
            "objective": "binary",
            "num_leaves": config.response_leaves,
            "learning_rate": config.response_learning_rate,
            "min_data_in_leaf": 20,
            "min_sum_hessian_in_leaf": _LEAF_SHARE * len(sample.rows),
            "feature_fraction": 0.5,
            "max_bin": _BINS,
            "bagging_fraction": 0.7,
            "bagging_freq": 1,
            "cat_smooth": 50,
            "min_data_per_group": 200,
            "monotone_constraints": _directions(preprocessing),
            "seed": config.seed,
            "num_threads": config.tree_threads(len(sample.rows)),
            "deterministic": True,
            "force_row_wise": True,
            "verbose": -1,
        }
        booster = lightgbm.train(options, rows, config.response_trees)
        told = {"rows": len(sample.rows), "trees": config.response_trees, **options}
        del told["monotone_constraints"]
        return TreesScorer(preprocessing, affinity.newest(KEPT), booster, sample.shift, told)

    def load(self, folder: Path) -> TreesScorer:
        """Read back what `save` wrote."""
        import lightgbm

        kept = json.loads((folder / _TOLD).read_text())
        booster = lightgbm.Booster(model_str=(folder / _TREES).read_text())
        with np.load(folder / _AFFINITY, allow_pickle=False) as arrays:
            affinity = Affinity.from_arrays(dict(arrays))
        return TreesScorer(from_json((folder / _COLUMNS).read_text()), affinity, booster, kept["shift"], kept["told"])


def _directions(preprocessing: Preprocessing) -> list[int]:
    """Of each column: -1 for a place in a list, down which nothing grows likelier, else 0."""
    places = RESPONSE_FEATURES.names(Role.PLACE)
    numbers = [-1 if number.name in places else 0 for number in preprocessing.numbers]
    return [*numbers, 0, *[0] * len(preprocessing.texts)]


def _columns(preprocessing: Preprocessing, affinity: Affinity, rows: pd.DataFrame) -> NDArray[np.float32]:
    codes = preprocessing.codes(rows).astype(np.float32)
    return np.hstack([preprocessing.logs(rows), affinity.of(rows)[:, None], codes])
