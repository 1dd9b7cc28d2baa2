"""The weighted mean of what several models say, level by level: their errors differ, and part of them cancels out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ml.config import MlConfig
from ml.demand.artefacts import Card, Trained
from ml.demand.interface import LEVELS, DemandFitted, DemandModel
from ml.demand.quantiles import as_frame


@dataclass(frozen=True)
class Blend(Trained):
    """Trained models that answer together.

    Args:
        parts: The models.
        weights: Share of each in the answer; they sum to 1.
    """

    parts: tuple[DemandFitted, ...]
    weights: tuple[float, ...]

    def predict(self, examples: pd.DataFrame) -> pd.DataFrame:
        """See `DemandFitted.predict`; quantiles are averaged, which keeps them narrower than a mixture would."""
        answers = np.stack([part.predict(examples)[list(LEVELS)].to_numpy() for part in self.parts])
        said = np.tensordot(self.weights, answers, axes=1)
        return as_frame(said[:, :-1], said[:, -1], examples.index)

    def save(self, folder: Path) -> None:
        """Write the card, and each part into a folder of its own."""
        self.card.save(folder)
        for part in self.parts:
            (folder / part.name).mkdir()
            part.save(folder / part.name)

    @property
    def inputs(self) -> dict[str, str]:
        """Columns that any part reads, with their DuckDB type."""
        return {name: kind for part in self.parts for name, kind in part.inputs.items()}

    @property
    def requirements(self) -> tuple[str, ...]:
        """Distributions that loading any part needs."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.requirements))


@dataclass(frozen=True)
class BlendModel:
    """A blend of models that are also in the race by themselves.

    Args:
        name: Registered name.
        phase: Phase of all its parts.
        parts: Models that are blended.
        weights: Share of each; they sum to 1.
    """

    name: str
    phase: str
    parts: tuple[DemandModel, ...]
    weights: tuple[float, ...]
    is_baseline: bool = False

    def fit(self, examples: pd.DataFrame, config: MlConfig) -> Blend:
        """Learn every part."""
        return self.of([part.fit(examples, config) for part in self.parts])

    def of(self, fitted: Sequence[DemandFitted]) -> Blend:
        """The blend of its parts as already trained on the same examples.

        Raises:
            LookupError: A part was not trained.
        """
        trained = {model.name: model for model in fitted}
        missing = [part.name for part in self.parts if part.name not in trained]
        if missing:
            raise LookupError(f"{self.name}: {missing} must be trained first")
        parts = tuple(trained[part.name] for part in self.parts)
        seconds = sum(part.seconds for part in parts)
        told = {
            "parts": ", ".join(f"{weight:g} {part.name}" for part, weight in zip(parts, self.weights, strict=True)),
            "rows": parts[0].params["rows"],
            "data_fingerprint": parts[0].params["data_fingerprint"],
        }
        return Blend(Card(self.name, self.phase, told, parts[0].trained_through, seconds), parts, self.weights)

    def load(self, folder: Path) -> Blend:
        """Read back what `save` wrote."""
        return Blend(Card.load(folder), tuple(part.load(folder / part.name) for part in self.parts), self.weights)
