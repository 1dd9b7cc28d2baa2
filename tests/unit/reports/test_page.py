"""The page and the text: nothing hostile gets through, the tables hold the frames, nothing is fetched."""

import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest
from support.report_inputs import made_up_week

from reports.inputs import ReportInputs
from reports.page import render_html, render_markdown
from reports.summary import plan_summary

WEEK = made_up_week()
HOSTILE = '<script>alert("x")</script>'
FORMULA = '=HYPERLINK("http://evil.example","click")'
MARKS = "a | b `c` [d](http://evil.example) **e**"


@pytest.fixture(scope="module")
def page() -> str:
    """The page of the made-up week."""
    return render_html(WEEK)


class Rows(HTMLParser):
    """Sort keys and texts of every body row, by table id: a second reading of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, list[list[tuple[str, str]]]] = {}
        self.classes: list[str] = []
        self._table, self._key = "", None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "div" and given.get("class") == "table":
            self._table = str(given["id"])
            self.tables[self._table] = []
        if tag == "tr":
            self.tables.setdefault(self._table, []).append([])
        if tag == "td":
            self._key, self._text = given.get("data-key"), ""

    def handle_data(self, text: str) -> None:
        self._text += text

    def handle_endtag(self, tag: str) -> None:
        if tag == "td":
            self.tables[self._table][-1].append((str(self._key), self._text))


def read(page: str, table: str) -> list[list[tuple[str, str]]]:
    """Body rows of one table."""
    reader = Rows()
    reader.feed(page)
    return [row for row in reader.tables[table] if row]


def with_titles(*titles: str) -> ReportInputs:
    """The week whose best launches carry these titles."""
    best = WEEK.launch_plan.sort_values("expected_profit", ascending=False)["product_id"].unique()[: len(titles)]
    renamed = dict(zip(best, titles, strict=True))

    def rename(frame: pd.DataFrame) -> pd.DataFrame:
        names = [renamed.get(i, t) for i, t in zip(frame["product_id"], frame["title"], strict=True)]
        return frame.assign(title=names, category_1=[renamed.get(i, "GROCERY") for i in frame["product_id"]])

    assert WEEK.products is not None
    assert WEEK.launch_candidates is not None
    return replace(WEEK, products=rename(WEEK.products), launch_candidates=rename(WEEK.launch_candidates))


def test_the_tables_hold_the_frames_sums(page: str) -> None:
    launched = WEEK.launch_plan[WEEK.launch_plan["is_launched"]]
    rows = read(page, "launch-table")
    assert len(rows) == len(launched)
    assert sum(float(row[5][0]) for row in rows) == launched["order_units"].sum()
    assert sum(float(row[7][0]) for row in rows) == pytest.approx(launched["expected_profit"].sum())
    assert len(read(page, "declined-table")) == len(WEEK.launch_plan) - len(launched)
    weekly = read(page, "order-table")
    assert sum(float(row[2][0]) for row in weekly) == WEEK.order_plan["order_units"].sum()
    assert sum(float(row[5][0]) for row in weekly) == pytest.approx(WEEK.order_plan["order_cost"].sum())
    assert all(float(r[3][0]) + float(r[4][0]) == pytest.approx(float(r[5][0])) for r in weekly)


def test_launches_come_by_expected_profit(page: str) -> None:
    profits = [float(row[7][0]) for row in read(page, "launch-table")]
    assert profits == sorted(profits, reverse=True)


def test_a_hostile_title_is_text_everywhere() -> None:
    inputs = with_titles(HOSTILE, FORMULA, MARKS, "x\u202eevil\x00")
    page, text = render_html(inputs), render_markdown(inputs)
    assert HOSTILE not in page
    assert HOSTILE not in text
    assert "&lt;script&gt;" in page
    cells = {cell for table in ("launch-table", "slot-table") for row in read(page, table) for _, cell in row}
    assert HOSTILE in cells, "read back from the page it is the title itself"
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]
    assert f"'{FORMULA}" in cells
    assert "\u202e" not in page + text
    assert "\x00" not in page + text
    assert "[d](http" not in text
    assert "a \\| b" in text
    for table in re.findall(r"(?:^\|.*\n)+", text, flags=re.M):
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1, table


def test_the_page_fetches_nothing_and_forbids_fetching(page: str) -> None:
    assert "default-src 'none'" in page
    assert not re.findall(r"""(?:src|href)=["'](?!#)""", page)
    assert not re.findall(r"@import|url\((?!#)", page)
    assert set(re.findall(r"https?://[^\s\"'<)]+", page)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


def test_the_same_frames_give_the_same_bytes_in_any_row_order(page: str) -> None:
    assert render_html(WEEK) == page
    shuffled = replace(
        WEEK,
        **{
            name: getattr(WEEK, name).sample(frac=1, random_state=3)
            for name in (
                "launch_plan",
                "order_plan",
                "exposure_plan",
                "recommendations",
                "exposure_fairness",
                "response_list_scores",
                "response_exposure",
                "plan_outcome",
                "demand_scores",
                "response_scores",
                "demand_forecast",
                "weekly_sales",
                "ingest",
                "champion_decision",
                "budgets",
            )
        },
    )
    assert render_html(shuffled) == page


def test_every_picture_has_words_and_ids_are_unique(page: str) -> None:
    assert page.count('class="plot" role="img" aria-label="') == page.count("<svg")
    assert min(len(alt) for alt in re.findall(r'role="img" aria-label="([^"]+)"', page)) > 30
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_pictures_take_their_colours_from_the_page(page: str) -> None:
    pictures = "".join(re.findall(r"<svg.*?</svg>", page, flags=re.S))
    assert "var(--c1)" in pictures
    assert not re.findall(r'(?:fill|stroke)="#0\d0\d0\d"', pictures)
    assert not re.findall(r'(?:fill|stroke)="(?:black|#000|#000000)"', pictures)


def test_a_report_of_the_bare_plan_can_be_drawn() -> None:
    bare = ReportInputs(WEEK.decision_week, "files", WEEK.launch_plan, WEEK.order_plan, WEEK.plan_solve)
    assert "Not shown: " in render_html(bare)
    assert "Not shown: " in render_markdown(bare)


def test_the_markdown_shows_the_first_rows_and_counts_the_rest() -> None:
    text = render_markdown(WEEK)
    launched = int(WEEK.launch_plan["is_launched"].sum())
    assert f"… and {launched - 50} more rows on the page." in text
    assert text.startswith("# Launch plan for the week of 2 Oct 2017")
    assert all(line.count("|") >= 2 for line in text.splitlines() if line.startswith("|"))


def test_the_terminal_summary_shows_titles_as_they_are_and_fits() -> None:
    from rich.console import Console

    out = io.StringIO()
    console = Console(file=out, width=100, color_system=None)
    for renderable in plan_summary(with_titles("[red]x[/red]")):
        console.print(renderable)
    said = out.getvalue()
    assert "[red]x[/red]" in said
    assert "buyer's rule" in said
    assert "$9,431" in said
    assert "0.921" in said
    assert max(len(line) for line in said.splitlines()) <= 100
