"""Exponential smoothing whose form the data choose: error, trend and damping by the corrected Akaike criterion.

Half a year of weeks shows no season, so that none is looked for. From statsforecast (Hyndman & Khandakar 2008).
"""

from __future__ import annotations

import numpy as np

from ml.demand.own_past import Floats, OwnPastModel

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
    from statsforecast import models

    said = models.AutoETS(season_length=1).forecast(sold, horizon_weeks)["mean"]
    return np.maximum(np.asarray(said, dtype=np.float64), 0.0)


AUTO_ETS = OwnPastModel("auto_ets", auto_ets)
