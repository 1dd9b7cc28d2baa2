"""True orders of a cell under prices, by best-first search over cumulative packs.

The relaxation of `relax.py` leaves open how far its value is from a true plan. A node of the search knows the packs
through week t, so that its losses so far are true; only later weeks are relaxed, and the past's share of ω counts the
largest loss so far (see `model.py`). What is best of the open nodes is always an upper bound, so that the search may
stop after any number of them: `search_values` looks for the best orders, `nearest_orders` for all that are near them.
"""

from __future__ import annotations

import heapq
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from optimization.network import kernels as k
from optimization.network import programme as dp


class Tree(NamedTuple):
    """What a search over one variant's cumulative packs looks up.

    Args:
        owed: What orders must cover, summed through each week (T, S).
        mass: ω of the weeks before (T + 1, S).
        tail: Holding prices from each week on (T + 1).
        table, go: Cost of shortage, and best value from each week on, relaxed (T, K + 1 and T + 1, K + 1).
        held, paid: Price of a unit held and of a pack arrived (T).
        constant, loss: Profit that no order changes; what a lost unit costs.
        pack, moq, first: Units in a pack, least order in packs, first week of arrival.
    """

    owed: Any
    mass: Any
    tail: Any
    table: Any
    go: Any
    held: Any
    paid: Any
    constant: float
    loss: float
    pack: int
    moq: int
    first: int


class Nodes(NamedTuple):
    """Nodes met: packs so far, weeks decided, the node before, money so far, largest losses so far (room, S)."""

    level: Any
    week: Any
    parent: Any
    spent: Any
    worst: Any


@njit(cache=True)
def _nodes_of(room: int, paths: int) -> Any:
    """Room for so many nodes."""
    whole = np.zeros((3, room), np.int64)
    return Nodes(whole[0], whole[1], whole[2], np.zeros(room), np.zeros((room, paths)))


@njit(cache=True)
def _tree_of(cells: Any, variants: Any, charged: Any, v: int, omega: Any, room: Any) -> Any:
    """The tree of a variant; the room is left filled for it."""
    constant, top = k.set_up(cells, variants, charged, v, room)
    _, net, _, held, paid = room
    cell, first = variants.cell[v], variants.first[v]
    paths, weeks = net.shape
    pack, moq, salvage = cells.pack[cell], cells.moq[cell], cells.salvage[cell]
    loss = cells.price[cell] - salvage + cells.penalty[cell] + charged.svc[cells.channel[cell]]
    table, go = np.empty((weeks, top + 1)), np.empty((weeks + 1, top + 1))
    dp.shortage_table(net, first, pack, loss, held, omega[v], table)
    dp.follow_tables(first, pack, moq, salvage, held, paid, table, go)
    tail, mass, owed = np.zeros(weeks + 1), np.zeros((weeks + 1, paths)), np.zeros((weeks, paths))
    for t in range(weeks - 1, -1, -1):
        tail[t] = tail[t + 1] + held[t]
    for t in range(first, weeks):
        for s in range(paths):
            mass[t + 1, s] = mass[t, s] + omega[v, s, t]
            owed[t, s] = net[s, t]
    return Tree(owed, mass, tail, table, go, held, paid, constant, loss, pack, moq, first)


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
def _branch(tree: Any, nodes: Any, node: int, count: int, floor: float, is_list: bool, heap: Any, now: Any) -> Any:
    """Adds the children of a node that may be worth more than `floor`; nodes there are then, floor, best leaf (or −1).

    Unless all are to be listed, a leaf raises the floor to its own worth.
    """
    paths, weeks, top = tree.owed.shape[1], len(tree.table), tree.table.shape[1] - 1
    t, level, leaf, behind = nodes.week[node], nodes.level[node], -1, 0.0
    for s in range(paths):
        behind += tree.mass[t, s] * nodes.worst[node, s]
    behind *= (tree.loss + tree.tail[t]) / paths
    for j in range(level, top + 1):
        if level < j < level + tree.moq:
            continue
        money = nodes.spent[node] - tree.paid[t] * (j - level) - tree.held[t] * tree.pack * j
        if tree.constant + money - behind - tree.table[t, j] + tree.go[t + 1, j] <= floor:
            continue
        total, weighted = _weigh(nodes.worst[node], tree.owed[t], tree.pack * j, tree.mass[t + 1], now)
        money -= tree.held[t] * total / paths
        upper = tree.constant + money - weighted * (tree.loss + tree.tail[t + 1]) / paths + tree.go[t + 1, j]
        if upper <= floor:
            continue
        nodes.level[count], nodes.week[count], nodes.parent[count], nodes.spent[count] = j, t + 1, node, money
        nodes.worst[count] = now
        if t + 1 == weeks and not is_list:
            floor, leaf = upper, count
        else:
            heapq.heappush(heap, (-upper, count))
        count += 1
    return count, floor, leaf


