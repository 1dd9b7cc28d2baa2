"""From units sold to order lines: who bought, in which order, at what second, for what money, and what comes back.

`buying.py` finds the customers, `returns.py` undoes sales; the book keeps what one week hands to the next.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from shop.buying import NOBODY, REMEMBERED, find_customers, remember, split_into_lines
from shop.calendar import calendar_days
from shop.channels import is_online
from shop.clock import busy_seconds, midnights, utc_seconds
from shop.config import ShopConfig
from shop.market import Market
from shop.parts import AnyInts, Bools, Catalogue, Ints, Lines
from shop.returns import NO_ORDER, Comebacks, undone
from shop.streams import stream


@dataclass(frozen=True)
class Sold:
    """One week's sales.

    Those that no logged session explains, one entry a product, channel and day: product, channel, day (0 … 6), units
    (at least 1). Those of logged sessions, a unit each: logged_product, logged_channel, logged_day, logged_second
    (UTC), logged_customer.
    """

    product: Ints
    channel: Ints
    day: Ints
    units: Ints
    logged_product: AnyInts
    logged_channel: AnyInts
    logged_day: AnyInts
    logged_second: Ints
    logged_customer: AnyInts


@dataclass(frozen=True)
class _Bought:
    """Lines before they are ordered by time, one entry each; `second` is −1 where it is still to be drawn."""

    product: Ints
    channel: Ints
    day: Ints
    customer: Ints
    second: Ints
    units: Ints


class OrderBook:
    """What the shop's orders hand from week to week: numbers, remembered buyers, sales still to be undone."""

    def __init__(self, config: ShopConfig, catalogue: Catalogue) -> None:
        self._next_order, self._last_week = 0, -1
        self._buyers: Ints = np.full((catalogue.size_of, REMEMBERED), NOBODY, dtype=np.int64)
        self._waiting = Comebacks.none()
        self._back: Ints = np.zeros((catalogue.size_of, len(config.channels)), dtype=np.int64)
        self._closed: Bools = calendar_days(config).is_closed

    def put_away(self, week: int) -> Ints:
        """(P, C) units that go back on the shelves on Monday of `week`, which is the week after the last one booked.

        All units cancelled and most of those returned in the week before.

        Raises:
            ValueError: another week.
        """
        if week != self._last_week + 1:
            raise ValueError(f"put_away: week {week} does not follow week {self._last_week}, the last one booked")
        return self._back.copy()

    def week(self, config: ShopConfig, week: int, sold: Sold, market: Market) -> Lines:
        """The order lines of one week, cancellations and returns among them, in order of time."""
        random = stream(config.seed, "orders", week)
        bought = self._attribute(config, week, sold, market, random)
        sales = _in_orders(config, week, bought, market, random)
        sales = replace(sales, order=self._next_order + sales.order)
        self._next_order = int(sales.order.max(initial=self._next_order - 1)) + 1
        self._buyers = remember(self._buyers, sales.product, sales.customer)
        waiting = self._waiting.then(undone(config, week, sales, self._closed))
        comes = waiting.second < midnights(config, 7 * week, 7)[-1]
        self._waiting = waiting.where(~comes)
        self._last_week = week
        return _in_time(sales, self._booked(waiting.where(comes)))

    def _attribute(
        self, config: ShopConfig, week: int, sold: Sold, market: Market, random: np.random.Generator
    ) -> _Bought:
        """The week's lines with their customers."""
        entry, units = split_into_lines(sold.units, config.units_per_line, random.random(int(sold.units.sum())))
        product, channel = sold.product[entry], sold.channel[entry]
        asked = (product, channel, self._buyers[product])
        customer = find_customers(config, 7 * week, market, asked, random.random((4, len(entry))))
        one = np.ones(len(sold.logged_product), dtype=np.int64)
        return _Bought(
            product=np.concatenate([product, sold.logged_product]),
            channel=np.concatenate([channel, sold.logged_channel]),
            day=np.concatenate([sold.day[entry], sold.logged_day]),
            customer=np.concatenate([customer, sold.logged_customer]),
            second=np.concatenate([np.full(len(entry), -1), sold.logged_second]),
            units=np.concatenate([units, one]),
        )

    def _booked(self, comes: Comebacks) -> Comebacks:
        """This week's negative lines in order of time, returns with orders of their own; their units are put aside."""
        comes = comes.where(np.argsort(comes.second, kind="stable"))
        is_return = comes.order == NO_ORDER
        comes = replace(comes, order=np.where(is_return, self._next_order + np.cumsum(is_return) - 1, comes.order))
        self._next_order += int(is_return.sum())
        size = self._back.size
        at = np.ravel_multi_index((comes.product, comes.channel), self._back.shape)
        self._back = np.bincount(at, comes.resaleable, size).astype(np.int64).reshape(self._back.shape)
        return comes


def _in_orders(config: ShopConfig, week: int, bought: _Bought, market: Market, random: np.random.Generator) -> Lines:
    """Sales in order of time; what a customer buys in a channel on a day is one order.

    A logged purchase has a second of its own and is an order of its own, with what else was bought in that second.
    """
    starts = midnights(config, 7 * week, 7)
    is_logged = bought.second >= 0
    channels = len(config.channels)
    buyer = bought.customer * channels + bought.channel
    moment = np.where(is_logged, 7 + bought.second - starts[0], bought.day)
    key = buyer * (8 * 86_400 + 7) + moment
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    online = is_online(config)[bought.channel[first]]
    uniform = random.random(len(first))
    local = np.where(online, busy_seconds(True, uniform), busy_seconds(False, uniform))
    second = np.where(is_logged[first], bought.second[first], utc_seconds(starts, bought.day[first], local))
    by_time = np.argsort(second, kind="stable")
    number = np.empty_like(by_time)
    number[by_time] = np.arange(len(by_time))
    order = number[group]
    at = np.argsort(order, kind="stable")
    order, product, channel = order[at], bought.product[at], bought.channel[at]
    line = np.arange(len(at)) - np.searchsorted(order, order) + 1
    customer, units = bought.customer[at], bought.units[at]
    paid = units * market.paid_cents[product, channel]
    listed = units * market.list_cents[product, channel]
    location = market.customers.home[customer, channel]
    return Lines(order, line, product, channel, location, customer, second[group][at], units, paid, listed)


def _in_time(sales: Lines, comes: Comebacks) -> Lines:
    """Sales and negative lines, each in order of time, as one."""
    order = np.argsort(np.concatenate([sales.second, comes.second]), kind="stable")
    names = [field.name for field in fields(Lines)]
    return Lines(*(np.concatenate([getattr(sales, name), getattr(comes, name)])[order] for name in names))
