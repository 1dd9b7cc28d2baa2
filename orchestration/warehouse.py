"""The warehouse: one DuckDB file a source, written by one run at a time, read by analysts as a snapshot.

What a table promises stands in `contracts/`; what is worth insisting on beyond that, in
`expectations/`. Nothing here knows Dagster; `steps.py` does.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from contracts.catalog import CATALOG
from contracts.plans import PLAN_IN_FORCE
from contracts.table import Column, Role, Table

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Read:
    """How a step reads one table.

    Args:
        weeks: Of a weekly table: this week's rows, those of the week before, all of them, or those of the plan that
            rules this week, whichever week made it.
        knows: 'past' hands over only rows known by the decision week; 'everything' is for evaluations.
        where: A further SQL condition; `{week}` in it stands for the decision week as a SQL date.
        columns: Columns wanted, all of them when empty.
        is_bulk: Whether it is a table of millions that models read: its rows then come in no promised order, and its
            features at single precision, which is half of the memory and of the time.
        is_edge: Whether lineage shows it. Dagster draws no loop between two assets, not even one from
            week to week; such a step follows its own last week instead, which orders the runs alike.
    """

    weeks: Literal["this", "last", "all", "ruling"] = "this"
    knows: Literal["past", "everything"] = "past"
    where: str = ""
    columns: tuple[str, ...] = ()
    is_bulk: bool = False
    is_edge: bool = True


@dataclass(frozen=True)
class Shape:
    """How many rows a table holds, and its columns with their types."""

    rows: int
    columns: Mapping[str, str]


PLAIN = Read()
# A Monday begins last where clocks are twelve hours behind UTC. Whoever reads moments draws the line in the shop's zone.
LAST_START = "interval 12 hours"
# Sorting what a step reads spills beyond this, so that the frame and the sort fit side by side.
READ_MEMORY = "1GB"


class WarehouseLockedError(RuntimeError):
    """Another process holds the warehouse, and the wait is over."""


@dataclass(frozen=True)
class Warehouse:
    """The tables of one source.

    Args:
        path: The file that runs write.
        threads: Threads a connection may use.
        memory_limit: Memory a connection may take before it spills beside the file.
        lock_wait_seconds: How long to wait for another process before giving up.
    """

    path: Path
    threads: int = 2
    memory_limit: str = "4GB"
    lock_wait_seconds: float = 600

    @contextmanager
    def connect(self, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that closes at once when the block ends.

        Raises:
            FileNotFoundError: Nothing was ingested yet and the connection is read-only.
            WarehouseLockedError: Another process kept the file for longer than the wait.
        """
        if read_only and not self.path.exists():
            raise FileNotFoundError(f"{self.path}: no warehouse yet; `debut run` makes it")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        con = self._open(read_only)
        try:
            con.execute(f"set threads = {int(self.threads)}")
            con.execute("set memory_limit = ?", [self.memory_limit])
            con.execute("set temp_directory = ?", [str(self.path.parent / "spill")])
            con.execute("set enable_progress_bar = false")
            yield con
        finally:
            con.close()

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A write connection whose changes all land or none does."""
        with self.connect() as con:
            con.begin()
            try:
                yield con
            except BaseException:
                con.rollback()
                raise
            con.commit()

    def replace(self, frames: Mapping[str, pd.DataFrame], week: date | None = None) -> None:
        """Put these tables, or their rows of one decision week, in the place of what was there.

        Args:
            frames: A frame a table name; all land in one transaction.
            week: The decision week that owns the rows; tables without one are replaced whole.

        Raises:
            ValueError: A frame lacks a promised column, has another one, or holds rows of another week.
        """
        for name, frame in frames.items():
            faults = CATALOG[name].column_violations(frame.columns)
            if faults:
                raise ValueError("; ".join(faults) + "; nothing was written")
        with self.transaction() as con:
            for name, frame in frames.items():
                _replace_one(con, CATALOG[name], frame, week)

    def read(self, table: Table, week: date | None, read: Read = PLAIN) -> pd.DataFrame:
        """The rows of one table that a step of this decision week may know, sorted by the grain unless in bulk.

        A weekly table that no run has filled yet reads as empty, a column that it was promised since as missing.
        """
        with self.connect(read_only=True) as con:
            con.execute(f"set memory_limit = '{READ_MEMORY}'")
            if not exists(con, table):
                if table.week is None:
                    raise LookupError(f"{table.full_name} is not there yet; materialise it first")
                return con.execute(f"select {_empty(table)} limit 0").df()
            columns = ", ".join(_as_frames_hold(table, name, read.is_bulk) for name in read.columns or table.names())
            condition = " and ".join(f"({part})" for part in _conditions(table, week, read)) or "true"
            order = ", ".join(c for c in table.grain if not read.columns or c in read.columns) or "1"
            sorting = "" if read.is_bulk else f"order by {order}"
            rows = con.sql(f"select {columns} from {_as_promised(con, table)} where {condition} {sorting}")
            # Through Arrow, given up column by column: half the memory of a frame made from rows.
            return rows.to_arrow_table().to_pandas(self_destruct=True, split_blocks=True)

    def row_count(self, table: Table, week: date | None = None) -> int:
        """Rows of a table, or of one decision week of it."""
        with self.connect(read_only=True) as con:
            where = f"where {table.week} = date '{week}'" if week and table.week else ""
            return int(con.execute(f"select count(*) from {table.full_name} {where}").fetchall()[0][0])

    def shapes(self, schema: str) -> dict[str, Shape]:
        """Every table of one schema; DuckDB counts whole tables from its metadata, without a scan."""
        with self.connect(read_only=True) as con:
            columns: dict[str, dict[str, str]] = {}
            for table, column, type_ in con.execute(
                "select table_name, column_name, lower(data_type) from duckdb_columns() "
                "where schema_name = ? order by table_name, column_index",
                [schema],
            ).fetchall():
                columns.setdefault(table, {})[column] = type_
            counted = {name: con.execute(f'select count(*) from {schema}."{name}"').fetchall() for name in columns}
        return {name: Shape(int(counted[name][0][0]), of_table) for name, of_table in columns.items()}

    def publish_snapshot(self, target: Path) -> None:
        """Replace the analysts' file whole; until the last moment they read the old one."""
        partial = target.with_suffix(".partial")
        with self.connect() as con:
            con.execute("checkpoint")
        # A read-only connection keeps writers out while the bytes are copied.
        with self.connect(read_only=True):
            shutil.copyfile(self.path, partial)
        os.replace(partial, target)

    def _open(self, read_only: bool) -> duckdb.DuckDBPyConnection:
        import duckdb

        deadline = time.monotonic() + self.lock_wait_seconds
        waits = 0
        while True:
            try:
                return duckdb.connect(str(self.path), read_only=read_only)
            except duckdb.IOException as error:
                if "lock" not in str(error).lower():
                    raise
                holder = _holder(str(error))
                if time.monotonic() >= deadline:
                    raise WarehouseLockedError(
                        f"{self.path} is held by {holder} for more than {self.lock_wait_seconds:.0f} s; "
                        "wait for that run, or stop it"
                    ) from error
                if waits == 0:
                    log.warning("waiting for the warehouse, held by %s", holder)
                waits += 1
                time.sleep(min(0.1 * 1.5**waits, 2.0))


