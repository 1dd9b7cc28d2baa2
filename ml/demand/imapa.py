"""IMAPA: past weeks summed to blocks of one week, two weeks and more, each smoothed, the results averaged.

Made for demand with many weeks of zero; how wide blocks grow follows the mean gap between sales. From statsforecast
(Syntetos & Boylan 2021, intermittent multiple aggregation prediction algorithm).
"""

from __future__ import annotations

import numpy as np

from ml.demand.own_past import Floats, OwnPastModel

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
    from statsforecast import models

    return np.asarray(models.IMAPA().forecast(sold, horizon_weeks)["mean"], dtype=np.float64)


IMAPA = OwnPastModel("imapa", imapa)
