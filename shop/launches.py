"""The calendar of launches: which products wait, when they are planned, announced and, if at all, launched."""

from __future__ import annotations

import numpy as np

from shop.config import ShopConfig
from shop.draws import Columns, lowest, standardised
from shop.parts import NEVER, Bools, Floats, Ints
from shop.streams import stream

# Weeks of sales that stand before the first planned launch, where the world is long enough.
HISTORY_WEEKS = 14
# Share of the candidates planned beyond the last week, and how far beyond: the newest weeks need open launches too.
BEYOND_SHARE = 0.1
BEYOND_WEEKS = 8
# Days before its planned week on which a launch is announced.
ANNOUNCED_DAYS = (56, 70)
# Weeks by which a launch may slip, and the share that does.
SLACK_WEEKS = 3
SLIP_SHARE = 0.15
# Correlation of the buyers' liking with a product's true log attractiveness; a flop they do not foresee.
BUYERS_SKILL = 0.2


def choose_candidates(config: ShopConfig, style: Ints) -> Bools:
    """Which products wait for a launch: half of them as whole styles, half as new variants of any style."""
    rng = stream(config.seed, "candidates")
    products = len(style)
    key = np.where(rng.random(products) < 0.5, rng.random(products), rng.random(products)[style])
    return lowest(key, config.candidates / products)


def make_calendar(config: ShopConfig, is_candidate: Bools, style: Ints, promise: Floats) -> Columns:
    """Planned, earliest, latest and launch week, and announcement day, of each product (see `Catalogue`).

    `promise` (P) is the attractiveness that a product has unless it flops.
    """
    rng = stream(config.seed, "launches")
    products = len(style)
    planned = _planned_weeks(rng, config, style)
    announced = 7 * planned - rng.integers(ANNOUNCED_DAYS[0], ANNOUNCED_DAYS[1] + 1, products)
    slip = np.where(rng.random(products) < SLIP_SHARE, rng.integers(1, SLACK_WEEKS + 1, products), 0)
    past = -1 - np.minimum(rng.exponential(156.0, products), 519.0).astype(np.int64)
    quality = standardised(np.log(promise[is_candidate]))
    liking = BUYERS_SKILL * quality + np.sqrt(1 - BUYERS_SKILL**2) * rng.standard_normal(len(quality))
    launched = np.zeros(products, dtype=np.bool_)
    launched[is_candidate] = lowest(-liking, config.launched_share)
    return {
        "planned_week": np.where(is_candidate, planned, NEVER),
        "earliest_week": np.where(is_candidate, planned, NEVER),
        "latest_week": np.where(is_candidate, planned + SLACK_WEEKS, NEVER),
        "announced_day": np.where(is_candidate, announced, NEVER),
        "launch_week": np.where(is_candidate, np.where(launched, planned + slip, NEVER), past),
    }


def _planned_weeks(rng: np.random.Generator, config: ShopConfig, style: Ints) -> Ints:
    """A planned week for each product; variants of one style mostly come together."""
    products = len(style)
    alone = rng.random(products) < 0.3
    place = np.where(alone, rng.random(products), rng.random(products)[style])
    beyond = np.where(alone, rng.random(products), rng.random(products)[style]) < BEYOND_SHARE
    first = min(HISTORY_WEEKS, config.weeks - 1)
    within = first + np.floor(place * (config.weeks - first)).astype(np.int64)
    return np.where(beyond, config.weeks + np.floor(place * (BEYOND_WEEKS + 1)).astype(np.int64), within)


def listing_order(config: ShopConfig, announced_day: Ints) -> Ints:
    """Each product's place in the shop's list: those of the first day in random order, then by announcement."""
    tie = stream(config.seed, "listing").permutation(len(announced_day))
    listed = np.where(announced_day == NEVER, -NEVER, announced_day)
    place = np.empty(len(tie), dtype=np.int64)
    place[np.lexsort((tie, listed))] = np.arange(len(tie))
    return place
