"""Wide and cross (DCN-V2, Wang et al. 2021): columns are multiplied with one another on purpose, layer by layer.

A cross layer makes `x₊ = x₀ ⊙ (U (V x) + b) + x` of the first layer's `x₀` and its own input `x`, with `V` to few and
`U` back to all columns. Two dense layers run beside, and a linear path over `x₀`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from ml.response.nets import Layers, Net, Range, columns, embedded_texts
from ml.response.preprocessing import Preprocessing
from ml.response.sample import Sample

_EMBEDDING, _RANK, _CROSSES, _HIDDEN = 8, 24, 3, (96, 48)


@dataclass(frozen=True)
class Columns:
    """Numbers and texts of a row, and no more.

    Args:
        preprocessing: Columns to numbers.
        range: Of those numbers.
    """

    preprocessing: Preprocessing
    range: Range

    def fold(self, rows: pd.DataFrame) -> Callable[[slice], list[NDArray[Any]]]:
        """The numbers, then a column of codes a text."""
        scaled, codes = self.range.numbers(self.preprocessing, rows), self.preprocessing.codes(rows)
        return lambda part: [scaled[part], *columns(codes[part])]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The range of numbers."""
        return self.range.arrays()


def _build(keras: Any, view: Columns, seed: int) -> Any:
    layers, plain = Layers(keras, seed), keras.layers
    numbers = keras.Input((2 * len(view.preprocessing.numbers),), name="numbers")
    codes, texts = embedded_texts(layers, view.preprocessing, _EMBEDDING)
    first = plain.Concatenate(name="wide")([numbers, *texts])
    crossed = first
    for place in range(_CROSSES):
        few = layers.dense(_RANK, f"cross_{place}_few", use_bias=False)(crossed)
        back = layers.dense(first.shape[-1], f"cross_{place}_all")(few)
        product = plain.Multiply(name=f"cross_{place}_product")([first, back])
        crossed = plain.Add(name=f"cross_{place}")([product, crossed])
    deep = first
    for place, units in enumerate(_HIDDEN):
        deep = layers.dense(units, f"hidden_{place}", "relu")(deep)
    last = layers.dense(1, "log_odds")(plain.Concatenate(name="all")([crossed, deep, first]))
    return keras.Model([numbers, *codes], last, name="cross_net")


def _see(sample: Sample) -> Columns:
    return Columns(sample.preprocessing, Range.of(sample))


def _read(preprocessing: Preprocessing, kept: Mapping[str, NDArray[Any]]) -> Columns:
    return Columns(preprocessing, Range.from_arrays(kept))


def cross_net() -> Net:
    """The cross network as a response model."""
    return Net("cross_net", _see, _build, _read, reads=())
