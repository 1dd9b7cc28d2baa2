"""What a verdict says, and what it never lets pass."""

import decimal

import duckdb
import numpy as np
import pandas as pd
import pytest
from support.frames import make_frame

from contracts.catalog import CATALOG
from contracts.plans import ORDER_PLAN
from contracts.predictions import DEMAND_FORECAST
from contracts.table import Table
from expectations.engine import make_suite
from expectations.limits import check
from expectations.summary import summarise, summary_sql, validate_summary
from expectations.validate import validate


def test_the_message_names_table_count_column_bound_and_first_key() -> None:
    frame = make_frame(DEMAND_FORECAST, 20)
    frame = frame.assign(units=frame["units"].where(frame.index < 8, -3.0))
    verdict = validate(frame, DEMAND_FORECAST)
    words = "demand_forecast: 12 rows have units below 0 (first: product_id=product_id-00008, "
    assert verdict.message.startswith(words)
    assert verdict.message.endswith("decision_week=2017-10-02, units=-3)")
    assert verdict.findings[0].failed_rows == 12
    assert len(verdict.findings[0].sample) == 5


def test_text_in_a_number_column_is_a_finding_and_not_a_missing_value() -> None:
    frame = make_frame(ORDER_PLAN, 4)
    frame = frame.assign(order_cost=pd.Series([decimal.Decimal("3.10"), "3,10", 2, 1.5], dtype="object"))
    verdict = validate(frame, ORDER_PLAN)
    assert "1 row has order_cost that cannot be read as decimal(18,2)" in verdict.message


def test_half_a_unit_is_not_a_whole_number() -> None:
    frame = make_frame(ORDER_PLAN, 4).assign(order_units=[1.0, 2.5, 3.0, 4.0])
    assert "1 row has order_units that cannot be read as integer" in validate(frame, ORDER_PLAN).message


def test_a_column_that_is_missing_altogether_is_found() -> None:
    frame = make_frame(ORDER_PLAN, 4).assign(order_cost=np.nan)
    assert "4 rows have no order_cost" in validate(frame, ORDER_PLAN).message


def test_an_empty_suite_and_a_rule_without_figures_are_refused() -> None:
    with pytest.raises(ValueError, match="passes over anything"):
        make_suite("nothing", [])
    with pytest.raises(ValueError, match="no figure to judge"):
        check("nothing", [], 0, "")


def test_no_message_names_a_customer() -> None:
    table = CATALOG["response_features"]
    frame = make_frame(table, 6).assign(customer_id="canary@example.com", sampling_weight=0.0)
    verdict = validate(frame, table)
    assert not verdict.passed
    assert "canary" not in str(verdict)


def test_a_frame_above_the_limit_is_counted_exactly_and_says_so() -> None:
    frame = make_frame(DEMAND_FORECAST, 3000)
    assert validate(frame, DEMAND_FORECAST, full_rows=1000).passed
    frame.loc[1777, "units"] = -1.0
    verdict = validate(frame, DEMAND_FORECAST, full_rows=1000)
    assert "1 row has units below 0 (first: product_id=product_id-01777" in verdict.message
    assert verdict.method.startswith("bounds and keys counted over 3,000 rows")


@pytest.mark.parametrize("table", CATALOG.values(), ids=CATALOG.keys())
def test_the_warehouse_counts_what_the_frame_counts(table: Table) -> None:
    """SQL made from the contract against the masks: two ways to one summary."""
    frame = make_frame(table, 30, seed=5)
    for column in table.columns:
        if column.at_least is not None:
            frame.loc[3:4, column.name] = column.at_least - 1
        if column.type == "double":
            frame[column.name] = frame[column.name].where(frame.index != 9, np.inf)
        if column.one_of:
            frame.loc[5, column.name] = "no such value"
    frame = pd.concat([frame, frame.tail(2)], ignore_index=True)
    with duckdb.connect() as con:
        con.execute(f"create schema {table.schema}; create table {table.full_name} as select * from frame")
        counted = con.execute(summary_sql(table)).df()
    expected = summarise(frame, table).set_index("column").loc[counted["column"]].reset_index()
    left, right = (s.drop(columns="not_finite").astype({"column": "object"}) for s in (counted, expected))
    pd.testing.assert_frame_equal(left, right, check_dtype=False)
    assert (
        counted["not_finite"].sum()
        == expected.loc[
            expected["column"].isin(counted.loc[counted["not_finite"].notna(), "column"]), "not_finite"
        ].sum()
    )
    assert counted.set_index("column").loc["*", "duplicates"] == 2


def test_keys_of_a_table_too_large_to_sort_are_left_uncounted_and_not_called_unique() -> None:
    twice = pd.concat([make_frame(ORDER_PLAN, 5)] * 2)
    with duckdb.connect() as con:
        con.register("twice", twice)
        con.execute("create schema plans; create table plans.order_plan as select * from twice")
        keyed, unkeyed = (con.execute(summary_sql(ORDER_PLAN, check_keys=c)).df() for c in (True, False))
    assert "5 rows have a key" in validate_summary(keyed, ORDER_PLAN).message
    assert unkeyed["duplicates"].isna().all()
    assert validate_summary(unkeyed, ORDER_PLAN).expectations == validate_summary(keyed, ORDER_PLAN).expectations - 1


def test_a_summary_without_a_promised_column_or_without_rows_fails() -> None:
    frame = make_frame(DEMAND_FORECAST, 5)
    summary = summarise(frame, DEMAND_FORECAST)
    assert validate_summary(summary, DEMAND_FORECAST).passed
    assert "no column units" in validate_summary(summary[summary["column"] != "units"], DEMAND_FORECAST).message
    assert "may not be empty" in validate_summary(summarise(frame.head(0), DEMAND_FORECAST), DEMAND_FORECAST).message
