"""Walls in time: what a given Monday may know, and which labels are over by then.

A frame handed to `ml` is already cut at its decision week. Looking further back, as a backtest does,
means cutting it again here.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.table import Table

WEEK = pd.Timedelta(days=7)


def weeks_after(week: pd.Timestamp, weeks: int) -> pd.Timestamp:
    """The Monday that many weeks later; earlier for a negative number."""
    return pd.Timestamp(week) + weeks * WEEK


def known_by(frame: pd.DataFrame, table: Table, week: pd.Timestamp) -> pd.DataFrame:
    """The rows of a table that may be used on this Monday.

    Raises:
        ValueError: The table declares no `known_on`.
    """
    if table.known_on is None:
        raise ValueError(f"{table.name} declares no known_on; only a table of features can be cut in time")
    return frame.loc[frame[table.known_on] <= pd.Timestamp(week)]


def week_number(weeks: pd.Series, start: pd.Timestamp) -> NDArray[np.int64]:
    """Whole weeks from `start`, negative before it.

    >>> week_number(pd.Series(pd.to_datetime(["2017-01-16"])), pd.Timestamp("2017-01-02")).tolist()
    [2]
    """
    return np.asarray((weeks - pd.Timestamp(start)).dt.days // 7, dtype=np.int64)


def is_over(target_week: pd.Series, window_weeks: pd.Series, week: pd.Timestamp) -> pd.Series:
    """Whether the whole window lies before this Monday, so that its label may be learned from."""
    return target_week + window_weeks * WEEK <= pd.Timestamp(week)


def origins_before(week: pd.Timestamp, weeks: int, stride: int) -> list[pd.Timestamp]:
    """Mondays from which past forecasts could have been made, newest first, `stride` weeks apart."""
    return [weeks_after(week, -back) for back in range(1, weeks + 1, stride)]
