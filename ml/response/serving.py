"""How MLflow serves a response model: rows in, rates out."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ml.response.interface import FittedResponse
from ml.response.registry import load


class Served:
    """A trained model behind the one method that MLflow calls."""

    def __init__(self, fitted: FittedResponse) -> None:
        self._fitted = fitted

    def predict(self, rows: pd.DataFrame) -> pd.Series:
        """Rate of each row, on the index of the rows, in the place that its columns name."""
        return pd.Series(self._fitted.predict(rows), index=rows.index, name=f"{self._fitted.subject}_rate")


def _load_pyfunc(path: str) -> Served:
    """What MLflow calls with the folder of a logged model."""
    return Served(load(Path(path)))
