"""The online channels' sessions, by their one door: what is shown, what customers do with it, what is logged of it.

`lists.py` and `ranking.py` show, `responses.py` responds by `chances.py`, whose rates `calibration.py` sets, `events.py`
logs; `market.py` is what a week is made from.
"""

from __future__ import annotations

from shop.calibration import calibrate
from shop.chances import Rates
from shop.events import Counters, events
from shop.lists import Shown, show
from shop.market import Market, ordinary_market
from shop.responses import Responses, respond

__all__ = [
    "Counters",
    "Market",
    "Rates",
    "Responses",
    "Shown",
    "calibrate",
    "events",
    "ordinary_market",
    "respond",
    "show",
]
