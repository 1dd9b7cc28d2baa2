"""The parts of a report: Section, Chart, TableView and its columns. Both renderers read these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from reports.wording import day, money, number, safe_text, share

NUMERIC = frozenset({"count", "amount", "money", "share", "figure"})
TEXTS = frozenset({"text", "code", "long"})


@dataclass(frozen=True)
class ColumnView:
    """How one column of a table reads.

    Args:
        name: Column of the frame.
        label: What its head says, unit included.
        kind: text, code (never broken), long (wide), count, amount (one decimal), money, share,
            figure (three decimals) or day.
    """

    name: str
    label: str
    kind: str = "text"

    def text(self, value: object, currency: str) -> str:
        """One value as it reads."""
        if self.kind in TEXTS:
            return safe_text(value, 400 if self.kind == "long" else 120)
        if self.kind == "day":
            return day(value)
        amount = None if pd.isna(value) else float(value)  # type: ignore[call-overload, arg-type]
        if self.kind == "money":
            return money(amount, currency)
        if self.kind == "share":
            return share(amount, 1)
        return number(amount, {"figure": 3, "amount": 1}.get(self.kind, 0))

    def sort_key(self, value: object) -> str:
        """What a page sorts a cell by."""
        if self.kind in NUMERIC:
            return "" if pd.isna(value) else repr(float(value))  # type: ignore[call-overload, arg-type]
        return str(value)[:10] if self.kind == "day" else safe_text(value).lower()

    @property
    def is_number(self) -> bool:
        """Whether it is set right-aligned."""
        return self.kind in NUMERIC


@dataclass(frozen=True)
class TableView:
    """One table as a reader sees it.

    Args:
        key: Identifier, unique on the page.
        caption: What a row is.
        columns: What is shown, in order.
        frame: The rows, in the order shown.
        is_searchable: Whether the page offers a search field and a bounded height.
        is_folded: Whether the page shows it only when asked.
        markdown_rows: Rows that the Markdown text shows at most.
    """

    key: str
    caption: str
    columns: tuple[ColumnView, ...]
    frame: pd.DataFrame
    is_searchable: bool = False
    is_folded: bool = False
    markdown_rows: int = 50

    def cells(self, currency: str, at_most: int | None = None) -> list[list[tuple[str, str, bool]]]:
        """Rows of cells: text, sort key, whether it is a number."""
        rows = self.frame if at_most is None else self.frame.head(at_most)
        values = [rows[column.name].tolist() for column in self.columns]
        return [
            [(c.text(v, currency), c.sort_key(v), c.is_number) for c, v in zip(self.columns, row, strict=True)]
            for row in zip(*values, strict=True)
        ]


@dataclass(frozen=True)
class Chart:
    """One picture, drawn when a page asks for it.

    Args:
        title: What it shows, as a finding.
        draw: Returns the SVG.
        alt: The same in words, for who cannot see it.
    """

    title: str
    draw: Callable[[], str]
    alt: str


@dataclass(frozen=True)
class Section:
    """One claim with its evidence.

    Args:
        key: Anchor on the page.
        title: Head of the section.
        claim: What the figures say, computed from them.
        charts: Pictures of it.
        tables: The figures.
        caveat: What the claim cannot bear.
        points: Further sentences, each with a head.
        missing: One line on what is not there, None when all is.
    """

    key: str
    title: str
    claim: str
    charts: tuple[Chart, ...] = ()
    tables: tuple[TableView, ...] = ()
    caveat: str = ""
    points: tuple[tuple[str, str], ...] = ()
    missing: str | None = None


def absent(key: str, title: str, what: str) -> Section:
    """The section of a frame that was not given."""
    return Section(key, title, claim="", missing=f"Not shown: {what}.")
