"""What no single row can show: volumes, gaps, missing shares, drift.

Each rule is a function of frames that returns a verdict; Great Expectations judges the figures.
Rules of tables against one another live in `cross_rules`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from expectations.limits import Limit, check
from expectations.verdict import ERROR, WARN, Verdict, records, sentence

DRIFT_WARN = 0.25
"""Population stability index that the literature calls a major shift."""


def volume(table: str, rows: int, floor: int = 1, before: int | None = None, may_fall: float = 0.5) -> Verdict:
    """Whether a table has enough rows, and has not lost most of what it had.

    Args:
        table: Name of the table.
        rows: Rows now.
        floor: Fewest rows it may have.
        before: Rows at the last run, None when there was none.
        may_fall: Share of `before` that it may lose.
    """
    limits = [Limit("row_count", rows, f"{table}: {rows:,} rows, expected at least {floor:,}", at_least=floor)]
    if before is not None:
        least = before * (1 - may_fall)
        words = f"{table}: {rows:,} rows where {before:,} stood before, a fall of more than {may_fall:.0%}"
        limits.append(Limit("row_count_before", rows, words, at_least=least))
    return check(table, limits, rows, "row count against its floor and the last run")


def no_gap_in_weeks(table: str, weeks: pd.DataFrame, column: str = "week") -> Verdict:
    """Whether every Monday between the first and the last has rows. `weeks`: one row a week, at least."""
    got = pd.DatetimeIndex(weeks[column].dropna().unique()).sort_values()
    if len(got) == 0:
        return volume(table, 0)
    missing = pd.date_range(got[0], got[-1], freq="7D").difference(got)
    strays = got[(got - got[0]).days % 7 != 0]
    limits = [
        Limit(
            "weeks_without_gap",
            len(missing),
            at_most=0,
            column=column,
            sample=_dates(missing),
            message=(
                f"{table}: {len(missing)} weeks between {got[0]:%Y-%m-%d} and {got[-1]:%Y-%m-%d} have no rows "
                f"(first: {column}={_first(missing)})"
            ),
        ),
        Limit(
            "weeks_on_one_weekday",
            len(strays),
            at_most=0,
            column=column,
            sample=_dates(strays),
            message=(
                f"{table}: {len(strays)} weeks start on another weekday than the first "
                f"(first: {column}={_first(strays)})"
            ),
        ),
    ]
    return check(table, limits, len(weeks), f"{len(got)} weeks, one after the other")


def null_rate(table: str, summary: pd.DataFrame, at_most: Mapping[str, float], severity: str = ERROR) -> Verdict:
    """Whether no column is missing more often than it may be.

    Args:
        table: Name of the table.
        summary: One row a column: column, rows, nulls (as `summary.summarise` returns).
        at_most: Largest share missing, by column; 0.999 catches a column that is missing altogether.
        severity: What a breach means.
    """
    counts = {row["column"]: row for row in records(summary)}
    limits = []
    for name, share in at_most.items():
        row = counts.get(name, {"rows": 0, "nulls": 0})
        rows, nulls = int(row["rows"]), int(row["nulls"])
        rate = nulls / rows if rows else None
        words = f"{rate:.1%} of {rows:,} rows" if rate is not None else "no rows to tell whether any"
        limits.append(
            Limit(
                "null_rate",
                rate,
                f"{table}: {words} have no {name}, at most {share:.1%} may",
                at_most=share,
                column=name,
                rows=nulls,
                severity=severity,
            )
        )
    return check(table, limits, int(summary["rows"].max()), "share of missing values by column")


def drift(
    table: str, now: pd.DataFrame, before: pd.DataFrame, columns: Sequence[str], at_most: float = DRIFT_WARN
) -> Verdict:
    """Whether columns are distributed as they were; a shift warns, it never blocks.

    The population stability index Σ (p − q)·ln(p / q) over deciles of `before`, or over its values for text.
    """
    limits = []
    for name in columns:
        value = stability_index(now[name], before[name])
        limits.append(
            Limit(
                "population_stability",
                value,
                at_most=at_most,
                column=name,
                severity=WARN,
                message=(
                    f"{table}: {name} is distributed otherwise than before "
                    f"(stability index {value:.2f}, at most {at_most:g})"
                ),
            )
        )
    return check(table, limits, len(now), f"{len(now):,} rows against {len(before):,} before")


def stability_index(now: pd.Series, before: pd.Series) -> float:
    """Population stability index of two samples; 0 when they are alike, above 0.25 when they are not.

    Missing values are a bin of their own; empty bins count as half a row.
    """
    if pd.api.types.is_numeric_dtype(before):
        edges = np.unique(np.nanquantile(before.astype("float64"), np.linspace(0.1, 0.9, 9)))
        bins_now, bins_before = (
            pd.Series(np.where(s.isna(), -1, np.searchsorted(edges, s.astype("float64"), side="left")))
            for s in (now, before)
        )
    else:
        bins_now, bins_before = now.fillna("(missing)"), before.fillna("(missing)")
    counts = pd.concat([bins_now.value_counts(), bins_before.value_counts()], axis=1).fillna(0).to_numpy()
    shares = np.maximum(counts, 0.5) / np.maximum(counts.sum(axis=0), 1)
    p, q = shares[:, 0], shares[:, 1]
    return float(np.sum((p - q) * np.log(p / q)))


def rows_at_fault(rule: str, table: str, words: str, count: int, sample: Sequence[str] = ()) -> Limit:
    """The limit that no row breaks a rule, with the usual words."""
    return Limit(rule, count, sentence(table, count, words, sample), at_most=0, rows=count, sample=tuple(sample))


def _dates(weeks: pd.DatetimeIndex) -> tuple[str, ...]:
    return tuple(f"{week:%Y-%m-%d}" for week in weeks[:5])


def _first(weeks: pd.DatetimeIndex) -> str:
    return next(iter(_dates(weeks)), "none")
