"""Bins of units in which forests keep what sold, and how quantiles and means are read off shares by bin."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from contracts.predictions import QUANTILES

Floats = NDArray[np.float64]
# Counts are kept exactly up to 40, then in steps of an eighth: fine enough for any quantile we state.
_EDGES = np.unique(np.concatenate([np.arange(41.0), np.round(40.0 * 1.125 ** np.arange(1, 80))]))
BINS = len(_EDGES)


def bins_of(sold: Floats) -> NDArray[np.int64]:
    """Number of the bin of each count, from 0; of the shape given."""
    return np.asarray(np.clip(np.searchsorted(_EDGES, sold, side="right") - 1, 0, None), dtype=np.int64)


def mean_units(bins: NDArray[np.integer], sold: Floats) -> Floats:
    """Mean of what sold in each bin, its lower edge where nothing fell into it; shape (bins,)."""
    count = np.bincount(bins, minlength=BINS)
    means = np.where(count > 0, np.bincount(bins, sold, BINS) / np.maximum(count, 1), _EDGES)
    return np.asarray(means, dtype=np.float64)


def read_off(shares: Floats, units: Floats) -> tuple[Floats, Floats]:
    """Quantiles, shape (rows, levels), and means of shares by bin, shape (rows, bins), of these units each."""
    reached = np.cumsum(shares, axis=1)
    at = np.stack([(reached < level - 1e-6).sum(axis=1) for level in QUANTILES], axis=1)
    return units[np.minimum(at, len(units) - 1)], shares @ units
