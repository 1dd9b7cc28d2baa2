"""The simulated shop without one of its optional tables, each in turn, and without every optional column.

The run goes on to a plan and a report, says once what it lacks, and lacks just that.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from support.walk import Walk, forgetful_walk_of

from contracts.catalog import CATALOG, in_schema
from contracts.table import Presence, Table
from orchestration.partitions import default_week
from orchestration.sources.files import DELIVERABLE
from orchestration.sources.simulated import world_folder
from shop.tables import public_folder

# Every walk takes half a minute. This one takes the most with it, and is walked each time; the rest on request. That
# no event leaves proxies alone is seen each time without the columns, and that no table at all stops a run, in
# test_simulated_shop.
ALWAYS = {"raw_locations"}
OPTIONAL = [
    pytest.param(table, id=table.name, marks=[] if table.name in ALWAYS else [pytest.mark.walks])
    for table in in_schema("raw")
    if table.presence is Presence.OPTIONAL
]
# What is true of a run without the table, and of no run with it.
LOSSES = {
    "raw_locations": "select list(distinct channel) = ['shop'] from features.weekly_sales",
    "raw_customers": """
        select count(*) = 0 from staging.stg_customers
        where customer_id not in (from (select customer_id from raw.raw_sales) where customer_id is not null)
        and customer_id not in (from (select customer_id from raw.raw_events) where customer_id is not null)
    """,
    "raw_events": "select coalesce(bool_and(is_proxy), true) from features.response_features",
    "raw_promotions": """
        select not exists (from features.planned_covariates where planned_mailer > 0)
        and not exists (from features.response_features where is_proxy)
    """,
    "raw_inventory": "select count(was_in_stock) = 0 from features.weekly_sales",
    "raw_supply_terms": "select contains(assumptions, 'lead time') from plans.plan_solve",
    "raw_launch_candidates": "select not exists (from plans.launch_plan)",
    "raw_plan_limits": "select contains(assumptions, '\"budget\"') from plans.plan_solve",
    "raw_calendar": "select not exists (from features.calendar_weeks)",
}
# The shop launches and counts in channels that no location says are there.
LOST_TOO = {"raw_locations": {"raw_launch_candidates", "raw_inventory"}}


@dataclass(frozen=True)
class Decided:
    """A decision week that was walked: what it warned of, and where its tables and its report are."""

    walk: Walk
    result: dg.ExecuteInProcessResult
    week: date

    @property
    def warnings(self) -> list[str]:
        """What the run's own log warns of."""
        records = self.walk.instance.all_logs(self.result.run_id)
        return [record.user_message for record in records if record.level == logging.WARNING]

    @property
    def report(self) -> Path:
        """The week's page."""
        return self.walk.settings.reports / self.week.isoformat() / "report.md"

    def lost(self) -> set[str]:
        """Tables without which the run would look like this."""
        with duckdb.connect(str(self.walk.settings.snapshot), read_only=True) as con:
            return {name for name, query in LOSSES.items() if con.execute(query).fetchall() == [(True,)]}

    def check_that_it_ends_in_a_plan_and_a_report(self) -> None:
        """Every step and check passed, something is ordered, and a page says so."""
        assert self.result.success, [event.message for event in self.result.all_events if event.is_step_failure]
        assert not [
            f"{e.asset_key}: {e.description}" for e in self.result.get_asset_check_evaluations() if not e.passed
        ]
        solve = self.walk.warehouse.read(CATALOG["plan_solve"], self.week)
        assert solve["status"].isin(["optimal", "feasible"]).tolist() == [True]
        assert self.walk.warehouse.read(CATALOG["order_plan"], self.week)["order_units"].sum() > 0
        assert "What is assumed" in self.report.read_text()


def decided(walk: Walk) -> Decided:
    """Walk the shop's week from delivery to report."""
    week = default_week(walk.settings)
    return Decided(walk, walk.execute("decide", week.isoformat()), week)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Walk, Path]]:
    """A walk of a world with every table, and the folder of those: one home, as of a shop that changes over time."""
    walk = forgetful_walk_of(tmp_path_factory.mktemp("shop"), DEBUT_SOURCE="simulated", DEBUT_SHOP_PRESET="tiny")
    with walk.instance:
        yield walk, public_folder(world_folder(walk.settings.source_options, makes=True))


@pytest.mark.parametrize("table", OPTIONAL)
def test_without_an_optional_table_the_run_goes_on_says_so_in_one_line_and_lacks_just_that(
    shop: tuple[Walk, Path], table: Table, tmp_path: Path
) -> None:
    walk, public = shop
    assert table.name in LOSSES, f"say in LOSSES what a run without {table.name} cannot have"
    kept = (public / table.name).rename(tmp_path / table.name)
    try:
        found = decided(walk)
    finally:
        kept.rename(public / table.name)
    found.check_that_it_ends_in_a_plan_and_a_report()
    assert found.warnings == [f"{table.name}: absent, so {table.without_it}"]
    assert found.lost() == {table.name} | LOST_TOO.get(table.name, set())
    found.report.unlink()


def test_without_any_optional_column_the_run_goes_on_as_one_channel_with_costs_assumed_and_nobody_known(
    shop: tuple[Walk, Path], tmp_path: Path
) -> None:
    """What identifies a row stays; of order lines not even that, for they are counted."""
    walk, public = shop
    for name in DELIVERABLE:
        kept = [c.name for c in CATALOG[name].columns if not c.is_optional or c.name in CATALOG[name].grain]
        files, landed = public / name / "*.parquet", tmp_path / "landing" / "files" / name
        landed.mkdir(parents=True)
        columns = ", ".join(column for column in kept if column != "line_no")
        duckdb.execute(f"copy (select {columns} from '{files}') to '{landed / name}.parquet' (format parquet)")
    bare = forgetful_walk_of(tmp_path, DEBUT_TODAY=default_week(walk.settings).isoformat())
    with bare.instance:
        found = decided(bare)
        found.check_that_it_ends_in_a_plan_and_a_report()
        assert not found.warnings
        # As without the tables: no customer answers an impression, and no promotion was announced.
        assert found.lost() == {"raw_locations", "raw_events", "raw_promotions", "raw_inventory"}
        solve = found.walk.warehouse.read(CATALOG["plan_solve"], found.week).iloc[0]
        assert "unit cost" in solve["assumptions"]
        assert found.walk.warehouse.read(CATALOG["response_features"], found.week).empty
