"""Raw tables: what the source and the landing folder delivered, good rows and set-aside ones."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster import AssetExecutionContext

from contracts import raw
from contracts.catalog import in_schema
from contracts.table import Presence, Table
from orchestration.settings import Settings
from orchestration.sources import Ingest, ingest
from orchestration.sources.files import DELIVERABLE
from orchestration.steps import OWNERS, POOL, check_result, contract_check, table_metadata
from orchestration.warehouse import Warehouse

if TYPE_CHECKING:
    import duckdb

DELIVERY_CHECK = "delivery_is_accepted"


def raw_assets() -> dg.AssetsDefinition:
    """All raw tables in one step: they are read, judged and replaced together."""
    tables = in_schema("raw")

    @dg.multi_asset(
        name="read_deliveries",
        specs=[_spec(table) for table in tables],
        check_specs=[*map(contract_check, tables), *(_delivery_check(t) for t in tables if t.name in DELIVERABLE)],
        required_resource_keys={"warehouse", "settings"},
        op_tags={"debut/stage": "raw"},
        pool=POOL,
    )
    def read_deliveries(context: AssetExecutionContext) -> Iterator[Any]:
        settings: Settings = context.resources.settings
        warehouse: Warehouse = context.resources.warehouse
        with warehouse.transaction() as con:
            delivered = ingest(con, settings.source, settings.landing, settings.source_options)
            _remember_files(con, delivered)
        for note in delivered.notes:
            context.log.warning(note)
        for problem in delivered.problems:
            context.log.error(problem)
        yield from _results(warehouse, delivered)

    return read_deliveries


def _remember_files(con: "duckdb.DuckDBPyConnection", delivered: Ingest) -> None:
    rows = [(f.table, f.name, f.sha256 or None, f.delivered, f.rejected, f.problem) for f in delivered.files]
    if rows:
        con.executemany(f"insert into {raw.RAW_DELIVERED.full_name} values (?, ?, ?, ?, ?, ?)", rows)


def _results(warehouse: Warehouse, delivered: Ingest) -> Iterator[Any]:
    from expectations.summary import summary_sql, validate_summary

    counts = {table.name: table for table in delivered.tables}
    for table in in_schema("raw"):
        with warehouse.connect(read_only=True) as con:
            summary = con.execute(summary_sql(table)).df()
        yield check_result(table.name, validate_summary(summary, table))
        if table.name in DELIVERABLE:
            yield _delivery_result(table, delivered)
        count = counts.get(table.name)
        metadata: dict[str, Any] = {"dagster/row_count": warehouse.row_count(table)}
        if count is not None:
            metadata |= {
                "delivered": count.delivered,
                "rejected": count.rejected,
                "files": dg.MetadataValue.json([file.name for file in count.files]),
            }
        yield dg.MaterializeResult(asset_key=table.name, metadata=metadata)


def _delivery_result(table: Table, delivered: Ingest) -> dg.AssetCheckResult:
    """Blocks on a file that cannot be used or has too many bad rows; warns on fewer."""
    problems, warnings = delivered.problems_of(table.name), delivered.warnings_of(table.name)
    return dg.AssetCheckResult(
        asset_key=table.name,
        check_name=DELIVERY_CHECK,
        passed=not problems and not warnings,
        severity=dg.AssetCheckSeverity.ERROR if problems else dg.AssetCheckSeverity.WARN,
        description="; ".join(problems or warnings) or "every delivered row was accepted",
    )


def _delivery_check(table: Table) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        DELIVERY_CHECK,
        asset=table.name,
        blocking=True,
        description="Every file could be read, and at most 2 % of its rows were set aside.",
    )


def _spec(table: Table) -> dg.AssetSpec:
    without = f"\n\nOptional. Without it {table.without_it}." if table.presence is Presence.OPTIONAL else ""
    return dg.AssetSpec(
        table.name,
        description=table.row_is + without,
        metadata=table_metadata(table),
        group_name="raw",
        owners=OWNERS,
        kinds={"duckdb", "parquet"},
    )
