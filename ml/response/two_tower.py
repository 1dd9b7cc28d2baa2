"""Two towers: what a customer bought, and what a product is, as vectors whose product says how well they go together.

The customer's tower reads what was bought by category and how much is bought of late; the product's reads words of its
content, its embedding where it brings one, and how it sells. So a product that nobody has bought has a vector too.
The log-odds are `u·v + b_u + b_v + (what is told of the place and of how it is shown)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from ml.response.nets import Layers, Net, Range, columns, columns_of, embedded_texts
from ml.response.past import Past
from ml.response.preprocessing import Preprocessing
from ml.response.sample import Sample

_CATEGORIES, _WORDS, _UNITS, _HIDDEN, _SPREAD = 1024, 8192, 24, 64, 0.5
_BUCKETS = {
    "kind": (("category_2", "category_3"), _CATEGORIES),
    "content": (("title", "category_1", "category_2", "category_3", "brand", "seller_id", "attributes"), _WORDS),
}


@dataclass(frozen=True)
class Towers:
    """What both towers see.

    Args:
        preprocessing: Columns to numbers.
        range: Of those numbers.
        past: Purchases and words.
    """

    preprocessing: Preprocessing
    range: Range
    past: Past

    @property
    def sides(self) -> tuple[list[int], list[int], list[int]]:
        """Columns of numbers about the customer, about the product, and about the showing."""
        about = (_is_of_customer, _is_of_product, _is_of_showing)
        customer, product, showing = (columns_of(self.preprocessing, is_own) for is_own in about)
        return customer, product, showing

    def fold(self, rows: pd.DataFrame) -> Callable[[slice], list[NDArray[Any]]]:
        """Profile and numbers of the customer; words, embedding and numbers of the product; the showing and the texts."""
        asked, scaled, codes = (
            self.past.asked(rows),
            self.range.numbers(self.preprocessing, rows),
            self.preprocessing.codes(rows),
        )
        profiles, place = self.past.profiles(asked, "kind", _CATEGORIES)
        words, embeddings, sides = self.past.words["content"], self.past.embeddings, self.sides

        def inputs(part: slice) -> list[NDArray[Any]]:
            product = asked.product[part]
            customer, own, showing = (scaled[part][:, side] for side in sides)
            vectors = [embeddings[product]] if embeddings.shape[1] else []
            return [profiles[place[part]], customer, words[product], *vectors, own, showing, *columns(codes[part])]

        return inputs

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The past, and the range of numbers."""
        return {**self.past.arrays(), **self.range.arrays()}


def _is_of_customer(name: str) -> bool:
    return name.startswith("customer_")


def _is_of_product(name: str) -> bool:
    # How often this customer bought it is of neither side.
    return name.startswith(("product_", "category_", "shelf_")) and not name.endswith("_bought_before")


def _is_of_showing(name: str) -> bool:
    return name.startswith("has_") or name == "position"


def _build(keras: Any, view: Towers, seed: int) -> Any:
    layers, plain = Layers(keras, seed), keras.layers
    customer, product, showing = (len(side) for side in view.sides)
    width, length = view.past.words["content"].shape[1], view.past.embeddings.shape[1]
    profile = keras.Input((_CATEGORIES,), name="profile")
    habits = keras.Input((customer,), name="habits")
    words = keras.Input((width,), dtype="int32", name="words")
    vector = [keras.Input((length,), name="vector")] if length else []
    sales = keras.Input((product,), name="sales")
    shown = keras.Input((showing,), name="shown")
    codes, texts = embedded_texts(layers, view.preprocessing, 4)

    hidden = layers.dense(_HIDDEN, "customer_hidden", "relu")(plain.Concatenate(name="customer")([profile, habits]))
    # The straight paths are what learns first: a product of two small vectors has next to no slope.
    straight = layers.dense(_UNITS, "customer_straight", use_bias=False)(profile)
    user = plain.Add(name="customer_vector")([layers.dense(_UNITS, "customer_out")(hidden), straight])
    named = layers.embedding(_WORDS, _UNITS, "word_embedding", spread=_SPREAD)(words)
    content = plain.Flatten(name="word_values")(plain.GlobalAveragePooling1D(name="word_mean")(named))
    both = plain.Concatenate(name="product")([content, *vector, sales])
    item = plain.Add(name="product_vector")(
        [layers.dense(_UNITS, "product_out")(layers.dense(_HIDDEN, "product_hidden", "relu")(both)), content]
    )
    match = plain.Dot(axes=1, name="match")([user, item])
    beside = plain.Concatenate(name="beside")([hidden, both, shown, *texts])
    bias = layers.dense(1, "bias")(layers.dense(_HIDDEN // 2, "bias_hidden", "relu")(beside))
    total = plain.Add(name="log_odds")([match, bias])
    return keras.Model([profile, habits, words, *vector, sales, shown, *codes], total, name="two_tower")


def _see(sample: Sample) -> Towers:
    return Towers(sample.preprocessing, Range.of(sample), Past.of(sample.histories, sample.through, _BUCKETS))


def _read(preprocessing: Preprocessing, kept: Mapping[str, NDArray[Any]]) -> Towers:
    return Towers(preprocessing, Range.from_arrays(kept), Past.from_arrays(kept))


def two_tower() -> Net:
    """The towers as a response model."""
    return Net("two_tower", _see, _build, _read)
