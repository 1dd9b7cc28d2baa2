"""What a check says: Verdict and Finding, and the words that name a row.

No check lives here, and no Great Expectations: these are the words every check answers in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from contracts.table import Table

ERROR, WARN = "error", "warn"
SAMPLE_ROWS = 5

# A message travels into logs and reports; whoever bought something must not travel with it.
PERSONAL = frozenset({"customer_id", "session_id", "request_id", "impression_id", "redacted_text"})


@dataclass(frozen=True)
class Finding:
    """One broken rule.

    Args:
        expectation: Name of the expectation that failed.
        column: Column at fault, None for the table itself.
        failed_rows: Rows at fault.
        sample: Keys of the first rows at fault, in the frame's order.
        message: One sentence that names table, column, count and first key.
        severity: 'error' blocks what is downstream, 'warn' only speaks.
    """

    expectation: str
    column: str | None
    failed_rows: int
    sample: tuple[str, ...]
    message: str
    severity: str = ERROR


@dataclass(frozen=True)
class Verdict:
    """Whether a table keeps its promise, and every way in which it does not.

    Args:
        table: Name of the table, or of the rule's subject.
        passed: Whether nothing was found.
        findings: What was found.
        expectations: How many expectations were evaluated.
        rows: Rows checked.
        method: What was checked on which rows, in words.
    """

    table: str
    passed: bool
    findings: tuple[Finding, ...]
    expectations: int = 0
    rows: int = 0
    method: str = ""

    @property
    def severity(self) -> str | None:
        """The gravest severity among the findings, None when there is none."""
        grades = {finding.severity for finding in self.findings}
        return ERROR if ERROR in grades else (WARN if WARN in grades else None)

    @property
    def blocks(self) -> bool:
        """Whether what is downstream must not run."""
        return self.severity == ERROR

    @property
    def message(self) -> str:
        """Every finding, one a line; the method when there is none."""
        return "\n".join(finding.message for finding in self.findings) or f"{self.table}: kept ({self.method})"


@dataclass
class Gathered:
    """Findings on their way to a verdict."""

    table: str
    rows: int = 0
    method: str = ""
    expectations: int = 0
    findings: list[Finding] = field(default_factory=list)

    def verdict(self) -> Verdict:
        """The verdict on what was gathered."""
        return Verdict(self.table, not self.findings, tuple(self.findings), self.expectations, self.rows, self.method)


def keys_of(frame: pd.DataFrame, mask: pd.Series, table: Table, column: str | None = None) -> tuple[str, ...]:
    """Keys of the first rows at fault as text, with the faulty value at the end.

    Weeks come last, as one reads them; columns that name a person are blanked.
    """
    names = [name for name in table.grain if name in frame.columns]
    names.sort(key=lambda name: name == table.week)
    shown = names + ([column] if column and column in frame.columns and column not in names else [])
    rows = frame.loc[mask.to_numpy(), shown].head(SAMPLE_ROWS)
    return tuple(
        ", ".join(f"{name}={_text(name, value)}" for name, value in zip(shown, row, strict=True))
        for row in rows.itertuples(index=False, name=None)
    )


def _text(name: str, value: object) -> str:
    if name in PERSONAL:
        return "(withheld)"
    if isinstance(value, pd.Timestamp):
        return str(value.date()) if value == value.normalize() else value.isoformat(sep=" ")
    if value is None or (isinstance(value, float) and value != value) or value is pd.NaT:
        return "missing"
    return f"{value:g}" if isinstance(value, float) else str(value)[:60]


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as dicts, for frames of a handful of rows."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def sentence(subject: str, count: int, fault: str, sample: Sequence[str] = ()) -> str:
    """`demand_forecast: 12 rows have units below 0 (first: product_id=P-0042, …)`.

    >>> sentence("order_plan", 1, "order_units below 1", ["product_id=P-1"])
    'order_plan: 1 row has order_units below 1 (first: product_id=P-1)'
    """
    noun = "row has" if count == 1 else "rows have"
    first = f" (first: {sample[0]})" if sample else ""
    return f"{subject}: {count:,} {noun} {fault}{first}"
