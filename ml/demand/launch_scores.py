"""Launches of like score: boosted trees say how much a launch should sell, and those of whom they said the same
speak for it.

A boosted mean ranks launches better than a forest; what it is worth in units, and how far it may be off, is read off
what the launches with the nearest scores sold. Their scores are out of fold, by product, or they would seem surer
than a launch that was never seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contracts.predictions import QUANTILES
from ml.config import MlConfig
from ml.demand.launch_forest import FOREST
from ml.demand.launch_memory import Sparse
from ml.demand.launch_parts import LaunchPartsModel, Making
from ml.demand.launch_sheet import Lesson

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Features = NDArray[np.float32]
# Four folds say no better which launches are alike, for five fits instead of three.
_FOLDS = 2
# A season beyond this says no more about which launches sell well.
_LARGEST_UNITS = 200.0


@dataclass(frozen=True)
class ScoreNeighbours:
    """A booster, and what the launches that it learned from sold, by the score that they had out of fold.

    Args:
        booster: Native LightGBM booster.
        scores: Score of each launch, ascending.
        sold: Units of each launch by window, NaN where it is not over; shape (launches, windows).
        rows: Row of each launch in the lesson.
        neighbours: Launches that speak for a candidate.
    """

    booster: Any
    scores: Floats
    sold: Floats
    rows: Ints
    neighbours: int

    @classmethod
    def learn(cls, lesson: Lesson, config: MlConfig, objective: str) -> ScoreNeighbours:
        """Boost on complete seasons; score each launch by trees that did not see its product."""
        whole = lesson.complete
        columns, groups = lesson.columns[whole], lesson.groups[whole]
        season = np.minimum(lesson.sold[whole, lesson.season], _LARGEST_UNITS)
        label = np.log1p(season) if objective == "l2" else season
        grow = partial(_grow, categorical=lesson.categorical, objective=objective, config=config)
        fold, score = groups % _FOLDS, np.zeros(len(label))
        for at in np.unique(fold):
            own = fold == at
            seen = ~own if (~own).any() else own
            score[own] = grow(columns[seen], label[seen]).predict(columns[own])
        order = np.lexsort((lesson.sold[whole, lesson.season], score))
        rows = np.flatnonzero(whole)[order]
        return cls(grow(columns, label), score[order], lesson.sold[rows], rows, config.launch_neighbours)

    def speak(self, columns: Features, windows: Sequence[int]) -> Floats:
        """See `Part.speak`: of the launches whose scores are nearest in rank."""
        if not len(columns):
            return np.zeros((0, len(windows), len(QUANTILES) + 1))
        nearest = self._nearest(columns)
        count = nearest.shape[1]
        near = np.sort(self.sold[nearest][:, :, list(windows)], axis=1)
        levels = np.ceil(np.array(QUANTILES) * count).astype(np.int64) - 1
        return np.concatenate([near[:, levels], near.mean(axis=1, keepdims=True)], axis=1).transpose(0, 2, 1)

    def weights(self, columns: Features, window: int, launches: int) -> Sparse:
        """See `Part.weights`: each of the nearest as much, in every window."""
        from scipy import sparse

        near = self._nearest(columns) if len(columns) else np.zeros((0, 1), dtype=np.int64)
        rows, count = near.shape
        ends = np.arange(0, near.size + 1, count)
        shares = np.full(near.size, 1.0 / count)
        return sparse.csr_array((shares, self.rows[near.reshape(-1)], ends), shape=(rows, launches))

    def _nearest(self, columns: Features) -> Ints:
        """Places in `scores` of the launches that speak for each row; shape (rows, neighbours)."""
        count = min(self.neighbours, len(self.scores))
        place = np.searchsorted(self.scores, self.booster.predict(columns))
        first = np.clip(place - count // 2, 0, len(self.scores) - count)
        return np.asarray(first[:, None] + np.arange(count), dtype=np.int64)

    def save(self, stem: Path) -> None:
        """Write the trees as LightGBM's text, the scores as arrays."""
        stem.with_suffix(".txt").write_text(self.booster.model_to_string())
        arrays = stem.with_suffix(".npz")
        kept = np.int64(self.neighbours)
        np.savez_compressed(arrays, scores=self.scores, sold=self.sold, rows=self.rows, neighbours=kept)

    @classmethod
    def load(cls, stem: Path) -> ScoreNeighbours:
        """Read back what `save` wrote."""
        import lightgbm

        booster = lightgbm.Booster(model_str=stem.with_suffix(".txt").read_text())
        with np.load(stem.with_suffix(".npz"), allow_pickle=False) as kept:
            return cls(booster, kept["scores"], kept["sold"], kept["rows"], int(kept["neighbours"]))


def _grow(columns: Features, label: Floats, categorical: list[int], objective: str, config: MlConfig) -> Any:
    import lightgbm

    options = {
        "objective": objective,
        "num_leaves": 15,
        "learning_rate": config.launch_learning_rate,
        "min_data_in_leaf": min(20, max(2, len(label) // 20)),
        "feature_fraction": 0.3,
        # Of a single row, seven tenths are none.
        "bagging_fraction": 0.7 if len(label) > 1 else 1.0,
        "bagging_freq": 1,
        "max_bin": 127,
        "cat_smooth": 20,
        "min_data_per_group": 50,
        "seed": config.seed,
        "num_threads": config.tree_threads(len(label)),
        "deterministic": True,
        "force_row_wise": True,
        "verbose": -1,
    }
    rows = lightgbm.Dataset(columns, label=label, categorical_feature=categorical)
    return lightgbm.train(options, rows, config.launch_rounds)


def scores(weight: float, objective: str) -> Making:
    """Neighbours by the score of this objective."""
    return Making(weight, partial(ScoreNeighbours.learn, objective=objective), ScoreNeighbours.load)


# Half the forest, half the neighbours by score: of the log of the season, and of its mean.
LAUNCH_TREES = LaunchPartsModel(
    "launch_trees", (replace(FOREST, weight=0.5), scores(0.25, "l2"), scores(0.25, "tweedie"))
)
