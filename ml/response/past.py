"""What networks read of purchases: each row's customer and product as codes, and the weeks before its own.

Every look-up is as of a row's week, and never beyond the Monday by which the network was trained: a stored `Past` holds
no purchase of later weeks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.response.histories import NOBODY, Codes, Histories, Ledger, asked_weeks, described, find, week_number

Vectors = NDArray[np.float32]
_KEY = 100_000
# Words of a title that are read.
_MOST_WORDS = 8


@dataclass(frozen=True)
class Asked:
    """Rows as codes; `NOBODY` for strangers.

    Args:
        customer: Of each row.
        product: Of each row.
        week: Before which purchases may be known.
    """

    customer: Codes
    product: Codes
    week: Codes


@dataclass(frozen=True)
class Past:
    """Purchases and hashed words of products.

    Args:
        ledger: Purchases of weeks before the wall.
        wall: The Monday's week number.
        words: By group of words, shape (products + 1, width): bucket of each, 0 where there is none; the last row is a
            stranger's.
        embeddings: Shape (products + 1, length), unit vectors or zeros; length 0 where products bring none.
    """

    ledger: Ledger
    wall: int
    words: Mapping[str, NDArray[np.int32]]
    embeddings: Vectors

    @classmethod
    def of(cls, histories: Histories, through: date, buckets: Mapping[str, tuple[Sequence[str], int]]) -> Past:
        """From histories known by a Monday; `buckets` has columns and number of buckets of each group of words."""
        wall = week_number(through)
        ledger = Ledger.of(histories).before(wall)
        about = described(histories, ledger.products)
        ids = pd.Series(ledger.products, dtype="str")
        words = {name: _hashed(about, ids, columns, size) for name, (columns, size) in buckets.items()}
        return cls(ledger, wall, words, _unit(about["embedding"]))

    def asked(self, rows: pd.DataFrame) -> Asked:
        """Codes of rows."""
        return Asked(
            find(self.ledger.customers, rows["customer_id"]),
            find(self.ledger.products, rows["product_id"]),
            asked_weeks(rows, self.wall),
        )

    def spans(self, asked: Asked) -> tuple[Codes, Codes]:
        """Where in the ledger each row's customer begins, and where the purchases of weeks before the row's week end."""
        keys = self.ledger.customer * _KEY + self.ledger.week
        is_known = asked.customer >= 0
        first = np.searchsorted(keys, asked.customer * _KEY)
        end = np.searchsorted(keys, asked.customer * _KEY + asked.week)
        return np.where(is_known, first, 0), np.where(is_known, end, 0)

    def latest(self, spans: tuple[Codes, Codes], week: Codes, count: int) -> tuple[Codes, Vectors]:
        """The last purchases of each span, oldest first.

        Returns:
            Shape (rows, count) each: codes of products, `NOBODY` where there are fewer; and weeks since, 0 there.
        """
        first, end = spans
        place = end[:, None] + np.arange(-count, 0)[None, :]
        is_there = place >= first[:, None]
        if not len(self.ledger.week):
            return np.full(place.shape, NOBODY), np.zeros(place.shape, dtype=np.float32)
        kept = np.where(is_there, place, 0)
        product = np.where(is_there, self.ledger.product[kept], NOBODY)
        since = np.where(is_there, week[:, None] - self.ledger.week[kept], 0)
        return product, since.astype(np.float32)

    def sales(self, asked: Asked, weeks: int) -> Vectors:
        """Shape (rows, weeks): customers who bought the product in each of the weeks before, oldest first."""
        order = np.lexsort((self.ledger.week, self.ledger.product))
        keys = self.ledger.product[order] * _KEY + self.ledger.week[order]
        start = (asked.product * _KEY + asked.week)[:, None] - np.arange(weeks, -1, -1)[None, :]
        edges = np.searchsorted(keys, start)
        return np.where(asked.product[:, None] >= 0, np.diff(edges, axis=1), 0).astype(np.float32)

    def profiles(self, asked: Asked, group: str, size: int) -> tuple[Vectors, Codes]:
        """What customers had bought before each row's week, by bucket of the products' words.

        Returns:
            Shape (distinct customers and weeks + 1, size): `ln(1 + baskets)` scaled to length 1, the last a stranger's
            zeros; and each row's place in it.
        """
        from scipy import sparse

        pairs, place = np.unique(asked.customer * _KEY + asked.week, return_inverse=True)
        place = np.where(asked.customer >= 0, place, len(pairs))
        table = np.zeros((len(pairs) + 1, size), dtype=np.float32)
        known = np.flatnonzero(pairs >= 0)
        customers, of_pair = np.unique(pairs[known] // _KEY, return_inverse=True)
        week_of = pairs[known] % _KEY
        position = np.searchsorted(customers, self.ledger.customer)
        position = np.where(position < len(customers), position, 0)
        is_asked = customers[position] == self.ledger.customer if len(customers) else np.zeros(0, dtype=bool)
        total, seen = np.zeros((len(customers), size), dtype=np.float32), np.iinfo(np.int64).min
        for week in np.unique(week_of):
            new = is_asked & (self.ledger.week >= seen) & (self.ledger.week < week)
            words = self.words[group][self.ledger.product[new]]
            who = np.repeat(position[new], words.shape[1])
            value = np.repeat(self.ledger.baskets[new], words.shape[1]) * (words.ravel() > 0)
            shape = len(customers), size
            total += sparse.coo_matrix((value, (who, words.ravel())), shape).toarray().astype(np.float32)
            here = week_of == week
            table[known[here]] = np.log1p(total[of_pair[here]])
            seen = week
        length = np.linalg.norm(table, axis=1, keepdims=True)
        table /= np.where(length > 0, length, 1.0)
        return table, place.astype(np.int64)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What `from_arrays` reads."""
        words = {f"words_{name}": table for name, table in self.words.items()}
        return {**self.ledger.arrays(), **words, "embeddings": self.embeddings, "wall": np.array(self.wall)}

    @classmethod
    def from_arrays(cls, kept: Mapping[str, NDArray[Any]]) -> Past:
        """The inverse of `arrays`."""
        words = {name.removeprefix("words_"): kept[name] for name in kept if name.startswith("words_")}
        return cls(Ledger.from_arrays(kept), int(kept["wall"]), words, kept["embeddings"])


