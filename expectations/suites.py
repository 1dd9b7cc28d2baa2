"""A contract turned into a Great Expectations suite, at run time.

One suite a table: its columns, a row count, nothing missing that is promised, bounds, finite numbers,
value sets and the grain. Rules that one row cannot show live in `rules`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from contracts.table import Column, Table
from expectations.engine import gxe, make_suite

LARGEST = sys.float_info.max


def suite(table: Table, columns: Iterable[str]) -> Any:
    """The suite of a table for a frame with these columns.

    A column that the frame lacks is named by the rule on columns only; no other rule asks for it.
    """
    got = list(columns)
    expectations = [_columns(table, got)]
    if not table.may_be_empty:
        # Without it an empty frame passes: map expectations have no row to fail on.
        expectations.append(gxe().ExpectTableRowCountToBeBetween(min_value=1))
    for column in table.columns:
        if column.name in got:
            expectations += _column(column)
    expectations += _grain(table, got)
    return make_suite(table.name, expectations)


def bounds(column: Column) -> tuple[float, float] | None:
    """Smallest and largest value; finite on both sides for numbers with a fraction, None for no rule.

    `between` with one bound lets infinity through on the other side.
    """
    if not column.is_number:
        return None
    is_whole = column.type in {"integer", "bigint"}
    if is_whole and column.at_least is None and column.at_most is None:
        return None
    low = -LARGEST if column.at_least is None else column.at_least
    high = LARGEST if column.at_most is None else column.at_most
    return low, high


def grain_in(table: Table, columns: Iterable[str]) -> list[str]:
    """The grain's columns if the frame can be judged by them, else none.

    An optional column may be absent and leaves the rest as the grain; a promised one may not.
    """
    got = set(columns)
    absent = [name for name in table.grain if name not in got]
    if any(not table.column(name).is_optional for name in absent):
        return []
    return [name for name in table.grain if name in got]


def _columns(table: Table, got: list[str]) -> Any:
    wanted = [c.name for c in table.columns if c.name in got or not c.is_optional]
    return gxe().ExpectTableColumnsToMatchSet(column_set=wanted, exact_match=True)


def _column(column: Column) -> list[Any]:
    rules = []
    if not column.is_nullable:
        rules.append(gxe().ExpectColumnValuesToNotBeNull(column=column.name))
    limits = bounds(column)
    if limits:
        rules.append(gxe().ExpectColumnValuesToBeBetween(column=column.name, min_value=limits[0], max_value=limits[1]))
    if column.one_of:
        rules.append(gxe().ExpectColumnValuesToBeInSet(column=column.name, value_set=list(column.one_of)))
    return rules


def _grain(table: Table, got: list[str]) -> list[Any]:
    names = grain_in(table, got)
    if len(names) > 1:
        return [gxe().ExpectCompoundColumnsToBeUnique(column_list=names, ignore_row_if="never")]
    return [gxe().ExpectColumnValuesToBeUnique(column=name) for name in names]
