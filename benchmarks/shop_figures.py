"""What a simulated world's public weeks show, measured as the real figures were: one number a figure.

The targets that these figures must meet stand in `benchmarks/shop.py`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.shop_forecasts import weekly_errors
from benchmarks.shop_tally import CLICK, DISPLAY, HOME, MAILER, Tally
from shop.parts import Floats, Ints
from shop.world import World

YEAR = 52
# A launch is judged by its first weeks with sales.
LAUNCH_WEEKS = 8
# Weeks of life that the launch curve shows, and after which a launch that still sells has survived.
_CURVE_WEEKS, _SURVIVED, _FEW_UNITS = 20, 13, 5
# Weeks in which the opening stock may still be felt.
_WARM_UP = 8
# Mean weekly units from which a product in a channel tells its elasticity: below, weeks without sales are too many.
_ELASTIC_UNITS = 5.0


def figures(world: World) -> dict[str, float]:
    """Every figure of one world by name; it needs a year and eight weeks at least.

    Raises:
        ValueError: The world is too short.
    """
    if world.config.weeks < YEAR + LAUNCH_WEEKS:
        raise ValueError(f"{world.config.weeks} weeks: the figures need {YEAR + LAUNCH_WEEKS}")
    return figures_of(Tally.of(world))


def figures_of(tally: Tally) -> dict[str, float]:
    """The figures of what was tallied."""
    parts: tuple[Callable[[Tally], dict[str, float]], ...] = (_sales, _promotions, _launches, _funnel, _supply, _prices)
    found = {name: value for part in parts for name, value in part(tally).items()}
    errors = weekly_errors(tally.weekly)
    return {**found, **{f"wape_{name}": value for name, value in errors.items()}}


def _sales(tally: Tally) -> dict[str, float]:
    year = tally.weekly[:, :YEAR]
    total = year.sum(axis=1)
    sold = {f"units_p{p}": float(np.percentile(total[total > 0], p)) for p in (50, 75, 90, 99)}
    steady = year[total >= YEAR]
    ratio = steady.var(axis=1) / steady.mean(axis=1)
    return {**sold, **{f"dispersion_p{p}": float(np.percentile(ratio, p)) for p in (10, 50, 90)}}


def _promotions(tally: Tally) -> dict[str, float]:
    """Units of stores' promoted weeks over the same products' mean in weeks without a placement."""
    stores = ~tally.is_online
    sold, placed = tally.sold[:, :, stores], tally.placed[:, :, stores]
    listed = tally.left[:, :, stores] >= 0
    plain = listed & (placed == 0)
    usual = np.where(plain, sold, 0).sum(axis=0) / np.maximum(plain.sum(axis=0), 1)
    lifts = {}
    for name, marks in (("display", DISPLAY), ("mailer", MAILER), ("both", DISPLAY | MAILER)):
        chosen = listed & (placed == marks)
        expected = (chosen * usual).sum()
        lifts[f"lift_{name}"] = float(sold[chosen].sum() / expected)
    cut, lines, depth = tally.discounts
    return {**lifts, "discounted_lines": cut / lines, "discount_depth": depth / cut}


def _launches(tally: Tally) -> dict[str, float]:
    """Launches that sold at all, counted from their first sale, as a shop without a calendar of launches sees them."""
    weeks = tally.weekly.shape[1]
    new = tally.weekly[(tally.launch_week >= 0) & (tally.launch_week < weeks)]
    first = np.where(new.any(axis=1), (new > 0).argmax(axis=1), weeks)
    units = np.array([row[at : at + LAUNCH_WEEKS].sum() for row, at in zip(new, first, strict=True)])
    units = units[first <= weeks - LAUNCH_WEEKS]
    shares = {f"launch_units_p{p}": float(np.percentile(units, p)) for p in (50, 90, 99)}
    return {**shares, "flops": float((units <= 2).mean()), "launch_peak_week": _peak_week(tally)}


def _peak_week(tally: Tally) -> float:
    """Week of life, from 1, around which survivors sell most before they count as survivors, seasons taken out.

    Each launch's curve is divided by the established products' sales of the same weeks, then by its own sum; the mean
    curve is smoothed over three weeks. Survivors sell after their 13th week, and a few units in all.
    """
    weeks = tally.weekly.shape[1]
    established = tally.weekly[tally.launch_week < 0].sum(axis=0)
    relative = tally.weekly / np.maximum(established / established.mean(), 1e-9)
    old_enough = np.flatnonzero((tally.launch_week >= 0) & (tally.launch_week <= weeks - _CURVE_WEEKS))
    curves = np.stack([relative[p, tally.launch_week[p] :][:_CURVE_WEEKS] for p in old_enough])
    curves = curves[(curves[:, _SURVIVED:].sum(axis=1) > 0) & (curves.sum(axis=1) >= _FEW_UNITS)]
    curve = (curves / curves.sum(axis=1, keepdims=True)).mean(axis=0)
    return float(np.convolve(curve[:_SURVIVED], np.ones(3) / 3.0, mode="valid").argmax()) + 2.0


def _funnel(tally: Tally) -> dict[str, float]:
    clicks = tally.events[CLICK]
    cart, favourite, purchase = tally.events[CLICK + 1 :]
    return {
        "click_rate_home": float(tally.clicks[HOME] / tally.impressions[HOME]),
        "cart_rate": float(cart / clicks),
        "favourite_rate": float(favourite / clicks),
        "purchase_rate": float(purchase / clicks),
        "cancelled_lines": tally.cancelled / tally.online_lines,
    }


def _supply(tally: Tally) -> dict[str, float]:
    left = tally.left[_WARM_UP:]
    leads = {f"lead_weeks_p{p}": float(np.percentile(tally.lead_weeks, p)) for p in (10, 50, 90)}
    refused, demanded = tally.truth
    return {
        "out_of_stock": float((left == 0).sum() / (left >= 0).sum()),
        "refused": refused / demanded,
        **leads,
        "margin": float((1.0 - tally.unit_cost / tally.price).mean()),
    }


def _prices(tally: Tally) -> dict[str, float]:
    """Slope of log units on log price, with an effect for each product in its channel and one for each placement.

    Weeks count at whose end something was left on the shelf.
    """
    sold = tally.sold
    frequent = sold.mean(axis=0) >= _ELASTIC_UNITS
    week, product, channel = np.nonzero((sold > 0) & (tally.left > 0) & frequent)
    at = (week, product, channel)
    placed = tally.placed[at]
    marks = [(placed & mark) > 0 for mark in (MAILER, DISPLAY, 4)]
    price = np.log(tally.paid[at] / sold[at])
    columns = np.column_stack([price, *marks, np.log(sold[at])]).astype(float)
    within = _less_means(columns, product * sold.shape[2] + channel)
    slopes = np.linalg.lstsq(within[:, :-1], within[:, -1], rcond=None)[0]
    return {"elasticity": float(slopes[0])}


def _less_means(columns: Floats, group: Ints) -> Floats:
    """Columns (n, k) less the means of their groups (n,)."""
    _, number = np.unique(group, return_inverse=True)
    size = np.bincount(number)
    means = np.stack([np.bincount(number, column) / size for column in columns.T], axis=1)
    return columns - means[number]
