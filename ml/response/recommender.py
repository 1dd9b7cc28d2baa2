"""What recommenders share: taste learned from purchases as of a Monday, and a head that turns it into log-odds.

Taste learned by a Monday contains the answers of the weeks before it. So it is learned twice: as of four weeks before
the wall, on which the head is fitted with the rows of those four weeks; and as of the wall itself, which is served.
A row of a week before the wall is always scored with the earlier one, so that a calibration on training rows is not
told their answers either.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.config import MlConfig
from ml.response.head import Head
from ml.response.histories import Histories
from ml.response.sample import HELD_WEEKS, Sample

Floats = NDArray[np.float64]
READS = ("customer_id", "product_id")
_HEAD, _EARLIER, _LATEST = "head.json", "taste_before.npz", "taste.npz"


class Taste(Protocol):
    """What was learned of customers and products as of one Monday."""

    def numbers(self, rows: pd.DataFrame) -> Floats:
        """Shape (rows, k): what speaks for each row, finite, for strangers too."""

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it, as arrays by name."""


@dataclass(frozen=True)
class RecommenderScorer:
    """Both tastes beside the head.

    Args:
        earlier: As of `HELD_WEEKS` before the wall, for rows of weeks before the wall.
        latest: As of the wall, for all others.
        head: From numbers to log-odds.
        wall: Monday by which all was known.
        facts: What it was trained with.
    """

    earlier: Taste
    latest: Taste
    head: Head
    wall: date
    facts: Mapping[str, object]

    @property
    def params(self) -> Mapping[str, object]:
        """What steered the fit, and the head's slopes."""
        return {**self.facts, **{f"slope_{place}": slope for place, slope in enumerate(self.head.slopes)}}

    def log_odds(self, rows: pd.DataFrame) -> Floats:
        """Log-odds of the population."""
        is_past = np.zeros(len(rows), dtype=bool)
        if "week" in rows.columns:
            is_past = (pd.to_datetime(rows["week"]) < pd.Timestamp(self.wall)).to_numpy()
        total = np.empty(len(rows))
        for taste, is_own in ((self.earlier, is_past), (self.latest, ~is_past)):
            if is_own.any():
                own = rows[is_own]
                total[is_own] = self.head.log_odds(taste.numbers(own), own)
        return total

    def unseen(self, rows: pd.DataFrame) -> Mapping[str, float]:
        """Nothing: a stranger has the mean."""
        return {}

    def save(self, folder: Path) -> None:
        """Write arrays as npz and the head as JSON."""
        np.savez(folder / _EARLIER, allow_pickle=False, **self.earlier.arrays())
        np.savez(folder / _LATEST, allow_pickle=False, **self.latest.arrays())
        kept = {"head": self.head.to_dict(), "wall": self.wall.isoformat(), "facts": dict(self.facts)}
        (folder / _HEAD).write_text(json.dumps(kept, sort_keys=True))


@dataclass(frozen=True)
class Recommender:
    """A model that learns taste.

    Args:
        name: Registered name.
        learn: From histories known by the earlier and by the later Monday, and those Mondays, to taste as of each.
        read: From the arrays of a taste to it.
        facts: Parameters, for the record.
        requirements: Distributions that loading it needs.
    """

    name: str
    learn: Callable[[tuple[Histories, Histories], tuple[date, date], MlConfig], tuple[Taste, Taste]]
    read: Callable[[Mapping[str, NDArray[Any]]], Taste]
    facts: Mapping[str, object]
    requirements: tuple[str, ...] = ("numpy", "pandas", "scipy")
    reads: tuple[str, ...] = READS

    def fit(self, sample: Sample, config: MlConfig) -> RecommenderScorer:
        """Taste of both Mondays, the head on the weeks between them; on all weeks where nothing happened in those."""
        start = sample.through - timedelta(weeks=HELD_WEEKS)
        known = sample.histories.known_by(start), sample.histories.known_by(sample.through)
        earlier, latest = self.learn(known, (start, sample.through), config)
        held = sample.rows["week"].to_numpy() >= np.datetime64(start)
        if len(np.unique(sample.label[held])) < 2:
            held = np.ones(len(held), dtype=bool)
        rows = sample.rows[held]
        head = Head.learn(earlier.numbers(rows), rows, sample.label[held], sample.weight[held], sample.places)
        facts = {"rows": int(held.sum()), "purchases": len(known[1].purchases), "seed": config.seed, **self.facts}
        return RecommenderScorer(earlier, latest, head, sample.through, facts)

    def load(self, folder: Path) -> RecommenderScorer:
        """Read what the scorer's `save` wrote; no pickle."""
        kept = json.loads((folder / _HEAD).read_text())
        tastes = []
        for name in (_EARLIER, _LATEST):
            with np.load(folder / name, allow_pickle=False) as arrays:
                tastes.append(self.read(dict(arrays)))
        head = Head.from_dict(kept["head"])
        return RecommenderScorer(tastes[0], tastes[1], head, date.fromisoformat(kept["wall"]), kept["facts"])
