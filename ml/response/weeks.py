"""Weeks scored one by one, each with a model that saw only earlier ones, held to what the last two weeks showed.

The rate of an opportunity drifts from week to week, and a model's calibration stands on rows that it has learned from.
So its rates are multiplied by actual over predicted purchases of the two weeks before, as models of those weeks'
Mondays had predicted them: `(Σ actual + 20) / (Σ predicted + 20)`, first of all products, then of cold ones on top.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.config import MlConfig
from ml.response.histories import Histories
from ml.response.interface import FittedResponse
from ml.response.recalibration import pulled_ratio
from ml.response.sample import known_between
from ml.response.tasks import CONVERSION
from ml.response.train import fit

Floats = NDArray[np.float64]
LAG_WEEKS = 2
_WEEK = timedelta(weeks=1)


@dataclass(frozen=True)
class Witness:
    """What a week's model predicted of the week itself, and what happened.

    Args:
        actual: Purchases, of warm and of cold products.
        expected: The same as predicted.
    """

    actual: tuple[float, float]
    expected: tuple[float, float]


@dataclass(frozen=True)
class Drift:
    """By how much rates are multiplied.

    Args:
        every: Of every product.
        cold: Of a product that had not sold, on top.
    """

    every: float = 1.0
    cold: float = 1.0

    @classmethod
    def of(cls, witnesses: Sequence[Witness]) -> Drift:
        """What these weeks teach; nothing when there are none.

        >>> Drift.of([Witness((80.0, 0.0), (40.0, 0.0)), Witness((100.0, 0.0), (40.0, 0.0))])
        Drift(every=2.0, cold=1.0)
        """
        actual = np.array([one.actual for one in witnesses]).reshape(-1, 2).sum(axis=0)
        expected = np.array([one.expected for one in witnesses]).reshape(-1, 2).sum(axis=0)
        every = pulled_ratio(actual.sum(), expected.sum())
        return cls(every, pulled_ratio(actual[1], every * expected[1]))

    def applied(self, rates: Floats, is_cold: NDArray[np.bool_]) -> Floats:
        """The rates, multiplied; none beyond 1."""
        return np.minimum(rates * self.every * np.where(is_cold, self.cold, 1.0), 1.0)


def score_weeks(
    rows: pd.DataFrame,
    asked: Callable[[date], pd.DataFrame],
    weeks: Sequence[date],
    model: str,
    config: MlConfig,
    histories: Histories | None = None,
) -> Iterator[tuple[date, pd.DataFrame]]:
    """Rates of what is asked, week by week.

    Args:
        rows: `RESPONSE_FEATURES` with their answers; those known by a Monday are learned from on it.
        asked: From a Monday to the rows of its week that are to be scored, with the columns of features, and `is_cold`.
        weeks: Mondays of the weeks asked, in any order.
        model: Registered name of the model.
        config: Of the models.
        histories: Purchases and products, for models that learn from them; each Monday has its own part of them.

    Yields:
        The Monday, and its rows with `score`, purchases per opportunity.

    Raises:
        ValueError: Too little is known by a week to learn from.
    """
    witnesses: dict[date, Witness] = {}
    wanted = sorted(set(weeks))
    for week in sorted({week - lag * _WEEK for week in wanted for lag in range(LAG_WEEKS + 1)}):
        (fitted,) = fit(rows, week, config, CONVERSION, names=(model,), histories=histories)
        if week in wanted:
            drift = Drift.of([witnesses[week - lag * _WEEK] for lag in range(1, LAG_WEEKS + 1)])
            own = asked(week)
            rates = drift.applied(fitted.predict(own), own["is_cold"].to_numpy(dtype=bool))
            yield week, own.assign(score=rates)
        witnesses[week] = _witness(fitted, known_between(rows, week, week + _WEEK))


def _witness(fitted: FittedResponse, rows: pd.DataFrame) -> Witness:
    own = CONVERSION.rows_of(rows)
    weight, is_cold = CONVERSION.weight_of(own), own["is_cold"].to_numpy(dtype=bool)
    actual = weight * own[CONVERSION.label].to_numpy(dtype=np.float64)
    expected = weight * fitted.predict(own)
    return Witness(*((float(part[~is_cold].sum()), float(part[is_cold].sum())) for part in (actual, expected)))
