"""Demand features a second way: plain loops over order lines, one product, channel and week at a time.

Slow and obvious on purpose; the SQL that it checks is neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean, pstdev
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class ProductHistory:
    """Order lines of one product, with `sold_on` and `channel`, and the promoted (channel, week) pairs.

    Args:
        lines: Order lines of the product.
        mailers: (channel or 'all', week) in the mailer.
        displays: (channel or 'all', week) on display.
    """

    lines: pd.DataFrame
    mailers: frozenset[tuple[str, date]]
    displays: frozenset[tuple[str, date]]


def monday(day: date) -> date:
    """Monday of the week of a day."""
    return day - timedelta(days=day.weekday())


def features(product: ProductHistory, channel: str, week: date) -> dict[str, Any] | None:
    """The product's own features in a channel (or 'all') at a week's end, None when it is not listed."""
    known = product.lines[product.lines["sold_on"] < week + timedelta(days=7)]
    weeks_sold = sorted({monday(day) for day in known.loc[known["units"] > 0, "sold_on"]})
    if not weeks_sold or (week - weeks_sold[-1]).days >= 7 * 13:
        return None
    count = (week - weeks_sold[0]).days // 7 + 1
    weeks = [week - timedelta(weeks=back) for back in range(count)]
    units = [_units(known, channel, each) for each in weeks]
    mailed = [(channel, each) in product.mailers for each in weeks]
    shown = [(channel, each) in product.displays for each in weeks]
    prices = [_price(known, channel, each) for each in weeks]
    priced = [price for price in prices[:13] if price is not None]
    sold = [back for back, sold_units in enumerate(units) if sold_units > 0]
    return {
        "units_26": sum(units[:26]),
        **{f"units_{back + 1}": units[back] if back < count else None for back in range(4)},
        **{f"units_mean_{span}": fmean(units[:span]) for span in (4, 8, 13, 26)},
        "units_std_13": pstdev(units[:13]),
        "units_max_13": max(units[:13]),
        "sold_share_13": fmean(x > 0 for x in units[:13]),
        "weeks_since_sale": sold[0] if sold else None,
        "age_weeks": count - 1,
        "customers_mean_13": fmean(_lines(known, channel, each)["customer_id"].nunique() for each in weeks[:13]),
        "mailer_1": mailed[0],
        "display_1": shown[0],
        "mailer_share_13": fmean(mailed[:13]),
        "display_share_13": fmean(shown[:13]),
        "mailer_units_mean_13": _mean([u for u, m in zip(units[:13], mailed[:13], strict=True) if m]),
        "quiet_units_mean_13": _mean([u for u, m in zip(units[:13], mailed[:13], strict=True) if not m]),
        "shelf_price": prices[0],
        "price_ratio_13": None if prices[0] is None else prices[0] / fmean(priced),
        "discount_1": _discount(known, channel, weeks[:1]),
        "discount_13": _discount(known, channel, weeks[:13]),
        "channel_share_13": _share(known, units, weeks[:13]),
    }


def _lines(lines: pd.DataFrame, channel: str, week: date) -> pd.DataFrame:
    days = lines["sold_on"]
    here = lines[(days >= week) & (days < week + timedelta(days=7))]
    return here if channel == "all" else here[here["channel"] == channel]


def _units(lines: pd.DataFrame, channel: str, week: date) -> int:
    here = _lines(lines, channel, week)
    return sum(max(int(part["units"].sum()), 0) for _, part in here.groupby("channel"))


def _price(lines: pd.DataFrame, channel: str, week: date) -> float | None:
    """The last price up to a week: of the channel, else of any."""
    for place in (channel, "all"):
        earlier = lines[
            (lines["units"] > 0) & (lines["net_revenue"] > 0) & (lines["sold_on"] < week + timedelta(days=7))
        ]
        earlier = earlier if place == "all" else earlier[earlier["channel"] == place]
        if len(earlier):
            here = _lines(earlier, place, monday(max(earlier["sold_on"])))
            return float(here["gross_revenue"].sum() / here["units"].sum())
    return None


def _discount(lines: pd.DataFrame, channel: str, weeks: Sequence[date]) -> float | None:
    here = pd.concat([_lines(lines, channel, week) for week in weeks])
    shelf = here["gross_revenue"].sum()
    return float(1 - here["net_revenue"].sum() / shelf) if round(shelf, 2) else None


def _share(lines: pd.DataFrame, units: Sequence[int], weeks: Sequence[date]) -> float | None:
    total = sum(_units(lines, "all", week) for week in weeks)
    return sum(units[: len(weeks)]) / total if total else None


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


def disagreements(told: Mapping[str, Any], expected: Mapping[str, Any], tolerance: float = 1e-3) -> dict[str, Any]:
    """Features on which SQL and loops differ: name to (SQL, loops). Prices are kept to a hundredth of a cent."""
    found = {}
    for name, value in expected.items():
        is_missing = pd.isna(told[name])
        if is_missing != (value is None) or (value is not None and abs(float(told[name]) - float(value)) > tolerance):
            found[name] = (told[name], value)
    return found
