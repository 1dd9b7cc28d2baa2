"""Who reigns, and why."""

import numpy as np
import pandas as pd
import pytest

from contracts.predictions import CHAMPION_DECISION, QUANTILES
from ml.champions import Witnesses, decide
from ml.demand.losses import losses
from ml.demand.quantiles import as_frame, as_long
from ml.demand.registry import DEFAULTS
from ml.demand.scores import backtest_figures
from ml.splits import WEEK

NOW = pd.Timestamp("2017-10-02")
DEMAND_RUNS = pd.DataFrame(
    {
        "phase": ["established"] * 3 + ["new"] * 2,
        "model": ["mean_8_weeks", "lightgbm", DEFAULTS["established"], "category_curve", DEFAULTS["new"]],
        "run_id": ["run-mean", "run-trees", "run-default", "run-curve", "run-forest"],
    }
)
PRODUCTS = ("A", "B", "C", "D", "E")


def demand(errors: dict[str, float], weeks: int = 3, spread: float = 0.0) -> pd.DataFrame:
    """Losses of as many decision weeks up to now in which each model errs by so many of 10 units.

    `spread` is added to the error of the first product and taken from that of the second, of every model but the
    first named.
    """
    uneven = np.array([spread, -spread, 0.0, 0.0, 0.0])
    parts = [
        backtest(
            {
                model: error + (uneven if number else 0.0 * uneven)
                for number, (model, error) in enumerate(errors.items())
            },
            NOW - back * WEEK,
        )
        for back in range(weeks)
    ]
    return pd.concat([losses(part) for part in parts], ignore_index=True)


def backtest(errors: dict[str, np.ndarray], week: pd.Timestamp) -> pd.DataFrame:
    """A backtest in which each model says the truth, 10 units a product, plus its errors by product."""
    lines = pd.concat(
        [
            pd.DataFrame({"model": model, "product_id": PRODUCTS, "said": 10.0 + error})
            for model, error in errors.items()
        ],
        ignore_index=True,
    )
    keys = lines.assign(
        decision_week=week,
        phase="established",
        channel="all",
        window_weeks=1,
        actual_units=10.0,
        target_week=week - 8 * WEEK,
    )
    said = as_frame(np.tile(lines["said"].to_numpy()[:, None], len(QUANTILES)), lines["said"].to_numpy(), lines.index)
    return as_long(keys.drop(columns="said"), said)


def decided(loss: pd.DataFrame, reigning: str = "", runs: pd.DataFrame | None = None) -> pd.DataFrame:
    last = pd.DataFrame({"phase": ["established"] if reigning else [], "model": [reigning] if reigning else []})
    found = decide(Witnesses(loss, DEMAND_RUNS if runs is None else runs, RESPONSE, last), NOW)
    assert not CHAMPION_DECISION.column_violations(found.columns)
    return found.set_index(found["phase"].fillna(found["task"]))


DEFAULT = DEFAULTS["established"]
RESPONSE = pd.DataFrame(
    {
        "decision_week": [NOW],
        "task": ["click"],
        "model": ["logistic"],
        "reason": ["it was told"],
        "metric": ["auc"],
        "value": [0.7],
        "runner_up": ["popularity"],
        "runner_up_value": [0.6],
        "run_id": ["run-l"],
    }
)
NOTHING = losses(backtest({"lightgbm": np.zeros(5)}, NOW).iloc[:0])


def test_a_challenger_takes_over_once_its_gain_was_seen_in_three_decision_weeks() -> None:
    errors = {DEFAULT: 3.0, "lightgbm": 1.0}
    early, ripe = (decided(demand(errors, weeks)).loc["established"] for weeks in (2, 3))
    assert (early["model"], early["run_id"]) == (DEFAULT, "run-default")
    assert early["reason"].startswith(
        "2 of the 3 decision weeks that a change needs have backtests to compare; the default"
    )
    assert (ripe["model"], ripe["run_id"], ripe["runner_up"]) == ("lightgbm", "run-trees", DEFAULT)
    assert ripe["value"] < ripe["runner_up_value"]
    assert f"{ripe['value']:.4f} against {ripe['runner_up_value']:.4f}" in ripe["reason"]
    assert "better in 3 of 3 decision weeks" in ripe["reason"]


def test_a_gain_that_hangs_on_a_few_products_does_not_take_over() -> None:
    row = decided(demand({DEFAULT: 2.0, "lightgbm": 1.9}, weeks=6, spread=1.5)).loc["established"]
    assert row["value"] > row["runner_up_value"], "it did gain"
    assert (row["model"], row["runner_up"]) == (DEFAULT, "lightgbm")
    assert "no gain beyond noise" in row["reason"]
    assert decided(demand({DEFAULT: 2.0, "lightgbm": 1.9}, weeks=6)).loc["established", "model"] == "lightgbm"


def test_decision_weeks_that_one_model_missed_are_no_witnesses_for_it() -> None:
    late = pd.concat([demand({DEFAULT: 3.0, "lightgbm": 1.0}, 2), demand({DEFAULT: 3.0}, 5)])
    late = late.drop_duplicates(["decision_week", "model", "product_id"])
    assert decided(late).loc["established", "model"] == DEFAULT


def test_the_champion_of_the_week_before_holds_until_another_convinces() -> None:
    level = {DEFAULT: 1.0, "lightgbm": 1.0, "mean_8_weeks": 1.0}
    assert decided(demand(level), reigning="lightgbm").loc["established", "model"] == "lightgbm"
    row = decided(demand({**level, "lightgbm": 2.0}), reigning="lightgbm").loc["established"]
    assert row["model"] != "lightgbm"
    assert "takes over from lightgbm, the champion of the week before" in row["reason"]


def test_later_decision_weeks_decide_nothing() -> None:
    later = demand({DEFAULT: 3.0, "lightgbm": 1.0}, 3).assign(decision_week=NOW + WEEK)
    row = decided(later).loc["established"]
    assert row["model"] == DEFAULT
    assert np.isnan(row["value"])


def test_a_model_that_was_not_trained_this_week_cannot_reign() -> None:
    runs = DEMAND_RUNS[DEMAND_RUNS["model"] != "lightgbm"]
    better = demand({DEFAULT: 3.0, "lightgbm": 1.0})
    assert decided(better, runs=runs).loc["established", "model"] == DEFAULT
    without_default = decided(NOTHING, runs=runs[runs["model"] != DEFAULT])
    assert without_default.loc["established", "model"] == "mean_8_weeks"


def test_losses_sum_to_the_mean_of_the_wpl_of_weeks_and_of_their_longest_sum() -> None:
    rng = np.random.default_rng(4)
    weeks = backtest({"m": rng.normal(0.0, 2.0, 5)}, NOW)
    sums = backtest({"m": rng.normal(0.0, 5.0, 5)}, NOW).assign(window_weeks=8, actual_units=70.0)
    both = pd.concat([weeks, sums])
    found = backtest_figures(both)["established", "m"]
    assert losses(both)["wpl_share"].sum() == pytest.approx((found["wpl"] + found["wpl_8"]) / 2)


def test_what_was_decided_of_response_stands_beside_what_is_decided_of_demand() -> None:
    row = decided(NOTHING).loc["click"]
    assert (row["model"], row["run_id"], row["value"]) == ("logistic", "run-l", 0.7)
    assert row["phase"] is None or pd.isna(row["phase"])
