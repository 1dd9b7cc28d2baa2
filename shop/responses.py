"""What customers do with what they are shown: clicks, carts, favourites, purchases, and the true chance of each.

    click     = 1 − exp(−rate[surface] attention pull),   attention = position^-decay
    pull      = exp(t match / 2) attractiveness^¼ (price / usual price)^(−s)
    cart      = 1 − exp(−rate exp(t match / 4)),           favourite likewise with exp(t match / 2)
    buy       = 1 / (1 + exp(−(level + t match / 2 − 2.5 s log(price / usual price))))
    purchase  = click cart buy,

with match = tastes · latent / √L of the customer's cell, t the config's `taste_strength` and s the customer's price
sensitivity. The rates are set once a world (`calibrate`), on an ordinary week's lists that nobody sees, so that the
config's figures hold there on average. They depend on no week and on no draw that is logged: the same customer before
the same product at the same price and place has the same chance all through.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from shop.channels import is_online, seller_terms
from shop.config import ShopConfig
from shop.lists import CATEGORY, HOME, Shown, fill, visit
from shop.market import Market, ordinary_market
from shop.parts import Bools, Catalogue, Customers, Floats, Ints, Smalls, rows_at, slices
from shop.streams import stream

_Kind = TypeVar("_Kind", bound=np.generic)

_ATTRACTION = 0.25
_BUY_PRICE = 2.5
_CLICK_TASTE, _CART_TASTE, _FAVOURITE_TASTE, _BUY_TASTE = 0.5, 0.25, 0.5, 0.5
# Lists on which the rates are set: enough for a mean click rate within about two in a hundred.
_CALIBRATION_REQUESTS = 4_000
# Impressions whose chances are told in one go.
_SLICE = 1 << 17
# Longest wait in seconds for a click after its impression, for a cart or favourite after the click, for the purchase
# after the cart; each is a second at least.
_WAITS = {"click": 30, "cart": 60, "favourite": 60, "purchase": 180}


@dataclass(frozen=True)
class Rates:
    """What `calibrate` sets: click rate by surface, rates of cart and favourite, level of the purchase's log odds."""

    click: tuple[float, ...]
    cart: float
    favourite: float
    buy: float


@dataclass(frozen=True)
class Responses:
    """One week's responses, one entry an impression.

    click_probability, purchase_probability (truth; stock permitting), is_clicked, is_carted, is_favourite, wants
    (would buy, stock permitting). Seconds after the impression at which each would happen where it does; 0 where it
    does not: click_after, cart_after, favourite_after, purchase_after.
    """

    click_probability: Floats
    purchase_probability: Floats
    is_clicked: Bools
    is_carted: Bools
    is_favourite: Bools
    wants: Bools
    click_after: Smalls
    cart_after: Smalls
    favourite_after: Smalls
    purchase_after: Smalls


@dataclass(frozen=True)
class _Drivers:
    """What chances follow from, one entry an impression: attention · pull, t · match, s · log(price / usual)."""

    pull: Floats
    taste: Floats
    price: Floats


@dataclass(frozen=True)
class _Pulls:
    """What the drivers of a market's impressions are looked up in.

    cell, sensitivity (N,); match (K, P); strength, the t of the formula; log_price (P, C), paid over usual;
    log_attraction (P,); log_attention (positions,).
    """

    cell: Ints
    sensitivity: Floats
    match: npt.NDArray[np.float32]
    strength: float
    log_price: Floats
    log_attraction: Floats
    log_attention: Floats

    @classmethod
    def of(cls, config: ShopConfig, market: Market) -> _Pulls:
        """Those of one week's market."""
        catalogue, customers = market.catalogue, market.customers
        return cls(
            cell=customers.cell,
            sensitivity=customers.price_sensitivity,
            match=market.match(np.arange(catalogue.size_of)),
            strength=config.taste_strength,
            log_price=np.log(market.paid_cents / (100.0 * catalogue.price[:, None] * seller_terms(config))),
            log_attraction=_ATTRACTION * np.log(np.maximum(catalogue.attractiveness, 1e-12)),
            log_attention=-config.position_decay * np.log(np.arange(1.0, config.list_length + 1.0)),
        )

    def drivers(self, shown: Shown) -> _Drivers:
        """What the chances of these impressions follow from."""
        match = self.match[self.cell[shown.customer], shown.product]
        taste = self.strength * match.astype(np.float64)
        price = self.sensitivity[shown.customer] * self.log_price[shown.product, shown.channel]
        attention, attraction = self.log_attention[shown.position - 1], self.log_attraction[shown.product]
        pull = attention + _CLICK_TASTE * taste + attraction - price
        return _Drivers(np.exp(pull), taste, price)


