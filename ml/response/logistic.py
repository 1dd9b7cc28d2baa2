"""Logistic regression on bins and vocabularies: an additive score, kept as JSON and scored by look-up.

The log-odds of a row are an intercept, a slope for each standardised logarithm, and one entry of a table
for each column: the bin of a number, the code of a text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.config import MlConfig
from ml.response.preprocessing import Preprocessing, from_json
from ml.response.sample import Sample

Floats = NDArray[np.float64]
_FILE, _COLUMNS = "coefficients.json", "preprocessing.json"
# Counted in purchases, which have weight 1; from 1 to 30 ranks alike on real data, 30 converges soonest.
_PENALTY = 150.0
_TOLERANCE, _ITERATIONS = 2e-4, 300
# Rows are wide when every column is a row of a table: more of them cost memory and teach an additive score little.
_MOST_ROWS = 100_000


@dataclass(frozen=True)
class LogisticScorer:
    """Coefficients beside the preprocessing they were learned with.

    Args:
        preprocessing: Columns to numbers.
        intercept: Log-odds of the population where all else is zero.
        slopes: One a scaled column.
        tables: One value a bin of each number, then one a code of each text.
        rows: Training rows.
    """

    preprocessing: Preprocessing
    intercept: float
    slopes: Floats
    tables: tuple[Floats, ...]
    rows: int

    @property
    def params(self) -> Mapping[str, object]:
        """What steered the fit."""
        coefficients = len(self.slopes) + sum(map(len, self.tables))
        return {"rows": self.rows, "coefficients": coefficients, "penalty": _PENALTY, "iterations": _ITERATIONS}

    def log_odds(self, rows: pd.DataFrame) -> Floats:
        """Intercept, slopes and table entries of each row, added up."""
        total = self.intercept + self.preprocessing.scaled(rows).astype(np.float64) @ self.slopes
        places = np.hstack([self.preprocessing.bins(rows), self.preprocessing.codes(rows)])
        for place, table in zip(places.T, self.tables, strict=True):
            total += table[place]
        return np.asarray(total)

    def unseen(self, rows: pd.DataFrame) -> Mapping[str, float]:
        """Share of rows by text column whose value training rows did not have."""
        return self.preprocessing.unseen(rows)

    def save(self, folder: Path) -> None:
        """Write coefficients and preprocessing as JSON."""
        kept = {
            "intercept": self.intercept,
            "slopes": self.slopes.tolist(),
            "rows": self.rows,
            "tables": [table.tolist() for table in self.tables],
        }
        (folder / _FILE).write_text(json.dumps(kept, sort_keys=True))
        (folder / _COLUMNS).write_text(self.preprocessing.to_json())


@dataclass(frozen=True)
class Logistic:
    """L2-penalised logistic regression, trained on a balance of purchases and the rest."""

    name: str = "logistic"
    requirements: tuple[str, ...] = ("numpy", "pandas")
    reads: tuple[str, ...] = ()

    def fit(self, sample: Sample, config: MlConfig) -> LogisticScorer:
        """Coefficients on the balanced weights, the intercept moved back to the population."""
        from sklearn.linear_model import LogisticRegression

        preprocessing = sample.preprocessing
        model = LogisticRegression(C=1.0 / _PENALTY, max_iter=_ITERATIONS, tol=_TOLERANCE)
        # A sample is in mixed order, its classes dealt out evenly.
        rows, label, weight = sample.rows[:_MOST_ROWS], sample.label[:_MOST_ROWS], sample.balanced[:_MOST_ROWS]
        model.fit(_design(preprocessing, rows), label, sample_weight=weight)
        coefficients = model.coef_[0].astype(np.float64)
        scaled = 2 * len(preprocessing.numbers)
        sizes = (*preprocessing.bin_counts, *preprocessing.code_counts)
        tables = np.split(coefficients[scaled:], np.cumsum(sizes)[:-1])
        intercept = float(model.intercept_[0]) + sample.shift
        return LogisticScorer(preprocessing, intercept, coefficients[:scaled], tuple(tables), len(rows))

    def load(self, folder: Path) -> LogisticScorer:
        """Read coefficients and preprocessing."""
        kept = json.loads((folder / _FILE).read_text())
        preprocessing = from_json((folder / _COLUMNS).read_text())
        tables = tuple(np.array(table) for table in kept["tables"])
        return LogisticScorer(preprocessing, kept["intercept"], np.array(kept["slopes"]), tables, kept["rows"])


def _design(preprocessing: Preprocessing, rows: pd.DataFrame) -> object:
    """Sparse matrix: scaled columns, then one column a bin and a code."""
    from scipy import sparse

    places = np.hstack([preprocessing.bins(rows), preprocessing.codes(rows)]).astype(np.int32)
    sizes = np.array([*preprocessing.bin_counts, *preprocessing.code_counts], dtype=np.int32)
    places += np.cumsum(sizes, dtype=np.int32) - sizes
    ends = np.arange(len(rows) + 1, dtype=np.int32) * places.shape[1]
    ones = np.ones(places.size, dtype=np.float32)
    one_hot = sparse.csr_matrix((ones, places.ravel(), ends), shape=(len(rows), int(sizes.sum())))
    return sparse.hstack([sparse.csr_matrix(preprocessing.scaled(rows)), one_hot], format="csr")
