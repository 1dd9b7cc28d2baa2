"""What customers do with what they are shown: which chances of `chances.py` come true, and how long each takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from shop.chances import Pulls, Rates, buy_chance, cart_chance, chances, favourite_chance
from shop.config import ShopConfig
from shop.lists import Shown
from shop.market import Market
from shop.parts import Bools, Floats, Ints, Smalls, rows_at
from shop.streams import stream

_Kind = TypeVar("_Kind", bound=np.generic)

# Longest wait in seconds for a click after its impression, for a cart or favourite after the click, for the purchase
# after the cart; each is a second at least.
_WAITS = {"click": 30, "cart": 60, "favourite": 60, "purchase": 180}


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


def respond(config: ShopConfig, week: int, market: Market, shown: Shown, rates: Rates) -> Responses:
    """The responses of one week to what it showed."""
    pulls = Pulls.of(config, market)
    click, purchase = chances(pulls, shown, rates)
    random = stream(config.seed, "responses", week)
    clicked = np.flatnonzero(random.random(len(click)) < click)
    driven = pulls.drivers(rows_at(shown, clicked))
    draws = random.random((3, len(clicked)))
    in_cart = draws[0] < cart_chance(rates.cart, driven)
    wants = in_cart & (draws[1] < buy_chance(rates.buy, driven))
    favourite = draws[2] < favourite_chance(rates.favourite, driven)
    waits = {name: random.integers(1, longest + 1, len(clicked)).astype(np.int16) for name, longest in _WAITS.items()}
    in_all = waits["click"] + waits["cart"]
    marks = (np.ones(len(clicked), dtype=bool), in_cart, favourite, wants)
    after = (waits["click"], in_all, waits["click"] + waits["favourite"], in_all + waits["purchase"])
    flags = [_spread(len(click), clicked, mark) for mark in marks]
    waited = [_spread(len(click), clicked, seconds * mark) for seconds, mark in zip(after, marks, strict=True)]
    return Responses(click, purchase, *flags, *waited)


def _spread(size: int, at: Ints, values: npt.NDArray[_Kind]) -> npt.NDArray[_Kind]:
    """Values at their places, zero elsewhere."""
    whole = np.zeros(size, dtype=values.dtype)
    whole[at] = values
    return whole
