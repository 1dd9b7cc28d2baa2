"""Exponential smoothing whose form the data choose: error, trend and damping by the corrected Akaike criterion.

Half a year of weeks shows no season, so that none is looked for. From statsforecast (Hyndman & Khandakar 2008).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ml.config import MlConfig
from ml.demand import own_past
from ml.demand.own_past import Floats, OwnPast

# With fewer weeks the criterion has more parameters than it can tell apart; their mean speaks.
_FEWEST_WEEKS = 8


def auto_ets(sold: Floats, horizon_weeks: int) -> Floats:
    """Units of each coming week, never negative.

    Args:
        sold: Units of past weeks, oldest first.
        horizon_weeks: Weeks to forecast.
    """
    if len(sold) < _FEWEST_WEEKS:
        return np.full(horizon_weeks, sold.mean() if len(sold) else 0.0)
    from statsforecast.models import AutoETS

    said = AutoETS(season_length=1).forecast(sold, horizon_weeks)["mean"]
    return np.maximum(np.asarray(said, dtype=np.float64), 0.0)


@dataclass(frozen=True)
class AutoEtsModel:
    """Exponential smoothing with split-conformal quantiles."""

    name: str = "auto_ets"
    phase: str = "established"
    is_baseline: bool = False

    def fit(self, examples: pd.DataFrame, config: MlConfig) -> OwnPast:
        """Learn the ratios of past origins."""
        return own_past.learn(self.name, auto_ets, examples, config)

    def load(self, folder: Path) -> OwnPast:
        """Read back what `save` wrote."""
        return own_past.load(auto_ets, folder)
