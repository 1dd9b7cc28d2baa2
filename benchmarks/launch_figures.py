"""What a forecast of launches is worth: money earned by ordering its quantiles, and hits found before they sell.

Prices come from the package's own files, as the units do. Forecasts are scored in `export`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

# Critical ratios (price - cost) / price at which a launch is ordered: a product that may rot, and two that may not.
RATIOS = (0.5, 0.75, 0.9)


def first_prices(paths: Mapping[str, Path]) -> pd.Series:
    """Shelf price of each product's first week with a priced sale."""
    query = """
        with weekly as (
            select
                product_id::varchar as product_id,
                week,
                sum(sales_value + retail_disc + coupon_match_disc) / sum(quantity) as price
            from read_parquet(?)
            where quantity > 0 and sales_value + retail_disc + coupon_match_disc > 0
            group by all
        )
        select product_id, arg_min(price, week) as price from weekly group by product_id
    """
    with duckdb.connect() as con:
        return con.execute(query, [str(paths["transactions"])]).df().set_index("product_id")["price"]


def newsvendor_share(sold: ArrayLike, quantiles: pd.DataFrame, prices: ArrayLike) -> float:
    """Profit of ordering each launch's critical quantile once, over that of knowing; mean of `RATIOS`.

    A unit sold earns its price, a unit ordered costs (1 - ratio) of it, and what is left is worth nothing.

    >>> newsvendor_share([2, 4], pd.DataFrame({q: [3.0, 3.0] for q in RATIOS}), [1.0, 1.0])
    0.7530864197530865
    """
    units, price = np.asarray(sold, dtype=float), np.asarray(prices, dtype=float)
    shares = []
    for ratio in RATIOS:
        ordered = quantiles[ratio].to_numpy()
        profit = price * (np.minimum(ordered, units) - (1 - ratio) * ordered)
        shares.append(profit.sum() / (price * ratio * units).sum())
    return float(np.mean(shares))


def hits_found(sold: ArrayLike, mean: ArrayLike) -> float:
    """Of the tenth of launches with the largest mean forecast, the share that sold as much as the top tenth did.

    >>> hits_found([0] * 9 + [5] + [1] * 9 + [5], [0] * 9 + [9] + [8] + [0] * 9)
    0.5
    """
    units = np.asarray(sold, dtype=float)
    count = max(1, len(units) // 10)
    chosen = np.argsort(-np.asarray(mean, dtype=float), kind="stable")[:count]
    return float((units[chosen] >= np.sort(units)[-count]).mean())