def exists(con: duckdb.DuckDBPyConnection, table: Table) -> bool:
    """Whether the warehouse has this table."""
    found = con.execute(
        "select 1 from information_schema.tables where table_schema = ? and table_name = ?",
        [table.schema, table.name],
    ).fetchall()
    return bool(found)


def _columns(con: duckdb.DuckDBPyConnection, table: Table) -> set[str]:
    return {row[0] for row in con.execute(f"describe {table.full_name}").fetchall()}


def _as_promised(con: duckdb.DuckDBPyConnection, table: Table) -> str:
    """What to read a table from: itself, with every column that it was promised since it was written."""
    have = _columns(con, table)
    lacking = "".join(f", {_missing(column)}" for column in table.columns if column.name not in have)
    return f"(select *{lacking} from {table.full_name})" if lacking else table.full_name


def create(con: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Make an empty table, or bring an older one's columns up to the promise."""
    columns = ", ".join(f"{c.name} {c.type}" for c in table.columns)
    con.execute(f"create schema if not exists {table.schema}")
    con.execute(f"create table if not exists {table.full_name} ({columns})")
    have = _columns(con, table)
    for column in table.columns:
        if column.name not in have:
            con.execute(f"alter table {table.full_name} add column {column.name} {column.type}")
    for name in have - set(table.names()):
        con.execute(f"alter table {table.full_name} drop column {name}")


def _replace_one(con: duckdb.DuckDBPyConnection, table: Table, frame: pd.DataFrame, week: date | None) -> None:
    create(con, table)
    if table.week is None:
        con.execute(f"delete from {table.full_name}")
    else:
        if week is None:
            raise ValueError(f"{table.name}: its rows belong to a decision week, and none was named")
        strangers = frame.loc[frame[table.week].astype("datetime64[s]") != str(week), table.week]
        if len(strangers):
            raise ValueError(
                f"{table.name}: {len(strangers)} rows are of another decision week than {week} "
                f"(first: {strangers.iloc[0]}); nothing was written"
            )
        con.execute(f"delete from {table.full_name} where {table.week} = date '{week}'")
    if len(frame):
        con.register("incoming", frame)
        names = ", ".join(table.names())
        casts = ", ".join(f"cast({c.name} as {c.type})" for c in table.columns)
        con.execute(
            f"insert into {table.full_name} ({names}) select {casts} from incoming order by {', '.join(table.grain)}"
        )
        con.unregister("incoming")


def _conditions(table: Table, week: date | None, read: Read) -> Iterator[str]:
    if read.where:
        yield read.where.format(week=f"date '{week}'")
    if week is None:
        return
    if table.week is not None and read.weeks == "ruling":
        yield (
            f"({table.week}, scenario) in "
            f"(select (plan_week, scenario) from {PLAN_IN_FORCE.full_name} where decision_week = date '{week}')"
        )
    elif table.week is not None and read.weeks != "all":
        back = 7 if read.weeks == "last" else 0
        yield f"{table.week} = date '{week}' - {back}"
    elif table.week is not None and read.knows == "past":
        yield f"{table.week} <= date '{week}'"
    if table.known_on is not None and read.knows == "past":
        if table.column(table.known_on).type == "timestamp":
            yield f"{table.known_on} < date '{week}' + {LAST_START}"
        else:
            yield f"{table.known_on} <= date '{week}'"


def _as_frames_hold(table: Table, name: str, is_bulk: bool) -> str:
    """A column as pandas holds it without objects: money as a float, a date as midnight."""
    type_ = table.column(name).type
    if is_bulk and type_ == "double" and table.column(name).role is Role.FEATURE:
        return f"cast({name} as float) as {name}"
    if type_ == "date":
        return f"cast({name} as timestamp) as {name}"
    return f"cast({name} as double) as {name}" if type_.startswith("decimal") else name


def _empty(table: Table) -> str:
    return ", ".join(_missing(column) for column in table.columns)


def _missing(column: Column) -> str:
    return f"cast(null as {column.type}) as {column.name}"


def _holder(message: str) -> str:
    found = re.search(r"held in (.+?)\s*\(PID (\d+)\)", message)
    return f"process {found[2]} ({Path(found[1]).name})" if found else "another process"
