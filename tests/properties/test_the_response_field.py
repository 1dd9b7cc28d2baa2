"""Laws that hold for every response model that only a race trains."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.frames import MONDAY
from support.opportunities import make_candidates
from support.tastes import make_tastes

from ml.config import MlConfig
from ml.fitted import digest
from ml.response.histories import Histories
from ml.response.interface import FittedResponse
from ml.response.registry import MODELS, load, weekly
from ml.response.serving import _load_pyfunc
from ml.response.tasks import CONVERSION, TASKS
from ml.response.train import fit, fit_all

WEEK = MONDAY.date()
CONFIG = replace(MlConfig.tiny(), response_batch=64)
NAMES = [name for name in MODELS if name not in weekly(CONVERSION)]
ROWS, HISTORIES = make_tastes()
LATER = ROWS[ROWS["week"] >= MONDAY].reset_index(drop=True)
EARLIER = ROWS[ROWS["week"] < MONDAY].reset_index(drop=True)
every_model = pytest.mark.parametrize("name", NAMES)


def _fit(rows: pd.DataFrame, histories: Histories) -> dict[str, FittedResponse]:
    return {model.name: model for model in fit(rows, WEEK, CONFIG, CONVERSION, NAMES, histories)}


@pytest.fixture(scope="module")
def fitted() -> dict[str, FittedResponse]:
    return _fit(ROWS, HISTORIES)


@every_model
def test_strangers_have_rates_and_all_strangers_the_same(fitted, name):
    strange = LATER.iloc[:40].assign(customer_id="NOBODY", product_id="NOTHING")
    stranger = LATER.iloc[:40].assign(customer_id=None, product_id="\x00; drop table")
    rates = fitted[name].predict(strange)
    assert ((rates > 0) & (rates < 1)).all()
    np.testing.assert_array_equal(rates, fitted[name].predict(stranger))


@every_model
def test_rates_of_the_latest_training_weeks_are_those_that_were_observed(fitted, name):
    recent = EARLIER[EARLIER["week"] >= MONDAY - pd.Timedelta(weeks=4)]
    assert fitted[name].predict(recent).mean() == pytest.approx(recent["is_purchased"].mean(), rel=0.05)


@every_model
def test_a_saved_model_answers_bit_for_bit_as_before_from_its_folder_alone(fitted, name, tmp_path: Path):
    fitted[name].save(tmp_path)
    for rows in (LATER, EARLIER, LATER.drop(columns="week")):
        np.testing.assert_array_equal(load(tmp_path).predict(rows), fitted[name].predict(rows))
    told = LATER[list(fitted[name].inputs)]
    np.testing.assert_array_equal(_load_pyfunc(str(tmp_path)).predict(told), fitted[name].predict(told))
    assert load(tmp_path).reads == fitted[name].reads
    assert not [path for path in tmp_path.rglob("*") if path.suffix in {".pkl", ".joblib", ".h5"}]


def test_the_same_input_in_any_order_gives_the_same_bytes_and_what_follows_the_monday_none_other(
    fitted, tmp_path: Path
):
    purchases, products = HISTORIES.purchases, HISTORIES.products
    is_past = (purchases["week"] < MONDAY).to_numpy()
    noise = purchases[~is_past].assign(product_id="P-0-00", baskets=99)
    late = purchases[is_past].tail(30).assign(product_id="P-1-01", known_on=MONDAY + pd.Timedelta(days=1))
    told = pd.concat([purchases[is_past], noise, late]).sample(frac=1.0, random_state=1)
    rows = ROWS.assign(is_purchased=ROWS["is_purchased"].where(ROWS["week"] < MONDAY, 1 - ROWS["is_purchased"]))
    again = _fit(rows.sample(frac=1.0, random_state=2), Histories(told, products.sample(frac=1.0, random_state=3)))
    for name, model in again.items():
        folders = tmp_path / f"{name}_once", tmp_path / f"{name}_again"
        for folder, saved in zip(folders, (fitted[name], model), strict=True):
            folder.mkdir()
            saved.save(folder)
        assert digest(folders[0]) == digest(folders[1]), name


@every_model
def test_a_row_is_scored_alike_alone_and_among_others(fitted, name):
    order = np.random.default_rng(1).permutation(len(LATER))
    shuffled = LATER.iloc[order][list(LATER.columns[::-1])]
    np.testing.assert_allclose(fitted[name].predict(shuffled), fitted[name].predict(LATER)[order], atol=1e-6)
    np.testing.assert_allclose(fitted[name].predict(LATER.iloc[[7]]), fitted[name].predict(LATER)[[7]], atol=1e-6)
    assert fitted[name].predict(LATER.iloc[:0]).shape == (0,)


@every_model
def test_launch_candidates_have_rates_without_a_week_of_their_own(fitted, name):
    candidates = make_candidates(30)
    rates = fitted[name].predict(candidates)
    assert ((rates > 0) & (rates < 1)).all()
    for column in fitted[name].reads:
        with pytest.raises(KeyError, match=column):
            fitted[name].predict(candidates.drop(columns=column))


def test_without_purchases_and_products_the_field_is_trained_all_the_same():
    for model in _fit(ROWS, Histories()).values():
        rates = model.predict(LATER)
        assert ((rates > 0) & (rates < 1)).all(), model.name


@every_model
def test_params_are_plain_values(fitted, name):
    assert all(isinstance(value, str | int | float) for value in fitted[name].params.values())


def test_what_chance_brought_is_not_taken_for_taste():
    # Everybody buys everything alike. Whoever learned taste from the purchases that it is then held to would believe in it.
    rows, histories = make_tastes(seed=5, liked=0.03)
    later, weight = rows[rows["week"] >= MONDAY], 1.0
    for model in fit(rows, WEEK, CONFIG, CONVERSION, NAMES, histories):
        rate = np.clip(model.predict(later), 1e-6, 1 - 1e-6)
        label, base = later["is_purchased"], later["is_purchased"].mean()
        loss = -(label * np.log(rate) + (1 - label) * np.log1p(-rate)).mean() * weight
        assert loss < 1.15 * -(base * np.log(base) + (1 - base) * np.log1p(-base)), model.name


def test_the_week_trains_its_own_models_only_and_a_place_in_a_list_is_heeded_by_all_that_are_told():
    from support.opportunities import make_opportunities

    logged = make_opportunities()
    trained = {(model.subject, model.name) for model in fit_all(logged, WEEK, CONFIG)}
    assert trained == {(name, model) for name, task in TASKS.items() for model in weekly(task)}
    # Networks take small steps, and must take enough of them to tell the places apart.
    often = replace(CONFIG, response_batch=3)
    for model in fit_all(logged, WEEK, often, names=[name for name in NAMES if name != "conversion_rate"]):
        if model.task is not CONVERSION:
            rates = [model.predict(logged.assign(position=float(at))).mean() for at in (1, 10)]
            assert rates[0] > rates[1], model.name
