"""Sales as dense matrices, one row a product and channel, one column a week.

Lookups only: a label is the sum over a window. What is known of a horizon's weeks is `weekly`; which examples are
asked for is `examples`.
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
_SUMMED = ("units", "customers", "net_revenue", "gross_revenue", "mailer_locations", "display_locations")
_FLAGS = ("is_mailer",)


@dataclass(frozen=True)
class SalesPanel:
    """What sold by series and week.

    Args:
        series: Row of each product and channel, 'all' included.
        start: Monday of column 0.
        sales: By column of `WEEKLY_SALES`, 0 where nothing sold; shape (series, weeks). Flags are known of weeks with
            a sale.
    """

    series: pd.MultiIndex
    start: pd.Timestamp
    sales: dict[str, Floats]

    @classmethod
    def build(cls, tables: DemandTables, products: pd.Index) -> SalesPanel:
        """Panel of these products in each channel that sells anything, and in 'all'."""
        weekly = tables.weekly_sales
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

    def sold(self, frame: pd.DataFrame) -> Floats:
        """Units sold in each row's window; `target_week` and `window_weeks` say which."""
        running = np.cumsum(np.pad(self.sales["units"], ((0, 0), (1, 0))), axis=1)
        rows = self.rows(frame)
        first = np.clip(week_number(frame["target_week"], self.start), 0, self.weeks)
        last = np.clip(first + frame["window_weeks"].to_numpy(np.int64), 0, self.weeks)
        return np.where(rows >= 0, running[rows, last] - running[rows, first], 0.0)

    def of_weeks(self, name: str, rows: Ints, columns: Ints) -> Floats:
        """Values of cells, 0 outside the panel; rows and columns are broadcast."""
        is_in = (rows >= 0) & (columns >= 0) & (columns < self.weeks)
        where = np.where(rows >= 0, rows, 0), np.clip(columns, 0, self.weeks - 1)
        return np.where(is_in, self.sales[name][where], 0.0)


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
