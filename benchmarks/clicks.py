"""How near click models come to the truth of the simulated shop, and whether weights by inverse propensity bring them nearer.

For each decision week, click models learn from the weeks before with each of the weightings, and their rates are held
against the true chances of eight later weeks: on all that was logged, and on what was shown at random, asked as if it
stood on the home page, which has the same chances. The second is what a launch is asked. With `--models` the defaults
of both tasks stand beside the simple rules instead, each weighted as it is in use. Run as
`python -m benchmarks.clicks WAREHOUSE WORLD`, the world being a folder below `.debut/simulated/world`.
"""

from __future__ import annotations

import argparse
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.response import read_features, read_histories
from ml.config import MlConfig
from ml.response.average import predict_together
from ml.response.newness import is_new
from ml.response.registry import DEFAULTS
from ml.response.tasks import CLICK, CONVERSION, Floats, inverse_propensity
from ml.response.train import fit
from shop.truth import truth_folder

WEEKS = tuple(date(*day) for day in ((2023, 9, 4), (2023, 12, 4), (2024, 3, 4), (2024, 6, 3), (2024, 9, 2)))
_LATER_WEEKS = 8
# Rules without a learned weight for any column.
RULES = ("popularity", "conversion_rate", "repeat_affinity")
# The average of trees and a network, and who reigns over clicks before any gain was seen.
MODELS = (DEFAULTS[CONVERSION.name], DEFAULTS[CLICK.name])
_DRAWS = 400
_LOG = logging.getLogger(__name__)


def _random_as_much_as_the_rest(rows: pd.DataFrame) -> Floats:
    is_random = (rows["placement"] == "random").to_numpy()
    return np.where(is_random, (~is_random).sum() / max(is_random.sum(), 1), 1.0)


def _random_alone(rows: pd.DataFrame) -> Floats:
    return np.where(rows["placement"] == "random", 1.0, 1e-6)


WEIGHTINGS: dict[str, Callable[[pd.DataFrame], Floats] | None] = {
    "none": None,
    "inverse propensity": inverse_propensity,
    "random as much as the rest": _random_as_much_as_the_rest,
    "random alone": _random_alone,
}


def measure(warehouse: Path, world: Path, config: MlConfig | None = None) -> pd.DataFrame:
    """One row per rows asked about, model and weighting, means over the decision weeks.

    `error` is the mean absolute error over the mean true chance, `ratio` the mean rate over it, `correlation` that of
    the logarithms.
    """
    known = with_truth(warehouse, world)
    lines = [line for week in WEEKS for line in _measure_week(known, week, config or MlConfig.full())]
    keys = ["asked", "model", "weighting"]
    return pd.DataFrame(lines).groupby(keys, as_index=False).mean()


def against_rules(
    warehouse: Path, world: Path, weeks: Sequence[date] = WEEKS, config: MlConfig | None = None
) -> pd.DataFrame:
    """One row per rows asked about and model: its error, and by how much it is below that of the best rule.

    `error` is as of `measure`, a mean over the decision weeks; `gain` is one less it over the smallest error of a rule,
    and `low` to `high` its 95 % interval when customers are drawn anew.
    """
    known, histories = with_truth(warehouse, world), read_histories(warehouse)
    parts = []
    for week in weeks:
        asked = asked_later(known, week)
        fitted = fit(known, week, config or MlConfig.full(), CLICK, names=(*RULES, *MODELS), histories=histories)
        for name, part in asked.items():
            chance = part["click_probability"].to_numpy()
            told = {
                model: np.abs(rate - chance) / chance.mean() for model, rate in predict_together(fitted, part).items()
            }
            parts.append(
                pd.DataFrame({"asked": name, "customer_id": part["customer_id"].to_numpy(), "rows": 1, **told})
            )
    models = (*RULES, *MODELS)
    # Errors of one customer resemble one another, also from week to week.
    sums = pd.concat(parts).groupby(["asked", "customer_id"])[["rows", *models]].sum()
    lines = []
    for place, own in sums.groupby(level="asked"):
        errors = own[list(models)].sum() / own["rows"].sum()
        best = str(errors[list(RULES)].idxmin())
        draws = np.random.default_rng(0).integers(0, len(own), (_DRAWS, len(own)))
        lines += [
            {"asked": place, "model": model, "error": errors[model], **_gain(own, model, best, draws)}
            for model in models
        ]
    return pd.DataFrame(lines)


def _gain(sums: pd.DataFrame, model: str, best: str, draws: NDArray[np.int64]) -> dict[str, float]:
    """How far below the best rule's a model's error is, with an interval of customers drawn again."""
    own, rule = (sums[name].to_numpy() for name in (model, best))
    low, high = np.quantile(1.0 - own[draws].sum(axis=1) / rule[draws].sum(axis=1), [0.025, 0.975])
    return {"gain": float(1.0 - own.sum() / rule.sum()), "low": float(low), "high": float(high)}


def with_truth(warehouse: Path, world: Path) -> pd.DataFrame:
    """Logged impressions with their true chance of a click."""
    rows = read_features(warehouse, "not is_proxy")
    truth = pd.read_parquet(truth_folder(world) / "truth_impressions")
    return rows.merge(truth, left_on="impression_id", right_on="event_id", validate="one_to_one")


def _measure_week(rows: pd.DataFrame, week: date, config: MlConfig) -> Iterator[dict[str, object]]:
    asked = asked_later(rows, week)
    for weighting, weigh in WEIGHTINGS.items():
        for model in fit(rows, week, config, replace(CLICK, weighting=weigh)):
            for name, part in asked.items():
                rate, chance = model.predict(part), part["click_probability"].to_numpy()
                yield {
                    "asked": name,
                    "model": model.name,
                    "weighting": weighting,
                    "error": np.abs(rate - chance).mean() / chance.mean(),
                    "ratio": rate.mean() / chance.mean(),
                    "correlation": np.corrcoef(np.log(rate), np.log(chance))[0, 1],
                }


def asked_later(rows: pd.DataFrame, week: date) -> dict[str, pd.DataFrame]:
    """By name, rows of the eight weeks from a Monday on: all that was logged, and what was shown at random, as if on the
    home page; of the latter, what was new by then."""
    start = pd.Timestamp(week)
    later = rows[rows["week"].between(start, start + pd.Timedelta(weeks=_LATER_WEEKS - 1))]
    at_random = later[later["placement"] == "random"].assign(placement="home", display_code="home")
    fresh = at_random[is_new(at_random["product_age_weeks"])]
    return {"all logged": later, "shown at random": at_random, "new, shown at random": fresh}


def main() -> None:
    """Print the figures of a warehouse and its world."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("warehouse", type=Path)
    parser.add_argument("world", type=Path)
    parser.add_argument("--models", action="store_true", help="the default champions beside the simple rules")
    arguments = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    _LOG.setLevel(logging.INFO)
    found = (against_rules if arguments.models else measure)(arguments.warehouse, arguments.world)
    _LOG.info("%s", found.round(3).to_string(index=False))


if __name__ == "__main__":
    main()
