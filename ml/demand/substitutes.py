"""Which products a launch may take units from, and what became of them: lookups for `cannibalisation`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.demand.panel import with_demand
from ml.splits import WEEK, week_number

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# Weeks before a launch and after it in which its substitutes are followed; a product younger than that is none.
FOLLOWED = 8
MOST_SUBSTITUTES = 5
_TREE = ["category_1", "category_2", "category_3"]


@dataclass(frozen=True)
class Launches:
    """Launches by their first week.

    Args:
        row: Row of each on the shelf.
        log_price: Logarithm of the planned price, NaN where none was planned.
        number: Number of the first week, or of the decision week where it has not begun.
    """

    row: Ints
    log_price: Floats
    number: Ints


@dataclass(frozen=True)
class Followed:
    """What past launches did, one entry each.

    Args:
        loss: Units that substitutes sold less than expected in the 8 weeks after.
        units: Units that it sold in them, with those by which others of its category_3 that began near it sold more.
        category_1: Top of its category tree.
        cluster: Number of its category_2: launches that are held to the same rest share its chance.
    """

    loss: Floats
    units: Floats
    category_1: NDArray[np.object_]
    cluster: Ints


@dataclass(frozen=True)
class Shelf:
    """What stands on the shelf by week.

    Args:
        products: Every product, its row the same in what follows.
        category_1: Top of its category tree, '' where there is none.
        codes: Numbers of its category_1, category_2, category_3 and seller; shape (products, 4).
        running: Units wanted in all channels before each week; shape (products, weeks + 1).
        start: Monday of the first week.
        first: Number of the first week with a sale, that after the last where there was none.
        listed: Rows and log prices of planned products, by number of the week.
    """

    products: pd.Index
    category_1: NDArray[np.object_]
    codes: Ints
    running: Floats
    start: pd.Timestamp
    first: Ints
    listed: dict[int, tuple[Ints, Floats]]

    @classmethod
    def build(cls, demand_features: pd.DataFrame, weekly_sales: pd.DataFrame, raw_products: pd.DataFrame) -> Shelf:
        """Shelf of all weeks known.

        Args:
            demand_features: `product_id`, `week` and `shelf_price` of planned products, all channels together.
            weekly_sales: `WEEKLY_SALES`; in an absent week nothing was wanted.
            raw_products: `product_id`, categories and `seller_id` of every product.
        """
        known = raw_products.sort_values("product_id", ignore_index=True)
        products = pd.Index(known["product_id"].astype(str), dtype=object)
        tree = [known[_TREE[: depth + 1]].astype(object).fillna("").astype(str) for depth in range(len(_TREE))]
        codes = [part.groupby(list(part.columns)).ngroup() for part in tree]
        codes.append(pd.Series(pd.factorize(known["seller_id"])[0]))
        sales = with_demand(weekly_sales)
        start = sales["week"].min()
        row, number = products.get_indexer(pd.Index(sales["product_id"].astype(str))), week_number(sales["week"], start)
        units = np.zeros((len(products), int(number.max(initial=0)) + 1))
        np.add.at(units, (row, number), sales["demand_units"].to_numpy(np.float64))
        first, is_sold = np.full(len(products), units.shape[1]), sales["units"].to_numpy() > 0
        np.minimum.at(first, row[is_sold], number[is_sold])
        at = products.get_indexer(pd.Index(demand_features["product_id"].astype(str)))
        weeks, prices = week_number(demand_features["week"], start), _log(demand_features["shelf_price"])
        return cls(
            products,
            tree[0]["category_1"].to_numpy(object),
            np.stack([part.to_numpy(np.int64) for part in codes], axis=1),
            np.cumsum(np.pad(units, ((0, 0), (1, 0))), axis=1),
            start,
            first,
            {int(week): (at[weeks == week], prices[weeks == week]) for week in np.unique(weeks)},
        )

    def begun(self, launches: pd.DataFrame, week: pd.Timestamp) -> Launches:
        """Those whose 8 weeks are over by this Monday, and before which as many are known."""
        told = self._told(launches, 0)
        number = self.first[told.row]
        is_over = (number >= FOLLOWED) & (number + FOLLOWED <= self._number(week))
        return Launches(told.row[is_over], told.log_price[is_over], number[is_over])

    def opening(self, open_launches: pd.DataFrame, week: pd.Timestamp) -> Launches:
        """Those that may begin from this Monday on."""
        return self._told(open_launches, self._number(week))

    def substitutes(self, launches: Launches, at: int) -> Ints:
        """Rows of at most 5 listed products of a launch's category_3: its seller's first, then the nearest in price."""
        row = launches.row[at]
        rows, prices = self._settled(row, launches.number[at])
        is_like = self.codes[rows, 2] == self.codes[row, 2]
        rows, prices = rows[is_like], prices[is_like]
        is_seller = (self.codes[rows, 3] == self.codes[row, 3]) & (self.codes[row, 3] >= 0)
        away = np.nan_to_num(np.abs(prices - launches.log_price[at]), nan=np.inf)
        return rows[np.lexsort((rows, away, ~is_seller))][:MOST_SUBSTITUTES]

    def follow(self, launches: Launches) -> Followed:
        """What launches that are over did, those left out beside which nothing can be measured."""
        told = [(self.lost(launches, at), self.launched(launches, at)) for at in range(len(launches.row))]
        loss, units = np.array(told, dtype=np.float64).reshape(-1, 2).T
        is_told = ~np.isnan(loss) & (units > 0)
        row = launches.row[is_told]
        return Followed(loss[is_told], units[is_told], self.category_1[row], self.codes[row, 1])

    def sold(self, rows: Ints, number: int) -> Floats:
        """Units wanted in the 8 weeks from this one on."""
        first, last = np.clip([number, number + FOLLOWED], 0, self.running.shape[1] - 1)
        return np.asarray(self.running[rows, last] - self.running[rows, first])

    def lost(self, launches: Launches, at: int) -> float:
        """Units that its substitutes lost in the 8 weeks after: `before · rest after / (rest before + 1) − after`.

        The rest is what else the category_2 lists, or the category_1 where that is nothing; NaN where nothing of it
        sells, or there are no substitutes. The 1 makes up for dividing by a count, whose inverse is on average too large.
        """
        row, number = launches.row[at], int(launches.number[at])
        own = self.substitutes(launches, at)
        rows, _ = self._settled(row, number)
        others = rows[self.codes[rows, 2] != self.codes[row, 2]]
        for level in (1, 0):
            rest = others[self.codes[others, level] == self.codes[row, level]]
            before = self.sold(rest, number - FOLLOWED).sum()
            if len(own) and before > 0:
                expected = self.sold(own, number - FOLLOWED).sum() * self.sold(rest, number).sum() / (before + 1)
                return float(expected - self.sold(own, number).sum())
        return float("nan")

    def launched(self, launches: Launches, at: int) -> float:
        """Units that it sold, and by which what else of its category_3 began within 8 weeks of it sold more."""
        row, number = launches.row[at], int(launches.number[at])
        is_beside = (self.codes[:, 2] == self.codes[row, 2]) & (np.abs(self.first - number) < FOLLOWED)
        rows = np.flatnonzero(is_beside)
        return float((self.sold(rows, number) - self.sold(rows, number - FOLLOWED)).sum())

    def _settled(self, row: int, number: int) -> tuple[Ints, Floats]:
        """Planned products of the week before, but for the launch and what is as young; rows and log prices."""
        rows, prices = self.listed.get(int(number) - 1, (np.zeros(0, dtype=np.int64), np.zeros(0)))
        is_old = (self.first[rows] + FOLLOWED <= number) & (rows != row)
        return rows[is_old], prices[is_old]

    def _told(self, launches: pd.DataFrame, number: int) -> Launches:
        """Each launch once, as it was last told."""
        once = launches.sort_values(["product_id", "decision_week"]).drop_duplicates("product_id", keep="last")
        row = self.products.get_indexer(pd.Index(once["product_id"].astype(str)))
        return Launches(row, _log(once["planned_price"]), np.full(len(once), number))

    def _number(self, week: pd.Timestamp) -> int:
        return int((week - self.start) // WEEK)


def _log(prices: pd.Series) -> Floats:
    known = prices.to_numpy(np.float64, na_value=np.nan)
    return np.asarray(np.log(np.where(known > 0, known, np.nan)))
