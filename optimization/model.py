r"""The mathematics of one decision week's plan.

Sets: lines i (product-channels), weeks t = 0…T−1, paths s = 1…S, launch categories g.

Decide, for every line: whether and in which week l of its window it launches (established lines have l = 0), in how many
weeks e from then on a slot shows it, and x_{i,w} ∈ {0} ∪ {m_i, m_i+1, …} packs ordered in week w, which arrive before the
demand of week w + lead_i, not before l and within the horizon. A launch with nothing on hand or on order is ordered at
least once. The launches of one style in a channel have the same l, or none of them launches (`styles.py`: lines fall into
groups, and "by line" below reads "by group").

With D_{s,t} the demand, in weeks shown multiplied by what a slot lifts it, and Y_t the supply (opening stock, stock on order,
arrived packs) summed through week t, sales that are lost stay lost:

    L_{s,t} = max_{u ≤ t} (D_{s,u} − Y_u)^+                                    (summed through t)
    profit_i = E_s[ net_price·(D_T − L_T) + v·(Y_T − D_T + L_T) − penalty·L_T − hold·Σ_t (Y_t − D_t + L_t) ]
               − unit_cost·pack·Σ_w x_w − launch_cost − change_i                   (`change.py`; 0 where nothing is held)

    maximise Σ_i profit_i   subject to   Σ_i unit_cost_i·pack_i·x_{i,w} ≤ budget_w      for every order week w
                                         launches in g ≤ cap_g                          for every category g
                                         storage and slots by channel and week, fill floors by channel,
                                         shares of slots by seller                      (`shelf_use.py`)

Bound. Prices λ_w (per unit of money), μ_g (per launch) and those of the shelf on the coupling rows split the problem by
line; any prices ≥ 0 give Σ_w λ_w budget_w + Σ_g μ_g cap_g + … + Σ_i max profit_i(λ, μ, …) ≥ optimum. For one line, l and e
the inner maximum is over non-decreasing Y. Through the weeks before the first possible arrival a the supply is
given, so their loss ℓ_s is exact and later demand is D' = D − ℓ. From there on, for any weights ω_{s,u} ≥ 0 with
Σ_u ω_{s,u} = 1 on every path,

    max_{u ≤ t} (D'_{s,u} − Y_u)^+  ≥  Σ_{u ≤ t} ω_{s,u} (D'_{s,u} − Y_u)^+  +  (Σ_{u > t} ω_{s,u})·(D'_{s,t} − Y_t)^+

which makes the objective a sum of functions of one Y_t each: exact dynamic programming over cumulative packs by
suffix maxima, all lines at once. Every ω gives a valid bound, so ω is moved towards the weeks that lose most.
Weights by path, not by line alone, are what makes it tight: lines that sell in bursts lose in different weeks on
different paths.
What a launch takes from other lines is money off its price (net_price = price − taken_worth, `effects.py`), so that
lines stay apart but for the coupling rows.
Levels beyond the largest demand of any path never pay, because v ≤ unit_cost and hold ≥ 0, but for packs that are held:
so many levels more are there.

Lives here: the tables of options and the dynamic programme. Options themselves (line × launch week × weeks shown) and their exact
profit are in `options.py`; prices, columns and the integer plan are in `solve.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.instance import Floats, Ints, LaunchInstance
from optimization.jumps import held_jump, jump
from optimization.options import Options
from optimization.shelf_use import Charge

_LEVEL_STEPS = (2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048, 4096, 8192, 16384)
_NEVER = -1e18


@dataclass(frozen=True)
class Bucket:
    """Options of about the same number of levels, worked on as one block (b rows, S paths, K + 1 levels).

    Args:
        rows: Positions in Options (b).
        levels: Packs 0…K over the horizon (K).
        position: Where (D'_t − given_t)^+ falls in a flat (b, K + 2) grid of levels, by week (T, b·S).
    """

    rows: Ints
    levels: int
    position: Ints


def build_buckets(instance: LaunchInstance, options: Options) -> list[Bucket]:
    """Options grouped by levels."""
    size = np.searchsorted(np.array(_LEVEL_STEPS), options.levels)
    if (size == len(_LEVEL_STEPS)).any():
        worst = options.line[int(np.argmax(options.levels))]
        raise ValueError(
            f"plan instance: {instance.product_id[worst]} wants more than {_LEVEL_STEPS[-1]} packs; "
            "raise its pack_units"
        )
    return [_bucket(instance, options, np.flatnonzero(size == b), _LEVEL_STEPS[b]) for b in np.unique(size).tolist()]


def _bucket(instance: LaunchInstance, options: Options, rows: Ints, top: int) -> Bucket:
    """The block of these rows, with the first level at which each path's shortage is over."""
    pack = instance.pack[options.line[rows]][:, None, None]
    over = np.minimum(-(-np.maximum(options.net[rows], 0) // pack), top + 1)
    flat = over + (np.arange(len(rows)) * (top + 2))[:, None, None]
    return Bucket(rows, top, np.ascontiguousarray(flat.transpose(2, 0, 1).reshape(instance.weeks, -1)))


def shortage_tables(
    instance: LaunchInstance, options: Options, buckets: list[Bucket], weights: Floats, charge: Charge | None
) -> list[Floats]:
    """Cost of shortage at every week and level of cumulative packs, one (T, b, K + 1) array per bucket.

    Σ_s c_{s,t}·(net_{s,t} − pack·k)^+ for all k at once: paths are dropped into the level at which their shortage
    is over, and sums from above give Σ c·net and Σ c of those still short.
    """
    tables = []
    for bucket in buckets:
        rows, width = bucket.rows, bucket.levels + 2
        cost = week_coefficients(instance, options, rows, weights[rows])
        if charge is not None:
            cost = cost + charged_coefficients(instance, options, rows, weights[rows], charge)
        owed = cost * options.net[rows]
        supply = instance.pack[options.line[rows]][:, None] * np.arange(width - 1)[None, :]
        table = np.empty((instance.weeks, len(rows), width - 1))
        for week in range(instance.weeks):
            above = [
                np.cumsum(
                    np.bincount(bucket.position[week], part[:, :, week].ravel(), len(rows) * width).reshape(
                        len(rows), width
                    )[:, :0:-1],
                    axis=1,
                )[:, ::-1]
                for part in (owed, cost)
            ]
            table[week] = above[0] - supply * above[1]
        tables.append(table)
    return tables


def week_coefficients(instance: LaunchInstance, options: Options, rows: Ints, weights: Floats) -> Floats:
    """Cost of a unit of each path's and week's shortage under weights ω of these rows: loss and holding (r, S, T)."""
    line = options.line[rows]
    loss = (instance.net_price - instance.leftover_value + instance.penalty)[line][:, None, None]
    later = np.cumsum(weights[:, :, ::-1], axis=2)[:, :, ::-1] - weights
    left = (instance.weeks - np.arange(instance.weeks))[None, None, :]
    total = loss * weights + instance.hold[line][:, None, None] * (left * weights + later)
    if options.tilt is None:
        return np.asarray(total / instance.paths)
    own = options.tilt.path_weight[None, :, None] * total
    return np.asarray(own + options.tilt.unit_worth / instance.paths * weights)


def charged_coefficients(
    instance: LaunchInstance, options: Options, rows: Ints, weights: Floats, charge: Charge
) -> Floats:
    """What prices of the shelf add to `week_coefficients`; every path weighs the same in its limits (r, S, T).

    The relaxed L_t holds ω_u·x_u of every u < t and (Σ_{u ≥ t} ω_u)·x_t, x the path's shortage of the week.
    """
    line = options.line[rows]
    hold, worth = charge.hold[line][:, None, :], charge.worth[line][:, None, None]
    later = np.cumsum(weights[:, :, ::-1], axis=2)[:, :, ::-1] - weights
    left = np.cumsum(hold[:, :, ::-1], axis=2)[:, :, ::-1]
    return np.asarray((worth * weights + left * weights + hold * later) / instance.paths)


def relaxed_losses(options: Options, rows: Ints, weights: Floats, arrived: Ints) -> Floats:
    """Mean relaxed L_t of these options under ω and the units arrived through each week (r, T)."""
    short = np.maximum(options.net[rows] - arrived[:, None, :].astype(np.int32), 0)
    owed = weights * short
    before = np.cumsum(owed, axis=2) - owed
    from_here = np.cumsum(weights[:, :, ::-1], axis=2)[:, :, ::-1]
    return np.asarray((before + from_here * short).mean(axis=1))


@dataclass(frozen=True)
class Priced:
    """Prices as one line's programme sees them: λ by order week (T), what the shelf's limits charge a unit, and what each
    option earns under them whatever is ordered (m)."""

    budget: Floats
    charge: Charge | None
    fixed: Floats


def best_orders(
    instance: LaunchInstance, options: Options, buckets: list[Bucket], tables: list[Floats], prices: Priced
) -> tuple[Floats, Ints]:
    """Relaxed optimum of every option at these prices, orders priced in. The tables are of the same charge.

    Returns:
        Value (m), and packs that arrive in each week (m, T).
    """
    value = np.empty(len(options.line))
    packs = np.zeros((len(options.line), instance.weeks), dtype=np.int64)
    pack_price = arrival_prices(instance, options, prices.budget)
    for bucket, table in zip(buckets, tables, strict=True):
        paid = pack_price[bucket.rows], None if prices.charge is None else prices.charge.hold
        value[bucket.rows], packs[bucket.rows] = _programme(instance, options, bucket, table, paid)
    return value + options.constant + prices.fixed, packs


def arrival_prices(instance: LaunchInstance, options: Options, budget_price: Floats) -> Floats:
    """Price of a pack that arrives in each week, λ and the price of changing what is held included (m, T)."""
    line = options.line
    placed = np.maximum(np.arange(instance.weeks)[None, :] - instance.lead[line][:, None], 0)
    price = (instance.unit_cost * instance.pack)[line][:, None] * (1.0 + budget_price[placed])
    change = instance.change_by_arrival
    return np.asarray(price if change is None else price + change[0][line])


def _programme(
    instance: LaunchInstance, options: Options, bucket: Bucket, table: Floats, paid: tuple[Floats, Floats | None]
) -> tuple[Floats, Ints]:
    """Dynamic programme over cumulative packs, backwards over weeks, one block of options at once.

    `paid` is the price of a pack by week of arrival (b, T), and what a unit held is charged by line and week, if it is.
    """
    pack_price, charged = paid
    line, opens = options.line[bucket.rows], options.is_open[bucket.rows]
    level = np.arange(bucket.levels + 1, dtype=float)[None, :]
    pack, moq = instance.pack[line], instance.moq_packs[line]
    follow = (instance.leftover_value[line] * pack)[:, None] * level
    follow = np.where((instance.needs_stock[line][:, None]) & (level == 0), _NEVER, follow)
    choices = []
    held = (instance.hold[line] * pack)[:, None] * level
    for week in range(instance.weeks - 1, -1, -1):
        stay = follow - held - table[week]
        if charged is not None:
            stay = stay - (charged[line, week] * pack)[:, None] * level
        is_open = opens[:, week]
        cost = pack_price[:, week, None] * level
        if instance.change_by_arrival is None:
            follow, choice = jump(stay, cost, moq)
        else:
            price, kept = (values[line, week] for values in instance.change_by_arrival)
            follow, choice = held_jump(stay, cost, moq, kept, 2.0 * price)
        follow = np.where(is_open[:, None], follow, stay)
        choices.append(np.where(is_open[:, None], choice, level.astype(np.int64)))
    at = np.zeros((len(line), 1), dtype=np.int64)
    packs = np.zeros((len(line), instance.weeks), dtype=np.int64)
    for week, choice in enumerate(reversed(choices)):
        chosen = np.take_along_axis(choice, at, axis=1)
        packs[:, week] = (chosen - at)[:, 0]
        at = chosen
    return follow[:, 0], packs
