"""`docs/raw-tables.md`, rendered from the contracts: what a user may bring, column by column.

`python -m orchestration.sources.guide` writes it; a test compares it with what stands there.
"""

from __future__ import annotations

from pathlib import Path

from contracts.catalog import CATALOG
from contracts.table import Column, Presence, Table
from orchestration.sources.casts import kind
from orchestration.sources.files import DELIVERABLE

GUIDE = Path(__file__).parents[2] / "docs" / "raw-tables.md"

_READ_AS = {
    "varchar": "text",
    "integer": "whole number",
    "bigint": "whole number",
    "decimal": "money",
    "double": "number",
    "date": "day",
    "timestamp": "moment",
    "boolean": "true or false",
    "float[]": "list of numbers",
    "varchar[]": "list of texts",
}


def render() -> str:
    """The page as Markdown."""
    sections = [_section(CATALOG[name]) for name in DELIVERABLE]
    return (
        "\n\n".join(
            [
                "<!-- Generated from contracts/raw.py by `python -m orchestration.sources.guide`; do not edit. -->",
                "# The raw tables",
                "What a delivery may hold. How to land one: [bring-your-own-data.md](bring-your-own-data.md).",
                *sections,
            ]
        )
        + "\n"
    )


def _section(table: Table) -> str:
    need = "Required." if table.presence is Presence.REQUIRED else f"Optional. Without it {table.without_it}."
    lines = [
        f"## {table.name}",
        "",
        f"A row is {table.row_is.removesuffix('.')[0].lower()}{table.row_is.removesuffix('.')[1:]}. {need}",
        "",
        "| column | read as | | meaning |",
        "|---|---|---|---|",
    ]
    return "\n".join(lines + [_row(column) for column in table.columns])


def _row(column: Column) -> str:
    need = "may be left out" if column.is_optional else "may be empty" if column.is_nullable else "**needed**"
    bounds = [
        f"at least {column.at_least:g}" if column.at_least is not None else "",
        f"at most {column.at_most:g}" if column.at_most is not None else "",
        f"one of {', '.join(column.one_of)}" if column.one_of else "",
    ]
    meaning = "; ".join(filter(None, [column.meaning, *bounds]))
    return f"| `{column.name}` | {_READ_AS[kind(column)]} | {need} | {meaning} |"


if __name__ == "__main__":
    GUIDE.write_text(render(), encoding="utf-8")
