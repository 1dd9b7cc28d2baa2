"""Which response model reigns: what each customer adds to its loss, the gate, and the rule."""

import numpy as np
import pandas as pd
import pytest

from contracts.predictions import RESPONSE_CHAMPION
from contracts.response_backtests import RESPONSE_BACKTEST_LOSS
from ml import metrics
from ml.champions import decide_response
from ml.response.losses import losses
from ml.response.registry import DEFAULTS
from ml.response.tasks import CONVERSION
from ml.splits import WEEK

DEFAULT = DEFAULTS[CONVERSION.name]
NOW = pd.Timestamp("2017-10-02")
RUNS = pd.DataFrame(
    {
        "task": ["conversion"] * 3 + ["click"] * 2,
        "model": ["popularity", "logistic", DEFAULT, "popularity", "logistic"],
        "run_id": ["run-p", "run-l", "run-d", "click-p", "click-l"],
    }
)
NOBODY = pd.DataFrame({"task": [], "model": []}).astype("str")


def backtest(
    noise: dict[str, float], week: pd.Timestamp = NOW, boast: dict[str, float] | None = None, task: str = "conversion"
) -> pd.DataFrame:
    """600 impressions of 60 customers; a model knows each true rate up to noise in log-odds, and may boast."""
    rng = np.random.default_rng(int(week.value // 10**9 % 2**32))
    taste = rng.normal(-2.0, 1.5, 600)
    label = (rng.random(600) < 1.0 / (1.0 + np.exp(-taste))).astype(int)
    weight = np.where(label == 1, 1.0, rng.integers(1, 4, 600))
    ladder = np.sort(1.0 / (1.0 + np.exp(-taste)))
    parts = []
    for model, spread in noise.items():
        rate = ladder[np.argsort(np.argsort(taste + rng.normal(0.0, 1.0, 600) * spread))]
        rate *= label.sum() / (rate * weight).sum() * (boast or {}).get(model, 1.0)
        parts.append(
            pd.DataFrame(
                {
                    "decision_week": week,
                    "task": task,
                    "model": model,
                    "customer_id": [f"C{i % 60}" for i in range(600)],
                    "score": np.minimum(rate, 1.0),
                    "label": label,
                    "weight": weight,
                    "is_planned": np.arange(600) % 4 == 0,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def past(noise: dict[str, float], weeks: int = 3, boast: dict[str, float] | None = None) -> pd.DataFrame:
    """Losses of as many decision weeks up to now; only now a model boasts."""
    backs = [backtest(noise, NOW - back * WEEK, boast if back == 0 else None) for back in range(weeks)]
    return pd.concat([losses(part) for part in backs], ignore_index=True)


def champion(loss: pd.DataFrame, last: str = "", task: str = "conversion") -> pd.Series:
    reigning = pd.DataFrame({"task": [task], "model": [last]}) if last else NOBODY
    found = decide_response(loss, RUNS, reigning, NOW)
    assert not RESPONSE_CHAMPION.column_violations(found.columns)
    return found.set_index("task").loc[task]


def test_shares_sum_to_what_the_auc_lacks_and_their_spread_is_that_of_leaving_customers_out() -> None:
    rows = backtest({"m": 1.0})
    found = losses(rows)
    assert not RESPONSE_BACKTEST_LOSS.column_violations(found.columns)
    area = metrics.weighted_auc(rows["label"], rows["score"], rows["weight"])
    assert found["auc_share"].sum() == pytest.approx(1.0 - area)
    assert found["actual"].sum() == rows["label"].sum()
    assert found["predicted"].sum() == pytest.approx((rows["score"] * rows["weight"]).sum())
    without = [rows[rows["customer_id"] != customer] for customer in rows["customer_id"].unique()]
    left = np.array([metrics.weighted_auc(part["label"], part["score"], part["weight"]) for part in without])
    n = len(left)
    jackknife = (n - 1) / n * ((left - left.mean()) ** 2).sum()
    assert n * found["auc_share"].var(ddof=1) == pytest.approx(jackknife, rel=0.1)


def test_a_customers_share_is_the_sum_over_pairs_of_rows() -> None:
    rows = backtest({"m": 2.0}).iloc[:80].assign(score=lambda frame: frame["score"].round(1))
    label, score, weight = (rows[name].to_numpy(dtype=float) for name in ("label", "score", "weight"))
    bought, passed = np.flatnonzero(label == 1), np.flatnonzero(label == 0)
    total = weight[bought].sum() * weight[passed].sum()
    area = sum(
        weight[i] * weight[j] * ((score[i] > score[j]) + 0.5 * (score[i] == score[j])) for i in bought for j in passed
    )
    area /= total
    moved = dict.fromkeys(rows["customer_id"], 0.0)
    for i in bought:
        for j in passed:
            right = float(score[i] > score[j]) + 0.5 * float(score[i] == score[j])
            for row in (i, j):
                moved[rows["customer_id"].iloc[row]] += weight[i] * weight[j] * (right - area) / total
    found = losses(rows).set_index("customer_id")["auc_share"]
    for customer, own in moved.items():
        assert found[customer] == pytest.approx((1.0 - area) / len(moved) - own)


def test_a_model_of_which_nothing_happened_has_no_share() -> None:
    assert losses(backtest({"m": 1.0}).assign(label=0)).empty
    assert losses(backtest({"m": 1.0}).iloc[:0]).empty


def test_clicks_are_judged_by_planned_launches_and_purchases_by_all() -> None:
    rows = backtest({"m": 1.0}, task="click")
    for task, judged in (("click", rows[rows["is_planned"]]), ("conversion", rows)):
        area = metrics.weighted_auc(judged["label"], judged["score"], judged["weight"])
        assert losses(rows.assign(task=task))["auc_share"].sum() == pytest.approx(1.0 - area)
    unranked = losses(rows.assign(is_planned=False))
    assert unranked["auc_share"].isna().all()
    # Of a level few launches say little: what all rows were promised counts.
    for found in (losses(rows), unranked):
        assert found["predicted"].sum() == pytest.approx((rows["score"] * rows["weight"]).sum())
        assert found["actual"].sum() == (rows["label"] * rows["weight"]).sum()


def test_a_click_model_that_promises_too_much_overall_is_barred_though_nobody_clicked_a_launch() -> None:
    boast = {"popularity": 1.0, "logistic": 1.6}
    rows = backtest({"popularity": 2.0, "logistic": 0.1}, boast=boast, task="click")
    for judged in (rows, rows.assign(is_planned=False)):
        found = decide_response(losses(judged), RUNS[RUNS["task"] == "click"], NOBODY, NOW).iloc[0]
        assert found["model"] == "popularity"
        assert "barred: logistic predicts 1.5" in found["reason"]
    other = rows.assign(score=rows["score"].where(rows["model"] != "popularity", rows["score"] * 1.6).clip(upper=1.0))
    both = decide_response(losses(other.assign(is_planned=False)), RUNS[RUNS["task"] == "click"], NOBODY, NOW).iloc[0]
    assert "no model is calibrated" in both["reason"]
    flipped = rows.assign(score=rows["score"].where(rows["model"] == "logistic", rows["score"] * 1.6).clip(upper=1.0))
    flipped = flipped.assign(score=flipped["score"].where(flipped["model"] != "logistic", flipped["score"] / 1.6))
    instead = decide_response(losses(flipped.assign(is_planned=False)), RUNS[RUNS["task"] == "click"], NOBODY, NOW)
    assert instead.iloc[0]["model"] == "logistic"
    assert "counts best of those that are not" in instead.iloc[0]["reason"]
    assert instead["value"].isna().all()


def test_a_challenger_takes_over_once_its_gain_was_seen_in_three_decision_weeks() -> None:
    noise = {DEFAULT: 3.0, "logistic": 0.1, "popularity": 4.0}
    early, ripe = champion(past(noise, 2)), champion(past(noise, 3))
    assert (early["model"], early["run_id"]) == (DEFAULT, "run-d")
    assert early["reason"].startswith("2 of the 3 decision weeks")
    assert (ripe["model"], ripe["run_id"], ripe["runner_up"]) == ("logistic", "run-l", DEFAULT)
    assert ripe["metric"] == "auc"
    assert ripe["value"] > ripe["runner_up_value"]
    assert "paired by customer; better in 3 of 3 decision weeks" in ripe["reason"]


def test_a_gain_within_noise_moves_nothing_and_the_champion_of_last_week_stays() -> None:
    level = past({DEFAULT: 1.0, "logistic": 1.0, "popularity": 1.05}, 4)
    assert champion(level)["model"] == DEFAULT
    row = champion(level, last="logistic")
    assert row["model"] == "logistic"
    assert "the champion of the week before logistic stays" in row["reason"]


def test_a_model_that_promises_too_much_neither_holds_nor_challenges() -> None:
    noise = {DEFAULT: 3.0, "logistic": 0.1, "popularity": 4.0}
    boasting = champion(past(noise, boast={"logistic": 1.6}))
    assert boasting["model"] == DEFAULT
    assert "barred: logistic predicts" in boasting["reason"]
    shy = champion(past({DEFAULT: 0.1, "logistic": 1.0, "popularity": 4.0}, boast={DEFAULT: 0.4}))
    assert (shy["model"], shy["runner_up"]) == ("logistic", DEFAULT)
    assert shy["value"] < shy["runner_up_value"], "it ranks better, but counts wrong"


def test_where_no_model_is_calibrated_the_nearest_reigns_and_says_so() -> None:
    noise = {DEFAULT: 1.0, "logistic": 1.0, "popularity": 1.0}
    row = champion(past(noise, boast={DEFAULT: 0.3, "logistic": 1.8, "popularity": 0.2}))
    assert row["model"] == "logistic"
    assert row["reason"].startswith("no model is calibrated, logistic is nearest to it")
    assert np.isnan(row["value"])


def test_a_few_events_bar_nobody() -> None:
    few = losses(backtest({DEFAULT: 1.0}, boast={DEFAULT: 2.0}).iloc[:20])
    assert few["predicted"].sum() > 1.25 * few["actual"].sum() > 0
    assert champion(few)["model"] == DEFAULT


def test_later_decision_weeks_decide_nothing_and_each_task_has_a_champion_of_its_own() -> None:
    better = {"popularity": 3.0, "logistic": 0.1}
    later = losses(backtest(better, NOW + WEEK))
    clicks = pd.concat([losses(backtest(better, NOW - back * WEEK, task="click")) for back in range(3)])
    known = pd.concat([later, clicks])
    assert champion(known)["model"] == DEFAULT
    click = champion(known, task="click")
    assert (click["model"], click["run_id"]) == ("logistic", "click-l")
    assert champion(later, task="click")["model"] == "popularity", "the default was not trained for clicks"
