"""The true chance of a click, a cart, a favourite and a purchase, of every product shown.

    click     = 1 − exp(−rate[surface] attention pull),   attention = position^-decay
    pull      = exp(t match / 2) attractiveness^¼ (price / usual price)^(−s)
    cart      = 1 − exp(−rate exp(t match / 4)),           favourite likewise with exp(t match / 2)
    buy       = 1 / (1 + exp(−(level + t match / 2 − 2.5 s log(price / usual price))))
    purchase  = click cart buy,

with match = tastes · latent / √L of the customer's cell, t the config's `taste_strength` and s the customer's price
sensitivity. The rates are set once a world (`calibration.py`); they depend on no week and on no draw that is logged: the
same customer before the same product at the same price and place has the same chance all through.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shop.channels import seller_terms
from shop.config import ShopConfig
from shop.lists import Shown
from shop.market import Market
from shop.parts import Floats, Ints, slices

_ATTRACTION = 0.25
_BUY_PRICE = 2.5
_CLICK_TASTE, _CART_TASTE, _FAVOURITE_TASTE, _BUY_TASTE = 0.5, 0.25, 0.5, 0.5
# Impressions whose chances are told in one go.
_SLICE = 1 << 17


@dataclass(frozen=True)
class Rates:
    """What sets the level of chances: click rate by surface, rates of cart and favourite, level of the purchase's log odds."""

    click: tuple[float, ...]
    cart: float
    favourite: float
    buy: float


@dataclass(frozen=True)
class Drivers:
    """What chances follow from, one entry an impression: attention · pull, t · match, s · log(price / usual)."""

    pull: Floats
    taste: Floats
    price: Floats


@dataclass(frozen=True)
class Pulls:
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
    def of(cls, config: ShopConfig, market: Market) -> Pulls:
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

    def drivers(self, shown: Shown) -> Drivers:
        """What the chances of these impressions follow from."""
        match = self.match[self.cell[shown.customer], shown.product]
        taste = self.strength * match.astype(np.float64)
        price = self.sensitivity[shown.customer] * self.log_price[shown.product, shown.channel]
        attention, attraction = self.log_attention[shown.position - 1], self.log_attraction[shown.product]
        pull = attention + _CLICK_TASTE * taste + attraction - price
        return Drivers(np.exp(pull), taste, price)


def chances(pulls: Pulls, shown: Shown, rates: Rates) -> tuple[Floats, Floats]:
    """(impressions,) chances of a click and of a purchase, some at a time, as what they follow from takes much room."""
    click, purchase = np.empty(len(shown.product)), np.empty(len(shown.product))
    for number, part in enumerate(slices(shown, _SLICE)):
        here, driven = slice(number * _SLICE, (number + 1) * _SLICE), pulls.drivers(part)
        click[here] = click_chance(np.array(rates.click)[part.surface], driven)
        purchase[here] = click[here] * cart_chance(rates.cart, driven) * buy_chance(rates.buy, driven)
    return click, purchase


def click_chance(rate: Floats | float, driven: Drivers) -> Floats:
    """(impressions,) chance of a click."""
    return -np.expm1(-rate * driven.pull)


def cart_chance(rate: float, driven: Drivers) -> Floats:
    """(impressions,) chance that a click goes on into the cart."""
    return -np.expm1(-rate * np.exp(_CART_TASTE * driven.taste))


def favourite_chance(rate: float, driven: Drivers) -> Floats:
    """(impressions,) chance that a click goes on to the favourites."""
    return -np.expm1(-rate * np.exp(_FAVOURITE_TASTE * driven.taste))


def buy_chance(level: float, driven: Drivers) -> Floats:
    """(impressions,) chance that what is in the cart is bought."""
    return 1.0 / (1.0 + np.exp(_BUY_PRICE * driven.price - _BUY_TASTE * driven.taste - level))
