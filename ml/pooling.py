"""Ratios of sums by group, each pulled to the ratio over all groups as far as chance could have moved it.

The ratio of a group is `r = Σ above / Σ below` over its members. It is pulled to the same over all members by how far
chance moves `r` beside how far groups differ (empirical Bayes, as in DerSimonian & Laird 1986). How far chance moves the
outcome is drawn anew from the members, those of a cluster together (bootstrap by clusters).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_DRAWS = 500
_INTERVAL = (0.05, 0.95)


def pooled_ratio(above: Floats, below: Floats, cluster: Ints, group: Ints, seed: int) -> Floats:
    """Ratio by group, and of a group without members; not held to any bounds.

    Args:
        above: Numerator of each member.
        below: Denominator of each member.
        cluster: Number of its cluster: members that are held to the same rest share its chance.
        group: Its group, from 0, none left out.
        seed: Of the draws.

    Returns:
        Shape (3, groups + 1): the estimate, and the ends of its 90 % interval.
    """
    rng = np.random.default_rng(seed)
    names, number = np.unique(cluster, return_inverse=True)
    drawn = rng.multinomial(len(names), np.full(len(names), 1.0 / len(names)), _DRAWS)
    times = np.vstack([np.ones(len(number)), drawn[:, number]])
    parts = np.stack([np.ones(len(above)), above, below, above**2, above * below, below**2], axis=1)
    members = np.eye(int(group.max()) + 1)[group]
    found = _shrunk(np.einsum("bl,lg,lk->bgk", times, members, parts, optimize=True))
    return np.vstack([found[0], np.quantile(found[1:], _INTERVAL, axis=0)])


def _shrunk(sums: Floats) -> Floats:
    """Ratios by draw and group, that of all last; from sums (draws, groups, 6) of 1, a, b, a², a·b and b²."""
    count, above, below, above_2, both, below_2 = np.moveaxis(sums, -1, 0)
    mean = (above.sum(axis=1) / below.sum(axis=1))[:, None]
    own = np.where(below > 0, above / np.where(below > 0, below, 1.0), mean)
    strayed = np.maximum(above_2 - 2 * own * both + own**2 * below_2, 0.0).sum(axis=1)
    freedom = np.maximum(count.sum(axis=1) - (count > 0).sum(axis=1), 1.0)
    variance = (strayed / freedom)[:, None] * count / np.where(below > 0, below, np.inf) ** 2
    weight = np.where(variance > 0, 1.0 / np.where(variance > 0, variance, 1.0), 0.0)
    total = weight.sum(axis=1)
    spread = (weight * (own - mean) ** 2).sum(axis=1) - ((weight > 0).sum(axis=1) - 1)
    scale = total - np.divide((weight**2).sum(axis=1), total, out=np.zeros_like(total), where=total > 0)
    between = np.maximum(np.divide(spread, scale, out=np.zeros_like(total), where=scale > 0), 0.0)[:, None]
    pull = np.where(variance + between > 0, between / np.where(variance + between > 0, variance + between, 1.0), 0.0)
    return np.hstack([pull * own + (1.0 - pull) * mean, mean])
