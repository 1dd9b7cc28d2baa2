"""Sampling, calibration, correction, interval and figures of the response models, each by a second way."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from support.frames import MONDAY, make_frame
from support.opportunities import PRODUCTS, make_candidates, make_lists, make_opportunities

from contracts.evaluations import RESPONSE_SCORES
from contracts.predictions import RESPONSE_BACKTEST, RESPONSE_FORECAST
from ml.config import MlConfig
from ml.response.backtest import look_back, score
from ml.response.figures import deciles
from ml.response.forecast import forecast, interval
from ml.response.interface import FittedResponse
from ml.response.keras_net import Keras
from ml.response.lists import judge_lists
from ml.response.logistic import Logistic
from ml.response.popularity import Popularity
from ml.response.preprocessing import from_json, learn
from ml.response.recalibration import Correction, correction, fit_calibration
from ml.response.record import Past, run_records
from ml.response.registry import MODELS, load
from ml.response.sample import HELD_WEEKS, take
from ml.response.scores import metrics_of, scores
from ml.response.tasks import CONVERSION
from ml.response.train import fit, fit_all

WEEK = MONDAY.date()
CONFIG = MlConfig.tiny()


def _scored(n: int = 400, seed: int = 0) -> pd.DataFrame:
    frame = make_frame(RESPONSE_BACKTEST, n, seed).assign(task="conversion", model="one")
    return frame.assign(week=frame["week"] - pd.Timedelta(weeks=8), weight=1.0 + frame["weight"].round())


def _fitted(rows: pd.DataFrame, name: str) -> FittedResponse:
    sample = take(rows, WEEK, CONFIG.response_rows, CONVERSION)
    scorer = MODELS[name].fit(sample, CONFIG)
    calibration = fit_calibration(scorer.log_odds(sample.rows), sample)
    return FittedResponse(name, scorer, calibration, sample.base_rate, WEEK, CONVERSION, sample.positions)


def test_thinning_keeps_what_each_class_stands_for_and_mixes_the_classes():
    rows = make_opportunities(3000)
    whole, thin = take(rows, WEEK, 10_000, CONVERSION), take(rows, WEEK, 500, CONVERSION)
    assert len(thin.rows) == 500
    for is_bought in (0.0, 1.0):
        totals = [sample.weight[sample.label == is_bought].sum() for sample in (whole, thin)]
        assert totals[0] == pytest.approx(totals[1])
    assert thin.base_rate == pytest.approx(whole.base_rate)
    # What is cut from one class must not leave the other alone at the end.
    assert thin.label[-100:].mean() == pytest.approx(thin.label.mean(), abs=0.02)


def test_the_newest_weeks_are_held_out_for_the_calibration_alone():
    rows = make_opportunities(2000)
    sample = take(rows, WEEK, 10_000, CONVERSION)
    older, newest = sample.parts()
    wall = MONDAY - pd.Timedelta(weeks=HELD_WEEKS)
    assert (older.rows["week"] < wall).all()
    assert (newest.rows["week"] >= wall).all()
    assert sorted([*older.rows["impression_id"], *newest.rows["impression_id"]]) == sorted(sample.rows["impression_id"])
    (model,) = fit(rows, WEEK, CONFIG, CONVERSION, names=("lightgbm",))
    scorer = MODELS["lightgbm"].fit(older, CONFIG)
    calibration = fit_calibration(scorer.log_odds(sample.rows), sample)
    assert model.calibration == calibration
    np.testing.assert_array_equal(model.predict(rows), calibration.rates(scorer.log_odds(rows), rows["channel"]))


def test_a_model_that_learns_noise_by_heart_does_not_promise_what_it_learned():
    rows = make_opportunities(4000).assign(is_purchased=np.random.default_rng(5).integers(0, 2, 4000).astype("int32"))
    config = replace(CONFIG, response_trees=200, response_leaves=31)
    (model,) = fit(rows, WEEK, config, CONVERSION, names=("lightgbm",))
    later = rows[rows["week"] >= MONDAY]
    rate = np.average(later["is_purchased"], weights=later["sampling_weight"])
    assert model.predict(later).mean() == pytest.approx(rate, rel=0.25)
    assert model.calibration.slope < 0.5


def test_a_shop_whose_purchases_are_all_new_learns_from_them_all_the_same():
    rows = make_opportunities()
    is_old = rows["week"] < MONDAY - pd.Timedelta(weeks=HELD_WEEKS)
    young = rows.assign(is_purchased=rows["is_purchased"].where(~is_old, 0))
    sample = take(young, WEEK, 10_000, CONVERSION)
    assert sample.parts() == (sample, sample)


def test_the_shift_is_the_known_correction_for_sampled_negatives():
    sample = take(make_opportunities(), WEEK, 10_000, CONVERSION)
    weight = sample.balanced
    share = (weight * sample.label).sum() / weight.sum()
    rate_kept = (weight[sample.label == 0] / sample.weight[sample.label == 0]).mean()
    balanced = 0.4
    expected = balanced / (balanced + (1 - balanced) / rate_kept)
    log_odds = np.log(balanced / (1 - balanced)) + sample.shift
    assert share == pytest.approx(0.3)
    assert 1 / (1 + np.exp(-log_odds)) == pytest.approx(expected)


def test_weeks_without_a_purchase_teach_nothing_and_say_so():
    rows = make_opportunities().assign(is_purchased=0)
    with pytest.raises(ValueError, match="nothing can be learned"):
        fit_all(rows, WEEK, CONFIG)


def test_a_source_without_opportunities_has_no_model_no_backtest_and_no_forecast():
    nothing = make_opportunities().iloc[:0]
    assert fit_all(nothing, WEEK, CONFIG) == []
    tested = look_back(nothing, WEEK, CONFIG).scored
    assert tested.empty
    assert list(tested.columns) == RESPONSE_BACKTEST.names()
    assert run_records(Past(tested, *judge_lists([], make_lists().iloc[:0], PRODUCTS, WEEK)), CONFIG) == {}
    lines = forecast({}, make_candidates(), tested, WEEK, CONFIG)
    assert lines.empty
    assert list(lines.columns) == RESPONSE_FORECAST.names()


def test_a_week_with_too_little_before_it_has_an_empty_backtest():
    early = (MONDAY - pd.Timedelta(weeks=9)).date()
    assert look_back(make_opportunities(), early, CONFIG).scored.empty


def test_preprocessing_survives_json_and_codes_by_name():
    rows = make_opportunities(200)
    learned = learn(rows, np.ones(len(rows)), CONVERSION.columns)
    again = from_json(learned.to_json())
    assert again == learned
    codes = {text.name: place for place, text in enumerate(learned.texts)}
    soap = learned.texts[codes["category_2"]].values.index("SOAP") + 1
    coded = learned.codes(rows)[:, codes["category_2"]]
    assert (coded[rows["category_2"] == "SOAP"] == soap).all()
    assert learned.unseen(rows.assign(category_2="X"))["category_2"] == 1.0


def test_the_look_up_of_the_logistic_model_is_what_scikit_learn_would_say():
    from sklearn.linear_model import LogisticRegression

    from ml.response import logistic

    sample = take(make_opportunities(), WEEK, 10_000, CONVERSION)
    design = logistic._design(sample.preprocessing, sample.rows)
    model = LogisticRegression(C=1 / logistic._PENALTY, max_iter=logistic._ITERATIONS, tol=logistic._TOLERANCE)
    model.fit(design, sample.label, sample_weight=sample.balanced)
    expected = model.decision_function(design) + sample.shift
    np.testing.assert_allclose(Logistic().fit(sample, CONFIG).log_odds(sample.rows), expected, atol=1e-4)


def test_the_popularity_curve_never_falls_and_ranks_repeat_buyers_by_times_bought():
    rows = make_opportunities()
    scorer = Popularity().fit(take(rows, WEEK, 10_000, CONVERSION), CONFIG)
    bought = scorer.log_odds(rows.iloc[:6].assign(product_bought_before=[1.0, 2.0, 3.0, 5.0, 8.0, 99.0]))
    never = scorer.log_odds(rows.iloc[:4].assign(product_bought_before=0.0, product_units_12=[0.0, 5.0, 50.0, np.nan]))
    assert (np.diff(bought) >= 0).all()
    assert (np.diff(never[:3]) >= 0).all()
    assert never[3] == never[0]


def test_calibration_finds_the_penalised_optima_and_adds_up():
    sample = take(make_opportunities(), WEEK, 10_000, CONVERSION)
    scorer = Logistic().fit(sample, CONFIG)
    channel = sample.rows["channel"]
    names = sorted(channel.unique())
    place = channel.map({name: at for at, name in enumerate(names)}).to_numpy()
    recent = (sample.rows["week"] >= MONDAY - pd.Timedelta(weeks=4)).to_numpy()
    log_odds, every = scorer.log_odds(sample.rows), np.ones(len(channel), dtype=bool)

    def loss(line: np.ndarray, shifts: np.ndarray, kept: np.ndarray) -> float:
        odds = (line[0] + line[1] * log_odds + shifts[place])[kept]
        lost = sample.weight[kept] * (np.logaddexp(0, odds) - sample.label[kept] * odds)
        return float(lost.sum() + ((line[1] - 1) ** 2 + line[0] ** 2 + (shifts**2).sum()) / 2)

    first = minimize(lambda x: loss(x[:2], x[2:], every), [0.0, 1.0, *([0.0] * len(names))], method="BFGS").x
    second = minimize(lambda x: loss(x, first[2:], recent), [0.0, 1.0], method="BFGS").x
    found = fit_calibration(scorer.log_odds(sample.rows), sample)
    assert [found.shifts[name] for name in names] == pytest.approx(first[2:], abs=1e-4)
    assert found.slope == pytest.approx(second[1], abs=1e-4)
    assert found.intercept == pytest.approx(second[0], abs=1e-3)
    predicted = (sample.weight * found.rates(log_odds, channel))[recent].sum()
    assert predicted == pytest.approx((sample.weight * sample.label)[recent].sum() - second[0], abs=0.1)


def test_calibration_tells_a_small_channel_from_the_one_that_holds_the_population():
    rows = make_opportunities()
    rows = rows.assign(channel=np.where(np.arange(len(rows)) % 20 == 0, "stand", "web"))
    rare = rows.assign(is_purchased=np.where(rows["channel"] == "stand", 0, rows["is_purchased"]))
    sample = take(rare, WEEK, 10_000, CONVERSION)
    scorer = Popularity().fit(sample, CONFIG)
    calibration = fit_calibration(scorer.log_odds(sample.rows), sample)
    assert calibration.shifts["stand"] < -0.5 < calibration.shifts["web"]


def test_the_correction_reads_planned_launches_of_past_weeks_only():
    past = pd.DataFrame(
        {
            "task": "conversion",
            "model": "popularity",
            "product_id": ["A", "A", "B", "C"],
            "channel": "web",
            "week": [MONDAY - pd.Timedelta(weeks=w) for w in (1, 2, 1, 1)],
            "score": [0.5, 0.5, 0.5, 0.5],
            "label": [1, 1, 1, 0],
            "weight": [60.0, 60.0, 60.0, 999.0],
            "is_planned": [True, True, True, False],
        }
    )
    # 180 bought where 90 were expected, 20 prior purchases on both sides.
    fitted = _fitted(make_opportunities(), "popularity")
    assert correction(past, fitted, WEEK).factor == pytest.approx(200 / 110)
    future = past.assign(week=MONDAY, label=0)
    assert correction(pd.concat([past, future]), fitted, WEEK) == correction(past, fitted, WEEK)
    assert correction(past.assign(model="another"), fitted, WEEK) == Correction()
    assert correction(past.assign(task="click"), fitted, WEEK) == Correction()


def test_the_interval_holds_four_in_five_worlds():
    rng = np.random.default_rng(5)
    learned, rate, people = Correction(1.0, 0.5), 0.02, 2_000
    low, high = interval(pd.Series([rate]), pd.Series([people]), learned)
    true_rates = rng.gamma(1 / 0.5, 0.5 * rate, 40_000)
    bought = rng.poisson(true_rates * people) / people
    assert np.mean((bought >= low[0]) & (bought <= high[0])) == pytest.approx(0.8, abs=0.02)


def test_a_break_even_rate_decides_who_is_reached():
    fitted = _fitted(make_opportunities(), "popularity")
    candidates, past = make_candidates(), _scored().iloc[:0]
    everyone = forecast({"conversion": fitted}, candidates, past, WEEK, replace(CONFIG, break_even_rate=0.0))
    no_one = forecast({"conversion": fitted}, candidates, past, WEEK, replace(CONFIG, break_even_rate=1.1))
    assert everyone["reach_customers"].tolist() == [20.0, 20.0, 20.0]
    assert no_one["reach_customers"].tolist() == [0.0, 0.0, 0.0]


def test_a_customer_is_reached_who_is_likelier_to_buy_than_the_mean_of_the_channels_open_launches():
    fitted = _fitted(make_opportunities(), "logistic")
    candidates = make_candidates().assign(channel=lambda rows: np.where(rows["product_id"] == "N1", "kiosk", "web"))
    lines = forecast({"conversion": fitted}, candidates, _scored().iloc[:0], WEEK, CONFIG)
    rates = candidates.assign(rate=fitted.predict(candidates))
    least = {channel: float(np.mean(rates.loc[rates["channel"] == channel, "rate"])) for channel in ("kiosk", "web")}
    by_hand = {
        product: sum(row.rate >= least[row.channel] for row in rows.itertuples())
        for product, rows in rates.groupby("product_id")
    }
    assert dict(zip(lines["product_id"], lines["reach_customers"], strict=True)) == by_hand
    assert min(by_hand.values()) > 0
    alike = candidates.assign(**{name: candidates[name].iloc[0] for name in CONVERSION.columns})
    everyone = forecast({"conversion": fitted}, alike, _scored().iloc[:0], WEEK, CONFIG)
    assert everyone["reach_customers"].tolist() == [20.0, 20.0, 20.0]


def test_candidates_with_columns_that_training_never_saw_are_told(caplog):
    fitted = _fitted(make_opportunities(), "logistic")
    candidates = make_candidates().assign(display_code=pd.Series([None] * 60, dtype="str"))
    learned = make_opportunities()["display_code"].fillna("0")
    dense = _fitted(make_opportunities().assign(display_code=learned), "logistic")
    forecast({"conversion": dense}, candidates, _scored().iloc[:0], WEEK, CONFIG)
    assert "100 % of display_code was never seen" in caplog.text
    assert np.isfinite(fitted.predict(candidates)).all()


def test_scores_slice_new_products_apart_and_count_by_weight():
    scored = _scored()
    table = scores(scored, WEEK, "real")
    assert RESPONSE_SCORES.column_violations(table.columns) == []
    assert not table.duplicated(["task", "model", "slice", "metric"]).any()
    value = table.set_index(["slice", "metric"])["value"]
    cold = scored[scored["is_cold"]]
    bought = cold[cold["label"] == 1]
    passed = cold[cold["label"] == 0]
    wins = sum(
        b.weight * p.weight * ((b.score > p.score) + 0.5 * (b.score == p.score))
        for b in bought.itertuples()
        for p in passed.itertuples()
    )
    assert value["cold", "auc"] == pytest.approx(wins / (bought["weight"].sum() * passed["weight"].sum()))
    assert value["all", "calibration"] == pytest.approx(
        (scored["score"] * scored["weight"]).sum() / (scored["label"] * scored["weight"]).sum()
    )
    assert metrics_of(table, "one")["cold_auc"] == value["cold", "auc"]


def test_a_slice_without_rows_has_no_value_rather_than_a_made_up_one():
    table = scores(_scored().assign(is_cold=False), WEEK, "real")
    assert table.loc[table["slice"] == "cold", "value"].isna().all()


def test_deciles_share_the_population_evenly_and_lose_nothing():
    scored = _scored()
    rates = deciles(scored)
    assert rates["decile"].tolist() == list(range(1, 11))
    assert rates["weight"].sum() == pytest.approx(scored["weight"].sum())
    assert (rates["weight"] * rates["actual"]).sum() == pytest.approx((scored["weight"] * scored["label"]).sum())
    assert rates["predicted"].is_monotonic_increasing


def test_rows_of_one_score_share_a_decile():
    scored = _scored().assign(score=lambda rows: np.where(rows["score"] < rows["score"].median(), 0.01, rows["score"]))
    rates = deciles(scored)
    assert rates["predicted"].is_unique
    assert rates["weight"].sum() == pytest.approx(scored["weight"].sum())


def test_scored_rows_name_planned_launches_by_their_known_price():
    rows = make_opportunities()
    scored = score([_fitted(rows, "popularity")], rows, WEEK).set_index("impression_id")
    expected = (rows["is_cold"] & rows["shelf_price"].notna()).set_axis(rows["impression_id"])
    assert (scored["is_planned"] == expected).all()
    assert scored["decision_week"].unique().tolist() == [pd.Timestamp(date(2017, 10, 2))]


def test_a_model_that_the_registry_lacks_is_refused_by_name(tmp_path):
    _fitted(make_opportunities(), "popularity").save(tmp_path)
    card = (tmp_path / "card.json").read_text()
    for known, strange in (("popularity", "oracle"), ("conversion", "taste")):
        (tmp_path / "card.json").write_text(card.replace(known, strange))
        with pytest.raises(KeyError, match=f"no response model .*{strange}"):
            load(tmp_path)


def test_two_networks_answer_with_the_mean_of_what_each_says_alone_also_from_their_folder(tmp_path):
    rows = make_opportunities()
    sample = take(rows, WEEK, CONFIG.response_rows, CONVERSION)
    both = Keras().fit(sample, replace(CONFIG, response_networks=2))
    alone = [Keras().fit(sample, replace(CONFIG, seed=CONFIG.seed + apart)) for apart in (0, 1_000)]
    said = [scorer.log_odds(rows) for scorer in alone]
    assert np.abs(said[0] - said[1]).max() > 0.01
    np.testing.assert_allclose(both.log_odds(rows), np.mean(said, axis=0), atol=1e-6)
    both.save(tmp_path)
    np.testing.assert_array_equal(Keras().load(tmp_path).log_odds(rows), both.log_odds(rows))
