"""What another policy's lists would have earned, from lists that the shop's own policy filled by known chances.

A logged row i is one place of one list: context x_i (customer, channel, placement, position, and the products that stand
above it), product a_i drawn there with the logged propensity μ_i = μ(a_i | x_i), reward r_i (1 for a click, or a
purchase). The target policy would have shown a_i there with chance π_i = π(a_i | x_i). With w_i = π_i / μ_i over n rows,
the policy's value per impression V = mean over i of Σ_a π(a | x_i) E[r | x_i, a] is estimated by

    IPS    mean of w_i r_i                                                     Horvitz & Thompson 1952
    SNIPS  Σ w_i r_i / Σ w_i                                                   Swaminathan & Joachims 2015
    DR     mean of Σ_a π(a | x_i) q(x_i, a) + w_i (r_i − q(x_i, a_i))          Dudík, Langford & Li 2011

where q is a rate that was learned from earlier rows. IPS and DR have no bias whatever q is, given that μ is above 0
wherever π is; SNIPS has one of order 1 / n and less variance. V is of one place at a time: the places above stay as they
were logged. A whole list's value would need the product of its places' weights.

Intervals are V ± 1.96 standard errors. Rows of one cluster (a customer) may depend on one another, so that with the
influence e_i of a row, y_i − V for a mean of y and w_i (r_i − V) / mean(w) for SNIPS (the delta method), and m clusters c,

    variance = m / (m − 1) · Σ_c (Σ_{i in c} e_i)² / n².

They are not cut off at 0 and 1. The effective sample is (Σ w)² / Σ w² rows (Kong 1992); below one row in a hundred no
estimate is given: the answer would hang on a few rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
IPS, SNIPS, DOUBLY_ROBUST = "ips", "snips", "doubly_robust"
ESTIMATORS = (IPS, SNIPS, DOUBLY_ROBUST)
COLUMNS = ("reward", "propensity", "target", "predicted", "expected", "cluster")
LEAST_EFFECTIVE_SHARE = 0.01
# Two sides of a normal distribution that leave out 5 %.
_Z = 1.959963984540054
# Standard errors from 1 at which a mean weight says that the policy shows what could not be logged.
_FAR = 4.0


@dataclass(frozen=True)
class Estimate:
    """One estimator's answer.

    Args:
        estimator: One of `ESTIMATORS`.
        value: Clicks, or purchases, per impression; NaN where no estimate is given.
        low, high: 95 % interval of it; NaN where there is none.
        effective_share: Effective sample over rows, 0 to 1.
        rows: Logged rows.
        note: Why there is no estimate or no interval, or what to beware of; empty for neither.
    """

    estimator: str
    value: float
    low: float
    high: float
    effective_share: float
    rows: int
    note: str = ""


def estimates(logged: pd.DataFrame) -> list[Estimate]:
    """One estimate an estimator, in the order of `ESTIMATORS`.

    Args:
        logged: One row a place of a logged list: `reward`; `propensity`, with which the shop's policy showed the product
            there; `target`, with which the policy in question would; `predicted`, q of the product shown; `expected`, q's
            mean over what that policy would show; `cluster`, the customer.

    Raises:
        ValueError: A column is missing, a propensity lies outside (0, 1], a target probability outside [0, 1], or a
            number of either kind or a reward or rate is missing.
    """
    check(logged)
    rows = len(logged)
    weight = _numbers(logged, "target") / _numbers(logged, "propensity")
    share = effective_share(weight)
    if share < LEAST_EFFECTIVE_SHARE:
        note = "no logged row" if rows == 0 else f"effective sample {share:.2%} of the rows, under 1 %: no estimate"
        return [Estimate(name, np.nan, np.nan, np.nan, share, rows, note) for name in ESTIMATORS]
    reward, cluster = _numbers(logged, "reward"), logged["cluster"]
    by_weight = weight * reward
    robust = _numbers(logged, "expected") + weight * (reward - _numbers(logged, "predicted"))
    normalised = float(by_weight.sum() / weight.sum())
    influence = weight * (reward - normalised) / weight.mean()
    found = {
        IPS: (float(by_weight.mean()), by_weight - by_weight.mean()),
        SNIPS: (normalised, influence),
        DOUBLY_ROBUST: (float(robust.mean()), robust - robust.mean()),
    }
    note = _caution(weight, cluster)
    return [_with_interval(name, *found[name], share, cluster, note) for name in ESTIMATORS]


def mean_reward(logged: pd.DataFrame) -> Estimate:
    """The logging policy's own value: the mean reward of its rows, which all weigh 1.

    Args:
        logged: At least `reward` and `cluster`.
    """
    reward = _numbers(logged, "reward")
    if not len(reward):
        return Estimate("mean", np.nan, np.nan, np.nan, 0.0, 0, "no logged row")
    value = float(reward.mean())
    return _with_interval("mean", value, reward - value, 1.0, logged["cluster"], "")


def effective_share(weight: Floats) -> float:
    """Effective sample over rows: (Σ w)² / (n Σ w²); 0 where nothing weighs anything.

    >>> effective_share(np.array([1.0, 1.0])), effective_share(np.array([2.0, 0.0]))
    (1.0, 0.5)
    """
    squares = float((weight**2).sum())
    return min(float(weight.sum() ** 2 / (len(weight) * squares)), 1.0) if squares > 0 else 0.0


def standard_error(influence: Floats, cluster: pd.Series | Sequence[object]) -> float:
    """Standard error of a mean from its rows' influences, the rows of a cluster as one; NaN for a single cluster."""
    sums = pd.Series(influence).groupby(pd.factorize(pd.Series(cluster))[0]).sum().to_numpy()
    if len(sums) < 2:
        return float("nan")
    return float(np.sqrt(len(sums) / (len(sums) - 1) * (sums**2).sum()) / len(influence))


