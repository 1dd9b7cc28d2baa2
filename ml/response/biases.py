"""How much a customer buys and how well a product sells, `α_u` and `β_s`: what a score of taste is added to.

A product that nobody has bought has the mean of its neighbours: products of its category_3 and seller, else of its
category_3, and so on up the tree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.response.histories import Codes, Ledger

Floats = NDArray[np.float64]
# Weeks whose purchases say how much is bought now.
_RECENT = 12
_LEVELS = (
    ("category_1", "category_2", "category_3", "seller_id"),
    ("category_1", "category_2", "category_3"),
    ("category_1", "category_2"),
    ("category_1",),
    (),
)


@dataclass(frozen=True)
class Biases:
    """Biases by code.

    Args:
        customers: `ln(1 + purchases)` of each customer's latest weeks; their mean is that of a stranger.
        products: The same of each product.
        is_cold: Whether nobody has bought the product.
    """

    customers: Floats
    products: Floats
    is_cold: NDArray[np.bool_]

    @classmethod
    def of(cls, ledger: Ledger, about: pd.DataFrame, wall: int) -> Biases:
        """Biases as of a week; `about` describes the ledger's products."""
        recent = ledger.week >= wall - _RECENT
        customers = np.bincount(ledger.customer[recent], minlength=len(ledger.customers))
        products = np.bincount(ledger.product[recent], minlength=len(ledger.products))
        is_cold = np.bincount(ledger.product, minlength=len(ledger.products)) == 0
        own = np.log1p(products)[:, None]
        return cls(np.log1p(customers), from_neighbours(own, ~is_cold, about)[:, 0], is_cold)

    def beside(self, scores: Floats, rows: pd.DataFrame, customer: Codes, product: Codes) -> Floats:
        """What a head reads of rows: scores and biases, and how they differ where the product is cold.

        What speaks for a product that sells need not speak for one that is promoted and never sold; where there is
        nothing to learn the difference from, a head finds none. A row says itself whether its product has sold; some
        that began since the Monday of these biases have no history yet.

        Returns:
            Shape (rows, 2·k + 6): scores, `α_u` and `β_s`; the same where the product is cold, else 0; whether it is cold,
            and whether it has no history.
        """
        biases = [_or_mean(self.customers, customer), _or_mean(self.products, product)]
        own = np.column_stack([scores, *biases])
        age = rows["product_age_weeks"].to_numpy(dtype=np.float64, na_value=np.nan)
        is_cold = ~(age >= 0)
        has_none = np.append(self.is_cold, True)[product]
        flags = np.column_stack([is_cold, has_none]).astype(np.float64)
        return np.hstack([own, np.where(is_cold[:, None], own, 0.0), flags])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What `from_arrays` reads."""
        return {"customer_bias": self.customers, "product_bias": self.products, "is_cold": self.is_cold}

    @classmethod
    def from_arrays(cls, kept: Mapping[str, NDArray[Any]]) -> Biases:
        """The inverse of `arrays`."""
        return cls(kept["customer_bias"], kept["product_bias"], kept["is_cold"])


def _or_mean(values: Floats, codes: Codes) -> Floats:
    return np.append(values, values.mean() if len(values) else 0.0)[codes]


def from_neighbours(values: NDArray[Any], is_known: NDArray[np.bool_], about: pd.DataFrame) -> NDArray[Any]:
    """Values of products: their own where known, else the mean of the nearest group that has any; 0 where none has.

    Args:
        values: Shape (products, k).
        is_known: Whose values count.
        about: The products' categories and seller.
    """
    found, is_open = np.where(is_known[:, None], values, 0.0), ~is_known
    for level in _LEVELS if is_known.any() else ():
        group = about.groupby(list(level), sort=True).ngroup().to_numpy() if level else np.zeros(len(about), dtype=int)
        count = np.bincount(group[is_known], minlength=group.max() + 1)
        total = np.zeros((len(count), values.shape[1]))
        np.add.at(total, group[is_known], values[is_known])
        is_filled = is_open & (count[group] > 0)
        found[is_filled] = total[group[is_filled]] / count[group[is_filled]][:, None]
        is_open &= ~is_filled
    return found.astype(values.dtype)
