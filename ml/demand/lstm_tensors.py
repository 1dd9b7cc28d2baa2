"""Examples as the tensors of a recurrent network: one series and origin a row, its windows on an axis of their own."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.features import DEMAND_FEATURES
from contracts.table import Role
from ml.demand.encoding import Encoder
from ml.demand.interface import ACTUAL
from ml.demand.scale import IN_UNITS, SERIES_UNITS, signed_log, weekly_level
from ml.demand.weekly import PAST, WEEKLY

Singles = NDArray[np.float32]
_BASE = ["origin_week", "product_id", "channel"]
_WINDOW = ["offset_weeks", "window_weeks"]
TEXTS = ("channel", "category_1", "category_2", "brand")
_OTHERS = tuple(
    c.name for c in DEMAND_FEATURES.columns if c.role is Role.FEATURE and c.is_number and c.name not in SERIES_UNITS
)
_WINDOW_IN_UNITS = tuple(name for name in WEEKLY if name in IN_UNITS)
_PAST_IN_UNITS = [PAST.index("units"), PAST.index("customers")]


@dataclass(frozen=True)
class Layout:
    """Which example stands where.

    Args:
        row: Series and origin of each example.
        place: Window of each example, in the order of `windows`.
        first: Position of the first example of each series and origin.
        level: Weekly level of each series and origin, in units.
    """

    row: NDArray[np.int64]
    place: NDArray[np.int64]
    first: NDArray[np.int64]
    level: NDArray[np.float64]


@dataclass(frozen=True)
class Tensors:
    """How columns become tensors, learned once on training examples.

    Args:
        windows: Offset and width of each window, in the order of their axis.
        encoder: Vocabularies of the text columns.
        series_mean, series_deviation: Of the series' inputs, after logarithms.
        window_mean, window_deviation: Of the windows' inputs, after logarithms.
    """

    windows: tuple[tuple[int, int], ...]
    encoder: Encoder
    series_mean: tuple[float, ...]
    series_deviation: tuple[float, ...]
    window_mean: tuple[float, ...]
    window_deviation: tuple[float, ...]

    @classmethod
    def learn(cls, examples: pd.DataFrame, rare_rows: int) -> Tensors:
        """Scales and vocabularies of training examples."""
        pairs = examples[_WINDOW].drop_duplicates().sort_values(["window_weeks", "offset_weeks"])
        windows = tuple((int(offset), int(width)) for offset, width in pairs.itertuples(index=False))
        placed = layout(examples, windows)
        series = _series(examples, placed)
        coming = _coming(examples, placed.level[placed.row])
        encoder = Encoder.learn(examples.iloc[placed.first], list(TEXTS), rare_rows)
        return cls(windows, encoder, *_scale(series), *_scale(coming))

    def inputs(self, examples: pd.DataFrame, placed: Layout) -> list[NDArray[np.generic]]:
        """What the network reads: past, windows, series, then one column of codes a text.

        Shapes: (rows, 26, past), (rows, windows, inputs), (rows, inputs), and (rows,) a text. A window that is not
        asked for holds zeros.
        """
        level = placed.level.astype(np.float32)[:, None, None]
        past = np.stack(list(examples["past"].iloc[placed.first])).astype(np.float32)
        past[:, :, _PAST_IN_UNITS] = np.log1p(2.0 * past[:, :, _PAST_IN_UNITS] / level)
        coming = _standard(_coming(examples, placed.level[placed.row]), self.window_mean, self.window_deviation)
        asked = np.zeros((len(placed.first), len(self.windows), coming.shape[1]), dtype=np.float32)
        asked[placed.row, placed.place] = coming
        series = _standard(_series(examples, placed), self.series_mean, self.series_deviation)
        codes = self.encoder.matrix(examples.iloc[placed.first]).astype(np.int32)
        return [past, asked, series, *codes.T]

    def labels(self, examples: pd.DataFrame, placed: Layout) -> Singles:
        """Units over the window's level, and that level over its mean, 0 where nothing is asked; (rows, windows, 2)."""
        width = examples["window_weeks"].to_numpy(np.float64)
        level = placed.level[placed.row] * width
        both = np.zeros((len(placed.first), len(self.windows), 2), dtype=np.float32)
        both[placed.row, placed.place, 0] = examples[ACTUAL].to_numpy(np.float64) / level
        # Sums weigh as one of their weeks does: they hold the same units again.
        both[placed.row, placed.place, 1] = placed.level[placed.row] / placed.level.mean()
        return both

    @property
    def sizes(self) -> tuple[int, ...]:
        """Codes of each text, the unknown one included."""
        return tuple(len(self.encoder.vocabularies.get(name, {})) + 1 for name in TEXTS)

    def to_json(self) -> str:
        """All of it as text."""
        return json.dumps({**asdict(self), "encoder": self.encoder.to_json()}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Tensors:
        """Read back what `to_json` wrote."""
        read = json.loads(text)
        windows = tuple((int(offset), int(width)) for offset, width in read.pop("windows"))
        encoder = Encoder.from_json(read.pop("encoder"))
        return cls(windows, encoder, **{name: tuple(values) for name, values in read.items()})


def layout(examples: pd.DataFrame, windows: tuple[tuple[int, int], ...]) -> Layout:
    """Where each example stands.

    Raises:
        ValueError: A window that was not learned.
    """
    row = np.asarray(examples.groupby(_BASE, sort=False, observed=True).ngroup(), dtype=np.int64)
    first = np.asarray(np.unique(row, return_index=True)[1], dtype=np.int64)
    place = pd.MultiIndex.from_tuples(windows).get_indexer(pd.MultiIndex.from_frame(examples[_WINDOW]))
    if (place < 0).any():
        raise ValueError(f"lstm: window {tuple(examples[_WINDOW].iloc[int(np.argmin(place))])} was never learned")
    return Layout(row, np.asarray(place, dtype=np.int64), first, weekly_level(examples.iloc[first]))


def _series(examples: pd.DataFrame, placed: Layout) -> Singles:
    own = examples.iloc[placed.first]
    units = own[list(SERIES_UNITS)].to_numpy(np.float64, na_value=np.nan) / placed.level[:, None]
    others = own[list(_OTHERS)].to_numpy(np.float64, na_value=np.nan)
    return np.hstack([np.log(placed.level)[:, None], signed_log(2.0 * units), signed_log(others)]).astype(np.float32)


def _coming(examples: pd.DataFrame, level: NDArray[np.float64]) -> Singles:
    known = examples[[*_WINDOW, *WEEKLY]].to_numpy(np.float64, na_value=np.nan)
    for name in _WINDOW_IN_UNITS:
        known[:, len(_WINDOW) + WEEKLY.index(name)] /= level
    return signed_log(known).astype(np.float32)


def _scale(values: Singles) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and deviation of each column; a column of which nothing is known has 0 and 1."""
    known = np.ma.masked_invalid(values.astype(np.float64))
    mean, deviation = known.mean(axis=0).filled(0.0), known.std(axis=0).filled(0.0)
    return tuple(map(float, mean)), tuple(float(d) if d > 1e-6 else 1.0 for d in deviation)


def _standard(values: Singles, mean: tuple[float, ...], deviation: tuple[float, ...]) -> Singles:
    scaled = (values - np.array(mean)) / np.array(deviation)
    return np.clip(np.nan_to_num(scaled), -8.0, 8.0).astype(np.float32)
