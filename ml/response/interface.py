"""What every response model is: something that fits a sample to a scorer, and a scorer that reads columns by name.

`FittedResponse` wraps any scorer with what they all share: checked input, the calibration of its log-odds
to population rates, and the card that is saved beside the model's own files. The models are in files of
their own, listed in `registry`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.features import RESPONSE_FEATURES
from contracts.table import Role
from ml.config import MlConfig
from ml.response.preprocessing import check_rows

if TYPE_CHECKING:
    from ml.response.sample import Sample

TASK = "conversion"
CARD = "card.json"
ABOUT = """\
Probability that a customer buys a product that is shown or promoted where the customer shops, in one week.

One run is one model trained on all that was known by its `decision_week`. Its figures are those of the same
model on a backtest: trained four weeks earlier, held to the four weeks since; rows count by sampling weight.

| figure | meaning | better |
|---|---|---|
| `auc` | probability that a purchase is ranked above an opportunity without one | higher |
| `pr_auc` | area under precision and recall | higher |
| `normalised_entropy` | log loss over that of always stating the base rate | below 1 |
| `calibration` | predicted purchases over actual ones | near 1 |
| `base_rate` | purchases per opportunity | |
| `warm_…`, `cold_…` | the same of products that have sold before, and of those that have not | |
| `seconds` | CPU seconds of the training | lower |

The tag `is_champion` says which model planned its week; the alias `champion` is the newest week's.
"""
BATCH_ROWS = 200_000
Floats = NDArray[np.float64]


class Scorer(Protocol):
    """What a model learned: log-odds for rows whose columns are found by name."""

    @property
    def params(self) -> Mapping[str, object]:
        """What it was trained with."""

    def log_odds(self, rows: pd.DataFrame) -> Floats:
        """One value a row; a higher one is likelier to be bought."""

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

    def fit(self, sample: Sample, config: MlConfig) -> Scorer:
        """Learn from a sample, its weights respected."""

    def load(self, folder: Path) -> Scorer:
        """Read what the scorer's `save` wrote."""


@dataclass(frozen=True)
class Calibration:
    """From a scorer's log-odds to a rate: `p = 1 / (1 + exp(−(intercept + slope · log_odds)))`.

    >>> Calibration(intercept=0.0, slope=1.0).rates(np.array([0.0])).tolist()
    [0.5]
    """

    intercept: float
    slope: float

    def rates(self, log_odds: Floats) -> Floats:
        """Rates in [0, 1]."""
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(self.intercept + self.slope * log_odds, -700.0, 700.0))))


@dataclass(frozen=True)
class FittedResponse:
    """A trained response model; keeps the promise of `ml.fitted.Fitted`.

    Args:
        name: Registered name of the model.
        scorer: What it learned.
        calibration: From its log-odds to population rates.
        base_rate: Purchases per opportunity of the population it was trained on.
        trained_through: Monday before which every training row was known.
        requirements: Distributions that loading it needs.
        seconds: CPU seconds of the training; not saved, so that the same model has the same files.
    """

    name: str
    scorer: Scorer
    calibration: Calibration
    base_rate: float
    trained_through: date
    requirements: tuple[str, ...] = ()
    seconds: float = 0.0
    kind: str = "response"
    subject: str = TASK
    about: str = ABOUT
    served_by: str = "ml.response.serving"

    @property
    def params(self) -> Mapping[str, object]:
        """Parameters of the scorer, calibration and base rate."""
        return {**self.scorer.params, **asdict(self.calibration), "base_rate": self.base_rate}

    @property
    def inputs(self) -> Mapping[str, str]:
        """Columns of a row to score, with their DuckDB type."""
        return {name: RESPONSE_FEATURES.column(name).type for name in RESPONSE_FEATURES.names(Role.FEATURE)}

    def predict(self, rows: pd.DataFrame) -> Floats:
        """Conversion rate of each row: purchases per opportunity of the population, not of the sample.

        Rows are scored in batches, so that a list of millions costs the memory of one batch.

        Raises:
            KeyError: A feature column is missing.
            ValueError: Rows are broken (`check_rows`), or the model returned something that is not a rate.
        """
        starts = range(0, len(rows), BATCH_ROWS)
        parts = [self._rates(rows.iloc[start : start + BATCH_ROWS]) for start in starts]
        return np.concatenate(parts) if parts else np.empty(0)

    def _rates(self, rows: pd.DataFrame) -> Floats:
        check_rows(rows)
        rates = self.calibration.rates(self.scorer.log_odds(rows))
        if not np.isfinite(rates).all():
            raise ValueError(f"{self.name}: {int((~np.isfinite(rates)).sum())} of {len(rows)} rates are not finite")
        return rates

    def save(self, folder: Path) -> None:
        """Write the scorer's files and the card."""
        self.scorer.save(folder)
        card = {
            "name": self.name,
            "subject": self.subject,
            "calibration": asdict(self.calibration),
            "base_rate": self.base_rate,
            "trained_through": self.trained_through.isoformat(),
        }
        (folder / CARD).write_text(json.dumps(card, indent=1, sort_keys=True))
