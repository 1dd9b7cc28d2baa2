"""The shop's days: the bank holidays of England and Wales, and the day on which nothing is open.

Only rules that hold every year; one-off holidays are left out. How a holiday moves demand is told in `demand.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from shop.config import ShopConfig
from shop.parts import Bools, Texts

# Days beyond the last week that forecasts made when it is over look into; plans look further, as `limits.py` tells.
DAYS_AHEAD = 56

_MONDAY, _SATURDAY, _SUNDAY = 0, 5, 6


@dataclass(frozen=True)
class CalendarDays:
    """One entry a day, from the config's first day to `DAYS_AHEAD` days after its last week.

    holiday (empty on all other days), is_closed (no location opens and nothing is dispatched).
    """

    holiday: Texts
    is_closed: Bools


def calendar_days(config: ShopConfig) -> CalendarDays:
    """The days of the config's weeks and the `DAYS_AHEAD` after them."""
    days = [config.first_day + timedelta(days=number) for number in range(config.weeks * 7 + DAYS_AHEAD)]
    named: dict[date, str] = {}
    for year in range(days[0].year, days[-1].year + 1):
        named |= bank_holidays(year)
    return CalendarDays(
        np.array([named.get(day, "") for day in days], dtype=np.str_),
        np.array([(day.month, day.day) == (12, 25) for day in days], dtype=np.bool_),
    )


def bank_holidays(year: int) -> dict[date, str]:
    """A year's holidays by day; one that falls on a weekend is kept and has a substitute on the next free weekday.

    >>> [str(day) for day, name in bank_holidays(2021).items() if "substitute" in name]
    ['2021-12-27', '2021-12-28']
    """
    easter = easter_sunday(year)
    named = {
        date(year, 1, 1): "New Year's Day",
        easter - timedelta(days=2): "Good Friday",
        easter + timedelta(days=1): "Easter Monday",
        _monday_from(date(year, 5, 1)): "Early May bank holiday",
        _monday_from(date(year, 5, 25)): "Spring bank holiday",
        _monday_from(date(year, 8, 25)): "Summer bank holiday",
        date(year, 12, 25): "Christmas Day",
        date(year, 12, 26): "Boxing Day",
    }
    for day, name in list(named.items()):
        if day.weekday() in (_SATURDAY, _SUNDAY):
            named[_next_free(day, named)] = f"{name} (substitute)"
    return named


def easter_sunday(year: int) -> date:
    """Easter Sunday of the Gregorian calendar: the Sunday after the full moon that the church's tables give.

    >>> str(easter_sunday(2024))
    '2024-03-31'
    """
    golden, century = year % 19, year // 100
    # Age of the moon on 1 January, with the corrections for dropped leap days and for the moon's drift.
    epact = (century - century // 4 - (8 * century + 13) // 25 + 19 * golden + 15) % 30
    moon = epact - (epact // 28) * (1 - (29 // (epact + 1)) * ((21 - golden) // 11))
    weekday = (year + year // 4 + moon + 2 - century + century // 4) % 7
    return date(year, 3, 28) + timedelta(days=moon - weekday)


def _monday_from(day: date) -> date:
    """The first Monday on or after a day."""
    return day + timedelta(days=(_MONDAY - day.weekday()) % 7)


def _next_free(day: date, named: dict[date, str]) -> date:
    """The first weekday after a day that is no holiday yet."""
    while day.weekday() in (_SATURDAY, _SUNDAY) or day in named:
        day += timedelta(days=1)
    return day
