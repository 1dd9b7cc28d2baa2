"""The landing folder: which files wait in it, for which raw table, and which are refused.

`<landing>/<source>/<raw table>/*.csv|*.parquet`, or `<landing>/<source>/<raw table>.csv|.parquet`. What is in
a file is no business of this module; `parse.py` opens them.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from pathlib import Path

from contracts.raw import RAW_DELIVERED, RAW_PRODUCTS, RAW_REJECTED
from orchestration.sources.mapping import MAPPING_FILE
from orchestration.sources.records import LandedFile, Refusal, sha256_of
from orchestration.sources.schema import raw_tables

SUFFIXES = (".csv", ".parquet")
DELIVERABLE = tuple(table.name for table in raw_tables() if table not in (RAW_REJECTED, RAW_DELIVERED))

# What file systems and copy tools leave beside deliveries.
_LEFTOVERS = (".part", ".partial", ".tmp", ".crdownload", "~")


def discover(landing: Path, source: str) -> tuple[LandedFile, ...]:
    """Every file of the source that may be read, in reading order; refused ones are left out."""
    return tuple(found for found in look(landing, source) if isinstance(found, LandedFile))


def look(landing: Path, source: str) -> Iterator[LandedFile | Refusal]:
    """Every file of the source, read or refused, products first, then by table and name."""
    folder = landing / source
    if not folder.is_dir():
        return
    root = landing.resolve()
    for path, table in sorted(_candidates(folder), key=lambda found: (_position(found[1]), found[0].as_posix())):
        name = path.relative_to(folder).as_posix()
        reason = _refusal(path, table, root)
        if reason is not None:
            yield Refusal(shown(name), _nearest_table(table), reason)
        else:
            yield LandedFile(path, table, sha256_of(path), name.removeprefix(f"{table}/"))


def shown(name: str) -> str:
    """A file name that is safe to print: control characters and broken bytes become '?'."""
    return "".join(character if character.isprintable() else "?" for character in name)


def nearest(word: str, known: list[str]) -> str:
    """A hint at the nearest known word, empty when none is near.

    >>> nearest("raw_salse", ["raw_sales", "raw_products"])
    "; did you mean 'raw_sales'?"
    """
    found = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.5)
    return f"; did you mean {found[0]!r}?" if found else ""


def _candidates(folder: Path) -> Iterator[tuple[Path, str]]:
    """Each file with the table its place says; folders inside a table's folder are walked too."""
    for entry in folder.iterdir():
        if _is_leftover(entry) or entry.name == MAPPING_FILE:
            continue
        if not entry.is_dir():
            yield entry, entry.stem
            continue
        for parent, folders, names in os.walk(entry, followlinks=False):
            linked = [name for name in folders if (Path(parent) / name).is_symlink()]
            paths = (Path(parent) / name for name in [*names, *linked])
            yield from ((path, entry.name) for path in paths if not _is_leftover(path))


def _is_leftover(path: Path) -> bool:
    return path.name.startswith(".") or path.name.lower().endswith(_LEFTOVERS)


def _position(table: str) -> int:
    """Products are read first, since every other table refers to them."""
    if table == RAW_PRODUCTS.name:
        return -1
    return DELIVERABLE.index(table) if table in DELIVERABLE else len(DELIVERABLE)


def _nearest_table(table: str) -> str:
    """The table whose check shall carry a refusal; the first one where none is near."""
    if table in DELIVERABLE:
        return table
    return next(iter(difflib.get_close_matches(table.lower(), DELIVERABLE, n=1, cutoff=0.5)), DELIVERABLE[0])


def _refusal(path: Path, table: str, root: Path) -> str | None:
    """Why a file is not read, None when it may be."""
    if table not in DELIVERABLE:
        hint = nearest(table, list(DELIVERABLE)) or f"; known are {', '.join(DELIVERABLE)}"
        return f"it lies where the table {shown(table)!r} would be, and there is no such table{hint}"
    if not path.resolve().is_relative_to(root):
        return "it is a link that leads out of the landing folder; copy the file itself"
    if not path.is_file():
        return "it is no plain file; deliver files only"
    if not str(path).isprintable():
        return "its name holds control characters; rename it"
    if path.suffix.lower() not in SUFFIXES:
        return f"it is neither {' nor '.join(SUFFIXES)}; convert it, or move it away"
    return None
