"""Implicit alternating least squares (Hu, Koren and Volinsky 2008), by the library `implicit`.

A purchase is a preference of 1 held with confidence `1 + a·ln(1 + baskets)`, everything else one of 0 held with
confidence 1: minimise `Σ c·(p − u·v)² + λ·(Σ|u|² + Σ|v|²)`. How much a customer buys and how well a product sells are
biases of their own, beside it in the head.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.config import MlConfig
from ml.response.factors import MOST_FACTORS, Factors, factors_of, learn_factors
from ml.response.recommender import Recommender

Floats = NDArray[np.float64]
_CONFIDENCE, _PENALTY, _ROUNDS = 10.0, 1.0, 8


def factorise(matrix: Any, config: MlConfig, most: int = MOST_FACTORS, rounds: int = _ROUNDS) -> tuple[Floats, Floats]:
    """Factors of customers and products, at most so many; one thread, so that sums are the same on every machine."""
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(
            factors=min(most, factors_of(matrix)),
            regularization=_PENALTY,
            alpha=_CONFIDENCE,
            iterations=rounds,
            num_threads=1,
            random_state=config.seed,
        )
        model.fit(matrix.astype(np.float32), show_progress=False)
    return np.asarray(model.user_factors, dtype=np.float64), np.asarray(model.item_factors, dtype=np.float64)


def als() -> Recommender:
    """The factorisation as a response model."""
    facts = {"factors": MOST_FACTORS, "confidence": _CONFIDENCE, "penalty": _PENALTY, "rounds": _ROUNDS}
    return Recommender("als", partial(learn_factors, factorise), Factors.from_arrays, facts)
