"""The reasons of the plan's lines as a reader sees them: which come first, and how their figures read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.report_inputs import made_up_week

from contracts.explanations import BASE_MEANING
from reports.blocks import TableView
from reports.inputs import ReportInputs
from reports.sections import sections_of

WEEK = made_up_week()


def tables(inputs: ReportInputs, key: str) -> dict[str, TableView]:
    """The tables of one section, by key."""
    return {table.key: table for table in next(s for s in sections_of(inputs) if s.key == key).tables}


def reasons_of(key: str, table: str) -> list[list[str]]:
    """Kind, name and figure of every reason of the first line of a table."""
    shown = tables(WEEK, key)[table]
    rows = [[text for text, _, _ in row] for row in shown.cells("USD")]
    return [row[2:] for row in rows if row[:2] == rows[0][:2]]


def test_a_launch_says_first_which_launches_speak_for_it_and_how_much() -> None:
    told = reasons_of("launches", "reason-table")
    assert told[:4] == [
        ["analogue", "JUICE 1 LB (A2) sold 31 units in its first 8 weeks; same seller", "25.0 %"],
        ["analogue", "SOUP 6 OZ (A1) sold 2 units in its first 8 weeks; same type", "6.0 %"],
        ["analogue", "CANDY 1 LB (A3) sold 0 units in its first 8 weeks; same seller", "4.0 %"],
        ["analogue", "57 other past launches", "65.0 %"],
    ]
    assert [kind for kind, _, _ in told[4:]] == ["interval", "alternative", "critical ratio"]
    assert told[-1][-1] == "0.71"
    assert told[-2][-1] == "$3.20"


def test_a_declined_candidate_names_the_launches_that_speak_most_for_it() -> None:
    table = tables(WEEK, "launches")["declined-table"]
    said = {text for text, _, _ in (row[-1] for row in table.cells("USD"))}
    assert said == {
        "JUICE 1 LB (A2) sold 31 units in its first 8 weeks; same seller · "
        "SOUP 6 OZ (A1) sold 2 units in its first 8 weeks; same type"
    }


def test_the_largest_orders_say_what_moves_their_demand_from_the_base_on() -> None:
    assert reasons_of("orders", "order-reason-table") == [
        ["driver", BASE_MEANING, "12.3"],
        ["driver", "Weeks since the last sale: 6", "× 0.50"],
        ["driver", "Announced mailers: 1", "× 1.80"],
        ["driver", "All else that the model knows", "× 1.01"],
        ["driver", "What other models in the blend, and errors of past weeks, make of it", "× 0.97"],
    ]
    table = tables(WEEK, "orders")["order-reason-table"]
    established = WEEK.order_plan[~WEEK.order_plan["is_launch"]]
    dearest = established.groupby(["product_id", "channel"])["order_cost"].sum().nlargest(5)
    lines = table.frame[["product_id", "channel"]].drop_duplicates()
    assert list(map(tuple, lines.to_numpy())) == dearest.index.tolist()


@pytest.mark.parametrize("told", [None, 0], ids=["not given", "empty"])
def test_without_reasons_no_reason_table_is_shown_and_no_launch_speaks(told: int | None) -> None:
    assert WEEK.plan_explanation is not None
    silent = replace(WEEK, plan_explanation=None if told is None else WEEK.plan_explanation.head(told))
    launches = tables(silent, "launches")
    assert {row[-1][0] for row in launches["declined-table"].cells("USD")} == {"–"}
    assert "reason-table" not in launches
    assert "order-reason-table" not in tables(silent, "orders")
