"""Truncated singular value decomposition of what customers bought: `ln(1 + baskets) ≈ U S Vᵀ`."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.config import MlConfig
from ml.response.factors import MOST_FACTORS, Factors, factors_of, learn_factors
from ml.response.recommender import Recommender

Floats = NDArray[np.float64]


def factorise(matrix: Any, config: MlConfig) -> tuple[Floats, Floats]:
    """`U S` of customers and `V` of products; the same for the same seed."""
    from sklearn.decomposition import TruncatedSVD

    model = TruncatedSVD(factors_of(matrix), algorithm="arpack", random_state=config.seed)
    users = model.fit_transform(matrix)
    return users, model.components_.T


def svd() -> Recommender:
    """The factorisation as a response model."""
    return Recommender("svd", partial(learn_factors, factorise), Factors.from_arrays, {"factors": MOST_FACTORS})
