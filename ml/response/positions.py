"""Where in its lists each placement showed products: what a click rate is averaged over when nobody knows the place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

# Tenths of the impressions that one position stands for; lists of ten are told exactly.
_PARTS = 10


@dataclass(frozen=True)
class Positions:
    """Positions by channel and placement, each list's of equal weight: the middle of every tenth of its impressions.

    A list whose impressions named no position has none, and is asked about without one.
    """

    by_list: dict[tuple[str, str], tuple[float, ...]]

    def of(self, rows: pd.DataFrame) -> Iterator[tuple[np.ndarray, tuple[float, ...]]]:
        """Mask of rows and the positions to ask about, one pair a list that logged any."""
        for (channel, placement), places in self.by_list.items():
            is_here = ((rows["channel"] == channel) & (rows["placement"] == placement)).to_numpy()
            if is_here.any():
                yield is_here, places or (np.nan,)

    def to_json(self) -> list[Any]:
        """A list of channel, placement and positions each."""
        return [[*place, list(positions)] for place, positions in sorted(self.by_list.items())]


def from_json(kept: list[Any]) -> Positions:
    """Read what `Positions.to_json` made."""
    return Positions({(channel, placement): tuple(positions) for channel, placement, positions in kept})


def observed(rows: pd.DataFrame) -> Positions:
    """Positions of logged impressions, counted by their sampling weight; those that name none are left out."""
    lists = rows[["channel", "placement", "position", "sampling_weight"]].groupby(["channel", "placement"])
    return Positions({(str(key[0]), str(key[1])): _middles(list_.dropna()) for key, list_ in lists})


def _middles(rows: pd.DataFrame) -> tuple[float, ...]:
    """Weighted quantiles in the middle of each part; none of no row.

    >>> _middles(pd.DataFrame({"position": range(1, 11), "sampling_weight": 1.0}))
    (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0)
    """
    if rows.empty:
        return ()
    weight = rows.groupby("position")["sampling_weight"].sum()
    share = weight.cumsum().to_numpy() / weight.sum()
    levels = (np.arange(_PARTS) + 0.5) / _PARTS
    return tuple(weight.index.to_numpy(dtype=float)[np.searchsorted(share, levels)].tolist())
