"""The rule to beat for established products: the mean of the last eight weeks, with conformal quantiles.

Quantiles are the mean times the ratios that past weeks showed, by channel, window and size of the mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.config import MlConfig
from ml.demand.artefacts import Card, Trained, finished
from ml.demand.conformal import Ratios
from ml.lanes import cpu_seconds

_RATIOS = "ratios.json"


def _mean(examples: pd.DataFrame) -> NDArray[np.float64]:
    return np.asarray(examples["units_mean_8"] * examples["window_weeks"], dtype=np.float64)


@dataclass(frozen=True)
class Mean8Weeks(Trained):
    """Ratios of what sold over the mean, by group."""

    ratios: Ratios

    def predict(self, examples: pd.DataFrame) -> pd.DataFrame:
        """See `DemandFitted.predict`."""
        return self.ratios.answer(examples, _mean(examples), _mean(examples))

    def save(self, folder: Path) -> None:
        """Write the card and the ratios."""
        self.card.save(folder)
        (folder / _RATIOS).write_text(self.ratios.to_json())


@dataclass(frozen=True)
class Mean8WeeksModel:
    """Split-conformal quantiles around the mean of eight weeks."""

    name: str = "mean_8_weeks"
    phase: str = "established"
    is_baseline: bool = True
    smallest_group: int = 200

    def fit(self, examples: pd.DataFrame, config: MlConfig) -> Mean8Weeks:
        """Learn the ratios of past origins; the mean learned nothing from their labels."""
        started = cpu_seconds()
        ratios = Ratios.learn(examples, _mean(examples), self.smallest_group)
        card = finished(self.name, self.phase, examples, started, {"smallest_group": self.smallest_group})
        return Mean8Weeks(card, ratios)

    def load(self, folder: Path) -> Mean8Weeks:
        """Read back what `save` wrote."""
        return Mean8Weeks(Card.load(folder), Ratios.from_json((folder / _RATIOS).read_text()))
