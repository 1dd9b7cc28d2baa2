"""Random numbers by key: the same entry draws the same number whatever else is drawn.

`streams.py` gives a use its own numbers in a row, so that one entry more moves all that follow. Where worlds that
differ in a decision must be compared line by line, each line's number follows from what it is instead.
"""

from __future__ import annotations

import numpy as np

from shop.parts import Floats, Ints

# SplitMix64 (Steele, Lea and Flood 2014): step, the two factors, and the three shifts of its finaliser.
_STEP = np.uint64(0x9E3779B97F4A7C15)
_FACTORS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31))


def keyed_uniforms(salt: int, *keys: Ints) -> Floats:
    """(n,) numbers in [0, 1), one for each tuple of n keys.

    Args:
        salt: Names the use; 0 … 2^63 − 1.
        keys: Arrays of n integers.

    >>> first, again = keyed_uniforms(5, np.array([3, 3]), np.array([1, 1]))
    >>> bool(first == again), bool(first == keyed_uniforms(6, np.array([3]), np.array([1]))[0])
    (True, False)
    """
    state = np.full(len(keys[0]), salt, dtype=np.uint64)
    for key in keys:
        state = (state ^ key.astype(np.uint64)) + _STEP
        state = (state ^ (state >> _SHIFTS[0])) * _FACTORS[0]
        state = (state ^ (state >> _SHIFTS[1])) * _FACTORS[1]
        state ^= state >> _SHIFTS[2]
    return (state >> np.uint64(11)).astype(np.float64) * 2.0**-53
