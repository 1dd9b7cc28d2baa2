"""The rates at which a world's chances hold on average: set once, on an ordinary week's lists that nobody sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from shop.chances import Drivers, Pulls, Rates, buy_chance, cart_chance, click_chance, favourite_chance
from shop.channels import is_online
from shop.config import ShopConfig
from shop.lists import CATEGORY, HOME, Shown, fill, visit
from shop.market import Market, ordinary_market
from shop.parts import Bools, Catalogue, Customers, Floats, rows_at
from shop.streams import stream

# Lists on which the rates are set: enough for a mean click rate within about two in a hundred.
_CALIBRATION_REQUESTS = 4_000


def calibrate(config: ShopConfig, catalogue: Catalogue, customers: Customers) -> Rates:
    """The rates at which the config's mean click, cart, favourite and purchase rates hold on an ordinary week's lists.

    Each is the root of its mean chance, by halving: exact chances of some thousand drawn lists, no drawn responses.
    The random surface has the home page's rate.
    """
    market = ordinary_market(config, catalogue, customers)
    shown = _ordinary_lists(config, market)
    driven = Pulls.of(config, market).drivers(shown)
    home = _click_rate(config.click_rate[0], driven, shown.surface == HOME)
    category = _click_rate(config.click_rate[1], driven, shown.surface == CATEGORY)
    # In the order of SURFACES.
    click_rates = (home, category, home)
    click = click_chance(np.array(click_rates)[shown.surface], driven)
    if not click.sum() > 0:
        return Rates(click_rates, 0.0, 0.0, 0.0)
    cart = _rate(config.cart_rate, click, lambda rate: cart_chance(rate, driven))
    favourite = _rate(config.favourite_rate, click, lambda rate: favourite_chance(rate, driven))
    in_cart = click * cart_chance(cart, driven)
    share = config.purchase_rate / config.cart_rate
    buy = _root(lambda level: float(np.average(buy_chance(level, driven), weights=in_cart)) - share)
    return Rates(click_rates, cart, favourite, buy)


def _ordinary_lists(config: ShopConfig, market: Market) -> Shown:
    """Some thousand lists of an ordinary week, from a stream of their own."""
    online = is_online(config)
    units = market.demand_units * online
    wanted = _CALIBRATION_REQUESTS * config.list_length / max(config.impressions_per_unit, 1e-12)
    sized = replace(market, demand_units=units * wanted / max(float(units.sum()), 1e-12))
    random = stream(config.seed, "calibration")
    return fill(config, sized, visit(config, 0, sized, random), random)


def _click_rate(mean: float, driven: Drivers, chosen: Bools) -> float:
    """The rate at which the chosen impressions are clicked with this chance on average; 0 where none is chosen."""
    if not (chosen.any() and mean > 0):
        return 0.0
    part = rows_at(driven, chosen)
    return float(np.exp(_root(lambda log_rate: float(click_chance(np.exp(log_rate), part).mean()) - mean)))


def _rate(mean: float, click: Floats, chance: Callable[[float], Floats]) -> float:
    """The rate at which this share of clicks goes on, on average."""
    if not mean > 0:
        return 0.0
    root = _root(lambda log_rate: float(np.average(chance(float(np.exp(log_rate))), weights=click)) - mean)
    return float(np.exp(root))


def _root(excess: Callable[[float], float]) -> float:
    """Where an increasing function passes zero, between −30 and 30."""
    low, high = -30.0, 30.0
    for _ in range(45):
        middle = (low + high) / 2.0
        low, high = (low, middle) if excess(middle) > 0 else (middle, high)
    return (low + high) / 2.0
