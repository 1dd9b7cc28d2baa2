"""Stock of every pool, day by day: what a channel can sell, what it refuses, and how shelves are filled again.

Pools are the channels' shelves (P, C) and one warehouse (P,). On a Monday morning deliveries reach the warehouse (or,
where a plan orders for a channel, its shelf), returned units are put away, shelves are filled from the warehouse up to
their target, and a plain base-stock rule orders from the suppliers.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from shop.config import ShopConfig
from shop.parts import Bools, Catalogue, Counts, Floats, Ints
from shop.products import FLOP_FACTOR
from shop.promotions import cut_chance, ordinary_lift
from shop.streams import stream
from shop.switching import Switching

# Weight of the newest week in the buyers' mean of weekly sales; they see sales, not demand.
_NEWEST_WEEK = 0.15
# Spread of log guesses: what buyers believe of a product that has not sold yet.
_GUESS_SPREAD = 0.5
# Power of a product's promise in that belief: 0, all launches look alike; 1, only luck is unknown.
_GUESS_SKILL = 0.7
# Weeks of their guess that the buyers put on the shelf at a launch.
_FIRST_WEEKS = 4.0
# Squared coefficient of variation that an ordinary year's promotions give to a product's weeks.
_PROMOTIONS_WILDNESS = 0.4
# Share of shelves that are empty on the first day, and of products with nothing behind them.
_EMPTY_AT_FIRST = 0.25
# Weeks by which a late delivery is late, at most.
_LATEST = 6


@dataclass
class Stock:
    """What lies where, and what is on its way. Changed in place by the functions below; `copy` before a what-if.

    Args:
        shelf: (P, C) units in the channels.
        warehouse: (P,) units.
        due: Units on their way by week of arrival: (P, C + 1), the last column for the warehouse.
        rate: (P, C) the buyers' mean of weekly units sold.
    """

    shelf: Ints
    warehouse: Ints
    rate: Floats
    due: dict[int, Ints] = field(default_factory=dict)

    def copy(self) -> Stock:
        """A stock of its own."""
        return replace(
            self,
            shelf=self.shelf.copy(),
            warehouse=self.warehouse.copy(),
            rate=self.rate.copy(),
            due={week: units.copy() for week, units in self.due.items()},
        )

    def on_order(self) -> Ints:
        """(P, C + 1) units on their way to each pool."""
        return sum(self.due.values(), np.zeros((self.shelf.shape[0], self.shelf.shape[1] + 1), dtype=np.int64))

    def order(self, week: int, units: Ints) -> None:
        """Adds (P, C + 1) units that arrive in `week`."""
        self.due[week] = self.due[week] + units if week in self.due else units


@dataclass(frozen=True)
class Sale:
    """One day's trade, each (P, C) units: sold, switched_in (wanted of another product that was out), refused."""

    sold: Ints
    switched_in: Ints
    refused: Ints


def opening_stock(config: ShopConfig, catalogue: Catalogue, mean: Floats) -> Stock:
    """Stock on the first day: what the rule would hold, had the buyers a fair idea of `mean` (P, C) units a week."""
    random = stream(config.seed, "opening")
    rate = mean * np.exp(random.normal(0.0, 0.3, mean.shape))
    weekly = rate.sum(axis=1) * ordinary_lift(config, cut_chance(config, catalogue.size_of))
    reserve = np.ceil(weekly * config.warehouse_weeks + np.sqrt(weekly * catalogue.lead_weeks)).astype(np.int64)
    reserve = np.where(random.random(len(reserve)) < _EMPTY_AT_FIRST, 0, reserve)
    shelf = np.where(random.random(mean.shape) < _EMPTY_AT_FIRST, 0, _shelf_target(config, rate, mean > 0))
    stock = Stock(shelf, reserve, rate)
    # Suppliers were at work before the first day: what each week of the lead time needs is on its way.
    for week in range(1, int(catalogue.lead_weeks.max()) + 1):
        arriving = np.zeros((len(mean), mean.shape[1] + 1), dtype=np.int64)
        arriving[:, -1] = np.where(catalogue.lead_weeks >= week, np.floor(weekly + random.random(len(mean))), 0)
        stock.order(week, arriving)
    return stock


def receive(stock: Stock, week: int, put_away: Ints) -> None:
    """Monday: what is due arrives, and (P, C) units that came back are put away."""
    arrived = stock.due.pop(week, None)
    stock.shelf = stock.shelf + put_away
    if arrived is not None:
        stock.shelf = stock.shelf + arrived[:, :-1]
        stock.warehouse = stock.warehouse + arrived[:, -1]


