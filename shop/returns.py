"""Lines that undo a sale: online cancellations within a day, returns days later, and what goes back on the shelf."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from shop.clock import DAY_SECONDS, busy_seconds, midnights, utc_seconds
from shop.config import ShopConfig
from shop.parts import Bools, Ints, Lines

# A return comes this many days after its sale; a cancellation at least this many seconds after its order.
RETURN_DAYS = (5, 20)
_CANCELLED_AFTER = 600
# Share of returned units that can be sold again; cancelled ones never left.
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
        return Comebacks(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def then(self, others: Comebacks) -> Comebacks:
        """These and the others after them."""
        pairs = ((getattr(self, field.name), getattr(others, field.name)) for field in fields(self))
        return Comebacks(*(np.concatenate(pair) for pair in pairs))


def undone(config: ShopConfig, week: int, lines: Lines, is_closed: Bools, random: np.random.Generator) -> Comebacks:
    """The cancellations and returns that a week's sales will see, in no order; each undoes a whole line.

    Args:
        config, week: Which world, which week.
        lines: The week's sales, those of an order one after another.
        is_closed: By day of the world, whether stores are closed.
        random: Where the numbers come from.
    """
    online = np.array([channel.is_online for channel in config.channels])[lines.channel]
    fate = random.random((2, len(online)))
    is_cancelled = online & (fate[0] < config.cancelled_share)
    is_returned = ~is_cancelled & (fate[1] < np.where(online, *config.returned_share))
    cancelled, returned = np.flatnonzero(is_cancelled), np.flatnonzero(is_returned)
    wait = random.integers(_CANCELLED_AFTER, DAY_SECONDS, len(cancelled))
    order = np.lexsort((wait, lines.order[cancelled]))
    cancelled, wait = cancelled[order], wait[order]
    off = _comebacks(lines, cancelled, lines.second[cancelled] + wait, lines.order[cancelled])
    off = _after_the_last_line(off, lines)
    second = _return_seconds(config, week, lines, returned, is_closed, random)
    back = _comebacks(lines, returned, second, np.full(len(returned), NO_ORDER))
    resaleable = random.binomial(-back.units, _RESALEABLE)
    return off.then(replace(back, resaleable=resaleable))


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


def _return_seconds(
    config: ShopConfig, week: int, lines: Lines, at: Ints, is_closed: Bools, random: np.random.Generator
) -> Ints:
    """UTC seconds at which sales come back: some days after, in the channel's hours, on an open day."""
    span = 7 + RETURN_DAYS[1] + _MARGIN_DAYS
    starts = midnights(config, 7 * week, span)
    day = np.searchsorted(starts, lines.second[at], side="right") - 1
    day = day + random.integers(RETURN_DAYS[0], RETURN_DAYS[1] + 1, len(at))
    day = day + is_closed[7 * week + day]
    uniform = random.random(len(at))
    online = np.array([channel.is_online for channel in config.channels])[lines.channel[at]]
    second = np.where(online, busy_seconds(True, uniform), busy_seconds(False, uniform))
    return utc_seconds(starts, day, second)
