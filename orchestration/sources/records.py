"""What an ingest reports: files, tables, and the sentences a person must read.

How the rows are read lives in the readers beside this module.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_NEEDED = ("raw_sales", "raw_products")

# A few broken rows are daily life; more of them mean that a file is not what it says it is.
REJECTED_SHARE_ALLOWED = 0.02


class SourceError(ValueError):
    """A source that cannot be read at all; the message names it and the way out."""


@dataclass(frozen=True)
class SourceOptions:
    """What a source that makes its own data is told.

    Args:
        folder: Where it keeps what it made.
        preset: Which kind of shop.
        seed: Which shop of the kind.
    """

    folder: Path
    preset: str
    seed: int


@dataclass(frozen=True)
class LandedFile:
    """One file that waits in the landing folder.

    Args:
        path: Where it lies.
        table: The raw table it is meant for.
        sha256: Digest of its bytes.
        name: Its path below the table's folder; its base name when it lies there directly.
    """

    path: Path
    table: str
    sha256: str
    name: str


@dataclass(frozen=True)
class Refusal:
    """One entry of the landing folder that is not even opened.

    Args:
        name: Path below the source's folder, safe to print.
        table: The raw table whose check carries the refusal.
        reason: Why.
    """

    name: str
    table: str
    reason: str


@dataclass(frozen=True)
class FileIngest:
    """What became of one delivered file; `delivered - rejected` of its rows were accepted.

    Args:
        name: Path below the table's folder; the base name when it lies there directly.
        table: The raw table it was meant for.
        sha256: Digest of its bytes.
        delivered: Rows found in it, 0 when it could not be opened.
        rejected: Rows set aside.
        problem: Why nothing may go on, None when nothing is wrong.
        note: What else a reader of the log should know.
    """

    name: str
    table: str
    sha256: str
    delivered: int = 0
    rejected: int = 0
    problem: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class BaseLoad:
    """What a source brought before the landing folder added to it.

    Args:
        files: What became of each of its files.
        derived: Rows a table that its reader wrote itself.
    """

    files: tuple[FileIngest, ...] = ()
    derived: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class TableIngest:
    """What became of one raw table; it holds `accepted + derived` rows.

    Args:
        name: The raw table.
        delivered: Rows found in its files.
        accepted: Rows that kept the promise.
        rejected: Rows set aside in raw_rejected.
        files: Its files, in the order they were read.
        derived: Rows that the reader itself wrote (plan rows, stores).
    """

    name: str
    delivered: int
    accepted: int
    rejected: int
    files: tuple[FileIngest, ...]
    derived: int = 0


@dataclass(frozen=True)
class Ingest:
    """One filling of the raw schema.

    Args:
        source: The source's name.
        tables: Every raw table that a user may bring, in the contract's order.
        notes: One line per absent optional table and per skipped file.
    """

    source: str
    tables: tuple[TableIngest, ...]
    notes: tuple[str, ...]

    @property
    def files(self) -> tuple[FileIngest, ...]:
        """Every delivered file."""
        return tuple(file for table in self.tables for file in table.files)

    @property
    def problems(self) -> tuple[str, ...]:
        """Sentences that must stop the run; empty when it may go on."""
        return tuple(problem for table in self.tables for problem in self.problems_of(table.name))

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences worth reading that stop nothing."""
        return tuple(warning for table in self.tables for warning in self.warnings_of(table.name))

    def problems_of(self, table: str) -> tuple[str, ...]:
        """The problems of one raw table."""
        ingested = self._table(table)
        found = [file.problem for file in ingested.files if file.problem]
        if table in _NEEDED and ingested.accepted + ingested.derived == 0:
            found.append(f"{table}: no row was accepted, and no run goes without; land files in {self.source}/{table}/")
        return tuple(found)

    def warnings_of(self, table: str) -> tuple[str, ...]:
        """The warnings of one raw table."""
        return tuple(
            f"{file.name}: {file.rejected:,} of {file.delivered:,} rows were set aside; see raw.raw_rejected"
            for file in self._table(table).files
            if file.rejected and not file.problem
        )

    def _table(self, name: str) -> TableIngest:
        return next(table for table in self.tables if table.name == name)


def sha256_of(path: Path) -> str:
    """Digest of a file's bytes, as hexadecimal text."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
