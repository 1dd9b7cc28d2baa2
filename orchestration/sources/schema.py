"""The empty raw schema, made from the contracts; the readers fill it."""

from __future__ import annotations

from typing import Any

import duckdb

from contracts.catalog import in_schema
from contracts.table import Table


def raw_tables() -> tuple[Table, ...]:
    """Every raw table, raw_rejected last."""
    return in_schema("raw")


def quoted(name: str) -> str:
    """A name as SQL writes it, whatever characters it holds."""
    return '"' + name.replace('"', '""') + '"'


def count(con: duckdb.DuckDBPyConnection, statement: str, values: list[Any] | dict[str, Any] | None = None) -> int:
    """The one number that a statement gives: a count it selects, or the rows it wrote."""
    rows = con.execute(statement, values).fetchall()
    return int(rows[0][0])


def create_empty(con: duckdb.DuckDBPyConnection) -> None:
    """Creates or replaces every raw table, empty, with exactly the promised columns in their order."""
    con.execute("create schema if not exists raw")
    for table in raw_tables():
        columns = ", ".join(f"{quoted(column.name)} {column.type}" for column in table.columns)
        con.execute(f"create or replace table {table.full_name} ({columns})")
