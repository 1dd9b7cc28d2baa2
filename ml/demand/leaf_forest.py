"""Trees whose leaves are distributions: rows that fell together with one speak for it (a quantile regression forest).

Quantile losses collapse on counts that are mostly zero, so the trees only sort rows into leaves; quantiles are read off
what the rows of those leaves sold. A leaf keeps shares by bin, not the rows: its size does not grow with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contracts.predictions import QUANTILES
from ml.config import MlConfig

Floats = NDArray[np.float64]
# Counts are kept exactly up to 40, then in steps of an eighth: fine enough for any quantile we state.
_EDGES = np.unique(np.concatenate([np.arange(41.0), np.round(40.0 * 1.125 ** np.arange(1, 80))]))
_CHUNK_ROWS = 4096
_LEAVES = 63


@dataclass(frozen=True)
class LeafForest:
    """Trees and, for each leaf, the shares of its launches by bin of units.

    Args:
        booster: Native LightGBM booster; only its leaves are used.
        shares: Share of a leaf's rows in each bin; shape (trees, leaves, bins).
        units: Mean units of each bin's rows; shape (bins,).
    """

    booster: Any
    shares: NDArray[np.float32]
    units: Floats

    @classmethod
    def grow(
        cls,
        columns: NDArray[np.float32],
        sold: Floats,
        categorical: list[int],
        trees: int,
        leaf_rows: int,
        config: MlConfig,
    ) -> LeafForest:
        """Grow trees on log units, then fill their leaves with what sold."""
        import lightgbm

        rows = lightgbm.Dataset(columns, label=np.log1p(sold), categorical_feature=categorical)
        booster = lightgbm.train(_options(leaf_rows, config, len(columns)), rows, trees)
        leaves = np.asarray(booster.predict(columns, pred_leaf=True)).reshape(len(columns), -1)
        bins = np.clip(np.searchsorted(_EDGES, sold, side="right") - 1, 0, None)
        shares = np.zeros((leaves.shape[1], int(leaves.max()) + 1, len(_EDGES)), dtype=np.float32)
        for tree in range(leaves.shape[1]):
            np.add.at(shares[tree], (leaves[:, tree], bins), 1.0)
        shares /= np.maximum(shares.sum(axis=2, keepdims=True), 1.0)
        count = np.bincount(bins, minlength=len(_EDGES))
        units = np.where(count > 0, np.bincount(bins, sold, len(_EDGES)) / np.maximum(count, 1), _EDGES)
        return cls(booster, shares, units)

    def predict(self, columns: NDArray[np.float32]) -> tuple[Floats, Floats]:
        """Quantiles, shape (rows, levels), and means of the mixture of each row's leaves."""
        if not len(columns):
            return np.zeros((0, len(QUANTILES))), np.zeros(0)
        parts = [self._chunk(columns[at : at + _CHUNK_ROWS]) for at in range(0, len(columns), _CHUNK_ROWS)]
        mixture = np.concatenate(parts)
        reached = np.cumsum(mixture, axis=1)
        at = np.stack([(reached < level - 1e-6).sum(axis=1) for level in QUANTILES], axis=1)
        return self.units[np.minimum(at, len(self.units) - 1)], mixture @ self.units

    def _chunk(self, columns: NDArray[np.float32]) -> Floats:
        leaves = np.asarray(self.booster.predict(columns, pred_leaf=True)).reshape(len(columns), -1)
        mixture = np.zeros((len(columns), len(self.units)))
        for tree in range(leaves.shape[1]):
            mixture += self.shares[tree, leaves[:, tree]]
        return mixture / leaves.shape[1]


def _options(leaf_rows: int, config: MlConfig, rows: int) -> dict[str, Any]:
    return {
        "boosting": "rf",
        "objective": "l2",
        "num_leaves": _LEAVES,
        "min_data_in_leaf": leaf_rows,
        "feature_fraction": 0.5,
        "bagging_fraction": 0.6,
        "bagging_freq": 1,
        "max_bin": 127,
        "cat_smooth": 10,
        "min_data_per_group": leaf_rows,
        "seed": config.seed,
        "num_threads": config.tree_threads(rows),
        "deterministic": True,
        "force_row_wise": True,
        "verbose": -1,
    }
