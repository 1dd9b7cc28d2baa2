"""The world as it runs: one week after another, under the shop's own buyers or under somebody else's decisions.

`World(config).weeks()` is the shop's history. `environment.py` lets the same weeks run under other decisions.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace

import numpy as np

from shop.config import ShopConfig
from shop.customers import BuyerTables, buyer_tables, cell_shares, make_customers, tastes_at
from shop.demand import Demand, Means
from shop.market import POPULARITY_WEEKS
from shop.orders import OrderBook, Sold
from shop.parts import NEVER, PLACEMENTS, Bools, Floats, Ints, Week, WeekTruth
from shop.products import make_catalogue
from shop.promotions import Offer, offer, records, with_slots
from shop.sessions import Counters, Market, Responses, Shown, calibrate, events, respond, show
from shop.stock import (
    Stock,
    counts,
    fill_shelves,
    first_orders,
    learn,
    opening_stock,
    receive,
    replenish,
    sell,
)
from shop.switching import Switching


@dataclass(frozen=True)
class Decisions:
    """What is decided otherwise than the shop's own buyers would.

    Args:
        launch_week: (P, C) first week on sale in each channel, NEVER for not at all; None for the buyers' own.
        is_planned: (P,) products that the buyers no longer order, since a plan does; None for none.
        is_shown_by_plan: (P, C) lines that get the places of `exposed` alone, none of the shop's; None for none.
        exposed: By week, (P, C) slots in the channel's places, beside those that the shop gave.
    """

    launch_week: Ints | None = None
    is_planned: Bools | None = None
    is_shown_by_plan: Bools | None = None
    exposed: dict[int, Ints] = field(default_factory=dict)


OWN = Decisions()


@dataclass
class State:
    """Where the world stands on a Monday morning."""

    stock: Stock
    book: OrderBook
    counters: Counters
    recent: list[Ints]

    def copy(self) -> State:
        """A state of its own, for a what-if."""
        return State(self.stock.copy(), deepcopy(self.book), self.counters, list(self.recent))


@dataclass(frozen=True)
class Trade:
    """One week's trade, each (P, C) units; `sold` by day, (7, P, C)."""

    demanded: Ints
    switched_in: Ints
    sold: Ints
    refused: Ints


class World:
    """One world: everything that one config makes.

    Attributes:
        config, catalogue, customers: What it is made of.
        launch_week: (P, C) first week on sale in each channel, NEVER where never, as the shop's buyers decided.
    """

    def __init__(self, config: ShopConfig) -> None:
        self.config = config
        self.catalogue = make_catalogue(config)
        self.customers = make_customers(config, self.catalogue)
        self.demand = Demand(config, self.catalogue, self.customers)
        self._rates = calibrate(config, self.catalogue, self.customers)
        self.launch_week: Ints = np.where(self.catalogue.is_carried, self.catalogue.launch_week[:, None], NEVER)

    def weeks(self) -> Iterator[Week]:
        """The shop's history, one week after another."""
        state = self.first_state()
        for week in range(self.config.weeks):
            yield self.run_week(state, week)

    def first_state(self) -> State:
        """The world on the first Monday."""
        listed = self.launch_week < 0
        nothing = offer(self.config, self.catalogue, 0, np.zeros_like(listed))
        plain = replace(nothing, discount=np.zeros_like(nothing.discount))
        means = self.demand.means(0, plain, listed, self.launch_week)
        stock = opening_stock(self.config, self.catalogue, means.units)
        return State(stock, OrderBook(self.config, self.catalogue), Counters(), [])

    def run_week(self, state: State, week: int, decisions: Decisions = OWN) -> Week:
        """One week; `state` moves on to the next Monday."""
        launch_week = self._launches(decisions)
        listed = launch_week <= week
        offered = self.offer(week, decisions)
        means = self.demand.means(week, offered, listed, launch_week)
        lift = self.demand.expected_lift(offered)
        self._monday(state, week, launch_week, decisions, lift)
        market = self._market(state, week, offered, means, listed)
        shown = show(self.config, week, market)
        responses = respond(self.config, week, market, shown, self._rates)
        in_sessions = _expected(shown, responses, listed.shape)
        others = np.maximum(means.units - in_sessions, 0.0)
        trade = self._trade(state.stock, week, others, self._wanted(shown, responses), means)
        counted = counts(state.stock, listed)
        served = _served(shown, responses, trade.sold)
        logged, state.counters = events(self.config, week, shown, responses, served, state.counters)
        sold = _sales(trade, shown, responses, served)
        # In a large week these are most of what memory holds; the orders need the room.
        del shown, responses, served
        lines = state.book.week(self.config, week, sold, market)
        learn(state.stock, trade.sold.sum(axis=0), listed, lift)
        truth = _truth(means, in_sessions, trade, listed)
        state.recent = [*state.recent, trade.sold.sum(axis=0)][-POPULARITY_WEEKS:]
        return Week(week, lines, logged, records(self.config, offered, week), counted, truth)

    def offer(self, week: int, decisions: Decisions = OWN) -> Offer:
        """What the shop offers in a week: its own promotions, and the places that were decided otherwise."""
        launch_week = self._launches(decisions)
        listed = launch_week <= week
        offered = offer(self.config, self.catalogue, week, listed, launch_week.min(axis=1) == week)
        if decisions.is_shown_by_plan is not None:
            offered = replace(offered, is_featured=offered.is_featured & ~decisions.is_shown_by_plan[:, :, None])
        if week in decisions.exposed:
            offered = with_slots(self.config, offered, decisions.exposed[week] * listed)
        return offered

    def _launches(self, decisions: Decisions) -> Ints:
        """(P, C) first week on sale in each channel under these decisions."""
        return self.launch_week if decisions.launch_week is None else decisions.launch_week

    def _monday(self, state: State, week: int, launch_week: Ints, decisions: Decisions, lift: Floats) -> None:
        """Deliveries, put-aways, shelves and orders, before the first hour."""
        stock, planned = state.stock, decisions.is_planned
        ruled = np.ones(self.catalogue.size_of, dtype=bool) if planned is None else ~planned
        receive(stock, week, state.book.put_away(week))
        first_orders(self.config, self.catalogue, stock, week, (launch_week == week) & ruled[:, None])
        listed = launch_week <= week
        fill_shelves(self.config, stock, listed, lift)
        replenish(self.config, self.catalogue, stock, week, ruled & listed.any(axis=1))

    def _market(self, state: State, week: int, offered: Offer, means: Means, listed: Bools) -> Market:
        tastes = tastes_at(self.config, self.customers, 7 * week)
        buyers: BuyerTables = buyer_tables(self.config, self.customers, 7 * week)
        popularity = sum(state.recent, np.zeros(listed.shape, dtype=np.int64))
        return Market(
            catalogue=self.catalogue,
            customers=self.customers,
            buyers=buyers,
            tastes=tastes,
            cells=cell_shares(self.config, tastes, self.catalogue.latent, buyers.totals.sum(axis=0)),
            popularity=popularity,
            list_price=offered.list_price,
            discount=offered.discount,
            is_listed=listed,
            is_featured=offered.is_featured[:, :, PLACEMENTS.index("home")],
            demand_units=means.units.sum(axis=0),
        )

    def _wanted(self, shown: Shown, responses: Responses) -> Ints:
        """(7, P, C) units that logged sessions would buy."""
        shape = (7, *self.launch_week.shape)
        at = (shown.day[responses.wants], shown.product[responses.wants], shown.channel[responses.wants])
        return np.bincount(np.ravel_multi_index(at, shape), minlength=int(np.prod(shape))).reshape(shape)

    def _trade(self, stock: Stock, week: int, others: Floats, wanted: Ints, means: Means) -> Trade:
        """Seven days of demand against the shelves: (P, C) `others` in the mean, and what logged sessions want."""
        weekly = others * self.demand.frailty(week)
        shares = self.demand.day_shares(week)
        turning = Switching(self.catalogue.category_2, means.attractiveness)
        in_all, switched_in, refused = (np.zeros(weekly.shape, dtype=np.int64) for _ in range(3))
        sold = np.empty((7, *weekly.shape), dtype=np.int64)
        for day in range(7):
            demanded = self.demand.draw(7 * week + day, weekly * shares[day]) + wanted[day]
            sale = sell(self.config, stock, demanded, turning, 7 * week + day)
            in_all += demanded
            switched_in += sale.switched_in
            refused += sale.refused
            sold[day] = sale.sold
        return Trade(in_all, switched_in, sold, refused)


