"""What models of established products divide units by: the level of the series, as its Monday knows it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.features import DEMAND_FEATURES
from contracts.table import Role

Floats = NDArray[np.float64]
# A series that has not sold has a level too; below a third of a unit a week the noise is the level.
_LEAST_LEVEL = 0.3
# Features in units or customers a week of the series itself: they mean something as a multiple of its level.
SERIES_UNITS = tuple(
    name
    for name in DEMAND_FEATURES.names(Role.FEATURE)
    if name.startswith(("units_", "mailer_units_", "quiet_units_", "customers_"))
)
# The same, with what is derived of the window that is asked for.
IN_UNITS = (*SERIES_UNITS, "usual_units", "same_place_units")


def weekly_level(examples: pd.DataFrame) -> Floats:
    """Units a week: between the last quarter's mean and the last month's, never none."""
    return (examples["units_mean_13"] + examples["units_mean_4"]).to_numpy(np.float64) / 2.0 + _LEAST_LEVEL


def window_level(examples: pd.DataFrame) -> Floats:
    """Units expected in the window if all its weeks were at that level."""
    return weekly_level(examples) * examples["window_weeks"].to_numpy(np.float64)


def signed_log(values: Floats) -> Floats:
    """Logarithm of one more than the size, with the sign kept.

    >>> signed_log(np.array([0.0, -1.0])).round(3).tolist()
    [0.0, -0.693]
    """
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)))
