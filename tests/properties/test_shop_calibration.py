"""The simulated shop is like the shops that it stands for, within the tolerances that its page states."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from benchmarks.shop import HEADER, TARGETS, misses, preset_figures, span_text
from benchmarks.shop_figures import figures
from benchmarks.shop_forecasts import REAL_ERRORS, ranking
from shop.presets import tiny
from shop.world import World

PAGE = Path(__file__).parents[2] / "docs" / "simulated-shop.md"
# A year for the yearly figures, and eight weeks in which the newest forecasts and launches are judged.
WEEKS = 60
PRESETS = ("grocer", "gift_shop")


@cache
def measured(preset: str) -> dict[str, float]:
    return preset_figures(preset, {"weeks": WEEKS})


@pytest.mark.parametrize("preset", PRESETS)
def test_every_figure_of_a_preset_lies_within_its_tolerance(preset: str) -> None:
    assert misses(preset, measured(preset)) == []


@pytest.mark.parametrize("preset", PRESETS)
def test_the_four_baselines_rank_as_on_the_real_rows(preset: str) -> None:
    errors = {name: measured(preset)[f"wape_{name}"] for name in REAL_ERRORS}
    assert ranking(errors) == ranking(REAL_ERRORS)


def test_a_figure_outside_its_tolerance_is_named_with_its_bounds() -> None:
    found = {**measured("grocer"), "margin": 0.5}
    assert misses("grocer", found) == ["grocer, margin: 0.5 is outside 0.26 to 0.3"]


def test_a_world_too_short_for_a_year_is_refused() -> None:
    with pytest.raises(ValueError, match="40 weeks: the figures need 60"):
        figures(World(tiny()))


def test_the_page_shows_each_target_and_measured_figures_within_it() -> None:
    _, _, after = PAGE.read_text(encoding="utf-8").partition(HEADER + "\n")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in after.split("\n\n")[0].splitlines()]
    spans = [(target.span("grocer"), target.span("gift_shop")) for target in TARGETS]
    assert [[*row[:4], row[5]] for row in rows] == [
        [target.says, target.source, target.real, span_text(own), span_text(gift)]
        for target, (own, gift) in zip(TARGETS, spans, strict=True)
    ]
    for row, both in zip(rows, spans, strict=True):
        for shown, span in zip((row[4], row[6]), both, strict=True):
            assert span is None or span[0] <= float(shown) <= span[1], row
