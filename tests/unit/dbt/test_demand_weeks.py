"""Weeks in which counts found none in stock: what more would have sold, against a plain loop, and nothing else changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from support.dbt_shop import CHANNELS, DECISION_WEEK, WEEKS, make_warehouse, raw_rows, run_dbt
from support.rows import monday
from support.truncation import destroy_from, differences

from contracts.features import DEMAND_FEATURES, LAUNCH_CANDIDATES, WEEKLY_SALES

_BUILT = (WEEKLY_SALES, DEMAND_FEATURES, LAUNCH_CANDIDATES)
PRODUCTS = ("P0", "P1", "N1", "N2")


def counts(share_out: float) -> pd.DataFrame:
    """RAW_INVENTORY: Sunday counts of four products in both channels; that share of them finds nothing."""
    rng = np.random.default_rng(5)
    rows = [
        {
            "product_id": product,
            "channel": channel,
            "counted_at": pd.Timestamp(monday(week)) + pd.Timedelta(days=6, hours=12),
            "on_hand_units": int(rng.random() >= share_out),
        }
        for product in PRODUCTS
        for channel in sorted(set(CHANNELS.values()))
        for week in range(WEEKS)
    ]
    return pd.DataFrame(rows)


def built(path: Path, rows: Mapping[str, pd.DataFrame], is_cut: bool = False) -> Path:
    """A warehouse with the tables that demand is learned from."""
    warehouse = make_warehouse(path, rows)
    if is_cut:
        destroy_from(warehouse, DECISION_WEEK, "America/New_York")
    run_dbt(warehouse, "run", "--select", *(f"+{table.name}" for table in _BUILT))
    return warehouse


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two counts in five find nothing."""
    folder = tmp_path_factory.mktemp("counted")
    return built(folder / "shop.duckdb", {**raw_rows(), "raw_inventory": counts(0.4)})


def told(warehouse: Path, sql: str) -> list[dict[str, Any]]:
    with duckdb.connect(str(warehouse), read_only=True) as con:
        return [{str(name): value for name, value in row.items()} for row in con.execute(sql).df().to_dict("records")]


def test_what_a_week_out_of_stock_lost_is_what_a_plain_loop_over_the_weeks_before_says(counted: Path) -> None:
    rows = told(counted, "select * from features.weekly_sales")
    sold = {(row["product_id"], row["channel"], row["week"].date()): row["units"] for row in rows}
    out = {key for key, row in zip(sold, rows, strict=True) if row["was_in_stock"] is False}
    known = unknown = more = 0
    for key, row in zip(sold, rows, strict=True):
        product, channel, week = key
        if key not in out:
            assert row["lost_units"] == 0
            continue
        begun = min(w for p, c, w in sold if (p, c) == (product, channel) and sold[p, c, w] > 0)
        before = [(product, channel, week - timedelta(weeks=back)) for back in range(1, 9)]
        in_stock = [sold[each] for each in before if each[2] >= begun and each not in out]
        if len(in_stock) < 2:
            assert pd.isna(row["lost_units"])
            unknown += 1
            continue
        assert row["lost_units"] == pytest.approx(max(sum(in_stock) / len(in_stock) - sold[key], 0.0), abs=1 / 32)
        known, more = known + 1, more + (row["lost_units"] > 0)
    assert min(unknown, known, more, known - more) > 0, "every kind of week was compared"


def test_features_read_what_was_wanted_in_every_channel_and_in_total(counted: Path) -> None:
    rows = told(
        counted,
        """
        with wanted as (
            select product_id, channel, week, units + coalesce(lost_units, 0) as units from features.weekly_sales
        ),
        everywhere as (
            select * from wanted
            union all
            select product_id, 'all', week, sum(units) from wanted group by product_id, week
        )
        select features.*, everywhere.units,
            avg(everywhere.units) over (
                partition by everywhere.product_id, everywhere.channel order by everywhere.week
                rows between 3 preceding and current row
            ) as mean_4
        from features.demand_features as features
        inner join everywhere using (product_id, channel, week)
        where features.product_id in ('P0', 'P1')
        """,
    )
    assert len(rows) == 2 * 3 * WEEKS
    for row in rows:
        assert row["units_1"] == row["units"]
        assert row["units_mean_4"] == pytest.approx(row["mean_4"])
        assert 0 <= row["channel_share_13"] <= 1
    assert any(row["units_1"] % 1 for row in rows)


def test_a_completed_launch_counts_for_what_was_wanted_of_it(counted: Path) -> None:
    (row,) = told(
        counted,
        """
        select sum(units) as sold, sum(units + coalesce(lost_units, 0)) as wanted, (
            select units_8 from staging.int_completed_launches
            inner join staging.stg_products using (product_number)
            inner join staging.stg_channels using (channel_number)
            where product_id = 'N1' and channel = 'large'
        ) as units_8
        from features.weekly_sales
        where product_id = 'N1' and channel = 'large' and week < (
            select min(week) from features.weekly_sales where product_id = 'N1'
        ) + 56
        """,
    )
    assert row["units_8"] == row["wanted"] > row["sold"]


def test_what_a_week_lost_is_known_at_its_end(counted: Path, tmp_path: Path) -> None:
    cut = built(tmp_path / "shop.duckdb", {**raw_rows(), "raw_inventory": counts(0.4)}, is_cut=True)
    for table in _BUILT:
        found = differences(counted, cut, table, DECISION_WEEK)
        assert found.empty, found.head(10).T.to_string()


def test_without_a_stock_out_no_feature_differs_by_a_bit_from_those_without_counts(whole: Any, tmp_path: Path) -> None:
    in_stock = built(tmp_path / "shop.duckdb", {**raw_rows(), "raw_inventory": counts(0.0)})
    for table in (DEMAND_FEATURES, LAUNCH_CANDIDATES):
        assert differences(whole.path, in_stock, table, monday(WEEKS)).empty
    assert told(whole.path, "select * from features.weekly_sales where lost_units <> 0 or lost_units is null") == []
