"""The one way into schema raw: a base source, then the landing folder, which adds to it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from contracts.catalog import CATALOG
from contracts.table import Presence
from orchestration.sources import complete_journey, simulated
from orchestration.sources.files import DELIVERABLE, discover, look
from orchestration.sources.mapping import MAPPING_FILE, TableMapping, read_mapping
from orchestration.sources.reader import read_file, set_aside
from orchestration.sources.records import (
    BaseLoad,
    FileIngest,
    Ingest,
    LandedFile,
    Refusal,
    SourceError,
    SourceOptions,
    TableIngest,
)
from orchestration.sources.schema import create_empty


@dataclass(frozen=True)
class Source:
    """A base that a landing folder adds to.

    Args:
        load: Fills the empty raw tables.
        version: What its data is known by.
        excluded_categories: Values of category_1 that are no demand.
    """

    load: Callable[[duckdb.DuckDBPyConnection, SourceOptions | None], BaseLoad]
    version: Callable[[SourceOptions | None], str]
    excluded_categories: tuple[str, ...] = ()


_SOURCES = {
    complete_journey.NAME: Source(
        lambda con, options: complete_journey.load(con),
        lambda options: complete_journey.package_version(),
        complete_journey.EXCLUDED_CATEGORIES,
    ),
    simulated.NAME: Source(simulated.load, simulated.version),
    "files": Source(lambda con, options: BaseLoad(), lambda options: ""),
}

SOURCES = tuple(_SOURCES)


def ingest(con: duckdb.DuckDBPyConnection, source: str, landing: Path, options: SourceOptions | None = None) -> Ingest:
    """Replaces every raw table with what the source and its landing folder bring.

    Args:
        con: A connection for writing, in a transaction that the caller commits or rolls back.
        source: One of SOURCES.
        landing: The folder that holds one folder a source.
        options: What a source that makes its own data is told; others need none.

    Raises:
        SourceError: The source is unknown, not installed or not told enough, or its mapping.yml is wrong.
    """
    base_source = _source(source)
    mappings = read_mapping(landing / source)
    create_empty(con)
    base = base_source.load(con, options)
    files = [*base.files, *_land(con, landing, source, mappings)]
    tables = tuple(_table_ingest(name, files, base.derived.get(name, 0)) for name in DELIVERABLE)
    return Ingest(source, tables, tuple(_notes(tables)))


def excluded_categories(source: str) -> tuple[str, ...]:
    """Values of category_1 that are no demand in this source; staging leaves them out.

    Raises:
        SourceError: The source is unknown.
    """
    return _source(source).excluded_categories


def fingerprint(source: str, landing: Path, options: SourceOptions | None = None) -> str:
    """Digest of all that an ingest would read: equal fingerprints, equal raw tables.

    Raises:
        SourceError: The source is unknown, not installed or not told enough.
    """
    mapping = landing / source / MAPPING_FILE
    parts = [
        source,
        _source(source).version(options),
        mapping.read_text("utf-8", "replace") if mapping.is_file() else "",
    ]
    parts += [f"{file.table}/{file.name}:{file.sha256}" for file in discover(landing, source)]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def _source(name: str) -> Source:
    if name not in _SOURCES:
        raise SourceError(f"{name!r} is no source; known are {', '.join(SOURCES)}")
    return _SOURCES[name]


def _land(
    con: duckdb.DuckDBPyConnection, landing: Path, source: str, mappings: dict[str, TableMapping]
) -> Iterator[FileIngest]:
    """Reads every file of the landing folder once, whatever it is called."""
    digests: dict[tuple[str, str], str] = {}
    names: set[tuple[str, str]] = set()
    for found in look(landing, source):
        if isinstance(found, LandedFile) and (found.table, found.name) in names:
            name = f"{found.table}/{found.name}"
            found = Refusal(name, found.table, "another file of this name was read; rename one of them")
        if isinstance(found, Refusal):
            set_aside(con, found.name, found.table, [(0, found.reason)])
            yield FileIngest(found.name, found.table, "", problem=f"{found.name}: {found.reason}")
            continue
        names.add((found.table, found.name))
        first = digests.setdefault((found.table, found.sha256), found.name)
        if first != found.name:
            yield FileIngest(found.name, found.table, found.sha256, note=f"already ingested as {first}")
        else:
            yield read_file(con, found, CATALOG[found.table], mappings.get(found.table, TableMapping()))


def _table_ingest(name: str, files: list[FileIngest], derived: int) -> TableIngest:
    own = tuple(file for file in files if file.table == name)
    delivered, rejected = sum(file.delivered for file in own), sum(file.rejected for file in own)
    return TableIngest(name, delivered, delivered - rejected, rejected, own, derived)


def _notes(tables: tuple[TableIngest, ...]) -> Iterator[str]:
    for table in tables:
        promised = CATALOG[table.name]
        if promised.presence is Presence.OPTIONAL and table.accepted + table.derived == 0:
            yield f"{table.name}: absent, so {promised.without_it}"
        yield from (f"{file.name}: {file.note}" for file in table.files if file.note)
