"""The calendar by week, against a loop over its days."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import duckdb
import pandas as pd
from support.dbt_shop import DECISION_WEEK, WEEKS, raw_rows
from support.demand_oracle import monday as monday_of
from support.rows import monday


def test_a_week_counts_the_holidays_and_closed_days_that_its_seven_days_name(con: duckdb.DuckDBPyConnection) -> None:
    holidays, closed, weeks = Counter(), Counter(), set()
    for row in raw_rows()["raw_calendar"].itertuples():
        week = monday_of(row.day)
        weeks.add(week)
        holidays[week] += not pd.isna(row.holiday)
        closed[week] += row.is_closed
    told = con.execute("select week, holiday_days, closed_days from features.calendar_weeks order by week").fetchall()
    assert told == [(week, holidays[week], closed[week]) for week in sorted(weeks)]
    assert (holidays[monday(13)], closed[monday(13)], holidays[monday(14)]) == (2, 1, 1)


def test_a_holiday_is_known_on_every_monday_whose_horizon_reaches_it(con: duckdb.DuckDBPyConnection) -> None:
    """A lead time may be a year, and the horizon goes six weeks beyond it."""
    week = monday(WEEKS + 4)
    known = con.execute("select known_on from features.calendar_weeks where week = ?", [week]).fetchall()
    assert known[0][0] <= week - timedelta(weeks=52 + 6)
    assert known[0][0] < DECISION_WEEK
    assert known[0][0].weekday() == 0
