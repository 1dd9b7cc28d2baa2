"""Forecasts for anyone to score: which rows there are, that none looks ahead, and what noplan may not read."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from support.demand_tables import FIRST_WEEK, make_demand_tables, monday, noise_from

from contracts.features import DEMAND_FEATURES, LAUNCH_CANDIDATES
from contracts.predictions import MEAN
from ml.config import MlConfig
from ml.demand.examples import to_forecast
from ml.demand.interface import DemandTables
from ml.demand.train import fit_all, fit_named
from ml.export import (
    COLUMNS,
    LEVELS,
    LISTED_WEEKS,
    PLANNED_OF_LAUNCHES,
    TRAILING_WEEKS,
    crown,
    crown_selling,
    established_rows,
    launch_rows,
    without_plans,
)

NOW = monday(36)
CONFIG = MlConfig.tiny()
WHOLE = make_demand_tables()


def said(phase: str, tables: DemandTables) -> pd.DataFrame:
    """The rows of a phase on this Monday, of tables that may know more."""
    known = tables.known_by(NOW)
    if phase == "established":
        return established_rows(crown_selling(known, NOW, CONFIG), known, NOW, FIRST_WEEK, CONFIG)
    return launch_rows(crown(phase, known, NOW, CONFIG), known, NOW, FIRST_WEEK, CONFIG)


@pytest.fixture(scope="module")
def rows() -> dict[str, pd.DataFrame]:
    return {phase: said(phase, WHOLE) for phase in ("established", "new")}


@pytest.mark.parametrize(("phase", "width"), [("established", -4), ("new", -8)])
def test_every_product_has_eight_weeks_and_one_sum_at_every_level(
    rows: dict[str, pd.DataFrame], phase: str, width: int
) -> None:
    own = rows[phase]
    assert tuple(own.columns) == COLUMNS
    assert set(own["origin"]) == {36}
    for _, product in own.groupby("product_id"):
        asked = pd.MultiIndex.from_product([[width, *range(37, 45)], LEVELS])
        assert sorted(zip(product["target_week"], product["quantile"], strict=True)) == sorted(asked)


def test_the_established_are_those_that_sell_and_the_launches_those_that_begin(rows: dict[str, pd.DataFrame]) -> None:
    assert set(rows["established"]["product_id"]) == {f"P-{number:03d}" for number in range(24)}
    candidates = WHOLE.launch_candidates
    begin = candidates[(candidates["planned_week"] == NOW) & (candidates["decision_week"] == NOW)]
    assert set(rows["new"]["product_id"]) == set(begin["product_id"])
    assert len(set(begin["product_id"])) == 2


def test_of_a_large_product_that_is_no_longer_listed_0_is_said(rows: dict[str, pd.DataFrame]) -> None:
    sales, features = WHOLE.weekly_sales, WHOLE.demand_features
    fell_silent = (sales["product_id"] == "P-000") & (sales["week"] >= monday(20))
    heavy = sales["units"].where(sales["product_id"] != "P-000", 500)
    gone = replace(
        WHOLE,
        weekly_sales=sales.assign(units=heavy)[~fell_silent],
        demand_features=features[(features["product_id"] != "P-000") | (features["week"] < monday(33))],
    )
    found = said("established", gone)
    own = found[found["product_id"] == "P-000"]
    assert len(own) == 9 * len(LEVELS)
    assert (own["value"] == 0).all()
    assert set(own["target_week"]) == set(rows["established"]["target_week"])
    assert not own.duplicated(["target_week", "quantile"]).any()


def test_quantiles_do_not_cross(rows: dict[str, pd.DataFrame]) -> None:
    both = pd.concat(rows.values())
    quantiles = both[both["quantile"] != MEAN].sort_values("quantile")
    assert (quantiles.groupby(["product_id", "target_week"])["value"].diff().dropna() >= 0).all()


def test_quantiles_are_whole_units_and_means_are_not(rows: dict[str, pd.DataFrame]) -> None:
    both = pd.concat(rows.values())
    is_mean = both["quantile"] == MEAN
    assert (both["value"][~is_mean] % 1 == 0).all()
    assert (both["value"][is_mean] % 1 != 0).mean() > 0.5


@pytest.mark.parametrize("information", [lambda tables: tables, without_plans], ids=["planned", "noplan"])
@pytest.mark.parametrize("phase", ["established", "new"])
def test_noise_after_the_origin_changes_no_forecast(
    phase: str, information: Callable[[DemandTables], DemandTables]
) -> None:
    noisy = noise_from(WHOLE, NOW)
    assert not noisy.weekly_sales.equals(WHOLE.weekly_sales)
    pd.testing.assert_frame_equal(said(phase, information(WHOLE)), said(phase, information(noisy)))


@pytest.mark.parametrize("phase", ["established", "new"])
def test_noise_before_the_origin_changes_forecasts(phase: str, rows: dict[str, pd.DataFrame]) -> None:
    assert not said(phase, noise_from(WHOLE, monday(30))).equals(rows[phase])


@pytest.mark.parametrize("phase", ["established", "new"])
def test_without_plans_other_plans_change_nothing_and_with_them_something(
    phase: str, rows: dict[str, pd.DataFrame]
) -> None:
    plans, launches = WHOLE.planned_covariates, WHOLE.launch_candidates
    rng = np.random.default_rng(1)
    is_ahead = plans["target_week"] >= NOW
    drawn = pd.Series(rng.integers(0, 2, len(plans)).astype(float), index=plans.index)
    groups = WHOLE.planned_group_mailers
    other = replace(
        WHOLE,
        planned_covariates=plans.assign(planned_mailer=plans["planned_mailer"].mask(is_ahead, drawn)),
        planned_group_mailers=groups[groups["target_week"] < NOW],
        launch_candidates=launches.assign(
            **{name: rng.integers(0, 9, len(launches)).astype(float) for name in PLANNED_OF_LAUNCHES}
        ),
    )
    pd.testing.assert_frame_equal(said(phase, without_plans(WHOLE)), said(phase, without_plans(other)))
    if phase == "established":
        assert not said(phase, other).equals(rows[phase])


def test_the_plans_of_a_launch_are_columns_of_its_contract() -> None:
    assert set(PLANNED_OF_LAUNCHES) <= set(LAUNCH_CANDIDATES.names())
    announced = {name for name in LAUNCH_CANDIDATES.names() if "price" in name or "mailer" in name}
    assert announced == set(PLANNED_OF_LAUNCHES)


def test_a_model_trained_alone_says_what_it_says_when_all_are_trained() -> None:
    known = WHOLE.known_by(NOW)
    (alone,) = fit_named({"established": "lightgbm"}, known, NOW, CONFIG)
    (among,) = (model for model in fit_all(known, NOW, CONFIG) if model.name == "lightgbm")
    asked = to_forecast("established", known, NOW, CONFIG)
    pd.testing.assert_frame_equal(alone.predict(asked), among.predict(asked))


def test_a_week_that_knows_too_little_is_named() -> None:
    with pytest.raises(ValueError, match=r"by 2017-01-30 too few weeks .* established products; ask for later weeks"):
        crown("established", WHOLE.known_by(monday(4)), monday(4), CONFIG)


def test_products_are_planned_and_listed_for_as_many_weeks_as_the_features_say() -> None:
    project = yaml.safe_load((Path(__file__).parents[3] / "dbt_project" / "dbt_project.yml").read_text())
    assert project["vars"]["listed_weeks"] == LISTED_WEEKS
    assert f"units_{TRAILING_WEEKS}" in DEMAND_FEATURES.names()
