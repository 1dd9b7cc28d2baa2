"""Who bought what the shelves gave up: units become lines, lines find their customer."""

from __future__ import annotations

import numpy as np

from shop.config import ShopConfig
from shop.customers import draw_cells, draw_customers, is_active
from shop.market import Market
from shop.parts import Floats, Ints

# Past buyers that are remembered of each product, the latest last.
REMEMBERED = 4
NOBODY = -1
# Of the units after the first on a shelf's day, the share that starts a line of its own is at least this: customers
# do not carry a whole day's sales away together.
_LEAST_SPLIT = 0.5


def split_into_lines(units: Ints, mean: float, uniform: Floats) -> tuple[Ints, Ints]:
    """Parts days' sales into lines.

    Each unit after the first of its entry starts a line with one probability for all: the one at which lines have
    `mean` units, or `_LEAST_SPLIT` where that many single units cannot be brought to that mean.

    Args:
        units: (n,) units of each entry, at least 1.
        mean: Units that a line should have.
        uniform: As many numbers in [0, 1) as there are units in all.

    Returns:
        Entry of each line, in order, and its units.

    >>> [part.tolist() for part in split_into_lines(np.array([1, 3]), 2.0, np.array([0.1, 0.9, 0.1, 0.9]))]
    [[0, 1, 1], [1, 1, 2]]
    """
    total = int(units.sum())
    entry = np.repeat(np.arange(len(units)), units)
    is_start = np.diff(entry, prepend=-1) > 0
    share = (total / mean - len(units)) / max(total - len(units), 1)
    is_start |= uniform < np.clip(share, _LEAST_SPLIT, 1.0)
    starts = np.flatnonzero(is_start)
    return entry[starts], np.diff(starts, append=total)


def find_customers(
    config: ShopConfig, day: int, market: Market, lines: tuple[Ints, Ints, Ints], uniform: Floats
) -> Ints:
    """(n,) customers of lines whose customer the world has not named.

    With `repeat_share` one of the product's remembered buyers who are still active and use the channel, where there is
    one; else a cell by P(cell | product), and one of its customers by activity and habit.

    Args:
        config: Which world.
        day: Day on which customers must be active.
        market: The week's market.
        lines: product (n,), channel (n,), and (n, REMEMBERED) remembered buyers of the product.
        uniform: (4, n) numbers in [0, 1).
    """
    product, channel, past = lines
    cell = draw_cells(market.cells, product, uniform[0])
    customer = draw_customers(market.buyers, channel, cell, uniform[1])
    repeating = np.flatnonzero((uniform[2] < config.repeat_share) & (past[:, -1] != NOBODY))
    past, habit = past[repeating], market.customers.habit
    may = (past != NOBODY) & is_active(market.customers, day)[past] & (habit[past, channel[repeating, None]] > 0)
    passed = np.cumsum(may, axis=1)
    chosen = (passed <= np.floor(uniform[3, repeating] * passed[:, -1])[:, None]).sum(axis=1)
    found = np.flatnonzero(passed[:, -1])
    customer[repeating[found]] = past[found, chosen[found]]
    return customer


def remember(buyers: Ints, product: Ints, customer: Ints) -> Ints:
    """(P, REMEMBERED) buyers after some sales, given in order of time.

    >>> remember(np.array([[NOBODY, NOBODY, 7, 8]]), np.array([0]), np.array([9])).tolist()
    [[-1, 7, 8, 9]]
    """
    order = np.argsort(product, kind="stable")
    sold, start, count = np.unique(product[order], return_index=True, return_counts=True)
    new = np.minimum(count, REMEMBERED)
    place = np.arange(REMEMBERED)
    latest = (start + count - new)[:, None] + np.minimum(place, new[:, None] - 1)
    both = np.concatenate([buyers[sold], customer[order][latest]], axis=1)
    result = buyers.copy()
    result[sold] = np.take_along_axis(both, place + new[:, None], axis=1)
    return result
