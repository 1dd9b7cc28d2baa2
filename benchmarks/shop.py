"""Whether the simulated shop is like the shops that it stands for, and what it costs to make one.

`TARGETS` is the one list of real figures and tolerances: the table printed here, the table in
docs/simulated-shop.md and the calibration test read it. Run as `python -m benchmarks.shop`; with
`--warehouse FILE` the four baselines are scored on the real rows anew.
"""

from __future__ import annotations

import argparse
import logging
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks.shop_figures import figures
from benchmarks.shop_forecasts import REAL_ERRORS, ranking, real_units, weekly_errors
from shop.parts import Week
from shop.presets import PRESETS, grocer
from shop.world import World

_LOG = logging.getLogger(__name__)
Span = tuple[float, float]


@dataclass(frozen=True)
class Target:
    """One real figure, and how near a preset must come to it.

    Args:
        figure: Its name among `figures`.
        says: What it is, for a reader.
        source: Where the real figure was seen.
        real: The figure, as it was seen.
        grocer, gift_shop: Least and most that the preset may show; None where the figure is not the preset's.
    """

    figure: str
    says: str
    source: str
    real: str
    grocer: Span | None
    gift_shop: Span | None

    def span(self, preset: str) -> Span | None:
        """The preset's least and most."""
        return {"grocer": self.grocer, "gift_shop": self.gift_shop}[preset]

    def row(self, measured: dict[str, dict[str, float]]) -> str:
        """A row of the table, of figures by preset."""
        cells = [self.says, self.source, self.real]
        for preset, found in measured.items():
            span = self.span(preset)
            cells += [span_text(span), _short(found[self.figure])]
        return "| " + " | ".join(cells) + " |"


HEADER = (
    "| figure | real source | real | grocer: tolerance | measured | gift shop: tolerance | measured |\n"
    "|---|---|---|---|---|---|---|"
)
_JOURNEY, _PUBLISHED = "Complete Journey", "published, other shops"
_DISCOUNTED, _DEPTH = "discounted lines, share", "share off of a discounted line, mean"

TARGETS = (
    Target(
        "units_p50",
        "units a year of a product sold, p50",
        f"{_JOURNEY}; published, a gift shop",
        "3; 377",
        (2, 5),
        (280, 470),
    ),
    Target("units_p75", "the same, p75", _JOURNEY, "15", (11, 19), None),
    Target("units_p90", "the same, p90", _JOURNEY, "57", (45, 70), None),
    Target("units_p99", "the same, p99", _JOURNEY, "372", (280, 470), None),
    Target(
        "dispersion_p10", "weekly variance / mean, products of 52 units or more, p10", _JOURNEY, "1.1", (1, 1.5), None
    ),
    Target("dispersion_p50", "the same, p50", _JOURNEY, "2.0", (1.6, 2.6), None),
    Target("dispersion_p90", "the same, p90", _JOURNEY, "6.1", (4.5, 7.7), None),
    Target("lift_display", "units on display over plain weeks", _JOURNEY, "2.0", (1.6, 2.4), (1.6, 2.4)),
    Target("lift_mailer", "units in the mailer over plain weeks", _JOURNEY, "2.0", (1.6, 2.4), (1.6, 2.4)),
    Target("lift_both", "units in both over plain weeks", _JOURNEY, "3.4", (2.4, 4.4), (2.4, 4.4)),
    Target("discounted_lines", _DISCOUNTED, _JOURNEY, "0.5", (0.43, 0.57), (0.43, 0.57)),
    Target("discount_depth", _DEPTH, _JOURNEY, "0.27", (0.24, 0.30), (0.24, 0.30)),
    Target("launch_peak_week", "week of life in which surviving launches peak", _JOURNEY, "5–7", (4, 8), (4, 8)),
    Target("launch_units_p50", "units of a launch's first 8 weeks with sales, p50", _JOURNEY, "2", (1, 4), None),
    Target("launch_units_p90", "the same, p90", _JOURNEY, "10", (6, 17), None),
    Target("launch_units_p99", "the same, p99", _JOURNEY, "39", (22, 65), None),
    Target("flops", "launches that sell 2 units or fewer in them, share", _JOURNEY, "0.57", (0.47, 0.67), None),
    Target(
        "click_rate_home", "clicks per impression, home page", _PUBLISHED, "0.004–0.007", (0.004, 0.007), (0.004, 0.007)
    ),
    Target("cart_rate", "carts per click", _PUBLISHED, "0.059", (0.049, 0.069), (0.049, 0.069)),
    Target("favourite_rate", "favourites per click", _PUBLISHED, "0.031", (0.024, 0.038), (0.024, 0.038)),
    Target("purchase_rate", "purchases per click", _PUBLISHED, "0.023", (0.017, 0.029), (0.017, 0.029)),
    Target(
        "out_of_stock",
        "shelves empty on Sunday night, share",
        _PUBLISHED,
        "0.06–0.17",
        (0.06, 0.17),
        (0.06, 0.17),
    ),
    Target(
        "refused", "demand that nobody served, share (truth)", "none: a bound we set", "-", (0.0, 0.12), (0.0, 0.12)
    ),
    Target("lead_weeks_p10", "weeks from order to arrival, p10", _PUBLISHED, "2", (1, 3), (1, 3)),
    Target("lead_weeks_p50", "the same, p50", _PUBLISHED, "8", (7, 9), (7, 9)),
    Target("lead_weeks_p90", "the same, p90", _PUBLISHED, "12", (11, 13), (11, 13)),
    Target("elasticity", "own-price elasticity, by regression", _PUBLISHED, "−3.3", (-3.8, -2.8), (-3.8, -2.8)),
    Target("cancelled_lines", "online lines cancelled, share", _PUBLISHED, "0.017–0.14", (0.017, 0.14), (0.017, 0.14)),
    Target("margin", "margin, mean over products", _PUBLISHED, "0.28", (0.26, 0.30), (0.26, 0.30)),
)


