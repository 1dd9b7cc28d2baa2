"""Compiled loops over variants: demand, the relaxed dynamic programme, exact value, weights.

The formulas are `model.py`'s. One call works through many variants one after the other, in one thread, so that the
same input gives the same bytes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from optimization.instance import Floats, Ints
from optimization.network.instance import Demand, NetworkInstance

_NEVER = -1e18


class Cells(NamedTuple):
    """Terms by cell (n), and demand (n, S, T)."""

    demand: Demand
    on_hand: Ints
    price: Floats
    unit_cost: Floats
    salvage: Floats
    hold: Floats
    penalty: Floats
    volume: Floats
    pack: Ints
    moq: Ints
    lead: Ints
    location: Ints
    channel: Ints
    boost: Floats
    gamma: Floats
    floor: Floats


class Charged(NamedTuple):
    """Prices of the limits that cells use: budget (T), storage (L, T), fill by channel (C)."""

    budget: Floats
    storage: Floats
    svc: Floats


def cells_of(instance: NetworkInstance) -> Cells:
    """Terms by cell."""
    p = instance.cell_product
    return Cells(
        instance.demand,
        instance.on_hand,
        instance.price[p],
        instance.unit_cost[p],
        instance.salvage[p],
        instance.hold[p],
        instance.penalty[p],
        instance.volume[p],
        instance.pack[p],
        np.maximum(instance.moq_packs[p], 1),
        instance.lead[p],
        instance.cell_location.copy(),
        instance.cell_channel,
        instance.boost[p],
        instance.gamma[p],
        instance.fill_floor[instance.cell_channel],
    )


@njit(cache=True)
def fill_demand(cells: Any, variants: Any, v: int, out: Any) -> None:
    """Demand of a variant by scenario and calendar week (S, T)."""
    cell, launch = variants.cell[v], variants.launch[v]
    paths, weeks = out.shape
    for s in range(paths):
        for t in range(weeks):
            out[s, t] = 0
            if launch >= 0 and t >= launch:
                d = cells.demand[cell, s, t - launch]
                if t < launch + variants.exposed[v]:
                    d = int(np.floor(d * (1.0 + cells.boost[cell]) + 0.5))
                out[s, t] = d
    for k in range(variants.taker_start[v], variants.taker_start[v + 1]):
        taker, start = variants.taker_cell[k], variants.taker_launch[k]
        for s in range(paths):
            for t in range(start, weeks):
                d = cells.demand[taker, s, t - start]
                if t < start + variants.taker_exposed[k]:
                    d = int(np.floor(d * (1.0 + cells.boost[taker]) + 0.5))
                out[s, t] -= int(np.floor(cells.gamma[taker] * d + 0.5))
    if variants.taker_start[v + 1] > variants.taker_start[v]:
        for s in range(paths):
            for t in range(weeks):
                out[s, t] = max(out[s, t], 0)


@njit(cache=True)
def owed_of(demand: Any, on_hand: int, first: int, net: Any, lost: Any) -> None:
    """Turns demand into what orders must cover.

    net_{s,t} = D_{s,t} − ℓ_s − on_hand, summed through t, with ℓ_s the loss before orders can arrive (lost, S).
    """
    paths, weeks = demand.shape
    for s in range(paths):
        total, worst = 0, 0
        for t in range(weeks):
            total += demand[s, t]
            net[s, t] = total - on_hand
            if t < first:
                worst = max(worst, net[s, t])
        lost[s] = worst
        for t in range(first, weeks):
            net[s, t] -= worst


@njit(cache=True)
def levels_of(net: Any, first: int, pack: int, moq: int) -> int:
    """Levels of cumulative packs beyond which nothing is gained."""
    paths, weeks = net.shape
    top = 0
    for s in range(paths):
        for t in range(first, weeks):
            top = max(top, net[s, t])
    return 0 if top == 0 else (top + pack - 1) // pack + moq - 1


@njit(cache=True)
def held_price(cells: Any, charged: Any, cell: int, out: Any) -> None:
    """Price of a unit held at the end of each week, storage priced in (T)."""
    for t in range(len(out)):
        out[t] = cells.hold[cell] + cells.volume[cell] * charged.storage[cells.location[cell], t]


@njit(cache=True)
def arrival_price(cells: Any, charged: Any, cell: int, out: Any) -> None:
    """Price of a pack that arrives in each week, the budget of its order week priced in (T)."""
    lead, money = cells.lead[cell], cells.unit_cost[cell] * cells.pack[cell]
    for t in range(len(out)):
        out[t] = money * (1.0 + charged.budget[t - lead]) if t >= lead else 1e18


@njit(cache=True)
def exact_value(
    cells: Any, charged: Any, cell: int, first: int, net: Any, lost: Any, held: Any, paid: Any, arriving: Any, out: Any
) -> float:
    """Priced profit of arrivals (T) with lost sales as they are; `out` gets mean stock by week (T), lost, demanded."""
    paths, weeks = net.shape
    pack, on_hand = cells.pack[cell], cells.on_hand[cell]
    for t in range(weeks):
        out[t] = 0.0
    total_lost, total_demand, supply = 0, 0, 0
    for s in range(paths):
        worst, came, before = 0, 0, 0
        for t in range(weeks):
            if t < first:
                worst = max(worst, net[s, t])
                out[t] += worst - net[s, t]
                before = worst
            else:
                came += arriving[t] * pack
                worst = max(worst, net[s, t] - came + before)
                out[t] += worst - before - net[s, t] + came
        total_lost += worst
        total_demand += net[s, weeks - 1] + on_hand + (lost[s] if first < weeks else 0)
    money = 0.0
    for t in range(weeks):
        out[t] /= paths
        money -= held[t] * out[t]
        if arriving[t] > 0:
            money -= paid[t] * arriving[t]
            supply += arriving[t] * pack
    unmet, wanted = total_lost / paths, total_demand / paths
    out[weeks], out[weeks + 1] = unmet, wanted
    sigma = charged.svc[cells.channel[cell]]
    money += cells.price[cell] * (wanted - unmet) + cells.salvage[cell] * (on_hand + supply - wanted + unmet)
    money -= (cells.penalty[cell] + sigma) * unmet
    return money + sigma * (1.0 - cells.floor[cell]) * wanted


@njit(cache=True)
def shortage_table(net: Any, first: int, pack: int, loss: float, held: Any, omega: Any, table: Any) -> None:
    """Cost of shortage by week and level, E_s c_{s,t}·(net_{s,t} − pack·k)^+ (T, K + 1), from the first arrival on."""
    paths, weeks = net.shape
    top = table.shape[1] - 1
    above, below = np.empty(top + 2), np.empty(top + 2)
    tail = np.zeros(weeks + 1)
    for t in range(weeks - 1, -1, -1):
        tail[t] = tail[t + 1] + held[t]
    later = np.zeros(paths)
    for t in range(weeks - 1, first - 1, -1):
        above[:] = 0.0
        below[:] = 0.0
        for s in range(paths):
            cost = (loss + tail[t]) * omega[s, t] + held[t] * later[s]
            later[s] += omega[s, t]
            if net[s, t] > 0:
                k = min((net[s, t] + pack - 1) // pack, top + 1)
                above[k] += cost * net[s, t]
                below[k] += cost
        owed, short = above[top + 1], below[top + 1]
        for k in range(top, -1, -1):
            table[t, k] = (owed - pack * k * short) / paths
            owed += above[k]
            short += below[k]


@njit(cache=True)
def follow_tables(first: int, pack: int, moq: int, salvage: float, held: Any, paid: Any, table: Any, go: Any) -> None:
    """Best value from each week on, by level before the week's arrival (T + 1, K + 1)."""
    weeks, top = table.shape[0], table.shape[1] - 1
    gain = np.empty(top + 2)
    for k in range(top + 1):
        go[weeks, k] = salvage * pack * k
    for t in range(weeks - 1, first - 1, -1):
        gain[top + 1] = _NEVER
        for k in range(top, -1, -1):
            stay = go[t + 1, k] - held[t] * pack * k - table[t, k]
            gain[k] = max(gain[k + 1], stay - paid[t] * k)
            go[t, k] = stay
            if k + moq <= top:
                go[t, k] = max(stay, gain[k + moq] + paid[t] * k)


