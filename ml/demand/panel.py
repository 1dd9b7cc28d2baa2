"""Sales and plans as dense matrices, one row a product and channel, one column a week.

Lookups only: a label is the sum over a window, a plan the share of the window that is announced.
Which examples are asked for is decided in `examples`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.features import CALENDAR_WEEKS, PLANNED_COVARIATES
from contracts.table import Role
from ml.demand.interface import ALL_CHANNELS, DemandTables
from ml.splits import week_number

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_SERIES = ["product_id", "channel"]
# Room for the horizon beyond the last week that anything is known of.
_SPAN_WEEKS = 60


@dataclass(frozen=True)
class SalesPanel:
    """Units by series and week, and what was announced.

    Args:
        series: Row of each product and channel, 'all' included.
        start: Monday of column 0.
        units: Units sold; shape (series, weeks).
        planned: Announced value by feature, NaN where nothing was announced; shape (announcements, series, weeks),
            a later announcement of the same week after an earlier one and saying all that the earlier one said.
        announced: Week number from which each announcement was known; the same shape.
        calendar: What the calendar says of each week by feature, 0 where it says nothing; shape (weeks,).
    """

    series: pd.MultiIndex
    start: pd.Timestamp
    units: Floats
    planned: dict[str, Floats]
    announced: Ints
    calendar: dict[str, Floats]

    @classmethod
    def build(cls, tables: DemandTables, products: pd.Index) -> SalesPanel:
        """Panel of these products in each channel that sells anything, and in 'all'."""
        channels = [ALL_CHANNELS, *sorted(tables.weekly_sales["channel"].unique())]
        series = pd.MultiIndex.from_product([products.unique(), channels], names=_SERIES)
        start, width = _span(tables)
        units = np.zeros((len(series), width))
        sales = tables.weekly_sales[["product_id", "channel", "week", "units"]]
        for channel in (None, ALL_CHANNELS):
            named = sales if channel is None else sales.assign(channel=channel)
            rows = series.get_indexer(pd.MultiIndex.from_frame(named[_SERIES]))
            held = rows >= 0
            columns = week_number(sales["week"], start)
            np.add.at(units, (rows[held], columns[held]), sales["units"].to_numpy(np.float64)[held])
        planned, announced = _plans(tables.planned_covariates, series, start, width)
        return cls(series, start, units, planned, announced, _calendar(tables.calendar_weeks, start, width))

    def rows(self, frame: pd.DataFrame) -> Ints:
        """Row of each product and channel of a frame, -1 where the panel has none."""
        return np.asarray(self.series.get_indexer(pd.MultiIndex.from_frame(frame[_SERIES])), dtype=np.int64)

    def sold(self, frame: pd.DataFrame) -> Floats:
        """Units sold in each row's window; `target_week` and `window_weeks` say which."""
        running = np.cumsum(np.pad(self.units, ((0, 0), (1, 0))), axis=1)
        rows, first, last = self._window(frame)
        return np.where(rows >= 0, running[rows, last] - running[rows, first], 0.0)

    def announced_for(self, frame: pd.DataFrame) -> dict[str, Floats]:
        """Mean over each row's window of what the last announcement that its `origin_week` knew says."""
        rows, first, last = self._window(frame)
        asked_on = week_number(frame["origin_week"], self.start)
        columns = np.minimum(first[:, None] + np.arange(int((last - first).max(initial=0))), self.units.shape[1] - 1)
        is_in = (columns < last[:, None]) & (rows >= 0)[:, None]
        found = {}
        for name in self.planned:
            held = self._last_known(name, rows[:, None], columns, asked_on[:, None])
            is_told = is_in & ~np.isnan(held)
            total = np.where(is_told, held, 0.0).sum(axis=1)
            if PLANNED_COVARIATES.column(name).at_most == 1:  # a flag: silence means no
                found[name] = total / np.maximum(last - first, 1)
            else:
                found[name] = np.where(is_told.any(axis=1), total / np.maximum(is_told.sum(axis=1), 1), np.nan)
        return found

    def calendar_for(self, frame: pd.DataFrame) -> dict[str, Floats]:
        """Mean over each row's window of what the calendar says of a week: days a week, known long before."""
        _, first, last = self._window(frame)
        running = {name: np.cumsum(np.pad(days, (1, 0))) for name, days in self.calendar.items()}
        return {name: (days[last] - days[first]) / np.maximum(last - first, 1) for name, days in running.items()}

    def _last_known(self, name: str, rows: Ints, columns: Ints, asked_on: Ints) -> Floats:
        """What the last announcement known by a week says of each cell, NaN where there is none."""
        held = np.full(np.broadcast_shapes(rows.shape, columns.shape), np.nan)
        for said, announced in zip(self.planned[name], self.announced, strict=True):
            held = np.where(announced[rows, columns] <= asked_on, said[rows, columns], held)
        return held

    def _window(self, frame: pd.DataFrame) -> tuple[Ints, Ints, Ints]:
        limit = self.units.shape[1]
        first = np.clip(week_number(frame["target_week"], self.start), 0, limit)
        last = np.clip(first + frame["window_weeks"].to_numpy(np.int64), 0, limit)
        return self.rows(frame), first, last


def _span(tables: DemandTables) -> tuple[pd.Timestamp, int]:
    mondays = [
        frame[column]
        for frame, column in (
            (tables.weekly_sales, "week"),
            (tables.demand_features, "week"),
            (tables.planned_covariates, "target_week"),
        )
        if len(frame)
    ]
    if not mondays:
        raise ValueError("demand: no sale, no feature and no plan is known; is the decision week before the data?")
    start = min(week.min() for week in mondays)
    return start, int((max(week.max() for week in mondays) - start).days // 7) + _SPAN_WEEKS


def _plans(
    covariates: pd.DataFrame, series: pd.MultiIndex, start: pd.Timestamp, width: int
) -> tuple[dict[str, Floats], Ints]:
    """What was announced and from when, the announcements of one week in the order in which they became known."""
    names = PLANNED_COVARIATES.names(Role.FEATURE)
    row = series.get_indexer(pd.MultiIndex.from_frame(covariates[_SERIES]))
    own = covariates[row >= 0].assign(row=row[row >= 0]).sort_values("known_on", kind="stable")
    nth = own.groupby(["row", "target_week"]).cumcount().to_numpy(np.int64)
    at = nth, own["row"].to_numpy(), week_number(own["target_week"], start)
    shape = (int(nth.max(initial=-1)) + 1, len(series), width)
    planned = {name: np.full(shape, np.nan) for name in names}
    announced = np.full(shape, np.iinfo(np.int64).max)
    for name in names:
        planned[name][at] = own[name].to_numpy(np.float64)
    announced[at] = week_number(own["known_on"], start)
    return planned, announced


def _calendar(weeks: pd.DataFrame, start: pd.Timestamp, width: int) -> dict[str, Floats]:
    """What the calendar says of each of `width` weeks from `start` on."""
    number = week_number(weeks["week"], start)
    held = (number >= 0) & (number < width)
    found = {name: np.zeros(width) for name in CALENDAR_WEEKS.names(Role.FEATURE)}
    for name, days in found.items():
        days[number[held]] = weeks[name].to_numpy(np.float64)[held]
    return found
