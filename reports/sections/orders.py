"""What is ordered each week, against the budget."""

from __future__ import annotations

import json
from functools import partial

import pandas as pd

from contracts.plans import rounding
from reports.blocks import Chart, ColumnView, Section, TableView, absent
from reports.charts import orders_by_week
from reports.facts import Facts, with_titles
from reports.inputs import ReportInputs
from reports.reasons import reason_tables
from reports.wording import counted, day, money, safe_text, share

FULL = 0.99
"""Share of a week's budget from which it is said to be spent."""
EXPLAINED = 5


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
        tables=(table, *_moved(inputs, facts)),
        points=_shadow_prices(facts, currency),
        missing=None if budgets is not None else "Not shown: the budget of each week; only its total is known.",
        caveat="An order of this week cannot be taken back; those of later weeks are what the plan intends, and next "
        "week's plan may change them.",
    )


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
    orders = facts.orders.groupby("order_week").size().reindex(limits.index, fill_value=0)
    over, bound = int((spent > limits + orders.map(rounding)).sum()), int((spent >= FULL * limits).sum())
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


def _moved(inputs: ReportInputs, facts: Facts) -> list[TableView]:
    """Why those established lines are ordered that most money goes to."""
    established = facts.orders[~facts.orders["is_launch"].astype(bool)]
    cost = established.groupby(["product_id", "channel"], as_index=False).agg(cost=("order_cost", "sum"))
    ranked = cost.sort_values(["cost", "product_id", "channel"], ascending=[False, True, True])
    dearest = with_titles(ranked.head(EXPLAINED), inputs)
    caption = f"Why the {len(dearest)} established products and channels that most money goes to"
    return reason_tables("order-reason-table", caption, dearest, inputs, facts)


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
