"""What a task learns from: which rows, which columns, what each weighs, and where lists showed products."""

import numpy as np
import pandas as pd
import pytest
from support.frames import MONDAY, make_frame
from support.opportunities import make_candidates, make_opportunities

from contracts.predictions import RESPONSE_BACKTEST
from ml.config import MlConfig
from ml.response.backtest import look_back
from ml.response.forecast import forecast
from ml.response.positions import observed
from ml.response.sample import take
from ml.response.tasks import CLICK, CONVERSION, inverse_propensity
from ml.response.train import fit_all

WEEK = MONDAY.date()
CONFIG = MlConfig.tiny()


def test_a_source_without_logged_clicks_has_no_click_task_and_says_so_once(caplog):
    caplog.set_level("INFO")
    proxies = make_opportunities().assign(is_clicked=np.nan, position=np.nan, propensity=np.nan)
    fitted, scored = fit_all(proxies, WEEK, CONFIG), look_back(proxies, WEEK, CONFIG).scored
    assert {model.subject for model in fitted} == set(scored["task"]) == {"conversion"}
    assert [line for line in caplog.messages if "no click model" in line] == [
        f"no click model: no logged impression of the 52 weeks before {WEEK} tells clicks from the rest"
    ]


def test_a_shop_whose_impressions_were_never_clicked_waits_with_the_click_task():
    rows = make_opportunities().assign(is_clicked=lambda frame: frame["is_clicked"] * 0)
    assert {model.subject for model in fit_all(rows, WEEK, CONFIG)} == {"conversion"}


def test_proxies_teach_the_click_task_nothing_and_its_places_teach_the_conversion_task_nothing():
    rows = make_opportunities()
    clicks = take(rows, WEEK, 10_000, CLICK)
    assert not clicks.rows["is_proxy"].any()
    assert "position" in {number.name for number in clicks.preprocessing.numbers}
    assert "position" not in {number.name for number in take(rows, WEEK, 10_000, CONVERSION).preprocessing.numbers}


def test_inverse_propensities_undo_a_policy_that_shows_the_popular_more():
    """Three products of different click rates, shown with known chances: the weighted rate is that of showing alike."""
    rng = np.random.default_rng(3)
    chance, rate = np.array([0.7, 0.25, 0.05]), np.array([0.3, 0.1, 0.05])
    product = rng.choice(3, 60_000, p=chance)
    clicked = rng.random(len(product)) < rate[product]
    rows = pd.DataFrame({"channel": "web", "placement": "home", "sampling_weight": 1.0, "propensity": chance[product]})
    weight = inverse_propensity(rows)
    assert weight.mean() == pytest.approx(1.0)
    assert np.average(clicked, weights=weight) == pytest.approx(rate.mean(), abs=0.006)
    assert clicked.mean() > 1.5 * rate.mean()


def test_inverse_propensities_are_made_list_by_list_clipped_and_one_where_nothing_was_logged():
    rows = pd.DataFrame(
        {
            "channel": ["web"] * 104,
            "placement": ["home"] * 100 + ["search", "search", "mail", "mail"],
            "sampling_weight": 1.0,
            "propensity": [0.5] * 99 + [1e-6, 0.1, 0.3, np.nan, 0.0],
        }
    )
    weight = inverse_propensity(rows)
    mean = (99 * 2 + 1e6) / 100
    clipped = np.append(np.full(99, 2.0), 10 * mean)
    np.testing.assert_allclose(weight[:100], clipped / clipped.mean())
    np.testing.assert_allclose(weight[100:102], [1.5, 0.5])
    assert weight[102:].tolist() == [1.0, 1.0]


def test_positions_are_those_that_each_placement_showed():
    rows = pd.DataFrame(
        {
            "channel": "web",
            "placement": ["home"] * 20 + ["search"] * 4 + ["mailer"],
            "position": [*range(1, 21), 1.0, 1.0, 1.0, 2.0, np.nan],
            "sampling_weight": 1.0,
        }
    )
    seen = observed(rows).by_list
    assert set(seen) == {("web", "home"), ("web", "search"), ("web", "mailer")}
    assert seen["web", "mailer"] == ()
    assert np.mean(seen["web", "home"]) == pytest.approx(10.5, abs=0.5)
    assert np.mean(seen["web", "search"]) == pytest.approx(1.25, abs=0.1)


def test_a_shop_that_logs_clicks_without_positions_has_click_rates_all_the_same():
    rows = make_opportunities().assign(position=np.nan, propensity=np.nan)
    champions = {model.subject: model for model in fit_all(rows, WEEK, CONFIG) if model.name == "logistic"}
    lines = forecast(
        champions, make_candidates(placement="home"), make_frame(RESPONSE_BACKTEST, 3).iloc[:0], WEEK, CONFIG
    )
    assert lines["expected_click_rate"].between(0.0, 1.0).all()
