"""Affinity of customers to products as one column beside those of `response_features`: `u·v` by implicit factors.

Factors learned by a Monday hold the answers of the weeks before it. So they are learned as of every fourth Monday, and a
row is told what the newest of them says that is not after its own week. In the weeks that calibrate they are learned as of
every Monday: a row to be scored is told by factors of its own week, and fresh ones promise more than those of weeks
before. A product without a purchase has no affinity: that of its likes was tried, and trees that read it ordered weeks 41
to 44 no better.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.config import MlConfig
from ml.response.als import factorise
from ml.response.histories import Codes, Ledger, asked_weeks, find, week_number
from ml.response.sample import HELD_WEEKS, TRAINING_WEEKS, Sample

Singles = NDArray[np.float32]
# Half precision: a model that reads affinities is saved with them.
Vectors = NDArray[np.float16]
READS = ("customer_id", "product_id")
# Mondays that scorers keep: the training's own, and those of the weeks that calibrate.
KEPT = HELD_WEEKS + 1
# Under it, an affinity says no more than that there is none.
_LEAST = 0.01
# On weeks 41 to 44, 48 factors order opportunities no better than 32, and cost twice as much.
_FACTORS, _ROUNDS = 32, 5
# Two models that train side by side want them at once.
_ONCE = Lock()


@dataclass(frozen=True)
class Affinity:
    """Factors as of several Mondays.

    Args:
        customer_ids: Sorted.
        product_ids: Sorted.
        weeks: Numbers of the Mondays, ascending.
        customers: Shape (weeks, customers, k), NaN of whom nobody knew by then.
        products: Shape (weeks, products, k), NaN of what had not sold by then.
    """

    customer_ids: NDArray[np.str_]
    product_ids: NDArray[np.str_]
    weeks: Codes
    customers: Vectors
    products: Vectors

    def of(self, rows: pd.DataFrame) -> Singles:
        """Affinity of each row; NaN where customer, product or the week's time is not known."""
        found = np.full(len(rows), np.nan, dtype=np.float32)
        if not len(self.weeks):
            return found
        customer, product = find(self.customer_ids, rows["customer_id"]), find(self.product_ids, rows["product_id"])
        newest = np.searchsorted(self.weeks, asked_weeks(rows, int(self.weeks[-1])), side="right") - 1
        for place in range(len(self.weeks)):
            own = np.flatnonzero((newest == place) & (customer >= 0) & (product >= 0))
            users, items = self.customers[place, customer[own]], self.products[place, product[own]]
            found[own] = np.einsum("ij,ij->i", users.astype(np.float32), items.astype(np.float32))
        return found

    def scaled(self, rows: pd.DataFrame) -> Singles:
        """Shape (rows, 2): logarithm of the affinity, about as wide as standardised numbers, and whether it is missing."""
        affinity = self.of(rows)
        logs = np.log(np.maximum(affinity, 0.0) + _LEAST) - np.log(_LEAST) / 2.0
        return np.column_stack([np.nan_to_num(logs), np.isnan(affinity)]).astype(np.float32)

    def newest(self, count: int) -> Affinity:
        """The same as of the newest Mondays only; rows before them have none."""
        return Affinity(
            self.customer_ids, self.product_ids, self.weeks[-count:], self.customers[-count:], self.products[-count:]
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What `from_arrays` reads."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def from_arrays(cls, kept: Mapping[str, NDArray[Any]]) -> Affinity:
        """The inverse of `arrays`."""
        return cls(**kept)


def learn_affinity(sample: Sample, config: MlConfig) -> Affinity:
    """Factors as of every fourth Monday of the training weeks, then of each that calibrates and the sample's own.

    They are learned once a sample.
    """
    with _ONCE:
        if "affinity" not in sample.shared:
            sample.shared["affinity"] = _learn(sample, config)
    return sample.shared["affinity"]


def _learn(sample: Sample, config: MlConfig) -> Affinity:
    ledger, wall = Ledger.of(sample.histories), week_number(sample.through)
    first = int(ledger.week.min()) if len(ledger.week) else wall
    oldest = max(first, wall - TRAINING_WEEKS)
    steps = (*range(HELD_WEEKS), *range(HELD_WEEKS, TRAINING_WEEKS, HELD_WEEKS))
    weeks = np.array([wall - step for step in reversed(steps) if wall - step > oldest], dtype=np.int64)
    learned = [_factors(ledger.before(int(week)), config) for week in weeks]
    # A tiny history carries fewer factors than a later one; a factor of zeros adds nothing.
    width = max((customers.shape[1] for customers, _ in learned), default=0)
    customers, products = (
        np.stack([np.pad(part[side], ((0, 0), (0, width - part[side].shape[1]))) for part in learned])
        if learned
        else np.zeros((0, 0, 0), dtype=np.float16)
        for side in (0, 1)
    )
    return Affinity(ledger.customers, ledger.products, weeks, customers, products)


def _factors(ledger: Ledger, config: MlConfig) -> tuple[Vectors, Vectors]:
    """Factors of all customers and products of a ledger, by what it holds of them."""
    from scipy import sparse

    shape = len(ledger.customers), len(ledger.products)
    matrix = sparse.coo_matrix((ledger.baskets, (ledger.customer, ledger.product)), shape).tocsr()
    has_bought, is_bought = (np.asarray(matrix.sum(axis=axis)).ravel() > 0 for axis in (1, 0))
    matrix = matrix[:, is_bought]
    matrix.data = np.log1p(matrix.data)
    users, items = factorise(matrix, config, _FACTORS, _ROUNDS)
    customers = np.where(has_bought[:, None], users, np.nan).astype(np.float16)
    products = np.full((shape[1], customers.shape[1]), np.nan, dtype=np.float16)
    products[is_bought] = items
    return customers, products
