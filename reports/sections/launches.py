"""Which candidates launch, which do not, and why."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from contracts.plans import BEST_LAUNCH_ORDERED, BEST_LAUNCH_PROFIT, BEST_LAUNCH_SOLD
from reports.blocks import Chart, ColumnView, Section, TableView, absent
from reports.charts import launches_by_category
from reports.facts import Facts
from reports.inputs import ReportInputs
from reports.reasons import reason_tables, spoken_for
from reports.wording import counted, money, safe_text, share

CATEGORIES_DRAWN = 10
EXPLAINED = 10

_CANDIDATE = (
    ColumnView("title", "product"),
    ColumnView("product_id", "id", "code"),
    ColumnView("category_2", "category"),
    ColumnView("channel", "channel", "code"),
)
_LAUNCH_COLUMNS = (
    *_CANDIDATE,
    ColumnView("launch_week", "launch week", "day"),
    ColumnView("order_units", "units ordered", "count"),
    ColumnView("expected_units", "expected sales, units", "amount"),
    ColumnView("expected_profit", "expected profit", "money"),
    ColumnView("reason", "reason", "long"),
)
_DECLINED_COLUMNS = (
    *_CANDIDATE,
    ColumnView(BEST_LAUNCH_ORDERED, "units ordered if launched", "count"),
    ColumnView(BEST_LAUNCH_SOLD, "expected sales, units", "amount"),
    ColumnView(BEST_LAUNCH_PROFIT, "expected profit added", "money"),
    ColumnView("reason", "reason", "long"),
    ColumnView("speakers", "past launches that speak most for it", "long"),
)


def launches(inputs: ReportInputs, facts: Facts) -> Section:
    """Which candidates launch, by expected profit."""
    title = "The launches"
    if not facts.candidates:
        return absent("launches", title, "launches, since no candidate is open this week")
    launched, currency = facts.launched, inputs.currency
    declined = _declined(inputs, facts)
    tables = [
        TableView(
            "launch-table",
            "One row per launch and channel, the most profitable first",
            _LAUNCH_COLUMNS,
            launched,
            is_searchable=True,
        )
    ]
    best = launched.head(EXPLAINED)
    tables += reason_tables("reason-table", f"Why the first {len(best)}", best, inputs, facts)
    if len(declined):
        tables.append(
            TableView(
                "declined-table",
                f"{counted(len(declined), 'candidate')} not launched, and what the best launch of each on its own would "
                "bring; the nearest to paying first",
                _DECLINED_COLUMNS,
                declined,
                is_searchable=True,
                is_folded=True,
                markdown_rows=10,
            )
        )
    return Section(
        "launches",
        title,
        _launch_claim(launched, facts, currency) + _nearest(declined, launched, currency),
        charts=_categories(launched, inputs),
        tables=tuple(tables),
        caveat="Expected profit counts the launch cost, and values what is left at salvage. It is a mean over "
        "possible demands: most single launches sell less than their mean, and a few sell far more.",
    )


def _declined(inputs: ReportInputs, facts: Facts) -> pd.DataFrame:
    """One row a candidate and channel that does not launch, with what its best launch would bring, where that is told."""
    reasons, keys = inputs.plan_explanation, ["product_id", "channel"]
    lines = facts.lines[~facts.lines["is_launched"].astype(bool)]
    lines = lines.merge(spoken_for(inputs, facts), on=keys, how="left", validate="one_to_one")
    told = [BEST_LAUNCH_ORDERED, BEST_LAUNCH_SOLD, BEST_LAUNCH_PROFIT]
    if reasons is None:
        return lines.assign(**dict.fromkeys(told, np.nan)).sort_values(keys)
    own = reasons[(reasons["scenario"] == facts.scenario) & (reasons["kind"] == "alternative")]
    wide = own.pivot(index=keys, columns="name", values="value").reindex(columns=told).reset_index()
    return lines.merge(wide, on=keys, how="left", validate="one_to_one").sort_values(
        [BEST_LAUNCH_PROFIT, *keys], ascending=[False, True, True]
    )


def _nearest(declined: pd.DataFrame, launched: pd.DataFrame, currency: str) -> str:
    """What the best of the declined would bring, when nothing launches."""
    if len(launched) or declined.empty or pd.isna(declined.iloc[0][BEST_LAUNCH_PROFIT]):
        return ""
    best = declined.iloc[0]
    gain, where = float(best[BEST_LAUNCH_PROFIT]), f"{safe_text(best['title'], 60)} in {safe_text(best['channel'])}"
    if gain <= 0:
        return f" The nearest, {where}, would lose {money(-gain, currency)}."
    return f" The best, {where}, would add {money(gain, currency)} on its own, less than its money or place earns elsewhere."


def _launch_claim(launched: pd.DataFrame, facts: Facts, currency: str) -> str:
    if launched.empty:
        return f"None of the {facts.candidates:,} candidates is worth launching."
    total = float(launched["expected_profit"].sum())
    losing = int((launched["expected_profit"] < 0).sum())
    best = float(launched["expected_profit"].head(10).sum())
    words = (
        f"{facts.launches:,} of {facts.candidates:,} candidates launch, with an expected profit of "
        f"{money(total, currency)} together"
    )
    words += f"; the ten best carry {share(best / total)} of it." if total > 0 and facts.launches > 10 else "."
    if losing:
        words += f" {losing:,} of them {'is' if losing == 1 else 'are'} expected to lose money."
    return words


def _categories(launched: pd.DataFrame, inputs: ReportInputs) -> tuple[Chart, ...]:
    if launched.empty:
        return ()
    sums = launched.groupby("category_1", as_index=False).agg(
        expected_profit=("expected_profit", "sum"), launches=("product_id", "size")
    )
    sums = sums.sort_values(["expected_profit", "category_1"], ascending=[False, True]).head(CATEGORIES_DRAWN)
    labels = [
        f"{money(p, inputs.currency)} · {counted(n, 'launch', 'launches')}"
        for p, n in zip(sums["expected_profit"], sums["launches"], strict=True)
    ]
    drawn = sums.assign(label=labels, category=[safe_text(c, 40) for c in sums["category_1"]])
    best = drawn.iloc[0]
    words = "; ".join(f"{c}: {label}" for c, label in zip(drawn["category"], labels, strict=True))
    draw = partial(launches_by_category, drawn, inputs.currency)
    return (
        Chart(
            f"{best['category']} is expected to earn the most from launches",
            draw,
            f"Bars of expected profit by category. {words}.",
        ),
    )
