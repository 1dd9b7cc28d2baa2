"""What is asked of a response model: a task names its label, the columns it may read, and what its rows stand for.

Tasks share everything else: registry, sample, calibration, backtest, forecast.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.features import RESPONSE_FEATURES
from contracts.table import Role

Floats = NDArray[np.float64]
CHANNEL = "channel"
_KNOWN = (CHANNEL, *RESPONSE_FEATURES.names(Role.FEATURE))
# Times the mean weight of its list that one impression may weigh at most.
_CLIP = 10.0


@dataclass(frozen=True)
class Task:
    """One question.

    Args:
        name: Its name in every table.
        meaning: What is predicted, a sentence.
        label: Target column of `response_features`; where it is missing, the row has no part in the task.
        event: What the label counts, one of it.
        chance_of: What the predicted rate is a rate of.
        is_told_places: Whether models are told where in the list it stood (columns of role `place`).
        is_required: Whether rows that hold only one answer are a fault; else the task waits until there are more.
        is_of_launches: Whether it is asked of launches alone, so that what a model says of planned ones is what it is
            judged by when champions are decided.
        weighting: What a row weighs beside its sampling weight when it is learned from or scored; 1 when None.
    """

    name: str
    meaning: str
    label: str
    event: str
    chance_of: str
    is_told_places: bool
    is_required: bool
    is_of_launches: bool
    weighting: Callable[[pd.DataFrame], Floats] | None = None

    @property
    def places(self) -> tuple[str, ...]:
        """Columns that models are told in training and asked all values of when they forecast."""
        return tuple(RESPONSE_FEATURES.names(Role.PLACE)) if self.is_told_places else ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that models read."""
        return (*_KNOWN, *self.places)

    def rows_of(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows whose answer is known."""
        is_known = rows[self.label].notna()
        return rows if is_known.all() else rows[is_known]

    def weight_of(self, rows: pd.DataFrame) -> Floats:
        """Rows of the task's population that each row stands for."""
        sampled = rows["sampling_weight"].to_numpy(dtype=np.float64)
        return sampled * self.weighting(rows) if self.weighting else sampled

    def judged(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Of rows with `is_planned`, those by which a champion is decided.

        Of what never sold most has been passed by for a year; a launch is asked about before anybody saw it.
        """
        return rows[rows["is_planned"].astype(bool)] if self.is_of_launches else rows

    def has_both_answers(self, rows: pd.DataFrame) -> bool:
        """Whether there is something to learn from."""
        return bool(rows[self.label].nunique() > 1)


def inverse_propensity(rows: pd.DataFrame) -> Floats:
    """Weight of each row under which a list shows every product alike: one over its propensity, clipped, mean 1.

    Propensities of different lists are of different choices (a shop's whole range, one category), so that weights are
    made within a channel's placement: clipped at ten times their mean and divided by the mean of what is left, rows
    counted by their sampling weight. Rows without a propensity weigh 1.
    """
    propensity = rows["propensity"].to_numpy(dtype=np.float64, na_value=np.nan)
    raw = pd.Series(1.0 / np.where(propensity > 0, propensity, np.nan), index=rows.index)
    clipped = raw.clip(upper=_CLIP * _mean_of_list(raw, rows))
    return (clipped / _mean_of_list(clipped, rows)).fillna(1.0).to_numpy(dtype=np.float64)


def _mean_of_list(values: pd.Series, rows: pd.DataFrame) -> pd.Series:
    """The weighted mean of each row's channel and placement, missing values left out."""
    lists, weight = [rows["channel"], rows["placement"]], rows["sampling_weight"].where(values.notna())
    total = (values * weight).groupby(lists).transform("sum")
    return total / weight.groupby(lists).transform("sum")


CLICK = Task(
    "click",
    "Probability that a customer clicks a product that a list shows, by where in the list it stands.",
    "is_clicked",
    "click",
    "clicks per impression",
    is_told_places=True,
    is_required=False,
    is_of_launches=True,
    # docs/decisions/0007: nearer the truth where a launch is asked about, no farther anywhere else.
    weighting=inverse_propensity,
)
CONVERSION = Task(
    "conversion",
    "Probability that a customer buys a product that is shown or promoted where the customer shops, in one week.",
    "is_purchased",
    "purchase",
    "purchases per opportunity",
    is_told_places=False,
    is_required=True,
    is_of_launches=False,
)
TASKS = {task.name: task for task in (CLICK, CONVERSION)}
