"""Promises kept by tables too large for a frame: count the faults where the rows are, judge the counts.

A summary has one row a column and one row '*' for the table itself. `summary_sql` makes it in the
warehouse, `summarise` makes the same of a frame; whoever holds the connection runs the SQL.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from contracts.table import Column, Table
from expectations.faults import duplicates, fault_words, faults
from expectations.limits import Limit, check
from expectations.suites import grain_in
from expectations.verdict import Verdict, records, sentence

WHOLE_TABLE = "*"
KINDS = ("nulls", "below", "above", "not_finite", "outside", "duplicates")


def summary_sql(table: Table, check_keys: bool = True) -> str:
    """SQL in DuckDB's dialect that returns the summary of a table.

    One row a column: column, rows, nulls, below, above, not_finite, outside, duplicates; a count is NULL
    where the promise has no such rule. The row '*' counts keys that stand more than once.

    Args:
        table: The promise.
        check_keys: Whether to count duplicate keys, which sorts or hashes every key (20M rows: seconds).
    """
    measures = [("row_count", "count(*)")]
    for position, column in enumerate(table.columns):
        measures += [(f"{kind}_{position}", sql) for kind, sql in _counts(column).items()]
    counted = ",\n    ".join(f"cast({sql} as bigint) as {alias}" for alias, sql in measures)
    parts = [_row(position, column) for position, column in enumerate(table.columns)]
    parts.append(_table_row(check_keys))
    keys = ", ".join(f'"{name}"' for name in table.grain)
    # Counting digests takes half the time of counting keys. Equal counts prove that no key stands twice; that two
    # of 20M different keys share a 64-bit digest has a chance of 1 in 90,000.
    keyed = (
        f"select count(distinct hash({keys})) as key_count from {table.full_name}"
        if check_keys
        else ("select null as key_count")
    )
    rows = "\n  union all\n  ".join(parts)
    return (
        f"with counted as (\n  select\n    {counted}\n  from {table.full_name}\n),\n"
        f"keyed as (\n  {keyed}\n),\n"
        f"final as (\n  {rows}\n)\nselect * from final"
    )


def summarise(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """The summary of a frame, as `summary_sql` would count it. One row a column, and '*'."""
    rows: list[dict[str, object]] = []
    for column in table.columns:
        if column.name in frame.columns:
            counts: dict[str, object] = {kind: int(mask.sum()) for kind, mask in faults(frame, column)}
            counts["nulls"] = int(frame[column.name].isna().sum())
            rows.append({"column": column.name, "rows": len(frame), **counts})
    can_key = bool(grain_in(table, frame.columns))
    repeated = int(duplicates(frame, table).sum()) if can_key else None
    rows.append({"column": WHOLE_TABLE, "rows": len(frame), "duplicates": repeated})
    return pd.DataFrame(rows, columns=["column", "rows", *KINDS])


def validate_summary(summary: pd.DataFrame, table: Table) -> Verdict:
    """Whether the counts say that the table keeps its promise; Great Expectations judges them.

    A promised column that the summary does not mention is missing from the table.
    """
    by_column = {row["column"]: row for row in records(summary)}
    rows = int(summary["rows"].max()) if len(summary) else 0
    limits = [_presence(table, set(by_column))]
    if not table.may_be_empty:
        limits.append(Limit("row_count", rows, f"{table.name}: it has no rows, and may not be empty", at_least=1))
    for column in table.columns:
        if column.name in by_column:
            limits += _limits(by_column[column.name], column, table)
    if WHOLE_TABLE in by_column and pd.notna(repeated := by_column[WHOLE_TABLE]["duplicates"]):
        words = sentence(table.name, int(repeated), f"a key ({', '.join(table.grain)}) that stands elsewhere")
        limits.append(Limit("unique_keys", int(repeated), words, at_most=0, rows=int(repeated)))
    return check(table.name, limits, rows, f"faults counted over {rows:,} rows, Great Expectations on the counts")


def _presence(table: Table, got: set[str]) -> Limit:
    missing = [c.name for c in table.columns if c.name not in got and not c.is_optional]
    words = f"{table.name}: no column {', '.join(missing)}"
    return Limit("columns_present", len(missing), words, at_most=0, column=missing[0] if missing else None)


def _limits(counts: dict[str, Any], column: Column, table: Table) -> list[Limit]:
    """One limit a rule of the column: no row may break it."""
    kinds = [kind for kind in _rules(column) if kind not in {"nulls", "not_finite"}]
    kinds += [] if column.is_nullable else ["nulls"]
    # Whether infinity can be stored depends on how the column is stored, so the count decides.
    kinds += [] if pd.isna(counts["not_finite"]) else ["not_finite"]
    limits = []
    for kind in kinds:
        count = 0 if pd.isna(counts[kind]) else int(counts[kind])
        words = sentence(table.name, count, fault_words(kind, column))
        limits.append(Limit(kind, counts[kind], words, at_most=0, column=column.name, rows=count))
    return limits


def _rules(column: Column) -> list[str]:
    rules = ["nulls"]
    if column.is_number:
        rules += ["below"] * (column.at_least is not None) + ["above"] * (column.at_most is not None)
        rules += ["not_finite"] * (column.type in {"double", "float"})
    return rules + ["outside"] * bool(column.one_of)


def _counts(column: Column) -> dict[str, str]:
    """SQL aggregate by kind of fault, for the rules that the column has."""
    name = f'"{column.name}"'
    finite = f"isfinite({name}) and " if column.type in {"double", "float"} else ""
    values = ", ".join("'" + value.replace("'", "''") + "'" for value in column.one_of)
    conditions = {
        "below": f"{finite}{name} < {column.at_least}",
        "above": f"{finite}{name} > {column.at_most}",
        "not_finite": f"not isfinite({name})",
        "outside": f"{name} not in ({values})",
    }
    faulty = {kind: f"count(*) filter (where {conditions[kind]})" for kind in _rules(column) if kind != "nulls"}
    return {"nulls": f"count(*) - count({name})", **faulty}


def _row(position: int, column: Column) -> str:
    known = _counts(column)
    cells = [f"{kind}_{position} as {kind}" if kind in known else f"cast(null as bigint) as {kind}" for kind in KINDS]
    return f'select \'{column.name}\' as "column", row_count as "rows", {", ".join(cells)} from counted'


def _table_row(check_keys: bool) -> str:
    cells = [f"cast(null as bigint) as {kind}" for kind in KINDS[:-1]]
    keys = "row_count - key_count as duplicates" if check_keys else "cast(null as bigint) as duplicates"
    return (
        f'select \'{WHOLE_TABLE}\' as "column", row_count as "rows", {", ".join(cells)}, {keys} '
        "from counted cross join keyed"
    )
