"""Every promise of the catalogue: a valid frame passes, each way of breaking it is found and named."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.frames import make_frame

from contracts.catalog import CATALOG
from contracts.table import Column, Table
from expectations.summary import summarise, validate_summary
from expectations.validate import validate
from expectations.verdict import PERSONAL, Verdict

TABLES = pytest.mark.parametrize("table", CATALOG.values(), ids=CATALOG.keys())


def breakages(column: Column, table: Table) -> dict[str, tuple[object, str]]:
    """Value that breaks each rule of a column, and the words the message must hold."""
    broken: dict[str, tuple[object, str]] = {}
    if not column.is_nullable:
        broken["null"] = (None, f"has no {column.name}")
    if column.at_least is not None:
        broken["below"] = (column.at_least - 1, f"has {column.name} below {column.at_least:g}")
    if column.at_most is not None:
        broken["above"] = (column.at_most + 1, f"has {column.name} above {column.at_most:g}")
    if column.type.startswith(("double", "float", "decimal")) and "[]" not in column.type:
        broken["inf"] = (np.inf, f"has {column.name} not finite")
        broken["minus inf"] = (-np.inf, f"has {column.name} not finite")
    if column.one_of:
        broken["outside"] = ("no such value", f"has {column.name} outside")
    return broken


def spoil(frame: pd.DataFrame, column: str, row: int, value: object) -> pd.DataFrame:
    """The frame with one value replaced."""
    values = frame[column]
    if values.dtype.kind in "iub" and value is None:
        values = values.astype("object") if values.dtype.kind == "b" else values.astype("float64")
    spoiled = values.copy()
    spoiled.iloc[row] = value
    return frame.assign(**{column: spoiled})


def one(verdict: Verdict, words: str) -> str:
    """The one message with these words."""
    messages = [finding.message for finding in verdict.findings if words in finding.message]
    assert len(messages) == 1, verdict.message
    return messages[0]


@TABLES
def test_a_valid_frame_passes(table: Table) -> None:
    frame = make_frame(table, 40, seed=1)
    verdict = validate(frame, table)
    assert verdict.passed, verdict.message
    assert verdict.expectations > len([c for c in table.columns if not c.is_nullable])


@TABLES
def test_each_rule_broken_once_is_found_with_table_column_count_and_key(table: Table) -> None:
    """All breakages at once, each in a row of its own, so that none can hide another."""
    cases = [(column, kind, *case) for column in table.columns for kind, case in breakages(column, table).items()]
    frame = make_frame(table, len(cases) + 1, seed=2)
    for row, (column, _, value, _) in enumerate(cases):
        frame = spoil(frame, column.name, row, value)
    before = frame.copy(deep=True)
    verdict = validate(frame, table)
    assert not verdict.passed
    assert verdict.severity == "error"
    pd.testing.assert_frame_equal(frame, before)
    for row, (column, kind, _, words) in enumerate(cases):
        count = 2 if "inf" in kind else 1
        words = words.replace("has ", "have ") if count == 2 else words
        end = "" if kind == "outside" else " (first: "
        message = one(verdict, f"{table.name}: {count} row{'s' if count == 2 else ''} {words}{end}")
        finding = next(f for f in verdict.findings if f.message == message)
        assert finding.column == column.name
        assert finding.failed_rows == count
        told = [k for k in table.grain if table.column(k).type == "varchar" and k not in PERSONAL | {column.name}]
        if kind != "minus inf":
            assert all(f"{key}={frame.loc[row, key]}" in message for key in told)
    counted = validate_summary(summarise(frame, table), table)
    assert {(f.column, f.message.split(" (first")[0]) for f in counted.findings} == {
        (f.column, f.message.split(" (first")[0]) for f in verdict.findings
    }, "counting sees what the suite sees"


@TABLES
def test_a_missing_column_a_surplus_one_a_repeated_key_and_no_rows_are_found(table: Table) -> None:
    frame = make_frame(table, 12, seed=3)
    promised = [c for c in table.columns if not c.is_optional and c.name not in table.grain]
    gone = (promised or [c for c in table.columns if not c.is_optional])[-1].name
    repeated = pd.concat([frame, frame.iloc[[4, 7]]], ignore_index=True)
    verdict = validate(repeated.drop(columns=gone).assign(surplus=1), table)
    assert f"column '{gone}' is missing" in verdict.message
    assert "column 'surplus' is not promised" in verdict.message
    if gone not in table.grain:
        assert "2 rows have a key" in one(verdict, "that stood before")
    assert validate(frame.head(0), table).passed == table.may_be_empty


def test_no_table_of_the_catalogue_gets_a_suite_that_an_empty_frame_passes_unless_it_may_be_empty() -> None:
    table = replace(CATALOG["order_plan"], may_be_empty=False)
    assert "may not be empty" in validate(make_frame(table, 3).head(0), table).message
