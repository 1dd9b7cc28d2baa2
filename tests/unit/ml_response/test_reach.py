"""Whom a launch reaches where clicks are logged: clicks tell customers apart, purchases what a click is worth."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.frames import MONDAY, make_frame
from support.opportunities import make_candidates, make_opportunities

from contracts.predictions import RESPONSE_BACKTEST
from ml.config import MlConfig
from ml.response.forecast import forecast
from ml.response.interface import FittedResponse
from ml.response.reach import purchases_per_click, wanting_rates
from ml.response.recommend import Eligible, recommend
from ml.response.tasks import TASKS
from ml.response.train import fit

WEEK = MONDAY.date()
CONFIG = replace(MlConfig.tiny(), list_length=2)
NOTHING = make_frame(RESPONSE_BACKTEST, 3).iloc[:0]
NAMES = pd.DataFrame({"product_id": ["P-1", "P-2", "P-3"], "category_3": "Skyr"})


@pytest.fixture(scope="module")
def champions() -> dict[str, FittedResponse]:
    rows = make_opportunities()
    return {name: fit(rows, WEEK, CONFIG, task, names=("logistic",))[0] for name, task in TASKS.items()}


@pytest.fixture(scope="module")
def candidates() -> pd.DataFrame:
    """80 customers with three launches each; the placement of one launch logs no clicks."""
    rows = make_candidates(240)
    placement = np.where(rows["product_id"] == "P-3", "mailer", "home")
    names = np.repeat([f"C{number:02d}" for number in range(80)], 3)
    return rows.assign(customer_id=pd.Series(names, dtype="str"), placement=pd.Series(placement, dtype="str"))


def test_a_click_is_worth_the_purchases_of_its_placement_by_its_clicks_and_never_more_than_one():
    places = pd.DataFrame(
        {"channel": ["web", "web", "web", "shop", "app"], "placement": ["home", "home", "mailer", "home", "home"]}
    )
    bought, clicked = np.array([0.02, 0.04, 0.5, 0.3, 0.9]), np.array([0.1, 0.2, np.nan, np.nan, 0.3])
    worth = purchases_per_click(places, bought, clicked)
    np.testing.assert_allclose(worth, [0.2, 0.2, np.nan, np.nan, 1.0])
    np.testing.assert_allclose(wanting_rates(bought, clicked, worth), [0.02, 0.04, 0.5, 0.3, 0.3])


def test_what_all_launches_of_a_placement_sell_is_the_same_whoever_is_told_apart_by_clicks():
    rng = np.random.default_rng(0)
    places = pd.DataFrame({"channel": "web", "placement": rng.choice(["home", "search"], 200)})
    bought, clicked = rng.uniform(0.0, 0.05, 200), rng.uniform(0.1, 0.3, 200)
    worth = purchases_per_click(places, bought, clicked)
    told = pd.DataFrame({"bought": bought, "wanted": wanting_rates(bought, clicked, worth)})
    sums = told.groupby(places["placement"]).sum()
    np.testing.assert_allclose(sums["wanted"], sums["bought"])
    mixed = rng.permutation(200)
    np.testing.assert_array_equal(purchases_per_click(places.iloc[mixed], bought[mixed], clicked[mixed]), worth[mixed])


@pytest.mark.parametrize("break_even", [None, 0.0, 0.2, 1.0])
def test_an_audience_counts_as_many_customers_as_the_forecasts_reach(champions, candidates, break_even):
    config = replace(CONFIG, break_even_rate=break_even)
    believed = forecast(champions, candidates, NOTHING, WEEK, config).set_index("product_id")
    planned = pd.DataFrame({"product_id": ["P-1", "P-3"], "channel": "web", "is_stocked": True})
    own = candidates[candidates["product_id"] != "P-2"].reset_index(drop=True)
    none_sells = candidates.iloc[:0]
    _, audience = recommend(
        champions, Eligible(own, planned, none_sells, NAMES), believed.reset_index(), NOTHING, WEEK, config
    )
    counted = audience.groupby("product_id").size().reindex(["P-1", "P-3"], fill_value=0)
    assert counted.to_dict() == believed.loc[["P-1", "P-3"], "reach_customers"].to_dict()


def test_where_models_disagree_about_launches_clicks_say_which_is_wanted_and_purchases_how_much_all_are():
    places = pd.DataFrame({"channel": "web", "placement": ["home"] * 4})
    bought, clicked = np.array([0.01, 0.01, 0.03, 0.03]), np.array([0.3, 0.3, 0.1, 0.1])
    rate = wanting_rates(bought, clicked, purchases_per_click(places, bought, clicked))
    np.testing.assert_allclose(rate, [0.03, 0.03, 0.01, 0.01])
    assert rate.sum() == pytest.approx(bought.sum())


def test_customers_stand_in_the_order_of_their_clicks_where_clicks_are_logged_and_of_purchases_elsewhere(
    champions, candidates
):
    config = replace(CONFIG, break_even_rate=0.0)
    believed = forecast(champions, candidates, NOTHING, WEEK, config)
    planned = pd.DataFrame({"product_id": ["P-1", "P-2", "P-3"], "channel": "web", "is_stocked": True})
    eligible = Eligible(candidates, planned, candidates.iloc[:0], NAMES)
    audience = recommend(champions, eligible, believed, NOTHING, WEEK, config)[1].set_index(["product_id", "rank"])
    for product, task in (("P-1", "click"), ("P-2", "click"), ("P-3", "conversion")):
        own = candidates[candidates["product_id"] == product]
        rate = pd.Series(champions[task].predict_anywhere(own), own["customer_id"].to_numpy())
        listed = rate[audience.loc[product]["customer_id"]]
        assert len(listed) == 80
        assert (np.diff(listed) <= 1e-12).all()
