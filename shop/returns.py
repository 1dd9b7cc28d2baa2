"""Lines that undo a sale: online cancellations within a day, returns days later, and what goes back on the shelf."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from shop.channels import is_online
from shop.clock import DAY_SECONDS, busy_seconds, midnights, utc_seconds
from shop.config import ShopConfig
from shop.keyed import keyed_uniforms
from shop.parts import Bools, Floats, Ints, Lines, rows_at
from shop.streams import stream

# A return comes this many days after its sale; a cancellation at least this many seconds after its order.
RETURN_DAYS = (5, 20)
_CANCELLED_AFTER = 600
# Share of returned lines that can be sold again; cancelled ones never left.
_RESALEABLE = 0.8
NO_ORDER = -1
# A return that would fall on a closed day comes on the next.
_MARGIN_DAYS = 2


@dataclass(frozen=True)
class Comebacks:
    """Sales to be undone, one entry each: the negative line to come, and the units of it that can be sold again.

    order (`NO_ORDER` for a return, which gets its own when it comes), line, product, channel, location, customer,
    second (UTC), units, net_cents, gross_cents (all three negative), resaleable (0 … −units).
    """

    order: Ints
    line: Ints
    product: Ints
    channel: Ints
    location: Ints
    customer: Ints
    second: Ints
    units: Ints
    net_cents: Ints
    gross_cents: Ints
    resaleable: Ints

    @classmethod
    def none(cls) -> Comebacks:
        """No sale to be undone."""
        return cls(*(np.empty(0, dtype=np.int64) for _ in fields(cls)))

    def where(self, chosen: Bools | Ints) -> Comebacks:
        """The chosen ones."""
        return rows_at(self, chosen)

    def then(self, others: Comebacks) -> Comebacks:
        """These and the others after them."""
        pairs = ((getattr(self, field.name), getattr(others, field.name)) for field in fields(self))
        return Comebacks(*(np.concatenate(pair) for pair in pairs))


def undone(config: ShopConfig, week: int, lines: Lines, is_closed: Bools) -> Comebacks:
    """The cancellations and returns that a week's sales will see, in no order; each undoes a whole line.

    A line's fate is drawn by product, channel, day and place among those: under another decision, the same first line
    of the day comes back or stays.

    Args:
        config, week: Which world, which week.
        lines: The week's sales, those of an order one after another.
        is_closed: By day of the world, whether stores are closed.
    """
    starts = midnights(config, 7 * week, 7 + RETURN_DAYS[1] + _MARGIN_DAYS)
    online = is_online(config)[lines.channel]
    day = np.searchsorted(starts, lines.second, side="right") - 1
    fates = _fates(config, week, lines, day)
    gone = np.where(online, config.cancelled_share, 0.0)
    late = gone + (1.0 - gone) * np.where(online, *config.returned_share)
    cancelled, returned = np.flatnonzero(fates[0] < gone), np.flatnonzero((gone <= fates[0]) & (fates[0] < late))
    wait = _CANCELLED_AFTER + np.floor(fates[1] * (DAY_SECONDS - _CANCELLED_AFTER)).astype(np.int64)
    cancelled = cancelled[np.lexsort((wait[cancelled], lines.order[cancelled]))]
    off = _comebacks(lines, cancelled, lines.second[cancelled] + wait[cancelled], lines.order[cancelled])
    off = _after_the_last_line(off, lines)
    days = day + RETURN_DAYS[0] + np.floor(fates[1] * (RETURN_DAYS[1] + 1 - RETURN_DAYS[0])).astype(np.int64)
    days += is_closed[7 * week + days]
    second = np.where(online, busy_seconds(True, fates[2]), busy_seconds(False, fates[2]))
    back = utc_seconds(starts, days[returned], second[returned])
    brought = _comebacks(lines, returned, back, np.full(len(returned), NO_ORDER))
    return off.then(replace(brought, resaleable=brought.resaleable * (fates[3, returned] < _RESALEABLE)))


def _fates(config: ShopConfig, week: int, lines: Lines, day: Ints) -> Floats:
    """(4, lines) numbers in [0, 1) that decide what becomes of each line."""
    at = np.ravel_multi_index(
        (lines.channel, day, lines.product), (len(config.channels), 7, lines.product.max(initial=0) + 1)
    )
    order = np.argsort(at, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order)) - np.searchsorted(at[order], at[order])
    salts = stream(config.seed, "undone", week).integers(0, 1 << 62, 4).tolist()
    return np.stack([keyed_uniforms(salt, lines.product, lines.channel, day, place) for salt in salts])


def _comebacks(lines: Lines, at: Ints, second: Ints, order: Ints) -> Comebacks:
    """The sales at some places, undone as the first line of an order and with all units fit to be sold again."""
    one, units = np.ones(len(at), dtype=np.int64), lines.units[at]
    who = (lines.product[at], lines.channel[at], lines.location[at], lines.customer[at])
    return Comebacks(order, one, *who, second, -units, -lines.net_cents[at], -lines.gross_cents[at], units)


def _after_the_last_line(off: Comebacks, lines: Lines) -> Comebacks:
    """Cancellations, those of an order one after another, with the line numbers that follow its sales."""
    if not len(off.order):
        return off
    first_order = int(lines.order.min())
    size = np.bincount(lines.order - first_order)
    place = np.arange(len(off.order)) - np.searchsorted(off.order, off.order)
    return replace(off, line=size[off.order - first_order] + 1 + place)
