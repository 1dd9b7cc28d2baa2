"""The channels of a config as arrays by channel number, for the formulas."""

from __future__ import annotations

import numpy as np

from shop.config import ShopConfig
from shop.parts import Bools, Floats


def is_online(config: ShopConfig) -> Bools:
    """(C,) whether sessions, impressions and cancellations exist."""
    return np.array([channel.is_online for channel in config.channels])


def traffic(config: ShopConfig) -> Floats:
    """(C,) share of the shop's demand, as configured: they need not sum to 1."""
    return np.array([channel.traffic for channel in config.channels])


def seller_terms(config: ShopConfig) -> Floats:
    """(C,) factor that the channel puts on a price."""
    return np.array([channel.seller_terms for channel in config.channels])
