"""The rule to beat for launches: what completed launches of the same category sold at the same age."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import numpy as np
import pandas as pd

from ml.config import MlConfig
from ml.demand.artefacts import Card, Trained, finished
from ml.demand.interface import ACTUAL, LEVELS
from ml.demand.quantiles import as_frame, empirical

_CELL = ["channel", "window_weeks", "offset_weeks"]
# From the narrowest memory to the widest; the first with enough completed launches speaks.
_GROUPS = ("category_2", "category_1", None)


def _names(examples: pd.DataFrame, group: str | None) -> pd.Series:
    """Name of the curve a row takes from this group: the group's value, the channel and the window."""
    by = _CELL if group is None else [group, *_CELL]
    number = examples.groupby(by, dropna=False, sort=False).ngroup().to_numpy()
    _, first = np.unique(number, return_index=True)
    words = ["/".join([str(group), *map(str, row)]) for row in examples[by].iloc[first].itertuples(index=False)]
    return pd.Series(np.array(words, dtype=object)[number], index=examples.index)


@dataclass(frozen=True)
class CategoryCurve(Trained):
    """Quantiles and mean by group, channel and window."""

    curves: dict[str, list[float]]

    def predict(self, examples: pd.DataFrame) -> pd.DataFrame:
        """See `DemandFitted.predict`.

        Raises:
            ValueError: A channel or window in which no launch was ever completed.
        """
        answers = np.full((len(examples), len(LEVELS)), np.nan)
        for group in _GROUPS:
            codes, names = pd.factorize(_names(examples, group))
            table = np.array([self.curves.get(name, [np.nan] * len(LEVELS)) for name in names])
            answers = np.where(np.isnan(answers), table.reshape(-1, len(LEVELS))[codes], answers)
        lacking = np.isnan(answers).any(axis=1)
        if lacking.any():
            raise ValueError(
                f"{self.name}: no completed launch for {_names(examples[lacking], None).iloc[0]} "
                "(channel/weeks/age); forecast only what past launches can speak of"
            )
        return as_frame(answers[:, :-1], answers[:, -1], examples.index)

    def save(self, folder: Path) -> None:
        """Write the card and the curves."""
        self.card.save(folder)
        (folder / "curves.json").write_text(json.dumps(self.curves, sort_keys=True))


@dataclass(frozen=True)
class CategoryCurveModel:
    """Empirical quantiles of completed launches."""

    name: str = "category_curve"
    phase: str = "new"
    is_baseline: bool = True
    fewest_launches: int = 30

    def fit(self, examples: pd.DataFrame, config: MlConfig) -> CategoryCurve:
        """Learn the curves from announced launches; each counts once.

        Where none of them has a complete season yet, whatever began to sell stands in for them.
        """
        started = process_time()
        own = examples[examples["is_announced"] == 1]
        speaks = own if len(own[_CELL].drop_duplicates()) == len(examples[_CELL].drop_duplicates()) else examples
        once = speaks.sort_values(["origin_week", "product_id", *_CELL]).drop_duplicates(
            ["product_id", *_CELL], keep="last"
        )
        curves: dict[str, list[float]] = {}
        for group in _GROUPS:
            for name, units in once[ACTUAL].groupby(_names(once, group)):
                if group is None or len(units) >= self.fewest_launches:
                    quantiles, mean = empirical(units.to_numpy(np.float64))
                    curves[str(name)] = [*map(float, quantiles), mean]
        card = finished(self.name, self.phase, examples, started, {"fewest_launches": self.fewest_launches})
        return CategoryCurve(card, curves)

    def load(self, folder: Path) -> CategoryCurve:
        """Read back what `save` wrote."""
        return CategoryCurve(Card.load(folder), json.loads((folder / "curves.json").read_text()))
