"""Clicks of the simulated shop: labels told a second way, and what models believe beside the true chances."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import dagster as dg
import numpy as np
import pandas as pd
import pytest
from support.walk import Walk

from contracts.catalog import CATALOG
from ml.config import MlConfig
from ml.response.interface import FittedResponse
from ml.response.registry import BASELINE
from ml.response.tasks import CLICK, inverse_propensity
from ml.response.train import fit
from orchestration.partitions import default_week
from orchestration.sources.simulated import world_folder
from orchestration.warehouse import Read
from shop.truth import truth_folder

LATER_WEEKS = 8


@pytest.fixture(scope="module")
def impressions(walked_shop: tuple[Walk, dg.ExecuteInProcessResult]) -> pd.DataFrame:
    """Every logged impression of the shop, with its true chance of a click."""
    walk, _ = walked_shop
    shown = walk.warehouse.read(
        CATALOG["response_features"], default_week(walk.settings), Read(knows="everything", where="not is_proxy")
    )
    truth = pd.read_parquet(truth_folder(world_folder(walk.settings.source_options)) / "truth_impressions")
    return shown.merge(truth, left_on="impression_id", right_on="event_id", validate="one_to_one")


@pytest.fixture(scope="module")
def week(walked_shop: tuple[Walk, dg.ExecuteInProcessResult]) -> date:
    return default_week(walked_shop[0].settings)


@pytest.fixture(scope="module")
def fitted(impressions: pd.DataFrame, week: date) -> dict[str, FittedResponse]:
    """The click models, each trained on half a shop's history."""
    config = replace(MlConfig.full(threads=1), response_epochs=4)
    return {model.name: model for model in fit(impressions, week, config, CLICK)}


@pytest.fixture(scope="module")
def later(impressions: pd.DataFrame, week: date) -> pd.DataFrame:
    """Weeks that no model saw."""
    start = pd.Timestamp(week)
    return impressions[impressions["week"].between(start, start + pd.Timedelta(weeks=LATER_WEEKS - 1))]


def test_labels_places_and_propensities_are_what_the_shop_logged_of_the_same_request(
    walked_shop: tuple[Walk, dg.ExecuteInProcessResult], impressions: pd.DataFrame
) -> None:
    """Every action of this shop names its request, so that a set of requests and products tells the labels, too."""
    walk, _ = walked_shop
    events = walk.warehouse.read(CATALOG["raw_events"], None)
    shown = events[events["event_type"] == "impression"].set_index("event_id").loc[impressions["impression_id"]]
    for label, kind in (("is_clicked", "click"), ("is_purchased", "purchase")):
        acted = events[events["event_type"] == kind]
        answered = set(zip(acted["request_id"], acted["product_id"], strict=True))
        expected = [pair in answered for pair in zip(shown["request_id"], shown["product_id"], strict=True)]
        assert sum(expected) > 10
        assert (impressions[label].to_numpy() == np.array(expected)).all(), kind
    for column in ("position", "propensity", "request_id"):
        np.testing.assert_array_equal(impressions[column], shown[column])


def test_inverse_weighting_recovers_the_click_rate_of_the_requests_answered_at_random(
    impressions: pd.DataFrame,
) -> None:
    """At the top of a list the propensity is of the whole choice, so that the two must agree; the plain mean does not."""
    top = impressions[(impressions["position"] == 1) & (impressions["channel"] == "online")]
    home, at_random = (top[top["placement"] == name] for name in ("home", "random"))
    weighted = np.average(home["click_probability"], weights=inverse_propensity(home))
    known = at_random["click_probability"].mean()
    assert weighted == pytest.approx(known, rel=0.1)
    assert home["click_probability"].mean() > 1.2 * known
    clicks = np.average(home["is_clicked"], weights=inverse_propensity(home))
    weight = inverse_propensity(home)
    deviation = np.sqrt(np.sum(weight**2 * home["click_probability"])) / len(home)
    assert abs(clicks - weighted) < 3 * deviation


@pytest.mark.parametrize("name", ["logistic", "keras"])
def test_predicted_click_rates_follow_the_true_chances_and_beat_popularity_and_the_constant(
    fitted: dict[str, FittedResponse], later: pd.DataFrame, name: str
) -> None:
    truth = later["click_probability"].to_numpy()
    rates = {model: fitted[model].predict(later) for model in (name, BASELINE)}
    error = {model: np.abs(rate - truth).mean() for model, rate in rates.items()}
    constant = np.abs(fitted[name].base_rate - truth).mean()
    assert np.corrcoef(rates[name], truth)[0, 1] > 0.75
    assert error[name] < 0.75 * min(error[BASELINE], constant)


def test_the_click_rate_of_a_home_page_is_the_true_one_averaged_over_its_places(
    fitted: dict[str, FittedResponse], later: pd.DataFrame
) -> None:
    """The random lists have the home page's chances, and nobody chose what they show: their truth is the answer."""
    at_random = later[later["placement"] == "random"]
    asked = at_random.assign(placement="home", display_code="home").drop(columns="position")
    believed = fitted["average"].predict_anywhere(asked)
    assert believed.mean() == pytest.approx(at_random["click_probability"].mean(), rel=0.3)


def test_policies_are_judged_where_lists_and_propensities_are_logged(
    walked_shop: tuple[Walk, dg.ExecuteInProcessResult], impressions: pd.DataFrame, week: date
) -> None:
    """Every list of the shop is logged whole, so that its own policy's value is the click rate of the eight weeks before."""
    found = walked_shop[0].warehouse.read(CATALOG["off_policy"], week)
    clicks = found[found["task"] == "click"].set_index(["policy", "estimator"])
    assert len(clicks) == 10
    start = pd.Timestamp(week) - pd.Timedelta(weeks=8)
    before = impressions[impressions["week"].between(start, pd.Timestamp(week) - pd.Timedelta(weeks=1))]
    assert clicks.loc[("logged", "mean"), "value"] == pytest.approx(before["is_clicked"].mean())
    assert clicks["value"].notna().all()
    assert (clicks["low"] < clicks["value"]).all()