def respond(config: ShopConfig, week: int, market: Market, shown: Shown, rates: Rates) -> Responses:
    """The responses of one week to what it showed."""
    pulls = _Pulls.of(config, market)
    click, purchase = _chances(pulls, shown, rates)
    random = stream(config.seed, "responses", week)
    clicked = np.flatnonzero(random.random(len(click)) < click)
    driven = pulls.drivers(rows_at(shown, clicked))
    draws = random.random((3, len(clicked)))
    in_cart = draws[0] < _reach(rates.cart, _CART_TASTE * driven.taste)
    wants = in_cart & (draws[1] < _buy(rates.buy, driven))
    favourite = draws[2] < _reach(rates.favourite, _FAVOURITE_TASTE * driven.taste)
    waits = {name: random.integers(1, longest + 1, len(clicked)).astype(np.int16) for name, longest in _WAITS.items()}
    in_all = waits["click"] + waits["cart"]
    marks = (np.ones(len(clicked), dtype=bool), in_cart, favourite, wants)
    after = (waits["click"], in_all, waits["click"] + waits["favourite"], in_all + waits["purchase"])
    flags = [_spread(len(click), clicked, mark) for mark in marks]
    waited = [_spread(len(click), clicked, seconds * mark) for seconds, mark in zip(after, marks, strict=True)]
    return Responses(click, purchase, *flags, *waited)


def _chances(pulls: _Pulls, shown: Shown, rates: Rates) -> tuple[Floats, Floats]:
    """(impressions,) chances of a click and of a purchase, some at a time, as what they follow from takes much room."""
    click, purchase = np.empty(len(shown.product)), np.empty(len(shown.product))
    for number, part in enumerate(slices(shown, _SLICE)):
        here, driven = slice(number * _SLICE, (number + 1) * _SLICE), pulls.drivers(part)
        click[here] = _click(np.array(rates.click)[part.surface], driven)
        cart = _reach(rates.cart, _CART_TASTE * driven.taste)
        purchase[here] = click[here] * cart * _buy(rates.buy, driven)
    return click, purchase


def calibrate(config: ShopConfig, catalogue: Catalogue, customers: Customers) -> Rates:
    """The rates at which the config's mean click, cart, favourite and purchase rates hold on an ordinary week's lists.

    Each is the root of its mean chance, by halving: exact chances of some thousand drawn lists, no drawn responses.
    The random surface has the home page's rate.
    """
    market = ordinary_market(config, catalogue, customers)
    shown = _ordinary_lists(config, market)
    driven = _Pulls.of(config, market).drivers(shown)
    home = _click_rate(config.click_rate[0], driven, shown.surface == HOME)
    category = _click_rate(config.click_rate[1], driven, shown.surface == CATEGORY)
    # In the order of SURFACES.
    click_rates = (home, category, home)
    click = _click(np.array(click_rates)[shown.surface], driven)
    if not click.sum() > 0:
        return Rates(click_rates, 0.0, 0.0, 0.0)
    cart = _rate(config.cart_rate, click, _CART_TASTE * driven.taste)
    favourite = _rate(config.favourite_rate, click, _FAVOURITE_TASTE * driven.taste)
    in_cart = click * _reach(cart, _CART_TASTE * driven.taste)
    share = config.purchase_rate / config.cart_rate
    buy = _root(lambda level: float(np.average(_buy(level, driven), weights=in_cart)) - share)
    return Rates(click_rates, cart, favourite, buy)


def _ordinary_lists(config: ShopConfig, market: Market) -> Shown:
    """Some thousand lists of an ordinary week, from a stream of their own."""
    online = is_online(config)
    units = market.demand_units * online
    wanted = _CALIBRATION_REQUESTS * config.list_length / max(config.impressions_per_unit, 1e-12)
    sized = replace(market, demand_units=units * wanted / max(float(units.sum()), 1e-12))
    random = stream(config.seed, "calibration")
    return fill(config, sized, visit(config, 0, sized, random), random)


def _click(rate: Floats | float, driven: _Drivers) -> Floats:
    return -np.expm1(-rate * driven.pull)


def _reach(rate: float, log_pull: Floats) -> Floats:
    return -np.expm1(-rate * np.exp(log_pull))


def _buy(level: float, driven: _Drivers) -> Floats:
    return 1.0 / (1.0 + np.exp(_BUY_PRICE * driven.price - _BUY_TASTE * driven.taste - level))


def _click_rate(mean: float, driven: _Drivers, chosen: Bools) -> float:
    """The rate at which the chosen impressions are clicked with this chance on average; 0 where none is chosen."""
    if not (chosen.any() and mean > 0):
        return 0.0
    part = _Drivers(driven.pull[chosen], driven.taste[chosen], driven.price[chosen])
    return float(np.exp(_root(lambda log_rate: float(_click(np.exp(log_rate), part).mean()) - mean)))


def _rate(mean: float, click: Floats, log_pull: Floats) -> float:
    """The rate at which this share of clicks goes on, on average."""
    if not mean > 0:
        return 0.0
    root = _root(lambda log_rate: float(np.average(_reach(float(np.exp(log_rate)), log_pull), weights=click)) - mean)
    return float(np.exp(root))


def _root(excess: Callable[[float], float]) -> float:
    """Where an increasing function passes zero, between −30 and 30."""
    low, high = -30.0, 30.0
    for _ in range(45):
        middle = (low + high) / 2.0
        low, high = (low, middle) if excess(middle) > 0 else (middle, high)
    return (low + high) / 2.0


def _spread(size: int, at: Ints, values: npt.NDArray[_Kind]) -> npt.NDArray[_Kind]:
    """Values at their places, zero elsewhere."""
    whole = np.zeros(size, dtype=values.dtype)
    whole[at] = values
    return whole
