"""Draws and scalings that several parts of a world share. Each takes its random numbers; none makes a generator."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from shop.parts import Bools, Floats, Ints

# Arrays by the name of the `Catalogue` field that they fill.
Columns = dict[str, Any]


def standardised(values: Floats) -> Floats:
    """Values moved and stretched to mean 0 and standard deviation 1; zeros where all are equal."""
    if not values.size:
        return values
    apart = values - values.mean()
    spread = apart.std()
    return apart / spread if spread > 0 else np.zeros_like(apart)


def ranked(values: Floats) -> Floats:
    """Each value's place among all, strictly between 0 and 1.

    >>> ranked(np.array([5.0, 1.0, 9.0, 7.0])).tolist()
    [0.375, 0.125, 0.875, 0.625]
    """
    places = np.empty(len(values))
    places[np.argsort(values, kind="stable")] = np.arange(len(values)) + 0.5
    return places / len(values)


def lowest(values: Floats, share: float) -> Bools:
    """The nearest whole number of entries to `share` of them, those of the lowest values."""
    return ranked(values) < round(share * len(values)) / max(len(values), 1)


def cumulated(weights: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Weights (R, K) summed along each row and divided by its total, so that a row ends at exactly 1; same type."""
    sums = np.cumsum(weights, axis=1, dtype=weights.dtype)
    sums /= sums[:, -1:].copy()
    return sums


def pick(cumulative: npt.NDArray[np.floating], row: Ints, uniform: Floats) -> Ints:
    """For each of n draws, the column whose step of its row's cumulative shares (R, K) holds the uniform number.

    A search by halves in all draws at once: memory n, time n log K. A column of no weight is never drawn.

    >>> pick(np.array([[0.25, 0.25, 1.0]]), np.array([0, 0]), np.array([0.2, 0.25])).tolist()
    [0, 2]
    """
    columns = cumulative.shape[1]
    at = np.zeros(len(row), dtype=np.int64)
    step = 1 << (columns.bit_length() - 1)
    while step:
        last = at + step - 1
        passed = cumulative[row, np.minimum(last, columns - 1)] <= uniform
        at += step * (passed & (last < columns))
        step >>= 1
    return np.minimum(at, columns - 1)
