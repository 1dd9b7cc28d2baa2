"""Valid random rows of any promised table, made from its contract.

One row a row of the table: keys are unique, values lie within their bounds, about a tenth of the
values that may be missing are. Columns that only make sense together are not tuned to one another.
"""

from collections.abc import Hashable

import numpy as np
import pandas as pd

from contracts.table import Column, Table

MONDAY = pd.Timestamp("2017-10-02")
_MISSING_SHARE = 0.1


def make_frame(table: Table, n: int = 50, seed: int = 0) -> pd.DataFrame:
    """`n` valid rows of a table, the same for the same seed, typed as DuckDB's `.df()` would."""
    rng = np.random.default_rng(seed)
    counted = _counted_key(table)
    columns: dict[Hashable, pd.Series] = {}
    for column in table.columns:
        is_partition = column.name == table.week
        values = _count(column, n) if column is counted else _draw(column, n, rng, is_partition)
        if column.is_nullable and column.name not in table.grain:
            values = values.mask(pd.Series(rng.random(n) < _MISSING_SHARE))
        columns[column.name] = values
    return pd.DataFrame(columns)


def _counted_key(table: Table) -> Column:
    """The key column that tells rows apart: free text if there is one, else a number, else a date."""
    keys = [table.column(name) for name in table.grain]
    free = [c for c in keys if c.type == "varchar" and not c.one_of]
    numbers = [c for c in keys if c.is_number and c.at_most is None]
    dates = [c for c in keys if c.type in {"date", "timestamp"}]
    return [*free, *numbers, *dates][0]


def _count(column: Column, n: int) -> pd.Series:
    if column.type == "varchar":
        return pd.Series([f"{column.name}-{i:05d}" for i in range(n)], dtype="str")
    if column.is_number:
        return pd.Series(np.arange(n) + int(column.at_least or 0))
    return pd.Series(pd.date_range(MONDAY, periods=n, freq="7D")).astype("datetime64[us]")


def _draw(column: Column, n: int, rng: np.random.Generator, is_partition: bool) -> pd.Series:
    low = 0.0 if column.at_least is None else column.at_least
    high = low + 100.0 if column.at_most is None else column.at_most
    kind = column.type.split("(")[0]
    if column.one_of:
        return pd.Series(rng.choice(list(column.one_of), n), dtype="str")
    if kind == "varchar":
        return pd.Series([f"{column.name}-{i}" for i in rng.integers(0, 5, n)], dtype="str")
    if kind in {"integer", "bigint"}:
        return pd.Series(rng.integers(int(low), int(high) + 1, n))
    if kind == "boolean":
        return pd.Series(rng.random(n) < 0.5)
    if kind in {"date", "timestamp"}:
        weeks = np.zeros(n, dtype=int) if is_partition else rng.integers(0, 8, n)
        return pd.Series(MONDAY + pd.to_timedelta(weeks * 7, unit="D")).astype("datetime64[us]")
    if kind in {"double", "float", "decimal"}:
        return pd.Series(np.round(rng.uniform(low, high, n), 2))
    if kind == "varchar[]":
        return pd.Series([[f"{column.name}-{i}"] for i in range(n)], dtype="object")
    if kind.endswith("[]"):
        return pd.Series([rng.integers(0, 9, 8).tolist() for _ in range(n)], dtype="object")
    raise ValueError(f"{column.name}: no rows can be made of type {column.type!r}; teach tests/support/frames.py")
