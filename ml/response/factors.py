"""Latent factors of customers and products, `u_c · v_p`, beside their biases: what factorisations share.

A product without history has the mean factors of its neighbours (`biases.from_neighbours`).
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
from ml.response.biases import Biases, from_neighbours
from ml.response.histories import Histories, Ledger, described, find, week_number
from ml.response.recommender import Taste

Floats = NDArray[np.float64]
Vectors = NDArray[np.float32]
# Factors at most, and customers or products that each of them takes: with more, nothing but the purchases is told back.
# On weeks 41 to 44, 64 are better than 32 or 16, and 128 cost four times as much.
MOST_FACTORS = 64
_ROWS_A_FACTOR = 8
# Under it, an affinity says no more than that there is none.
_LEAST = 1e-3


@dataclass(frozen=True)
class Factors:
    """Factors by code; strangers have zeros.

    Args:
        customer_ids: Sorted.
        product_ids: Sorted.
        customers: Shape (customers, k).
        products: Shape (products, k).
        biases: Of the same customers and products.
    """

    customer_ids: NDArray[np.str_]
    product_ids: NDArray[np.str_]
    customers: Vectors
    products: Vectors
    biases: Biases

    def numbers(self, rows: pd.DataFrame) -> Floats:
        """Affinity `u·v` and its logarithm, beside the biases (`Biases.beside`)."""
        customer, product = find(self.customer_ids, rows["customer_id"]), find(self.product_ids, rows["product_id"])
        zeros = np.zeros((1, self.customers.shape[1]), dtype=np.float32)
        users, items = np.vstack([self.customers, zeros]), np.vstack([self.products, zeros])
        affinity = (users[customer] * items[product]).sum(axis=1).astype(np.float64)
        logarithm = np.log(np.maximum(affinity, 0.0) + _LEAST)
        return self.biases.beside(np.column_stack([affinity, logarithm]), rows, customer, product)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What `from_arrays` reads."""
        ids = {"customer_ids": self.customer_ids, "product_ids": self.product_ids}
        return {**ids, "customers": self.customers, "products": self.products, **self.biases.arrays()}

    @classmethod
    def from_arrays(cls, kept: Mapping[str, NDArray[Any]]) -> Factors:
        """The inverse of `arrays`."""
        ids = kept["customer_ids"], kept["product_ids"]
        return cls(*ids, kept["customers"], kept["products"], Biases.from_arrays(kept))


def factors_of(matrix: Any) -> int:
    """How many factors a matrix carries.

    >>> factors_of(np.zeros((90, 51))), factors_of(np.zeros((2_500, 60_000)))
    (6, 64)
    """
    return max(1, min(MOST_FACTORS, min(matrix.shape) // _ROWS_A_FACTOR))


def learn_factors(
    factorise: Callable[[Any, MlConfig], tuple[Floats, Floats]],
    known: tuple[Histories, Histories],
    mondays: tuple[date, date],
    config: MlConfig,
) -> tuple[Taste, Taste]:
    """Factors as of both Mondays.

    Args:
        factorise: From `ln(1 + baskets)`, a sparse matrix of customers and the products that were bought, to their
            factors.
        known: Histories known by each Monday.
        mondays: Both.
        config: How models are trained.
    """
    earlier, latest = (
        _of(factorise, histories, monday, config) for histories, monday in zip(known, mondays, strict=True)
    )
    return earlier, latest


def _of(
    factorise: Callable[[Any, MlConfig], tuple[Floats, Floats]], histories: Histories, monday: date, config: MlConfig
) -> Factors:
    from scipy import sparse

    ledger = Ledger.of(histories)
    about = described(histories, ledger.products)
    biases = Biases.of(ledger, about, week_number(monday))
    shape = len(ledger.customers), len(ledger.products)
    bought = sparse.coo_matrix((ledger.baskets.astype(np.float64), (ledger.customer, ledger.product)), shape).tocsr()
    warm = np.flatnonzero(~biases.is_cold)
    matrix = bought[:, warm]
    matrix.data = np.log1p(matrix.data)
    if min(matrix.shape) < 2:
        users, items = np.zeros((shape[0], 1)), np.zeros((len(warm), 1))
    else:
        users, items = factorise(matrix, config)
    products = np.zeros((shape[1], items.shape[1]))
    products[warm] = items
    products = from_neighbours(products, ~biases.is_cold, about)
    ids = ledger.customers, ledger.products
    return Factors(*ids, users.astype(np.float32), products.astype(np.float32), biases)
