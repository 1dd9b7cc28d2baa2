"""How figures, weeks and names read in a report. No frame is touched here."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import pandas as pd

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]+")

POLICIES = {
    "debut": "Debut",
    "debut_without_hold_back": "plan with nothing held back",
    "buyers_rule": "buyer's rule",
    "mean_forecast": "mean forecast",
    "greedy": "greedy rule",
    "base_stock": "base-stock rule",
    "newsvendor": "newsvendor rule",
    "oracle": "oracle",
    "oracle_of_demand": "oracle of demand",
}


def money(amount: float | None, currency: str = "USD") -> str:
    """Money without cents from 100 on, with its sign in front.

    >>> money(-1234.5), money(9.5), money(1234.5, "SEK")
    ('-$1,234', '$9.50', 'SEK 1,234')
    """
    if is_missing(amount):
        return "–"
    value = float(amount)  # type: ignore[arg-type]
    symbol = _SYMBOLS.get(currency, f"{currency} ")
    digits = 0 if abs(value) >= 100 or value == 0 else 2
    return f"{'-' if round(value, digits) < 0 else ''}{symbol}{abs(value):,.{digits}f}"


def share(value: float | None, digits: int = 0) -> str:
    """A share as per cent.

    >>> share(0.123), share(0.123, 1)
    ('12 %', '12.3 %')
    """
    return "–" if is_missing(value) else f"{100 * float(value):,.{digits}f} %"  # type: ignore[arg-type]


def number(value: float | None, digits: int = 0) -> str:
    """A plain number with thousands separated."""
    return "–" if is_missing(value) else f"{float(value):,.{digits}f}"  # type: ignore[arg-type]


def day(moment: object) -> str:
    """A day in words: 2 Oct 2017.

    >>> day(pd.Timestamp("2017-10-02"))
    '2 Oct 2017'
    """
    if is_missing(moment):
        return "–"
    stamp = pd.Timestamp(str(moment))
    return f"{stamp.day} {stamp:%b %Y}"


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """A count with its noun.

    >>> counted(1, "launch", "launches"), counted(1200, "unit")
    ('1 launch', '1,200 units')
    """
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def listed(parts: Sequence[str]) -> str:
    """Parts as one writes them in a sentence.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def policy(name: str) -> str:
    """What a policy is called in a sentence."""
    return POLICIES.get(name, name.replace("_", " "))


def policy_in_world(name: str) -> str:
    """The same beside an oracle that knew the demand: the replay's oracle knew what was sold."""
    return "oracle of sales" if name == "oracle" else policy(name)


def safe_text(value: object, longest: int = 200) -> str:
    """Text from outside, made harmless: no control characters, no spreadsheet formula, not endless.

    HTML is escaped by the page, not here.

    >>> safe_text("=HYPERLINK(1)")
    "'=HYPERLINK(1)"
    """
    if is_missing(value):
        return "–"
    text = _CONTROLS.sub(" ", str(value)).strip()
    text = text if len(text) <= longest else text[: longest - 1] + "…"
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def is_missing(value: object) -> bool:
    """Whether there is nothing to say."""
    return value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value))
