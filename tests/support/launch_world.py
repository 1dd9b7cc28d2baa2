"""A shop in which launches take a known share of their units from products like them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from support.demand_tables import monday

from ml.demand.substitutes import Shelf

WEEKS = 94
NOW = monday(WEEKS)
_TYPES, _OLD = 24, 3
# 18 weeks apart in a type, and 9 from those of the other type of its category_2.
# None begins in the first half year.
_STARTS = (28, 46, 64)


def make_launch_world(take: float, seed: int = 0) -> tuple[Shelf, pd.DataFrame]:
    """Shelf and launches, those open in the last week included: 3 launches a type, one after another, and one to come.

    Three old products of each type share evenly what a launch takes; all sell more in summer.
    """
    rng = np.random.default_rng(seed)
    season = 1.0 + 0.3 * np.sin(2 * np.pi * np.arange(WEEKS) / 52)
    tree, means = [], {}
    for kind in range(_TYPES):
        names = [f"P-{kind:02d}{number}" for number in range(_OLD)]
        launched = [f"L-{kind:02d}{number}" for number in range(len(_STARTS) + 1)]
        tree += [
            (name, f"A{kind % 3}", f"B{kind % (_TYPES // 2)}", f"C{kind}", f"S{number % 2}", 2.0 + number)
            for number, name in enumerate([*names, *launched])
        ]
        taken = np.zeros(WEEKS)
        for name, start in zip(launched, _STARTS, strict=False):
            units = np.where(
                np.arange(WEEKS) >= start + kind % 3 + 9 * (kind >= _TYPES // 2), rng.uniform(4.0, 8.0), 0.0
            )
            means[name], taken = units * season, taken + units
        for name in names:
            means[name] = (20.0 - take * taken / _OLD) * season
    products = pd.DataFrame(
        tree, columns=["product_id", "category_1", "category_2", "category_3", "seller_id", "shelf_price"]
    )
    rows = [
        (name, monday(week), units)
        for name, mean in means.items()
        for week, units in enumerate(rng.poisson(mean))
        if units > 0
    ]
    sales = pd.DataFrame(rows, columns=["product_id", "week", "units"]).assign(was_in_stock=None, lost_units=0.0)
    features = sales.merge(products, on="product_id")[["product_id", "week", "shelf_price"]]
    return Shelf.build(features, sales, products), _candidates(products, means)


def _candidates(products: pd.DataFrame, means: dict[str, np.ndarray]) -> pd.DataFrame:
    """Each launch as its Monday saw it; the last of each type is open now."""
    launches = products[products["product_id"].str.startswith("L")]
    first = [int(np.argmax(means[name] > 0)) if name in means else WEEKS for name in launches["product_id"]]
    return pd.DataFrame(
        {
            "product_id": launches["product_id"].to_numpy(),
            "decision_week": [monday(week) for week in first],
            "planned_price": launches["shelf_price"].to_numpy(),
        }
    )
