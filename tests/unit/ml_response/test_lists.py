"""Whole lists: their order, what stands in the first ten places, and what a run says of it."""

import re

import numpy as np
import pandas as pd
import pytest
from support.frames import MONDAY
from support.opportunities import PRODUCTS, make_lists, make_opportunities

from contracts.response_backtests import RESPONSE_EXPOSURE, RESPONSE_LIST_SCORES
from ml.config import MlConfig
from ml.response.average import predict_together
from ml.response.backtest import look_back
from ml.response.lists import _with_floor, exposure, judge_lists, list_figures, ordered_lists
from ml.response.record import Past, calibrations, decision_figures, run_records
from ml.response.rerank import rerank
from ml.response.tasks import CLICK, CONVERSION
from ml.response.train import fit

WEEK = MONDAY.date()
CONFIG = MlConfig.tiny()
ROWS = make_opportunities()
LISTS = make_lists()


@pytest.fixture(scope="module")
def past() -> Past:
    found = look_back(ROWS, WEEK, CONFIG, names=("popularity", "logistic"))
    return Past(found.scored, *judge_lists(found.fitted, LISTS, PRODUCTS, WEEK))


def test_the_order_and_its_figures_are_those_of_a_loop_over_lists() -> None:
    rng = np.random.default_rng(2)
    rows = LISTS.assign(score=rng.random(len(LISTS)).round(1), label=LISTS["is_purchased"])
    _, found = ordered_lists(rows)
    for name, own in rows.groupby("list_id"):
        items = sorted(zip(-own["score"], own["product_id"], own["label"], strict=True))[:10]
        gain = sum(label / np.log2(place + 2) for place, (_, _, label) in enumerate(items))
        bought = int(own["label"].sum())
        best = sum(1 / np.log2(place + 2) for place in range(min(bought, 10)))
        hits = sum(label for _, _, label in items)
        row = found.set_index("list_id").loc[name]
        assert (row["products"], row["purchases"]) == (len(own), bought)
        assert row["ndcg_10"] == pytest.approx(gain / best)
        precision, recall = hits / 10, hits / bought
        assert (row["precision_10"], row["recall_10"]) == pytest.approx((precision, recall))
        assert row["f1_10"] == pytest.approx(2 * precision * recall / (precision + recall) if hits else 0.0)


def test_a_list_of_few_products_is_judged_by_the_places_that_it_has() -> None:
    few = pd.DataFrame(
        {"list_id": "v", "customer_id": "c", "week": MONDAY, "product_id": ["a", "b", "c"], "label": [0, 1, 1]}
    )
    best, worst = (ordered_lists(few.assign(score=score))[1].iloc[0] for score in ([1, 2, 3], [3, 2, 1]))
    assert (best["ndcg_10"], best["recall_10"], best["precision_10"]) == pytest.approx((1.0, 1.0, 2 / 3))
    assert worst["ndcg_10"] < 1.0


def test_shares_of_places_and_of_purchases_are_counted_over_the_same_lists(past: Past) -> None:
    shown = past.shown
    assert not RESPONSE_EXPOSURE.column_violations(shown.columns)
    sums = shown.groupby(["model", "group_kind"])[["exposure_share", "purchase_share"]].sum()
    np.testing.assert_allclose(sums, 1.0)
    rows = LISTS.assign(score=np.arange(len(LISTS)), label=LISTS["is_purchased"], kind=LISTS["product_id"].str[-1])
    ordered, _ = ordered_lists(rows.assign(all="all", age="new", brand="b", seller=lambda frame: frame["kind"]))
    found = exposure(ordered).set_index(["group_kind", "group_name"])
    top = ordered[ordered["rank"] <= 10]
    weight = (1 / np.log2(top["rank"] + 1)).groupby(top["kind"]).sum()
    for name, own in rows.groupby("kind"):
        row = found.loc[("seller", name)]
        assert row["exposure_share"] == pytest.approx(weight.get(name, 0.0) / weight.sum())
        assert row["purchase_share"] == pytest.approx(own["label"].sum() / rows["label"].sum())
        assert row["products_shown"] == top.loc[top["kind"] == name, "product_id"].nunique()
        assert row["products"] == own["product_id"].nunique()


def test_each_conversion_model_judges_each_list_and_a_click_model_none(past: Past) -> None:
    assert not RESPONSE_LIST_SCORES.column_violations(past.list_scores.columns)
    assert set(past.list_scores["task"]) == {"conversion"}
    assert past.list_scores.groupby("model")["list_id"].nunique().to_dict() == {"popularity": 8, "logistic": 8}
    clicks = fit(ROWS, WEEK, CONFIG, CLICK, names=("popularity",))
    assert all(frame.empty for frame in judge_lists(clicks, LISTS, PRODUCTS, WEEK))