@njit(cache=True)
def _walk_back(nodes: Any, node: int, path: Any) -> None:
    """Packs that arrive by week on the way to a node (T)."""
    path[:] = 0
    while nodes.parent[node] >= 0:
        path[nodes.week[node] - 1] = nodes.level[node] - nodes.level[nodes.parent[node]]
        node = nodes.parent[node]


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
    room, nodes = k.room_of(cells), _nodes_of(max(most * 8, 4096), paths)
    path, out, now = np.zeros(weeks, dtype=np.int64), np.empty(weeks + 2), np.zeros(paths)
    for v in chosen:
        cell, first = variants.cell[v], variants.first[v]
        if value[v] - exact[v] <= close * abs(value[v]) or first >= weeks:
            continue
        tree = _tree_of(cells, variants, charged, v, omega, room)
        top = tree.table.shape[1] - 1
        nodes.level[0], nodes.week[0], nodes.parent[0], nodes.spent[0] = 0, first, -1, 0.0
        nodes.worst[0] = 0
        heap = [(-min(value[v], tree.constant + tree.go[first, 0]), 0)]
        count, opened, floor = 1, 0, exact[v]
        best_node, bound = -1, value[v]
        while len(heap) > 0:
            bound = -heap[0][0]
            if bound <= floor + close * abs(bound):
                break
            if opened >= most or count + top + 2 > len(nodes.level):
                break
            node = heapq.heappop(heap)[1]
            opened += 1
            count, floor, leaf = _branch(tree, nodes, node, count, floor, False, heap, now)
            best_node = leaf if leaf >= 0 else best_node
        if len(heap) == 0:
            bound = floor
        value[v] = min(value[v], max(bound, floor))
        if best_node >= 0:
            _walk_back(nodes, best_node, path)
            _, net, lost, held, paid = room
            exact[v] = k.exact_value(cells, charged, cell, first, net, lost, held, paid, path, out)
            arriving[v] = path
            parts[v] = out
            value[v] = max(value[v], exact[v])


@njit(cache=True)
def nearest_orders(
    cells: Any, variants: Any, charged: Any, v: int, omega: Any, least: float, found: Any, parts: Any
) -> tuple[int, bool]:
    """Fills arrivals (most, T) and parts (most, T + 2) of a variant with all that are worth at least `least`, best first.

    Returns how many there are, and whether they are all of them.
    """
    most, weeks = found.shape
    first, room = variants.first[v], k.room_of(cells)
    tree = _tree_of(cells, variants, charged, v, omega, room)
    _, net, lost, held, paid = room
    nodes, now = _nodes_of(max(32 * most, 4096), len(lost)), np.zeros(len(lost))
    nodes.week[0], nodes.parent[0] = first, -1
    start = tree.constant + tree.go[first, 0] if first < weeks else np.inf
    heap, listed, count = [(-start, 0)], 0, 1
    while len(heap) > 0 and -heap[0][0] > least:
        node = heapq.heappop(heap)[1]
        if nodes.week[node] >= weeks:
            if listed == most:
                return listed, False
            _walk_back(nodes, node, found[listed])
            k.exact_value(cells, charged, variants.cell[v], first, net, lost, held, paid, found[listed], parts[listed])
            listed += 1
            continue
        if count + tree.table.shape[1] + 1 > len(nodes.level):
            return listed, False
        count, _, _ = _branch(tree, nodes, node, count, least, True, heap, now)
    return listed, True
