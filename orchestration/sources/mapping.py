"""`mapping.yml`: how a source's files differ from the contract, one entry a raw table.

It renames and says how text is to be read; it never computes. What a key means is on TableMapping.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import duckdb
import yaml

from contracts.catalog import CATALOG
from orchestration.sources.records import SourceError

MAPPING_FILE = "mapping.yml"


@dataclass(frozen=True)
class TableMapping:
    """How the files of one table are written.

    Args:
        delimiter: Character between two fields.
        quote: Character around a field; empty: quotes are plain characters.
        encoding: Encoding of the text.
        decimal: Decimal separator, '.' or ','.
        date_format: strptime format of days; None: 2017-10-02.
        timestamp_format: strptime format of moments; None: 2017-10-02 14:30:00, with or without an offset.
        time_zone: IANA zone of moments that carry no offset.
        null_values: Texts that mean "missing" besides the empty one.
        rename: Delivered column name to the contract's.
        constants: The contract's column name to the value that every row has.
    """

    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    decimal: str = "."
    date_format: str | None = None
    timestamp_format: str | None = None
    time_zone: str = "UTC"
    null_values: tuple[str, ...] = ()
    rename: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)


def read_mapping(folder: Path) -> dict[str, TableMapping]:
    """The mapping beside a source's deliveries by table; empty when there is none.

    Raises:
        SourceError: The file is not YAML, or names a table, key or column that does not exist.
    """
    path = folder / MAPPING_FILE
    if not path.is_file():
        return {}
    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SourceError(f"{MAPPING_FILE}: not readable as YAML: {error}") from error
    return {table: _table_mapping(table, entry) for table, entry in _entries(written, MAPPING_FILE).items()}


def _table_mapping(table: str, entry: Any) -> TableMapping:
    place = f"{MAPPING_FILE}: {table}"
    _known(table, [name for name, promised in CATALOG.items() if promised.schema == "raw"], f"{MAPPING_FILE}: table")
    values = _entries(entry, place)
    for name in values:
        _known(name, [key.name for key in fields(TableMapping)], f"{place}: key")
    for name in ("rename", "constants"):
        values[name] = {str(a): str(b) for a, b in _entries(values.get(name), f"{place}.{name}").items()}
    columns = CATALOG[table].names()
    for name in values["rename"].values():
        _known(name, columns, f"{place}.rename: column")
    for name in values["constants"]:
        _known(name, columns, f"{place}.constants: column")
    values["null_values"] = tuple(str(text) for text in values.get("null_values") or ())
    return _checked(place, TableMapping(**values))


def _checked(place: str, mapping: TableMapping) -> TableMapping:
    """The mapping itself.

    Raises:
        SourceError: A value is not one that its key takes.
    """
    faults = {
        "delimiter must be one character": len(mapping.delimiter) != 1,
        "quote must be one character or empty": len(mapping.quote) > 1,
        "decimal must be '.' or ','": mapping.decimal not in (".", ","),
        "time_zone must be an IANA zone such as Europe/Berlin": mapping.time_zone not in available_timezones(),
        "encoding must write a line break as one byte, as utf-8 and latin-1 do": not _is_encoding(mapping.encoding),
        "date_format is not a strptime format": not _is_format(mapping.date_format),
        "timestamp_format is not a strptime format": not _is_format(mapping.timestamp_format),
        "rename has two columns for one": len(set(mapping.rename.values())) < len(mapping.rename),
    }
    for fault, is_there in faults.items():
        if is_there:
            raise SourceError(f"{place}: {fault}")
    return mapping


def _is_encoding(name: str) -> bool:
    """Whether the encoding exists and writes a line break as one byte, which counting lines needs."""
    try:
        return "\n".encode(name) == b"\n"
    except LookupError:
        return False


def _is_format(text: str | None) -> bool:
    """Whether DuckDB, which does the reading, understands a strptime format."""
    try:
        with duckdb.connect() as con:
            con.execute("select try_strptime('', ?)", [text]).fetchall()
    except duckdb.Error:
        return False
    return True


def _entries(written: Any, place: str) -> dict[str, Any]:
    if written is None:
        return {}
    if not isinstance(written, dict):
        raise SourceError(f"{place}: must hold names and values, not {type(written).__name__}")
    return {str(name): value for name, value in written.items()}


def _known(name: str, known: list[str], what: str) -> None:
    """Raises when a name is not known, with the nearest one."""
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        raise SourceError(
            f"{what} {name!r} does not exist; "
            + (f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}")
        )
