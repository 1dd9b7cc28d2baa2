"""A frame against its promise: run the suite, and say in words what is broken.

Tables that never become a frame are judged by `summary`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from contracts.table import Table
from expectations.engine import Outcome, run
from expectations.faults import duplicates, fault_words, faults, readable
from expectations.suites import grain_in, suite
from expectations.summary import summarise, validate_summary
from expectations.verdict import Finding, Gathered, Verdict, keys_of, sentence

FULL_ROWS = 1_000_000
"""Largest frame that GX reads whole: about 1.5 s of CPU at ten columns."""

SAMPLE_ROWS = 100_000
"""Rows that GX reads of a larger frame, evenly spaced, so the same rows every time."""


def validate(frame: pd.DataFrame, table: Table, full_rows: int = FULL_ROWS) -> Verdict:
    """Whether the frame keeps the table's promise, and every way in which it does not.

    Up to `full_rows` rows GX reads all of it. Above, every bound is counted exactly in pandas over
    all rows and GX judges the counts, and the whole suite reads an evenly spaced sample besides.
    """
    typed, unreadable = readable(frame, table)
    found = Gathered(table.name, len(frame), f"{len(frame):,} rows, all read by Great Expectations")
    found.findings += _unreadable(frame, unreadable, table)
    batch = typed
    if len(frame) > full_rows:
        batch = typed.iloc[np.linspace(0, len(typed) - 1, min(SAMPLE_ROWS, full_rows)).astype("int64")]
        counted = validate_summary(summarise(typed, table), table)
        found.expectations += counted.expectations
        found.method = f"bounds and keys counted over {len(frame):,} rows, the suite on {len(batch):,} of them"
        if not counted.passed:
            found.findings += _of_rows(typed, table)
    outcomes = run(batch, suite(table, frame.columns))
    found.expectations += len(outcomes)
    failed = [outcome for outcome in outcomes if not outcome.success]
    found.findings += [f for outcome in failed for f in _of_table(outcome, frame, table)]
    rows_failed = [outcome for outcome in failed if not outcome.type.startswith("expect_table")]
    if rows_failed and len(frame) <= full_rows:
        found.findings += _of_rows(typed, table)
    found.findings += _unexplained(rows_failed, found.findings, table)
    return found.verdict()


def _of_table(outcome: Outcome, frame: pd.DataFrame, table: Table) -> list[Finding]:
    """Findings on the table itself: its columns and its row count."""
    if outcome.type == "expect_table_columns_to_match_set":
        return [
            Finding(outcome.type, _quoted(text), len(frame), (), text)
            for text in table.column_violations(frame.columns)
        ]
    if outcome.type == "expect_table_row_count_to_be_between":
        return [Finding(outcome.type, None, 0, (), f"{table.name}: it has no rows, and may not be empty")]
    return []


def _of_rows(frame: pd.DataFrame, table: Table) -> list[Finding]:
    """Findings on rows: which are at fault in which column, counted over the whole frame."""
    findings = []
    for column in table.columns:
        if column.name not in frame.columns:
            continue
        for kind, mask in faults(frame, column):
            if mask.any():
                words = fault_words(kind, column)
                findings.append(_finding(_EXPECTATION[kind], column.name, words, mask, (frame, table)))
    names = grain_in(table, frame.columns)
    if names and (repeated := duplicates(frame, table)).any():
        words = f"a key ({', '.join(names)}) that stood before"
        findings.append(_finding(_EXPECTATION["duplicates"], None, words, repeated, (frame, table)))
    return findings


def _unreadable(frame: pd.DataFrame, masks: dict[str, pd.Series], table: Table) -> list[Finding]:
    findings = []
    for name, mask in masks.items():
        if mask.any():
            words = f"{name} that cannot be read as {table.column(name).type}"
            findings.append(_finding("values_readable_as_promised", name, words, mask, (frame, table)))
    return findings


def _unexplained(failed: list[Outcome], findings: list[Finding], table: Table) -> list[Finding]:
    """One finding for each failure that no mask explains, so that none is ever lost."""
    explained = {finding.column for finding in findings}
    return [
        Finding(
            o.type,
            o.kwargs.get("column"),
            o.failed_rows,
            (),
            f"{table.name}: {o.type} failed on {o.kwargs.get('column') or 'the table'}: "
            f"{o.exception or f'{o.failed_rows:,} rows'}",
        )
        for o in failed
        if o.kwargs.get("column") not in explained
    ]


def _finding(
    expectation: str, column: str | None, words: str, mask: pd.Series, where: tuple[pd.DataFrame, Table]
) -> Finding:
    frame, table = where
    sample = keys_of(frame, mask, table, column)
    count = int(mask.sum())
    return Finding(expectation, column, count, sample, sentence(table.name, count, words, sample))


def _quoted(text: str) -> str | None:
    """The column that a violation names between quotes."""
    return text.split("'")[1] if "'" in text else None


_EXPECTATION = {
    "nulls": "expect_column_values_to_not_be_null",
    "below": "expect_column_values_to_be_between",
    "above": "expect_column_values_to_be_between",
    "not_finite": "expect_column_values_to_be_between",
    "outside": "expect_column_values_to_be_in_set",
    "duplicates": "expect_compound_columns_to_be_unique",
}
