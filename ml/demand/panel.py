"""Sales as dense matrices, one row a product and channel, one column a week.

Lookups only: a label is the sum over a window, of what was wanted to learn from, of what sold to be held to. What is
known of a horizon's weeks is `weekly`; which examples are asked for is `examples`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.demand.interface import ALL_CHANNELS, DemandTables
from ml.splits import week_number

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_SERIES = ["product_id", "channel"]
# Room for the horizon beyond the last week that anything is known of.
_SPAN_WEEKS = 60
# What is summed over channels to a total, and what holds of a total once it holds of a channel.
_SUMMED = (
    "units",
    "demand_units",
    "customers",
    "net_revenue",
    "gross_revenue",
    "mailer_locations",
    "display_locations",
)
_FLAGS = ("is_mailer", "is_out", "is_unknown")


@dataclass(frozen=True)
class SalesPanel:
    """What sold by series and week.

    Args:
        series: Row of each product and channel, 'all' included.
        start: Monday of column 0.
        sales: By column of `WEEKLY_SALES`, 0 where nothing sold; shape (series, weeks). Flags are known of weeks with
            a sale. `demand_units` are units and those that a stock-out lost, `is_out` weeks in which counts found none
            in stock, in a total those of any channel, `is_unknown` those of them whose loss is not known.
    """

    series: pd.MultiIndex
    start: pd.Timestamp
    sales: dict[str, Floats]

    @classmethod
    def build(cls, tables: DemandTables, products: pd.Index) -> SalesPanel:
        """Panel of these products in each channel that sells anything, and in 'all'."""
        weekly = with_demand(tables.weekly_sales)
        channels = [ALL_CHANNELS, *sorted(weekly["channel"].unique())]
        series = pd.MultiIndex.from_product([products.unique(), channels], names=_SERIES)
        start, width = _span(tables)
        own = series.get_indexer(pd.MultiIndex.from_frame(weekly[_SERIES]))
        total = series.get_indexer(pd.MultiIndex.from_frame(weekly[_SERIES].assign(channel=ALL_CHANNELS)))
        columns, held = week_number(weekly["week"], start), own >= 0
        sales = {}
        for name in (*_SUMMED, *_FLAGS):
            matrix, values = np.zeros((len(series), width)), weekly[name].to_numpy(np.float64, na_value=0.0)[held]
            for rows in (own[held], total[held]):
                (np.maximum if name in _FLAGS else np.add).at(matrix, (rows, columns[held]), values)
            sales[name] = matrix
        return cls(series, start, sales)

    @property
    def weeks(self) -> int:
        """Columns of every matrix."""
        return int(self.sales["units"].shape[1])

    def rows(self, frame: pd.DataFrame) -> Ints:
        """Row of each product and channel of a frame, -1 where the panel has none."""
        return np.asarray(self.series.get_indexer(pd.MultiIndex.from_frame(frame[_SERIES])), dtype=np.int64)

    def demanded(self, frame: pd.DataFrame) -> Floats:
        """Units wanted in each row's window, NaN where a stock-out lost nobody knows how many of them.

        `target_week` and `window_weeks` say which window.
        """
        return np.where(self._over("is_unknown", frame) > 0, np.nan, self.known_demand(frame))

    def known_demand(self, frame: pd.DataFrame) -> Floats:
        """Units known to have been wanted in each row's window: where nobody knows what a stock-out lost, what sold."""
        return self._over("demand_units", frame)

    def sold(self, frame: pd.DataFrame) -> Floats:
        """Units sold in each row's window, NaN where stock was out in it: more may have been wanted."""
        return np.where(self._over("is_out", frame) > 0, np.nan, self._over("units", frame))

    def _over(self, name: str, frame: pd.DataFrame) -> Floats:
        running = np.cumsum(np.pad(self.sales[name], ((0, 0), (1, 0))), axis=1)
        rows = self.rows(frame)
        first = np.clip(week_number(frame["target_week"], self.start), 0, self.weeks)
        last = np.clip(first + frame["window_weeks"].to_numpy(np.int64), 0, self.weeks)
        return np.where(rows >= 0, running[rows, last] - running[rows, first], 0.0)

    def of_weeks(self, name: str, rows: Ints, columns: Ints) -> Floats:
        """Values of cells, 0 outside the panel; rows and columns are broadcast."""
        is_in = (rows >= 0) & (columns >= 0) & (columns < self.weeks)
        where = np.where(rows >= 0, rows, 0), np.clip(columns, 0, self.weeks - 1)
        return np.where(is_in, self.sales[name][where], 0.0)


def with_demand(weekly_sales: pd.DataFrame) -> pd.DataFrame:
    """Rows of `WEEKLY_SALES` with `demand_units`, those sold and those lost, whether stock `is_out`, and whether what
    that cost `is_unknown`; then it counts as nothing.
    """
    is_out = weekly_sales["was_in_stock"].astype("boolean").eq(False).fillna(False).to_numpy(bool)
    lost = weekly_sales["lost_units"].astype(float)
    demand = weekly_sales["units"] + lost.fillna(0.0)
    return weekly_sales.assign(demand_units=demand, is_out=is_out, is_unknown=is_out & lost.isna().to_numpy())


def _span(tables: DemandTables) -> tuple[pd.Timestamp, int]:
    mondays = [
        frame[column]
        for frame, column in (
            (tables.weekly_sales, "week"),
            (tables.demand_features, "week"),
            (tables.planned_covariates, "target_week"),
            (tables.planned_group_mailers, "target_week"),
        )
        if len(frame)
    ]
    if not mondays:
        raise ValueError("demand: no sale, no feature and no plan is known; is the decision week before the data?")
    start = min(week.min() for week in mondays)
    return start, int((max(week.max() for week in mondays) - start).days // 7) + _SPAN_WEEKS
