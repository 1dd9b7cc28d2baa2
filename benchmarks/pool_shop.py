"""Product-channels of the simulated shop: what a walked warehouse knows of them, and what their customers truly wanted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.pool_forecasts import Past
from optimization.instance import Floats, Ints
from optimization.terms import SupplyProfile, resolve_terms
from shop.config import ShopConfig
from shop.world import World


@dataclass(frozen=True)
class Shop:
    """What is known of a shop's lines, product-channels sorted by product. n lines, W weeks.

    Args:
        product: Number of each line's product (n).
        names: Names of product and channel (n).
        sold, wanted: Units sold, and truly demanded, by week (n, W).
        meant: The world's mean of what is demanded (n, W).
        price: Shelf price of the line's product, the median of its sales (n).
        terms: Terms of supply by line, as `resolve_terms` gives them.
    """

    product: Ints
    names: pd.DataFrame
    sold: Ints
    wanted: Ints
    meant: Floats
    price: Floats
    terms: pd.DataFrame

    @property
    def past(self) -> Past:
        """What forecasts are made of."""
        return Past(self.sold, self.product, np.unique(self.names["channel"], return_inverse=True)[1])

    def of_lines(self, line: Ints) -> Shop:
        """These lines alone, products numbered anew."""
        product = np.unique(self.product[line], return_inverse=True)[1]
        names, terms = (each.iloc[line].reset_index(drop=True) for each in (self.names, self.terms))
        return Shop(product, names, self.sold[line], self.wanted[line], self.meant[line], self.price[line], terms)


def read_shop(warehouse: Path, config: ShopConfig, until: int) -> Shop:
    """The lines that sold before week `until`, sales and terms as delivered, demand as the world knows it.

    Raises:
        ValueError: The warehouse is of another world.
    """
    with duckdb.connect(str(warehouse), read_only=True) as con:
        sales = con.sql(
            "select product_id, channel, week, units, shelf_price from features.weekly_sales where units > 0"
        ).df()
        terms = con.sql("from raw.raw_supply_terms").df()
        categories = con.sql("select product_id, category_1 from raw.raw_products").df()
    number = ((sales["week"] - pd.Timestamp(config.first_day)).dt.days // 7).to_numpy(np.int64)
    early = sales[number < until]
    names = early[["product_id", "channel"]].drop_duplicates().sort_values(["product_id", "channel"], ignore_index=True)
    price = names.merge(early.groupby("product_id", as_index=False)["shelf_price"].median(), on="product_id")
    lines = pd.MultiIndex.from_frame(names)
    at = lines.get_indexer(pd.MultiIndex.from_frame(sales[["product_id", "channel"]]))
    sold = np.zeros((len(names), config.weeks), dtype=np.int64)
    np.add.at(sold, (at[at >= 0], number[at >= 0]), sales["units"].to_numpy(np.int64)[at >= 0])
    asked = price.merge(categories, on="product_id", how="left", validate="many_to_one").assign(
        units_26=0.0, is_launch=False
    )
    wanted, meant = true_demand(config, lines)
    return Shop(
        product=np.unique(names["product_id"], return_inverse=True)[1],
        names=names,
        sold=sold,
        wanted=wanted,
        meant=meant,
        price=price["shelf_price"].to_numpy(float),
        terms=resolve_terms(asked, terms, SupplyProfile()),
    )


def true_demand(config: ShopConfig, lines: pd.MultiIndex) -> tuple[Ints, Floats]:
    """Units that customers wanted of each line in each week of the world, in stock or not, and their mean; both (n, W)."""
    world = World(config)
    product = pd.Index(world.catalogue.product_id).get_indexer(lines.get_level_values(0))
    channel = pd.Index([each.name for each in config.channels]).get_indexer(lines.get_level_values(1))
    if (product < 0).any() or (channel < 0).any():
        lost = lines[(product < 0) | (channel < 0)][0]
        raise ValueError(
            f"{lost[0]} in {lost[1]} is not of this world: give the preset and seed that the warehouse is of"
        )
    found = np.zeros((2, len(lines), config.weeks))
    for week in world.weeks():
        for told, units in zip(found, (week.truth.demanded, week.truth.intensity), strict=True):
            whole = np.zeros(world.launch_week.shape)
            whole[week.truth.product, week.truth.channel] = units
            told[:, week.number] = whole[product, channel]
    return found[0].astype(np.int64), found[1]


def planned_weeks(warehouse: Path) -> list[date]:
    """Decision weeks that a walked warehouse has a plan of, the first first."""
    with duckdb.connect(str(warehouse), read_only=True) as con:
        found = con.sql(
            "select distinct decision_week from plans.plan_solve where scenario = 'base' and objective is not null"
        ).fetchall()
    return sorted(week for (week,) in found)


def paired(ours: pd.DataFrame, theirs: pd.DataFrame) -> tuple[float, float]:
    """Gain over the others as a share of their profit, and half its 95 % interval, products being the draws."""
    mine, other = (each.groupby("product")["profit"].sum() for each in (ours, theirs))
    more, scale = mine - other, abs(float(other.sum()))
    half = stats.t.ppf(0.975, len(more) - 1) * float(more.std(ddof=1)) * len(more) ** 0.5
    return float(more.sum()) / scale, half / scale
