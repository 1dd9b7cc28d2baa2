"""A small shop's weeks of sessions and orders, run without the rest of the world: demand is drawn here, stock is ample."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from shop.config import ShopConfig
from shop.customers import make_customers
from shop.orders import OrderBook, Sold
from shop.parts import Events, Lines
from shop.products import make_catalogue
from shop.sessions import (
    Counters,
    Market,
    Rates,
    Responses,
    Shown,
    calibrate,
    events,
    ordinary_market,
    respond,
    show,
)
from shop.streams import stream


@dataclass(frozen=True)
class ShopWeek:
    """What one week was made from and left behind."""

    market: Market
    rates: Rates
    shown: Shown
    responses: Responses
    served: np.ndarray
    events: Events
    sold: Sold
    lines: Lines
    put_away_before: np.ndarray


def shop_weeks(config: ShopConfig, weeks: int) -> Iterator[ShopWeek]:
    """The first weeks of a shop; nine wants in ten are served."""
    catalogue = make_catalogue(config)
    customers = make_customers(config, catalogue)
    market, rates = ordinary_market(config, catalogue, customers), calibrate(config, catalogue, customers)
    book, counters = OrderBook(config, catalogue), Counters()
    for week in range(weeks):
        shown = show(config, week, market)
        responses = respond(config, week, market, shown, rates)
        served = responses.wants & (stream(config.seed, "a test's stock", week).random(len(responses.wants)) < 0.9)
        logged, counters = events(config, week, shown, responses, served, counters)
        sold = sold_in(config, week, market, shown, responses, served)
        before = book.put_away(week)
        lines = book.week(config, week, sold, market)
        yield ShopWeek(market, rates, shown, responses, served, logged, sold, lines, before)


def sold_in(
    config: ShopConfig, week: int, market: Market, shown: Shown, responses: Responses, served: np.ndarray
) -> Sold:
    """A week's sales: Poisson units of the base traffic, and what sessions bought."""
    weight = market.catalogue.attractiveness[:, None] * market.is_listed
    mean = weight / weight.sum() * config.units_per_week / 7
    units = stream(config.seed, "a test's demand", week).poisson(mean, (7, *mean.shape))
    day, product, channel = np.nonzero(units)
    return Sold(
        product,
        channel,
        day,
        units[day, product, channel],
        shown.product[served],
        shown.channel[served],
        shown.day[served],
        shown.second[served] + responses.purchase_after[served],
        shown.customer[served],
    )
