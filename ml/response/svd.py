"""Truncated singular value decomposition of what customers bought: `ln(1 + baskets) ≈ U S Vᵀ`."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.config import MlConfig
from ml.response.factors import Factors, learn_factors
from ml.response.recommender import Recommender

Floats = NDArray[np.float64]
# From 16 to 64 rank alike on weeks that are not reported.
_FACTORS = 32


def factorise(matrix: Any, config: MlConfig) -> tuple[Floats, Floats]:
    """`U S` of customers and `V` of products; the same for the same seed."""
    from sklearn.decomposition import TruncatedSVD

    size = min(_FACTORS, min(matrix.shape) - 1)
    model = TruncatedSVD(size, algorithm="arpack", random_state=config.seed)
    users = model.fit_transform(matrix)
    return users, model.components_.T


def svd() -> Recommender:
    """The factorisation as a response model."""
    return Recommender("svd", partial(learn_factors, factorise), Factors.from_arrays, {"factors": _FACTORS})
