"""Nothing from the future: features of a week do not know what came after it, and a leak would be seen."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest
from support.dbt_shop import DECISION_WEEK
from support.truncation import differences

from contracts.features import DEMAND_FEATURES, LAUNCH_CANDIDATES, RESPONSE_FEATURES, TABLES, WEEKLY_SALES
from contracts.table import Table

# A change to one model that makes it read the future, and would pass every other test.
LEAKS = {
    "the week after instead of the week before": (
        DEMAND_FEATURES, "lag(demand_units, 1) over by_week", "lead(demand_units, 1) over by_week",
    ),
    "a window that reaches one week too far": (
        DEMAND_FEATURES, "rows between 3 preceding and current row", "rows between 3 preceding and 1 following",
    ),
    "products planned by what they sell next": (
        DEMAND_FEATURES,
        "listed.is_planned",
        "lead(listed.is_planned, 1, false) over (partition by listed.product_number order by listed.week) as is_planned",
    ),
    "a category's sales of the week after": (
        DEMAND_FEATURES, "and listed.week = group_weeks.week", "and listed.week + 7 = group_weeks.week",
    ),
    "mailers that are not announced yet": (
        LAUNCH_CANDIDATES, "and launches.decision_week >= planned_mailers.known_on", "",
    ),
    "sales of the week that is decided": (
        LAUNCH_CANDIDATES, "launches.decision_week - 7 = category_2.week", "launches.decision_week = category_2.week",
    ),
}  # fmt: skip


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_destroying_every_row_from_a_week_on_changes_no_feature_known_by_it(
    table: Table, whole: Any, truncated: Any
) -> None:
    with duckdb.connect(str(truncated.path), read_only=True) as con:
        known = con.execute(
            f"select count(*) from {table.full_name} where known_on <= date '{DECISION_WEEK}'"
        ).fetchone()
    assert known is not None
    assert known[0] > 0, f"{table.name} is empty, so the comparison says nothing"
    found = differences(whole.path, truncated.path, table, DECISION_WEEK)
    assert found.empty, found.head(10).T.to_string()


@pytest.mark.parametrize("leak", LEAKS)
def test_a_leak_planted_in_a_copy_of_a_feature_model_is_caught(
    leak: str, whole: Any, truncated: Any, tmp_path: Path
) -> None:
    table, honest, leaky = LEAKS[leak]
    copies = []
    for number, built in enumerate((whole, truncated)):
        copy = tmp_path / f"copy_{number}" / "shop.duckdb"
        copy.parent.mkdir()
        shutil.copy(built.path, copy)
        sql = (built.models / "features" / f"{table.name}.sql").read_text()
        assert honest in sql
        with duckdb.connect(str(copy)) as con:
            con.execute(f"create or replace table {table.full_name} as {sql.replace(honest, leaky)}")
        copies.append(copy)
    assert not differences(copies[0], copies[1], table, DECISION_WEEK).empty


def test_without_a_planted_leak_the_same_copies_do_not_differ(whole: Any, truncated: Any) -> None:
    for table in (WEEKLY_SALES, RESPONSE_FEATURES):
        assert differences(whole.path, truncated.path, table, DECISION_WEEK).empty


def test_no_row_is_known_before_its_week_is_over(whole: Any) -> None:
    with duckdb.connect(str(whole.path), read_only=True) as con:
        for table in (WEEKLY_SALES, DEMAND_FEATURES, RESPONSE_FEATURES):
            early = con.execute(f"select count(*) from {table.full_name} where known_on < week + 7").fetchone()
            assert early == (0,), table.name
