"""MLForecast's usual recipe for established products: one LightGBM over lags and rolling means of all series.

It forecasts the next week from the weeks before, takes what it said as sold, and so walks through the horizon. It knows
neither plans nor products. Quantiles are split-conformal; their ratios come from weeks after all that was learned.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ml.config import MlConfig
from ml.demand.artefacts import Card, TrainedOnPast, finished
from ml.demand.conformal import Ratios, held_out
from ml.demand.own_past import SERIES, SMALLEST_GROUP, Floats, drawn_series, in_windows, pasts_of
from ml.lanes import cpu_seconds

_TREES, _FORM, _RATIOS = "trees.txt", "form.json", "ratios.json"
_LAGS, _ROLLING_WEEKS = (1, 2, 3, 4, 8, 13), (4, 8, 13)
_MODEL = "lightgbm"


@dataclass(frozen=True)
class LagTrees:
    """Trees that tell a series' next week from the weeks before it.

    Args:
        lags: Weeks back whose units are inputs; missing where a series is younger.
        rolling_weeks: Numbers of last weeks whose mean is an input; of fewer weeks where a series is younger.
        booster: Native LightGBM booster of the mean.
    """

    lags: tuple[int, ...]
    rolling_weeks: tuple[int, ...]
    booster: Any

    @classmethod
    def grow(cls, examples: pd.DataFrame, config: MlConfig) -> LagTrees:
        """Learn the past weeks of the newest origin, at most `demand_rows` of them.

        A series' first week is its first sale by choice, and no week before speaks for it: it is an input alone.
        """
        import lightgbm

        newest = examples[examples["origin_week"] == examples["origin_week"].max()].drop_duplicates(SERIES)
        forecaster = _blank(_LAGS, _ROLLING_WEEKS, lightgbm.LGBMRegressor(**_options(config)))
        weeks = forecaster.preprocess(_long(pasts_of(newest)), static_features=[], dropna=False)
        weeks = weeks[weeks["lag1"].notna()]
        size = min(len(weeks), config.demand_rows)
        drawn = weeks.iloc[np.sort(np.random.default_rng(config.seed).choice(len(weeks), size, replace=False))]
        forecaster.fit_models(drawn[forecaster.ts.features_order_], drawn["y"].to_numpy())
        return cls(_LAGS, _ROLLING_WEEKS, forecaster.models_[_MODEL].booster_)

    def points(self, examples: pd.DataFrame) -> Floats:
        """Units in each example's window."""
        forecaster = _blank(self.lags, self.rolling_weeks, self.booster)
        # What fitting would leave behind: how a frame is laid out, and the model.
        forecaster.preprocess(_long([np.zeros(2)]), static_features=[], dropna=False)
        forecaster.models_ = forecaster.models
        return in_windows(partial(_ahead, forecaster), examples)

    def save(self, folder: Path) -> None:
        """Write the trees as LightGBM's text, what they read as JSON."""
        (folder / _TREES).write_text(self.booster.model_to_string())
        (folder / _FORM).write_text(json.dumps({"lags": self.lags, "rolling_weeks": self.rolling_weeks}))

    @classmethod
    def load(cls, folder: Path) -> LagTrees:
        """Read back what `save` wrote."""
        import lightgbm

        form = {name: tuple(weeks) for name, weeks in json.loads((folder / _FORM).read_text()).items()}
        return cls(**form, booster=lightgbm.Booster(model_str=(folder / _TREES).read_text()))


@dataclass(frozen=True)
class MlforecastLags(TrainedOnPast):
    """The trees and the ratios around what they say."""

    trees: LagTrees
    ratios: Ratios

    def predict(self, examples: pd.DataFrame) -> pd.DataFrame:
        """See `DemandFitted.predict`; examples bring their past weeks."""
        return self.ratios.answer(examples, self.trees.points(examples))

    def save(self, folder: Path) -> None:
        """Write the card, the trees and the ratios."""
        self.card.save(folder)
        self.trees.save(folder)
        (folder / _RATIOS).write_text(self.ratios.to_json())

    @property
    def requirements(self) -> tuple[str, ...]:
        """Distributions that loading it needs."""
        return ("mlforecast==1.0.2", *super().requirements)


@dataclass(frozen=True)
class MlforecastModel:
    """LightGBM through MLForecast, recursive over the weeks."""

    name: str = "mlforecast"
    phase: str = "established"
    is_baseline: bool = False

    def fit(self, examples: pd.DataFrame, config: MlConfig) -> MlforecastLags:
        """Learn once from the weeks before the held-out ones, for their ratios, and once from all."""
        started = cpu_seconds()
        ordered = examples.sort_values([*SERIES, "window_weeks", "offset_weeks"])
        is_early, is_late = held_out(ordered)
        late = drawn_series(ordered[is_late], config)
        ratios = Ratios.learn(late, LagTrees.grow(ordered[is_early], config).points(late), SMALLEST_GROUP)
        trees = LagTrees.grow(ordered, config)
        inputs = {"lags": str(trees.lags), "rolling_weeks": str(trees.rolling_weeks)}
        params = {**inputs, **_options(config), "most_rows": config.demand_rows}
        return MlforecastLags(finished(self.name, self.phase, examples, started, params), trees, ratios)

    def load(self, folder: Path) -> MlforecastLags:
        """Read back what `save` wrote."""
        ratios = Ratios.from_json((folder / _RATIOS).read_text())
        return MlforecastLags(Card.load(folder), LagTrees.load(folder), ratios)


def _blank(lags: tuple[int, ...], rolling_weeks: tuple[int, ...], model: Any) -> Any:
    """An `MLForecast` of series of numbered weeks that has seen none."""
    from mlforecast import MLForecast
    from mlforecast.lag_transforms import RollingMean

    means = {1: [RollingMean(weeks, min_samples=1) for weeks in rolling_weeks]}
    return MLForecast({_MODEL: model}, freq=1, lags=lags, lag_transforms=means)


def _ahead(forecaster: Any, pasts: Sequence[Floats], weeks: int) -> Floats:
    """Units of each coming week, one row a series; none of one that never sold."""
    said, has_sold = np.zeros((len(pasts), weeks)), np.array([len(past) > 0 for past in pasts])
    if has_sold.any():
        with warnings.catch_warnings():
            # Trees know what to say of a series that is younger than a lag.
            warnings.filterwarnings("ignore", "Found null values in", UserWarning)
            answer = forecaster.predict(weeks, new_df=_long(pasts))
        said[has_sold] = answer[_MODEL].to_numpy(np.float64).reshape(-1, weeks)
    return said


def _long(pasts: Sequence[Floats]) -> pd.DataFrame:
    """MLForecast's frame, one row a series and week: number of the series, of its week, and its units."""
    sizes = [len(past) for past in pasts]
    return pd.DataFrame(
        {
            "unique_id": np.repeat(np.arange(len(pasts)), sizes),
            "ds": np.concatenate([np.arange(size) for size in sizes]),
            "y": np.concatenate(pasts),
        }
    )


def _options(config: MlConfig) -> dict[str, Any]:
    return {
        "objective": "poisson",
        "n_estimators": config.demand_trees,
        "num_leaves": config.demand_leaves,
        "learning_rate": config.demand_learning_rate,
        "min_child_samples": config.demand_leaf_rows,
        "random_state": config.seed,
        "n_jobs": config.tree_threads(config.demand_rows),
        "deterministic": True,
        "force_row_wise": True,
        "verbose": -1,
    }