def table(measured: dict[str, dict[str, float]]) -> str:
    """The table of both presets, for figures by preset."""
    return "\n".join([HEADER, *(target.row(measured) for target in TARGETS)])


def misses(preset: str, found: dict[str, float]) -> list[str]:
    """The figures outside their tolerance, each as a sentence."""
    spans = ((target, target.span(preset)) for target in TARGETS)
    return [
        f"{preset}, {target.figure}: {found[target.figure]:.4g} is outside {span[0]} to {span[1]}"
        for target, span in spans
        if span is not None and not span[0] <= found[target.figure] <= span[1]
    ]


@dataclass(frozen=True)
class Cost:
    """What making a world took: its sales lines, CPU seconds, and largest resident memory in GB."""

    lines: int
    cpu_seconds: float
    peak_gb: float


def cost(preset: str, changed: dict[str, object]) -> Cost:
    """Makes every week of a world, in the calling process, and keeps none."""
    began = time.process_time()
    # A loop's name would hold a week while the next one is made; `map` lets it go.
    lines = sum(map(sales_lines, World(PRESETS[preset](**changed)).weeks()))  # type: ignore[arg-type]
    return Cost(lines, time.process_time() - began, peak_gb())


def sales_lines(week: Week) -> int:
    """Lines of a week that sold something; cancellations and returns are none."""
    return int((week.lines.units > 0).sum())


def peak_gb() -> float:
    """Largest resident memory of this process so far, 10^9 bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def preset_figures(preset: str, changed: dict[str, object]) -> dict[str, float]:
    """The figures of a preset's world."""
    return figures(World(PRESETS[preset](**changed)))  # type: ignore[arg-type]


def main() -> None:
    """Print the table, the ranking of the baselines, and what worlds cost."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--warehouse", type=Path, help="file that holds features.weekly_sales of the Complete Journey")
    parser.add_argument("--weeks", type=int, default=104)
    parser.add_argument("--without-cost", action="store_true")
    arguments = parser.parse_args()
    real = weekly_errors(real_units(arguments.warehouse)) if arguments.warehouse else REAL_ERRORS
    # A process a world: peak memory is the process's.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        asked = {preset: pool.submit(preset_figures, preset, {"weeks": arguments.weeks}) for preset in _PRESETS}
        measured = {preset: job.result() for preset, job in asked.items()}
        _LOG.info("%s", table(measured))
        _LOG.info("\nreal ranking %s %s", ranking(real), {name: round(value, 4) for name, value in real.items()})
        for preset, found in measured.items():
            shown = ranking({name: found[f"wape_{name}"] for name in real})
            _LOG.info("%s: ranking %s; outside: %s", preset, shown, misses(preset, found) or "none")
        if not arguments.without_cost:
            for line in _costs(pool):
                _LOG.info("%s", line)


_PRESETS = ("grocer", "gift_shop")


def _costs(pool: ProcessPoolExecutor) -> Iterator[str]:
    whole = pool.submit(cost, "gift_shop", {}).result()
    per_million = whole.cpu_seconds / whole.lines * 1e6
    yield f"gift shop: {whole.lines} lines, {per_million:.1f} CPU s a million, peak {whole.peak_gb:.2f} GB"
    sizes = [pool.submit(cost, "grocer", _scaled(scale)).result() for scale in (2, 4, 8)]
    slope = np.polyfit(np.log([size.lines for size in sizes]), np.log([size.cpu_seconds for size in sizes]), 1)[0]
    for size in sizes:
        yield f"grocer: {size.lines} lines, {size.cpu_seconds:.1f} CPU s, peak {size.peak_gb:.2f} GB"
    yield f"grocer: CPU seconds grow with lines to the power {slope:.2f}"


def _scaled(scale: int) -> dict[str, object]:
    """A grocer with more of everything, half a year long."""
    one = grocer()
    grown = {name: scale * getattr(one, name) for name in ("products", "candidates", "customers", "units_per_week")}
    return {"weeks": 26, **grown}


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def span_text(span: Span | None) -> str:
    """A tolerance as the table shows it."""
    return "-" if span is None else f"{span[0]:g} to {span[1]:g}"


if __name__ == "__main__":
    main()
