"""Launch features by hand, and which launches are open when."""

from __future__ import annotations

from datetime import timedelta

import duckdb
import pytest
from support.dbt_shop import LAUNCHES, WEEKS
from support.rows import monday


def test_a_launch_is_open_from_its_announcement_until_its_first_sale(con: duckdb.DuckDBPyConnection) -> None:
    for name, planned in LAUNCHES.items():
        first_sale = con.execute(
            "select min(week) from features.weekly_sales where product_id = ? and units > 0", [name]
        ).fetchone()
        weeks = con.execute(
            "select distinct decision_week from features.launch_candidates where product_id = ? order by 1", [name]
        ).fetchall()
        assert first_sale is not None
        last_open = min(first_sale[0], monday(planned + 3))
        expected = [monday(week) for week in range(1, WEEKS + 1) if planned - 8 <= week and monday(week) <= last_open]
        assert [week for (week,) in weeks] == expected, name


def test_every_channel_has_each_open_launch_once_with_the_same_plan(con: duckdb.DuckDBPyConnection) -> None:
    plans = con.execute(
        "select decision_week, product_id, count(*), count(distinct planned_price), count(distinct planned_week) "
        "from features.launch_candidates group by decision_week, product_id"
    ).fetchall()
    assert plans
    assert all(plan[2:] == (2, 1, 1) for plan in plans)


def test_velocity_is_units_per_listed_product_week_of_the_trailing_thirteen(con: duckdb.DuckDBPyConnection) -> None:
    for name, week in (("N3", 20), ("N4", 18), ("N5", 24)):
        sales = con.execute(
            "select s.product_id, s.units from features.weekly_sales s join raw.raw_products p using (product_id) "
            "where channel = 'small' and week >= ? and week < ? and category_3 = "
            "(select category_3 from raw.raw_products where product_id = ?)",
            [monday(week - 13), monday(week), name],
        ).fetchall()
        told = con.execute(
            "select category_3_velocity, category_3_products from features.launch_candidates "
            "where product_id = ? and decision_week = ? and channel = 'small'",
            [name, monday(week)],
        ).fetchone()
        assert told is not None
        assert told[0] == pytest.approx(sum(units for _, units in sales) / len(sales))
        assert told[1] <= len({product for product, _ in sales})


def test_completed_launches_count_from_the_end_of_their_eighth_week(con: duckdb.DuckDBPyConnection) -> None:
    units = con.execute(
        "select week, units from features.weekly_sales where product_id = 'N1' and channel = 'large' order by week"
    ).fetchall()
    first = min(week for week, sold in units)
    eight = sum(sold for week, sold in units if week < first + timedelta(weeks=8))
    for week, expected in ((first + timedelta(weeks=7), None), (first + timedelta(weeks=8), eight)):
        told = con.execute(
            "select distinct launch_units_category_1 from features.launch_candidates "
            "where decision_week = ? and channel = 'large'",
            [week],
        ).fetchall()
        assert told == [(expected,)], week


def test_mailer_weeks_are_those_announced_by_the_decision_week(con: duckdb.DuckDBPyConnection) -> None:
    for name, planned in LAUNCHES.items():
        for week in (planned - 4, planned - 1, planned):
            announced = con.execute(
                "select count(*), count(*) filter (starts_on = $launch) from raw.raw_promotions "
                "where product_id = $name and announced_on <= $week "
                "and starts_on between $launch and $launch + 49",
                {"name": name, "week": monday(week), "launch": monday(planned)},
            ).fetchone()
            told = con.execute(
                "select distinct mailer_weeks, mailer_at_launch from features.launch_candidates "
                "where product_id = ? and decision_week = ?",
                [name, monday(week)],
            ).fetchall()
            assert told in ([announced], []), (name, week)


def test_the_price_position_is_against_the_median_of_listed_products(con: duckdb.DuckDBPyConnection) -> None:
    told = con.execute(
        "select planned_price / price_position from features.launch_candidates "
        "where product_id = 'N3' and decision_week = ? and channel = 'large'",
        [monday(20)],
    ).fetchone()
    median = con.execute(
        "select median(shelf_price) from features.demand_features "
        "where channel = 'all' and week = ? and category_2 = "
        "(select category_2 from raw.raw_products where product_id = 'N3')",
        [monday(19)],
    ).fetchone()
    assert told is not None
    assert told == pytest.approx(median)


def test_a_plan_says_what_was_known_on_each_day_it_grew(con: duckdb.DuckDBPyConnection) -> None:
    """The price of a launch week is known eight weeks ahead, its mailer six."""
    rows = con.execute(
        "select date_diff('week', known_on, target_week), planned_mailer, planned_price "
        "from features.planned_covariates where product_id = 'N3' and channel = 'all' and target_week = ? "
        "order by known_on",
        [monday(20)],
    ).fetchall()
    is_mailed = con.execute(
        "select count(*) from raw.raw_promotions where product_id = 'N3' and starts_on = ? and announced_on is not null",
        [monday(20)],
    ).fetchone()
    assert rows == [(8, 0.0, 22.5)] + ([(6, 1.0, 22.5)] if is_mailed == (1,) else [])
