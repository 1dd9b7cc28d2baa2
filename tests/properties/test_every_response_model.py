"""Laws that hold for every response model of the registry."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.frames import MONDAY, make_frame
from support.opportunities import NEGATIVE_WEIGHT, make_candidates, make_opportunities

from contracts.features import RESPONSE_FEATURES
from contracts.predictions import RESPONSE_BACKTEST, RESPONSE_FORECAST
from contracts.table import Role
from ml.config import MlConfig
from ml.fitted import digest
from ml.response.interface import FittedResponse
from ml.response.registry import MODELS, load
from ml.response.train import backtest, fit_all, forecast

WEEK = MONDAY.date()
# One step over all rows: a network then learns the same from a row of weight 2 as from two rows.
CONFIG = replace(MlConfig.tiny(), response_batch=4_000, response_epochs=3)
every_model = pytest.mark.parametrize("name", list(MODELS))


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return make_opportunities()


@pytest.fixture(scope="module")
def fitted(rows: pd.DataFrame) -> dict[str, FittedResponse]:
    return _fit(rows)


@pytest.fixture(scope="module")
def later(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["week"] >= MONDAY].reset_index(drop=True)


def _fit(rows: pd.DataFrame) -> dict[str, FittedResponse]:
    return {model.name: model for model in fit_all(rows, WEEK, CONFIG)}


@every_model
def test_rates_are_finite_and_lie_between_zero_and_one(fitted, later, name):
    rates = fitted[name].predict(later)
    assert rates.shape == (len(later),)
    assert np.isfinite(rates).all()
    assert ((rates >= 0) & (rates <= 1)).all()


@every_model
def test_rates_are_those_of_the_population_not_of_the_sample(rows, fitted, name):
    # The weeks on which log-odds are fitted to rates.
    recent = rows[(rows["week"] < MONDAY) & (rows["week"] >= MONDAY - pd.Timedelta(weeks=4))]
    predicted = np.average(fitted[name].predict(recent), weights=recent["sampling_weight"])
    actual = np.average(recent["is_purchased"], weights=recent["sampling_weight"])
    assert predicted == pytest.approx(actual, rel=0.06)
    assert predicted < 0.5 * recent["is_purchased"].mean()


@every_model
def test_a_customer_who_bought_it_more_often_buys_it_likelier(fitted, later, name):
    never = fitted[name].predict(later.assign(product_bought_before=0.0)).mean()
    often = fitted[name].predict(later.assign(product_bought_before=3.0)).mean()
    assert often > never


@every_model
def test_shuffled_rows_and_columns_are_scored_alike(fitted, later, name):
    order = np.random.default_rng(1).permutation(len(later))
    shuffled = later.iloc[order][list(later.columns[::-1])]
    np.testing.assert_allclose(fitted[name].predict(shuffled), fitted[name].predict(later)[order], atol=1e-6)


def test_training_twice_on_shuffled_rows_gives_the_same_models(rows, fitted, later, tmp_path: Path):
    again = _fit(rows.sample(frac=1.0, random_state=3))
    for name, model in again.items():
        np.testing.assert_allclose(model.predict(later), fitted[name].predict(later), atol=1e-6, err_msg=name)
        folders = tmp_path / f"{name}_once", tmp_path / f"{name}_again"
        for folder, saved in zip(folders, (fitted[name], model), strict=True):
            folder.mkdir()
            saved.save(folder)
        assert digest(folders[0]) == digest(folders[1]), name


def test_a_row_of_weight_two_counts_as_two_rows(rows, later):
    is_third = rows.index % 3 == 0
    heavier = rows.assign(sampling_weight=rows["sampling_weight"] * np.where(is_third, 2.0, 1.0))
    doubled = pd.concat([rows, rows[is_third]], ignore_index=True)
    once, twice = _fit(heavier), _fit(doubled)
    for name in MODELS:
        np.testing.assert_allclose(once[name].predict(later), twice[name].predict(later), rtol=1e-2, err_msg=name)


def test_negatives_that_stand_for_more_lower_every_rate(rows, fitted, later):
    weight = rows["sampling_weight"].where(rows["is_purchased"] == 1, 10 * NEGATIVE_WEIGHT)
    for name, model in _fit(rows.assign(sampling_weight=weight)).items():
        ratio = model.predict(later).mean() / fitted[name].predict(later).mean()
        assert 0.07 < ratio < 0.13, name


def test_nothing_from_the_decision_week_on_matters(rows, fitted, later):
    is_later = (rows["week"] >= MONDAY).to_numpy()
    noise = rows.assign(
        is_purchased=rows["is_purchased"].where(~is_later, 1 - rows["is_purchased"]),
        product_units_12=rows["product_units_12"].where(~is_later, 1e6),
        category_2=rows["category_2"].where(~is_later, "NOISE"),
    )
    for name, model in _fit(noise).items():
        np.testing.assert_allclose(model.predict(later), fitted[name].predict(later), atol=1e-6, err_msg=name)


def test_a_row_that_was_known_too_late_is_not_learned_from(rows, fitted, later):
    delayed = rows.assign(known_on=rows["known_on"].where(rows["week"] < MONDAY, MONDAY + pd.Timedelta(days=1)))
    late = delayed[delayed["week"] == MONDAY - pd.Timedelta(weeks=1)].assign(
        known_on=MONDAY + pd.Timedelta(days=1), is_purchased=1, impression_id=lambda frame: "L" + frame["impression_id"]
    )
    for name, model in _fit(pd.concat([delayed, late])).items():
        np.testing.assert_allclose(model.predict(later), fitted[name].predict(later), atol=1e-6, err_msg=name)


@every_model
def test_values_never_seen_are_scored_as_one_unknown(fitted, later, name):
    strange = fitted[name].predict(later.assign(category_2="NEVER SEEN", brand="NO NAME"))
    stranger = fitted[name].predict(later.assign(category_2=None, brand="\x00; drop table"))
    assert np.isfinite(strange).all()
    np.testing.assert_allclose(strange, stranger, atol=1e-6)


@every_model
def test_a_number_below_its_bound_is_scored_as_missing(fitted, later, name):
    below = fitted[name].predict(later.assign(weeks_since_product=-1.0, product_units_12=-1.0))
    missing = fitted[name].predict(later.assign(weeks_since_product=np.nan, product_units_12=np.nan))
    np.testing.assert_allclose(below, missing, atol=1e-6)


@every_model
def test_rows_without_any_feature_are_refused(fitted, later, name):
    features = RESPONSE_FEATURES.names(Role.FEATURE)
    empty = later.copy()
    empty.loc[4, features] = None
    with pytest.raises(ValueError, match=r"1 rows have no feature at all \(first: position 4\)"):
        fitted[name].predict(empty)


@every_model
def test_infinite_values_and_missing_columns_are_refused_by_name(fitted, later, name):
    with pytest.raises(ValueError, match="infinite values in .*shelf_price"):
        fitted[name].predict(later.assign(shelf_price=np.inf))
    with pytest.raises(KeyError, match="brand"):
        fitted[name].predict(later.drop(columns="brand"))


@every_model
def test_a_saved_model_scores_as_before_and_holds_no_pickle(fitted, later, name, tmp_path: Path):
    fitted[name].save(tmp_path)
    read = load(tmp_path)
    np.testing.assert_allclose(read.predict(later), fitted[name].predict(later), atol=1e-6)
    assert (read.name, read.trained_through, read.base_rate) == (name, WEEK, fitted[name].base_rate)
    assert not [path for path in tmp_path.rglob("*") if path.suffix in {".pkl", ".joblib", ".h5"}]


@every_model
def test_scoring_no_row_gives_no_rate(fitted, later, name):
    assert fitted[name].predict(later.iloc[:0]).shape == (0,)


@every_model
def test_params_are_plain_values(fitted, name):
    assert all(isinstance(value, str | int | float) for value in fitted[name].params.values())


def test_the_backtest_scores_the_last_four_weeks_with_every_model(rows):
    scored = backtest(rows, WEEK, CONFIG)
    start = MONDAY - pd.Timedelta(weeks=4)
    tested = rows[(rows["week"] >= start) & (rows["week"] < MONDAY)]
    assert RESPONSE_BACKTEST.column_violations(scored.columns) == []
    assert set(scored["model"]) == set(MODELS)
    assert not scored.duplicated(["impression_id", "model"]).any()
    for _, group in scored.groupby("model"):
        assert sorted(group["impression_id"]) == sorted(tested["impression_id"])
    noise = rows.assign(is_purchased=rows["is_purchased"].where(rows["week"] < start, 1 - rows["is_purchased"]))
    np.testing.assert_allclose(backtest(noise, WEEK, CONFIG)["score"], scored["score"], atol=1e-6)


@every_model
def test_the_forecast_has_one_line_a_launch_with_its_rate_inside_its_interval(fitted, name):
    candidates = make_candidates()
    lines = forecast(fitted[name], candidates, make_frame(RESPONSE_BACKTEST, 3).iloc[:0], WEEK, CONFIG)
    assert RESPONSE_FORECAST.column_violations(lines.columns) == []
    assert sorted(lines["product_id"]) == ["P-1", "P-2", "P-3"]
    assert lines["expected_click_rate"].isna().all()
    rate = lines["expected_conversion_rate"]
    assert ((lines["low"] <= rate) & (rate <= lines["high"])).all()
    mine = candidates["product_id"] == "P-2"
    expected = fitted[name].predict(candidates[mine])
    line = lines.set_index("product_id").loc["P-2"]
    assert line["expected_conversion_rate"] == pytest.approx(expected.mean(), abs=1e-7)
    assert line["reach_customers"] == (expected >= fitted[name].base_rate).sum()