@njit(cache=True)
def best_path(first: int, pack: int, moq: int, held: Any, paid: Any, table: Any, go: Any, arriving: Any) -> None:
    """Packs that arrive in each week on the relaxed optimum (T)."""
    weeks, top = table.shape[0], table.shape[1] - 1
    k = 0
    arriving[:] = 0
    for t in range(first, weeks):
        best, to = go[t + 1, k] - held[t] * pack * k - table[t, k], k
        for j in range(k + moq, top + 1):
            value = go[t + 1, j] - held[t] * pack * j - table[t, j] - paid[t] * (j - k)
            if value > best + 1e-9:
                best, to = value, j
        arriving[t] = to - k
        k = to


@njit(cache=True)
def start_weights(first: int, omega: Any) -> None:
    """ω to start from: half on the last week, half spread over the weeks from the first arrival (S, T)."""
    paths, weeks = omega.shape
    for s in range(paths):
        for t in range(weeks):
            omega[s, t] = 0.5 / (weeks - first) if t >= first else 0.0
        omega[s, weeks - 1] += 0.5


@njit(cache=True)
def move_weights(net: Any, first: int, pack: int, arriving: Any, step: float, omega: Any) -> None:
    """ω moved, path by path, towards the weeks that lose most under these arrivals."""
    paths, weeks = net.shape
    short = np.zeros((paths, weeks))
    most = np.zeros(paths)
    for s in range(paths):
        came = 0
        for t in range(first, weeks):
            came += arriving[t] * pack
            short[s, t] = max(net[s, t] - came, 0)
            most[s] = max(most[s], short[s, t])
    mean = most.mean()
    for s in range(paths):
        if most[s] == 0.0:
            continue
        scale, total = step / (0.5 * most[s] + 0.5 * mean + 1e-9), 0.0
        for t in range(first, weeks):
            moved = max(omega[s, t] * np.exp((short[s, t] - most[s]) * scale), 1e-6)
            omega[s, t] = moved
            total += moved
        for t in range(first, weeks):
            omega[s, t] /= total


@njit(cache=True)
def constant_of(cells: Any, charged: Any, cell: int, first: int, net: Any, lost: Any, held: Any) -> float:
    """Priced profit that no order changes.

    (price − v)·E D + Σ_t held_t·E(D_t − on_hand − loss before a) − (loss)·E ℓ + v·on_hand + fill's own, where
    shortages after the first arrival a are left to the table.
    """
    paths, weeks = net.shape
    on_hand, value = cells.on_hand[cell], cells.salvage[cell]
    sigma = charged.svc[cells.channel[cell]]
    loss = cells.price[cell] - value + cells.penalty[cell] + sigma
    money = 0.0
    for s in range(paths):
        worst = 0
        for t in range(weeks):
            if t < first:
                worst = max(worst, net[s, t])
                money -= held[t] * (worst - net[s, t])
            else:
                money += held[t] * net[s, t]
        known = lost[s] if first < weeks else worst
        demand = net[s, weeks - 1] + on_hand + (known if first < weeks else 0)
        money += (cells.price[cell] - value + sigma * (1.0 - cells.floor[cell])) * demand - loss * known
    return money / paths + value * on_hand
