"""Who reigns, and why."""

import numpy as np
import pandas as pd

from contracts.predictions import CHAMPION_DECISION, QUANTILES
from ml.champions import decide
from ml.demand.quantiles import as_frame, as_long
from ml.demand.registry import DEFAULTS
from ml.splits import WEEK

NOW = pd.Timestamp("2017-10-02")
DEMAND_RUNS = pd.DataFrame(
    {
        "phase": ["established"] * 2 + ["new"] * 2,
        "model": ["mean_8_weeks", "lightgbm", "category_curve", "lightgbm_launch"],
        "run_id": ["run-mean", "run-trees", "run-curve", "run-forest"],
    }
)
RESPONSE_RUNS = pd.DataFrame(
    {
        "task": ["conversion", "conversion", "click", "click"],
        "model": ["popularity", "logistic"] * 2,
        "run_id": ["run-p", "run-l", "click-p", "click-l"],
    }
)


def demand(errors: dict[str, float], weeks_back: int = 8) -> pd.DataFrame:
    """A backtest in which each model says the truth, 10 units, plus its error."""
    lines = pd.DataFrame({"model": list(errors), "said": [10.0 + error for error in errors.values()]})
    keys = lines.assign(
        phase="established",
        product_id="P",
        channel="all",
        window_weeks=1,
        actual_units=10.0,
        target_week=NOW - weeks_back * WEEK,
    )
    said = as_frame(np.tile(lines["said"].to_numpy()[:, None], len(QUANTILES)), lines["said"].to_numpy(), lines.index)
    return as_long(keys.drop(columns="said"), said)


def response(score_of: dict[str, list[float]], task: str = "conversion") -> pd.DataFrame:
    label = [1, 0, 0, 0]
    return pd.concat(
        [
            pd.DataFrame(
                {"task": task, "model": model, "week": NOW - WEEK, "label": label, "score": score, "weight": 1.0}
            )
            for model, score in score_of.items()
        ]
    )


def decided(backtest: pd.DataFrame, shown: pd.DataFrame) -> pd.DataFrame:
    found = decide(backtest, shown, DEMAND_RUNS, RESPONSE_RUNS, NOW)
    assert not CHAMPION_DECISION.column_violations(found.columns)
    return found.set_index(found["phase"].fillna(found["task"]))


NO_RESPONSE = response({"popularity": [0.0] * 4}).iloc[:0]


def test_the_model_with_the_lowest_loss_reigns_with_its_run_and_its_figures() -> None:
    row = decided(demand({"mean_8_weeks": 3.0, "lightgbm": 1.0}), NO_RESPONSE).loc["established"]
    assert (row["model"], row["run_id"], row["runner_up"]) == ("lightgbm", "run-trees", "mean_8_weeks")
    assert row["value"] < row["runner_up_value"]
    assert f"{row['value']:.4f}" in row["reason"]


def test_a_challenger_that_is_only_as_good_as_the_baseline_does_not_reign() -> None:
    found = decided(demand({"lightgbm": 1.0, "mean_8_weeks": 1.0}), NO_RESPONSE)
    assert found.loc["established", "model"] == "mean_8_weeks"


def test_a_week_that_is_not_over_decides_nothing() -> None:
    default = DEFAULTS["established"]
    runs = pd.concat([DEMAND_RUNS, pd.DataFrame([{"phase": "established", "model": default, "run_id": "run-default"}])])
    past = demand({"mean_8_weeks": 1.0, default: 9.0}, weeks_back=0)
    found = decide(past, NO_RESPONSE, runs, RESPONSE_RUNS, NOW).set_index("phase")
    assert found.loc["established", "model"] == default
    assert "default" in found.loc["established", "reason"]
    assert np.isnan(found.loc["established", "value"])


def test_a_model_that_was_not_trained_this_week_cannot_reign() -> None:
    runs = DEMAND_RUNS[DEMAND_RUNS["model"] != "lightgbm"]
    found = decide(demand({"mean_8_weeks": 3.0, "lightgbm": 1.0}), NO_RESPONSE, runs, RESPONSE_RUNS, NOW)
    assert found.loc[found["phase"] == "established", "model"].item() == "mean_8_weeks"


def test_the_better_ranking_reigns_over_response_unless_its_rates_are_far_off() -> None:
    honest = {"popularity": [0.25, 0.3, 0.2, 0.2], "logistic": [0.4, 0.2, 0.2, 0.2]}
    none = demand({})
    assert decided(none, response(honest)).loc["conversion", "model"] == "logistic"
    boasting = {**honest, "logistic": [0.99, 0.9, 0.9, 0.9]}
    row = decided(none, response(boasting)).loc["conversion"]
    assert row["model"] == "popularity"
    assert "logistic predicts 3.69 times" in row["reason"]


def test_each_task_has_a_champion_of_its_own_from_its_own_backtest() -> None:
    better = {"popularity": [0.25, 0.3, 0.2, 0.2], "logistic": [0.4, 0.2, 0.2, 0.2]}
    worse = {"popularity": [0.4, 0.2, 0.2, 0.2], "logistic": [0.25, 0.3, 0.2, 0.2]}
    both = pd.concat([response(better, "click"), response(worse, "conversion")])
    found = decided(demand({}), both)
    assert found.loc[["click", "conversion"], "run_id"].tolist() == ["click-l", "run-p"]
    assert "default" in decided(demand({}), response(worse)).loc["click", "reason"]
