"""A world on disk: the public tables that keep the raw contracts, and beside them the truth.

Lives here: the tables that grow week by week, and `write_world`. Tables written once stand in `masters.py`, limits in
`limits.py`, the truth in `truth.py`, how arrays become columns in `arrow.py`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from contracts import raw
from shop import masters, truth
from shop.arrow import GROUP_ROWS, TableStream, coded, days, moments, money, numbered, numbers, promised, texts, whole
from shop.config import ShopConfig
from shop.limits import raw_plan_limits
from shop.names import Names, names_of
from shop.parts import EVENT_TYPES, NEVER, PLACEMENTS, SURFACES, Catalogue, Customers, Events, Lines, Week, slices

if TYPE_CHECKING:
    from shop.world import World

# Sunday night: what is left then tells a week that ran out from one that sold little, and is known on Monday.
_COUNTED_AT = time(23, 59)

_PLACEMENTS, _SURFACES, _EVENT_TYPES = texts(PLACEMENTS), texts(SURFACES), texts(EVENT_TYPES)

Progress = Callable[[int, int], None]


def public_folder(folder: Path) -> Path:
    """Where a written world keeps what its shop would have logged, one folder a raw table."""
    return folder / "public"


def write_world(world: World, folder: Path, progress: Progress | None = None) -> None:
    """Writes every week of a world as it comes, the public tables and the truth apart.

    The folder appears when it is whole. Memory holds one week and the rows that wait for their file, never the world.

    Args:
        world: What to write.
        folder: Must not exist.
        progress: Told after each week how many of how many are written.

    Raises:
        FileExistsError: The folder is there already.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} is there already; remove it, or write the world elsewhere")
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    writer = WorldWriter(world.config, world.catalogue, world.customers, partial)
    # A loop's name would hold a week while the next one is made; `map` lets it go.
    for done in map(writer.write, world.weeks()):
        if progress is not None:
            progress(done, world.config.weeks)
    writer.close()
    partial.rename(folder)


class WorldWriter:
    """One stream a table; weeks must come in order."""

    def __init__(self, config: ShopConfig, catalogue: Catalogue, customers: Customers, folder: Path) -> None:
        self.config, self.catalogue, self.customers = config, catalogue, customers
        self._public, self._truth = public_folder(folder), truth.truth_folder(folder)
        self._names = names_of(config, catalogue, customers)
        self._streams: dict[Path, TableStream] = {}
        self._weekly_cost: list[float] = []

    def write(self, week: Week) -> int:
        """Adds one week to every table that grows; returns how many they hold."""
        names = self._names
        for lines in slices(week.lines, GROUP_ROWS):
            self._add(self._public, "raw_sales", raw_sales(names, lines))
        for events in slices(week.events, GROUP_ROWS):
            self._add(self._public, "raw_events", raw_events(names, events))
            self._add(self._truth, "truth_impressions", truth.truth_impressions(events))
        self._add(self._public, "raw_promotions", raw_promotions(self.config, names, week))
        self._add(self._public, "raw_inventory", raw_inventory(self.config, names, week))
        self._add(self._truth, "truth_demand", truth.truth_demand(self.config, names, week.number, week.truth))
        self._weekly_cost.append(float((week.lines.units * self.catalogue.unit_cost[week.lines.product]).sum()))
        return len(self._weekly_cost)

    def close(self) -> None:
        """Adds the tables that are written once, and ends every file."""
        config, catalogue, customers = self.config, self.catalogue, self.customers
        once = {
            "raw_products": masters.raw_products(catalogue),
            "raw_locations": masters.raw_locations(config),
            "raw_customers": masters.raw_customers(config, customers),
            "raw_supply_terms": masters.raw_supply_terms(catalogue),
            "raw_launch_candidates": masters.raw_launch_candidates(config, catalogue),
            "raw_plan_limits": raw_plan_limits(config, catalogue, np.array(self._weekly_cost)),
            "raw_calendar": masters.raw_calendar(config),
        }
        for name, table in once.items():
            self._add(self._public, name, table)
        self._add(self._truth, "truth_products", truth.truth_products(config, catalogue))
        self._add(self._truth, "truth_customers", truth.truth_customers(config, customers))
        self._add(self._truth, "truth_effects", truth.truth_effects(config))
        self._add(self._truth, "truth_changes", truth.truth_changes(config, catalogue))
        for stream in self._streams.values():
            stream.close()

    def _add(self, folder: Path, name: str, table: pa.Table) -> None:
        self._streams.setdefault(folder / name, TableStream(folder / name)).write(table)


