"""Pictures of models: scores beside the baseline, and forecasts beside what happened. Frame in, SVG out."""

from __future__ import annotations

import pandas as pd

from reports.theme import BLUE, GREY, INK, MUTED, ORANGE, svg_of

_ROLES = {"champion": BLUE, "baseline": ORANGE, "other": GREY}


def scores_by_model(scores: pd.DataFrame, title: str, key: str, zero: bool = True) -> str:
    """Dots of one figure by model, a row of panels.

    Args:
        scores: One row a panel and model: panel, model, role (champion, baseline, other), value.
        title: What the figure is, with its unit.
        key: What the picture's ids start with.
        zero: Whether the axis starts at 0.
    """
    import altair as alt

    models = scores.groupby("model")["value"].mean().sort_values().index.tolist()
    span = float(scores["value"].max() - scores["value"].min()) or 0.1
    scale = (
        alt.Scale(zero=True, nice=True)
        if zero
        else alt.Scale(
            zero=False, domain=[float(scores["value"].min()) - 0.25 * span, float(scores["value"].max()) + 0.6 * span]
        )
    )
    x = alt.X("value:Q", title=title, scale=scale, axis=alt.Axis(tickCount=4))
    y = alt.Y("model:N", sort=models, title=None)
    looks = {role: look for role, look in _ROLES.items() if role in set(scores["role"])}
    colour = alt.Color("role:N", title=None, scale=alt.Scale(domain=list(looks), range=list(looks.values())))
    base = alt.Chart(scores.assign(label=[f"{v:.3f}" for v in scores["value"]]))
    dots = base.mark_circle(size=120, opacity=1).encode(x=x, y=y, color=colour)
    labels = base.mark_text(align="left", dx=9, fontSize=12, color=INK).encode(x=x, y=y, text="label:N")
    panels = scores["panel"].nunique()
    chart = (
        alt.layer(dots, labels)
        .properties(width=max(170, 600 // panels), height=28 * len(models))
        .facet(column=alt.Column("panel:N", title=None, sort=scores["panel"].drop_duplicates().tolist()), spacing=20)
    )
    return svg_of(chart, key)


def fans(bands: pd.DataFrame) -> str:
    """Forecast fans beside what sold, one small panel a product.

    Args:
        bands: One row a panel and week: panel, week, low, mid_low, median, mid_high, high, sold; forecasts are
            missing before the decision week, `sold` is missing where it is not known.
    """
    import altair as alt

    base = alt.Chart(bands).encode(
        x=alt.X("week:T", title=None, axis=alt.Axis(format="%-d %b", tickCount=4, grid=False, labelOverlap=True))
    )
    units = {"title": "units a week", "axis": alt.Axis(tickCount=3, tickMinStep=1), "scale": alt.Scale(zero=True)}
    told = base.transform_filter("isValid(datum.median)")
    layers = [
        told.mark_area(opacity=0.18, color=BLUE).encode(y=alt.Y("low:Q", **units), y2="high:Q"),
        told.mark_area(opacity=0.35, color=BLUE).encode(y=alt.Y("mid_low:Q", **units), y2="mid_high:Q"),
        told.mark_line(color=BLUE, strokeWidth=2).encode(y=alt.Y("median:Q", **units)),
        base.transform_filter("isValid(datum.sold)")
        .mark_line(color=MUTED, strokeWidth=1)
        .encode(y=alt.Y("sold:Q", **units)),
        base.transform_filter("isValid(datum.sold)")
        .mark_circle(color=ORANGE, size=26, opacity=1)
        .encode(y=alt.Y("sold:Q", **units)),
    ]
    panels = bands["panel"].drop_duplicates().tolist()
    chart = (
        alt.layer(*layers)
        .properties(width=208, height=120)
        .facet(
            facet=alt.Facet("panel:N", title=None, sort=panels),
            columns=3,
            spacing={"row": 14, "column": 22},
        )
        .resolve_scale(y="independent")
    )
    return svg_of(chart, "fans")