def _hashed(about: pd.DataFrame, products: pd.Series, columns: Sequence[str], size: int) -> NDArray[np.int32]:
    """Buckets 1 to size − 1 of the values of columns, each value one word; of a title, each of its words."""
    parts = []
    for column in columns:
        values = products if column == "product_id" else about[column]
        split = values.str.lower().str.split(expand=True) if column == "title" else values.to_frame()
        for at in range(min(split.shape[1], _MOST_WORDS)):
            word = split.iloc[:, at].astype("object")
            is_there = (word.notna() & (word != "")).to_numpy()
            named = np.array([f"{column} {value}" for value in word], dtype=object)
            bucket = pd.util.hash_array(named, categorize=True) % np.uint64(size - 1) + np.uint64(1)
            parts.append(np.where(is_there, bucket.astype(np.int32), 0))
    stacked = np.column_stack(parts).astype(np.int32)
    return np.vstack([stacked, np.zeros((1, stacked.shape[1]), dtype=np.int32)])


def _unit(embedding: pd.Series) -> Vectors:
    has = embedding.map(lambda value: isinstance(value, list | tuple | np.ndarray)).to_numpy(dtype=bool)
    length = len(embedding[has].iloc[0]) if has.any() else 0
    dense = np.zeros((len(embedding) + 1, length), dtype=np.float32)
    if length:
        dense[np.flatnonzero(has)] = np.nan_to_num(np.vstack([np.asarray(one, np.float32) for one in embedding[has]]))
    norm = np.linalg.norm(dense, axis=1, keepdims=True)
    dense /= np.where(norm > 0, norm, 1.0)
    return dense
