"""Convolutions over time: the customer's last purchases held against the product, and the product's last weeks of sales.

Each of the last purchases before the row's week is the embedding of its category_2, category_3 and product, its
elementwise product with the candidate's, and the logarithm of the weeks since. A convolution reads three purchases in a
row; the largest and the mean answer of each filter are kept. Another one reads the weeks of sales.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.response.nets import Layers, Net, Range, columns, embedded_texts
from ml.response.past import Past
from ml.response.preprocessing import Preprocessing
from ml.response.sample import Sample

LAST, WEEKS = 32, 12
_BUCKETS = {
    "category_2": (("category_2",), 512),
    "category_3": (("category_3",), 2048),
    "product": (("product_id",), 16384),
}
_UNITS = {"category_2": 4, "category_3": 6, "product": 6}
_FILTERS, _WIDTH, _HIDDEN = 16, 3, 64


@dataclass(frozen=True)
class Sequences:
    """What the convolutions see.

    Args:
        preprocessing: Columns to numbers.
        range: Of those numbers.
        past: Purchases and buckets.
    """

    preprocessing: Preprocessing
    range: Range
    past: Past

    def fold(self, rows: pd.DataFrame) -> Callable[[slice], list[NDArray[Any]]]:
        """Buckets of the sequence and of the candidate, weeks since, sales, numbers, and the codes of texts."""
        asked, scaled, codes = (
            self.past.asked(rows),
            self.range.numbers(self.preprocessing, rows),
            self.preprocessing.codes(rows),
        )
        first, end = self.past.spans(asked)
        sales = np.log1p(self.past.sales(asked, WEEKS))[:, :, None]
        buckets = [self.past.words[name][:, 0] for name in _BUCKETS]

        def inputs(part: slice) -> list[NDArray[Any]]:
            bought, since = self.past.latest((first[part], end[part]), asked.week[part], LAST)
            # The candidate stands last, so that one look-up serves both.
            sequence = np.column_stack([bought, asked.product[part]])
            times = np.stack([np.log1p(since), since > 0], axis=-1).astype(np.float32)
            return [*(bucket[sequence] for bucket in buckets), times, sales[part], scaled[part], *columns(codes[part])]

        return inputs

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The past, and the range of numbers."""
        return {**self.past.arrays(), **self.range.arrays()}


def _build(keras: Any, view: Sequences, seed: int) -> Any:
    layers, plain = Layers(keras, seed), keras.layers
    buckets, values = [], []
    for name, (_, size) in _BUCKETS.items():
        bucket = keras.Input((LAST + 1,), dtype="int32", name=f"{name}_bucket")
        buckets.append(bucket)
        values.append(layers.embedding(size, _UNITS[name], f"{name}_of_bucket", spread=0.3)(bucket))
    times = keras.Input((LAST, 2), name="times")
    sales = keras.Input((WEEKS, 1), name="sales")
    numbers = keras.Input((2 * len(view.preprocessing.numbers),), name="numbers")
    codes, texts = embedded_texts(layers, view.preprocessing, 8)

    known = plain.Concatenate(name="known")(values)
    bought = plain.Cropping1D((0, 1), name="bought")(known)
    candidate = plain.Cropping1D((LAST, 0), name="candidate")(known)
    against = plain.Multiply(name="against")([bought, candidate])
    sequence = plain.Concatenate(name="sequence")([bought, against, times])
    read = layers.convolution(_FILTERS, _WIDTH, "purchases")(sequence)
    own = plain.Flatten(name="own")(candidate)
    parts = [
        plain.GlobalMaxPooling1D(name="most")(read),
        plain.GlobalAveragePooling1D(name="mean")(read),
        plain.Flatten(name="weeks")(layers.convolution(4, _WIDTH, "trend")(sales)),
        own,
        numbers,
        *texts,
    ]
    wide = plain.Concatenate(name="wide")(parts)
    deep = layers.dense(_HIDDEN, "hidden", "relu")(wide)
    deep = layers.dense(_HIDDEN // 2, "hidden_again", "relu")(deep)
    last = layers.dense(1, "log_odds")(plain.Concatenate(name="both")([deep, wide]))
    return keras.Model([*buckets, times, sales, numbers, *codes], last, name="sequence_net")


def _see(sample: Sample) -> Sequences:
    return Sequences(sample.preprocessing, Range.of(sample), Past.of(sample.histories, sample.through, _BUCKETS))


def _read(preprocessing: Preprocessing, kept: Mapping[str, NDArray[Any]]) -> Sequences:
    return Sequences(preprocessing, Range.from_arrays(kept), Past.from_arrays(kept))


def sequence_net() -> Net:
    """The convolutions as a response model."""
    return Net("sequence_net", _see, _build, _read)
