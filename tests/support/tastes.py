"""A shop of kinds: each customer likes one kind of product and buys little else, new products of the kind too.

What sells best says nothing about who buys it: all kinds and products sell alike.
"""

import numpy as np
import pandas as pd
from support.frames import MONDAY, make_frame

from contracts.features import RESPONSE_FEATURES
from ml.response.histories import Histories

KINDS = ("apple juice", "brown bread", "cotton socks")
PRODUCTS, COLD = 20, 3
WEEKS_BEFORE, WEEKS_AFTER = 16, 3
LIKED, NOT_LIKED = 0.4, 0.03
_WEEK = pd.Timedelta(weeks=1)


def kind_of(product_id: pd.Series) -> pd.Series:
    """Number of the kind of each product."""
    return product_id.str.split("-").str[1].astype(int)


def liking(customer_id: pd.Series) -> pd.Series:
    """Number of the kind that each customer likes."""
    return customer_id.str.split("-").str[1].astype(int) % len(KINDS)


def make_products() -> pd.DataFrame:
    """`PRODUCTS` of each kind, the last `COLD` of which nobody has bought before MONDAY; as in `raw_products`."""
    rows = [
        {
            "product_id": f"P-{kind}-{at:02d}",
            "title": f"{words} no {at}",
            "category_1": "SHOP",
            "category_2": "ALL",
            "category_3": words.split()[1].upper(),
            "brand": "National",
            "seller_id": f"S-{at % 4}",
            "attributes": None,
            "embedding": None,
        }
        for kind, words in enumerate(KINDS)
        for at in range(PRODUCTS)
    ]
    return pd.DataFrame(rows)


def make_tastes(
    rows_a_week: int = 300, seed: int = 0, liked: float = LIKED, customers: int = 90
) -> tuple[pd.DataFrame, Histories]:
    """Opportunities as in `response_features`, and the purchases that they and earlier weeks brought.

    Args:
        rows_a_week: Opportunities of each week.
        seed: Of all draws.
        liked: Chance that a liked product is bought; that of any other is `NOT_LIKED`.
        customers: How many there are.
    """
    rng = np.random.default_rng(seed)
    products = make_products()
    shown = pd.concat(
        [_week(products, (rows_a_week, customers), number, rng) for number in range(-WEEKS_BEFORE, WEEKS_AFTER)]
    )
    n = len(shown)
    matches = (kind_of(shown["product_id"]) == liking(shown["customer_id"])).to_numpy()
    label = (rng.random(n) < np.where(matches, liked, NOT_LIKED)).astype("int32")
    rows = make_frame(RESPONSE_FEATURES, n, seed)
    for name in ("customer_id", "product_id", "week"):
        rows[name] = shown[name].to_numpy()
    first = products["product_id"].str[-2:].astype(int) >= PRODUCTS - COLD
    never = set(products.loc[first, "product_id"])
    is_cold = rows["product_id"].isin(never)
    rows = rows.assign(
        known_on=rows["week"] + _WEEK,
        is_cold=is_cold,
        is_purchased=label,
        is_clicked=np.nan,
        is_proxy=True,
        sampling_weight=1.0,
        channel=pd.Series(["web"] * n, dtype="str"),
        product_age_weeks=np.where(is_cold, np.nan, 20.0),
        product_units_12=np.where(is_cold, 0.0, rng.integers(40, 60, n)),
        category_2=pd.Series(["ALL"] * n, dtype="str"),
    )
    purchases = rows[rows["is_purchased"] == 1].groupby(["customer_id", "product_id", "week"], as_index=False).size()
    purchases = purchases.rename(columns={"size": "baskets"}).assign(known_on=lambda frame: frame["week"] + _WEEK)
    purchases = purchases.assign(units=purchases["baskets"])
    return _with_counts(rows, purchases), Histories(purchases, products)


def _week(products: pd.DataFrame, size: tuple[int, int], number: int, rng: np.random.Generator) -> pd.DataFrame:
    is_new = products["product_id"].str[-2:].astype(int) >= PRODUCTS - COLD
    ids = products["product_id"] if number >= 0 else products.loc[~is_new, "product_id"]
    n, customers = size
    return pd.DataFrame(
        {
            "customer_id": [f"C-{who:03d}" for who in rng.integers(0, customers, n)],
            "product_id": rng.choice(ids.to_numpy(), n),
            "week": MONDAY + number * _WEEK,
        }
    )


def _with_counts(rows: pd.DataFrame, purchases: pd.DataFrame) -> pd.DataFrame:
    """The rows with how often the customer bought the product before their week."""
    pairs = rows[["customer_id", "product_id", "week"]].reset_index()
    both = pairs.merge(purchases, on=["customer_id", "product_id"], suffixes=("", "_bought"))
    earlier = both[both["week_bought"] < both["week"]].groupby("index")["baskets"].sum()
    return rows.assign(product_bought_before=earlier.reindex(rows.index).fillna(0.0).astype(float))