def raw_sales(names: Names, lines: Lines) -> pa.Table:
    """One row per order line."""
    location = names.first_location[lines.channel] + lines.location
    return promised(
        raw.RAW_SALES,
        {
            "order_id": numbered("O", lines.order),
            "line_no": whole(lines.line),
            "product_id": coded(lines.product, names.product),
            "location_id": coded(location, names.location),
            "customer_id": coded(lines.customer, names.customer),
            "sold_at": moments(lines.second),
            "units": whole(lines.units),
            "net_revenue": money(lines.net_cents),
            "gross_revenue": money(lines.gross_cents),
            "currency": coded(np.zeros(len(lines.order), dtype=np.int64), names.currency),
        },
    )


def raw_events(names: Names, events: Events) -> pa.Table:
    """One row per logged event."""
    return promised(
        raw.RAW_EVENTS,
        {
            "event_id": numbered("E", events.event),
            "occurred_at": moments(events.second),
            "customer_id": coded(events.customer, names.customer),
            "session_id": numbered("S", events.session),
            "request_id": numbered("R", events.request),
            "product_id": coded(events.product, names.product),
            "channel": coded(events.channel, names.channel),
            "placement": coded(events.surface, _SURFACES),
            "position": whole(events.position),
            "event_type": coded(events.event_type, _EVENT_TYPES),
            "propensity": numbers(events.propensity),
        },
    )


def raw_promotions(config: ShopConfig, names: Names, week: Week) -> pa.Table:
    """One row per product in a placement, Monday to Sunday: in a whole channel, or in one of its locations.

    What was announced is a plan of the whole channel, and what ran of it is told by each location; what nobody
    announced is told of the whole channel.
    """
    told = week.promotions
    plans = np.flatnonzero(told.announced_day != NEVER)
    count = names.locations[told.channel[plans]]
    ran = np.repeat(plans, count)
    place = np.arange(len(ran)) - np.repeat(np.cumsum(count) - count, count)
    at = np.concatenate([np.arange(len(told.product)), ran])
    is_ran = np.arange(len(at)) >= len(told.product)
    location = np.concatenate([np.zeros_like(told.product), names.first_location[told.channel[ran]] + place])
    starts = np.full(len(at), 7 * week.number)
    return promised(
        raw.RAW_PROMOTIONS,
        {
            "product_id": coded(told.product[at], names.product),
            "channel": coded(told.channel[at], names.channel, is_ran),
            "location_id": coded(location, names.location, ~is_ran),
            "starts_on": days(config.first_day, starts),
            "ends_on": days(config.first_day, starts + 6),
            "placement": coded(told.placement[at], _PLACEMENTS),
            "discount_rate": numbers(told.discount_rate[at]),
            "announced_on": days(config.first_day, np.where(is_ran, NEVER, told.announced_day[at])),
        },
    )


def raw_inventory(config: ShopConfig, names: Names, week: Week) -> pa.Table:
    """One row per product and pool, counted on Sunday night, before Monday's deliveries."""
    counts = week.counts
    sunday = config.first_day + timedelta(weeks=week.number, days=6)
    counted_at = datetime.combine(sunday, _COUNTED_AT, ZoneInfo(config.time_zone))
    return promised(
        raw.RAW_INVENTORY,
        {
            "product_id": coded(counts.product, names.product),
            "channel": coded(counts.pool, names.pool),
            "counted_at": moments(np.full(len(counts.product), int(counted_at.timestamp()))),
            "on_hand_units": whole(counts.on_hand),
            "on_order_units": whole(counts.on_order),
            "due_on": days(config.first_day, counts.due_day),
        },
    )
