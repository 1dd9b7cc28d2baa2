"""A forest for launches in their first weeks whose leaves are distributions: launches that began alike speak for one.

Quantile losses collapse on counts that are mostly zero, so the trees only sort launches into leaves;
quantiles are read off the units that the launches of those leaves sold (a quantile regression forest).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.predictions import QUANTILES
from ml.config import MlConfig
from ml.demand.artefacts import Card, Trained, finished
from ml.demand.encoding import Encoder
from ml.demand.examples import feature_names
from ml.demand.interface import ACTUAL, ALL_CHANNELS
from ml.demand.quantiles import as_frame

Floats = NDArray[np.float64]
# Counts are kept exactly up to 40, then in steps of an eighth: fine enough for any quantile we state.
_EDGES = np.unique(np.concatenate([np.arange(41.0), np.round(40.0 * 1.125 ** np.arange(1, 80))]))
_CHUNK_ROWS = 4096
_TREES, _LEAVES, _LEAF_ROWS = 60, 63, 10


@dataclass(frozen=True)
class LeafForest:
    """Trees and, for each leaf, the shares of its launches by bin of units.

    Args:
        booster: Native LightGBM booster; only its leaves are used.
        shares: Share of a leaf's launches in each bin; shape (trees, leaves, bins).
        units: Mean units of each bin's launches; shape (bins,).
    """

    booster: Any
    shares: NDArray[np.float32]
    units: Floats

    @classmethod
    def grow(cls, columns: NDArray[np.float32], sold: Floats, categorical: list[int], config: MlConfig) -> LeafForest:
        """Grow trees on log units, then fill their leaves with what sold."""
        import lightgbm

        rows = lightgbm.Dataset(columns, label=np.log1p(sold), categorical_feature=categorical)
        booster = lightgbm.train(_options(config, len(columns)), rows, _TREES)
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


@dataclass(frozen=True)
class EarlyForest(Trained):
    """One forest a kind of channel, width and offset of the window, and the encoder of their columns."""

    encoder: Encoder
    forests: dict[str, LeafForest]

    def predict(self, examples: pd.DataFrame) -> pd.DataFrame:
        """See `DemandFitted.predict`.

        Raises:
            ValueError: A window that no completed launch speaks of.
        """
        columns, names = self.encoder.matrix(examples), _forest_names(examples)
        unknown = sorted(set(names) - set(self.forests))
        if unknown:
            raise ValueError(f"{self.name}: no completed launch for {unknown} (channel/weeks/offset)")
        quantiles, mean = np.zeros((len(examples), len(QUANTILES))), np.zeros(len(examples))
        for name, forest in self.forests.items():
            rows = names == name
            quantiles[rows], mean[rows] = forest.predict(columns[rows])
        return as_frame(quantiles, mean, examples.index)

    def save(self, folder: Path) -> None:
        """Write the card, the encoder and each forest: trees as LightGBM's text, leaves as an array."""
        self.card.save(folder)
        (folder / "encoder.json").write_text(self.encoder.to_json())
        (folder / "forests.json").write_text(json.dumps(sorted(self.forests)))
        for at, name in enumerate(sorted(self.forests)):
            forest = self.forests[name]
            (folder / f"trees_{at}.txt").write_text(forest.booster.model_to_string())
            np.savez_compressed(folder / f"leaves_{at}.npz", shares=forest.shares, units=forest.units)


@dataclass(frozen=True)
class EarlyForestModel:
    """LightGBM in random-forest mode, read as distributions."""

    name: str = "early_forest"
    phase: str = "early"
    is_baseline: bool = False

    def fit(self, examples: pd.DataFrame, config: MlConfig) -> EarlyForest:
        """Grow one forest a kind of channel, width and offset of the window: no tree must find the window itself."""
        started = process_time()
        ordered = examples.sort_values(["origin_week", "product_id", "channel", "window_weeks", "offset_weeks"])
        encoder = Encoder.learn(ordered, feature_names(self.phase), _LEAF_ROWS)
        columns, names = encoder.matrix(ordered), _forest_names(ordered)
        sold = ordered[ACTUAL].to_numpy(np.float64)
        forests = {
            str(name): LeafForest.grow(columns[names == name], sold[names == name], encoder.categorical, config)
            for name in np.unique(names)
        }
        params = {**_options(config, len(ordered)), "trees": _TREES, "label": "log of 1 + units"}
        return EarlyForest(finished(self.name, self.phase, examples, started, params), encoder, forests)

    def load(self, folder: Path) -> EarlyForest:
        """Read back what `save` wrote."""
        import lightgbm

        forests = {}
        for at, name in enumerate(json.loads((folder / "forests.json").read_text())):
            booster = lightgbm.Booster(model_str=(folder / f"trees_{at}.txt").read_text())
            with np.load(folder / f"leaves_{at}.npz", allow_pickle=False) as leaves:
                forests[name] = LeafForest(booster, leaves["shares"], leaves["units"])
        return EarlyForest(Card.load(folder), Encoder.from_json((folder / "encoder.json").read_text()), forests)


def _forest_names(examples: pd.DataFrame) -> NDArray[np.str_]:
    kind = np.where(examples["channel"] == ALL_CHANNELS, "total", "channel")
    width, offset = (examples[name].to_numpy(np.int64).astype(str) for name in ("window_weeks", "offset_weeks"))
    return np.char.add(np.char.add(np.char.add(kind, "/"), np.char.add(width, "/")), offset)


def _options(config: MlConfig, rows: int) -> dict[str, Any]:
    return {
        "boosting": "rf",
        "objective": "l2",
        "num_leaves": _LEAVES,
        "min_data_in_leaf": _LEAF_ROWS,
        "feature_fraction": 0.5,
        "bagging_fraction": 0.6,
        "bagging_freq": 1,
        "max_bin": 127,
        "cat_smooth": 10,
        "min_data_per_group": _LEAF_ROWS,
        "seed": config.seed,
        "num_threads": config.tree_threads(rows),
        "deterministic": True,
        "force_row_wise": True,
        "verbose": -1,
    }
