"""Ridge regression for established products: log units as a multiple of the level, with conformal quantiles.

Columns in units are read as multiples of the series' level, all numbers after a logarithm and standardised; each
known word of a text has a column of its own. Ratios are those of a regression that ended before their weeks; the one
that answers has learned from all weeks.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.config import MlConfig
from ml.demand.artefacts import Card, Trained, finished
from ml.demand.conformal import Ratios, held_out
from ml.demand.encoding import UNKNOWN, Encoder
from ml.demand.examples import feature_names
from ml.demand.interface import ACTUAL
from ml.demand.scale import IN_UNITS, signed_log, weekly_level, window_level
from ml.lanes import cpu_seconds

Floats = NDArray[np.float64]
_LINE, _RATIOS = "line.json", "ratios.json"
_RARE_ROWS, _SMALLEST_GROUP = 200, 200
_PENALTY = 10.0
# A number further from its mean than this many deviations says no more.
_FARTHEST = 5.0
_CHUNK_ROWS = 50_000


@dataclass(frozen=True)
class Line:
    """A fitted regression and how columns become its inputs.

    Args:
        encoder: Order of the columns, and words of the text columns.
        mean, deviation: Of each column after logarithms; 0 and 1 of texts.
        coefficients: One an input: numbers, whether a number is missing, words.
        intercept: What an average row says.
    """

    encoder: Encoder
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    coefficients: tuple[float, ...]
    intercept: float

    @classmethod
    def fit(cls, examples: pd.DataFrame, features: list[str], penalty: float = _PENALTY) -> Line:
        """Least squares on log(1 + units / level), rows weighing by their level."""
        from sklearn.linear_model import Ridge

        encoder = Encoder.learn(examples, features, min(_RARE_ROWS, max(len(examples) // 100, 1)))
        raw = _logs(encoder, examples)
        known = np.ma.masked_invalid(raw)
        mean, deviation = known.mean(axis=0).filled(0.0), known.std(axis=0).filled(0.0)
        blank = cls(encoder, tuple(map(float, mean)), tuple(float(d) if d > 1e-6 else 1.0 for d in deviation), (), 0.0)
        level = window_level(examples)
        label = np.log1p(examples[ACTUAL].to_numpy(np.float64) / level)
        weight = level / level.mean()
        ridge = Ridge(alpha=penalty, solver="cholesky").fit(blank.inputs(examples), label, sample_weight=weight)
        return cls(encoder, blank.mean, blank.deviation, tuple(map(float, ridge.coef_)), float(ridge.intercept_))

    def inputs(self, examples: pd.DataFrame) -> Floats:
        """One row an example: numbers in deviations from their mean, which of them are missing, words as flags."""
        raw = _logs(self.encoder, examples)
        texts = self.encoder.categorical
        numbers = [at for at in range(raw.shape[1]) if at not in texts]
        scaled = (raw[:, numbers] - np.array(self.mean)[numbers]) / np.array(self.deviation)[numbers]
        parts = [np.clip(np.nan_to_num(scaled), -_FARTHEST, _FARTHEST), np.isnan(scaled).astype(np.float64)]
        for at in texts:
            words = len(self.encoder.vocabularies[self.encoder.features[at]])
            parts.append((raw[:, [at]] == np.arange(UNKNOWN + 1, words + UNKNOWN + 1)).astype(np.float64))
        return np.hstack(parts)

    def points(self, examples: pd.DataFrame) -> Floats:
        """Units in each example's window, never negative."""
        said = [
            self.inputs(examples.iloc[at : at + _CHUNK_ROWS]) @ np.array(self.coefficients)
            for at in range(0, len(examples), _CHUNK_ROWS)
        ]
        ratio = np.expm1(np.minimum(np.concatenate([np.zeros(0), *said]) + self.intercept, _FARTHEST))
        return np.asarray(np.maximum(ratio, 0.0) * window_level(examples))

    def to_json(self) -> str:
        """All of it as text."""
        return json.dumps({**asdict(self), "encoder": self.encoder.to_json()}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Line:
        """Read back what `to_json` wrote."""
        read = json.loads(text)
        lists = {name: tuple(read[name]) for name in ("mean", "deviation", "coefficients")}
        return cls(Encoder.from_json(read["encoder"]), **lists, intercept=read["intercept"])


def _logs(encoder: Encoder, examples: pd.DataFrame) -> Floats:
    """Columns of the encoder: units as multiples of the level, logarithms of numbers, codes of texts."""
    raw = encoder.matrix(examples).astype(np.float64)
    level = weekly_level(examples)
    for at, name in enumerate(encoder.features):
        if name in encoder.vocabularies:
            continue
        raw[:, at] = signed_log(raw[:, at] / level * 2.0 if name in IN_UNITS else raw[:, at])
    return raw


@dataclass(frozen=True)
class Ridge(Trained):
    """The regression and the ratios around it."""

    line: Line
    ratios: Ratios

    def predict(self, examples: pd.DataFrame) -> pd.DataFrame:
        """See `DemandFitted.predict`."""
        return self.ratios.answer(examples, self.line.points(examples))

    def save(self, folder: Path) -> None:
        """Write the card, the regression and the ratios as JSON."""
        self.card.save(folder)
        (folder / _LINE).write_text(self.line.to_json())
        (folder / _RATIOS).write_text(self.ratios.to_json())


@dataclass(frozen=True)
class RidgeModel:
    """Linear regression on logarithms with split-conformal quantiles."""

    name: str = "ridge"
    phase: str = "established"
    is_baseline: bool = False

    def fit(self, examples: pd.DataFrame, config: MlConfig) -> Ridge:
        """Fit once to the weeks before the held-out ones, for their ratios, and once to all."""
        started = cpu_seconds()
        ordered = examples.sort_values(["origin_week", "product_id", "channel", "window_weeks", "offset_weeks"])
        is_early, is_late = held_out(ordered)
        features, late = feature_names(self.phase), ordered[is_late]
        before = Line.fit(_drawn(ordered[is_early], config), features)
        ratios = Ratios.learn(late, before.points(late), _SMALLEST_GROUP)
        line = Line.fit(_drawn(ordered, config), features)
        params = {"penalty": _PENALTY, "inputs": len(line.coefficients), "most_rows": config.demand_rows}
        return Ridge(finished(self.name, self.phase, examples, started, params), line, ratios)

    def load(self, folder: Path) -> Ridge:
        """Read back what `save` wrote."""
        line, ratios = (folder / name for name in (_LINE, _RATIOS))
        return Ridge(Card.load(folder), Line.from_json(line.read_text()), Ratios.from_json(ratios.read_text()))


def _drawn(ordered: pd.DataFrame, config: MlConfig) -> pd.DataFrame:
    """A sample of at most `demand_rows` rows, in their order."""
    size = min(len(ordered), config.demand_rows)
    return ordered.iloc[np.sort(np.random.default_rng(config.seed).choice(len(ordered), size, replace=False))]
