"""Columns to numbers, learned once on training rows and kept as JSON beside the model.

Which columns there are is the task's business, which has them from the contract: numbers and
texts of `response_features`. A number, read at single precision however it comes, becomes the logarithm of itself,
standardised, with a flag when it is missing, and the number of its quantile bin; a text becomes its place in the
vocabulary of the training rows, 0 for what they lacked.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.features import RESPONSE_FEATURES
from contracts.table import Column, Role

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
UNKNOWN = 0
# A text must hold this share of the training weight; a rarer one is scored like one never seen.
_RAREST = 5e-5
_BINS = 12


@dataclass(frozen=True)
class Number:
    """A numeric column: logarithm, standardised, and the upper edges of its bins on that logarithm."""

    name: str
    mean: float
    deviation: float
    edges: tuple[float, ...]


@dataclass(frozen=True)
class Text:
    """A text column and the values that training rows had, sorted; a value's code is its place plus one."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Preprocessing:
    """What was learned about every feature column."""

    numbers: tuple[Number, ...]
    texts: tuple[Text, ...]

    def logs(self, rows: pd.DataFrame) -> Singles:
        """Shape (rows, numbers): logarithms, NaN where missing."""
        found = np.empty((len(rows), len(self.numbers)), dtype=np.float32)
        for place, number in enumerate(self.numbers):
            found[:, place] = _log(rows, RESPONSE_FEATURES.column(number.name))
        return found

    def scaled(self, rows: pd.DataFrame) -> Singles:
        """Shape (rows, 2 × numbers): standardised logarithms, 0 where missing, then the missing flags."""
        logs = self.logs(rows)
        is_missing = np.isnan(logs)
        logs -= np.array([n.mean for n in self.numbers], dtype=np.float32)
        logs /= np.array([n.deviation for n in self.numbers], dtype=np.float32)
        logs[is_missing] = 0.0
        return np.hstack([logs, is_missing.astype(np.float32)])

    def bins(self, rows: pd.DataFrame) -> NDArray[np.int32]:
        """Shape (rows, numbers): the bin of each number, the one after the last when it is missing."""
        logs = self.logs(rows)
        found = np.empty(logs.shape, dtype=np.int32)
        for place, number in enumerate(self.numbers):
            own, edges = logs[:, place], np.array(number.edges, dtype=np.float32)
            found[:, place] = np.where(np.isnan(own), len(edges) + 1, np.searchsorted(edges, own, side="left"))
        return found

    def codes(self, rows: pd.DataFrame) -> NDArray[np.int32]:
        """Shape (rows, texts): the code of each text, UNKNOWN for a missing or unseen one."""
        columns = [pd.Index(t.values).get_indexer(pd.Index(rows[t.name])) + 1 for t in self.texts]
        return np.column_stack(columns).astype(np.int32)

    def unseen(self, rows: pd.DataFrame) -> dict[str, float]:
        """Share of rows by text column whose value training rows did not have; columns without any are left out."""
        shares = (self.codes(rows) == UNKNOWN).mean(axis=0)
        return {t.name: float(share) for t, share in zip(self.texts, shares, strict=True) if share > 0}

    @property
    def bin_counts(self) -> tuple[int, ...]:
        """Bins of each number, the missing one included."""
        return tuple(len(n.edges) + 2 for n in self.numbers)

    @property
    def code_counts(self) -> tuple[int, ...]:
        """Codes of each text, UNKNOWN included."""
        return tuple(len(t.values) + 1 for t in self.texts)

    def to_json(self) -> str:
        """The whole of it as JSON."""
        return json.dumps(asdict(self), indent=1, sort_keys=True)


def from_json(text: str) -> Preprocessing:
    """Read what `Preprocessing.to_json` wrote."""
    kept = json.loads(text)
    numbers = tuple(Number(**{**n, "edges": tuple(n["edges"])}) for n in kept["numbers"])
    return Preprocessing(numbers, tuple(Text(t["name"], tuple(t["values"])) for t in kept["texts"]))


def learn(rows: pd.DataFrame, weight: Floats, names: Sequence[str]) -> Preprocessing:
    """Scales, bins and vocabularies of these columns of training rows, each row counted by its weight."""
    features = [RESPONSE_FEATURES.column(name) for name in names]
    numbers = tuple(_learn_number(rows, column, weight) for column in features if column.is_number)
    texts = tuple(_learn_text(rows, column, weight) for column in features if column.type == "varchar")
    return Preprocessing(numbers, texts)


def check_rows(rows: pd.DataFrame, features: Sequence[str]) -> None:
    """Refuse rows that no model may learn from or score.

    Raises:
        KeyError: A feature column is missing.
        ValueError: A number is infinite, or a row has no feature at all.
    """
    absent = [name for name in features if name not in rows.columns]
    if absent:
        raise KeyError(f"feature columns of response_features are missing: {absent}; bring them by name")
    numbers = [name for name in features if RESPONSE_FEATURES.column(name).is_number]
    infinite = [name for name in numbers if np.isinf(_values(rows, name)).any()]
    if infinite:
        raise ValueError(f"infinite values in {infinite}; quarantine them before they are scored")
    empty = np.arange(len(rows))
    for name in (name for name in features if RESPONSE_FEATURES.column(name).role is Role.FEATURE):
        empty = empty[rows[name].iloc[empty].isna().to_numpy()]
    if len(empty):
        raise ValueError(f"{len(empty)} rows have no feature at all (first: position {empty[0]}); check their join")


def _values(rows: pd.DataFrame, name: str) -> Singles:
    return rows[name].to_numpy(dtype=np.float32, na_value=np.nan)


def _log(rows: pd.DataFrame, column: Column) -> Singles:
    """Signed logarithm of one more than the value; below the contract's bound counts as missing (−1 for "none")."""
    values = _values(rows, column.name)
    if column.at_least is not None:
        values = np.where(values < np.float32(column.at_least), np.float32(np.nan), values)
    return np.copysign(np.log1p(np.abs(values)), values)


def _learn_number(rows: pd.DataFrame, column: Column, weight: Floats) -> Number:
    logs = _log(rows, column).astype(np.float64)
    known = ~np.isnan(logs)
    if not weight[known].sum() > 0:
        return Number(column.name, 0.0, 1.0, ())
    mean = float(np.average(logs[known], weights=weight[known]))
    deviation = float(np.sqrt(np.average((logs[known] - mean) ** 2, weights=weight[known])))
    return Number(column.name, mean, deviation if deviation > 1e-9 else 1.0, _edges(logs[known], weight[known]))


def _edges(values: Floats, weight: Floats) -> tuple[float, ...]:
    """Distinct weighted quantiles: a row of weight 2 counts as two rows."""
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weight[order]) / weight.sum()
    levels = np.arange(1, _BINS) / _BINS
    at = np.minimum(np.searchsorted(share, levels - 1e-9), len(values) - 1)
    return tuple(float(edge) for edge in np.unique(values[order][at]))


def _learn_text(rows: pd.DataFrame, column: Column, weight: Floats) -> Text:
    values = rows[column.name].astype("str")
    share = pd.Series(weight, index=values.index).groupby(values).sum() / weight.sum()
    return Text(column.name, tuple(sorted(str(value) for value in share.index[share >= _RAREST])))
