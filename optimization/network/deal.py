"""A plan of a large network from a bundle's cuts: each group is dealt one of the answers met, by the cuts' shares.

The shares keep every limit in sum over a bundle. Dealing them to groups of a bundle in the order of their worth, evenly
(a golden-section sequence), keeps the limits up to the few groups at the seams, which repair and single packs mend.
"""

from __future__ import annotations

import numpy as np

from optimization.instance import Floats, Ints
from optimization.network.bundle import Cut, minimum
from optimization.network.problem import Problem, price_scales

_GOLDEN = 0.6180339887498949
_WIDE = 50.0


def shares_of(problem: Problem, cuts: list[Cut], prices: Floats) -> Floats | None:
    """Share of each cut in each bundle's best mix under the limits (K, B); None when GLOP gives up.

    Prices may rise to `_WIDE` times what is noticeable: beyond that a broken limit is cheaper.
    """
    box = _WIDE * np.maximum(prices, price_scales(problem)[0])
    found = minimum(problem, cuts, prices, box)
    return None if found is None else found.share


def deal(problem: Problem, bundle: Ints, share: Floats) -> Ints:
    """The cut whose answer each group gets (groups).

    Args:
        problem: The problem.
        bundle: Of each group (groups).
        share: Of each cut in each bundle (K, B).
    """
    order = np.lexsort((problem.worth, bundle))
    start = np.searchsorted(bundle[order], np.arange(share.shape[1]))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - start[bundle[order]]
    at = np.mod(0.5 + (rank + 1) * _GOLDEN, 1.0)
    upto = np.cumsum(share, axis=0) / np.maximum(share.sum(axis=0), 1e-12)
    return np.asarray(np.minimum((upto[:, bundle] < at).sum(axis=0), len(share) - 1), dtype=np.int64)
