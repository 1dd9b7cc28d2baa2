"""From a world's arrays to Arrow columns, and from Arrow tables to files of bounded size.

Lives here: conversions that never loop over rows, and a stream of one table's files. Which columns a table has is
told by its `contracts.table.Table`; what they hold stands in `tables.py` and `truth.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from contracts.table import Table
from shop.parts import NEVER, AnyInts, Bools, Floats, Ints, Texts

EPOCH = date(1970, 1, 1)

# Rows that wait in memory before they are written, and rows of one file.
GROUP_ROWS = 1 << 18
FILE_ROWS = 5_000_000

_TYPES = {
    "varchar": pa.string(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "decimal(18,2)": pa.decimal128(18, 2),
    "float[]": pa.list_(pa.float32()),
    "varchar[]": pa.list_(pa.string()),
}


def schema_of(table: Table) -> pa.Schema:
    """The promised columns in their order, as Arrow has them."""
    return pa.schema([(column.name, _TYPES[column.type]) for column in table.columns])


def promised(table: Table, columns: Mapping[str, pa.Array]) -> pa.Table:
    """These columns in the promised order; those left out are NULL.

    Raises:
        ValueError: A column is not promised, or not of the promised type.
    """
    faults = table.column_violations(columns)
    if faults:
        raise ValueError("; ".join(faults))
    rows = len(next(iter(columns.values())))
    arrays = []
    for name, kind in zip(table.names(), schema_of(table).types, strict=True):
        array = columns[name] if name in columns else pa.nulls(rows, kind)
        plain = array.type.value_type if pa.types.is_dictionary(array.type) else array.type
        if plain != kind:
            raise ValueError(f"{table.name}: column {name!r} is {array.type}, promised is {kind}")
        arrays.append(array)
    return pa.Table.from_arrays(arrays, names=table.names())


def coded(numbers: AnyInts, names: pa.StringArray, is_absent: Bools | None = None) -> pa.DictionaryArray:
    """Texts by their numbers, each text held once; NULL where they are absent."""
    return pa.DictionaryArray.from_arrays(pa.array(numbers.astype(np.int32, copy=False), mask=is_absent), names)


def texts(values: Sequence[str] | Texts) -> pa.StringArray:
    """Texts, an empty one as NULL."""
    return pa.array([str(value) or None for value in values], pa.string())


def numbered(letter: str, numbers: Ints) -> pa.StringArray:
    """Ids such as 'O17'.

    >>> numbered("O", np.array([17])).to_pylist()
    ['O17']
    """
    return pc.binary_join_element_wise(letter, pc.cast(pa.array(numbers), pa.string()), "")


def whole(numbers: AnyInts) -> pa.Int32Array:
    """Whole numbers as the contracts' `integer`."""
    return pa.array(numbers.astype(np.int32, copy=False))


def numbers(values: Floats) -> pa.DoubleArray:
    """Numbers, NaN as NULL."""
    return pa.array(values, from_pandas=True)


def money(cents: Ints) -> pa.Decimal128Array:
    """Cents as decimal(18,2): each a little-endian integer of 128 bits, its sign carried into the upper half."""
    halves = np.empty((len(cents), 2), dtype=np.int64)
    halves[:, 0] = cents
    halves[:, 1] = cents >> 63
    return pa.Decimal128Array.from_buffers(pa.decimal128(18, 2), len(cents), [None, pa.py_buffer(halves)])


def cents(amounts: Floats) -> Ints:
    """Money as whole cents."""
    return np.rint(amounts * 100).astype(np.int64)


def moments(seconds: Ints) -> pa.TimestampArray:
    """Seconds since the epoch as moments in UTC."""
    return pa.array(seconds * 1_000_000).view(pa.timestamp("us"))


def days(first_day: date, offsets: Ints) -> pa.Date32Array:
    """Days counted from the first one; NEVER is NULL."""
    since = (offsets + (first_day - EPOCH).days).astype(np.int32)
    return pa.array(since, pa.date32(), mask=offsets == NEVER)


def lists(rows: npt.NDArray[np.float64]) -> pa.ListArray:
    """(n, E) numbers as n lists."""
    count, size = rows.shape
    offsets = pa.array(np.arange(count + 1, dtype=np.int32) * size)
    return pa.ListArray.from_arrays(offsets, pa.array(rows.astype(np.float32).ravel()))


def chosen(flags: Bools, names: Sequence[str]) -> pa.ListArray:
    """(n, C) choices as n lists of names."""
    offsets = np.concatenate([[0], np.cumsum(flags.sum(axis=1))]).astype(np.int32)
    values = pa.array(list(names), pa.string()).take(pa.array(np.nonzero(flags)[1]))
    return pa.ListArray.from_arrays(pa.array(offsets), values)


@dataclass
class TableStream:
    """One table's files, `part-0000.parquet` and on, written as rows come; at most `GROUP_ROWS` and one batch wait.

    Args:
        folder: Where the files go; made when the first row comes.
    """

    folder: Path
    _waiting: list[pa.Table] = field(default_factory=list)
    _writer: pq.ParquetWriter | None = None
    _rows: int = 0
    _files: int = 0

    def write(self, batch: pa.Table) -> None:
        """Adds rows."""
        self._waiting.append(batch)
        if sum(table.num_rows for table in self._waiting) >= GROUP_ROWS:
            self._flush()

    def close(self) -> None:
        """Writes what waits and ends the last file."""
        self._flush()
        self._end_file()

    def _flush(self) -> None:
        if not self._waiting:
            return
        table = pa.concat_tables(self._waiting)
        self._waiting.clear()
        if self._writer is None:
            self._writer = self._next_file(table.schema)
        self._writer.write_table(table, row_group_size=GROUP_ROWS)
        self._rows += table.num_rows
        if self._rows >= FILE_ROWS:
            self._end_file()

    def _next_file(self, schema: pa.Schema) -> pq.ParquetWriter:
        self.folder.mkdir(parents=True, exist_ok=True)
        coded_columns = [column.name for column in schema if pa.types.is_dictionary(column.type)]
        path = self.folder / f"part-{self._files:04d}.parquet"
        self._files += 1
        return pq.ParquetWriter(
            path,
            schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=coded_columns,
            store_decimal_as_integer=True,
            # Readers see plain texts, whatever was coded on the way.
            store_schema=False,
        )

    def _end_file(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer, self._rows = None, 0
