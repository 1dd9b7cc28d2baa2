"""What a report says of the simulated world, and that it never says it beside what a real shop sold."""

from __future__ import annotations

import io
from dataclasses import replace

from support import report_beliefs as beliefs
from support.report_inputs import made_up_week

from contracts.catalog import CATALOG
from reports.blocks import Section
from reports.inputs import ReportInputs
from reports.page import render_html
from reports.sections import sections_of
from reports.summary import plan_summary

REAL = made_up_week()
WEEK = replace(
    REAL,
    source="simulated",
    world_outcome=beliefs.world_outcome(),
    launch_effect=beliefs.launch_effect(REAL.launch_plan[REAL.launch_plan["is_launched"]].head(3)),
)


def world(inputs: ReportInputs) -> Section:
    return next(section for section in sections_of(inputs) if section.key == "world")


def with_launches(**figures: float) -> ReportInputs:
    """The week with figures of debut's launches replaced."""
    assert WEEK.world_outcome is not None
    ours = (WEEK.world_outcome["policy"] == "debut") & (WEEK.world_outcome["part"] == "launches")
    changed = {name: WEEK.world_outcome[name].mask(ours, value) for name, value in figures.items()}
    return replace(WEEK, world_outcome=WEEK.world_outcome.assign(**changed))


def test_the_made_up_world_keeps_the_contracts() -> None:
    for name in ("world_outcome", "launch_effect"):
        frame, table = getattr(WEEK, name), CATALOG[name]
        assert not table.column_violations(frame.columns)
        assert not frame.duplicated(list(table.grain)).any(), name


def test_profit_is_told_beyond_the_opening_stock_beside_each_rule_and_the_oracle() -> None:
    claim = world(WEEK).claim
    assert "In 8 weeks of the simulated world Debut's plan makes $3,330" in claim
    assert "$210 more than the buyer's rule ($3,120)" in claim
    assert "$390 more than ordering the mean forecast ($2,940)" in claim
    assert "An oracle that knew what customers would want makes $4,000" in claim
    assert "sells 4,000 units, refuses 300 and leaves 650 in stock" in claim


def test_shares_of_the_oracle_are_the_tables_own_and_the_opening_stock_in_them_is_named() -> None:
    assert WEEK.world_outcome is not None
    section = world(WEEK)
    shown = section.tables[0].frame.set_index(["policy", "part"])["oracle_share"]
    assert shown.to_dict() == WEEK.world_outcome.set_index(["policy", "part"])["oracle_share"].to_dict()
    assert "the opening stock's worth in both, the plan's profit is 93 % of its" in section.claim
    assert "the opening stock, worth $5,000, is in both" in section.caveat
    unknown = replace(WEEK, world_outcome=WEEK.world_outcome.assign(oracle_share=float("nan")))
    assert "% of its" not in world(unknown).claim


def test_what_launches_added_turns_with_the_figures() -> None:
    assert "Its 3 launches add $210, by the same world without them, and take 7 units from other" in world(WEEK).claim
    losing = world(with_launches(incremental_profit=-42.0, units_taken_from_others=0)).claim
    assert "Its 3 launches cost $42.00, by the same world without them, and take nothing from other" in losing
    assert "It launches nothing" in world(with_launches(launches=0)).claim


def test_the_chart_names_who_makes_the_most_but_for_the_oracles() -> None:
    assert world(WEEK).charts[0].title == "In the simulated world Debut's plan makes the most, the oracles apart"
    assert WEEK.world_outcome is not None
    ours = WEEK.world_outcome["policy"] == "debut"
    beaten = replace(WEEK, world_outcome=WEEK.world_outcome.assign(profit=WEEK.world_outcome["profit"].mask(ours, 0.0)))
    assert "the buyer's rule makes the most" in world(beaten).charts[0].title
    assert "$3,120 less than the buyer's rule" not in world(beaten).claim
    assert "$8,120 less than the buyer's rule" in world(beaten).claim


def test_the_launches_shown_are_those_of_the_plan_alone() -> None:
    effects = next(table for table in world(WEEK).tables if table.key == "effects-table")
    assert effects.frame["policy"].eq("debut").all()
    assert len(effects.frame) == 3


def test_a_real_shop_is_told_in_one_sentence_that_no_world_can_run_and_why() -> None:
    for inputs in (REAL, replace(REAL, world_outcome=None)):
        section = world(inputs)
        assert section.missing is not None
        assert section.missing.count(".") == 1
        assert "a real shop happened once" in section.missing
        assert not section.tables
        assert not section.charts


def test_a_simulated_week_without_a_world_is_not_taken_for_a_real_one() -> None:
    said = world(replace(WEEK, world_outcome=None)).missing
    assert said is not None
    assert "real" not in said


def test_no_table_holds_the_worlds_figures_and_the_replays() -> None:
    owners = {table.key: section.key for section in sections_of(WEEK) for table in section.tables}
    assert owners["world-table"] == owners["effects-table"] == "world"
    assert owners["outcome-table"] == "replay"
    assert {key for key, owner in owners.items() if owner == "world"} == {"world-table", "effects-table"}


def test_the_page_draws_the_world() -> None:
    page = render_html(WEEK)
    assert "Bars by policy in the simulated world. " in page
    assert "oracle of demand" in page
    assert "Bars by policy in the simulated world. " not in render_html(REAL)


def said(inputs: ReportInputs) -> list[str]:
    from rich.console import Console

    out = io.StringIO()
    for renderable in plan_summary(inputs):
        Console(file=out, width=400, color_system=None).print(renderable)
    return [line for line in out.getvalue().splitlines() if "simulated world" in line]


def test_the_terminal_tells_the_worlds_outcome_in_one_line_where_there_is_one() -> None:
    assert said(WEEK) == [
        "In the simulated world, beyond the opening stock: oracle of demand $4,000, oracle of sales $3,530, "
        "Debut $3,330, buyer's rule $3,120, mean forecast $2,940."
    ]
    assert said(REAL) == []
