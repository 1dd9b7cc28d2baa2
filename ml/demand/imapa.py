"""IMAPA: past weeks summed to blocks of one week, two weeks and more, each smoothed, the results averaged.

Made for demand with many weeks of zero; how wide blocks grow follows the mean gap between sales. From statsforecast
(Syntetos & Boylan 2021, intermittent multiple aggregation prediction algorithm).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ml.config import MlConfig
from ml.demand import own_past
from ml.demand.own_past import Floats, OwnPast

# Of fewer weeks nothing can be smoothed; their mean speaks.
_FEWEST_WEEKS = 3


def imapa(sold: Floats, horizon_weeks: int) -> Floats:
    """Units of each coming week, all the same.

    Args:
        sold: Units of past weeks, oldest first.
        horizon_weeks: Weeks to forecast.
    """
    if len(sold) < _FEWEST_WEEKS:
        return np.full(horizon_weeks, sold.mean() if len(sold) else 0.0)
    from statsforecast.models import IMAPA

    return np.asarray(IMAPA().forecast(sold, horizon_weeks)["mean"], dtype=np.float64)


@dataclass(frozen=True)
class ImapaModel:
    """IMAPA with split-conformal quantiles."""

    name: str = "imapa"
    phase: str = "established"
    is_baseline: bool = False

    def fit(self, examples: pd.DataFrame, config: MlConfig) -> OwnPast:
        """Learn the ratios of past origins."""
        return own_past.learn(self.name, imapa, examples, config)

    def load(self, folder: Path) -> OwnPast:
        """Read back what `save` wrote."""
        return own_past.load(imapa, folder)
