"""How good a forecast or a score is: pure functions of arrays, weights welcome.

Which rows are compared, and at what level they are summed, is decided by the caller
(`ml.demand.scores`, `ml.response`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
# A unit that costs half, a quarter and a tenth of its price.
NEWSVENDOR_RATIOS = (0.5, 0.75, 0.9)


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


def mean_squared_error(actual: ArrayLike, predicted: ArrayLike) -> float:
    """Mean squared error, in units squared."""
    return float(((_floats(actual) - _floats(predicted)) ** 2).mean()) if len(_floats(actual)) else float("nan")


def root_mean_squared_scaled_error(
    actual: ArrayLike, predicted: ArrayLike, series: ArrayLike, scale: ArrayLike
) -> float:
    """RMSSE: the root of each series' mean squared error over its scale, averaged over series.

    Below 1 is better than saying last week's units again.

    Args:
        actual: Units sold, one a line.
        predicted: Mean forecast of each line.
        series: Name of each line's series.
        scale: Mean squared change of its series from week to week; lines of 0 or NaN are left out.

    >>> root_mean_squared_scaled_error([1.0, 5.0, 2.0], [3.0, 5.0, 1.0], ["a", "a", "b"], [2.0, 2.0, 4.0])
    0.75
    """
    changes = _floats(scale)
    held = changes > 0
    if not held.any():
        return float("nan")
    ratio = ((_floats(actual) - _floats(predicted)) ** 2)[held] / changes[held]
    _, group = np.unique(np.asarray(series)[held], return_inverse=True)
    return float(np.sqrt(np.bincount(group, weights=ratio) / np.bincount(group)).mean())


def quantile_at(quantiles: ArrayLike, predicted: ArrayLike, level: float) -> Floats:
    """Units at a level of each row, linear between the levels stated and level beyond their ends.

    Args:
        quantiles: Levels stated, rising; shape (n_q,).
        predicted: Units by quantile; shape (n, n_q).
        level: Level wanted.

    >>> quantile_at([0.5, 0.9], [[10.0, 14.0]], 0.7).tolist()
    [12.0]
    """
    stated, units = _floats(quantiles), _floats(predicted)
    above = int(np.clip(np.searchsorted(stated, level), 1, len(stated) - 1))
    share = np.clip((level - stated[above - 1]) / (stated[above] - stated[above - 1]), 0.0, 1.0)
    return np.asarray(units[:, above - 1] * (1.0 - share) + units[:, above] * share)


def oracle_share(
    actual: ArrayLike, predicted: ArrayLike, quantiles: ArrayLike, ratios: Sequence[float] = NEWSVENDOR_RATIOS
) -> float:
    """Profit of a newsvendor who orders the forecast over that of one who knew: 1 is perfect foresight.

    A unit sells at 1, costs `1 − q*` and is worth nothing the week after, so that the `q*` quantile is what to
    order: `Σ (min(Q, D) − (1 − q*)·Q) / Σ q*·D`, the mean over `q*`.

    Args:
        actual: Units demanded, one a line; shape (n,).
        predicted: Units by quantile; shape (n, n_q).
        quantiles: Levels of the forecast, rising; shape (n_q,).
        ratios: The critical ratios `q*`.

    >>> oracle_share([10.0], [[8.0, 12.0]], [0.25, 0.75], ratios=(0.75,))
    0.9333333333333333
    """
    demand = _floats(actual)
    if demand.sum() <= 0:
        return float("nan")
    shares = []
    for ratio in ratios:
        ordered = quantile_at(quantiles, predicted, ratio)
        profit = np.minimum(ordered, demand) - (1.0 - ratio) * ordered
        shares.append(profit.sum() / (ratio * demand.sum()))
    return float(np.mean(shares))


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


def rightly_ordered(label: ArrayLike, score: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """Of each row, the share of the other class, by weight, against which its score orders it rightly; ties half.

    The weighted mean over either class is the AUC. NaN where there is no other class.

    >>> rightly_ordered([1, 0, 0], [0.9, 0.1, 0.9], [1.0, 3.0, 1.0]).tolist()
    [0.875, 1.0, 0.5]
    """
    bought, rank, weight = _floats(label), _floats(score), _weights(weights, _floats(label))
    _, group = np.unique(rank, return_inverse=True)
    if not len(group):
        return np.empty(0)
    positive, negative = (
        np.bincount(group, weights=weight * bought),
        np.bincount(group, weights=weight * (1.0 - bought)),
    )
    above = positive.sum() - np.cumsum(positive) + positive / 2.0
    below = np.cumsum(negative) - negative / 2.0
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(bought > 0, (below / negative.sum())[group], (above / positive.sum())[group]))


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


def mean_of_clusters(values: ArrayLike, clusters: ArrayLike) -> tuple[float, float]:
    """Mean of values, and its standard error when whole clusters are drawn anew.

    With `r` the sum of a cluster's distances from the mean, over `n` values in `k` clusters: `√(k/(k−1) · Σ r²) / n`.

    Args:
        values: One a row.
        clusters: Name of each row's cluster, such as its customer.

    >>> mean_of_clusters([1.0, 3.0, 5.0], ["a", "b", "b"])
    (3.0, 0.9428090415820635)
    """
    own = _floats(values)
    mean = float(own.mean())
    _, group = np.unique(np.asarray(clusters), return_inverse=True)
    apart = np.bincount(group, weights=own - mean)
    count = len(apart)
    error = np.sqrt(count / (count - 1) * (apart**2).sum()) / len(own) if count > 1 else float("inf")
    return mean, float(error)
