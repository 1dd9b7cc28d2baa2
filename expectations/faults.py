"""The same promise as masks over a frame: which rows are at fault, and in what words.

Great Expectations says that a column fails and how often; these masks say where and in which way.
They are also what counts faults exactly in frames too large for GX.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from contracts.table import Column, Table
from expectations.suites import grain_in

WHOLE = frozenset({"integer", "bigint"})


def readable(frame: pd.DataFrame, table: Table) -> tuple[pd.DataFrame, dict[str, pd.Series]]:
    """The frame with numbers and dates as such, and masks of values that are neither, by column.

    Decimals and dates that arrive as Python objects are converted; text in a number column is not
    read as missing but marked.
    """
    converted: dict[str, pd.Series] = {}
    unreadable: dict[str, pd.Series] = {}
    for column in table.columns:
        if column.name not in frame.columns:
            continue
        values = frame[column.name]
        if column.type == "boolean" and values.dtype.kind not in "b":
            unreadable[column.name] = values.notna() & ~values.isin([True, False])
            continue
        typed = _typed(values, column)
        if typed is not values:
            converted[column.name] = typed
            unreadable[column.name] = typed.isna() & values.notna()
        elif column.type in WHOLE and values.dtype.kind == "f":
            unreadable[column.name] = np.isfinite(values) & (values % 1 != 0)
    return frame.assign(**converted) if converted else frame, unreadable


def _typed(values: pd.Series, column: Column) -> pd.Series:
    if column.is_number and values.dtype.kind not in "iufb":
        return pd.to_numeric(values, errors="coerce").astype("float64")
    if column.type in {"date", "timestamp"} and values.dtype.kind != "M":
        return pd.to_datetime(values, errors="coerce")
    return values


def fault_words(kind: str, column: Column) -> str:
    """What is said of rows with this kind of fault: "3 rows have …"."""
    if kind in {"below", "above"}:
        bound = column.at_least if kind == "below" else column.at_most
        return f"{column.name} {kind} {bound:g}"
    return {
        "nulls": f"no {column.name}",
        "not_finite": f"{column.name} not finite",
        "outside": f"{column.name} outside {{{', '.join(column.one_of)}}}",
    }[kind]


def faults(frame: pd.DataFrame, column: Column) -> Iterator[tuple[str, pd.Series]]:
    """Kind of fault and mask of the rows, for every rule of a column.

    Kinds are nulls, below, above, not_finite and outside, as in a summary.
    """
    values = frame[column.name]
    if not column.is_nullable:
        yield "nulls", values.isna()
    if column.is_number:
        infinite = values.isin([np.inf, -np.inf])
        if values.dtype.kind == "f":
            yield "not_finite", infinite
        if column.at_least is not None:
            yield "below", (values < column.at_least) & ~infinite
        if column.at_most is not None:
            yield "above", (values > column.at_most) & ~infinite
    if column.one_of:
        yield "outside", values.notna() & ~values.isin(list(column.one_of))


def duplicates(frame: pd.DataFrame, table: Table) -> pd.Series:
    """Mask of rows whose key stood in an earlier row."""
    return frame.duplicated(grain_in(table, frame.columns) or None)