def fill_shelves(config: ShopConfig, stock: Stock, is_listed: Bools, lift: Floats) -> None:
    """Moves units from the warehouse to shelves under their target, in proportion when they do not suffice.

    Args:
        lift: (P, C) what the buyers expect the week's promotions to multiply sales by.
    """
    missing = np.maximum(_shelf_target(config, stock.rate * lift, is_listed) - stock.shelf, 0) * is_listed
    moved = _in_proportion(missing, stock.warehouse)
    stock.shelf = stock.shelf + moved
    stock.warehouse = stock.warehouse - moved.sum(axis=1)


def readdress(stock: Stock, week: int, moved: dict[int, Ints]) -> None:
    """Sends what the warehouse holds on the Monday of `week`, and what is due there, to shelves instead.

    Args:
        moved: By week, (P, C) units wanted from then on. In order of time, and in proportion where units do not
            suffice; what they lack follows with the next delivery.
    """
    wanted = moved.get(week, np.zeros_like(stock.shelf))
    given = _in_proportion(wanted, stock.warehouse)
    stock.shelf = stock.shelf + given
    stock.warehouse = stock.warehouse - given.sum(axis=1)
    wanted = wanted - given
    for due in range(week, max(stock.due, default=week) + 1):
        if due > week:
            wanted = wanted + moved.get(due, 0)
        if due in stock.due:
            given = _in_proportion(wanted, stock.due[due][:, -1])
            stock.due[due] = stock.due[due] + np.column_stack([given, -given.sum(axis=1)])
            wanted = wanted - given


def keep(stock: Stock, kept: dict[int, Ints]) -> None:
    """Sets aside units that the warehouse holds, for the shelves that they go to on the Monday of a later week.

    Args:
        kept: By that week, (P, C) units; in proportion where the warehouse does not hold as many.
    """
    for week, wanted in sorted(kept.items()):
        given = _in_proportion(wanted, stock.warehouse)
        stock.warehouse = stock.warehouse - given.sum(axis=1)
        stock.order(week, np.column_stack([given, np.zeros(len(given), dtype=np.int64)]))


def replenish(config: ShopConfig, catalogue: Catalogue, stock: Stock, week: int, is_ordered: Bools) -> None:
    """The base-stock rule: orders for the warehouse what lacks to cover lead time and reserve.

    Args:
        is_ordered: (P,) products that the rule orders at all.
    """
    rate = stock.rate.sum(axis=1) * ordinary_lift(config, cut_chance(config, catalogue.size_of))
    held = stock.shelf.sum(axis=1) + stock.warehouse + stock.on_order().sum(axis=1)
    weeks = catalogue.lead_weeks + np.float64(config.warehouse_weeks + config.shelf_weeks)
    lacking = np.ceil(_cover(config, rate * _season_ahead(config, week, weeks), weeks)) - held
    packs = np.ceil(np.maximum(lacking, catalogue.moq_units) / catalogue.pack_units)
    units = np.where(is_ordered & (lacking > 0), packs * catalogue.pack_units, 0).astype(np.int64)
    random = stream(config.seed, "late", week)
    late = np.where(random.random(len(rate)) < config.late_share, random.integers(1, _LATEST + 1, len(rate)), 0)
    waits = catalogue.lead_weeks + late
    for wait in np.unique(waits[units > 0]):
        arriving = np.zeros((len(rate), stock.shelf.shape[1] + 1), dtype=np.int64)
        arriving[:, -1] = np.where(waits == wait, units, 0)
        stock.order(week + int(max(wait, 1)), arriving)


def first_orders(config: ShopConfig, catalogue: Catalogue, stock: Stock, week: int, launched: Bools) -> None:
    """Stocks (P, C) launches of the week with what the buyers guess of them.

    log guess = log(mean of the first-level category in the channel) + skill · log(promise / mean promise) + luck, the
    promise being what the product would sell unless it flopped. The shelf gets `_FIRST_WEEKS` of the guess, the
    warehouse what the lead time takes at the peak.
    """
    if not launched.any():
        return
    channels = stock.shelf.shape[1]
    group = catalogue.category_1[:, None] * channels + np.arange(channels)
    selling = stock.rate > 0
    groups = len(catalogue.category_names_1) * channels
    total = np.bincount(group[selling], stock.rate[selling], groups)
    # Where a category has nothing in a channel yet, the guess is the whole shop's mean.
    usual = stock.rate[selling].mean() if selling.any() else 1.0
    selling_there = np.bincount(group[selling], minlength=groups)
    mean = np.divide(total, selling_there, out=np.full(groups, usual), where=selling_there > 0)
    promise = catalogue.attractiveness / np.where(catalogue.is_flop, FLOP_FACTOR, 1.0)
    luck = stream(config.seed, "guess", week).normal(0.0, _GUESS_SPREAD, group.shape)
    guess = mean[group] * promise[:, None] ** _GUESS_SKILL * np.exp(luck)
    stock.rate = np.where(launched, guess, stock.rate)
    stock.shelf = stock.shelf + np.where(launched, np.ceil(_FIRST_WEEKS * guess), 0).astype(np.int64)
    behind = config.launch_peak * (guess * launched).sum(axis=1) * catalogue.lead_weeks
    stock.warehouse = stock.warehouse + np.floor(behind).astype(np.int64)


