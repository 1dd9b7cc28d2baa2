"""What models of established products divide units by: the level of the series, as its Monday knows it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# A series that has not sold has a level too; below a third of a unit a week the noise is the level.
_LEAST_LEVEL = 0.3


def weekly_level(examples: pd.DataFrame) -> NDArray[np.float64]:
    """Units a week: between the last quarter's mean and the last month's, never none."""
    return (examples["units_mean_13"] + examples["units_mean_4"]).to_numpy(np.float64) / 2.0 + _LEAST_LEVEL


def window_level(examples: pd.DataFrame) -> NDArray[np.float64]:
    """Units expected in the window if all its weeks were at that level."""
    return weekly_level(examples) * examples["window_weeks"].to_numpy(np.float64)
