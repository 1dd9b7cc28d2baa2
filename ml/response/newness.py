"""Which products count as new: one rule for lists, their floors and how exposure is told."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.predictions import EARLY_WEEKS


def is_new(age_weeks: pd.Series[float]) -> NDArray[np.bool_]:
    """Whether each product is not sold yet (no age), or in its first eight weeks.

    Args:
        age_weeks: Weeks from the Monday of the first sale's week to that of the week asked about.

    >>> is_new(pd.Series([np.nan, 0.0, 7.0, 8.0])).tolist()
    [True, True, True, False]
    """
    return ~(age_weeks.to_numpy(dtype=np.float64, na_value=np.nan) >= EARLY_WEEKS)
