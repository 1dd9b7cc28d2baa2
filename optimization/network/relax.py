"""Values of many variants at given prices: relaxed optimum, the orders behind it, and what they truly use."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from optimization.network import kernels as k
from optimization.network import programme as dp


@njit(cache=True)
def relaxed_values(
    cells: Any,
    variants: Any,
    charged: Any,
    chosen: Any,
    fresh: Any,
    omega: Any,
    step: float,
    rounds: int,
    value: Any,
    arriving: Any,
    exact: Any,
    parts: Any,
) -> None:
    """Fills, for the chosen variants, the relaxed value, the best arrivals met, their priced value and their parts.

    Every round's value is an upper bound, so the smallest of this call's is kept; likewise the best arrivals.
    Parts are mean stock by week, lost and demanded units (V, T + 2). ω is moved once a round.
    """
    weeks, room = cells.demand.shape[2], k.room_of(cells)
    _, net, lost, held, paid = room
    path, out = np.zeros(weeks, dtype=np.int64), np.empty(weeks + 2)
    for v in chosen:
        cell, first = variants.cell[v], variants.first[v]
        pack, moq = cells.pack[cell], cells.moq[cell]
        constant, top = k.set_up(cells, variants, charged, v, room)
        if top == 0:
            arriving[v] = 0
            path[:] = 0
            exact[v] = k.exact_value(cells, charged, cell, first, net, lost, held, paid, path, parts[v])
            value[v] = exact[v]
            continue
        if fresh[v]:
            dp.start_weights(first, omega[v])
            fresh[v] = False
        loss = cells.price[cell] - cells.salvage[cell] + cells.penalty[cell] + charged.svc[cells.channel[cell]]
        table, go = np.empty((weeks, top + 1)), np.empty((weeks + 1, top + 1))
        value[v], exact[v] = 1e18, -1e18
        for _ in range(rounds):
            dp.shortage_table(net, first, pack, loss, held, omega[v], table)
            dp.follow_tables(first, pack, moq, cells.salvage[cell], held, paid, table, go)
            dp.best_path(first, pack, moq, held, paid, table, go, path)
            value[v] = min(value[v], constant + go[first, 0])
            true = k.exact_value(cells, charged, cell, first, net, lost, held, paid, path, out)
            if true > exact[v]:
                exact[v] = true
                arriving[v] = path
                parts[v] = out
            dp.move_weights(net, first, pack, path, step, omega[v])
