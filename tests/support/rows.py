"""Rows of raw tables that the made-up shops have in common: locations, launch candidates and order lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd

FIRST_WEEK = date(2023, 1, 2)
ANNOUNCED_BEFORE = timedelta(weeks=8)
_ORDER_LINE = [
    "order_id",
    "product_id",
    "location_id",
    "customer_id",
    "sold_at",
    "units",
    "net_revenue",
    "gross_revenue",
]


def monday(week: int) -> date:
    """Monday of a week of the made-up year."""
    return FIRST_WEEK + timedelta(weeks=int(week))


def locations(channels: Mapping[str, str]) -> pd.DataFrame:
    """RAW_LOCATIONS of a channel by location, all in New York."""
    return pd.DataFrame(
        {"location_id": list(channels), "channel": list(channels.values()), "time_zone": "America/New_York"}
    )


def candidates(planned: Mapping[str, int], prices: Sequence[float]) -> pd.DataFrame:
    """RAW_LAUNCH_CANDIDATES of a planned week by product: four weeks to launch in, announced eight weeks before."""
    weeks = [monday(week) for week in planned.values()]
    return pd.DataFrame(
        {
            "product_id": list(planned),
            "planned_week": weeks,
            "earliest_week": weeks,
            "latest_week": [week + timedelta(weeks=3) for week in weeks],
            "planned_price": list(prices),
            "is_mandatory": False,
            "announced_on": [week - ANNOUNCED_BEFORE for week in weeks],
        }
    )


def order_lines(rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    """RAW_SALES of (order, product, location, customer, moment, units, net, gross)."""
    return pd.DataFrame(rows, columns=_ORDER_LINE)
