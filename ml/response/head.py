"""The last step of a recommender: a logistic regression on its few numbers, and on the place where the task tells it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_STEPS, _ENOUGH = 50, 1e-10


@dataclass(frozen=True)
class Head:
    """Log-odds of the population `b₀ + Σ bᵢ·(xᵢ − mᵢ)/dᵢ`.

    Args:
        places: Columns of the place in a list; each adds its logarithm and whether it is missing.
        mean: `m`, one a number.
        deviation: `d`, one a number.
        slopes: `b`, one a number.
        intercept: `b₀`.
    """

    places: tuple[str, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    slopes: tuple[float, ...]
    intercept: float

    @classmethod
    def learn(cls, numbers: Floats, rows: pd.DataFrame, label: Floats, weight: Floats, places: Sequence[str]) -> Head:
        """Most likely coefficients given a prior that is worth about one purchase: a slope of 0, deviation 1."""
        design = _design(numbers, rows, places)
        mean = np.average(design, axis=0, weights=weight)
        deviation = np.sqrt(np.average((design - mean) ** 2, axis=0, weights=weight))
        deviation = np.where(deviation > 1e-9, deviation, 1.0)
        beta = _logistic((design - mean) / deviation, label, weight)
        mean_, deviation_, slopes = (tuple(map(float, values)) for values in (mean, deviation, beta[1:]))
        return cls(tuple(places), mean_, deviation_, slopes, float(beta[0]))

    def log_odds(self, numbers: Floats, rows: pd.DataFrame) -> Floats:
        """Log-odds of rows with these numbers, shape (rows, k)."""
        scaled = (_design(numbers, rows, self.places) - np.array(self.mean)) / np.array(self.deviation)
        # Column by column: the sum of a row is then the same in every batch.
        total = np.full(len(rows), self.intercept)
        for slope, column in zip(self.slopes, scaled.T, strict=True):
            total += slope * column
        return total

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> Head:
        """The inverse of `to_dict`."""
        lists = {name: tuple(kept[name]) for name in ("places", "mean", "deviation", "slopes")}
        return cls(**lists, intercept=kept["intercept"])


def _design(numbers: Floats, rows: pd.DataFrame, places: Sequence[str]) -> Floats:
    columns = [numbers]
    for place in places:
        position = rows[place].to_numpy(dtype=np.float64, na_value=np.nan)
        is_missing = ~(position >= 1)
        columns.append(np.column_stack([np.log(np.where(is_missing, 1.0, position)), is_missing]))
    return np.hstack(columns)


def _logistic(design: Floats, label: Floats, weight: Floats) -> Floats:
    """Newton's method with steps that are halved until the penalised loss falls; the intercept is not penalised."""
    x = np.column_stack([np.ones(len(design)), design])
    ridge = np.append(0.0, np.ones(design.shape[1]))
    base = np.average(label, weights=weight)
    beta = np.zeros(x.shape[1])
    beta[0] = np.log(base / (1.0 - base))

    def loss(at: Floats) -> float:
        total = x @ at
        return float((weight * (np.logaddexp(0.0, total) - label * total)).sum() + (ridge * at**2).sum() / 2.0)

    now = loss(beta)
    for _ in range(_STEPS):
        rate = 1.0 / (1.0 + np.exp(-(x @ beta)))
        slope = x.T @ (weight * (rate - label)) + ridge * beta
        bend = (x * (weight * rate * (1.0 - rate))[:, None]).T @ x + np.diag(ridge + 1e-9)
        step = np.linalg.solve(bend, slope)
        size = 1.0
        while loss(beta - size * step) > now and size > 1e-6:
            size /= 2.0
        beta = beta - size * step
        before, now = now, loss(beta)
        if before - now <= _ENOUGH * abs(now):
            break
    return beta
