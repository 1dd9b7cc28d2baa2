"""How good a forecast or a score is: pure functions of arrays, weights welcome.

Which rows are compared, and at what level they are summed, is decided by the caller
(`ml.demand.scores`, `ml.response`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)


def _weights(weights: ArrayLike | None, like: Floats) -> Floats:
    return np.ones(len(like)) if weights is None else _floats(weights)


def pinball(actual: ArrayLike, predicted: ArrayLike, quantile: ArrayLike) -> Floats:
    """Pinball loss of each row: `q·(a − p)` when the forecast is short, `(1 − q)·(p − a)` when it is long.

    >>> pinball([10.0, 10.0], [8.0, 12.0], 0.9).round(6).tolist()
    [1.8, 0.2]
    """
    gap = _floats(actual) - _floats(predicted)
    level = _floats(quantile)
    return np.maximum(level * gap, (level - 1.0) * gap)


def weighted_pinball(actual: ArrayLike, predicted: ArrayLike, quantiles: ArrayLike) -> float:
    """WPL: `2·Σ pinball / (n_q·Σ units)`, the CRPS of a grid of quantiles as a share of volume.

    Args:
        actual: Units sold, one a series; shape (n,).
        predicted: Units by quantile; shape (n, n_q).
        quantiles: Levels in (0, 1); shape (n_q,).

    >>> weighted_pinball([10.0], [[8.0, 10.0]], [0.25, 0.5])
    0.05
    """
    sold, levels = _floats(actual), _floats(quantiles)
    total = sold.sum()
    if total <= 0:
        return float("nan")
    loss = pinball(sold[:, None], _floats(predicted), levels[None, :]).sum()
    return float(2.0 * loss / (len(levels) * total))


def wape(actual: ArrayLike, predicted: ArrayLike) -> float:
    """Sum of absolute errors over units sold.

    >>> wape([4.0, 6.0], [5.0, 4.0])
    0.3
    """
    sold = _floats(actual)
    return float(np.abs(sold - _floats(predicted)).sum() / sold.sum()) if sold.sum() > 0 else float("nan")


def mean_absolute_error(actual: ArrayLike, predicted: ArrayLike) -> float:
    """Mean absolute error, in units."""
    return float(np.abs(_floats(actual) - _floats(predicted)).mean()) if len(_floats(actual)) else float("nan")


def mean_bias(actual: ArrayLike, predicted: ArrayLike) -> float:
    """Units forecast over units sold, less one: above 0 forecasts too much.

    >>> mean_bias([4.0, 6.0], [5.0, 6.0])
    0.1
    """
    sold = _floats(actual).sum()
    return round(float(_floats(predicted).sum() / sold - 1.0), 12) if sold > 0 else float("nan")


def coverage(actual: ArrayLike, low: ArrayLike, high: ArrayLike) -> float:
    """Share of rows within the interval, its ends rounded to whole units first.

    Demand comes in units: an interval from 0.4 to 1.3 stands for 0 to 1.
    """
    sold = _floats(actual)
    if not len(sold):
        return float("nan")
    return float(((sold >= np.rint(_floats(low))) & (sold <= np.rint(_floats(high)))).mean())


def weighted_auc(label: ArrayLike, score: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Probability that a positive outranks a negative, ties counted half, rows counted by weight.

    >>> weighted_auc([1, 0, 0], [0.9, 0.1, 0.9], [1.0, 3.0, 1.0])
    0.875
    """
    bought, rank, weight = _floats(label), _floats(score), _weights(weights, _floats(label))
    order = np.argsort(rank, kind="stable")
    _, group = np.unique(rank[order], return_inverse=True)
    positive = np.bincount(group, weights=(weight * bought)[order])
    negative = np.bincount(group, weights=(weight * (1.0 - bought))[order])
    if positive.sum() <= 0 or negative.sum() <= 0:
        return float("nan")
    below = np.cumsum(negative) - negative
    return float((positive * (below + negative / 2.0)).sum() / (positive.sum() * negative.sum()))


def precision_recall_auc(label: ArrayLike, score: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Average precision: precision at each score, weighted by the recall it adds.

    >>> precision_recall_auc([1, 0], [0.9, 0.1])
    1.0
    """
    bought, rank, weight = _floats(label), _floats(score), _weights(weights, _floats(label))
    order = np.argsort(-rank, kind="stable")
    _, group = np.unique(-rank[order], return_inverse=True)
    hits = np.cumsum(np.bincount(group, weights=(weight * bought)[order]))
    shown = np.cumsum(np.bincount(group, weights=weight[order]))
    if not len(hits) or hits[-1] <= 0:
        return float("nan")
    gained = np.diff(hits, prepend=0.0) / hits[-1]
    return float((gained * hits / shown).sum())


def normalised_entropy(label: ArrayLike, score: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Log loss over the log loss of always predicting the weighted base rate; below 1 knows something.

    >>> round(normalised_entropy([1, 0], [0.5, 0.5]), 6)
    1.0
    """
    bought, weight = _floats(label), _weights(weights, _floats(label))
    if not len(bought):
        return float("nan")
    rate = float((weight * bought).sum() / weight.sum())
    if rate in (0.0, 1.0):
        return float("nan")
    chance = np.clip(_floats(score), 1e-12, 1.0 - 1e-12)
    loss = -(weight * (bought * np.log(chance) + (1.0 - bought) * np.log1p(-chance))).sum() / weight.sum()
    return float(loss / -(rate * np.log(rate) + (1.0 - rate) * np.log1p(-rate)))


def calibration_ratio(label: ArrayLike, score: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Predicted over observed, both weighted: 1 is calibrated, above 1 promises too much.

    >>> calibration_ratio([1, 0, 0, 0], [0.5, 0.5, 0.0, 0.0])
    1.0
    """
    bought, weight = _floats(label), _weights(weights, _floats(label))
    seen = float((weight * bought).sum())
    return float((weight * _floats(score)).sum() / seen) if seen > 0 else float("nan")
