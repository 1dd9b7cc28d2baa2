"""The report as one HTML page that needs nothing else, no network and no files beside it; the text stands beside."""

from __future__ import annotations

from reports.blocks import TableView
from reports.inputs import ReportInputs
from reports.markdown import render_markdown
from reports.opening import Opening, opening_of
from reports.sections import sections_of
from reports.template import SCRIPT, STYLE, TABLE, TEMPLATE

__all__ = ["render_html", "render_markdown"]


def render_html(inputs: ReportInputs) -> str:
    """The page of one decision week; the same frames give the same bytes.

    Every text from outside is escaped; only pictures and the script, made here, are not.
    """
    import jinja2
    import markupsafe

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    environment.filters["trusted"] = markupsafe.Markup

    def cells(table: TableView) -> list[list[tuple[str, str, bool]]]:
        return table.cells(inputs.currency)

    environment.globals["cells"] = cells
    opening: Opening = opening_of(inputs)
    return (
        environment.from_string(TABLE + TEMPLATE)
        .render(
            title=opening.title,
            eyebrow=opening.eyebrow,
            verdict=opening.verdict,
            figures=opening.figures,
            footer=opening.footer,
            sections=sections_of(inputs),
            style=markupsafe.Markup(STYLE),
            script=SCRIPT,
        )
        .lstrip()
    )
