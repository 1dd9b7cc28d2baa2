"""What it all stands on: assumptions, provenance, the quality of what was delivered, and where to look further."""

from __future__ import annotations

import json

import pandas as pd

from reports.blocks import ColumnView, Section, TableView
from reports.facts import Facts
from reports.inputs import ReportInputs
from reports.provenance import ASSUMPTIONS, ORIGINS
from reports.wording import counted, safe_text, share


def assumptions(inputs: ReportInputs, facts: Facts) -> Section:
    """What the source lacks and the plan assumed, and where the rows come from."""
    named = {**_of_solve(facts), **dict(inputs.assumptions)}
    points = [(safe_text(k, 80), safe_text(v, 600)) for k, v in named.items()]
    points += [*ASSUMPTIONS.get(inputs.source, ())]
    origin = inputs.provenance or ORIGINS.get(inputs.source, ())
    points += [("where the rows come from", text) for text in origin]
    claim = (
        f"{counted(len(named), 'term')} of this plan {'is' if len(named) == 1 else 'are'} assumed, not delivered."
        if named
        else "Every term of this plan was delivered with the source."
    )
    return Section(
        "assumptions",
        "What is assumed",
        claim,
        points=tuple(points),
        missing=None if origin else "Not shown: where the rows come from; the source does not say.",
        caveat="Change an assumption by delivering the table that holds it (supply terms, plan limits, "
        "inventory); a delivered row always goes before an assumed one.",
    )


def quality(inputs: ReportInputs) -> Section:
    """What was delivered and what was set aside."""
    title = "What was delivered"
    points = tuple(("absent", safe_text(note, 400)) for note in inputs.notes)
    files = inputs.ingest
    if files is None or files.empty:
        return Section("quality", title, "", points=points, missing="Not shown: counts of delivered rows.")
    rows = files.assign(
        share=files["rejected"].astype(float) / files["delivered"].astype(float).where(files["delivered"] > 0),
        accepted=files["delivered"] - files["rejected"],
    ).sort_values(["table", "file"])
    columns = (
        ColumnView("table", "table"),
        ColumnView("file", "file"),
        ColumnView("delivered", "delivered", "count"),
        ColumnView("accepted", "accepted", "count"),
        ColumnView("rejected", "set aside", "count"),
        ColumnView("share", "share", "share"),
        ColumnView("problem", "problem"),
    )
    tables = [TableView("file-table", "One row per delivered file", columns, rows)]
    if inputs.rejected is not None and len(inputs.rejected):
        reasons = inputs.rejected.sort_values(["rows", "table_name", "reason"], ascending=[False, True, True])
        tables.append(
            TableView(
                "rejected-table",
                "One row per table and reason for setting rows aside",
                (
                    ColumnView("table_name", "table"),
                    ColumnView("reason", "reason", "long"),
                    ColumnView("rows", "rows", "count"),
                ),
                reasons,
            )
        )
    return Section(
        "quality",
        title,
        _quality_claim(files),
        tables=tuple(tables),
        points=points,
        caveat="Accepted and set aside add up to delivered, always; every row set aside stands in "
        "raw.raw_rejected with its file, line and reason.",
    )


def further(inputs: ReportInputs) -> Section:
    """How to ask more of the tables behind the page."""
    monday = f"{inputs.decision_week:%Y-%m-%d}"
    return Section(
        "further",
        "How to look further",
        "Every figure above is a row of a table.",
        points=(
            ("a launch", f"select * from plans.launch_plan where decision_week = date '{monday}' and product_id = '…'"),
            (
                "its reasons",
                f"select * from plans.plan_explanation where decision_week = date '{monday}' and product_id = '…'",
            ),
            (
                "its forecast",
                "select * from predictions.demand_forecast where product_id = '…' and window_weeks = 1 "
                "order by target_week, quantile",
            ),
            ("what came of it", f"select * from evaluations.plan_outcome_line where decision_week = date '{monday}'"),
            (
                "the lineage",
                "make ui, then walk in Dagster from the report back to raw_sales; MLflow holds every model",
            ),
            ("another week", "make the same report for any other Monday by materialising its partition"),
        ),
    )


def _of_solve(facts: Facts) -> dict[str, str]:
    """The terms that the solve says were assumed."""
    try:
        told = json.loads(facts.solve["assumptions"]) if facts.solve is not None else {}
    except ValueError:
        return {}
    return {str(k): str(v) for k, v in told.items()} if isinstance(told, dict) else {}


def _quality_claim(files: pd.DataFrame) -> str:
    delivered, rejected = int(files["delivered"].sum()), int(files["rejected"].sum())
    problems = files[files["problem"].notna() & (files["problem"].astype("str") != "")]
    words = f"{delivered:,} rows arrived in {counted(len(files), 'file')}; "
    words += (
        f"{rejected:,} were set aside ({share(rejected / delivered, 2)})."
        if rejected and delivered
        else "none was set aside."
    )
    return words + (f" {counted(len(problems), 'file')} could not be used." if len(problems) else "")
