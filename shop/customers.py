"""The customers of a world: cells of like taste, habits, comings and goings, and who buys in a channel on a day.

What a customer wants of one product follows from its cell; what the shop sells in all is `shop.demand`'s business.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from itertools import product as every_pair

import numpy as np
import numpy.typing as npt

from shop.changes import ChangeKind
from shop.channels import traffic
from shop.config import ShopConfig
from shop.draws import cumulated, lowest, pick, ranked
from shop.parts import NEVER, Bools, Catalogue, Customers, Floats, Ints, Texts
from shop.streams import stream

# How near a customer's habit stays to the channels' traffic; smaller is more faithful to one channel.
HABIT_WEIGHT = 3.0
# Spread of the log of price sensitivity.
SENSITIVITY_SPREAD = 0.3
# Weight of the cell in a public hint, beside chance; and share of the hints that are missing.
HINT_WEIGHT = 0.4
MISSING_HINTS = 0.15
AGE_BANDS = ("18-24", "25-34", "35-44", "45-54", "55-64", "65+")
MEMBER_SHARE = 0.45


def make_customers(config: ShopConfig, catalogue: Catalogue) -> Customers:
    """Every customer of a world, in random order, with a taste for each attribute of its catalogue."""
    rng = stream(config.seed, "customers")
    count, cells = config.customers, config.taste_cells
    shares = cumulated(rng.gamma(3.0, 1.0, (1, cells)) + 0.2)
    cell = pick(shares, np.zeros(count, dtype=np.int64), rng.random(count))
    joined, left = _stay(rng, config)
    region, habit = _habits(config)
    activity = config.activity_spread
    order = np.lexsort((rng.permutation(count), joined))
    place = np.empty(count, dtype=np.int64)
    place[order] = np.arange(count)
    return Customers(
        customer_id=np.array([f"C{number + 1:07d}" for number in place.tolist()]),
        joined_day=joined,
        segments=_segments(config, cell, region),
        cell=cell,
        tastes=stream(config.seed, "tastes").standard_normal((cells, catalogue.latent.shape[1])),
        price_sensitivity=np.exp(SENSITIVITY_SPREAD * rng.standard_normal(count) - SENSITIVITY_SPREAD**2 / 2),
        activity=np.exp(activity * rng.standard_normal(count) - activity**2 / 2),
        habit=habit,
        left_day=left,
        home=_homes(config),
    )


def _stay(rng: np.random.Generator, config: ShopConfig) -> tuple[Ints, Ints]:
    """First day (0 for those who were there) and first day no more (NEVER for those who stay), each (N).

    Who buys is settled on Mondays, so that customers leave on one; who comes after the last Monday stays.
    """
    count, days = config.customers, 7 * config.weeks
    arrives = lowest(rng.random(count), config.arriving_share)
    joined = np.where(arrives, rng.integers(1, days - 1, count), 0)
    next_monday = joined // 7 + 1
    may_leave = next_monday < config.weeks
    leaves = lowest(np.where(may_leave, rng.random(count), 1.0), config.leaving_share) & may_leave
    left = 7 * (next_monday + np.floor(rng.random(count) * (config.weeks - next_monday)).astype(np.int64))
    return joined, np.where(leaves, left, NEVER)


def _regions(config: ShopConfig) -> tuple[list[str], Floats, npt.NDArray[np.bool_]]:
    """Regions, the share of customers who live in each, and which channels (R, C) they may use."""
    names = sorted({channel.region for channel in config.channels} - {""}) or [""]
    by_region = np.array([[c.traffic * (c.region == name) for c in config.channels] for name in names])
    usable = np.array([[c.region in ("", name) for c in config.channels] for name in names])
    return names, by_region.sum(axis=1) / by_region.sum(), usable


def _habits(config: ShopConfig) -> tuple[Ints, Floats]:
    """Each customer's region (N) and the shares of its purchases by channel (N, C).

    Dirichlet around the traffic of the channels within reach. What a region's channels sell to all, they sell to
    those who live there: traffic / share of customers, so that the mean over customers is the channels' traffic.
    """
    rng = stream(config.seed, "habits")
    _, living, usable = _regions(config)
    region = pick(cumulated(living[None, :]), np.zeros(config.customers, dtype=np.int64), rng.random(config.customers))
    bound = np.array([channel.region != "" for channel in config.channels])
    mean = usable * traffic(config) * np.where(bound, 1 / living[:, None], 1.0)
    mean /= mean.sum(axis=1, keepdims=True)
    drawn = rng.standard_gamma(HABIT_WEIGHT * mean[region]) + 1e-9 * mean[region]
    return region, drawn / drawn.sum(axis=1, keepdims=True)


def _homes(config: ShopConfig) -> Ints:
    """The location (N, C) that a customer uses in each channel; the first of a channel are the busier ones."""
    rng = stream(config.seed, "homes")
    locations = np.array([channel.locations for channel in config.channels])
    return np.floor(locations * rng.random((config.customers, len(locations))) ** 1.3).astype(np.int64)


def _segments(config: ShopConfig, cell: Ints, region: Ints) -> Texts:
    """What the shop believes of a customer, as JSON: age band, region, membership; some of it missing or mistaken."""
    rng = stream(config.seed, "segments")
    count = config.customers
    hints = HINT_WEIGHT * rng.standard_normal((config.taste_cells, 2))[cell]
    hints += np.sqrt(1 - HINT_WEIGHT**2) * rng.standard_normal((count, 2))
    names = _regions(config)[0]
    age = np.floor(len(AGE_BANDS) * ranked(hints[:, 0])).astype(np.int64)
    member = lowest(hints[:, 1], MEMBER_SHARE).astype(np.int64)
    moved = np.where(rng.random(count) < 0.05, rng.integers(0, len(names), count), region)
    said = np.stack([age, moved, member], axis=1)
    columns: list[list[object]] = [[*AGE_BANDS], [*names], [False, True]]
    said = np.where(rng.random(said.shape) < MISSING_HINTS, [len(column) for column in columns], said)
    answers = every_pair(*([*column, None] for column in columns))
    texts = [_json(("age_band", "region", "member"), answer) for answer in answers]
    sizes = tuple(len(column) + 1 for column in columns)
    return np.array(texts)[np.ravel_multi_index(tuple(said.T), sizes)]


def _json(names: tuple[str, ...], answer: tuple[object, ...]) -> str:
    """An object of what is known."""
    return json.dumps({name: value for name, value in zip(names, answer, strict=True) if value not in (None, "")})


def tastes_at(config: ShopConfig, customers: Customers, day: int) -> Floats:
    """Tastes (K, L) of the cells on a day, the drifts until then applied.

    A drift that has come to share s (its size in the end, evenly over its weeks) leaves √(1 − s) · taste + √s · new,
    which keeps the scale; without weeks it comes at once. Its new tastes are drawn once, so days agree.
    """
    tastes = customers.tastes
    for number, change in enumerate(config.changes):
        since = change.days_in(config.first_day + timedelta(days=day))
        if change.kind is ChangeKind.TASTE_DRIFT and since is not None:
            share = change.size * (min(since / (7 * change.weeks), 1.0) if change.weeks else 1.0)
            redrawn = stream(config.seed, "taste drift", number).standard_normal(tastes.shape)
            tastes = np.sqrt(1 - share) * tastes + np.sqrt(share) * redrawn
    return tastes


def is_active(customers: Customers, day: int) -> Bools:
    """(N,) whether each customer is one on a day."""
    return (customers.joined_day <= day) & (day < customers.left_day)


@dataclass(frozen=True)
class BuyerTables:
    """Who may buy on one day, ready to be drawn from.

    Args:
        customer: Active customers (M), channel after channel and cell after cell in each.
        cumulative: Sum of activity · habit (M) up to and with each of them.
        bounds: Where each channel's each cell starts (C · K + 1).
        totals: Sum of activity · habit in each channel's each cell (C, K).
    """

    customer: Ints
    cumulative: Floats
    bounds: Ints
    totals: Floats


def buyer_tables(config: ShopConfig, customers: Customers, day: int) -> BuyerTables:
    """The customers who are active on a day, by channel and cell, weighted by activity · habit."""
    cells, channels = config.taste_cells, len(config.channels)
    active = np.flatnonzero(is_active(customers, day))
    active = active[np.argsort(customers.cell[active].astype(np.int32), kind="stable")]
    weight = (customers.activity[active, None] * customers.habit[active]).T
    channel, place = np.nonzero(weight)
    customer = active[place]
    row = channel * cells + customers.cell[customer]
    bounds = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=channels * cells))])
    weights: Floats = weight[channel, place]
    totals: Floats = np.bincount(row, weights, channels * cells).astype(np.float64)
    return BuyerTables(customer, np.cumsum(weights), bounds, totals.reshape(channels, cells))


def draw_customers(tables: BuyerTables, channel: Ints, cell: Ints, uniform: Floats) -> Ints:
    """A customer for each of n purchases in a channel by a cell: P(customer) ∝ activity · habit in that channel.

    Where nobody of the cell uses the channel, as in small worlds, any of the channel's customers may come.

    Raises:
        ValueError: a channel that nobody active uses.
    """
    cells = tables.totals.shape[1]
    row = channel * cells + cell
    is_empty = tables.bounds[row] == tables.bounds[row + 1]
    first = tables.bounds[np.where(is_empty, channel * cells, row)]
    last = tables.bounds[np.where(is_empty, (channel + 1) * cells, row + 1)] - 1
    if np.any(last < first):
        at = int(channel[np.argmax(last < first)])
        raise ValueError(f"channel {at} has no active customer; a world needs more customers, or fewer who leave")
    before = np.where(first > 0, tables.cumulative[first - 1], 0.0)
    target = before + uniform * (tables.cumulative[last] - before)
    return tables.customer[np.clip(np.searchsorted(tables.cumulative, target, side="right"), first, last)]


def cell_shares(config: ShopConfig, tastes: Floats, latent: Floats, totals: Floats) -> npt.NDArray[np.float32]:
    """Cumulative shares (P, K) of the cells among a product's buyers in one channel, for `draw_cells`.

    P(cell k | product p) ∝ totals_k · exp(taste_strength · tastes_k · latent_p / √L)

    Raises:
        ValueError: nobody is active.
    """
    if not np.any(totals > 0):
        raise ValueError("no customer is active in the channel; a world needs more customers, or fewer who leave")
    scaled = (config.taste_strength / np.sqrt(latent.shape[1]) * latent).astype(np.float32)
    # einsum: a product this small costs less than the threads that @ wakes for it.
    pull = np.einsum("pl,lk->pk", scaled, tastes.T.astype(np.float32, order="C"))
    pull -= pull.max(axis=1, keepdims=True)
    np.exp(pull, out=pull)
    pull *= (totals / totals.max()).astype(np.float32)
    return cumulated(pull).astype(np.float32, copy=False)


def draw_cells(cumulative: npt.NDArray[np.float32], product: Ints, uniform: Floats) -> Ints:
    """A taste cell for each of n purchases, by the product's cumulative shares (P, K)."""
    return pick(cumulative, product, uniform)
