"""Boosted trees for established products: one booster a quantile and one for the mean, all horizons at once.

Units are learned as a multiple of the series' own recent level, and rows weigh by that level, so that
the loss stays one in units.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from contracts.explanations import BASE
from contracts.predictions import MEAN, QUANTILES
from ml.config import MlConfig
from ml.demand.artefacts import Card, Trained, finished
from ml.demand.encoding import Encoder
from ml.demand.examples import feature_names
from ml.demand.interface import ACTUAL, LEVELS
from ml.demand.quantiles import as_frame
from ml.demand.scale import window_level
from ml.lanes import cpu_seconds

_RARE_ROWS = 200


def _file(level: float) -> str:
    return "mean.txt" if level == MEAN else f"quantile_{level}.txt"


@dataclass(frozen=True)
class LightgbmQuantiles(Trained):
    """One native booster a level and the encoder of their columns."""

    encoder: Encoder
    boosters: dict[float, Any]

    def predict(self, examples: pd.DataFrame) -> pd.DataFrame:
        """See `DemandFitted.predict`."""
        columns, level = self.encoder.matrix(examples), window_level(examples)
        answers = {at: np.asarray(booster.predict(columns)) * level for at, booster in self.boosters.items()}
        return as_frame(np.column_stack([answers[q] for q in QUANTILES]), answers[MEAN], examples.index)

    def mean_factors(self, examples: pd.DataFrame) -> pd.DataFrame:
        """What the mean of each example is made of, by TreeSHAP: the trees add up the logarithm of units over level.

        Returns:
            One row an example: `base`, in units, and for each feature what it multiplies them by. The product of a
            row is the mean (Lundberg et al. 2020, "From local explanations to global understanding").
        """
        told = np.asarray(self.boosters[MEAN].predict(self.encoder.matrix(examples), pred_contrib=True))
        factors = pd.DataFrame(np.exp(told), index=examples.index, columns=[*self.encoder.features, BASE])
        return factors.assign(**{BASE: factors[BASE] * window_level(examples)})

    def save(self, folder: Path) -> None:
        """Write the card, the encoder as JSON and each booster as LightGBM's text."""
        self.card.save(folder)
        (folder / "encoder.json").write_text(self.encoder.to_json())
        for level, booster in self.boosters.items():
            (folder / _file(level)).write_text(booster.model_to_string())


@dataclass(frozen=True)
class LightgbmModel:
    """LightGBM with the quantile objective, direct over horizons and windows."""

    name: str = "lightgbm"
    phase: str = "established"
    is_baseline: bool = False

    def fit(self, examples: pd.DataFrame, config: MlConfig) -> LightgbmQuantiles:
        """Learn every level from a sample of the examples."""
        import lightgbm

        started = cpu_seconds()
        # Sorted first, so that the order of the frame cannot reach the sample.
        ordered = examples.sort_values(["origin_week", "product_id", "channel", "window_weeks", "offset_weeks"])
        size = min(len(ordered), config.demand_rows)
        drawn = ordered.iloc[np.sort(np.random.default_rng(config.seed).choice(len(ordered), size, replace=False))]
        encoder = Encoder.learn(drawn, feature_names(self.phase), min(_RARE_ROWS, max(size // 100, 1)))
        level = window_level(drawn)
        rows = lightgbm.Dataset(
            encoder.matrix(drawn),
            label=drawn[ACTUAL].to_numpy(np.float64) / level,
            weight=level,
            feature_name=list(encoder.features),
            categorical_feature=encoder.categorical,
            params=_options(MEAN, config),
            free_raw_data=True,
        ).construct()
        boosters = {at: lightgbm.train(_options(at, config), rows, config.demand_trees) for at in LEVELS}
        params = {
            **_options(MEAN, config),
            "objective": "quantile, poisson for the mean",
            "trees": config.demand_trees,
            "sampled_rows": size,
        }
        return LightgbmQuantiles(finished(self.name, self.phase, examples, started, params), encoder, boosters)

    def load(self, folder: Path) -> LightgbmQuantiles:
        """Read back what `save` wrote."""
        import lightgbm

        boosters = {at: lightgbm.Booster(model_str=(folder / _file(at)).read_text()) for at in LEVELS}
        return LightgbmQuantiles(Card.load(folder), Encoder.from_json((folder / "encoder.json").read_text()), boosters)


def _options(level: float, config: MlConfig) -> dict[str, Any]:
    aim: dict[str, Any] = {"objective": "poisson"} if level == MEAN else {"objective": "quantile", "alpha": level}
    return {
        **aim,
        "num_leaves": config.demand_leaves,
        "learning_rate": config.demand_learning_rate,
        "min_data_in_leaf": config.demand_leaf_rows,
        "feature_fraction": config.demand_feature_share,
        "max_bin": 63,
        "cat_smooth": 50,
        "min_data_per_group": 200,
        "seed": config.seed,
        "num_threads": config.tree_threads(config.demand_rows),
        "deterministic": True,
        "force_row_wise": True,
        "verbose": -1,
    }
