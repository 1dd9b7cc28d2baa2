"""What a product costs and how it is bought: shelf price, margin, and the terms of its supply.

All of it comes from category, seller, style and chance; nothing here knows how well a product sells.
"""

from __future__ import annotations

import numpy as np

from shop.categories import Tree
from shop.config import ShopConfig
from shop.draws import Columns, ranked, standardised
from shop.parts import Floats, Ints
from shop.streams import stream
from shop.styles import Styles

# Price points: below each bound, the step between them and what is taken off.
PRICE_POINTS = ((1.0, 0.05, 0.0), (5.0, 0.1, 0.01), (20.0, 0.5, 0.01), (100.0, 1.0, 0.01), (np.inf, 5.0, 0.01))
# A week's storage and capital, as a share of unit cost.
HOLDING_RATE = 0.004
# Goodwill lost with a unit that is wanted and missing, as a share of its margin.
SHORTAGE_PENALTY_RATE = 0.1
# What a launch in one channel costs, in median unit margins of its category.
LAUNCH_MARGINS = 5.0


def make_prices(config: ShopConfig, tree: Tree, styles: Styles) -> Columns:
    """Shelf price, unit cost (both in whole cents), own-price elasticity and launch cost of each product.

    log price: category, style, size and chance, stretched to the config's median and spread; then the next natural
    price point. Cost: price · (1 − margin), margin partly the category's.
    """
    rng = stream(config.seed, "prices")
    third = styles.category_3[styles.style]
    second = tree.above_3[third]
    seconds, products = len(tree.above_2), len(third)
    logs = 0.6 * rng.standard_normal(seconds)[second] + 0.25 * rng.standard_normal(len(tree.above_3))[third]
    logs += 0.6 * rng.standard_normal(styles.count)[styles.style] + 0.15 * rng.standard_normal(products)
    logs = standardised(logs + 0.3 * styles.size)
    price = price_points(config.price_median * np.exp(config.price_spread * (logs - np.median(logs))))
    of_category = rng.standard_normal((2, seconds))[:, second]
    own = rng.standard_normal((2, products))
    margin_z, elasticity_z = (standardised(0.6 * group + 0.8 * z) for group, z in zip(of_category, own, strict=True))
    margin = np.clip(config.margin + config.margin_spread * margin_z, 0.05, 0.6)
    unit_cost = np.clip(np.round(price * (1 - margin), 2), 0.01, np.round(price - 0.01, 2))
    return {
        "price": price,
        "unit_cost": unit_cost,
        "elasticity": np.clip(config.elasticity + config.elasticity_spread * elasticity_z, 0.2, None),
        "launch_cost": _launch_cost(rng, price - unit_cost, second),
    }


def price_points(prices: Floats) -> Floats:
    """The nearest price that a shop would print.

    >>> price_points(np.array([0.52, 3.21, 8.6, 61.3, 203.0])).tolist()
    [0.5, 3.19, 8.49, 60.99, 204.99]
    """
    points = np.zeros_like(prices)
    above = 0.0
    for bound, step, off in PRICE_POINTS:
        here = (prices >= above) & (prices < bound)
        points[here] = np.maximum(np.round(prices[here] / step), 1) * step - off
        above = bound
    return np.round(points, 2)


def _launch_cost(rng: np.random.Generator, unit_margin: Floats, category: Ints) -> Floats:
    """About LAUNCH_MARGINS median unit margins of the product's category, in whole cents."""
    median = np.zeros(int(category.max()) + 1)
    for number in np.unique(category):
        median[number] = np.median(unit_margin[category == number])
    return np.round(LAUNCH_MARGINS * median[category] * rng.lognormal(0.0, 0.15, len(category)), 2)


def make_terms(config: ShopConfig, tree: Tree, styles: Styles, price: Floats) -> Columns:
    """Lead weeks, packs, smallest orders, volume and rates of each product.

    A seller has its lead time and its smallest order; packs follow the shop's mean rate of sale, the category and
    the price, as they do where nobody knows the rate of the single product.
    """
    rng = stream(config.seed, "supply terms")
    second = tree.above_3[styles.category_3[styles.style]]
    seller = styles.seller[styles.style]
    seconds, products = len(tree.above_2), len(second)
    late = rng.standard_normal(config.sellers)[seller] + 0.25 * rng.standard_normal(styles.count)[styles.style]
    rate = np.log(config.units_per_week / config.products) - 0.8 * np.log(price / config.price_median)
    rate += 0.5 * rng.standard_normal(seconds)[second] + 0.5 * rng.standard_normal(products)
    pack = np.array([1, 6, 12])[np.searchsorted([0.3, 1.6], rate)]
    orders = ranked(rng.standard_normal(config.sellers)[seller] + 0.5 * rng.standard_normal(products))
    bulk = rng.normal(0.0, 0.5, seconds)[second] + 0.25 * styles.size + rng.normal(0.0, 0.3, products)
    worth = standardised(0.7 * rng.standard_normal(seconds)[second] + 0.7 * rng.standard_normal(products))
    return {
        "lead_weeks": _lead_weeks(late, config.lead_weeks),
        "pack_units": pack,
        "moq_units": pack * np.array([1, 2, 4])[np.searchsorted([0.6, 0.85], orders)],
        "volume": np.round(0.002 * np.exp(bulk), 5),
        "salvage_rate": np.round(np.clip(config.salvage_rate + 0.12 * worth, 0.0, 0.9), 3),
        "holding_rate": np.full(products, HOLDING_RATE),
        "shortage_penalty_rate": np.full(products, SHORTAGE_PENALTY_RATE),
    }


def _lead_weeks(late: Floats, percentiles: tuple[int, int, int]) -> Ints:
    """Whole weeks in the order of `late`, whose 10th, 50th and 90th percentiles are the given ones.

    None passes the config's `longest_lead_weeks`.
    """
    low, middle, high = percentiles
    weeks = np.interp(ranked(late), [0.0, 0.1, 0.5, 0.9, 1.0], [min(low, 1), low, middle, high, high + 0.25 * high])
    return np.round(weeks).astype(np.int64)
