"""Who gets the exposure slots."""

from __future__ import annotations

from functools import partial

import numpy as np

from reports.blocks import Chart, ColumnView, Section, TableView, absent
from reports.charts import slots_by_week
from reports.facts import Facts, with_titles
from reports.inputs import ReportInputs
from reports.wording import counted, listed, money, safe_text


def exposure(inputs: ReportInputs, facts: Facts) -> Section:
    """Who gets the slots."""
    title = "Exposure"
    plan = inputs.exposure_plan
    if plan is None or plan[plan["scenario"] == facts.scenario].empty:
        return absent("exposure", title, "slots, since the plan assigns none")
    rows = with_titles(plan[plan["scenario"] == facts.scenario], inputs).astype({"expected_value": "float64"})
    rows = rows.assign(given=np.where(rows["is_planned"].eq(True), "by the plan", "of what it leaves"))
    rows = rows.sort_values(["expected_value", "product_id", "channel", "week"], ascending=[False, True, True, True])
    weekly = (
        rows.groupby(["week", "channel"], as_index=False).agg(slots=("slots", "sum")).sort_values(["week", "channel"])
    )
    total, value = int(rows["slots"].sum()), float(rows["expected_value"].sum())
    channels = [f"{n:,} in {safe_text(c)}" for c, n in rows.groupby("channel")["slots"].sum().items()]
    columns = (
        ColumnView("title", "product"),
        ColumnView("product_id", "id", "code"),
        ColumnView("channel", "channel", "code"),
        ColumnView("week", "week", "day"),
        ColumnView("slots", "slots", "count"),
        ColumnView("given", "given"),
        ColumnView("expected_value", "expected value", "money"),
    )
    drawn = weekly.assign(week=weekly["week"].dt.strftime("%-d %b"))
    return Section(
        "exposure",
        title,
        f"{counted(rows['product_id'].nunique(), 'launch takes', 'launches take')} {counted(total, 'slot')} "
        f"({listed(channels)}), worth {money(value, inputs.currency)} of expected margin.",
        charts=(
            Chart(
                f"{counted(total, 'slot')} over {counted(weekly['week'].nunique(), 'week')}",
                partial(slots_by_week, drawn),
                f"Bars of slots by week and channel, {total} in all.",
            ),
        ),
        tables=(
            TableView(
                "slot-table",
                "One row per product, channel and week, the most valuable first",
                columns,
                rows,
                is_searchable=True,
                markdown_rows=20,
            ),
        ),
        caveat="A slot that the plan gives is worth what its lift sells at the least, which is in the plan's profit; one of "
        "what it leaves is worth what customers reached would buy, the response model's association between being shown and "
        "being bought and not the measured effect of showing.",
    )
