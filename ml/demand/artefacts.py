"""The card that lies beside every saved demand model: what it is, with what it was trained, through when."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from contracts.features import DEMAND_FEATURES, LAUNCH_CANDIDATES
from ml.demand.examples import PAST_COLUMN, feature_names
from ml.demand.interface import ACTUAL
from ml.fitted import peak_memory_mb
from ml.lanes import cpu_seconds
from ml.splits import WEEK

REQUIREMENTS = ("lightgbm==4.7.0", "numpy==2.4.6", "pandas==3.1.1")
_CARD = "model.json"
_ABOUT = """\
Units demanded of {what}, by channel and week, for eight weeks from the decision week on: quantiles and a mean.

One run is one model trained on all that was known by its `decision_week`. Its figures are those of the same
model on a backtest: trained a horizon or more earlier, held to what then sold (product totals of all channels).

| figure | meaning | better |
|---|---|---|
| `wpl` | weighted pinball loss of all quantiles, as a share of units sold | lower |
| `wape` | absolute error of the median, as a share of units sold | lower |
| `wpl_floor`, `wape_floor` | what they would be if the forecast's means were true and units Poisson | |
| `mae` | absolute error of the median, in units | lower |
| `mse` | squared error of the mean, in units squared | lower |
| `rmsse` | root mean squared error over that of saying last week again, mean over products | below 1 |
| `bias` | mean forecast over units sold, less one | near 0 |
| `coverage_80` | share of weeks between the 10 % and the 90 % quantile | near 0.8 |
| `oracle_share` | newsvendor's profit on the forecast over that of perfect foresight, unit cost 50, 25, 10 % | near 1 |
| `…_8` | the same of the sum of all eight weeks | |
| `seconds` | CPU seconds of the training | lower |
| `memory_mb` | peak memory of the process by the training's end; it never falls, so only the first rise is a model's | |

`information` says what the forecast was told: `planned`, the mailers, prices and launches announced by the week.
`data_fingerprint` is equal for models that learned from the same labels. Pictures lie among the run's artifacts.

The models of a week lie under one run named after it. The tag `is_champion` says which of them planned its week; the
alias `champion` is the newest week's. It moves only for a gain beyond noise: paired by product, its 95 % interval
above 0, and there in three past decision weeks.
"""
_WHAT = {
    "established": "products that have sold before",
    "early": "launches in their first eight weeks",
    "new": "launches, before any sale of their own",
}


@dataclass(frozen=True)
class Card:
    """Identity of a trained demand model.

    Args:
        name: Registered name.
        subject: Phase it forecasts.
        params: What it was trained with.
        trained_through: Monday before which every training row was known.
        seconds: CPU seconds of training; not saved, since the same model may take longer another day.
        memory_mb: Peak memory of the process when the card was written; not saved either.
    """

    name: str
    subject: str
    params: Mapping[str, object]
    trained_through: date
    seconds: float = field(default=0.0, compare=False)
    memory_mb: float = field(default_factory=peak_memory_mb, compare=False)

    def save(self, folder: Path) -> None:
        """Write `model.json`."""
        content = {
            "name": self.name,
            "subject": self.subject,
            "params": dict(self.params),
            "trained_through": self.trained_through.isoformat(),
        }
        (folder / _CARD).write_text(json.dumps(content, sort_keys=True, indent=1))

    @classmethod
    def load(cls, folder: Path) -> Card:
        """Read `model.json`."""
        read = json.loads((folder / _CARD).read_text())
        return cls(read["name"], read["subject"], read["params"], date.fromisoformat(read["trained_through"]))


@dataclass(frozen=True)
class Trained:
    """Base of every trained demand model: speaks for its card."""

    card: Card

    @property
    def name(self) -> str:
        """Registered name."""
        return self.card.name

    @property
    def kind(self) -> str:
        """Always `demand`."""
        return "demand"

    @property
    def subject(self) -> str:
        """Phase it forecasts."""
        return self.card.subject

    @property
    def experiment(self) -> str:
        """Each phase is one: figures of launches and of products that sell do not compare."""
        return f"{self.kind}/{self.subject}"

    @property
    def label(self) -> str:
        """Its name."""
        return self.name

    @property
    def about(self) -> str:
        """What the figures of its experiment mean."""
        return _ABOUT.format(what=_WHAT[self.subject])

    @property
    def params(self) -> Mapping[str, object]:
        """What it was trained with."""
        return self.card.params

    @property
    def trained_through(self) -> date:
        """Monday before which every training row was known."""
        return self.card.trained_through

    @property
    def seconds(self) -> float:
        """CPU seconds of training."""
        return self.card.seconds

    @property
    def memory_mb(self) -> float:
        """Peak memory of the process by the end of training, in MB."""
        return self.card.memory_mb

    @property
    def served_by(self) -> str:
        """Module through which MLflow serves it."""
        return "ml.demand.registry"

    @property
    def requirements(self) -> tuple[str, ...]:
        """Distributions that loading it needs."""
        return REQUIREMENTS

    @property
    def inputs(self) -> Mapping[str, str]:
        """Columns of an example, with their DuckDB type."""
        asked = dict.fromkeys(("offset_weeks", "window_weeks"), "integer")
        tables = (LAUNCH_CANDIDATES, DEMAND_FEATURES)
        declared = {column.name: column.type for table in tables for column in table.columns} | asked
        return {name: declared.get(name, "double") for name in feature_names(self.subject)}


class TrainedOnPast(Trained):
    """Base of trained models whose examples bring the weeks just past as an array."""

    @property
    def inputs(self) -> Mapping[str, str]:
        """Columns of an example, with their DuckDB type."""
        return {**super().inputs, PAST_COLUMN: "double[][]"}


def finished(name: str, phase: str, examples: pd.DataFrame, started: float, params: Mapping[str, object]) -> Card:
    """The card of a model that has just learned from these examples.

    `started` is `cpu_seconds()` when training began.
    """
    through = (examples["target_week"] + examples["window_weeks"] * WEEK).max()
    told = {**params, "rows": len(examples), "data_fingerprint": fingerprint(examples)}
    return Card(name, phase, told, through.date(), cpu_seconds() - started)


def fingerprint(examples: pd.DataFrame) -> str:
    """Sixteen digits that change when a label, its window or the number of rows does; the order does not matter."""
    labels = examples[["target_week", "window_weeks", ACTUAL]]
    return f"{int(np.sum(pd.util.hash_pandas_object(labels, index=False).to_numpy())):016x}"
