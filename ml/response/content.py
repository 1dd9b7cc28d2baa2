"""Taste read off texts: what a product is in words, what a customer bought in the same words, and the cosine of both.

Vocabularies are those of products bought by the earlier Monday. Where products bring an embedding, the cosine in that
space stands beside the one of texts. A product without a word or without an embedding has the cosine 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.config import MlConfig
from ml.response.biases import Biases
from ml.response.histories import Histories, Ledger, described, find, week_number
from ml.response.recommender import Taste

Floats = NDArray[np.float64]
# Customers whose profiles are unfolded at once.
_UNFOLDED = 2048
_SPACES = ("text", "embedding")
Vectorise = Callable[[list[str]], Any]


@dataclass(frozen=True)
class Content:
    """Unit vectors by code, in the space of texts and in that of embeddings.

    Args:
        customer_ids: Sorted.
        product_ids: Sorted.
        spaces: By space: sparse rows of customers and of products, of length 1 or 0.
        biases: Of the same customers and products.
    """

    customer_ids: NDArray[np.str_]
    product_ids: NDArray[np.str_]
    spaces: Mapping[str, tuple[Any, Any]]
    biases: Biases

    def numbers(self, rows: pd.DataFrame) -> Floats:
        """Both cosines, beside the biases (`Biases.beside`)."""
        customer, product = find(self.customer_ids, rows["customer_id"]), find(self.product_ids, rows["product_id"])
        is_known = (customer >= 0) & (product >= 0)
        cosines = np.zeros((len(rows), len(_SPACES)))
        for place, space in enumerate(_SPACES):
            cosines[is_known, place] = _cosines(*self.spaces[space], customer[is_known], product[is_known])
        return self.biases.beside(cosines, rows, customer, product)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What `from_arrays` reads."""
        kept = {"customer_ids": self.customer_ids, "product_ids": self.product_ids, **self.biases.arrays()}
        for space, sides in self.spaces.items():
            for side, matrix in zip(("customers", "products"), sides, strict=True):
                parts = {"data": matrix.data, "indices": matrix.indices, "indptr": matrix.indptr}
                kept |= {f"{space}_{side}_{name}": part for name, part in parts.items()}
                kept[f"{space}_{side}_shape"] = np.array(matrix.shape)
        return kept

    @classmethod
    def from_arrays(cls, kept: Mapping[str, NDArray[Any]]) -> Content:
        """The inverse of `arrays`."""
        from scipy import sparse

        def matrix(start: str) -> Any:
            parts = (kept[f"{start}_{name}"] for name in ("data", "indices", "indptr"))
            return sparse.csr_matrix(tuple(parts), shape=tuple(kept[f"{start}_shape"]))

        spaces = {space: (matrix(f"{space}_customers"), matrix(f"{space}_products")) for space in _SPACES}
        return cls(kept["customer_ids"], kept["product_ids"], spaces, Biases.from_arrays(kept))


def learn_content(
    learn_texts: Callable[[list[str], MlConfig], Vectorise],
    known: tuple[Histories, Histories],
    mondays: tuple[date, date],
    config: MlConfig,
) -> tuple[Taste, Taste]:
    """Profiles as of both Mondays.

    Args:
        learn_texts: From the texts of products bought by the earlier Monday to what makes vectors of texts.
        known: Histories known by each Monday.
        mondays: Both.
        config: How models are trained.
    """
    ledgers = [Ledger.of(histories) for histories in known]
    abouts = [described(histories, ledger.products) for histories, ledger in zip(known, ledgers, strict=True)]
    bought = np.unique(ledgers[0].product)
    learned = [text for text in texts_of(abouts[0].iloc[bought]) if text]
    vectorise = learn_texts(learned, config) if len(set(learned)) > 1 else _no_vectors
    earlier, latest = (
        _of(vectorise, ledger, about, week_number(monday))
        for ledger, about, monday in zip(ledgers, abouts, mondays, strict=True)
    )
    return earlier, latest


def texts_of(about: pd.DataFrame) -> list[str]:
    """Title, category words, brand and attributes of each product, one text."""
    names = ("title", "category_1", "category_2", "category_3", "brand", "attributes")
    joined = about[names[0]]
    for name in names[1:]:
        joined = joined + " " + about[name]
    return [text.strip() for text in joined]


def _no_vectors(texts: list[str]) -> Any:
    from scipy import sparse

    return sparse.csr_matrix((len(texts), 1))


def _of(vectorise: Vectorise, ledger: Ledger, about: pd.DataFrame, wall: int) -> Content:
    from scipy import sparse

    shape = len(ledger.customers), len(ledger.products)
    bought = sparse.coo_matrix((ledger.baskets.astype(np.float64), (ledger.customer, ledger.product)), shape).tocsr()
    bought.data = np.log1p(bought.data)
    spaces = {}
    for space, vectors in (("text", vectorise(texts_of(about))), ("embedding", _embeddings(about))):
        products = _of_length_one(sparse.csr_matrix(vectors))
        spaces[space] = (_of_length_one(bought @ products), products)
    return Content(ledger.customers, ledger.products, spaces, Biases.of(ledger, about, wall))


def _embeddings(about: pd.DataFrame) -> Any:
    """Embeddings of products, zeros where there is none; refuses lengths that differ."""
    from scipy import sparse

    has = about["embedding"].map(lambda value: isinstance(value, list | tuple | np.ndarray)).to_numpy(dtype=bool)
    if not has.any():
        return sparse.csr_matrix((len(about), 1))
    values = [np.asarray(value, dtype=np.float64) for value in about.loc[has, "embedding"]]
    if len({len(value) for value in values}) > 1:
        raise ValueError("raw_products.embedding: lengths differ; deliver one kind of embedding for all products")
    dense = np.zeros((len(about), len(values[0])))
    dense[has] = np.nan_to_num(np.vstack(values))
    return sparse.csr_matrix(dense)


def _of_length_one(matrix: Any) -> Any:
    from scipy import sparse

    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return (sparse.diags_array(1.0 / np.where(length > 0, length, 1.0)) @ matrix).astype(np.float32).tocsr()


def _cosines(customers: Any, products: Any, customer: NDArray[np.int64], product: NDArray[np.int64]) -> Floats:
    """Products of unit vectors row by row: profiles are unfolded some at a time, and the few words of a product read
    off them."""
    found = np.zeros(len(customer))
    lengths = np.diff(products.indptr)
    asked = np.unique(customer)
    for at in range(0, len(asked), _UNFOLDED):
        block = asked[at : at + _UNFOLDED]
        is_here = np.flatnonzero((customer >= block[0]) & (customer <= block[-1]))
        profiles = customers[block].toarray()
        words = lengths[product[is_here]]
        starts = np.repeat(products.indptr[product[is_here]] - np.append(0, np.cumsum(words)[:-1]), words)
        places = np.arange(words.sum()) + starts
        owner = np.repeat(np.arange(len(is_here)), words)
        own = profiles[np.searchsorted(block, customer[is_here])[owner], products.indices[places]]
        found[is_here] = np.bincount(owner, own * products.data[places].astype(np.float64), len(is_here))
    return found
