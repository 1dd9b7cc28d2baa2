"""A forest for launches whose leaves are distributions: who fell with a candidate speaks for it.

Quantile losses collapse on counts that are mostly zero, so the trees only sort launches into leaves, by what their
whole season sold; the quantiles of each window are read off the units that the launches of those leaves sold in it
(a quantile regression forest).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.config import MlConfig
from ml.demand.launch_memory import Sparse
from ml.demand.launch_parts import LaunchPartsModel, Making
from ml.demand.launch_sheet import Lesson
from ml.demand.unit_bins import BINS, bins_of, mean_units, read_off

Floats = NDArray[np.float64]
Features = NDArray[np.float32]
# Bin of a window that is not over.
_UNKNOWN = -1


@dataclass(frozen=True)
class LeafForest:
    """Trees, and where the launches that they learned from lie in them.

    Args:
        booster: Native LightGBM booster; only its leaves are used.
        leaves: Leaf of each launch in each tree; shape (launches, trees).
        bins: Bin of each launch's units by window, -1 where it is not over; shape (launches, windows).
        units: Mean units of the launches of each bin by window; shape (windows, bins).
    """

    booster: Any
    leaves: NDArray[np.int16]
    bins: NDArray[np.int16]
    units: Floats

    @classmethod
    def learn(cls, lesson: Lesson, config: MlConfig) -> LeafForest:
        """Grow trees on the log units of complete seasons, then place every launch in them."""
        import lightgbm

        whole = lesson.complete
        label = np.log1p(lesson.sold[whole, lesson.season])
        rows = lightgbm.Dataset(lesson.columns[whole], label=label, categorical_feature=lesson.categorical)
        booster = lightgbm.train(_options(config, int(whole.sum())), rows, config.launch_trees)
        binned: NDArray[np.int16] = np.where(np.isnan(lesson.sold), _UNKNOWN, bins_of(lesson.sold)).astype(np.int16)
        units = np.stack([_means(own, sold) for own, sold in zip(binned.T, lesson.sold.T, strict=True)])
        return cls(booster, _leaves(booster, lesson.columns), binned, units)

    def speak(self, columns: Features, windows: Sequence[int]) -> Floats:
        """See `Part.speak`: of the mixture of each row's leaves."""
        fallen = _leaves(self.booster, columns)
        return np.stack([self._window(fallen, window) for window in windows], axis=1)

    def _window(self, fallen: NDArray[np.int16], window: int) -> Floats:
        """Levels and mean of one window; shape (rows, levels + 1)."""
        bins, units = self.bins[:, window], self.units[window]
        known, mixture = bins != _UNKNOWN, np.zeros((len(fallen), BINS))
        for tree in range(fallen.shape[1]):
            own, asked = self.leaves[known, tree].astype(np.int64), fallen[:, tree]
            size = max(int(own.max(initial=0)), int(asked.max(initial=0))) + 1
            count = np.bincount(own * BINS + bins[known], minlength=size * BINS).reshape(size, -1)
            mixture += (count / np.maximum(count.sum(axis=1, keepdims=True), 1.0))[asked]
        mixture /= np.maximum(mixture.sum(axis=1, keepdims=True), 1e-9)
        return np.column_stack(read_off(mixture, units))

    def weights(self, columns: Features, window: int, launches: int) -> Sparse:
        """See `Part.weights`: each tree's vote is shared out among the launches of the row's leaf."""
        from scipy import sparse

        known, fallen = np.flatnonzero(self.bins[:, window] != _UNKNOWN), _leaves(self.booster, columns)
        own = self.leaves[known]
        size = 1 + max(int(own.max(initial=0)), int(fallen.max(initial=0)))
        beside = _indicator(own, size)
        share = 1.0 / np.maximum(np.asarray(beside.sum(axis=0)).reshape(-1), 1.0)
        told = sparse.csr_array(_indicator(fallen, size) @ sparse.diags_array(share) @ beside.T)
        told.data /= np.repeat(np.maximum(told.sum(axis=1), 1e-9), np.diff(told.indptr))
        return sparse.csr_array((told.data, known[told.indices], told.indptr), shape=(len(columns), launches))

    def save(self, stem: Path) -> None:
        """Write the trees as LightGBM's text, the leaves as arrays."""
        stem.with_suffix(".txt").write_text(self.booster.model_to_string())
        np.savez_compressed(stem.with_suffix(".npz"), leaves=self.leaves, bins=self.bins, units=self.units)

    @classmethod
    def load(cls, stem: Path) -> LeafForest:
        """Read back what `save` wrote."""
        import lightgbm

        booster = lightgbm.Booster(model_str=stem.with_suffix(".txt").read_text())
        with np.load(stem.with_suffix(".npz"), allow_pickle=False) as kept:
            return cls(booster, kept["leaves"], kept["bins"], kept["units"])


def _leaves(booster: Any, columns: Features) -> NDArray[np.int16]:
    if not len(columns):
        return np.zeros((0, booster.num_trees()), dtype=np.int16)
    return np.asarray(booster.predict(columns, pred_leaf=True)).reshape(len(columns), -1).astype(np.int16)


def _indicator(leaves: NDArray[np.int16], size: int) -> Sparse:
    """1 where a row lies in a leaf; shape (rows, trees · size)."""
    from scipy import sparse

    rows, trees = leaves.shape
    at = leaves + size * np.arange(trees, dtype=np.int64)
    shape = (rows, trees * size)
    return sparse.csr_array((np.ones(at.size), at.reshape(-1), np.arange(0, at.size + 1, trees)), shape=shape)


def _means(bins: NDArray[np.int16], sold: Floats) -> Floats:
    """Mean units of each bin of one window that is over."""
    known = bins != _UNKNOWN
    return mean_units(bins[known], sold[known])


def _options(config: MlConfig, rows: int) -> dict[str, Any]:
    return {
        "boosting": "rf",
        "objective": "l2",
        "num_leaves": config.launch_leaves,
        "min_data_in_leaf": config.launch_leaf_rows,
        "feature_fraction_bynode": 0.4,
        "bagging_fraction": 0.6,
        "bagging_freq": 1,
        "max_bin": 127,
        "cat_smooth": 10,
        "min_data_per_group": config.launch_leaf_rows,
        "seed": config.seed,
        "num_threads": config.tree_threads(rows),
        "deterministic": True,
        "force_row_wise": True,
        "verbose": -1,
    }


FOREST = Making(1.0, LeafForest.learn, LeafForest.load)
LAUNCH_FOREST = LaunchPartsModel("lightgbm_launch", (FOREST,))
