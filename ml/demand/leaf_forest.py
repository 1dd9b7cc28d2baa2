"""Trees whose leaves are distributions: rows that fell together with one speak for it (a quantile regression forest).

Quantile losses collapse on counts that are mostly zero, so the trees only sort rows into leaves; quantiles are read off
what the rows of those leaves sold. A leaf keeps shares by bin, not the rows: its size does not grow with them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contracts.predictions import QUANTILES
from ml.config import MlConfig
from ml.demand.unit_bins import BINS, bins_of, mean_units, read_off

Floats = NDArray[np.float64]
_CHUNK_ROWS = 4096
_LEAVES = 63
_NAMES, _TREE_FILE, _LEAF_FILE = "forests.json", "trees_{}.txt", "leaves_{}.npz"


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
        bins = bins_of(sold)
        shares = np.zeros((leaves.shape[1], int(leaves.max()) + 1, BINS), dtype=np.float32)
        for tree in range(leaves.shape[1]):
            np.add.at(shares[tree], (leaves[:, tree], bins), 1.0)
        shares /= np.maximum(shares.sum(axis=2, keepdims=True), 1.0)
        return cls(booster, shares, mean_units(bins, sold))

    def predict(self, columns: NDArray[np.float32]) -> tuple[Floats, Floats]:
        """Quantiles, shape (rows, levels), and means of the mixture of each row's leaves."""
        if not len(columns):
            return np.zeros((0, len(QUANTILES))), np.zeros(0)
        parts = [self._chunk(columns[at : at + _CHUNK_ROWS]) for at in range(0, len(columns), _CHUNK_ROWS)]
        return read_off(np.concatenate(parts), self.units)

    def _chunk(self, columns: NDArray[np.float32]) -> Floats:
        leaves = np.asarray(self.booster.predict(columns, pred_leaf=True)).reshape(len(columns), -1)
        mixture = np.zeros((len(columns), len(self.units)))
        for tree in range(leaves.shape[1]):
            mixture += self.shares[tree, leaves[:, tree]]
        return mixture / leaves.shape[1]


def save_forests(forests: Mapping[Any, LeafForest], folder: Path) -> None:
    """Write each forest, trees as LightGBM's text and leaves as arrays, and their names, which JSON can hold."""
    names = sorted(forests)
    (folder / _NAMES).write_text(json.dumps(names))
    for at, name in enumerate(names):
        (folder / _TREE_FILE.format(at)).write_text(forests[name].booster.model_to_string())
        np.savez_compressed(folder / _LEAF_FILE.format(at), shares=forests[name].shares, units=forests[name].units)


def load_forests(folder: Path) -> list[tuple[Any, LeafForest]]:
    """Read back what `save_forests` wrote: each name, as JSON has it, and its forest."""
    import lightgbm

    found = []
    for at, name in enumerate(json.loads((folder / _NAMES).read_text())):
        booster = lightgbm.Booster(model_str=(folder / _TREE_FILE.format(at)).read_text())
        with np.load(folder / _LEAF_FILE.format(at), allow_pickle=False) as leaves:
            found.append((name, LeafForest(booster, leaves["shares"], leaves["units"])))
    return found


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
