"""The true optimum of a cell under prices, by best-first search over cumulative packs.

The relaxation of `relax.py` leaves open how far its value is from a true plan. A node of the search knows the packs
through week t, so that its losses so far are true; only later weeks are relaxed, and the past's share of ω counts the
largest loss so far (see `model.py`). What is best of the open nodes is always an upper bound, so that the search may
stop after any number of them.
"""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np
from numba import njit

from optimization.network import kernels as k


@njit(cache=True, fastmath=True)
def _weigh(before: Any, net: Any, supply: float, mass: Any, now: Any) -> tuple[float, float]:
    """Largest losses so far (`now`, S), their sum, and their sum by the past's share of ω."""
    total, weighted = 0.0, 0.0
    for s in range(len(now)):
        worst = max(before[s], net[s] - supply)
        now[s] = worst
        total += worst
        weighted += mass[s] * worst
    return total, weighted


@njit(cache=True)
def search_values(
    cells: Any,
    variants: Any,
    charged: Any,
    chosen: Any,
    omega: Any,
    most: int,
    close: float,
    value: Any,
    arriving: Any,
    exact: Any,
    parts: Any,
) -> None:
    """Lowers the values of the chosen variants to their true optimum, or as far as `most` nodes go.

    A search ends when the bound is within `close` of the best orders, relative to the bound.
    """
    paths, weeks = cells.demand.shape[1], cells.demand.shape[2]
    demand = np.zeros((paths, weeks), dtype=np.int64)
    net = np.zeros((paths, weeks), dtype=np.int64)
    lost = np.zeros(paths, dtype=np.int64)
    held, paid, tail = np.empty(weeks), np.empty(weeks), np.zeros(weeks + 1)
    path, out = np.zeros(weeks, dtype=np.int64), np.empty(weeks + 2)
    room = max(most * 8, 4096)
    level, week, parent = np.zeros(room, np.int64), np.zeros(room, np.int64), np.zeros(room, np.int64)
    spent, worst, mass = np.zeros(room), np.zeros((room, paths)), np.zeros((weeks + 1, paths))
    now, owed = np.zeros(paths), np.zeros((weeks, paths))
    for v in chosen:
        cell, first = variants.cell[v], variants.first[v]
        if value[v] - exact[v] <= close * abs(value[v]) or first >= weeks:
            continue
        pack, moq, salvage = cells.pack[cell], cells.moq[cell], cells.salvage[cell]
        k.fill_demand(cells, variants, v, demand)
        k.owed_of(demand, cells.on_hand[cell], first, net, lost)
        k.held_price(cells, charged, cell, held)
        k.arrival_price(cells, charged, cell, paid)
        constant = k.constant_of(cells, charged, cell, first, net, lost, held)
        top = k.levels_of(net, first, pack, moq)
        loss = cells.price[cell] - salvage + cells.penalty[cell] + charged.svc[cells.channel[cell]]
        table, go = np.empty((weeks, top + 1)), np.empty((weeks + 1, top + 1))
        k.shortage_table(net, first, pack, loss, held, omega[v], table)
        k.follow_tables(first, pack, moq, salvage, held, paid, table, go)
        for t in range(weeks - 1, -1, -1):
            tail[t] = tail[t + 1] + held[t]
        mass[:] = 0.0
        for t in range(first, weeks):
            for s in range(paths):
                mass[t + 1, s] = mass[t, s] + omega[v, s, t]
                owed[t, s] = net[s, t]
        level[0], week[0], parent[0], spent[0] = 0, first, -1, 0.0
        worst[0] = 0
        heap = [(-min(value[v], constant + go[first, 0]), 0)]
        count, opened, floor = 1, 0, exact[v]
        best_node, bound = -1, value[v]
        while len(heap) > 0:
            bound = -heap[0][0]
            if bound <= floor + close * abs(bound):
                break
            if opened >= most or count + top + 2 > room:
                break
            node = heapq.heappop(heap)[1]
            opened += 1
            t = week[node]
            if t == weeks:
                break
            behind = 0.0
            for s in range(paths):
                behind += mass[t, s] * worst[node, s]
            behind *= (loss + tail[t]) / paths
            for j in range(level[node], top + 1):
                if level[node] < j < level[node] + moq:
                    continue
                money = spent[node] - paid[t] * (j - level[node]) - held[t] * pack * j
                if constant + money - behind - table[t, j] + go[t + 1, j] <= floor:
                    continue
                total, weighted = _weigh(worst[node], owed[t], pack * j, mass[t + 1], now)
                money -= held[t] * total / paths
                upper = constant + money - weighted * (loss + tail[t + 1]) / paths + go[t + 1, j]
                if upper <= floor:
                    continue
                level[count], week[count], parent[count], spent[count] = j, t + 1, node, money
                worst[count] = now
                if t + 1 == weeks:
                    floor, best_node = upper, count
                else:
                    heapq.heappush(heap, (-upper, count))
                count += 1
        if len(heap) == 0:
            bound = floor
        value[v] = min(value[v], max(bound, floor))
        if best_node >= 0:
            path[:] = 0
            node = best_node
            while parent[node] >= 0:
                path[week[node] - 1] = level[node] - level[parent[node]]
                node = parent[node]
            exact[v] = k.exact_value(cells, charged, cell, first, net, lost, held, paid, path, out)
            arriving[v] = path
            parts[v] = out
            value[v] = max(value[v], exact[v])
