"""Compiled terms of one variant: its demand, its prices, what orders earn.

The formulas are `model.py`'s. Does not live here: the relaxed dynamic programme (`programme.py`), the loops over
variants (`relax.py`, `exact.py`, `moves.py`), which go through them one after the other, in one thread, so that the
same input gives the same bytes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from optimization.instance import Floats, Ints
from optimization.network.instance import Demand, NetworkInstance


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


@njit(cache=True)
def room_of(cells: Any) -> Any:
    """Arrays that `set_up` fills: demand and net (S, T), lost (S), held and paid (T)."""
    paths, weeks = cells.demand.shape[1], cells.demand.shape[2]
    demand, net = np.zeros((paths, weeks), dtype=np.int64), np.zeros((paths, weeks), dtype=np.int64)
    return demand, net, np.zeros(paths, dtype=np.int64), np.empty(weeks), np.empty(weeks)


@njit(cache=True)
def set_up(cells: Any, variants: Any, charged: Any, v: int, room: Any) -> tuple[float, int]:
    """Fills the room for a variant at these prices; the profit that no order changes, and its levels of packs."""
    demand, net, lost, held, paid = room
    cell, first = variants.cell[v], variants.first[v]
    fill_demand(cells, variants, v, demand)
    owed_of(demand, cells.on_hand[cell], first, net, lost)
    held_price(cells, charged, cell, held)
    arrival_price(cells, charged, cell, paid)
    constant = constant_of(cells, charged, cell, first, net, lost, held)
    return constant, levels_of(net, first, cells.pack[cell], cells.moq[cell])
