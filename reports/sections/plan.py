"""What is decided: launches, orders and slots."""

from __future__ import annotations

import json
from functools import partial

import pandas as pd

from reports.blocks import Chart, ColumnView, Section, TableView, absent
from reports.charts import launches_by_category, orders_by_week, slots_by_week
from reports.facts import Facts, with_titles
from reports.inputs import ReportInputs
from reports.wording import counted, day, listed, money, safe_text, share

CATEGORIES_DRAWN = 10
EXPLAINED = 10
FULL = 0.99
"""Share of a week's budget from which it is said to be spent."""

_LAUNCH_COLUMNS = (
    ColumnView("title", "product"),
    ColumnView("product_id", "id", "code"),
    ColumnView("category_2", "category"),
    ColumnView("channel", "channel", "code"),
    ColumnView("launch_week", "launch week", "day"),
    ColumnView("order_units", "units ordered", "count"),
    ColumnView("expected_units", "expected sales, units", "amount"),
    ColumnView("expected_profit", "expected profit", "money"),
    ColumnView("reason", "reason", "long"),
)
_DECLINED_COLUMNS = (
    ColumnView("title", "product"),
    ColumnView("product_id", "id", "code"),
    ColumnView("category_2", "category"),
    ColumnView("channel", "channel", "code"),
    ColumnView("expected_demand", "expected demand, units", "amount"),
    ColumnView("reason", "reason", "long"),
)


def launches(inputs: ReportInputs, facts: Facts) -> Section:
    """Which candidates launch, by expected profit."""
    title = "The launches"
    if not facts.candidates:
        return absent("launches", title, "launches, since no candidate is open this week")
    launched, currency = facts.launched, inputs.currency
    declined = facts.lines[~facts.lines["is_launched"].astype(bool)].sort_values(
        ["expected_demand", "product_id", "channel"], ascending=[False, True, True]
    )
    tables = [
        TableView(
            "launch-table",
            "One row per launch and channel, the most profitable first",
            _LAUNCH_COLUMNS,
            launched,
            is_searchable=True,
        )
    ]
    tables += _explanations(inputs, facts)
    if len(declined):
        tables.append(
            TableView(
                "declined-table",
                f"{counted(len(declined), 'candidate')} not launched",
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
        _launch_claim(launched, facts, currency),
        charts=_categories(launched, inputs),
        tables=tuple(tables),
        caveat="Expected profit counts the launch cost, and values what is left at salvage. It is a mean over "
        "possible demands: most single launches sell less than their mean, and a few sell far more.",
    )


def orders(inputs: ReportInputs, facts: Facts) -> Section:
    """What is ordered each week, against the budget."""
    title = "Orders and the budget"
    if facts.orders.empty:
        return absent("orders", title, "orders, since the plan places none")
    currency = inputs.currency
    weekly = facts.orders.groupby("order_week")["order_cost"].sum()
    budgets = inputs.budgets
    drawn = (
        facts.orders.assign(
            week=facts.orders["order_week"].dt.strftime("%-d %b"),
            purpose=facts.orders["is_launch"].astype(bool).map({True: "launches", False: "established"}),
            cost=facts.orders["order_cost"],
        )
        .sort_values("order_week")
        .groupby(["order_week", "week", "purpose"], as_index=False)
        .agg(cost=("cost", "sum"))
    )
    limits = (
        None
        if budgets is None
        else budgets.sort_values("week").assign(
            week=budgets["week"].dt.strftime("%-d %b"), amount=budgets["amount"].astype(float)
        )
    )
    table = _order_table(facts)
    words = "; ".join(
        f"{week} {purpose} {money(cost, currency)}"
        for week, purpose, cost in drawn[["week", "purpose", "cost"]].itertuples(index=False, name=None)
    )
    return Section(
        "orders",
        title,
        _order_claim(weekly, inputs, facts),
        charts=(
            Chart(
                f"Orders fall in {counted(len(weekly), 'week')}; {day(weekly.idxmax())} takes the most money",
                partial(orders_by_week, drawn, limits, currency),
                f"Bars of money ordered by week: {words}.",
            ),
        ),
        tables=(table,),
        points=_shadow_prices(facts, currency),
        missing=None if budgets is not None else "Not shown: the budget of each week; only its total is known.",
        caveat="An order of this week cannot be taken back; those of later weeks are what the plan intends, and next "
        "week's plan may change them.",
    )


def exposure(inputs: ReportInputs, facts: Facts) -> Section:
    """Who gets the slots."""
    title = "Exposure"
    plan = inputs.exposure_plan
    if plan is None or plan[plan["scenario"] == facts.scenario].empty:
        return absent("exposure", title, "slots, since the plan assigns none")
    rows = with_titles(plan[plan["scenario"] == facts.scenario], inputs).astype({"expected_value": "float64"})
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
        caveat="The value of a slot is the response model's association between being shown and being bought, not the "
        "measured effect of showing.",
    )


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