def sell(config: ShopConfig, stock: Stock, demanded: Ints, turning: Switching, day: int) -> Sale:
    """One day: demand meets the shelves, a part of what finds nothing turns to another product of its category."""
    own = np.minimum(demanded, stock.shelf)
    unmet = demanded - own
    stock.shelf = stock.shelf - own
    at = np.nonzero(unmet)
    if not len(at[0]):
        return Sale(own, unmet, unmet)
    random = stream(config.seed, "switch", day).random((2, *demanded.shape))
    switching = np.zeros_like(own)
    switching[at] = np.minimum(np.floor(unmet[at] * config.substitution_share + random[0][at]), unmet[at])
    switched_in, lost = turning.turn(switching, random[1], stock.shelf)
    served = np.minimum(switched_in, stock.shelf)
    stock.shelf = stock.shelf - served
    return Sale(own + served, switched_in, unmet - switching + lost + switched_in - served)


def learn(stock: Stock, sold: Ints, is_listed: Bools, lift: Floats) -> None:
    """Sunday: the buyers' means move towards the week's (P, C) sales, less what its promotions lifted them by.

    Sales that emptied a shelf are the least that was wanted: they may raise a mean, never lower it.
    """
    seen = np.where(stock.shelf > 0, sold / lift, np.maximum(sold / lift, stock.rate))
    stock.rate = np.where(is_listed, stock.rate + _NEWEST_WEEK * (seen - stock.rate), stock.rate)


def counts(stock: Stock, is_counted: Bools) -> Counts:
    """What is counted on a Sunday night: (P, C) products of each channel's assortment, all of them in the warehouse."""
    on_order = stock.on_order()
    due_day = np.full(on_order.shape, 1 << 30, dtype=np.int64)
    for week in sorted(stock.due, reverse=True):
        due_day = np.where(stock.due[week] > 0, 7 * week, due_day)
    held = np.column_stack([stock.shelf, stock.warehouse])
    product, pool = np.nonzero(np.column_stack([is_counted, is_counted.any(axis=1)]))
    at = (product, pool)
    return Counts(product, pool, held[at], on_order[at], due_day[at])


def _in_proportion(wanted: Ints, there: Ints) -> Ints:
    """(P, C) units of the (P,) units there that each gets: all it wants, or its share; rounding may leave some there."""
    total = wanted.sum(axis=1)
    share = np.minimum(there / np.maximum(total, 1), 1.0)[:, None]
    given = np.floor(wanted * share + 1e-9).astype(np.int64)
    # What rounding left over goes to the largest gap, a unit at most a product.
    left = np.minimum(there, total) - given.sum(axis=1)
    gap = wanted - given
    given[np.arange(len(given)), gap.argmax(axis=1)] += (left > 0) & (gap.max(axis=1) > 0)
    return given


def _shelf_target(config: ShopConfig, rate: Floats, is_listed: Bools) -> Ints:
    """(P, C) units that a shelf should hold: cover for the review period, a unit at least."""
    return np.where(is_listed, np.maximum(np.ceil(_cover(config, rate, config.shelf_weeks)), 1), 0).astype(np.int64)


def _season_ahead(config: ShopConfig, week: int, weeks: Floats) -> Floats:
    """(P,) the year's season, as buyers know it, in the middle of the weeks to come over that of the sales they saw."""
    seen, to_come = (
        1.0 + config.season * np.cos(2.0 * np.pi * at / 52.18) for at in (week - 1.0 / _NEWEST_WEEK, week + weeks / 2.0)
    )
    ahead: Floats = to_come / seen
    return ahead


def _cover(config: ShopConfig, rate: Floats, weeks: Floats | float) -> Floats:
    """Units that suffice for some weeks at a mean `rate`: their mean and `safety` standard deviations.

    The buyers know how wild counts are: weekly variance = rate (1 + wildness rate), of the frailty and the promotions.
    """
    wildness = (1.0 + 0.5 / config.frailty_shape) ** 2 * (1.0 + _PROMOTIONS_WILDNESS) - 1.0
    units: Floats = rate * weeks + config.safety * np.sqrt(weeks * rate * (1.0 + wildness * rate))
    return units
