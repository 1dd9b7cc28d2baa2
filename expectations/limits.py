"""Figures against their limits: one row a figure, judged by Great Expectations.

Every rule that is not about single rows comes here in the end: it computes figures, says what each
may be, and hands over the words for the case that it is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from expectations.engine import gxe, make_suite, run
from expectations.verdict import ERROR, Finding, Gathered, Verdict

_VALUE, _LOW, _HIGH = "value", "at_least", "at_most"


@dataclass(frozen=True)
class Limit:
    """One figure and what it may be.

    Args:
        name: What the figure is, for the finding.
        value: The figure; None or NaN fails, since nothing was measured.
        message: One sentence for the case that it breaks its limit.
        at_least: Smallest value allowed, None for no bound.
        at_most: Largest value allowed, None for no bound.
        column: Column it is about, None for the table.
        rows: Rows at fault when it breaks.
        sample: Keys of the first rows at fault.
        severity: 'error' or 'warn'.
    """

    name: str
    value: float | None
    message: str
    at_least: float | None = None
    at_most: float | None = None
    column: str | None = None
    rows: int = 0
    sample: tuple[str, ...] = ()
    severity: str = ERROR


def check(table: str, limits: Sequence[Limit], rows: int, method: str) -> Verdict:
    """The verdict on figures, one finding for each that breaks its limit.

    Raises:
        ValueError: There is no figure: a rule that measured nothing must not pass.
    """
    if not limits:
        raise ValueError(f"{table}: no figure to judge; give the rule something to measure")
    frame = pd.DataFrame(
        {
            _VALUE: pd.Series([limit.value for limit in limits], dtype="float64"),
            _LOW: pd.Series([limit.at_least for limit in limits], dtype="float64"),
            _HIGH: pd.Series([limit.at_most for limit in limits], dtype="float64"),
        }
    )
    outcomes = run(frame, make_suite(table, _expectations()))
    found = Gathered(table, rows, method, len(limits))
    if all(outcome.success for outcome in outcomes):
        return found.verdict()
    broken = frame[_VALUE].isna() | (frame[_VALUE] < frame[_LOW]) | (frame[_VALUE] > frame[_HIGH])
    for limit, is_broken in zip(limits, broken, strict=True):
        if is_broken:
            found.findings.append(
                Finding(limit.name, limit.column, limit.rows, limit.sample, limit.message, limit.severity)
            )
    if not found.findings:
        raise RuntimeError(f"{table}: Great Expectations failed a figure that keeps its limits: {outcomes}")
    return found.verdict()


def _expectations() -> list[object]:
    classes = gxe()
    return [
        classes.ExpectTableRowCountToBeBetween(min_value=1),
        classes.ExpectColumnValuesToNotBeNull(column=_VALUE),
        classes.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A=_VALUE, column_B=_LOW, or_equal=True, ignore_row_if="either_value_is_missing"
        ),
        classes.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A=_HIGH, column_B=_VALUE, or_equal=True, ignore_row_if="either_value_is_missing"
        ),
    ]
