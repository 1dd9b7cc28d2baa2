"""The mean of what several scorers say, in log-odds: their errors differ, and part of them cancels out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.config import MlConfig
from ml.response.interface import FittedResponse, ResponseModel, Scorer
from ml.response.sample import Sample

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class AverageScorer:
    """Scorers that answer together, by name."""

    parts: Mapping[str, Scorer]

    @property
    def params(self) -> Mapping[str, object]:
        """Which scorers."""
        return {"parts": ", ".join(self.parts)}

    def log_odds(self, rows: pd.DataFrame) -> Floats:
        """The mean of the parts' log-odds."""
        return self.mean({name: part.log_odds(rows) for name, part in self.parts.items()})

    def mean(self, log_odds: Mapping[str, Floats]) -> Floats:
        """The mean of what the parts say, each by its name; others may be among them."""
        return np.asarray(np.mean([log_odds[name] for name in self.parts], axis=0))

    def unseen(self, rows: pd.DataFrame) -> Mapping[str, float]:
        """What any part has never learned, the largest share of each column."""
        found: dict[str, float] = {}
        for part in self.parts.values():
            for column, share in part.unseen(rows).items():
                found[column] = max(share, found.get(column, 0.0))
        return found

    def save(self, folder: Path) -> None:
        """Write each part into a folder of its own."""
        for name, part in self.parts.items():
            (folder / name).mkdir()
            part.save(folder / name)


def log_odds_of(scorer: Scorer, known: Mapping[str, Floats], ask: Callable[[], Floats]) -> Floats:
    """What a scorer says of rows that others were asked about: of an average of them, no part is asked again.

    Args:
        scorer: The scorer.
        known: What scorers learned from the same sample have said of the same rows, by name.
        ask: Asks the scorer itself.
    """
    if isinstance(scorer, AverageScorer) and scorer.parts.keys() <= known.keys():
        return scorer.mean(known)
    return ask()


def predict_together(fitted: Sequence[FittedResponse], rows: pd.DataFrame) -> dict[str, Floats]:
    """Rates of the same rows by every model, by name.

    Args:
        fitted: Models of one task, trained together.
        rows: As of `FittedResponse.predict`.
    """
    known: dict[str, Floats] = {}
    for model in fitted:
        known[model.name] = log_odds_of(model.scorer, known, partial(model.log_odds, rows))
    return {model.name: model.rates(known[model.name], rows["channel"]) for model in fitted}


@dataclass(frozen=True)
class Average:
    """An average of models that are also in the race by themselves.

    Args:
        parts: The models.
    """

    parts: tuple[ResponseModel, ...]
    name: str = "average"

    @property
    def requirements(self) -> tuple[str, ...]:
        """Distributions that any part needs."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.requirements))

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns beside the task's that any part reads."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.reads))

    def fit(self, sample: Sample, config: MlConfig) -> AverageScorer:
        """Learn every part."""
        return self.of({part.name: part.fit(sample, config) for part in self.parts})

    def of(self, scorers: Mapping[str, Scorer]) -> AverageScorer:
        """The average of its parts as already learned from the same sample.

        Raises:
            KeyError: A part was not learned.
        """
        return AverageScorer({part.name: scorers[part.name] for part in self.parts})

    def load(self, folder: Path) -> AverageScorer:
        """Read what the scorer's `save` wrote."""
        return AverageScorer({part.name: part.load(folder / part.name) for part in self.parts})
