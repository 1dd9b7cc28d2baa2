"""The look of a chart, and the way from an Altair chart to inline SVG. What is drawn lives in `charts`.

Colours are placeholders that the page's stylesheet fills, so that one SVG serves light and dark.
"""

from __future__ import annotations

import re
from typing import Any

# Placeholder colour to custom property of the page. The palette behind c1…c4 is Okabe and Ito's, which
# the colour-blind tell apart.
COLOURS = {
    "#010101": "--ink",
    "#020202": "--muted",
    "#030303": "--line",
    "#040404": "--c1",
    "#050505": "--c2",
    "#060606": "--c3",
    "#070707": "--c4",
    "#080808": "--c5",
}
INK, MUTED, LINE, BLUE, ORANGE, GREEN, PINK, GREY = COLOURS
_RGB = re.compile(r"rgb\((\d), (\d), (\d)\)")
_SAID = re.compile(r' (?:role|aria-label|aria-roledescription)="[^"]*"')
_IDS = re.compile(r'(id="|url\(#|href="#)([A-Za-z]+[\w-]*)')


def themed(chart: Any) -> Any:
    """The chart in the report's look."""
    plain = {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "titleColor": MUTED}
    chart = chart.configure(
        background="transparent", font="sans-serif", padding={"left": 2, "right": 8, "top": 4, "bottom": 2}
    )
    chart = chart.configure_view(stroke=None).configure_title(color=INK, fontSize=12, anchor="start")
    chart = chart.configure_axis(
        labelColor=MUTED, gridColor=LINE, domainColor=LINE, tickColor=LINE, labelLimit=190, titlePadding=8, **plain
    )
    chart = chart.configure_legend(labelColor=INK, orient="top", symbolType="square", labelLimit=220, **plain)
    return chart.configure_header(labelColor=INK, labelLimit=210, labelFontWeight="bold", **plain)


def svg_of(chart: Any, key: str) -> str:
    """The chart as SVG for a page: no fixed size, no fixed colour, ids that are the page's own.

    Args:
        chart: An Altair chart.
        key: What its ids start with.
    """
    import vl_convert

    text: str = vl_convert.vegalite_to_svg(themed(chart).to_dict(), allowed_base_urls=[])
    text = _RGB.sub(lambda m: f"#0{m[1]}0{m[2]}0{m[3]}", text)
    for placeholder, name in COLOURS.items():
        text = text.replace(f'"{placeholder}"', f'"var({name})"')
    names: dict[str, str] = {}
    text = _IDS.sub(lambda m: m[1] + names.setdefault(m[2], f"{key}-{len(names)}"), text)
    return _responsive(text)


def _responsive(text: str) -> str:
    """The root element with a viewBox only, and no words inside: the page sets its width and says what it shows."""
    head, rest = text.split(">", 1)
    width = re.search(r' width="([\d.]+)"', head)
    head, rest = re.sub(r' (width|height)="[^"]*"', "", _SAID.sub("", head)), _SAID.sub("", rest)
    natural = f' style="max-width:{float(width[1]):.0f}px"' if width else ""
    return f'{head} aria-hidden="true" focusable="false"{natural}>{rest}'
