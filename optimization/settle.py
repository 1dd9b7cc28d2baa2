"""One column a line for questions of many lines, found by bargaining instead of a linear programme.

Lives here: block-coordinate passes with prices that follow the use of each limit (a method of multipliers). Lines are
alike in when they would like to order, so that at fixed prices all of them crowd into the same weeks; block by block,
each sees what those before it left. With thousands of lines a few passes end within the limits by a hair, where a
linear master of all columns takes minutes.
"""

from __future__ import annotations

import numpy as np

from optimization.columns import Columns
from optimization.instance import Floats, Ints
from optimization.prices import Prices, Question, price_scales, shelf_scales
from optimization.styles import Together

_BLOCKS = 100


def settle(question: Question, columns: Columns, start: Prices, passes: int) -> tuple[Ints, Prices]:
    """The column of every line after so many passes, and the prices that they settled at."""
    instance, weeks = question.instance, question.instance.weeks
    budget_size, cap_size, money = price_scales(question)
    shelf_size, shelf_money = shelf_scales(question)
    size = np.concatenate([budget_size, cap_size, shelf_size])
    limit = np.concatenate([instance.budgets, instance.launch_caps, instance.shelf.limit])
    price = np.concatenate([start.budget, start.launch, start.shelf])
    budget_stiff = np.full(weeks, max(float(start.budget.max(initial=0.0)), 0.02))
    stiff = np.concatenate([budget_stiff, 0.2 * money, 0.2 * shelf_money])
    to_shelf = weeks + len(instance.launch_caps)
    use = _use(question, columns)
    blocks = _blocks(question, columns)
    best = Together.of(question.leader, columns, columns.launch_week(question)).best
    picked = best(columns.profit - use @ price, np.arange(len(columns.line)))
    total = use[picked].sum(axis=0)
    for _ in range(passes):
        for rows in blocks:
            now = np.maximum(price + stiff * (total - limit) / size, 0.0)
            chosen = best(columns.profit[rows] - use[rows] @ now, rows)
            lines = columns.line[chosen]
            total += use[chosen].sum(axis=0) - use[picked[lines]].sum(axis=0)
            picked[lines] = chosen
        price = np.maximum(price + 0.3 * stiff * (total - limit) / size, 0.0)
    return picked, Prices(price[:weeks], price[weeks:to_shelf], price[to_shelf:])


def _use(question: Question, columns: Columns) -> Floats:
    """What each column takes of every limit: money by week, launches by cap, the shelf's (c, T + G + R)."""
    caps = len(question.instance.launch_caps)
    launches = np.zeros((len(columns.line), caps))
    cap = columns.caps(question)
    rows = np.flatnonzero(cap >= 0)
    launches[rows, cap[rows]] = 1.0
    return np.hstack([columns.spend, launches, columns.shelf])


def _blocks(question: Question, columns: Columns) -> list[Ints]:
    """Positions of the columns of every block of lines; neighbouring lines fall into different blocks, a style into one."""
    count = min(_BLOCKS, question.instance.n)
    block = question.leader[columns.line] % count
    order = np.argsort(block, kind="stable")
    return np.split(order, np.searchsorted(block[order], np.arange(1, count)))
