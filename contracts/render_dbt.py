"""Writes dbt's model entries from the catalogue: `python -m contracts.render_dbt [--check]`.

What lives here: the text of `dbt_project/models/_contracts.yml`, which tells dbt the raw tables and
what its public models promise. What a model computes stands in its SQL; unit tests stand beside it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from contracts import features, raw
from contracts.table import Column, Table

TARGET = Path(__file__).parents[1] / "dbt_project" / "models" / "_contracts.yml"

_HEAD = """\
# Generated from contracts/ by `python -m contracts.render_dbt`; do not edit.
version: 2
"""


def render() -> str:
    """The whole file: the raw tables as sources, the feature tables as models with enforced contracts."""
    description = _text(raw.__doc__ or "")
    lines = ["sources:", "  - name: raw", "    schema: raw", f"    description: {description}", "    tables:"]
    for table in raw.TABLES:
        lines += _source(table)
    lines += ["", "models:"]
    for table in features.TABLES:
        lines += _model(table)
    return _HEAD + "\n" + "\n".join(lines) + "\n"


def write(target: Path = TARGET) -> None:
    """Put the rendered text where dbt reads it."""
    target.write_text(render(), encoding="utf-8")


def _source(table: Table) -> Iterator[str]:
    yield f"      - name: {table.name}"
    yield f"        description: {_text(table.row_is)}"
    yield "        columns:"
    for column in table.columns:
        yield from _column(column, "          ")


def _model(table: Table) -> Iterator[str]:
    yield f"  - name: {table.name}"
    yield f"    description: {_text(table.row_is)}"
    yield "    config:"
    yield f"      tags: [{'weekly' if table.week else 'features'}]"
    yield "      contract:"
    yield "        enforced: true"
    yield "      meta:"
    yield f"        grain: [{', '.join(table.grain)}]"
    yield f"        known_on: {table.known_on or 'null'}"
    yield "    columns:"
    for column in table.columns:
        yield from _column(column, "      ")
    yield from _tests(table)


def _column(column: Column, indent: str) -> Iterator[str]:
    yield f"{indent}- name: {column.name}"
    yield f"{indent}  data_type: {column.type}"
    yield f"{indent}  description: {_text(column.meaning)}"


def _tests(table: Table) -> Iterator[str]:
    """One test of each kind a model: a scan of eight million rows is paid once, not once a column."""
    yield "    data_tests:"
    yield "      - unique_key:"
    yield from _check("unique_key", f"No two rows share {', '.join(table.grain)}.")
    yield "          arguments:"
    yield f"            columns: [{', '.join(table.grain)}]"
    yield "      - within_bounds:"
    yield from _check("within_bounds", "Required columns are filled, and numbers lie within what contracts/ promises.")
    yield "          arguments:"
    yield "            required:"
    for column in table.columns:
        if not column.is_nullable:
            yield f"              - {column.name}"
    yield from _bounds("at_least", {c.name: c.at_least for c in table.columns})
    yield from _bounds("at_most", {c.name: c.at_most for c in table.columns})


def _check(name: str, description: str) -> Iterator[str]:
    """A test's name and text as Dagster shows them beside the model, so the name need not repeat it."""
    yield f"          name: {name}"
    yield "          config:"
    yield "            meta:"
    yield f"              description: {_text(description)}"


def _bounds(kind: str, bounds: dict[str, float | None]) -> Iterator[str]:
    given = {name: bound for name, bound in bounds.items() if bound is not None}
    yield f"            {kind}:" if given else f"            {kind}: {{}}"
    for name, bound in given.items():
        yield f"              {name}: {bound:g}"


def _text(sentence: str) -> str:
    """A YAML scalar on one line; JSON strings are YAML strings."""
    return json.dumps(sentence.strip().split("\n\n")[0].replace("\n", " "), ensure_ascii=False)


def main(arguments: list[str]) -> int:
    """Write the file, or with `--check` say whether it is current."""
    if "--check" not in arguments:
        write()
        return 0
    if TARGET.exists() and TARGET.read_text(encoding="utf-8") == render():
        return 0
    sys.stderr.write(f"{TARGET.name} is not what contracts/ says; run `python -m contracts.render_dbt`\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
