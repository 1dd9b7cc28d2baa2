"""The shape of every answer: a column a level, never crossing, never negative."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.predictions import QUANTILES
from ml.demand.interface import KEYS, LEVELS

Floats = NDArray[np.float64]


def as_frame(quantiles: Floats, mean: Floats, index: pd.Index) -> pd.DataFrame:
    """One row an example, a column a level of `LEVELS`; crossing quantiles are sorted, negatives become 0."""
    ordered = np.sort(np.maximum(quantiles, 0.0), axis=1)
    return pd.DataFrame(
        np.column_stack([ordered, np.maximum(mean, 0.0)]), index=index, columns=pd.Index(LEVELS, dtype=float)
    )


def as_long(keys: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """One row an example and level: the columns of `keys`, `quantile` and `units`."""
    levels = len(LEVELS)
    long = keys.loc[keys.index.repeat(levels)].reset_index(drop=True)
    return long.assign(quantile=np.tile(LEVELS, len(keys)), units=answers[list(LEVELS)].to_numpy().reshape(-1))


def as_wide(long: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """One row a combination of `keys`, a column a level; the inverse of `as_long`."""
    wide = long.pivot(index=keys, columns="quantile", values="units")
    return wide.reindex(columns=pd.Index(LEVELS, dtype=float)).reset_index()


def key_columns(examples: pd.DataFrame) -> pd.DataFrame:
    """What identifies the examples, without what a model reads."""
    return examples[list(KEYS)].reset_index(drop=True)


def empirical(units: Floats) -> tuple[Floats, float]:
    """Quantiles at `QUANTILES` and mean of a sample of counts, each quantile a count that occurred."""
    return np.quantile(units, QUANTILES, method="inverted_cdf"), float(units.mean())
