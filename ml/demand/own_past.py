"""Classical rules that read nothing but a series' own past weeks, with conformal quantiles around their points.

What a rule forecasts of one series is its own file; here its points become windows and its errors ratios. A rule learns
nothing from labels, so that every label is held out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.config import MlConfig
from ml.demand.artefacts import Card, TrainedOnPast, finished
from ml.demand.conformal import Ratios
from ml.demand.examples import PAST_COLUMN
from ml.demand.weekly import PAST
from ml.lanes import cpu_seconds

Floats = NDArray[np.float64]
Rule = Callable[[Floats, int], Floats]
"""From the units of past weeks, oldest first, and a number of weeks to the units of those coming weeks."""
Ahead = Callable[[Sequence[Floats], int], Floats]
"""The same of many series at once: one row a series, one column a coming week."""
_RATIOS = "ratios.json"
SMALLEST_GROUP = 200
SERIES = ["origin_week", "product_id", "channel"]
_UNITS, _KNOWN = PAST.index("units"), PAST.index("is_known")


@dataclass(frozen=True)
class OwnPast(TrainedOnPast):
    """A rule and the ratios around what it says."""

    rule: Rule
    ratios: Ratios

    def predict(self, examples: pd.DataFrame) -> pd.DataFrame:
        """See `DemandFitted.predict`; examples bring their past weeks."""
        return self.ratios.answer(examples, points(self.rule, examples))

    def save(self, folder: Path) -> None:
        """Write the card and the ratios."""
        self.card.save(folder)
        (folder / _RATIOS).write_text(self.ratios.to_json())

    @property
    def requirements(self) -> tuple[str, ...]:
        """Distributions that loading it needs."""
        return ("statsforecast==2.0.1", *super().requirements)


@dataclass(frozen=True)
class OwnPastModel:
    """A rule with split-conformal quantiles."""

    name: str
    rule: Rule
    phase: str = "established"
    is_baseline: bool = False

    def fit(self, examples: pd.DataFrame, config: MlConfig) -> OwnPast:
        """Learn the ratios of past origins, from at most `past_series` series and origins."""
        started = cpu_seconds()
        ordered = examples.sort_values([*SERIES, "window_weeks", "offset_weeks"])
        drawn = drawn_series(ordered, config)
        ratios = Ratios.learn(drawn, points(self.rule, drawn), SMALLEST_GROUP)
        params = {"series": int(_numbers(drawn).max()) + 1, "seed": config.seed}
        card = finished(self.name, self.phase, examples, started, params)
        return OwnPast(card, self.rule, ratios)

    def load(self, folder: Path) -> OwnPast:
        """Read back what `save` wrote."""
        return OwnPast(Card.load(folder), self.rule, Ratios.from_json((folder / _RATIOS).read_text()))


def points(rule: Rule, examples: pd.DataFrame) -> Floats:
    """Units that a rule forecasts in each example's window; one call of the rule a series and origin."""
    return in_windows(lambda pasts, weeks: np.stack([rule(past, weeks) for past in pasts]), examples)


def in_windows(ahead: Ahead, examples: pd.DataFrame) -> Floats:
    """Units in each example's window of what is forecast of each coming week of its series."""
    if examples.empty:
        return np.zeros(0)
    series = _numbers(examples)
    first = np.unique(series, return_index=True)[1]
    start = examples["offset_weeks"].to_numpy(np.int64)
    end = start + examples["window_weeks"].to_numpy(np.int64)
    weeks = ahead(pasts_of(examples.iloc[first]), int(end.max()))
    running = np.cumsum(np.pad(np.maximum(weeks, 0.0), ((0, 0), (1, 0))), axis=1)
    return np.asarray(running[series, end] - running[series, start])


def drawn_series(examples: pd.DataFrame, config: MlConfig) -> pd.DataFrame:
    """The examples of at most `past_series` series and origins, in their order."""
    series = _numbers(examples)
    count = int(series.max()) + 1
    is_drawn = np.zeros(count, dtype=bool)
    is_drawn[np.random.default_rng(config.seed).choice(count, min(count, config.past_series), replace=False)] = True
    return examples[is_drawn[series]]


def pasts_of(examples: pd.DataFrame) -> list[Floats]:
    """Of each example the units of past weeks from the first sale on, as far as data reach back, oldest first."""
    return [_sold(past) for past in examples[PAST_COLUMN]]


def _numbers(examples: pd.DataFrame) -> NDArray[np.int64]:
    """Number of the series and origin of each example, from 0 in their order of appearance."""
    return np.asarray(examples.groupby(SERIES, sort=False, observed=True).ngroup(), dtype=np.int64)


def _sold(past: NDArray[np.float32]) -> Floats:
    return np.trim_zeros(past[past[:, _KNOWN] > 0, _UNITS].astype(np.float64), "f")
