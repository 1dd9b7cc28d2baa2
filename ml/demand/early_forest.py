"""A forest for launches in their first weeks whose leaves are distributions: launches that began alike speak for one."""

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
from ml.demand.interface import ACTUAL, ALL_CHANNELS
from ml.demand.leaf_forest import LeafForest, load_forests, save_forests
from ml.demand.quantiles import as_frame
from ml.lanes import cpu_seconds

Floats = NDArray[np.float64]
_TREES, _LEAF_ROWS = 60, 10


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
        """Write the card, the encoder and the forests."""
        self.card.save(folder)
        (folder / "encoder.json").write_text(self.encoder.to_json())
        save_forests(self.forests, folder)


@dataclass(frozen=True)
class EarlyForestModel:
    """LightGBM in random-forest mode, read as distributions."""

    name: str = "early_forest"
    phase: str = "early"
    is_baseline: bool = False

    def fit(self, examples: pd.DataFrame, config: MlConfig) -> EarlyForest:
        """Grow one forest a kind of channel, width and offset of the window: no tree must find the window itself."""
        started = cpu_seconds()
        ordered = examples.sort_values(["origin_week", "product_id", "channel", "window_weeks", "offset_weeks"])
        encoder = Encoder.learn(ordered, feature_names(self.phase), _LEAF_ROWS)
        columns, names = encoder.matrix(ordered), _forest_names(ordered)
        sold = ordered[ACTUAL].to_numpy(np.float64)
        forests = {
            str(name): LeafForest.grow(
                columns[names == name], sold[names == name], encoder.categorical, _TREES, _LEAF_ROWS, config
            )
            for name in np.unique(names)
        }
        params = {"trees": _TREES, "leaf_rows": _LEAF_ROWS, "label": "log of 1 + units", "seed": config.seed}
        return EarlyForest(finished(self.name, self.phase, examples, started, params), encoder, forests)

    def load(self, folder: Path) -> EarlyForest:
        """Read back what `save` wrote."""
        encoder = Encoder.from_json((folder / "encoder.json").read_text())
        return EarlyForest(Card.load(folder), encoder, dict(load_forests(folder)))


def _forest_names(examples: pd.DataFrame) -> NDArray[np.str_]:
    kind = np.where(examples["channel"] == ALL_CHANNELS, "total", "channel")
    width, offset = (examples[name].to_numpy(np.int64).astype(str) for name in ("window_weeks", "offset_weeks"))
    return np.char.add(np.char.add(np.char.add(kind, "/"), np.char.add(width, "/")), offset)
