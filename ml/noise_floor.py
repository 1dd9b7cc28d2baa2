"""The error that is left to a forecaster who knows every line's true mean: units still fall as they fall.

Units are taken to be Poisson at the mean, the least noise that counts of independent buyers have; what buyers take
by the pair or the dozen is noisier, so a floor is no promise that it can be reached.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def poisson_pinball(mean: ArrayLike, level: float) -> Floats:
    """Expected pinball loss of the `level` quantile k of Poisson units: `q·(λ − k) + k·F(k) − λ·F(k − 1)`.

    The last two terms are the expected units below k, since `x·p(x) = λ·p(x − 1)`.

    >>> poisson_pinball([0.0, 1.0], 0.5).round(6).tolist()
    [0.0, 0.367879]
    """
    from scipy.stats import poisson

    means = np.asarray(mean, dtype=np.float64)
    sells = means > 0
    rate = means[sells]
    quantile = poisson.ppf(level, rate)
    below = quantile * poisson.cdf(quantile, rate) - rate * poisson.cdf(quantile - 1.0, rate)
    loss = np.zeros(means.shape)
    loss[sells] = level * (rate - quantile) + below
    return loss


def poisson_wpl(mean: ArrayLike, quantiles: Sequence[float]) -> float:
    """WPL expected of the true quantiles of Poisson units, as a share of expected units."""
    expected = float(np.sum(np.asarray(mean, dtype=np.float64)))
    loss = sum(float(poisson_pinball(mean, level).sum()) for level in quantiles)
    return 2.0 * loss / (len(quantiles) * expected) if expected > 0 else float("nan")


def poisson_wape(mean: ArrayLike) -> float:
    """WAPE expected of the true median of Poisson units: twice its pinball loss, as a share of expected units."""
    return poisson_wpl(mean, (0.5,))
