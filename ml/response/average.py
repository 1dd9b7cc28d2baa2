"""The mean of what several scorers say, in log-odds: their errors differ, and part of them cancels out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.config import MlConfig
from ml.response.interface import ResponseModel, Scorer
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
