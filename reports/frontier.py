"""A Pareto front as a picture and a table, for whoever must choose a point. Frame in, text out."""

from __future__ import annotations

import base64
from typing import Any

import pandas as pd

from contracts.scenarios import OBJECTIVE_COLUMNS

_TITLES = {
    "profit": "expected profit",
    "cvar": "profit of the worst tenth of paths",
    "fill_rate": "fill rate",
    "freshness": "freshness",
    "fairness": "fairness",
}
_SHARES = ("fill_rate", "freshness", "fairness")
HEAD = ("point", "profit", "worst tenth", "fill rate", "launches", "gap")
_BLUE, _ORANGE = "#0072B2", "#D55E00"


def frontier_markdown(fronts: pd.DataFrame) -> str:
    """Every front of PLAN_FRONTIER: its picture, its points, its knee."""
    said = []
    for name, points in fronts.groupby("frontier", sort=False):
        picture = base64.b64encode(frontier_png(points)).decode()
        said += [f"### {name}", f"![{name}](data:image/png;base64,{picture})", _table(points), _knee(points)]
    return "\n\n".join(said) or "No front was asked for."


def frontier_png(points: pd.DataFrame) -> bytes:
    """One front over its first two objectives; a third is the points' size. Its knee is marked."""
    import altair as alt
    import vl_convert

    names = points["objectives"].iloc[0].split(", ")
    rows = points[[*(OBJECTIVE_COLUMNS[name] for name in names), "is_knee"]].astype(
        {OBJECTIVE_COLUMNS[name]: "float64" for name in names}
    )
    rows = rows.assign(point=points["point"], role=rows["is_knee"].map({True: "knee", False: "point"}))
    x, y = (_axis(alt, axis, name) for axis, name in ((alt.X, names[1]), (alt.Y, names[0])))
    base = alt.Chart(rows).encode(x=x, y=y)
    colour = alt.Color("role:N", legend=None, scale=alt.Scale(domain=["point", "knee"], range=[_BLUE, _ORANGE]))
    dots = base.mark_circle(opacity=1).encode(color=colour)
    if len(names) > 2:
        dots = dots.encode(
            size=alt.Size(
                f"{OBJECTIVE_COLUMNS[names[2]]}:Q",
                title=_TITLES[names[2]],
                scale=alt.Scale(zero=False, range=[60, 400]),
            )
        )
    else:
        dots = base.mark_line(color=_BLUE, opacity=0.4).encode(order="point:Q") + dots.encode(size=alt.value(90))
    labels = base.mark_text(dy=-12, fontSize=12).encode(text="point:N")
    picture: bytes = vl_convert.vegalite_to_png(
        (dots + labels).properties(width=560, height=340).to_dict(), scale=1.5, allowed_base_urls=[]
    )
    return picture


def _axis(alt: Any, axis: Any, name: str) -> Any:
    """An axis that need not begin at 0."""
    form = ".1%" if name in _SHARES else ",.0f"
    return axis(
        f"{OBJECTIVE_COLUMNS[name]}:Q", title=_TITLES[name], scale=alt.Scale(zero=False), axis=alt.Axis(format=form)
    )


def told_points(points: pd.DataFrame) -> list[list[str]]:
    """The cells of a front's table, `HEAD` first; the knee is said beside its number."""
    rows = [list(HEAD)]
    for row in points.to_dict("records"):
        money = [f"{float(row[column]):,.2f}" for column in ("profit", "worst_tenth")]
        number = f"{row['point']} (knee)" if row["is_knee"] else str(row["point"])
        rows.append([number, *money, f"{row['fill_rate']:.1%}", str(row["launches"]), f"{row['gap']:.2%}"])
    return rows


def _table(points: pd.DataFrame) -> str:
    """The points as a table."""
    head, *rows = told_points(points)
    lines = [head, ["--:"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _knee(points: pd.DataFrame) -> str:
    """Which point is the knee, in words."""
    knee = points.loc[points["is_knee"].astype(bool), "point"]
    if knee.empty:
        return "No point lies beyond the line through the ends: the front has no knee."
    return f"The knee is point {knee.iloc[0]}: beyond it more of one objective costs more of another than before."
