"""The report as Markdown: the same claims and tables, pictures in words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reports.blocks import Section, TableView
from reports.inputs import ReportInputs
from reports.opening import opening_of
from reports.sections import sections_of

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~])")


def render_markdown(inputs: ReportInputs) -> str:
    """The text of one decision week; the same frames give the same bytes. Tables show their first rows."""
    opening = opening_of(inputs)
    lines = [f"# {escaped(opening.title)}", "", escaped(opening.eyebrow), "", escaped(opening.verdict), ""]
    lines += ["| | | |", "|---|---:|---|"]
    lines += [f"| {escaped(f.label)} | {escaped(f.value)} | {escaped(f.note)} |" for f in opening.figures]
    for position, section in enumerate(sections_of(inputs), start=1):
        lines += ["", f"## {position} {escaped(section.title)}", ""]
        lines += list(_section(section, inputs.currency))
    return "\n".join(lines).rstrip() + f"\n\n---\n{escaped(opening.footer)}\n"


def escaped(text: str) -> str:
    """Text whose characters Markdown and HTML would read as marks stand for themselves.

    >>> escaped("a|b <i>")
    'a\\\\|b \\\\<i\\\\>'
    """
    return _MARKS.sub(r"\\\1", text)


def _section(section: Section, currency: str) -> Iterator[str]:
    if section.claim:
        yield from (escaped(section.claim), "")
    if section.missing:
        yield from (f"*{escaped(section.missing)}*", "")
    for chart in section.charts:
        yield from (f"**{escaped(chart.title)}** {escaped(chart.alt)}", "")
    for head, text in section.points:
        yield f"- **{escaped(head)}**: {escaped(text)}"
    if section.points:
        yield ""
    for table in section.tables:
        yield from _table(table, currency)
    if section.caveat:
        yield f"> {escaped(section.caveat)}"


def _table(table: TableView, currency: str) -> Iterator[str]:
    rows = table.cells(currency, table.markdown_rows)
    more = len(table.frame) - len(rows)
    yield from (f"{escaped(table.caption)}", "")
    yield "| " + " | ".join(escaped(column.label) for column in table.columns) + " |"
    yield "|" + "|".join("---:" if column.is_number else "---" for column in table.columns) + "|"
    for row in rows:
        yield "| " + " | ".join(escaped(text) for text, _, _ in row) + " |"
    yield ""
    if more > 0:
        yield from (f"… and {more:,} more rows on the page.", "")
