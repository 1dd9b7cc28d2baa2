"""What a mailer is worth by its place: a front page sells more than a line inside, and the shop's codes say which it is.

Learned from the sales of weeks that are over, anew for every Monday.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# Numbers of a week without a mailer, and of a mailer whose place is not told.
QUIET, UNTOLD = 0, 1
# Until its weeks say otherwise, a mailer is taken to double what a product sells; it takes so many units to say so.
_PRIOR_LIFT, _PRIOR_UNITS = 2.0, 200.0
# Weeks that the lift of a place counts for beside a product's own weeks in it.
_PRIOR_WEEKS = 2.0


@dataclass(frozen=True)
class Places:
    """The places of a mailer that were ever told.

    Args:
        codes: Their codes, sorted.
    """

    codes: tuple[str, ...]

    @classmethod
    def of(cls, codes: pd.Series) -> Places:
        """Those in a column of plans; missing where there is no mailer, empty where its place is not told."""
        return cls(tuple(sorted({str(code) for code in codes.dropna()} - {""})))

    @property
    def count(self) -> int:
        """Numbers in use, the quiet week's and the untold place's included."""
        return len(self.codes) + 2

    def numbers(self, codes: pd.Series) -> Floats:
        """Number of each code's place, as floats.

        >>> Places(("A", "D")).numbers(pd.Series(["D", "", None])).tolist()
        [3.0, 1.0, 0.0]
        """
        known = {"": UNTOLD, **{code: place for place, code in enumerate(self.codes, UNTOLD + 1)}}
        return np.asarray(codes.map(known).fillna(QUIET), dtype=np.float64)


def lifts(units: Floats, places: Ints, count: int) -> Floats:
    """What a mailer in each place has multiplied sales by, as known when each week began.

    Of a place it is `(Σ units + 400) / (Σ quiet + 200)` over all series and earlier weeks in that place, `quiet` being
    the mean of the series' quiet weeks until then.

    Args:
        units: Shape (series, weeks).
        places: Number of the place of each week, of the same shape.
        count: Numbers in use.

    Returns:
        Shape (count, weeks); 1 for the quiet week.
    """
    is_quiet = (places == QUIET) & (np.maximum.accumulate(units, axis=1) > 0)
    quiet = _before(units * is_quiet) / np.maximum(_before(is_quiet.astype(np.float64)), 1.0)
    found = np.ones((count, units.shape[1]))
    for place in range(UNTOLD, count):
        is_there = places == place
        sold, usual = (_before((part * is_there).sum(axis=0)[None, :])[0] for part in (units, quiet))
        found[place] = (sold + _PRIOR_LIFT * _PRIOR_UNITS) / (usual + _PRIOR_UNITS)
    return found


def units_in_place(past: Floats, was: Ints, coming: Ints, lift: Floats, quiet: Floats) -> Floats:
    """Units that a series sells in a week like each coming one: mean of its past weeks in the same place.

    With few such weeks it leans on what the place does to quiet weeks: `(Σ units + 2·lift·quiet) / (weeks + 2)`.

    Args:
        past: Units of past weeks; shape (series, past weeks).
        was: Their places.
        coming: Places of coming weeks; shape (series, coming weeks).
        lift: Lift of each coming week's place, of the same shape.
        quiet: Units of a quiet week; shape (series,).
    """
    found = np.zeros(coming.shape)
    for place in np.unique(coming):
        is_there = was == place
        weeks, sold = is_there.sum(axis=1)[:, None], (past * is_there).sum(axis=1)[:, None]
        leaning = (sold + _PRIOR_WEEKS * lift * quiet[:, None]) / (weeks + _PRIOR_WEEKS)
        found = np.where(coming == place, leaning, found)
    return found


def _before(weeks: Floats) -> Floats:
    """Sum of all earlier weeks."""
    return np.hstack([np.zeros((len(weeks), 1)), np.cumsum(weeks, axis=1)[:, :-1]])
