"""Who bought what in which week, and what products are: what recommenders learn from beside the rows.

`Histories` are tables as the warehouse holds them, `Ledger` the same purchases as sorted arrays that a model keeps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Codes = NDArray[np.int64]
PURCHASES = ("customer_id", "product_id", "week", "known_on", "baskets", "units")
PRODUCTS = (
    "product_id",
    "title",
    "category_1",
    "category_2",
    "category_3",
    "brand",
    "seller_id",
    "attributes",
    "embedding",
)
# Of `Ledger.find`, and of every array that is looked up by a code.
NOBODY = -1
_DAYS = 7


def _nothing(columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="object") for name in columns})


@dataclass(frozen=True)
class Histories:
    """Purchases and products; none of either where a source has none.

    Args:
        purchases: One row per customer, product and week: `PURCHASES`.
        products: One row per product: `PRODUCTS`.
    """

    purchases: pd.DataFrame = field(default_factory=lambda: _nothing(PURCHASES))
    products: pd.DataFrame = field(default_factory=lambda: _nothing(PRODUCTS))

    def known_by(self, monday: date) -> Histories:
        """Purchases of weeks before this Monday that were known by it; the products as they are."""
        wall = pd.Timestamp(monday)
        week, known_on = (pd.to_datetime(self.purchases[name]) for name in ("week", "known_on"))
        return Histories(self.purchases[(week < wall) & (known_on <= wall)], self.products)


@dataclass(frozen=True)
class Ledger:
    """Purchases as arrays in the order of customer, week and product, and products by their code.

    Args:
        customers: Ids, sorted; a customer's code is its place.
        products: Ids of the product master and of all that was bought, sorted.
        customer: Of each purchase, the customer's code.
        product: The product's code.
        week: Its week, as `week_numbers` counts.
        baskets: Baskets that held it.
    """

    customers: NDArray[np.str_]
    products: NDArray[np.str_]
    customer: Codes
    product: Codes
    week: Codes
    baskets: NDArray[np.float32]

    @classmethod
    def of(cls, histories: Histories) -> Ledger:
        """The same whatever the order of the rows was."""
        bought = histories.purchases
        customer_id, product_id = bought["customer_id"].astype("str"), bought["product_id"].astype("str")
        customers = np.unique(customer_id.to_numpy(dtype=str))
        products = np.unique(np.append(product_id.unique(), histories.products["product_id"].astype("str")).astype(str))
        customer = pd.Index(customers).get_indexer(pd.Index(customer_id))
        product = pd.Index(products).get_indexer(pd.Index(product_id))
        week = week_numbers(bought["week"])
        order = np.lexsort((product, week, customer))
        baskets = bought["baskets"].to_numpy(dtype=np.float32)
        return cls(customers, products, customer[order], product[order], week[order], baskets[order])

    def before(self, week: int) -> Ledger:
        """The purchases of weeks before one."""
        kept = self.week < week
        told = {name: getattr(self, name)[kept] for name in ("customer", "product", "week", "baskets")}
        return Ledger(self.customers, self.products, **told)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What `from_arrays` reads."""
        smaller = {name: getattr(self, name).astype(np.int32) for name in ("customer", "product", "week")}
        return {"customers": self.customers, "products": self.products, **smaller, "baskets": self.baskets}

    @classmethod
    def from_arrays(cls, kept: Mapping[str, NDArray[Any]]) -> Ledger:
        """The inverse of `arrays`."""
        codes = {name: kept[name].astype(np.int64) for name in ("customer", "product", "week")}
        return cls(kept["customers"], kept["products"], **codes, baskets=kept["baskets"])


def find(ids: NDArray[np.str_], asked: pd.Series) -> Codes:
    """Code of each id asked, `NOBODY` of one that is not there."""
    return pd.Index(ids).get_indexer(pd.Index(asked.astype("str"))).astype(np.int64)


def week_numbers(weeks: pd.Series) -> Codes:
    """Weeks since 1970-01-05, one of each Monday."""
    days = pd.to_datetime(weeks).to_numpy().astype("datetime64[D]").astype(np.int64)
    return np.asarray((days - 4) // _DAYS)


def week_number(monday: date) -> int:
    """The same of one Monday.

    >>> week_number(date(1970, 1, 12))
    1
    """
    return int((np.datetime64(monday, "D").astype(np.int64) - 4) // _DAYS)


def asked_weeks(rows: pd.DataFrame, wall: int) -> Codes:
    """The week before which each row may know of purchases: its own, but none after `wall`; `wall` where it has none."""
    if "week" not in rows.columns:
        return np.full(len(rows), wall, dtype=np.int64)
    return np.minimum(week_numbers(rows["week"]), wall)


def described(histories: Histories, products: NDArray[np.str_]) -> pd.DataFrame:
    """What is known of these products, one row each in their order; missing texts are ''."""
    known = histories.products.assign(product_id=histories.products["product_id"].astype("str"))
    told = known.drop_duplicates("product_id").set_index("product_id").reindex(pd.Index(products))
    texts = {name: told[name].astype("object").where(told[name].notna(), "").astype("str") for name in PRODUCTS[1:-1]}
    return told.assign(**texts).reset_index(drop=True)
