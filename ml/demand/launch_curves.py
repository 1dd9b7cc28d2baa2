"""Rules for launches: what completed launches, of the same category or of all, sold at the same age."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ml.config import MlConfig
from ml.demand.artefacts import Card, Trained, finished
from ml.demand.interface import ACTUAL, LEVELS
from ml.demand.quantiles import as_frame, empirical
from ml.lanes import cpu_seconds

_CELL = ["channel", "window_weeks", "offset_weeks"]


def _names(examples: pd.DataFrame, group: str | None) -> pd.Series:
    """Name of the curve a row takes from this group: the group's value, the channel and the window."""
    by = _CELL if group is None else [group, *_CELL]
    number = examples.groupby(by, dropna=False, sort=False).ngroup().to_numpy()
    _, first = np.unique(number, return_index=True)
    words = ["/".join([str(group), *map(str, row)]) for row in examples[by].iloc[first].itertuples(index=False)]
    return pd.Series(np.array(words, dtype=object)[number], index=examples.index)


@dataclass(frozen=True)
class LaunchCurve(Trained):
    """Quantiles and mean by group, channel and window.

    Args:
        groups: Columns by which launches are grouped, None for all of them; the first that knows a row speaks.
        curves: Levels by name of the curve.
    """

    groups: tuple[str | None, ...]
    curves: dict[str, list[float]]

    def predict(self, examples: pd.DataFrame) -> pd.DataFrame:
        """See `DemandFitted.predict`.

        Raises:
            ValueError: A channel or window in which no launch was ever completed.
        """
        answers = np.full((len(examples), len(LEVELS)), np.nan)
        for group in self.groups:
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
class LaunchCurveModel:
    """Empirical quantiles of completed launches.

    Args:
        name: Registered name.
        groups: From the narrowest memory to the widest, None for all launches; the first with enough of them speaks.
        is_baseline: Whether it is the rule to beat.
        phase: Phase it forecasts.
        fewest_launches: Completed launches that a group needs.
    """

    name: str
    groups: tuple[str | None, ...]
    is_baseline: bool = False
    phase: str = "new"
    fewest_launches: int = 30

    def fit(self, examples: pd.DataFrame, config: MlConfig) -> LaunchCurve:
        """Learn the curves from announced launches; each counts once.

        Where none of them has a complete season yet, whatever began to sell stands in for them.
        """
        started = cpu_seconds()
        own = examples[examples["is_announced"] == 1]
        speaks = own if len(own[_CELL].drop_duplicates()) == len(examples[_CELL].drop_duplicates()) else examples
        once = speaks.sort_values(["origin_week", "product_id", *_CELL]).drop_duplicates(
            ["product_id", *_CELL], keep="last"
        )
        curves: dict[str, list[float]] = {}
        for group in self.groups:
            for name, units in once[ACTUAL].groupby(_names(once, group)):
                if group is None or len(units) >= self.fewest_launches:
                    quantiles, mean = empirical(units.to_numpy(np.float64))
                    curves[str(name)] = [*map(float, quantiles), mean]
        card = finished(self.name, self.phase, examples, started, {"fewest_launches": self.fewest_launches})
        return LaunchCurve(card, self.groups, curves)

    def load(self, folder: Path) -> LaunchCurve:
        """Read back what `save` wrote."""
        return LaunchCurve(Card.load(folder), self.groups, json.loads((folder / "curves.json").read_text()))


CATEGORY_CURVE = LaunchCurveModel("category_curve", ("category_2", "category_1", None), is_baseline=True)
GLOBAL_CURVE = LaunchCurveModel("global_curve", (None,))
