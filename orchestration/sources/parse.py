"""Opens one delivered file and takes it apart into texts; what the texts mean is judged in `reader.py`.

Every file is parsed in a scratch database: a file that breaks in the middle must not break the
transaction that fills the warehouse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from contracts.table import Table
from orchestration.sources.csv_records import Record, header, records
from orchestration.sources.files import nearest
from orchestration.sources.mapping import TableMapping
from orchestration.sources.records import LandedFile
from orchestration.sources.schema import count, quoted

if TYPE_CHECKING:
    import pyarrow as pa

# Small batches keep Python's collector from walking many live records.
_BATCH = 5_000


class UnreadableFileError(Exception):
    """A file that cannot be used as a whole; the message says why, without the file's name.

    Args:
        reason: Why.
        rows: Rows it was found to hold, all of them set aside with it.
    """

    def __init__(self, reason: str, rows: int = 0) -> None:
        super().__init__(reason)
        self.rows = rows


@dataclass(frozen=True)
class Parsed:
    """A file taken apart, in the table `parsed` of the scratch database.

    One row per record that could be taken apart: `line`, and one text per delivered column.

    Args:
        columns: Contract column to its column in `parsed`.
        typed: Contract columns that came typed (Parquet), so that no text format applies.
        faults: Records that could not be taken apart.
        notes: What a reader of the log should know.
    """

    columns: dict[str, str]
    typed: frozenset[str]
    faults: tuple[Record, ...] = ()
    notes: tuple[str, ...] = ()


def parse(scratch: duckdb.DuckDBPyConnection, file: LandedFile, table: Table, mapping: TableMapping) -> Parsed:
    """Takes a file apart into `parsed`.

    Raises:
        UnreadableFileError: It is empty, broken as a whole, or lacks a column.
    """
    if file.path.stat().st_size == 0:
        raise UnreadableFileError("the file is empty; deliver it again, or remove it")
    if file.path.suffix.lower() == ".parquet":
        return _parse_parquet(scratch, file.path, table, mapping)
    return _parse_csv(scratch, file.path, table, mapping)


def _parse_parquet(scratch: duckdb.DuckDBPyConnection, path: Path, table: Table, mapping: TableMapping) -> Parsed:
    source = "read_parquet(?, file_row_number = true, hive_partitioning = false)"
    try:
        described = scratch.execute(f"describe select * from {source}", [literal_path(path)]).fetchall()
        types = {str(name): str(type_) for name, type_, *_ in described if name != "file_row_number"}
        rows = f"select count(*) from {source}"
        placed, notes = _placed(list(types), table, mapping, lambda: count(scratch, rows, [literal_path(path)]))
        texts = [f", {_as_text(quoted(name), types[name])} as {quoted(ours)}" for ours, name in placed.items()]
        scratch.execute(
            f"create or replace table parsed as select file_row_number + 1 as line {' '.join(texts)} from {source}",
            [literal_path(path)],
        )
    except duckdb.Error as error:
        raise UnreadableFileError(f"not a whole Parquet file ({_brief(error, path)}); deliver it again") from error
    typed = frozenset(ours for ours, name in placed.items() if types[name] != "VARCHAR")
    return Parsed({ours: ours for ours in placed}, typed, notes=notes)


def _parse_csv(scratch: duckdb.DuckDBPyConnection, path: Path, table: Table, mapping: TableMapping) -> Parsed:
    try:
        names = header(path, mapping)
    except ValueError as error:
        raise UnreadableFileError(str(error)) from error
    placed, notes = _placed(names, table, mapping, lambda: sum(1 for _ in records(path, len(names), mapping)))
    faults: tuple[Record, ...] = ()
    if not _parse_clean_csv(scratch, path, len(names), mapping):
        faults = tuple(_parse_csv_by_line(scratch, path, len(names), mapping))
    if not _ends_its_last_line(path):
        notes += ("the last line has no line end; if the file was cut, deliver it again",)
    return Parsed({ours: f"c{names.index(name)}" for ours, name in placed.items()}, frozenset(), faults, notes)


def _parse_clean_csv(scratch: duckdb.DuckDBPyConnection, path: Path, width: int, mapping: TableMapping) -> bool:
    """Parses with DuckDB; False when the file has faults, or records that are not exactly one line each."""
    if mapping.encoding.lower().replace("_", "-") not in ("utf-8", "utf8", "utf-8-sig"):
        return False
    fields = {f"c{i}": "VARCHAR" for i in range(width)}
    try:
        scratch.execute(
            """create or replace table parsed as
            select row_number() over () + 1 as line, * from read_csv(?, columns = ?, delim = ?, quote = ?, escape = ?,
                header = true, auto_detect = false, strict_mode = true, hive_partitioning = false)""",
            [literal_path(path), fields, mapping.delimiter, mapping.quote, mapping.quote],
        )
    except duckdb.Error:
        return False
    return count(scratch, "select count(*) from parsed") + 1 == _lines(path)


def _parse_csv_by_line(
    scratch: duckdb.DuckDBPyConnection, path: Path, width: int, mapping: TableMapping
) -> Iterator[Record]:
    """Parses line by line into `parsed`, and hands over the records that could not be taken apart."""
    scratch.execute(f"create or replace table parsed (line bigint, {', '.join(f'c{i} varchar' for i in range(width))})")
    found = records(path, width, mapping)
    while batch := list(islice(found, _BATCH)):
        scratch.register("batch", _as_arrow([record for record in batch if record.fields is not None], width))
        scratch.execute("insert into parsed select * from batch")
        scratch.unregister("batch")
        yield from (record for record in batch if record.fields is None)


def _as_arrow(good: list[Record], width: int) -> pa.Table:
    import pyarrow as pa

    texts = zip(*(record.fields or () for record in good), strict=True)
    columns = [pa.array(column, pa.string()) for column in texts] or [pa.array([], pa.string())] * width
    lines = pa.array([record.line for record in good], pa.int64())
    return pa.table([lines, *columns], ["line", *(f"c{i}" for i in range(width))])


def _placed(
    names: list[str], table: Table, mapping: TableMapping, rows: Callable[[], int]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Contract column to delivered column, and notes on what is left over.

    Raises:
        UnreadableFileError: A column is missing or delivered twice.
    """
    ours = [mapping.rename.get(name, name) for name in names]
    twice = sorted({name for name in ours if name in table.names() and ours.count(name) > 1})
    if twice:
        raise UnreadableFileError(f"line 1: column {twice[0]!r} is there twice", rows())
    placed = {name: names[ours.index(name)] for name in table.names() if name in ours}
    unplaced = [name for name, our in zip(names, ours, strict=True) if our not in table.names()]
    absent = [
        c.name for c in table.columns if not c.is_optional and c.name not in placed and c.name not in mapping.constants
    ]
    if absent:
        hints = [f"column {name!r} is missing{nearest(name, unplaced)}" for name in absent]
        raise UnreadableFileError(
            f"line 1: {'; '.join(hints)} (rename columns in mapping.yml under {table.name}.rename)", rows()
        )
    shown = ", ".join(repr(name) for name in unplaced)
    return placed, ((f"columns that {table.name} does not promise were ignored: {shown}",) if unplaced else ())


def literal_path(path: Path) -> str:
    """The path as DuckDB's readers take it, with glob characters meaning themselves."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))


def _as_text(name: str, type_: str) -> str:
    return f"to_json({name})::varchar" if type_.endswith("]") else f"{name}::varchar"


def _lines(path: Path) -> int:
    """Lines of a file, a last one without a line end included."""
    with path.open("rb") as file:
        ends = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    return ends + (0 if _ends_its_last_line(path) else 1)


def _ends_its_last_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) == b"\n"


def _brief(error: Exception, path: Path) -> str:
    """The first line of an error, with the file by its base name only."""
    line = str(error).splitlines()[0].removeprefix("Invalid Input Error: ")
    return line.replace(literal_path(path), path.name).replace(str(path), path.name)
