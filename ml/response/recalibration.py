"""From what a model says to what then happens: its calibration when trained, and its correction when used.

When trained, a model's log-odds are fitted to population rates on the latest training weeks
(`fit_calibration`). When used, its backtest says by how much it was off for planned launches, and how far
single ones strayed (`correction`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.response.interface import Calibration, FittedResponse
from ml.response.sample import HELD_WEEKS, Sample

Floats = NDArray[np.float64]
# Purchases, or clicks, that speak for a factor of 1.
_PRIOR_EVENTS = 20.0
# Relative variance of a launch's rate when no backtest has one, and the range that is believed otherwise.
_PRIOR_VARIANCE, _LEAST_VARIANCE, _MOST_VARIANCE = 1.0, 0.01, 4.0


def fit_calibration(log_odds: Floats, sample: Sample) -> Calibration:
    """Penalised logistic regression of the label on the log-odds `z`, first with a shift a channel, then without.

    The shifts `c` are those of `a + c[channel] + b·z` over all training weeks, so that a channel in which things rarely
    happen is told apart from one that holds most of the population; intercept and slope are then those of
    `c[channel] + a + b·z` over the latest weeks, because rates drift. Each shift, the intercept and the slope's
    distance from 1 are penalised by half their square: about one purchase or click speaks for none. After the second
    fit, the latest weeks' predicted events are the actual ones less `a`. Rolled over weeks 25 to 44 of The Complete
    Journey, a level of four weeks was 8 % off in the next, one of three 8 %, of two 9 %, of one 10 %.
    """
    rows, label, weight = sample.rows, sample.label, sample.weight
    is_in = pd.get_dummies(rows["channel"].astype("str"), dtype=np.float64)
    straight = np.column_stack([np.ones(len(rows)), log_odds])
    none = np.zeros(is_in.shape[1])
    shift = _fit(np.column_stack([straight, is_in]), label, weight, np.array([0.0, 1.0, *none]), np.zeros(len(rows)))[
        2:
    ]
    recent = np.asarray(rows["week"].to_numpy() >= np.datetime64(sample.through - timedelta(weeks=HELD_WEEKS)))
    recent = recent if label[recent].sum() > 0 else np.ones(len(rows), dtype=bool)
    offset = is_in.to_numpy()[recent] @ shift
    intercept, slope = _fit(straight[recent], label[recent], weight[recent], np.array([0.0, 1.0]), offset)
    return Calibration(float(intercept), float(slope), dict(zip(is_in.columns, map(float, shift), strict=True)))


def _fit(design: Floats, label: Floats, weight: Floats, prior: Floats, offset: Floats) -> Floats:
    """The `β` that minimises `Σ w · loss(y, offset + x·β) + |β − prior|² / 2`, by Newton's method in a trust region.

    The loss is convex, but a full Newton step from where all rates are small can land where they are all large and
    flat; the region keeps steps as short as its quadratic is true.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    # Per purchase, so that the same precision is asked of a small shop and of a large one.
    unit = 1.0 / max(float((weight * label).sum()), 1.0)

    def loss(beta: Floats) -> tuple[float, Floats]:
        total = offset + design @ beta
        own = (weight * (np.logaddexp(0.0, total) - label * total)).sum() + ((beta - prior) ** 2).sum() / 2.0
        slope = design.T @ (weight * (expit(total) - label)) + (beta - prior)
        return unit * float(own), np.asarray(unit * slope)

    def bend(beta: Floats) -> Floats:
        rates = expit(offset + design @ beta)
        hessian = (design * (weight * rates * (1.0 - rates))[:, None]).T @ design + np.eye(len(prior))
        return np.asarray(unit * hessian)

    found = minimize(loss, prior, jac=True, hess=bend, method="trust-exact", options={"gtol": 1e-9, "maxiter": 200})
    return np.asarray(found.x, dtype=np.float64)


@dataclass(frozen=True)
class Correction:
    """What the backtest taught about one model's rates for launches.

    Args:
        factor: Multiplies a rate.
        variance: Variance of a launch's true rate over the square of the corrected one.
    """

    factor: float = 1.0
    variance: float = _PRIOR_VARIANCE


def correction(backtest: pd.DataFrame, fitted: FittedResponse, decision_week: date) -> Correction:
    """Factor and variance for launches, read off the planned ones of the weeks just past.

    The factor is actual over predicted purchases, or clicks, of products that were planned launches and not sold
    yet, pulled towards 1. The variance is that of a gamma distribution around the corrected rate: how far single launches
    strayed beyond counting noise, plus how far whole weeks did over all products.

    All other products need no factor: the calibration saw their latest weeks, and a second correction from the
    same weeks made later ones worse on real data. The backtest saw nothing of `decision_week` or later.
    """
    is_own = (backtest["task"] == fitted.subject) & (backtest["model"] == fitted.name)
    rows = backtest[is_own & (backtest["week"] < pd.Timestamp(decision_week))]
    counts = rows.assign(actual=rows["label"] * rows["weight"], expected=rows["score"] * rows["weight"])
    planned = counts[counts["is_planned"].astype(bool)]
    if planned.empty:
        return Correction()
    factor = pulled_ratio(planned["actual"].sum(), planned["expected"].sum())
    by_launch = planned.groupby(["product_id", "channel"])[["actual", "expected"]].sum()
    by_week = counts.groupby("week")[["actual", "expected"]].sum()
    ratios = by_week["actual"] / by_week["expected"]
    between_weeks = float((ratios / ratios.mean()).var(ddof=1)) if len(ratios) > 1 else 0.0
    variance = _excess_variance(by_launch["actual"], by_launch["expected"] * factor) + between_weeks
    return Correction(factor, float(np.clip(variance, _LEAST_VARIANCE, _MOST_VARIANCE)))


def pulled_ratio(actual: float, expected: float) -> float:
    """Actual over expected purchases, or clicks, with prior events on both sides.

    >>> pulled_ratio(180.0, 80.0)
    2.0
    """
    return float((actual + _PRIOR_EVENTS) / (expected + _PRIOR_EVENTS))


def _excess_variance(actual: pd.Series, expected: pd.Series) -> float:
    """Relative variance `v` of rates when counts are Poisson given the rate: `E(a − e)² = e + v·e²`."""
    if not expected.sum() > 0:
        return _PRIOR_VARIANCE
    excess = ((actual - expected) ** 2 - expected).sum()
    return max(0.0, float(excess / (expected**2).sum()))
