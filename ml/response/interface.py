"""What every response model is: something that fits a sample to a scorer, and a scorer that reads columns by name.

`FittedResponse` wraps any scorer with what they all share: checked input, the calibration of its log-odds
to population rates, and the card that is saved beside the model's own files. The models are in files of
their own, listed in `registry`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.features import RESPONSE_FEATURES
from ml.config import MlConfig
from ml.fitted import peak_memory_mb
from ml.response.about import ABOUT
from ml.response.positions import Positions
from ml.response.preprocessing import check_rows
from ml.response.tasks import Task

if TYPE_CHECKING:
    from ml.response.sample import Sample

CARD = "card.json"
BATCH_ROWS = 200_000
Floats = NDArray[np.float64]


class Scorer(Protocol):
    """What a model learned: log-odds for rows whose columns are found by name."""

    @property
    def params(self) -> Mapping[str, object]:
        """What it was trained with."""

    def log_odds(self, rows: pd.DataFrame) -> Floats:
        """One value a row; the higher, the likelier."""

    def unseen(self, rows: pd.DataFrame) -> Mapping[str, float]:
        """Share of rows by column whose value it never learned."""

    def save(self, folder: Path) -> None:
        """Write it in a native format or JSON, the same bytes for the same model."""


class ResponseModel(Protocol):
    """One entry of the registry."""

    @property
    def name(self) -> str: ...
    @property
    def requirements(self) -> tuple[str, ...]: ...
    @property
    def reads(self) -> tuple[str, ...]: ...

    def fit(self, sample: Sample, config: MlConfig) -> Scorer:
        """Learn from a sample, its weights respected."""

    def load(self, folder: Path) -> Scorer:
        """Read what the scorer's `save` wrote."""


@dataclass(frozen=True)
class Calibration:
    """From a scorer's log-odds to a rate: `p = 1 / (1 + exp(−(intercept + shift of the channel + slope · log_odds)))`.

    Args:
        intercept: Added to all log-odds.
        slope: Multiplies them.
        shifts: Added to the log-odds of a channel; a channel that is not named has none.

    >>> Calibration(intercept=0.0, slope=1.0, shifts={"online": 1.0}).rates(np.zeros(2), ["stores", "online"]).round(2)
    array([0.5 , 0.73])
    """

    intercept: float
    slope: float
    shifts: Mapping[str, float] = field(default_factory=dict)

    def rates(self, log_odds: Floats, channel: Sequence[str] | pd.Series) -> Floats:
        """Rates in [0, 1] of rows, each of its channel."""
        shift = pd.Series(channel).map(self.shifts).fillna(0.0).to_numpy(dtype=np.float64)
        total = self.intercept + shift + self.slope * log_odds
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(total, -700.0, 700.0))))


@dataclass(frozen=True)
class FittedResponse:
    """A trained response model; keeps the promise of `ml.fitted.Fitted`.

    Args:
        name: Registered name of the model.
        scorer: What it learned.
        calibration: From its log-odds to population rates.
        base_rate: What the task counts, per row of the population it was trained on.
        trained_through: Monday before which every training row was known.
        task: What it predicts.
        positions: Where its placements showed products; none for a task that is not told.
        requirements: Distributions that loading it needs.
        reads: Columns that it reads beside the task's: who is asked about, and of what.
        seconds: CPU seconds of the training; not saved, so that the same model has the same files.
        memory_mb: Peak memory of the process when it was trained; not saved either.
    """

    name: str
    scorer: Scorer
    calibration: Calibration
    base_rate: float
    trained_through: date
    task: Task
    positions: Positions
    requirements: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    seconds: float = 0.0
    memory_mb: float = field(default_factory=peak_memory_mb, compare=False)
    kind: str = "response"
    served_by: str = "ml.response.serving"

    @property
    def subject(self) -> str:
        """Name of its task."""
        return self.task.name

    @property
    def experiment(self) -> str:
        """One for all tasks."""
        return self.kind

    @property
    def label(self) -> str:
        """Its name and task."""
        return f"{self.name} {self.subject}"

    @property
    def about(self) -> str:
        """What the experiment is about."""
        return ABOUT

    @property
    def params(self) -> Mapping[str, object]:
        """Parameters of the scorer, calibration and base rate."""
        shifts = {f"shift_{channel}": shift for channel, shift in self.calibration.shifts.items()}
        steered = {"intercept": self.calibration.intercept, "slope": self.calibration.slope, **shifts}
        return {**self.scorer.params, **steered, "base_rate": self.base_rate}

    @property
    def inputs(self) -> Mapping[str, str]:
        """Columns of a row to score, with their DuckDB type."""
        return {name: RESPONSE_FEATURES.column(name).type for name in (*self.reads, *self.task.columns)}

    def predict(self, rows: pd.DataFrame) -> Floats:
        """Rate of each row, in the place that it names: of the population, not of the sample.

        Raises:
            KeyError: A feature column is missing.
            ValueError: Rows are broken (`check_rows`), or the model returned something that is not a rate.
        """
        return self.rates(self.log_odds(rows), rows["channel"])

    def log_odds(self, rows: pd.DataFrame) -> Floats:
        """What the scorer says of each row, not calibrated.

        Rows are scored in batches, so that a list of millions costs the memory of one batch.

        Raises:
            KeyError: A feature column is missing.
            ValueError: Rows are broken (`check_rows`).
        """
        starts = range(0, len(rows), BATCH_ROWS)
        parts = [self._of_batch(rows.iloc[start : start + BATCH_ROWS]) for start in starts]
        return np.concatenate(parts) if parts else np.empty(0)

    def rates(self, log_odds: Floats, channel: pd.Series) -> Floats:
        """Rates that log-odds stand for, by the channel of each row.

        Raises:
            ValueError: One of them is not a rate.
        """
        if not len(log_odds):
            return np.empty(0)
        rates = self.calibration.rates(log_odds, channel)
        if not np.isfinite(rates).all():
            raise ValueError(f"{self.name}: {int((~np.isfinite(rates)).sum())} of {len(rates)} rates are not finite")
        return rates

    def predict_anywhere(self, rows: pd.DataFrame) -> Floats:
        """Rate of each row in its placement when nobody knows the place: the mean over the positions observed there.

        A task that is not told places has one rate wherever it is shown. A placement that training rows lack has none,
        NaN.

        Args:
            rows: As for `predict`, with `channel` and `placement` and without the columns of the place.
        """
        if not self.task.places:
            return self.predict(rows)
        (place,) = self.task.places
        rates = np.full(len(rows), np.nan)
        for is_here, positions in self.positions.of(rows):
            here = rows[is_here]
            rates[is_here] = np.mean([self.predict(here.assign(**{place: position})) for position in positions], axis=0)
        return rates

    def _of_batch(self, rows: pd.DataFrame) -> Floats:
        absent = [name for name in self.reads if name not in rows.columns]
        if absent:
            raise KeyError(f"{self.name} reads {absent} beside the features; bring them by name")
        check_rows(rows, self.task.columns)
        return self.scorer.log_odds(rows)

    def save(self, folder: Path) -> None:
        """Write the scorer's files and the card."""
        self.scorer.save(folder)
        card = {
            "name": self.name,
            "subject": self.subject,
            "calibration": asdict(self.calibration),
            "base_rate": self.base_rate,
            "trained_through": self.trained_through.isoformat(),
            "positions": self.positions.to_json(),
        }
        (folder / CARD).write_text(json.dumps(card, indent=1, sort_keys=True))
