"""Compiled moves on a plan: columns exchanged and single packs moved, limits looked after.

A draft is the option of each group and the orders of each cell under it, with true parts. Lives here: loops only;
`draft.py` says in which order they run.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from optimization.instance import Floats, Ints
from optimization.network import kernels as k

_TINY = 1e-7


class Layout(NamedTuple):
    """Where things stand: rows, and options with their variants and own uses."""

    storage: int
    svc: int
    variant_start: Ints
    variant: Ints
    own_start: Ints
    own_row: Ints
    own_amount: Floats
    limit: Floats
    slack: Floats
    weight: Floats


@njit(cache=True)
def add_entries(
    cells: Any, variants: Any, layout: Any, option: int, path: Any, parts: Any, sign: float, out: Any
) -> None:
    """Adds what an option with these orders uses to `out` (R)."""
    weeks = path.shape[1]
    for e in range(layout.own_start[option], layout.own_start[option + 1]):
        out[layout.own_row[e]] += sign * layout.own_amount[e]
    for e in range(len(path)):
        cell = variants.cell[layout.variant[layout.variant_start[option] + e]]
        add_cell(cells, layout, cell, path[e], parts[e], sign, weeks, out)


@njit(cache=True)
def add_columns(cells: Any, variants: Any, layout: Any, columns: Any, out: Any) -> None:
    """Adds what columns use together to `out` (R)."""
    for c in range(len(columns.group)):
        a, b = columns.start[c], columns.start[c + 1]
        add_entries(cells, variants, layout, columns.option[c], columns.path[a:b], columns.parts[a:b], 1.0, out)


@njit(cache=True)
def add_cell(cells: Any, layout: Any, cell: int, path: Any, parts: Any, sign: float, weeks: int, out: Any) -> None:
    """Adds what one cell uses to `out` (R)."""
    money, lead = cells.unit_cost[cell] * cells.pack[cell], cells.lead[cell]
    place = layout.storage + cells.location[cell] * weeks
    for t in range(weeks):
        if path[t] > 0:
            out[t - lead] += sign * money * path[t]
        out[place + t] += sign * cells.volume[cell] * parts[t]
    short = parts[weeks] - (1.0 - cells.floor[cell]) * parts[weeks + 1]
    out[layout.svc + cells.channel[cell]] += sign * short


@njit(cache=True)
def violation_change(layout: Any, use: Any, delta: Any) -> float:
    """By how much `delta` (R) changes the weighted sum of what is over the limits."""
    total = 0.0
    for r in range(len(use)):
        if delta[r] != 0.0:
            before = max(use[r] - layout.limit[r], 0.0)
            total += layout.weight[r] * (max(use[r] + delta[r] - layout.limit[r], 0.0) - before)
    return total


@njit(cache=True)
def column_scores(
    cells: Any, variants: Any, layout: Any, columns: Any, current: Any, use: Any, prices: Any, gain: Any, relief: Any
) -> None:
    """Priced gain of changing a group to each column, and by how much that relieves violated limits (c)."""
    delta = np.zeros(len(use))
    for c in range(len(columns.group)):
        delta[:] = 0.0
        g = columns.group[c]
        a, b = current.start[g], current.start[g + 1]
        add_entries(cells, variants, layout, current.option[g], current.path[a:b], current.parts[a:b], -1.0, delta)
        a, b = columns.start[c], columns.start[c + 1]
        add_entries(cells, variants, layout, columns.option[c], columns.path[a:b], columns.parts[a:b], 1.0, delta)
        gain[c] = columns.profit[c] - current.profit[g] - np.dot(prices, delta)
        relief[c] = -violation_change(layout, use, delta)


@njit(cache=True)
def exchange(
    cells: Any, variants: Any, layout: Any, columns: Any, order: Any, pick: Any, use: Any, prices: Any, is_repair: bool
) -> int:
    """Goes through columns in this order and takes each that still helps; `pick` (groups) and `use` are changed.

    A repair must relieve; otherwise a change must earn more and break nothing that is not broken more already.
    """
    taken, delta = 0, np.zeros(len(use))
    changed = np.zeros(len(pick), dtype=np.bool_)
    for c in order:
        g = columns.group[c]
        now = pick[g]
        if changed[g] or now == c:
            continue
        delta[:] = 0.0
        a, b = columns.start[now], columns.start[now + 1]
        add_entries(cells, variants, layout, columns.option[now], columns.path[a:b], columns.parts[a:b], -1.0, delta)
        a, b = columns.start[c], columns.start[c + 1]
        add_entries(cells, variants, layout, columns.option[c], columns.path[a:b], columns.parts[a:b], 1.0, delta)
        change = violation_change(layout, use, delta)
        gain = columns.profit[c] - columns.profit[now] - np.dot(prices, delta)
        if (is_repair and change < -_TINY) or (not is_repair and change <= 0.0 and gain > _TINY):
            use += delta
            pick[g] = c
            changed[g] = True
            taken += 1
    return taken


@njit(cache=True)
def _moved(x: Any, moq: int, minus: int, plus: int, out: Any) -> bool:
    """Packs after one leaves week `minus` and one joins week `plus`, the minimum kept; False when nothing changes."""
    out[:] = x
    if minus >= 0:
        if x[minus] == 0:
            return False
        out[minus] = x[minus] - 1 if x[minus] > moq else 0
        if plus >= 0 and out[minus] == 0 and x[plus] > 0:
            out[plus] += x[minus]
            return True
    if plus >= 0:
        out[plus] = out[plus] + 1 if out[plus] > 0 else moq
    return True


@njit(cache=True)
def pack_moves(
    cells: Any,
    variants: Any,
    layout: Any,
    free: Any,
    order: Any,
    entry_variant: Any,
    path: Any,
    parts: Any,
    profit: Any,
    use: Any,
    prices: Any,
    mode: int,
) -> int:
    """Takes each cell's best single-pack move, cell by cell in this order; path, parts, profit and use are changed.

    Modes: 0 the move with the largest priced gain that breaks nothing; 1 the largest true gain that breaks nothing;
    2 the least priced loss per relief of what is broken.
    """
    weeks, room = cells.demand.shape[2], k.room_of(cells)
    _, net, lost, held, paid = room
    out, best_out = np.empty(weeks + 2), np.empty(weeks + 2)
    x, best_x = np.zeros(weeks, np.int64), np.zeros(weeks, np.int64)
    rows, change = np.zeros(2 * weeks + 1, np.int64), np.zeros(2 * weeks + 1)
    taken = 0
    for e in order:
        v = entry_variant[e]
        cell, first = variants.cell[v], variants.first[v]
        if first >= weeks:
            continue
        k.set_up(cells, variants, free, v, room)
        money, lead, moq = cells.unit_cost[cell] * cells.pack[cell], cells.lead[cell], cells.moq[cell]
        for t in range(weeks):
            rows[t] = max(t - lead, 0)
            rows[weeks + t] = layout.storage + cells.location[cell] * weeks + t
        rows[2 * weeks] = layout.svc + cells.channel[cell]
        best, best_profit = 0.0, 0.0
        for minus in range(first - 1, weeks):
            for plus in range(first - 1, weeks):
                if minus == plus:
                    continue
                if not _moved(path[e], moq, minus if minus >= first else -1, plus if plus >= first else -1, x):
                    continue
                value = k.exact_value(cells, free, cell, first, net, lost, held, paid, x, out)
                gain, relief, broken = value - profit[e], 0.0, 0.0
                for t in range(weeks):
                    change[t] = money * (x[t] - path[e, t])
                    change[weeks + t] = cells.volume[cell] * (out[t] - parts[e, t])
                change[2 * weeks] = out[weeks] - parts[e, weeks]
                priced = gain
                for r in range(2 * weeks + 1):
                    row = rows[r]
                    if change[r] != 0.0:
                        priced -= prices[row] * change[r]
                        over = use[row] + change[r] - layout.limit[row]
                        was = max(use[row] - layout.limit[row], 0.0)
                        relief += layout.weight[row] * (was - max(over, 0.0))
                        if over > 0.0 and change[r] > 0.0:
                            broken = 1.0
                score = 0.0
                if mode == 0 and broken == 0.0:
                    score = priced
                elif mode == 1 and broken == 0.0:
                    score = gain
                elif mode == 2 and relief > _TINY:
                    score = relief / (1.0 + max(-priced, 0.0))
                if score > best + _TINY:
                    best, best_profit = score, value
                    best_x[:] = x
                    best_out[:] = out
        if best > 0.0:
            add_cell(cells, layout, cell, path[e], parts[e], -1.0, weeks, use)
            path[e] = best_x
            parts[e] = best_out
            profit[e] = best_profit
            add_cell(cells, layout, cell, path[e], parts[e], 1.0, weeks, use)
            taken += 1
    return taken
