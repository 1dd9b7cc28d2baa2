"""What is kept of a world's weeks for its figures: sums by product, channel and week, from the public tables.

One thing is truth, for a figure that public data cannot give: units demanded and refused.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shop.parts import EVENT_TYPES, PLACEMENTS, SURFACES, Bools, Floats, Ints, Week
from shop.world import World

MAILER, DISPLAY = (1 << PLACEMENTS.index(name) for name in ("mailer", "display"))
CLICK, HOME = EVENT_TYPES.index("click"), SURFACES.index("home")


@dataclass
class Tally:
    """The weeks of one world, W weeks, P products, C channels.

    Args:
        sold: (W, P, C) units of sales, cancellations and returns not taken off.
        paid: (W, P, C) cents paid for them.
        placed: (W, P, C) placements as a sum of powers of two, by number in PLACEMENTS.
        left: (W, P, C) units on Sunday night's shelf; −1 where nothing was counted.
        discounts: Discounted sale lines, sale lines, sum of the discounted lines' shares off.
        cancelled, online_lines: Lines of online channels that were cancelled, and that were sold.
        events: (5,) by type. impressions, clicks: (3,) by surface.
        truth: Units refused and units demanded.
        launch_week, lead_weeks, price, unit_cost: (P,) of the catalogue. is_online: (C,).
    """

    sold: Ints
    paid: Ints
    placed: npt.NDArray[np.uint8]
    left: Ints
    launch_week: Ints
    lead_weeks: Ints
    price: Floats
    unit_cost: Floats
    is_online: Bools
    events: Ints
    impressions: Ints
    clicks: Ints
    discounts: tuple[int, int, float] = (0, 0, 0.0)
    cancelled: int = 0
    online_lines: int = 0
    truth: tuple[int, int] = (0, 0)

    @classmethod
    def of(cls, world: World) -> Tally:
        """Runs the world and tallies each of its weeks."""
        shape = (world.config.weeks, *world.launch_week.shape)
        catalogue = world.catalogue
        tally = cls(
            sold=np.zeros(shape, dtype=np.int64),
            paid=np.zeros(shape, dtype=np.int64),
            placed=np.zeros(shape, dtype=np.uint8),
            left=np.full(shape, -1, dtype=np.int64),
            launch_week=catalogue.launch_week,
            lead_weeks=catalogue.lead_weeks,
            price=catalogue.price,
            unit_cost=catalogue.unit_cost,
            is_online=np.array([channel.is_online for channel in world.config.channels]),
            events=np.zeros(len(EVENT_TYPES), dtype=np.int64),
            impressions=np.zeros(len(SURFACES), dtype=np.int64),
            clicks=np.zeros(len(SURFACES), dtype=np.int64),
        )
        orders: Ints = np.empty(0, dtype=np.int64)
        for week in world.weeks():
            orders = tally._lines(week, orders)
            tally._rest(week)
        return tally

    @property
    def weekly(self) -> Ints:
        """(P, W) units sold in all channels."""
        totals: Ints = self.sold.sum(axis=2).T
        return totals

    def _lines(self, week: Week, last_orders: Ints) -> Ints:
        """Adds order lines; returns the week's orders. A cancellation stands in an order with sales, a return alone."""
        lines = week.lines
        sale = lines.units > 0
        at = (np.full(int(sale.sum()), week.number), lines.product[sale], lines.channel[sale])
        np.add.at(self.sold, at, lines.units[sale])
        np.add.at(self.paid, at, lines.net_cents[sale])
        share = 1.0 - lines.net_cents[sale] / np.maximum(lines.gross_cents[sale], 1)
        cut, count, depth = self.discounts
        is_cut = share > 0
        self.discounts = (cut + int(is_cut.sum()), count + len(share), depth + float(share[is_cut].sum()))
        orders = np.unique(lines.order[sale])
        known = np.isin(lines.order[~sale], np.concatenate([last_orders, orders]))
        self.cancelled += int((known & self.is_online[lines.channel[~sale]]).sum())
        self.online_lines += int(self.is_online[lines.channel[sale]].sum())
        return orders

    def _rest(self, week: Week) -> None:
        """Adds promotions, counts, events and the truth."""
        promotions, counts, events = week.promotions, week.counts, week.events
        at = (np.full(len(promotions.product), week.number), promotions.product, promotions.channel)
        np.bitwise_or.at(self.placed, at, (1 << promotions.placement).astype(np.uint8))
        shelf = counts.pool < len(self.is_online)
        self.left[week.number, counts.product[shelf], counts.pool[shelf]] = counts.on_hand[shelf]
        self.events = self.events + np.bincount(events.event_type, minlength=len(EVENT_TYPES))
        is_click, is_impression = events.event_type == CLICK, events.event_type == 0
        self.clicks = self.clicks + np.bincount(events.surface[is_click], minlength=len(SURFACES))
        self.impressions = self.impressions + np.bincount(events.surface[is_impression], minlength=len(SURFACES))
        refused, demanded = self.truth
        self.truth = (refused + int(week.truth.refused.sum()), demanded + int(week.truth.demanded.sum()))
