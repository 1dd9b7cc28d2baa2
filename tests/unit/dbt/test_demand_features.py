"""Demand features against plain loops, and the rows that must or must not be there."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import duckdb
import pandas as pd
import pytest
from support.dbt_shop import CHANNELS, LAUNCHES, UNANNOUNCED, VARIABLES, WEEKS, raw_rows
from support.demand_oracle import ProductHistory, disagreements, features, monday
from support.rows import FIRST_WEEK

# Both channels have two locations, so two must run a promotion for it to count; the chain needs as many.
_ENOUGH = 2
# Loops are slow: the weeks of the odd rows (5, 10), of the silent product's return (24), and some between.
_CHECKED = (0, 5, 10, 16, 24, 29)


def _history(product_id: str) -> ProductHistory:
    rows = raw_rows()
    sales = rows["raw_sales"]
    local = sales["sold_at"].dt.tz_localize("UTC").dt.tz_convert("America/New_York")
    lines = sales.assign(sold_on=local.dt.date, channel=sales["location_id"].map(CHANNELS))
    lines = lines[(lines["product_id"] == product_id) & (lines["sold_on"] >= FIRST_WEEK)]
    promotions = rows["raw_promotions"]
    promotions = promotions[promotions["product_id"] == product_id]
    return ProductHistory(lines, _promoted(promotions, "mail"), _promoted(promotions, "display|homepage"))


def _promoted(promotions: pd.DataFrame, words: str) -> frozenset[tuple[str, date]]:
    places: dict[tuple[str, date], set[str]] = {}
    for row in promotions[promotions["placement"].str.contains(words)].itertuples():
        is_plan = pd.isna(row.location_id) and not pd.isna(row.announced_on)
        weeks = range((monday(row.ends_on) - monday(row.starts_on)).days // 7 + 1)
        for location, channel in CHANNELS.items():
            is_here = row.location_id == location or (pd.isna(row.location_id) and row.channel == channel)
            for week in weeks:
                if is_here and not is_plan:
                    for name in (channel, "all"):
                        places.setdefault((name, monday(row.starts_on) + timedelta(weeks=week)), set()).add(location)
    return frozenset(key for key, found in places.items() if len(found) >= _ENOUGH)


@pytest.mark.parametrize("product_id", ["P0", "P1", "P5", "P6", "N1"])
def test_every_row_is_what_plain_loops_over_order_lines_say(product_id: str, con: duckdb.DuckDBPyConnection) -> None:
    history = _history(product_id)
    told = con.execute("select * from features.demand_features where product_id = ?", [product_id]).df()
    rows = {(row["channel"], row["week"].date()): row for row in told.to_dict("records")}
    for channel in ("large", "small", "all"):
        for number in _CHECKED:
            week = FIRST_WEEK + timedelta(weeks=number)
            expected = features(history, channel, week)
            row: dict[str, Any] | None = rows.get((channel, week))
            assert (row is None) == (expected is None), (channel, week)
            if row is not None and expected is not None:
                assert not disagreements(row, expected), (channel, week)


def test_a_silent_product_leaves_the_list_after_thirteen_weeks_and_comes_back(con: duckdb.DuckDBPyConnection) -> None:
    weeks = con.execute(
        "select distinct date_diff('week', ?, week) from features.weekly_sales where product_id = 'P5' order by 1",
        [FIRST_WEEK],
    ).fetchall()
    listed = [week for (week,) in weeks]
    assert set(range(16, 24)).isdisjoint(listed)
    assert max(listed) == WEEKS - 1


def test_what_is_excluded_or_never_sold_has_no_row(con: duckdb.DuckDBPyConnection) -> None:
    names = {name for (name,) in con.execute("select distinct product_id from features.weekly_sales").fetchall()}
    assert names == {f"P{number}" for number in range(7)} | set(LAUNCHES) | set(UNANNOUNCED)


def test_a_sale_just_after_midnight_utc_belongs_to_the_shops_day_before(con: duckdb.DuckDBPyConnection) -> None:
    week = con.execute("select week from staging.stg_sales where order_id = 'late'").fetchone()
    assert week == (FIRST_WEEK + timedelta(weeks=9),)


def test_the_first_partial_week_is_left_out(con: duckdb.DuckDBPyConnection) -> None:
    assert con.execute("select min(week) from features.weekly_sales").fetchone() == (FIRST_WEEK,)


def test_the_planned_products_are_the_largest_of_the_trailing_half_year(con: duckdb.DuckDBPyConnection) -> None:
    frame = con.execute("select * from features.demand_features").df()
    totals = frame[frame["channel"] == "all"].sort_values(["units_26", "product_id"], ascending=[False, True])
    for week, part in totals.groupby("week"):
        expected = set(part["product_id"].head(int(str(VARIABLES["planned_products"]))))
        of_week = frame[frame["week"] == week]
        assert set(of_week.loc[of_week["is_planned"], "product_id"]) == expected


def test_a_categorys_mean_is_that_of_its_listed_products(con: duckdb.DuckDBPyConnection) -> None:
    frame = con.execute("select * from features.demand_features where channel = 'small' order by week").df()
    for (_, week), part in frame.groupby(["category_2", "week"]):
        lived = min(13, (week.date() - FIRST_WEEK).days // 7 + 1)
        recent = frame[(frame["category_2"] == part["category_2"].iloc[0]) & (frame["week"] <= week)]
        recent = recent[recent["week"] > week - pd.Timedelta(weeks=13)]
        assert part["category_units_mean_13"].to_numpy() == pytest.approx(recent["units_1"].sum() / lived)
