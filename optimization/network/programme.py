"""Compiled steps of the relaxed dynamic programme over cumulative packs, and of the weights ω that tighten it.

The formulas are `model.py`'s; `relax.py` and `exact.py` run the steps.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_NEVER = -1e18


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
