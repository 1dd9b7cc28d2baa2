"""Weeks scored one by one, each with a model that saw only earlier ones.

The rate of an opportunity drifts from week to week; what the newest weeks showed is in the model's calibration
(`ml.response.train.fit`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date

import pandas as pd

from ml.config import MlConfig
from ml.response.histories import Histories
from ml.response.tasks import CONVERSION
from ml.response.train import fit


def score_weeks(
    rows: pd.DataFrame,
    asked: Callable[[date], pd.DataFrame],
    models: Mapping[date, str],
    config: MlConfig,
    histories: Histories | None = None,
) -> Iterator[tuple[date, pd.DataFrame]]:
    """Rates of what is asked, week by week.

    Args:
        rows: `RESPONSE_FEATURES` with their answers; those known by a Monday are learned from on it.
        asked: From a Monday to the rows of its week that are to be scored, with the columns of features.
        models: From the Mondays of the weeks asked, in any order, to the registered name of the model of each.
        config: Of the models.
        histories: Purchases and products, for models that learn from them; each Monday has its own part of them.

    Yields:
        The Monday, and its rows with `score`, purchases per opportunity.

    Raises:
        ValueError: Too little is known by a week to learn from.
    """
    for week in sorted(models):
        (fitted,) = fit(rows, week, config, CONVERSION, names=(models[week],), histories=histories)
        own = asked(week)
        yield week, own.assign(score=fitted.predict(own))
