"""Columns to numbers: one vocabulary a text column, learned once and saved with the model as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# Code of a value that training did not see, or saw too seldom to learn from.
UNKNOWN = 0


@dataclass(frozen=True)
class Encoder:
    """Turns named columns into a matrix, always in the same order.

    Args:
        features: Columns read, in the order of the matrix.
        vocabularies: Code of each known value, by text column; every other value is `UNKNOWN`.
    """

    features: tuple[str, ...]
    vocabularies: dict[str, dict[str, int]]

    @classmethod
    def learn(cls, examples: pd.DataFrame, features: list[str], rare_rows: int) -> Encoder:
        """Vocabularies of the training side; a value on fewer than `rare_rows` rows is unknown."""
        texts = [name for name in features if not pd.api.types.is_numeric_dtype(examples[name])]
        found = {}
        for name in texts:
            counts = examples[name].value_counts()
            kept = sorted(str(value) for value in counts.index[counts >= rare_rows])
            found[name] = {value: code for code, value in enumerate(kept, start=UNKNOWN + 1)}
        return cls(tuple(features), found)

    @property
    def categorical(self) -> list[int]:
        """Positions of the text columns."""
        return [at for at, name in enumerate(self.features) if name in self.vocabularies]

    def matrix(self, examples: pd.DataFrame) -> NDArray[np.float32]:
        """One row an example, one column a feature; columns are found by name.

        Raises:
            ValueError: A feature that the model was trained with is absent.
        """
        missing = [name for name in self.features if name not in examples.columns]
        if missing:
            raise ValueError(f"examples lack features that the model was trained with: {missing}; train it again")
        out = np.empty((len(examples), len(self.features)), dtype=np.float32)
        for at, name in enumerate(self.features):
            out[:, at] = (
                self._codes(examples[name])
                if name in self.vocabularies
                else examples[name].to_numpy(dtype=np.float32, na_value=np.nan)
            )
        return out

    def _codes(self, values: pd.Series) -> NDArray[np.float32]:
        vocabulary = self.vocabularies[str(values.name)]
        codes, kinds = pd.factorize(values)
        lookup = np.array([vocabulary.get(str(kind), UNKNOWN) for kind in kinds] + [UNKNOWN], dtype=np.float32)
        return np.asarray(lookup[codes], dtype=np.float32)

    def to_json(self) -> str:
        """The encoder as text; keys sorted, so that equal encoders give equal text."""
        return json.dumps({"features": self.features, "vocabularies": self.vocabularies}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Encoder:
        """Read back what `to_json` wrote."""
        read = json.loads(text)
        return cls(tuple(read["features"]), {name: dict(words) for name, words in read["vocabularies"].items()})
