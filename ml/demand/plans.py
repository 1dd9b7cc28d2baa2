"""What was announced of each week and from when, as dense matrices: lookups, nothing is learned.

An announcement that came later says all that an earlier one of the same week said, so the last one known counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.splits import week_number

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Announced:
    """Announced values of some rows (a series, or a group of products) by week.

    Args:
        values: By column, NaN where nothing was announced; shape (announcements, rows, weeks), in the order in which
            they became known.
        known: Week number from which each announcement was known; the same shape.
    """

    values: dict[str, Floats]
    known: Ints

    @classmethod
    def build(
        cls, frame: pd.DataFrame, row: Ints, names: Sequence[str], start: pd.Timestamp, shape: tuple[int, int]
    ) -> Announced:
        """Matrices of a frame with `target_week`, `known_on` and the named columns.

        Args:
            frame: One row an announcement.
            row: Row of the matrices that each belongs to, -1 to leave it out.
            names: Columns to keep.
            start: Monday of week 0.
            shape: Rows and weeks.
        """
        own = frame[row >= 0].assign(row=row[row >= 0]).sort_values("known_on", kind="stable")
        nth = own.groupby(["row", "target_week"]).cumcount().to_numpy(np.int64)
        at = nth, own["row"].to_numpy(), week_number(own["target_week"], start)
        whole = (int(nth.max(initial=-1)) + 1, *shape)
        values = {name: np.full(whole, np.nan) for name in names}
        known = np.full(whole, np.iinfo(np.int64).max)
        for name in names:
            values[name][at] = own[name].to_numpy(np.float64)
        known[at] = week_number(own["known_on"], start)
        return cls(values, known)

    def at(self, name: str, rows: Ints, columns: Ints, asked_on: Ints) -> Floats:
        """What the last announcement known by a week says of each cell, NaN where there is none.

        Args:
            name: The column.
            rows: Row of each cell, -1 where the matrices have none.
            columns: Week number of each cell; outside the matrices nothing was announced.
            asked_on: Week number by which it must have been known. The three are broadcast.
        """
        held = np.full(np.broadcast_shapes(rows.shape, columns.shape, asked_on.shape), np.nan)
        is_in = (rows >= 0) & (columns >= 0) & (columns < self.known.shape[2])
        where = np.where(rows >= 0, rows, 0), np.clip(columns, 0, self.known.shape[2] - 1)
        for said, known in zip(self.values[name], self.known, strict=True):
            held = np.where(is_in & (known[where] <= asked_on), said[where], held)
        return held
