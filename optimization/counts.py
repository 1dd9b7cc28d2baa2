"""Counts of stock: which were taken before a week began, and what they say of each channel's pool.

Lives here: from raw counts, by channel or by location, to units on hand and on order. Does not live here: what is
assumed or carried where nothing was counted (`stock.py`).
"""

from __future__ import annotations

import pandas as pd

_KEYS = ["product_id", "channel"]
_WEEK = pd.Timedelta(days=7)
# The channel of locations that no master data name, as dbt's stg_locations has it.
_SHOP = "shop"


def counted_pools(
    raw_inventory: pd.DataFrame, raw_locations: pd.DataFrame, shop_time_zone: str, week: pd.Timestamp
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """On hand and on order of every product and channel that was counted in the week before `week`.

    A count's day is the business day of its location, else of the shop; days before the Monday `week` count. Of each
    place the newest count holds. A count without a location is of the whole channel and rules when it is of the
    last week. Else the channel's locations add up, each with its newest count, when one of them is of the last week.

    Args:
        raw_inventory: RAW_INVENTORY, moments in UTC; optional columns may be absent.
        raw_locations: RAW_LOCATIONS: channel and time zone of each location; may be empty.
        shop_time_zone: Of counts whose location names none.
        week: The Monday at whose start stock is wanted.

    Returns:
        One row a product and channel: on_hand. One row a product, channel and due_week (Monday, `week` at the
        earliest): on_order.
    """
    wanted = [*_KEYS, "location_id", "counted_at", "on_hand_units", "on_order_units", "due_on"]
    counts = _placed(raw_inventory.reindex(columns=wanted), raw_locations, shop_time_zone)
    newest = _newest(counts[counts["counted_on"] < week])
    is_recent, is_whole = newest["counted_on"] >= week - _WEEK, newest["location_id"].isna()
    by_line = [newest[name] for name in _KEYS]
    has_whole = (is_recent & is_whole).groupby(by_line).transform("any")
    has_recent = is_recent.groupby(by_line).transform("any")
    rows = newest[is_whole.where(has_whole, has_recent & ~is_whole)]
    on_hand = rows.groupby(_KEYS)["on_hand_units"].sum().rename("on_hand").reset_index()
    return on_hand, _due(rows, week)


def business_days(moments: pd.Series, time_zones: pd.Series) -> pd.Series:
    """Midnight of the day that each UTC moment falls on in its time zone.

    >>> business_days(pd.Series([pd.Timestamp("2017-10-02 03:00")]), pd.Series(["America/New_York"]))[0]
    Timestamp('2017-10-01 00:00:00')
    """
    days = pd.to_datetime(moments)
    for zone in time_zones.unique():
        local = days.dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None).dt.normalize()
        days = days.where(time_zones != zone, local)
    return days


def _placed(counts: pd.DataFrame, raw_locations: pd.DataFrame, shop_time_zone: str) -> pd.DataFrame:
    """The counts with the channel that holds the stock and the business day."""
    places = raw_locations[["location_id", "channel", "time_zone"]].astype(object)
    known = counts.merge(places, on="location_id", how="left", suffixes=("", "_of_place"), validate="many_to_one")
    channel = known["channel_of_place"].fillna(known["channel"]).fillna(_SHOP)
    day = business_days(known["counted_at"], known["time_zone"].fillna(shop_time_zone))
    return known.drop(columns=["channel_of_place", "time_zone"]).assign(channel=channel, counted_on=day)


def _newest(counts: pd.DataFrame) -> pd.DataFrame:
    """The newest count of each product and place."""
    last = counts.groupby([*_KEYS, "location_id"], dropna=False)["counted_at"].transform("max")
    return counts[counts["counted_at"] == last].reset_index(drop=True)


def _due(rows: pd.DataFrame, week: pd.Timestamp) -> pd.DataFrame:
    """Units outstanding by the Monday of the week they are due; what is overdue is due now."""
    due = rows[rows["due_on"].notna() & rows["on_order_units"].fillna(0).gt(0)]
    day = pd.to_datetime(due["due_on"])
    monday = day - pd.to_timedelta(day.dt.day_of_week, unit="D")
    orders = due.assign(due_week=monday.where(monday >= week, week), on_order=due["on_order_units"].astype("int64"))
    return orders.groupby([*_KEYS, "due_week"])["on_order"].sum().reset_index()
