"""Examples and their labels, against loops over the tables."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.demand_tables import make_demand_tables, monday

from contracts.features import DEMAND_FEATURES, LAUNCH_CANDIDATES, PLANNED_COVARIATES
from contracts.table import Role
from ml.config import MlConfig
from ml.demand.examples import feature_names, to_forecast, to_learn, windows
from ml.demand.interface import ACTUAL
from ml.demand.plans import Announced
from ml.splits import WEEK, is_over

TABLES = make_demand_tables(products=5, launches=20)
CONFIG = MlConfig.tiny()
NOW = monday(34)


def test_windows_are_the_weeks_and_the_sums_that_start_with_them() -> None:
    assert windows(8).to_numpy().tolist() == [*([at, 1] for at in range(8)), [0, 4], [0, 8]]
    assert windows(5).to_numpy().tolist()[-1] == [0, 4]


@pytest.mark.parametrize("phase", ["established", "new"])
def test_a_label_is_what_sold_in_its_window_and_every_window_is_over(phase: str) -> None:
    learned = to_learn(phase, TABLES, NOW, CONFIG)
    assert is_over(learned["target_week"], learned["window_weeks"], NOW).all()
    assert (learned["origin_week"] <= learned["target_week"]).all()
    sales = TABLES.weekly_sales
    for row in learned.sample(40, random_state=1).to_dict("records"):
        end = row["target_week"] + row["window_weeks"] * WEEK
        own = sales[
            (sales["product_id"] == row["product_id"]) & (sales["week"] >= row["target_week"]) & (sales["week"] < end)
        ]
        if row["channel"] != "all":
            own = own[own["channel"] == row["channel"]]
        assert row[ACTUAL] == own["units"].sum()


def test_features_are_those_of_the_week_before_the_origin() -> None:
    asked = to_forecast("established", TABLES, NOW, CONFIG)
    row = asked[(asked["channel"] == "all") & (asked["offset_weeks"] == 3)].iloc[0]
    seen = TABLES.demand_features
    known = seen[(seen["product_id"] == row["product_id"]) & (seen["channel"] == "all") & (seen["week"] == NOW - WEEK)]
    assert row["units_mean_13"] == known["units_mean_13"].item()
    assert row["target_week"] == NOW + 3 * WEEK


def test_an_announced_mailer_is_the_share_of_the_window_that_was_known_then() -> None:
    asked = to_forecast("established", TABLES, NOW, CONFIG)
    told = TABLES.planned_covariates[TABLES.planned_covariates["known_on"] <= NOW]
    for row in asked.sample(30, random_state=2).to_dict("records"):
        end = row["target_week"] + row["window_weeks"] * WEEK
        own = told[
            (told["product_id"] == row["product_id"])
            & (told["channel"] == row["channel"])
            & (told["target_week"] >= row["target_week"])
            & (told["target_week"] < end)
        ]
        assert row["planned_mailer"] == pytest.approx(len(own) / row["window_weeks"])


def test_a_plan_announced_after_an_origin_is_silent_at_that_origin() -> None:
    late = TABLES.planned_covariates.assign(known_on=lambda rows: rows["target_week"] + WEEK)
    tables = type(TABLES)(TABLES.demand_features, TABLES.weekly_sales, late, TABLES.launch_candidates)
    learned = to_learn("established", tables, NOW, CONFIG)
    assert (learned["planned_mailer"] == 0).all()


def test_a_launch_is_early_for_eight_weeks_and_carries_on_what_was_known_of_it() -> None:
    seen, launch = TABLES.demand_features, TABLES.launch_candidates
    ages = {"P-001": 7.0, "P-002": 8.0, "P-003": 3.0}
    seen = seen[seen["product_id"].str.startswith("P-")]
    young = seen.assign(age_weeks=seen["product_id"].map(ages).fillna(20.0), is_planned=seen["product_id"] != "P-001")
    last = launch[launch["known_on"] <= NOW].iloc[:2]
    told = pd.concat([launch, last.assign(product_id="P-001", channel=["large", "small"], weeks_to_launch=[0.0, 1.0])])
    tables = replace(TABLES, demand_features=young, launch_candidates=told)
    early = to_forecast("early", tables, NOW, CONFIG)
    assert set(early["product_id"]) == {"P-001"}
    assert set(early["channel"]) == {"all", "large", "small"}
    assert early.groupby("channel")["weeks_to_launch"].first().to_dict() == {"all": 0.0, "large": 0.0, "small": 1.0}
    assert not early["is_planned"].any()
    assert set(feature_names("early")) < set(early.columns)
    for line in early.drop_duplicates("channel").to_dict("records"):
        others = {"large": ["small"], "small": ["large"], "all": []}[line["channel"]]
        beside = young[(young["product_id"] == "P-001") & (young["week"] == NOW - WEEK) & young["channel"].isin(others)]
        for name, feature in (("elsewhere_1", "units_1"), ("elsewhere_mean_13", "units_mean_13")):
            assert line[name] == pytest.approx(beside[feature].sum() if others else np.nan, nan_ok=True)
    # Young without an announcement, or announced and older: established.
    old = set(to_forecast("established", tables, NOW, CONFIG)["product_id"])
    assert old == {"P-000", "P-002", "P-003", "P-004"}


def test_a_launch_reads_the_buyers_that_its_best_placement_was_expected_to_find_on_that_monday() -> None:
    asked = to_forecast("new", TABLES, NOW, CONFIG)
    launch, other = asked["product_id"].unique()[:2]
    said = pd.DataFrame(
        [
            (NOW, launch, "large", "home", 100.0, 0.02),
            (NOW, launch, "large", "search", 10.0, 0.5),
            (NOW, launch, "small", "home", 40.0, 0.1),
            (NOW - WEEK, other, "small", "home", 40.0, 0.1),
            (NOW + WEEK, other, "small", "home", 40.0, 0.1),
        ],
        columns=["decision_week", "product_id", "channel", "placement", "reach_customers", "expected_conversion_rate"],
    )
    told = to_forecast("new", replace(TABLES, response_forecast=said), NOW, CONFIG)
    own = told.groupby(["product_id", "channel"])["expected_buyers"].agg(["min", "max"])
    assert own.loc[launch].T.to_dict("list") == {"all": [9.0] * 2, "large": [5.0] * 2, "small": [4.0] * 2}
    assert own.drop(launch).isna().all(axis=None)
    assert asked["expected_buyers"].isna().all()
    pd.testing.assert_frame_equal(told.drop(columns="expected_buyers"), asked.drop(columns="expected_buyers"))


def test_a_launch_is_asked_for_the_weeks_from_its_planned_one_and_reads_no_sale() -> None:
    asked = to_forecast("new", TABLES, NOW, CONFIG)
    planned = TABLES.launch_candidates.drop_duplicates("product_id").set_index("product_id")["planned_week"]
    age = (asked["target_week"] - asked["product_id"].map(planned)) / WEEK
    assert (age == asked["offset_weeks"]).all()
    assert set(asked["channel"]) == {"all", "large", "small"}
    silent = type(TABLES)(
        TABLES.demand_features, TABLES.weekly_sales.assign(units=0), TABLES.planned_covariates, TABLES.launch_candidates
    )
    pd.testing.assert_frame_equal(asked, to_forecast("new", silent, NOW, CONFIG))


def test_features_come_from_the_contracts() -> None:
    assert set(DEMAND_FEATURES.names(Role.FEATURE)) < set(feature_names("established"))
    assert set(PLANNED_COVARIATES.names(Role.FEATURE)) < set(feature_names("established"))
    assert set(LAUNCH_CANDIDATES.names(Role.FEATURE)) < set(feature_names("new"))


def test_each_origin_sees_the_last_announcement_known_by_then() -> None:
    """A launch price is announced first, a mailer for the same week later; the second row says both."""
    line = {"product_id": "P-001", "channel": "all", "target_week": monday(30)}
    told = pd.DataFrame(
        [
            line | {"known_on": monday(20), "planned_mailer": 0.0, "planned_price": 2.5},
            line | {"known_on": monday(28), "planned_mailer": 1.0, "planned_price": 2.5},
            line | {"known_on": monday(29), "planned_mailer": 1.0, "planned_price": 2.0},
        ]
    )
    asked_on = np.array([19, 20, 27, 28, 29, 30])
    for rows in (told, told.iloc[::-1]):
        names = ["planned_mailer", "planned_price"]
        plans = Announced.build(rows, np.zeros(len(rows), dtype=np.int64), names, monday(0), (1, 52))
        at = np.zeros(6, dtype=np.int64), np.full(6, 30), asked_on
        assert plans.at("planned_mailer", *at).tolist() == [
            pytest.approx(p, nan_ok=True) for p in (np.nan, 0, 0, 1, 1, 1)
        ]
        assert plans.at("planned_price", *at).tolist() == [
            pytest.approx(p, nan_ok=True) for p in (np.nan, 2.5, 2.5, 2.5, 2, 2)
        ]
        nowhere = plans.at("planned_mailer", np.array([-1, 0, 0]), np.array([30, -1, 52]), np.array([30, 30, 30]))
        assert np.isnan(nowhere).all()


def test_what_is_announced_later_changes_no_earlier_training_row() -> None:
    later = TABLES.planned_covariates.assign(known_on=lambda rows: rows["known_on"] + 4 * WEEK, planned_price=7.0)
    wider = type(TABLES)(
        TABLES.demand_features,
        TABLES.weekly_sales,
        pd.concat([TABLES.planned_covariates, later], ignore_index=True),
        TABLES.launch_candidates,
    )
    one, two = (to_learn("established", tables, NOW, CONFIG) for tables in (TABLES, wider))
    pd.testing.assert_series_equal(one["planned_mailer"], two["planned_mailer"])
    assert two.loc[two["planned_price"].notna(), "planned_mailer"].gt(0).all()
    assert two["planned_price"].notna().any()
