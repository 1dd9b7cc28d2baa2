"""The step of the dynamic programme: from every level of cumulative packs to the best level of the next week.

Lives here: one order's best size at a price a pack, and at two prices where some packs are held. Does not live here: the
programme over weeks (`model.py`), what is held (`frozen.py`).
"""

from __future__ import annotations

import numpy as np

from optimization.instance import Floats, Ints

_NEVER = -1e18


def jump(stay: Floats, paid: Floats, moq: Ints) -> tuple[Floats, Ints]:
    """Best value and next level from every level: stay, or rise by at least `moq` levels and pay."""
    gain = stay - paid
    best = np.maximum.accumulate(gain[:, ::-1], axis=1)[:, ::-1]
    top = gain.shape[1] - 1
    where = np.where(gain == best, np.arange(top + 1)[None, :], top + 1)
    where = np.minimum.accumulate(where[:, ::-1], axis=1)[:, ::-1]
    if (moq > 1).any():
        step = np.arange(top + 1)[None, :] + np.maximum(moq, 1)[:, None]
        reach = np.minimum(step, top)
        rise = np.where(step <= top, np.take_along_axis(best, reach, axis=1), _NEVER)
        where = np.where(rise > gain, np.take_along_axis(where, reach, axis=1), np.arange(top + 1)[None, :])
        best = np.maximum(rise, gain)
    return best + paid, where


def held_jump(stay: Floats, paid: Floats, moq: Ints, held: Ints, bonus: Floats) -> tuple[Floats, Ints]:
    """`jump` where each of the first `held` packs of the order pays `bonus` back (b rows).

    An order is none, or one of `moq` to `held` − 1, where every pack pays back, or a larger one, where `held` packs do.
    """
    best, where = jump(stay, paid, moq)
    rows = np.flatnonzero((held > 0) & (bonus > 0))
    if not len(rows):
        return best, where
    stay, paid, held, back = stay[rows], paid[rows], held[rows], bonus[rows][:, None]
    top, level = stay.shape[1] - 1, np.arange(stay.shape[1])
    least = np.maximum(moq[rows], 1)
    found, at = stay, np.broadcast_to(level, stay.shape)
    cheap = stay - paid + back * level
    for gain, add, low, count in (
        (cheap, paid - back * level, least, held - least),
        (stay - paid, paid + back * held[:, None], np.maximum(held, least), np.full(len(rows), top + 1)),
    ):
        value, reached = _best_within(gain, low, np.maximum(count, 0))
        better = value + add > found
        found, at = np.where(better, value + add, found), np.where(better, reached, at)
    best[rows], where[rows] = found, at
    return best, where


def _best_within(gain: Floats, low: Ints, count: Ints) -> tuple[Floats, Ints]:
    """Best gain among the `count` levels from `low` above each level on, and the first level that has it (b, K + 1).

    The window is put together of blocks of powers of two, of which block j holds the best of 2^j levels.
    """
    top = gain.shape[1] - 1
    value, index = gain, np.broadcast_to(np.arange(top + 1), gain.shape)
    start = np.arange(top + 1)[None, :] + low[:, None]
    best, where, size = np.full(gain.shape, _NEVER), np.zeros(gain.shape, dtype=np.int64), 1
    left = np.minimum(count, top + 1)
    while (left >= size).any():
        taken = (left & size > 0)[:, None]
        at = np.minimum(start, top)
        block = np.where(taken & (start <= top), np.take_along_axis(value, at, axis=1), _NEVER)
        better = block > best
        where = np.where(better, np.take_along_axis(index, at, axis=1), where)
        best, start = np.where(better, block, best), start + np.where(taken, size, 0)
        right = np.minimum(np.arange(top + 1) + size, top)
        further = value[:, right] > value
        value, index = np.where(further, value[:, right], value), np.where(further, index[:, right], index)
        size *= 2
    return best, where
