"""What the online channels show: sessions, their requests, and the list that answers each.

A tenth of the requests (`random_share`) is answered uniformly at random, so that what a list would have done elsewhere
can be told; the others by a policy that ranks by what sold and by what the customer's like bought:

    weight[k, p] = (popularity[p] + 1)^0.7 exp(0.5 match[k, p]), four times that for what the home page features,

with match = tastes · latent / √L of the customer's cell k. `ranking.py` draws the lists. What customers make of them is
told in `responses.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop.clock import DAY_SECONDS, ONLINE_DAYS, busy_seconds, midnights, utc_seconds
from shop.config import ShopConfig
from shop.customers import draw_customers
from shop.draws import cumulated, pick
from shop.market import Market
from shop.parts import SURFACES, Floats, Ints, Smalls, Wholes
from shop.ranking import NOTHING, Policy
from shop.streams import stream

HOME, CATEGORY, RANDOM = (SURFACES.index(name) for name in ("home", "category", "random"))
_POPULARITY_POWER, _TASTE_WEIGHT, _FEATURED_WEIGHT = 0.7, 0.5, 4.0
# A session makes one to three requests, each half a minute to two minutes and a half after the one before.
_MOST_REQUESTS = 3
_REQUEST_GAP = (30, 150)
# Sessions start early enough for their last purchase to fall on the same day.
_LAST_START = DAY_SECONDS - 1_500


@dataclass(frozen=True)
class Requests:
    """One week's requests, session after session in order of time; one entry each.

    session (from 0 within the week), channel, customer, day (0 … 6), second (UTC), surface (number in SURFACES).
    """

    session: Wholes
    channel: Smalls
    customer: Wholes
    day: Smalls
    second: Ints
    surface: Smalls


@dataclass(frozen=True)
class Shown:
    """One week's impressions, request after request from the top of each list; one entry each.

    product, position (from 1), propensity (the policy's probability of this product here, given the request's surface,
    its category and the products above), request and session (from 0 within the week), and what the request says:
    channel, customer, day (0 … 6), second (UTC), surface.
    """

    product: Wholes
    position: Smalls
    propensity: Floats
    request: Wholes
    session: Wholes
    channel: Smalls
    customer: Wholes
    day: Smalls
    second: Ints
    surface: Smalls


def show(config: ShopConfig, week: int, market: Market) -> Shown:
    """The impressions of one week: `impressions_per_unit` of them for a unit demanded online."""
    random = stream(config.seed, "sessions", week)
    return fill(config, market, visit(config, week, market, random), random)


def visit(config: ShopConfig, week: int, market: Market, random: np.random.Generator) -> Requests:
    """Who comes and when: a Poisson number of sessions in each online channel, customers by activity and habit."""
    channel, day, customer, second = _sessions(config, market, random)
    start = utc_seconds(midnights(config, 7 * week, 7), day, second)
    order = np.argsort(start, kind="stable")
    count = random.integers(1, _MOST_REQUESTS + 1, len(order))
    session = np.repeat(np.arange(len(order), dtype=np.int32), count)
    gap = random.integers(*_REQUEST_GAP, len(session))
    is_first = np.diff(session, prepend=-1) > 0
    waited = np.cumsum(np.where(is_first, 0, gap))
    waited -= np.repeat(waited[is_first], count)
    surface = np.where(random.random(len(session)) < config.home_share, HOME, CATEGORY).astype(np.int16)
    surface[random.random(len(session)) < config.random_share] = RANDOM
    at = order[session]
    small_day, small_channel = day.astype(np.int16)[at], channel.astype(np.int16)[at]
    return Requests(session, small_channel, customer.astype(np.int32)[at], small_day, start[at] + waited, surface)


def fill(config: ShopConfig, market: Market, requests: Requests, random: np.random.Generator) -> Shown:
    """Answers every request with a list."""
    shape = (len(requests.session), config.list_length)
    product, propensity = np.full(shape, NOTHING, dtype=np.int32), np.full(shape, np.nan)
    for channel in np.unique(requests.channel):
        window = _Window(config, market, int(channel))
        for surface in (HOME, CATEGORY, RANDOM):
            asked = np.flatnonzero((requests.channel == channel) & (requests.surface == surface))
            cell = market.customers.cell[requests.customer[asked]]
            columns, chances = window.answer(random, surface, cell)
            product[asked], propensity[asked] = columns.T, chances.T
    is_shown = product != NOTHING
    count = is_shown.sum(axis=1)
    return Shown(
        product=product[is_shown],
        position=np.broadcast_to(np.arange(1, shape[1] + 1, dtype=np.int16), shape)[is_shown],
        propensity=propensity[is_shown],
        request=np.repeat(np.arange(shape[0], dtype=np.int32), count),
        session=np.repeat(requests.session, count),
        channel=np.repeat(requests.channel, count),
        customer=np.repeat(requests.customer, count),
        day=np.repeat(requests.day, count),
        second=np.repeat(requests.second, count),
        surface=np.repeat(requests.surface, count),
    )


class _Window:
    """What one channel may show this week, products in order of their second-level category."""

    def __init__(self, config: ShopConfig, market: Market, channel: int) -> None:
        catalogue = market.catalogue
        listed = np.flatnonzero(market.is_listed[:, channel])
        self.products: Ints = listed[np.argsort(catalogue.category_2[listed], kind="stable")]
        self.length = config.list_length
        weights = market.match(self.products)
        weights *= np.float32(_TASTE_WEIGHT)
        np.exp(weights, out=weights)
        weights *= (market.popularity[self.products, channel] + np.float32(1.0)) ** np.float32(_POPULARITY_POWER)
        self.weights = weights
        self.featured: Floats = np.where(market.is_featured[self.products, channel], _FEATURED_WEIGHT, 1.0)
        self.plain = np.ones(len(self.products))
        category = catalogue.category_2[self.products]
        self.starts: Ints = np.append(np.flatnonzero(np.diff(category, prepend=-1)), len(category))

    def answer(self, random: np.random.Generator, surface: int, cell: Ints) -> tuple[Ints, Floats]:
        """(length, requests) products of each request's list, and their propensities. `cell` (requests,)."""
        whole, nought = self.starts[[0, -1]], np.zeros_like(cell)
        if surface == CATEGORY:
            totals = cumulated(np.add.reduceat(self.weights, self.starts[:-1], axis=1))
            part = pick(totals, cell, random.random(len(cell)))
            columns, propensity = Policy(self.weights, self.plain, self.starts).answer(random, cell, part, self.length)
        elif surface == HOME:
            columns, propensity = Policy(self.weights, self.featured, whole).answer(random, cell, nought, self.length)
        else:
            uniform = Policy(self.plain[None, :], self.plain, whole)
            columns, propensity = uniform.answer(random, nought, nought, self.length)
        return np.where(columns == NOTHING, NOTHING, self.products[columns]), propensity


def _sessions(config: ShopConfig, market: Market, random: np.random.Generator) -> tuple[Ints, Ints, Ints, Ints]:
    """Channel, day, customer and local second of each session's start; a channel with nothing on sale has none."""
    parts = []
    for number, channel in enumerate(config.channels):
        if not (channel.is_online and market.is_listed[:, number].any()):
            continue
        impressions = config.impressions_per_unit * market.demand_units[number]
        mean = impressions / config.list_length / ((1 + _MOST_REQUESTS) / 2)
        day = np.repeat(np.arange(7), random.poisson(mean * np.array(ONLINE_DAYS)))
        uniform = random.random((3, len(day)))
        cells = pick(cumulated(market.buyers.totals[[number]]), np.zeros_like(day), uniform[0])
        where = np.full(len(day), number)
        customer = draw_customers(market.buyers, where, cells, uniform[1])
        second = np.minimum(busy_seconds(True, uniform[2]), _LAST_START)
        parts.append((where, day, customer, second))
    empty = (np.empty(0, dtype=np.int64),) * 4
    where, day, customer, second = (np.concatenate(column) for column in zip(empty, *parts, strict=True))
    return where, day, customer, second
