"""Parameters of the models of established demand, searched for with Optuna and written to `ml/champions.json`.

A trial trains on origins whose labels end by week 29 of the source and is scored on the weeks after each origin up to
that week: WPL of weekly product totals, the mean over origins. Later weeks are left for comparisons. The first trial
is always what reigns now, so that a search cannot end worse than it began. Seed and number of trials are given, never a
time; the same call finds the same parameters.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from time import process_time
from typing import Any

import pandas as pd

from benchmarks.demand import FIRST_MONDAY, read_known
from contracts.predictions import QUANTILES
from ml import defaults, metrics
from ml.config import MlConfig
from ml.demand.examples import to_forecast, to_learn, with_outcomes
from ml.demand.interface import ACTUAL, ALL_CHANNELS, DemandTables
from ml.demand.registry import named

LAST_WEEK = 29
ORIGINS = (21, 25)
_PHASE = "established"
_LOG = logging.getLogger(__name__)


def _of_lightgbm(trial: Any) -> None:
    trial.suggest_int("demand_trees", 60, 110)
    trial.suggest_int("demand_leaves", 15, 47, log=True)
    trial.suggest_float("demand_learning_rate", 0.06, 0.2, log=True)
    trial.suggest_float("demand_feature_share", 0.25, 0.7)
    trial.suggest_int("demand_leaf_rows", 50, 400, log=True)


def _of_lstm(trial: Any) -> None:
    trial.suggest_int("lstm_cells", 32, 64, step=16)
    trial.suggest_float("lstm_step", 1e-3, 4e-3, log=True)
    trial.suggest_float("lstm_dropout", 0.0, 0.2)
    trial.suggest_int("lstm_epochs", 4, 8)


# What is searched of each model: fields of `MlConfig`, by name of the trial's parameters.
SPACES: Mapping[str, Callable[[Any], None]] = {"lightgbm": _of_lightgbm, "lstm": _of_lstm}


@dataclass(frozen=True)
class Round:
    """What one origin learns from, and what it is asked.

    Args:
        learned: Labelled examples of the origin's Monday.
        asked: Weekly product totals after it that are over by week 29, with their labels.
    """

    learned: pd.DataFrame
    asked: pd.DataFrame


def rounds(tables: DemandTables, origins: Sequence[int], wall: pd.Timestamp, config: MlConfig) -> list[Round]:
    """One round an origin; nothing known after the wall is in any of them.

    Raises:
        ValueError: An origin after which no week is over by the wall.
    """
    known, made = tables.known_by(wall), []
    for origin in origins:
        week = monday_after(origin)
        if week >= wall:
            raise ValueError(f"origin {origin}: no later week is over by {wall.date()}; give earlier origins")
        asked = to_forecast(_PHASE, known, week, config)
        asked = asked[(asked["channel"] == ALL_CHANNELS) & (asked["window_weeks"] == 1)]
        made.append(Round(to_learn(_PHASE, known, week, config), with_outcomes(asked, known, wall)))
    return made


def score(name: str, of: Sequence[Round], config: MlConfig) -> float:
    """Mean over rounds of the WPL of weekly product totals."""
    model = named(_PHASE, name)
    found = []
    for one in of:
        said = model.fit(one.learned, config).predict(one.asked)
        found.append(metrics.weighted_pinball(one.asked[ACTUAL], said[list(QUANTILES)], QUANTILES))
    return sum(found) / len(found)


def search(name: str, of: Sequence[Round], config: MlConfig, trials: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The best parameters of so many trials, and the figures beside them."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    started = process_time()
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=config.seed, n_startup_trials=5))

    def objective(trial: Any) -> float:
        SPACES[name](trial)
        found = score(name, of, replace(config, **trial.params))
        _LOG.info("trial %d: wpl %.5f with %s, %.0f s CPU", trial.number, found, trial.params, process_time() - started)
        return found

    blank = optuna.trial.FixedTrial({field: getattr(config, field) for field in vars(config)})
    SPACES[name](blank)
    study.enqueue_trial(blank.params)
    study.optimize(objective, n_trials=trials)
    told = {
        "wpl": round(study.best_value, 5),
        "wpl_before": round(study.trials[0].value, 5),
        "trials": trials,
        "seed": config.seed,
    }
    return dict(study.best_params), told


def monday_after(week: int) -> pd.Timestamp:
    """The Monday on which a numbered week of the source is over."""
    return pd.Timestamp(FIRST_MONDAY + timedelta(weeks=week - 1))


def main() -> None:
    """Search, and write what was found beside the models."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("features_path", type=Path, help="warehouse that holds the schema features")
    parser.add_argument("--model", choices=sorted(SPACES), default="lightgbm")
    parser.add_argument("--trials", type=int, default=10)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--origins", default=",".join(map(str, ORIGINS)))
    parser.add_argument("--out", type=Path, default=Path(defaults.__file__).with_name(defaults.FILE))
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    wall, config = monday_after(LAST_WEEK), MlConfig.full(given.seed, threads=1)
    origins = [int(origin) for origin in given.origins.split(",")]
    tables, _, _ = read_known(given.features_path, wall)
    parameters, told = search(given.model, rounds(tables, origins, wall, config), config, given.trials)
    champions = defaults.read(given.out.read_text())
    settled = champions[_PHASE].tuned(given.model, parameters, {**told, "origins": origins}, wall.date())
    given.out.write_text(defaults.written({**champions, _PHASE: settled}))


if __name__ == "__main__":
    main()
