"""CSV by the line, for files with faults: every good record and every faulty line keeps its line number.

DuckDB reads clean files faster; it gives no line numbers to rows that fail later, and one quote that is
never closed costs it the rest of the file. Here such a quote costs its own line.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from orchestration.sources.mapping import TableMapping

# A quoted field may run over this many lines; beyond, its first quote is taken for a stray one.
LINES_IN_A_RECORD = 100

UNCLOSED = "a quote is never closed"

# What the csv module says, and what a person should read.
_WORDS = {
    "unexpected end": UNCLOSED,
    "expected after": "text follows a closing quote",
    "new-line character": "a line break stands outside quotes",
}


@dataclass(frozen=True, slots=True)
class Record:
    """One delivered record: its fields, or what is wrong with it.

    Args:
        line: Line it begins on, the header being line 1.
        fields: Its texts, None when it is faulty.
        fault: Why it cannot be taken apart.
    """

    line: int
    fields: list[str] | None = None
    fault: str | None = None


def records(path: Path, width: int, mapping: TableMapping) -> Iterator[Record]:
    """Every record after the header; blank lines are no records.

    Args:
        path: The file.
        width: Number of fields of the header.
        mapping: Delimiter, quote and encoding.
    """
    with path.open("rb") as file:
        lines = enumerate(file, start=1)
        next(lines, None)
        waiting: deque[tuple[int, bytes]] = deque()
        while waiting or (waiting := deque(islice(lines, 1))):
            line, raw = waiting.popleft()
            if not raw.strip():
                continue
            record = _taken_apart(line, [raw], width, mapping)
            if record.fault == UNCLOSED:
                waiting.extend(islice(lines, max(0, LINES_IN_A_RECORD - 1 - len(waiting))))
                record = _joined(line, raw, waiting, width, mapping)
            yield record


def _joined(line: int, raw: bytes, waiting: deque[tuple[int, bytes]], width: int, mapping: TableMapping) -> Record:
    """The record that runs on over the waiting lines, which it then consumes; or a fault of its first line."""
    quote = mapping.quote.encode(mapping.encoding)
    parts = [raw]
    for used, (_, more) in enumerate(tuple(waiting), start=1):
        parts.append(more)
        if quote not in more:
            continue
        record = _taken_apart(line, parts, width, mapping)
        if record.fields is not None:
            for _ in range(used):
                waiting.popleft()
            return record
        if record.fault != UNCLOSED:
            break
    return Record(line, fault=UNCLOSED)


def _taken_apart(line: int, parts: list[bytes], width: int, mapping: TableMapping) -> Record:
    try:
        text = b"".join(parts).decode(mapping.encoding).rstrip("\r\n")
    except UnicodeDecodeError:
        return Record(line, fault=f"the text is not {mapping.encoding}")
    try:
        # Most lines hold no quote, and splitting them is several times faster.
        has_quotes = mapping.quote and mapping.quote in text
        rows = csv.reader([text], strict=True, **dialect(mapping)) if has_quotes else [text.split(mapping.delimiter)]
        found = next(iter(rows))
    except csv.Error as error:
        return Record(line, fault=next((words for part, words in _WORDS.items() if part in str(error)), str(error)))
    if len(found) != width:
        return Record(line, fault=f"{len(found)} fields where the header has {width}")
    return Record(line, fields=found)


def header(path: Path, mapping: TableMapping) -> list[str]:
    """The column names on line 1, stripped; empty when the file is.

    Raises:
        ValueError: The line cannot be taken apart.
    """
    with path.open("rb") as file:
        raw = file.readline()
    try:
        text = raw.decode(mapping.encoding).removeprefix("\ufeff").rstrip("\r\n")
        rows = list(csv.reader([text], strict=True, **dialect(mapping)))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"line 1, the header, cannot be read ({error})") from error
    return [name.strip() for name in rows[0]] if text.strip() and rows else []


def dialect(mapping: TableMapping) -> dict[str, Any]:
    """The dialect as the csv module takes it."""
    if not mapping.quote:
        return {"delimiter": mapping.delimiter, "quoting": csv.QUOTE_NONE}
    return {"delimiter": mapping.delimiter, "quotechar": mapping.quote}