def test_models_that_are_asked_together_say_what_each_says_alone() -> None:
    fitted = fit(ROWS, WEEK, CONFIG, CONVERSION, names=("lightgbm", "keras", "average"))
    together = predict_together(fitted, LISTS)
    assert list(together) == [model.name for model in fitted]
    for model in fitted:
        np.testing.assert_array_equal(together[model.name], model.predict(LISTS))
    (alone,) = predict_together([fitted[2]], LISTS).values()
    np.testing.assert_array_equal(alone, together["average"])


def test_a_floor_for_new_products_costs_order_and_never_gains_beyond_the_best(past: Past) -> None:
    found = past.list_scores
    assert found["ndcg_10_floor"].between(0, 1).all()
    (model,) = fit(ROWS, WEEK, CONFIG, CONVERSION, names=("popularity",))
    none_new = LISTS.assign(is_cold=False, product_age_weeks=30.0)
    scores, _ = judge_lists([model], none_new, PRODUCTS, WEEK)
    np.testing.assert_allclose(scores["ndcg_10"], scores["ndcg_10_floor"])


def test_the_floor_is_that_of_whole_lists_reranked() -> None:
    rng = np.random.default_rng(4)
    is_new = (LISTS["is_cold"] | ~(LISTS["product_age_weeks"] > 8)).to_numpy()
    label = np.where(is_new, rng.random(len(LISTS)) < 0.2, LISTS["is_purchased"])
    rows = LISTS.assign(score=rng.random(len(LISTS)) - 0.8 * is_new, label=label.astype(float), is_new=is_new)
    ordered, lists = ordered_lists(rows)
    whole = rows.assign(item_id=rows["product_id"])
    wanted = (rows["label"] * rows["is_new"]).sum() / rows["label"].sum()
    found = rerank(whole, wanted, 10)
    assert found.exposure_before < wanted <= found.exposure
    assert _with_floor(ordered, lists).mean() == pytest.approx(found.ndcg)
    assert found.ndcg != pytest.approx(found.ndcg_before)


def test_figures_of_a_run_are_those_of_its_rows(past: Past) -> None:
    records = run_records(past, CONFIG)
    assert set(records) == {(task, model) for task in ("click", "conversion") for model in ("popularity", "logistic")}
    figures, pictures = records["conversion", "logistic"]
    own = past.list_scores[past.list_scores["model"] == "logistic"]
    assert figures["ndcg_10"] == pytest.approx(own["ndcg_10"].mean())
    assert figures["floor_ndcg_price"] == pytest.approx((own["ndcg_10"] - own["ndcg_10_floor"]).mean())
    assert {"auc", "cold_auc", "warm_calibration", "exposure_share_new", "purchase_share_established"} <= set(figures)
    assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in figures), "no brand's or seller's own words"
    assert 0 < figures["coverage_10"] <= 1
    assert set(pictures) == {"calibration.png", "weeks.png", "ndcg.png"}
    assert pictures["calibration.png"].axes[0].get_xlabel() == "predicted purchases per opportunity"
    assert set(records["click", "popularity"][1]) == {"calibration.png", "weeks.png"}
    assert list_figures(own.iloc[:0], past.shown.iloc[:0]) == {}


def test_what_is_shown_from_the_break_even_rate_on_is_counted_by_weight() -> None:
    rows = pd.DataFrame(
        {"score": [0.5, 0.4, 0.1, 0.1], "label": [1, 0, 1, 0], "weight": [1.0, 3.0, 1.0, 5.0], "week": MONDAY}
    ).assign(impression_id=["a", "b", "c", "d"])
    found = decision_figures(rows, CONFIG)
    mean = (0.5 + 1.2 + 0.1 + 0.5) / 10
    assert found["break_even_rate"] == pytest.approx(mean)
    assert found["precision_break_even"] == pytest.approx(1 / 4)
    assert found["recall_break_even"] == pytest.approx(1 / 2)
    assert found["f1_break_even"] == pytest.approx(2 * (1 / 4) * (1 / 2) / (1 / 4 + 1 / 2))
    assert found["shown_share"] == pytest.approx(0.4)
    assert found["shown_rate"] == pytest.approx(1.0), "the first row is the highest tenth"
    tied = decision_figures(rows.assign(score=0.2), CONFIG)
    assert tied["shown_rate"] == pytest.approx(0.2), "what ties stands for all of it"


def test_calibration_is_told_by_tenth_and_by_week(past: Past) -> None:
    rows = past.backtest[(past.backtest["task"] == "conversion") & (past.backtest["model"] == "popularity")]
    found = calibrations(rows)
    weeks = sorted(rows["week"].unique())
    for number, week in enumerate(weeks, start=1):
        own = rows[rows["week"] == week]
        told, seen = (own["score"] * own["weight"]).sum(), (own["label"] * own["weight"]).sum()
        assert found[f"calibration_week_{number}"] == pytest.approx(told / seen)
    assert sum(name.startswith("calibration_decile_") for name in found) > 1