def _explanations(inputs: ReportInputs, facts: Facts) -> list[TableView]:
    reasons = inputs.plan_explanation
    if reasons is None or facts.launched.empty:
        return []
    best = facts.launched.head(EXPLAINED)[["product_id", "channel", "title"]].assign(
        rank=range(min(EXPLAINED, len(facts.launched)))
    )
    rows = (
        reasons[reasons["scenario"] == facts.scenario]
        .merge(best, on=["product_id", "channel"], how="inner", validate="many_to_one")
        .sort_values(["rank", "kind", "name"])
    )
    if rows.empty:
        return []
    values = [
        f"{v:,.3g}" if pd.isna(c) else money(v, str(c))
        for v, c in zip(rows["value"].astype(float), rows["currency"], strict=True)
    ]
    columns = (
        ColumnView("title", "product"),
        ColumnView("channel", "channel", "code"),
        ColumnView("kind", "kind of reason"),
        ColumnView("name", "about", "long"),
        ColumnView("figure", "value"),
    )
    return [
        TableView(
            "reason-table",
            f"Why the first {len(best)}",
            columns,
            rows.assign(figure=values),
            is_folded=True,
            markdown_rows=20,
        )
    ]


def _order_claim(weekly: pd.Series, inputs: ReportInputs, facts: Facts) -> str:
    currency, solve = inputs.currency, facts.solve
    words = f"The plan orders {money(facts.order_cost, currency)} over {counted(len(weekly), 'week')}"
    if solve is not None and float(solve["budget_total"]) > 0:
        words += f", {share(facts.order_cost / float(solve['budget_total']))} of its budget"
    words += f"; {money(facts.launch_cost, currency)} of it stocks launches."
    if inputs.budgets is None:
        return words
    limits = inputs.budgets.set_index("week")["amount"].astype(float)
    spent = weekly.reindex(limits.index, fill_value=0.0)
    over, bound = int((spent > limits + 0.005).sum()), int((spent >= FULL * limits).sum())
    words += f" The budget is spent in {bound} of {counted(len(limits), 'week')}."
    return words + (f" It is exceeded in {over}." if over else "")


def _order_table(facts: Facts) -> TableView:
    is_launch = facts.orders["is_launch"].astype(bool)
    cost = facts.orders["order_cost"]
    rows = (
        facts.orders.assign(launch_cost=cost.where(is_launch, 0.0), other_cost=cost.where(~is_launch, 0.0))
        .groupby("order_week", as_index=False)
        .agg(
            orders=("order_units", "size"),
            units=("order_units", "sum"),
            launch_cost=("launch_cost", "sum"),
            other_cost=("other_cost", "sum"),
            cost=("order_cost", "sum"),
        )
        .sort_values("order_week")
    )
    return TableView(
        "order-table",
        "One row per week in which orders are placed",
        (
            ColumnView("order_week", "week", "day"),
            ColumnView("orders", "orders", "count"),
            ColumnView("units", "units", "count"),
            ColumnView("launch_cost", "for launches", "money"),
            ColumnView("other_cost", "for established", "money"),
            ColumnView("cost", "ordered", "money"),
        ),
        rows,
    )


def _shadow_prices(facts: Facts, currency: str) -> tuple[tuple[str, str], ...]:
    """What the dearest limits cost: one more (launch, or unit of money) would add that much expected profit."""
    try:
        prices = json.loads(facts.solve["shadow_prices"]) if facts.solve is not None else {}
    except ValueError:
        return ()
    if not isinstance(prices, dict):
        return ()
    limits = {
        f"{kind} {of}": float(price)
        for kind, of_kind in prices.items()
        if isinstance(of_kind, dict)
        for of, price in of_kind.items()
    }
    dearest = sorted((name for name in limits if limits[name] > 0), key=lambda name: (-limits[name], name))[:6]
    return tuple(
        (safe_text(name), f"one more would add {money(limits[name], currency)} of expected profit") for name in dearest
    )
