"""Pictures of a plan: profit by policy, orders by week, launches by category, slots. Frame in, SVG out.

Pictures of models live in `model_charts`. Titles and alternative texts are the sections' affair.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from reports.theme import BLUE, GREEN, GREY, INK, MUTED, ORANGE, svg_of

WIDTH = 760
PANELS = ("everything", "launches", "established")


def profit_by_policy(profits: pd.DataFrame, currency: str) -> str:
    """Bars of profit by policy, a panel a part, each on a scale of its own.

    One row a policy and part: policy, panel, kind (debut, rule, oracle), profit, label.
    """
    import altair as alt

    panels = [panel for panel in PANELS if panel in set(profits["panel"])]
    order = profits[profits["panel"] == panels[0]].sort_values("profit", ascending=False)["policy"].tolist()
    charts = [
        _panel(
            profits[profits["panel"] == panel].rename(columns={"profit": "value"}),
            order,
            f"profit, {currency}",
            is_first=panel == panels[0],
        )
        for panel in panels
    ]
    return svg_of(alt.hconcat(*charts, spacing=22), "profit")


def figures_by_policy(figures: pd.DataFrame) -> str:
    """Bars of several figures by policy, a panel a figure on a scale of its own; the first figure orders the policies.

    One row a policy and panel: policy, panel, kind (debut, rule, oracle), value, label.
    """
    import altair as alt

    panels = list(dict.fromkeys(figures["panel"]))
    first = figures[figures["panel"] == panels[0]]
    order = first.sort_values("value", ascending=False, kind="stable")["policy"].tolist()
    charts = [
        _panel(figures[figures["panel"] == panel], order, "", is_first=panel == panels[0], width=143)
        for panel in panels
    ]
    return svg_of(alt.hconcat(*charts, spacing=18), "world")


def _panel(rows: pd.DataFrame, order: list[str], title: str, is_first: bool, width: int = 206) -> Any:
    """Bars of one panel's values by policy."""
    import altair as alt

    x = alt.X(
        "value:Q",
        title=title or None,
        axis=alt.Axis(format="~s", tickCount=3),
        scale=alt.Scale(domain=_room_for_labels(rows["value"])),
    )
    y = alt.Y("policy:N", sort=order, title=None, axis=alt.Axis(labels=is_first, ticks=False))
    colours = alt.Color(
        "kind:N", legend=None, scale=alt.Scale(domain=["debut", "rule", "oracle"], range=[BLUE, ORANGE, GREY])
    )
    base = alt.Chart(rows)
    bars = base.mark_bar(height={"band": 0.7}).encode(x=x, y=y, color=colours)
    above, below = (
        base.transform_filter(f"datum.value {sign} 0")
        .mark_text(align=side, dx=shift, fontSize=12, color=INK)
        .encode(x=x, y=y, text="label:N")
        for sign, side, shift in ((">=", "left", 5), ("<", "right", -5))
    )
    return alt.layer(bars, above, below).properties(
        width=width, height=32 * len(order), title=str(rows["panel"].iloc[0])
    )


def orders_by_week(orders: pd.DataFrame, budgets: pd.DataFrame | None, currency: str) -> str:
    """Stacked bars of money ordered by week, with the budget as a stroke above.

    Args:
        orders: One row a week and purpose: week (text), purpose, cost.
        budgets: One row a week: week (text), amount.
        currency: ISO code.
    """
    import altair as alt

    x = alt.X(
        "week:N",
        title="week in which the order is placed",
        sort=None,
        axis=alt.Axis(labelAngle=0, labelOverlap="parity"),
    )
    bars = (
        alt.Chart(orders)
        .mark_bar(width={"band": 0.55})
        .encode(
            x=x,
            y=alt.Y("sum(cost):Q", title=f"ordered, {currency} a week", axis=alt.Axis(format="~s", tickCount=5)),
            color=alt.Color(
                "purpose:N",
                title=None,
                sort=["launches", "established"],
                scale=alt.Scale(domain=["launches", "established"], range=[BLUE, GREEN]),
            ),
            order=alt.Order("purpose:N", sort="ascending"),
        )
    )
    layers = [bars]
    if budgets is not None and len(budgets):
        base = alt.Chart(budgets.assign(name="budget"))
        layers.append(
            base.mark_tick(thickness=3, width={"band": 0.85}).encode(
                x=x,
                y="amount:Q",
                color=alt.Color("name:N", title=None, scale=alt.Scale(domain=["budget"], range=[INK])),
            )
        )
    chart = alt.layer(*layers).resolve_scale(color="independent").properties(width=WIDTH - 80, height=230)
    return svg_of(chart, "orders")


def launches_by_category(categories: pd.DataFrame, currency: str) -> str:
    """Bars of expected profit by category. One row a category: category, expected_profit, label."""
    import altair as alt

    x = alt.X(
        "expected_profit:Q",
        title=f"expected profit of its launches, {currency}",
        axis=alt.Axis(format="~s", tickCount=5),
        scale=alt.Scale(domain=_room_for_labels(categories["expected_profit"], 0.35)),
    )
    y = alt.Y("category:N", sort=categories["category"].tolist(), title=None)
    base = alt.Chart(categories)
    bars = base.mark_bar(height={"band": 0.7}, color=BLUE).encode(x=x, y=y)
    labels = base.mark_text(align="left", dx=5, fontSize=12, color=MUTED).encode(x=x, y=y, text="label:N")
    return svg_of(alt.layer(bars, labels).properties(width=WIDTH - 190, height=26 * len(categories)), "categories")


def slots_by_week(slots: pd.DataFrame) -> str:
    """Bars of slots by week and channel. One row a week and channel: week (text), channel, slots."""
    import altair as alt

    channels = sorted(slots["channel"].unique())
    chart = (
        alt.Chart(slots)
        .mark_bar(width={"band": 0.6})
        .encode(
            x=alt.X("week:N", title="week", sort=None, axis=alt.Axis(labelAngle=0, labelOverlap="parity")),
            y=alt.Y("sum(slots):Q", title="slots taken a week", axis=alt.Axis(tickMinStep=1, tickCount=5)),
            color=alt.Color(
                "channel:N",
                title=None,
                scale=alt.Scale(domain=channels, range=[BLUE, ORANGE, GREEN, GREY][: max(1, len(channels))]),
            ),
        )
    )
    return svg_of(chart.properties(width=WIDTH - 80, height=200), "slots")


def shares_by_group(shares: pd.DataFrame) -> str:
    """Bars of shares by group, one a measure. One row a group and measure: group, measure, share."""
    import altair as alt

    groups, measures = (list(dict.fromkeys(shares[name])) for name in ("group", "measure"))
    chart = (
        alt.Chart(shares)
        .mark_bar(height={"band": 0.9})
        .encode(
            x=alt.X("share:Q", title="share", axis=alt.Axis(format="%", tickCount=5)),
            y=alt.Y("group:N", sort=groups, title=None),
            yOffset=alt.YOffset("measure:N", sort=measures),
            color=alt.Color("measure:N", title=None, scale=alt.Scale(domain=measures, range=[BLUE, ORANGE])),
        )
    )
    return svg_of(chart.properties(width=WIDTH - 190, height=34 * len(groups)), "shares")


def _room_for_labels(values: pd.Series, room: float = 0.55) -> list[float]:
    """Domain of bars from 0 with room behind the longest for a label."""
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    span = (high - low) or 1.0
    return [low - (room * span if low < 0 else 0.0), high + room * span]
