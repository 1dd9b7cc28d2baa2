"""Random forests for established products, whose leaves are distributions of units as a multiple of the level.

A tree that minimises squared error has no reason to part slow sellers, whose multiples spread widely, from fast ones.
So each width of the window and size of the level has a forest of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.predictions import QUANTILES
from ml.config import MlConfig
from ml.demand.artefacts import Card, Trained, finished
from ml.demand.encoding import Encoder
from ml.demand.examples import feature_names
from ml.demand.interface import ACTUAL
from ml.demand.leaf_forest import LeafForest, load_forests, save_forests
from ml.demand.quantiles import as_frame
from ml.demand.scale import IN_UNITS, weekly_level, window_level
from ml.lanes import cpu_seconds

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
# Weekly levels that part the forests.
_SIZE_EDGES = (1.0, 3.0, 8.0)
# A leaf counts twentieths of the level: exactly up to twice the level, in steps of an eighth beyond.
_STEPS_A_LEVEL = 20.0
_RARE_ROWS = 200
_TELLS_THE_LEVEL = "units_mean_26"
_TREES, _LEAF_ROWS = 60, 50
# A size with fewer leaves' worth of rows than this is answered by the next one.
_LEAST_LEAVES = 20


@dataclass(frozen=True)
class RandomForest(Trained):
    """Forests by width and size, and the encoder of their columns."""

    encoder: Encoder
    forests: dict[tuple[int, int], LeafForest]

    def predict(self, examples: pd.DataFrame) -> pd.DataFrame:
        """See `DemandFitted.predict`."""
        columns, level = _columns(self.encoder, examples), window_level(examples)
        width, size = examples["window_weeks"].to_numpy(np.int64), _sizes(examples)
        quantiles, mean = np.zeros((len(examples), len(QUANTILES))), np.zeros(len(examples))
        for asked in sorted(set(zip(width.tolist(), size.tolist(), strict=True))):
            rows = (width == asked[0]) & (size == asked[1])
            steps, steps_mean = self.forests[self._nearest(asked)].predict(columns[rows])
            quantiles[rows], mean[rows] = steps * level[rows, None], steps_mean * level[rows]
        return as_frame(quantiles / _STEPS_A_LEVEL, mean / _STEPS_A_LEVEL, examples.index)

    def _nearest(self, asked: tuple[int, int]) -> tuple[int, int]:
        """The forest of this width whose size is nearest.

        Raises:
            ValueError: A width that was never learned.
        """
        held = [(abs(size - asked[1]), size) for width, size in self.forests if width == asked[0]]
        if not held:
            raise ValueError(f"{self.name}: no window of {asked[0]} weeks was learned; train it on longer horizons")
        return asked[0], min(held)[1]

    def save(self, folder: Path) -> None:
        """Write the card, the encoder and the forests."""
        self.card.save(folder)
        (folder / "encoder.json").write_text(self.encoder.to_json())
        save_forests(self.forests, folder)


@dataclass(frozen=True)
class RandomForestModel:
    """LightGBM in random-forest mode, read as distributions."""

    name: str = "random_forest"
    phase: str = "established"
    is_baseline: bool = False

    def fit(self, examples: pd.DataFrame, config: MlConfig) -> RandomForest:
        """Grow the forests on a sample of the examples."""
        started = cpu_seconds()
        ordered = examples.sort_values(["origin_week", "product_id", "channel", "window_weeks", "offset_weeks"])
        kept = min(len(ordered), config.demand_rows)
        drawn = ordered.iloc[np.sort(np.random.default_rng(config.seed).choice(len(ordered), kept, replace=False))]
        encoder = Encoder.learn(drawn, feature_names(self.phase), min(_RARE_ROWS, max(kept // 100, 1)))
        columns = _columns(encoder, drawn)
        steps = _STEPS_A_LEVEL * drawn[ACTUAL].to_numpy(np.float64) / window_level(drawn)
        leaf_rows = min(_LEAF_ROWS, max(5, kept // 1000))
        width, size = drawn["window_weeks"].to_numpy(np.int64), _sizes(drawn)
        forests = {}
        for name in _worth_growing(width, size, _LEAST_LEAVES * leaf_rows):
            rows = (width == name[0]) & (size == name[1])
            forests[name] = LeafForest.grow(columns[rows], steps[rows], encoder.categorical, _TREES, leaf_rows, config)
        params = {
            "trees": _TREES,
            "leaf_rows": leaf_rows,
            "forests": len(forests),
            "sampled_rows": kept,
            "seed": config.seed,
        }
        return RandomForest(finished(self.name, self.phase, examples, started, params), encoder, forests)

    def load(self, folder: Path) -> RandomForest:
        """Read back what `save` wrote."""
        forests = {(width, size): forest for (width, size), forest in load_forests(folder)}
        return RandomForest(Card.load(folder), Encoder.from_json((folder / "encoder.json").read_text()), forests)


def _columns(encoder: Encoder, examples: pd.DataFrame) -> Singles:
    """The encoder's matrix with units as multiples of the level, as the label is; half a year's mean tells the level."""
    columns, level = encoder.matrix(examples), weekly_level(examples).astype(np.float32)
    for at, name in enumerate(encoder.features):
        if name in IN_UNITS and name != _TELLS_THE_LEVEL:
            columns[:, at] /= level
    return columns


def _sizes(examples: pd.DataFrame) -> NDArray[np.int64]:
    return np.asarray(np.searchsorted(_SIZE_EDGES, weekly_level(examples)), dtype=np.int64)


def _worth_growing(width: NDArray[np.int64], size: NDArray[np.int64], rows: int) -> list[tuple[int, int]]:
    """Widths and sizes with at least so many rows; of each width at least the size with most."""
    found = []
    for one in np.unique(width):
        counts = np.bincount(size[width == one], minlength=len(_SIZE_EDGES) + 1)
        found += [(int(one), at) for at, count in enumerate(counts) if count >= rows or at == counts.argmax()]
    return found
