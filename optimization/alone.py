"""The best launch of every candidate on its own: what it would bring if no other line wanted the money or the place.

Lives here: the choice among options and columns already weighed. Does not live here: the plan that rules (`solve.py`),
how the alternative is told (`explain.py`).
"""

from __future__ import annotations

import numpy as np

from optimization.columns import Columns, merge, polish, pool
from optimization.instance import Ints, Plan
from optimization.prices import Answer, Prices, Question, placed
from optimization.styles import Together


def best_launches(question: Question, free: Answer, columns: Columns, rounds: int) -> Plan:
    """Every candidate launched in the week and with the orders of the highest exact profit met, limits aside; a style's
    together, in the week that is best for all of them.

    Args:
        question: The whole question, no option left out.
        free: Its answer with every limit free.
        columns: Columns met on the way to the plan, by the options of this question.
        rounds: Single-pack rounds on the best column of each candidate.

    Returns:
        A plan for each candidate alone, not for all together; -1 and no order where nothing can launch.
    """
    options, instance = question.options, question.instance
    rows = np.flatnonzero(instance.is_launch[options.line])
    raw = pool(question, options.line[rows], rows, free.arriving[rows])
    met = columns.take(np.flatnonzero((columns.option >= 0) & instance.is_launch[columns.line]))
    best = raw.take(_dearest(question, raw))
    best = merge(question, best, polish(question, best, Prices.free(instance), rounds), met)
    best = best.take(_dearest(question, best))
    packs = np.zeros((instance.n, instance.weeks), dtype=np.int64)
    launch = np.where(instance.is_launch, -1, 0)
    shown = np.zeros_like(launch)
    packs[best.line] = placed(instance, best.line, best.arriving)
    launch[best.line] = options.launch_week[best.option]
    shown[best.line] = options.shown[best.option]
    return Plan(packs, launch, shown)


def _dearest(question: Question, columns: Columns) -> Ints:
    """Position of each line's most profitable column, for a style those of its most profitable week."""
    every = np.arange(len(columns.line))
    return Together.of(question.leader, columns, columns.launch_week(question)).best(columns.profit, every)
