"""What the shelf's limits lack whatever is ordered: storage for what is there already, and sales that no order can make.

Each line's use of each limit is taken at its least over all its plans, other limits aside; where their sum passes a limit,
no plan keeps it. What passes may still not fit together with budgets and launch caps.
"""

from __future__ import annotations

import numpy as np

from optimization.fixed import without_fixed
from optimization.instance import Floats, LaunchInstance
from optimization.options import build_options


def shelf_short(instance: LaunchInstance) -> Floats:
    """By how much no plan can keep each limit of the shelf: volume, and units sold (R); 0 where one may. Slots never lack:
    nothing needs to be shown.

    Stock is least without orders, sales are most with everything ordered that any path could want, as soon as it can come.
    """
    shelf = instance.shelf
    if not shelf.stocked:
        return np.zeros(shelf.count)
    free = without_fixed(instance)
    options = build_options(free)
    line, rows = options.line, np.arange(len(options.line))
    stored = len(shelf.storage)
    least = np.where((free.is_launch & ~free.is_mandatory)[:, None], options.shelf.idle, np.inf)
    plenty = (options.levels * free.pack[line])[:, None] * np.maximum.accumulate(options.is_open, axis=1)
    for arrived, limits in ((np.zeros_like(plenty), slice(0, stored)), (plenty, slice(stored, None))):
        short = np.maximum(options.net - arrived[:, None, :].astype(np.int32), 0)
        lost = np.maximum.accumulate(short, axis=2).mean(axis=1)
        used = options.shelf.used(line, rows, arrived, lost)
        np.minimum.at(least[:, limits], line, used[:, limits])
    # A launch that must be and cannot lacks its window, not room.
    least = np.where(np.isinf(least), options.shelf.idle, least)
    return np.asarray(shelf.excess(least.sum(axis=0)))
