"""The arrays that the parts of a world hand to one another.

P products, C channels, N customers, K taste cells, L latent attributes. Products are numbered 0 … P − 1 in a random
order, so that a number tells nothing; weeks and days count from the config's first day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from contracts.raw_supply import POOL

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
# A week holds millions of events: what counts products, customers or a week's requests takes 32 bits there, what counts
# channels, days or places 16. Arithmetic that may pass them is done in 64.
Wholes = npt.NDArray[np.int32]
Smalls = npt.NDArray[np.int16]
AnyInts = npt.NDArray[np.signedinteger[Any]]
Bools = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.str_]

NEVER = 1 << 30
# The warehouse among the pools of stock, as the tables name it.
WAREHOUSE = POOL


@dataclass(frozen=True)
class Catalogue:
    """Every product that is ever sold or may launch; each array has one entry a product.

    Public: product_id, title, description, brand, seller, style, size, colour, category_1, category_2, category_3
    (numbers of the nodes), category_names_1, _2, _3 (names by number), embedding (P, E), price, unit_cost, volume,
    lead_weeks, moq_units, pack_units, salvage_rate, holding_rate, shortage_penalty_rate, launch_cost.

    Truth: latent (P, L), attractiveness (P,) with mean 1 over the products of the first day, channel_taste (P, C)
    factor with mean about 1, elasticity, is_flop, complement (number of the category_2 whose promotions lift this
    product's, by category_2).

    Calendar: launch_week (first week on sale; negative for products of the first day; NEVER for a candidate that the
    shop does not launch), planned_week, earliest_week, latest_week, announced_day (NEVER unless a candidate),
    is_candidate, is_carried (P, C): the channel's assortment.
    """

    product_id: Texts
    title: Texts
    description: Texts
    brand: Texts
    seller: Texts
    style: Texts
    size: Texts
    colour: Texts
    category_1: Ints
    category_2: Ints
    category_3: Ints
    category_names_1: Texts
    category_names_2: Texts
    category_names_3: Texts
    embedding: Floats
    price: Floats
    unit_cost: Floats
    volume: Floats
    lead_weeks: Ints
    moq_units: Ints
    pack_units: Ints
    salvage_rate: Floats
    holding_rate: Floats
    shortage_penalty_rate: Floats
    launch_cost: Floats
    latent: Floats
    attractiveness: Floats
    channel_taste: Floats
    elasticity: Floats
    is_flop: Bools
    complement: Ints
    launch_week: Ints
    planned_week: Ints
    earliest_week: Ints
    latest_week: Ints
    announced_day: Ints
    is_candidate: Bools
    is_carried: Bools

    @property
    def size_of(self) -> int:
        """P."""
        return len(self.product_id)


@dataclass(frozen=True)
class Customers:
    """Every customer who is ever known; each array has one entry a customer unless it says otherwise.

    Public: customer_id, joined_day (day number of the first contact; 0 for those of the first day), segments (JSON).
    Truth: cell (0 … K − 1), tastes (K, L), price_sensitivity, activity, habit (N, C; rows sum to 1), left_day (a Monday,
    the first no more; NEVER for those who stay). home (N, C): the location of each channel that the customer uses, from 0.
    """

    customer_id: Texts
    joined_day: Ints
    segments: Texts
    cell: Ints
    tastes: Floats
    price_sensitivity: Floats
    activity: Floats
    habit: Floats
    left_day: Ints
    home: Ints


@dataclass(frozen=True)
class Promotions:
    """One week's promotions, one entry each: a product in a placement of a channel (all its locations).

    product, channel, placement (number in PLACEMENTS), discount_rate, announced_day (NEVER where nobody announced it).
    """

    product: Ints
    channel: Ints
    placement: Ints
    discount_rate: Floats
    announced_day: Ints


PLACEMENTS = ("mailer", "display", "home")


@dataclass(frozen=True)
class Lines:
    """One week's order lines, in order of time; one entry each.

    order (number, runs through all weeks), line (from 1 in its order), product, channel, location (of the channel,
    from 0), customer, second (UTC, since the epoch), units (negative for a cancellation or return), net_cents,
    gross_cents (both of the sign of the units).
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


EVENT_TYPES = ("impression", "click", "cart", "favourite", "purchase")
SURFACES = ("home", "category", "random")


@dataclass(frozen=True)
class Events:
    """One week's logged events, one entry each, in order of time.

    event (number, runs through all weeks), second (UTC, since the epoch), customer, session, request (numbers that
    run through all weeks), product, channel, surface (number in SURFACES), position (from 1; that of the impression),
    event_type (number in EVENT_TYPES), propensity (of the impression; NaN for all else). Truth of impressions, NaN
    for all else: click_probability, purchase_probability (that the impression leads to a purchase, stock permitting).
    """

    event: Ints
    second: Ints
    customer: Wholes
    session: Ints
    request: Ints
    product: Wholes
    channel: Smalls
    surface: Smalls
    position: Smalls
    event_type: Smalls
    propensity: Floats
    click_probability: Floats
    purchase_probability: Floats


@dataclass(frozen=True)
class Counts:
    """Stock counted on Sunday night, before Monday's deliveries, one entry a product and pool. Pool C is the warehouse.

    product, pool (channel number, or C), on_hand, on_order (on its way to the pool), due_day (next delivery; NEVER
    where nothing is on its way).
    """

    product: Ints
    pool: Ints
    on_hand: Ints
    on_order: Ints
    due_day: Ints


@dataclass(frozen=True)
class WeekTruth:
    """One week's truth, one entry a product and channel that was on sale there: what was meant, wanted and had.

    product, channel, intensity (mean units demanded, stock and substitution aside), demanded (uncensored units, those
    of logged sessions included), switched_in (units wanted of another product that was out), sold, refused (demand
    that nobody served), counterfactual (the intensity had none of the launches since the first day
    been on sale; 0 for a launch).
    """

    product: Ints
    channel: Ints
    intensity: Floats
    demanded: Ints
    switched_in: Ints
    sold: Ints
    refused: Ints
    counterfactual: Floats


@dataclass(frozen=True)
class Week:
    """Everything that one week leaves behind."""

    number: int
    lines: Lines
    events: Events
    promotions: Promotions
    counts: Counts
    truth: WeekTruth


_Rows = TypeVar("_Rows", bound=Any)


def rows_at(rows: _Rows, at: slice | AnyInts | Bools) -> _Rows:
    """The chosen entries of a dataclass of arrays that have one entry each."""
    return replace(rows, **{column.name: getattr(rows, column.name)[at] for column in fields(rows)})


def slices(rows: _Rows, size: int) -> Iterator[_Rows]:
    """The same entries in order, at most `size` at a time; none of no entries."""
    for start in range(0, len(getattr(rows, fields(rows)[0].name)), size):
        yield rows_at(rows, slice(start, start + size))
