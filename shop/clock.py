"""From a local business day and a second in it to UTC and back, and at which hours a shop is busy."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from shop.config import ShopConfig
from shop.parts import Floats, Ints

DAY_SECONDS = 86_400
# Shares of an online week by weekday, Monday first.
ONLINE_DAYS = (0.16, 0.15, 0.14, 0.13, 0.13, 0.13, 0.16)
# Clocks change in the night: before this second of a day its first offset holds, from it on its last.
_CHANGED_BY = 4 * 3600
# Shares of a day's trade by hour: a site that never closes, and a store that is open from 8 to 21.
_ONLINE_HOURS = (2, 1, 1, 1, 1, 2, 4, 6, 8, 9, 10, 10, 11, 10, 9, 9, 9, 10, 12, 14, 15, 13, 9, 5)
_STORE_HOURS = (0, 0, 0, 0, 0, 0, 0, 0, 5, 7, 9, 10, 11, 9, 8, 9, 10, 12, 11, 8, 5, 0, 0, 0)


def midnights(config: ShopConfig, first_day: int, days: int) -> Ints:
    """(days + 1,) UTC seconds at which the days from number `first_day` start, and at which the last of them ends."""
    zone = ZoneInfo(config.time_zone)
    dates = [config.first_day + timedelta(days=first_day + number) for number in range(days + 1)]
    return np.array([datetime.combine(day, time.min, zone).timestamp() for day in dates], dtype=np.int64)


def utc_seconds(starts: Ints, day: Ints, second: Ints) -> Ints:
    """UTC seconds of a local second of a day, on the same local day also where clocks change.

    Args:
        starts: What `midnights` gives.
        day: Number of the day, 0 for the first that `starts` knows.
        second: Local second of the day, 0 … 86 399.
    """
    return np.where(second < _CHANGED_BY, starts[day] + second, starts[day + 1] - DAY_SECONDS + second)


def busy_seconds(is_online: bool, uniform: Floats) -> Ints:
    """Local seconds of a day at which customers come, by inversion of the channel's hours."""
    hours = np.array(_ONLINE_HOURS if is_online else _STORE_HOURS, dtype=np.float64)
    open_hours = np.flatnonzero(hours)
    knots = np.append(open_hours, open_hours[-1] + 1) * 3600
    reached = np.concatenate([[0.0], np.cumsum(hours[open_hours]) / hours.sum()])
    return np.interp(uniform, reached, knots).astype(np.int64)
