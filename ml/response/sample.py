"""Which rows a response model learns from, and what each stands for.

Purchases and clicks are rare and opportunities are sampled: a model is trained on a balance of both and its log-odds
are moved back to the population (`Sample.shift`). Rows are put in an order of their own before anything is
drawn or learned, so that the order in which they were stored changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.features import RESPONSE_FEATURES
from contracts.table import Role
from ml.response.histories import Histories
from ml.response.positions import Positions, observed
from ml.response.preprocessing import Preprocessing, check_rows, learn
from ml.response.tasks import Task

Floats = NDArray[np.float64]
# Weeks of opportunities that are learned from.
TRAINING_WEEKS = 52
# The newest of them, which models do not learn from: their log-odds are calibrated on them.
HELD_WEEKS = 4
# Rows before them that calibrations look at: they are in mixed order, so that the first are like the rest.
_CALIBRATING_ROWS = 100_000
_FEATURES = frozenset(RESPONSE_FEATURES.names(Role.FEATURE))
_PLACE = "place in the table"
# Share of the training loss that purchases, or clicks, hold.
_BALANCE = 0.3


@dataclass(frozen=True)
class Sample:
    """Training rows with what they stand for.

    Args:
        rows: Opportunities, in an order of their own.
        label: 1 when it happened: bought, or clicked.
        weight: Rows of the population that each stands for.
        preprocessing: Learned from these rows.
        through: Monday before which every row was known.
        positions: Where in its lists each placement showed products, as logged.
        places: Columns of the place in a list that models are told.
        histories: Purchases known by `through`, and products.
        shared: What several models learn from these histories alike, by name, learned by whoever needs it first.
    """

    rows: pd.DataFrame
    label: Floats
    weight: Floats
    preprocessing: Preprocessing
    through: date
    positions: Positions
    places: tuple[str, ...] = ()
    histories: Histories = field(default_factory=Histories)
    shared: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def parts(self) -> tuple[Sample, Sample]:
        """The older rows, and those of the newest weeks, on which a model of the older ones is calibrated.

        Where either part holds one answer only, both are the whole.
        """
        is_held = self.rows["week"].to_numpy() >= np.datetime64(self.through - timedelta(weeks=HELD_WEEKS))
        older, newest = self._of(~is_held), self._of(is_held)
        can_part = all(0 < part.label.sum() < len(part.label) for part in (older, newest))
        return (older, newest) if can_part else (self, self)

    def told_to_calibrate(self) -> Sample:
        """The newest weeks, and of the older rows as many as say how channels differ, weighing what all of them do."""
        is_held = self.rows["week"].to_numpy() >= np.datetime64(self.through - timedelta(weeks=HELD_WEEKS))
        older = np.flatnonzero(~is_held)
        few = older[:_CALIBRATING_ROWS]
        if len(few) == len(older) or not 0 < self.label[few].sum() < len(few):
            return self
        weight = self.weight.copy()
        weight[few] *= self.weight[older].sum() / self.weight[few].sum()
        told = np.sort(np.concatenate([few, np.flatnonzero(is_held)]))
        return replace(self, rows=self.rows.iloc[told], label=self.label[told], weight=weight[told])

    def _of(self, is_in: NDArray[np.bool_]) -> Sample:
        return replace(self, rows=self.rows[is_in], label=self.label[is_in], weight=self.weight[is_in])

    @property
    def base_rate(self) -> float:
        """Purchases, or clicks, per row of the population."""
        return float((self.weight * self.label).sum() / self.weight.sum())

    @property
    def balanced(self) -> Floats:
        """What happened by its population weight, the rest scaled down until it holds a fixed share."""
        return _balance(self.label, self.weight)

    @property
    def shift(self) -> float:
        """What to add to log-odds learned with `balanced` weights to speak of the population.

        With the share `s` of what happened and the population's odds `W1 / W0`: `ln(W1/W0) − ln(s/(1 − s))`. For
        equal weights this is `p = q / (q + (1 − q)/r)` with `r` the rate at which negatives were kept.
        """
        bought = float((self.weight * self.label).sum())
        passed = float((self.weight * (1.0 - self.label)).sum())
        return float(np.log(bought / passed) - np.log(_BALANCE / (1.0 - _BALANCE)))


def known_between(rows: pd.DataFrame, start: date, through: date) -> pd.DataFrame:
    """Rows of weeks from `start` to before `through` that were known by `through`."""
    wall = pd.Timestamp(through)
    return rows[(rows["week"] >= pd.Timestamp(start)) & (rows["week"] < wall) & (rows["known_on"] <= wall)]


def training_rows(rows: pd.DataFrame, through: date, task: Task) -> pd.DataFrame:
    """Rows of the recent weeks whose answer to the task was known by this Monday."""
    return task.rows_of(known_between(rows, through - timedelta(weeks=TRAINING_WEEKS), through))


def take(rows: pd.DataFrame, through: date, most_rows: int, task: Task, histories: Histories | None = None) -> Sample:
    """The training sample of one Monday: recent weeks, all that happened if it fits, weights made up for the rest.

    Of histories, it holds what was known by that Monday.

    Raises:
        ValueError: Nothing happened, or nothing else, to learn from; or rows are broken (`check_rows`).
    """
    # What is not a feature says which rows are kept; only those are then copied whole.
    narrow = [name for name in rows.columns if name not in _FEATURES]
    recent = training_rows(rows[narrow].assign(**{_PLACE: np.arange(len(rows))}), through, task)
    if not task.has_both_answers(recent):
        raise ValueError(
            f"response_features: {len(recent)} rows of the {TRAINING_WEEKS} weeks before {through}, and they do not "
            f"hold both {task.event}s and opportunities that passed; nothing can be learned. Choose a later decision "
            "week."
        )
    thinned, weight = _thin(in_own_order(recent), most_rows, task)
    kept = rows.iloc[thinned[_PLACE].to_numpy()]
    check_rows(kept, task.columns)
    label = kept[task.label].to_numpy(dtype=np.float64)
    learned = learn(kept, _balance(label, weight), task.columns)
    positions = observed(recent) if task.places else Positions({})
    known = (histories or Histories()).known_by(through)
    return Sample(kept, label, weight, learned, through, positions, task.places, known)


def in_own_order(rows: pd.DataFrame) -> pd.DataFrame:
    """The same rows in the order of a hash of their identity: mixed, and the same however they were stored."""
    hashed = pd.util.hash_array(rows["impression_id"].to_numpy(dtype=object), categorize=False)
    return rows.iloc[np.argsort(hashed, kind="stable")]


def _balance(label: Floats, weight: Floats) -> Floats:
    bought, passed = (weight * label).sum(), (weight * (1.0 - label)).sum()
    return np.asarray(weight * np.where(label > 0, 1.0, bought / passed * (1.0 - _BALANCE) / _BALANCE))


def _thin(rows: pd.DataFrame, most_rows: int, task: Task) -> tuple[pd.DataFrame, Floats]:
    """The first rows of each class, what happened first served up to a half, each class's total weight kept.

    Classes are then dealt out evenly: what was cut from one of them must not leave the other alone at the end,
    where a network that reads rows in order would learn only it.
    """
    has_happened = rows[task.label].to_numpy(dtype=np.float64) == 1
    weight = task.weight_of(rows).copy()
    room = max(most_rows // 2, most_rows - int((~has_happened).sum()))
    place = np.full(len(rows), np.inf)
    for is_class, most in ((has_happened, room), (~has_happened, most_rows - min(room, int(has_happened.sum())))):
        kept = np.flatnonzero(is_class)[:most]
        weight[kept] *= weight[is_class].sum() / weight[kept].sum()
        place[kept] = (np.arange(len(kept)) + 0.5) / len(kept)
    order = np.argsort(place, kind="stable")[: int(np.isfinite(place).sum())]
    return rows.iloc[order], weight[order]