def _served(shown: Shown, responses: Responses, sold: Ints) -> Bools:
    """Which impressions' wants the stock allowed: the first ones of the day, as many as were sold."""
    wants = np.flatnonzero(responses.wants)
    wants = wants[np.lexsort((shown.second[wants], shown.channel[wants], shown.product[wants], shown.day[wants]))]
    at = (shown.day[wants], shown.product[wants], shown.channel[wants])
    place = np.ravel_multi_index(at, sold.shape)
    rank = np.arange(len(place)) - np.searchsorted(place, place)
    served = np.zeros(len(responses.wants), dtype=bool)
    served[wants] = rank < sold[at]
    return served


def _sales(trade: Trade, shown: Shown, responses: Responses, served: Bools) -> Sold:
    """The week's sales: those of logged sessions one by one, the rest in units."""
    logged = np.zeros_like(trade.sold)
    np.add.at(logged, (shown.day[served], shown.product[served], shown.channel[served]), 1)
    others = trade.sold - logged
    day, product, channel = np.nonzero(others)
    return Sold(
        product=product,
        channel=channel,
        day=day,
        units=others[day, product, channel],
        logged_product=shown.product[served],
        logged_channel=shown.channel[served],
        logged_day=shown.day[served],
        logged_second=shown.second[served] + responses.purchase_after[served],
        logged_customer=shown.customer[served],
    )


def _expected(shown: Shown, responses: Responses, shape: tuple[int, ...]) -> Floats:
    """(P, C) units that logged sessions would buy in the mean, given what they were shown: a part of the demand."""
    at = np.ravel_multi_index((shown.product, shown.channel), shape)
    units = np.bincount(at, responses.purchase_probability, int(np.prod(shape))).astype(np.float64)
    return units.reshape(shape)


def _truth(means: Means, in_sessions: Floats, trade: Trade, listed: Bools) -> WeekTruth:
    """What the week was made from. A product that sessions alone want more than its mean is wanted so much."""
    product, channel = np.nonzero(listed)
    at = (product, channel)
    in_all = (trade.demanded, trade.switched_in, trade.sold.sum(axis=0), trade.refused)
    demanded, switched_in, sold, refused = (units[at] for units in in_all)
    intensity = np.maximum(means.units, in_sessions)[at]
    without = means.without_launches[at]
    counterfactual = np.where(without > 0, np.maximum(without, in_sessions[at]), 0.0)
    return WeekTruth(product, channel, intensity, demanded, switched_in, sold, refused, counterfactual)
