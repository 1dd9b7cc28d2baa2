"""What is typed after `debut`, read: Mondays, week numbers, amounts of money."""

from __future__ import annotations

import argparse
from datetime import date, timedelta


def monday(text: str) -> date:
    """A decision week as typed.

    >>> monday("2017-10-02")
    datetime.date(2017, 10, 2)
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day as YYYY-MM-DD") from None
    if day.weekday() != 0:
        before = day - timedelta(days=day.weekday())
        raise argparse.ArgumentTypeError(f"{day} is no Monday; the decision week it lies in is {before}")
    return day


def week_numbers(text: str) -> list[int]:
    """Weeks as typed: numbers and ranges of them, in order, each once.

    >>> week_numbers("45,30-32")
    [30, 31, 32, 45]
    """
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = (piece.strip() for piece in part.partition("-"))
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise argparse.ArgumentTypeError(f"{text!r}: weeks are numbers as 33,37 or ranges as 30-46")
        if dash and int(last) < int(first):
            raise argparse.ArgumentTypeError(f"{text!r}: {part.strip()} ends before it begins")
        found.update(range(int(first), int(last or first) + 1))
    return sorted(found)


def amount(text: str) -> tuple[str, float]:
    """Money of one thing as typed.

    >>> amount("P-0042=3.5")
    ('P-0042', 3.5)
    """
    what, equals, money = text.rpartition("=")
    try:
        return (what, float(money)) if equals and what else _no_amount(text)
    except ValueError:
        return _no_amount(text)


def _no_amount(text: str) -> tuple[str, float]:
    raise argparse.ArgumentTypeError(f"{text!r} is not NAME=AMOUNT")


def budget(text: str) -> float | tuple[str, float]:
    """A factor on all budgets, or the money of one week.

    >>> budget("0.9"), budget("2017-10-02=5000")
    (0.9, ('2017-10-02', 5000.0))
    """
    if "=" in text:
        week, money = amount(text)
        return monday(week).isoformat(), money
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a factor nor WEEK=AMOUNT") from None