def check(logged: pd.DataFrame) -> None:
    """Refuse rows that no estimate can stand on.

    Raises:
        ValueError: As `estimates` says.
    """
    missing = [name for name in COLUMNS if name not in logged]
    if missing:
        raise ValueError(f"logged rows lack {', '.join(missing)}; they need {', '.join(COLUMNS)}")
    propensity, target = _numbers(logged, "propensity"), _numbers(logged, "target")
    wrong = int((~((propensity > 0) & (propensity <= 1))).sum())
    if wrong:
        raise ValueError(
            f"propensity: {wrong} of {len(logged)} rows lie outside (0, 1]; what was shown had a chance of being shown, "
            "so leave out rows whose propensity was not logged"
        )
    wrong = int((~((target >= 0) & (target <= 1))).sum())
    if wrong:
        raise ValueError(f"target: {wrong} of {len(logged)} rows lie outside [0, 1]; give the policy's probability")
    for name in ("reward", "predicted", "expected"):
        wrong = int((~np.isfinite(_numbers(logged, name))).sum())
        if wrong:
            raise ValueError(f"{name}: {wrong} of {len(logged)} rows are missing or not finite")


def _with_interval(name: str, value: float, influence: Floats, share: float, cluster: pd.Series, note: str) -> Estimate:
    error = standard_error(influence, cluster)
    if np.isnan(error):
        note = "a single customer: no interval"
    return Estimate(name, value, value - _Z * error, value + _Z * error, share, len(influence), note)


def _caution(weight: Floats, cluster: pd.Series) -> str:
    """A word where weights do not average to 1, as they do when everything that the policy shows could be logged."""
    mean = float(weight.mean())
    if abs(mean - 1.0) > _FAR * standard_error(weight - mean, cluster):
        return f"mean weight {mean:.3f}, not 1: some products of the policy could not be shown there"
    return ""


def _numbers(rows: pd.DataFrame, name: str) -> Floats:
    return rows[name].to_numpy(dtype=np.float64, na_value=np.nan)
