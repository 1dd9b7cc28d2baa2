"""Split-conformal quantiles: a point forecast times the ratios that held-out weeks showed.

Ratios are kept by kind of series, window and size of the point forecast. How a model makes its point forecasts is its
own file; here is which examples it must not have learned from, and what their errors say.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.predictions import QUANTILES
from ml.demand.interface import ACTUAL, ALL_CHANNELS
from ml.demand.quantiles import as_frame

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
# Weekly points that part slow sellers from fast ones: a slow seller's ratio spreads far wider.
_SIZE_EDGES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
# Added to both sides of the ratio, so that a point of zero has one too.
_PRIOR_UNITS = 0.5
# Name of the group that holds every row.
_EVERY = ""


@dataclass(frozen=True)
class Ratios:
    """What sold over what was forecast.

    Args:
        by_group: Ratio of units at each of `QUANTILES`, then that of all units together; `""` holds all groups.
    """

    by_group: dict[str, list[float]]

    @classmethod
    def learn(cls, examples: pd.DataFrame, point: Floats, smallest_group: int) -> Ratios:
        """Ratios of labelled examples that the point forecasts have not seen, by group of at least that many."""
        actual = examples[ACTUAL].to_numpy(np.float64) + _PRIOR_UNITS
        said = np.maximum(point, 0.0) + _PRIOR_UNITS
        codes, names = pd.factorize(_groups(examples, point))
        order = np.argsort(codes, kind="stable")
        ends = np.cumsum(np.bincount(codes, minlength=len(names)))
        found = {
            str(name): _ratios(actual[rows], said[rows])
            for name, rows in zip(names, np.split(order, ends[:-1]), strict=True)
            if len(rows) >= smallest_group
        }
        return cls({**found, _EVERY: _ratios(actual, said)})

    def answer(self, examples: pd.DataFrame, point: Floats, mean: Floats | None = None) -> pd.DataFrame:
        """Quantiles and mean around these point forecasts; a group too small to have ratios takes those of all.

        Args:
            examples: What is asked.
            point: Units forecast in each example's window.
            mean: What to say as mean; the point held to its ratio of units when None.
        """
        codes, names = pd.factorize(_groups(examples, point))
        table = np.array([self.by_group.get(str(name), self.by_group[_EVERY]) for name in names])
        ratios = table.reshape(-1, len(QUANTILES) + 1)[codes]
        units = (np.maximum(point, 0.0)[:, None] + _PRIOR_UNITS) * ratios - _PRIOR_UNITS
        return as_frame(units[:, :-1], units[:, -1] if mean is None else mean, examples.index)

    def to_json(self) -> str:
        """The ratios as text."""
        return json.dumps(self.by_group, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Ratios:
        """Read back what `to_json` wrote."""
        return cls(json.loads(text))


def held_out(examples: pd.DataFrame) -> tuple[Flags, Flags]:
    """Which rows to learn from, and which later ones to take ratios of.

    The wall is the last origin of which a whole horizon is over: ratios come from it and from later origins, and
    windows that ended by then are learned from. Where no earlier origin saw a whole horizon, every other product is
    held out instead.
    """
    origin, ends = examples["origin_week"], examples["offset_weeks"] + examples["window_weeks"]
    is_whole = ends == ends.max()
    wall = origin[is_whole].max()
    is_late = (origin >= wall).to_numpy()
    is_early = (examples["target_week"] + pd.to_timedelta(7 * examples["window_weeks"], unit="D") <= wall).to_numpy()
    if is_whole.to_numpy()[is_early].any():
        return is_early, is_late
    number, _ = pd.factorize(examples["product_id"], sort=True)
    # Of one product alone nothing can be held out.
    is_odd = number % 2 == 1 if number.max() > 0 else np.ones(len(examples), dtype=bool)
    return (~is_odd if number.max() > 0 else is_odd), is_odd


def _ratios(actual: Floats, said: Floats) -> list[float]:
    return [*map(float, np.quantile(actual / said, QUANTILES)), float(actual.sum() / said.sum())]


def _groups(examples: pd.DataFrame, point: Floats) -> NDArray[np.str_]:
    """Name of the group whose ratios a row takes: total or channel, window, offset, size."""
    width = examples["window_weeks"].to_numpy(np.int64)
    parts = (
        (examples["channel"] == ALL_CHANNELS).to_numpy().astype(np.int64),
        width,
        examples["offset_weeks"].to_numpy(np.int64),
        np.searchsorted(_SIZE_EDGES, point / width),
    )
    words = parts[0].astype(str)
    for part in parts[1:]:
        words = np.char.add(np.char.add(words, "/"), part.astype(str))
    return words
