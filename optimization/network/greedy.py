"""Compiled greedy loops: packs added one order at a time by what they earn for their money.

The loops are for `baselines.py`; the plan that rules knows prices of limits (`solve.py`).
"""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np
from numba import njit

from optimization.network import kernels as k
from optimization.network.moves import add_cell

_TINY = 1e-9


@njit(cache=True)
def _best_addition(
    cells: Any, variants: Any, layout: Any, free: Any, v: int, path: Any, parts: Any, profit: float, use: Any,
    is_fill: bool, room: Any, best_path: Any, best_parts: Any,
) -> tuple[float, float]:  # fmt: skip
    """The addition to a cell's orders that earns most for its money and breaks no limit; 0 when none earns anything.

    Where `is_fill`, what counts is units no longer lost, as long as the channel's fill floor is broken. Returns gain by
    money and the new profit; `best_path` (T) and `best_parts` (T + 2) are filled.
    """
    _, net, lost, held, paid = room
    cell, first, weeks = variants.cell[v], variants.first[v], len(path)
    k.set_up(cells, variants, free, v, room)
    money, lead, moq = cells.unit_cost[cell] * cells.pack[cell], cells.lead[cell], cells.moq[cell]
    place, floor = layout.storage + cells.location[cell] * weeks, layout.svc + cells.channel[cell]
    trial, out, best, best_profit = path.copy(), np.empty(weeks + 2), 0.0, profit
    if is_fill and use[floor] <= layout.limit[floor]:
        return 0.0, profit
    for t in range(first, weeks):
        more = 1 if path[t] > 0 else moq
        if use[t - lead] + more * money > layout.limit[t - lead]:
            continue
        trial[:] = path
        trial[t] += more
        value = k.exact_value(cells, free, cell, first, net, lost, held, paid, trial, out)
        score = (parts[weeks] - out[weeks] if is_fill else value - profit) / (more * money + _TINY)
        if score <= best + _TINY:
            continue
        fits = True
        for week in range(weeks):
            change = cells.volume[cell] * (out[week] - parts[week])
            fits = fits and (change <= 0.0 or use[place + week] + change <= layout.limit[place + week])
        if fits:
            best, best_profit = score, value
            best_path[:] = trial
            best_parts[:] = out
    return best, best_profit


@njit(cache=True)
def add_greedily(
    cells: Any,
    variants: Any,
    layout: Any,
    free: Any,
    entry: Any,
    path: Any,
    parts: Any,
    profit: Any,
    use: Any,
    is_fill: bool,
) -> None:
    """Adds orders to entries' variants (e), the best for its money first, until none earns or fits.

    Where `is_fill`, until fill floors are kept or nothing fits.

    path (e, T), parts (e, T + 2), profit (e) and use (R) are changed.
    """
    weeks, room = path.shape[1], k.room_of(cells)
    new_path, new_parts = np.zeros(weeks, dtype=path.dtype), np.zeros(weeks + 2)
    # What an entry's best addition is worth is not known until it is first asked.
    heap = [(-np.inf, e) for e in range(len(entry))]
    while len(heap) > 0:
        hoped, e = heapq.heappop(heap)
        score, worth = _best_addition(
            cells,
            variants,
            layout,
            free,
            entry[e],
            path[e],
            parts[e],
            profit[e],
            use,
            is_fill,
            room,
            new_path,
            new_parts,
        )
        if score <= 0.0:
            continue
        if score >= -hoped - _TINY:
            cell = variants.cell[entry[e]]
            add_cell(cells, layout, cell, path[e], parts[e], -1.0, weeks, use)
            path[e] = new_path
            parts[e] = new_parts
            profit[e] = worth
            add_cell(cells, layout, cell, path[e], parts[e], 1.0, weeks, use)
        heapq.heappush(heap, (-score, e))


@njit(cache=True)
def values_of(cells: Any, variants: Any, free: Any, entry: Any, path: Any, parts: Any) -> Any:
    """Profit of entries' variants under these arrivals (e); parts are filled."""
    room, out = k.room_of(cells), np.empty(len(entry))
    _, net, lost, held, paid = room
    for e in range(len(entry)):
        v = entry[e]
        k.set_up(cells, variants, free, v, room)
        out[e] = k.exact_value(
            cells, free, variants.cell[v], variants.first[v], net, lost, held, paid, path[e], parts[e]
        )
    return out


@njit(cache=True)
def demanded(cells: Any, variants: Any, entry: Any) -> Any:
    """Demand of variants by scenario and week (e, S, T)."""
    out = np.zeros((len(entry), cells.demand.shape[1], cells.demand.shape[2]), dtype=np.int64)
    for e in range(len(entry)):
        k.fill_demand(cells, variants, entry[e], out[e])
    return out


@njit(cache=True)
def owed(cells: Any, variants: Any, free: Any, entry: Any) -> Any:
    """What orders must cover by entry, scenario and week (e, S, T)."""
    room = k.room_of(cells)
    out = np.zeros((len(entry), room[1].shape[0], room[1].shape[1]))
    for e in range(len(entry)):
        k.set_up(cells, variants, free, entry[e], room)
        out[e] = room[1]
    return out
