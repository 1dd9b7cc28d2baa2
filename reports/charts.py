"""Pictures of a plan: profit by policy, orders by week, launches by category, slots. Frame in, SVG out.

Pictures of models live in `model_charts`. Titles and alternative texts are the sections' affair.
"""

from __future__ import annotations

import pandas as pd

from reports.theme import BLUE, GREEN, GREY, INK, MUTED, ORANGE, svg_of

WIDTH = 640


def profit_by_policy(profits: pd.DataFrame, currency: str) -> str:
    """Bars of profit by policy and part. One row a policy and part: policy, part, profit, label."""
    import altair as alt

    order = profits.loc[profits["part"] == "all"].sort_values("profit", ascending=False)["policy"].tolist()
    parts = [part for part in ("everything", "launches", "established") if part in set(profits["panel"])]
    x = alt.X("profit:Q", title=f"profit over the horizon, {currency}", axis=alt.Axis(format="~s", tickCount=4),
              scale=alt.Scale(domain=_room_for_labels(profits["profit"])))
    y = alt.Y("policy:N", sort=order, title=None)
    colours = alt.Color("kind:N", legend=None, scale=alt.Scale(
        domain=["debut", "rule", "oracle"], range=[BLUE, ORANGE, GREY]))
    base = alt.Chart(profits)
    bars = base.mark_bar(height={"band": 0.7}).encode(x=x, y=y, color=colours)
    above = base.transform_filter("datum.profit >= 0").mark_text(align="left", dx=5, fontSize=12, color=INK).encode(
        x=x, y=y, text="label:N")
    below = base.transform_filter("datum.profit < 0").mark_text(align="right", dx=-5, fontSize=12, color=INK).encode(
        x=x, y=y, text="label:N")
    panels = alt.layer(bars, above, below).properties(width=178, height=30 * len(order)).facet(
        column=alt.Column("panel:N", sort=parts, title=None), spacing=18)
    return svg_of(panels, "profit")


def orders_by_week(orders: pd.DataFrame, budgets: pd.DataFrame | None, currency: str) -> str:
    """Stacked bars of money ordered by week, with the budget as a stroke above.

    Args:
        orders: One row a week and purpose: week (text), purpose, cost.
        budgets: One row a week: week (text), amount.
        currency: ISO code.
    """
    import altair as alt

    x = alt.X("week:N", title="week in which the order is placed", sort=None, axis=alt.Axis(labelAngle=0))
    bars = alt.Chart(orders).mark_bar(width={"band": 0.6}).encode(
        x=x,
        y=alt.Y("sum(cost):Q", title=f"ordered, {currency} a week", axis=alt.Axis(format="~s", tickCount=5)),
        color=alt.Color("purpose:N", title=None, sort=["launches", "established"], scale=alt.Scale(
            domain=["launches", "established"], range=[BLUE, GREEN])),
        order=alt.Order("purpose:N", sort="ascending"),
    )
    layers = [bars]
    if budgets is not None and len(budgets):
        base = alt.Chart(budgets.assign(name="budget"))
        layers.append(base.mark_tick(thickness=3, width={"band": 0.85}).encode(
            x=x, y="amount:Q", color=alt.Color("name:N", title=None, scale=alt.Scale(domain=["budget"], range=[INK]))))
    chart = alt.layer(*layers).resolve_scale(color="independent").properties(width=WIDTH - 80, height=230)
    return svg_of(chart, "orders")


def launches_by_category(categories: pd.DataFrame, currency: str) -> str:
    """Bars of expected profit by category. One row a category: category, expected_profit, label."""
    import altair as alt

    x = alt.X("expected_profit:Q", title=f"expected profit of its launches, {currency}",
              axis=alt.Axis(format="~s", tickCount=5), scale=alt.Scale(
                  domain=_room_for_labels(categories["expected_profit"], 0.35)))
    y = alt.Y("category:N", sort=categories["category"].tolist(), title=None)
    base = alt.Chart(categories)
    bars = base.mark_bar(height={"band": 0.7}, color=BLUE).encode(x=x, y=y)
    labels = base.mark_text(align="left", dx=5, fontSize=12, color=MUTED).encode(x=x, y=y, text="label:N")
    return svg_of(alt.layer(bars, labels).properties(width=WIDTH - 190, height=26 * len(categories)), "categories")


def slots_by_week(slots: pd.DataFrame) -> str:
    """Bars of slots by week and channel. One row a week and channel: week (text), channel, slots."""
    import altair as alt

    channels = sorted(slots["channel"].unique())
    chart = alt.Chart(slots).mark_bar(width={"band": 0.6}).encode(
        x=alt.X("week:N", title="week", sort=None, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("sum(slots):Q", title="slots taken a week", axis=alt.Axis(tickMinStep=1, tickCount=5)),
        color=alt.Color("channel:N", title=None, scale=alt.Scale(
            domain=channels, range=[BLUE, ORANGE, GREEN, GREY][: max(1, len(channels))])),
    )
    return svg_of(chart.properties(width=WIDTH - 80, height=200), "slots")


def _room_for_labels(values: pd.Series, room: float = 0.55) -> list[float]:
    """Domain of bars from 0 with room behind the longest for a label."""
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    span = (high - low) or 1.0
    return [low - (room * span if low < 0 else 0.0), high + room * span]
