"""The public tables that a world writes once: products, locations, customers, supply terms, candidates, the calendar."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa

from contracts import raw
from shop.arrow import cents, chosen, days, lists, money, numbers, promised, texts, whole
from shop.calendar import calendar_days
from shop.config import ShopConfig
from shop.names import locations_of
from shop.parts import Catalogue, Customers


def raw_products(catalogue: Catalogue) -> pa.Table:
    """One row per product that is ever sold or may launch."""
    looks = zip(catalogue.size.tolist(), catalogue.colour.tolist(), strict=True)
    attributes = [json.dumps({"size": size, "colour": colour}, ensure_ascii=False) for size, colour in looks]
    return promised(
        raw.RAW_PRODUCTS,
        {
            "product_id": texts(catalogue.product_id),
            "title": texts(catalogue.title),
            "category_1": texts(catalogue.category_names_1[catalogue.category_1]),
            "category_2": texts(catalogue.category_names_2[catalogue.category_2]),
            "category_3": texts(catalogue.category_names_3[catalogue.category_3]),
            "brand": texts(catalogue.brand),
            "seller_id": texts(catalogue.seller),
            "style_id": texts(catalogue.style),
            "description": texts(catalogue.description),
            "attributes": texts(attributes),
            "embedding": lists(catalogue.embedding),
            "list_price": money(cents(catalogue.price)),
            "unit_cost": money(cents(catalogue.unit_cost)),
        },
    )


def raw_locations(config: ShopConfig) -> pa.Table:
    """One row per location of each channel."""
    ids, channels = zip(*locations_of(config), strict=True)
    return promised(
        raw.RAW_LOCATIONS,
        {
            "location_id": texts(ids),
            "channel": texts([config.channels[number].name for number in channels]),
            "region": texts([config.channels[number].region for number in channels]),
            "time_zone": texts([config.time_zone] * len(ids)),
        },
    )


def raw_customers(config: ShopConfig, customers: Customers) -> pa.Table:
    """One row per customer who is ever known."""
    return promised(
        raw.RAW_CUSTOMERS,
        {
            "customer_id": texts(customers.customer_id),
            "joined_on": days(config.first_day, customers.joined_day),
            "segments": texts(customers.segments),
        },
    )


def raw_supply_terms(catalogue: Catalogue) -> pa.Table:
    """One row per product."""
    return promised(
        raw.RAW_SUPPLY_TERMS,
        {
            "product_id": texts(catalogue.product_id),
            "supplier_id": texts(catalogue.seller),
            "unit_cost": money(cents(catalogue.unit_cost)),
            "lead_weeks": whole(catalogue.lead_weeks),
            "moq_units": whole(catalogue.moq_units),
            "pack_units": whole(catalogue.pack_units),
            "holding_rate_week": numbers(catalogue.holding_rate),
            "salvage_rate": numbers(catalogue.salvage_rate),
            "shortage_penalty_rate": numbers(catalogue.shortage_penalty_rate),
            "launch_cost": money(cents(catalogue.launch_cost)),
            "storage_volume": numbers(catalogue.volume),
        },
    )


def raw_launch_candidates(config: ShopConfig, catalogue: Catalogue) -> pa.Table:
    """One row per candidate that is ever announced, whether the shop's own buyers launch it or not."""
    at = np.flatnonzero(catalogue.is_candidate)
    return promised(
        raw.RAW_LAUNCH_CANDIDATES,
        {
            "product_id": texts(catalogue.product_id[at]),
            "planned_week": days(config.first_day, catalogue.planned_week[at] * 7),
            "earliest_week": days(config.first_day, catalogue.earliest_week[at] * 7),
            "latest_week": days(config.first_day, catalogue.latest_week[at] * 7),
            "channels": chosen(catalogue.is_carried[at], [channel.name for channel in config.channels]),
            "planned_price": money(cents(catalogue.price[at])),
            "is_mandatory": pa.array(np.zeros(len(at), dtype=np.bool_)),
            "announced_on": days(config.first_day, catalogue.announced_day[at]),
        },
    )


def raw_calendar(config: ShopConfig) -> pa.Table:
    """One row per day of the world and of the weeks that its last forecasts look into."""
    calendar = calendar_days(config)
    return promised(
        raw.RAW_CALENDAR,
        {
            "day": days(config.first_day, np.arange(len(calendar.holiday))),
            "holiday": texts(calendar.holiday),
            "is_closed": pa.array(calendar.is_closed),
        },
    )
