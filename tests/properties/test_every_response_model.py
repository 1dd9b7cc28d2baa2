"""Laws that hold for every response model that a decision week trains, for every task."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.frames import MONDAY, make_frame
from support.opportunities import NEGATIVE_WEIGHT, make_candidates, make_opportunities

from contracts.predictions import RESPONSE_BACKTEST, RESPONSE_FORECAST
from ml.config import MlConfig
from ml.fitted import digest
from ml.response.backtest import look_back
from ml.response.forecast import forecast
from ml.response.interface import FittedResponse
from ml.response.registry import BASELINE, load, weekly
from ml.response.tasks import CLICK, CONVERSION, TASKS
from ml.response.train import fit, fit_all

WEEK = MONDAY.date()
# One step over all rows: a network then learns the same from a row of weight 2 as from two rows.
CONFIG = replace(MlConfig.tiny(), response_batch=4_000, response_epochs=12)
# Of as many columns that say nothing, a network needs more steps to tell the one that says something.
LEARNED = replace(CONFIG, response_epochs=40)
# The towers, which the week trains for clicks alone and which look at no single customer's weeks of a product, keep the
# laws of the field.
WEEKLY = weekly(CONVERSION)
ALL = [(task, model) for task in TASKS for model in WEEKLY]
DRAWS_ROWS = {"lightgbm", "average"}
every_model = pytest.mark.parametrize("name", ALL, ids=" ".join)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return make_opportunities()


@pytest.fixture(scope="module")
def fitted(rows: pd.DataFrame) -> dict[tuple[str, str], FittedResponse]:
    return _fit(rows)


@pytest.fixture(scope="module")
def later(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["week"] >= MONDAY].reset_index(drop=True)


def _fit(rows: pd.DataFrame, config: MlConfig = LEARNED) -> dict[tuple[str, str], FittedResponse]:
    return {(model.subject, model.name): model for model in fit_all(rows, WEEK, config)}


@every_model
def test_rates_are_finite_and_lie_between_zero_and_one(fitted, later, name):
    rates = fitted[name].predict(later)
    assert rates.shape == (len(later),)
    assert np.isfinite(rates).all()
    assert ((rates >= 0) & (rates <= 1)).all()


@every_model
def test_rates_are_those_of_the_population_not_of_the_sample(rows, fitted, name):
    # Calibrated on what it had not seen, a model strays on a tiny shop; a rate of the sample would be ten times as high.
    task = fitted[name].task
    recent = task.rows_of(rows[(rows["week"] < MONDAY) & (rows["week"] >= MONDAY - pd.Timedelta(weeks=4))])
    weight = task.weight_of(recent)
    predicted = np.average(fitted[name].predict(recent), weights=weight)
    assert predicted == pytest.approx(np.average(recent[task.label], weights=weight), rel=0.35)
    assert task is CLICK or predicted < 0.5 * recent[task.label].mean()


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
    once, twice = _fit(heavier, CONFIG), _fit(doubled, CONFIG)
    for name in ALL:
        told, expected = once[name].predict(later), twice[name].predict(later)
        if name[1] in DRAWS_ROWS:
            # Its trees draw and bin rows one by one: rates of single rows differ, what they add up to does not.
            assert told.sum() == pytest.approx(expected.sum(), rel=0.25), name
        else:
            np.testing.assert_allclose(told, expected, rtol=2e-2, err_msg=name)


@pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))
def test_negatives_that_stand_for_more_lower_every_rate(rows, later, task):
    def models_at(negative_weight: float) -> list[FittedResponse]:
        weight = np.where(rows[task.label] == 1, 1.0, negative_weight)
        return fit(rows.assign(sampling_weight=weight), WEEK, CONFIG, task)

    for light, heavy in zip(models_at(NEGATIVE_WEIGHT), models_at(10 * NEGATIVE_WEIGHT), strict=True):
        assert 0.07 < heavy.predict(later).mean() / light.predict(later).mean() < 0.13, light.name


def test_nothing_from_the_decision_week_on_matters(rows, fitted, later):
    is_later = (rows["week"] >= MONDAY).to_numpy()
    noise = rows.assign(
        is_purchased=rows["is_purchased"].where(~is_later, 1 - rows["is_purchased"]),
        is_clicked=rows["is_clicked"].where(~is_later, 1 - rows["is_clicked"]),
        position=rows["position"].where(~is_later, 50.0),
        product_units_12=rows["product_units_12"].where(~is_later, 1e6),
        category_2=rows["category_2"].where(~is_later, "NOISE"),
    )
    for name, model in _fit(noise).items():
        np.testing.assert_allclose(model.predict(later), fitted[name].predict(later), atol=1e-6, err_msg=name)


def test_a_row_that_was_known_too_late_is_not_learned_from(rows, fitted, later):
    delayed = rows.assign(known_on=rows["known_on"].where(rows["week"] < MONDAY, MONDAY + pd.Timedelta(days=1)))
    late = delayed[delayed["week"] == MONDAY - pd.Timedelta(weeks=1)].assign(
        known_on=MONDAY + pd.Timedelta(days=1),
        is_purchased=1,
        is_clicked=1,
        impression_id=lambda frame: "L" + frame["impression_id"],
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
    empty = later.copy()
    empty.loc[4, list(fitted[name].task.columns)] = None
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
    assert (read.subject, read.name) == name
    assert (read.trained_through, read.base_rate) == (WEEK, fitted[name].base_rate)
    assert read.positions == fitted[name].positions
    assert not [path for path in tmp_path.rglob("*") if path.suffix in {".pkl", ".joblib", ".h5"}]


@every_model
def test_scoring_no_row_gives_no_rate(fitted, later, name):
    assert fitted[name].predict(later.iloc[:0]).shape == (0,)


@every_model
def test_params_are_plain_values(fitted, name):
    assert all(isinstance(value, str | int | float) for value in fitted[name].params.values())


def test_the_backtest_scores_the_last_four_weeks_with_every_model_of_every_task(rows):
    scored = look_back(rows, WEEK, CONFIG).scored
    start = MONDAY - pd.Timedelta(weeks=4)
    tested = rows[(rows["week"] >= start) & (rows["week"] < MONDAY)]
    assert RESPONSE_BACKTEST.column_violations(scored.columns) == []
    assert not scored.duplicated(["task", "impression_id", "model"]).any()
    by_model = dict(list(scored.groupby(["task", "model"])))
    assert set(by_model) == {(name, model) for name, task in TASKS.items() for model in weekly(task)} > set(ALL)
    for (task, _), group in by_model.items():
        own = tested[tested[TASKS[task].label].notna()]
        assert sorted(group["impression_id"]) == sorted(own["impression_id"])
        label = own.set_index("impression_id")[TASKS[task].label]
        assert (group["label"].to_numpy() == label[group["impression_id"]].to_numpy()).all()
    flipped = {
        label: rows[label].where(rows["week"] < start, 1 - rows[label]) for label in ("is_purchased", "is_clicked")
    }
    np.testing.assert_allclose(
        look_back(rows.assign(**flipped), WEEK, CONFIG).scored["score"], scored["score"], atol=1e-6
    )


@pytest.mark.parametrize("name", WEEKLY)
def test_the_forecast_has_one_line_a_launch_with_its_rates_inside_their_intervals(fitted, name):
    candidates, past = make_candidates(placement="home"), make_frame(RESPONSE_BACKTEST, 3).iloc[:0]
    champions = {task: fitted[task, name] for task in TASKS}
    lines = forecast(champions, candidates, past, WEEK, CONFIG)
    assert RESPONSE_FORECAST.column_violations(lines.columns) == []
    assert sorted(lines["product_id"]) == ["P-1", "P-2", "P-3"]
    for rate, low, high in (
        ("expected_conversion_rate", "low", "high"),
        ("expected_click_rate", "click_low", "click_high"),
    ):
        assert ((lines[low] <= lines[rate]) & (lines[rate] <= lines[high])).all()
    mine = candidates[candidates["product_id"] == "P-2"]
    # All three launches stand in one channel and placement, so that another launch would bring the mean of all.
    everyone = fitted[CONVERSION.name, name].predict(candidates)
    line = lines.set_index("product_id").loc["P-2"]
    # Positions averaged, one at a time.
    clicking = fitted[CLICK.name, name]
    positions = clicking.positions.by_list[(str(mine["channel"].iloc[0]), "home")]
    by_position = [clicking.predict(candidates.assign(position=at)) for at in positions]
    clicked = pd.Series(np.mean(by_position, axis=0), candidates.index)
    assert line["expected_click_rate"] == pytest.approx(clicked[mine.index].mean(), rel=1e-6)
    # Who buys, clicks tell; how many purchases a click is worth, all three launches together.
    worth = min(everyone.mean() / clicked.mean(), 1.0)
    assert line["purchases_per_click"] == pytest.approx(worth, rel=1e-6)
    assert line["expected_conversion_rate"] == pytest.approx(worth * clicked[mine.index].mean(), rel=1e-6)
    assert line["reach_customers"] == (clicked[mine.index] >= clicked.mean() * (1 - 1e-6)).sum()


@pytest.mark.parametrize("name", WEEKLY)
def test_a_placement_that_logs_no_views_has_no_click_rate(fitted, name):
    champions = {task: fitted[task, name] for task in TASKS}
    lines = forecast(champions, make_candidates(), make_frame(RESPONSE_BACKTEST, 3).iloc[:0], WEEK, CONFIG)
    assert lines[["expected_click_rate", "click_low", "click_high", "click_model"]].isna().all(axis=None)
    assert (lines["expected_conversion_rate"] > 0).all()


@pytest.mark.parametrize("name", [name for name in WEEKLY if name != BASELINE])
def test_a_click_is_the_less_likely_the_farther_down_the_list(fitted, later, name):
    rates = [fitted[CLICK.name, name].predict(later.assign(position=at)).mean() for at in (1.0, 4.0, 10.0)]
    assert rates[0] >= rates[1] >= rates[2]
    assert rates[0] > rates[2]
