"""What a policy would show in a logged place, told by drawing up every choice; and what a week's table makes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from support.frames import MONDAY, make_frame

from contracts.features import RESPONSE_FEATURES
from contracts.off_policy import OFF_POLICY
from expectations.validate import validate
from ml.config import MlConfig
from ml.response.off_policy import COLUMNS, ESTIMATORS
from ml.response.policies import LIST, POLICIES, chances, place, whole_lists
from ml.response.policy_values import judge, policy_values
from ml.response.tasks import CLICK

WEEK: date = MONDAY.date()
LENGTH, RANGE, WEEKS = 4, 12, 24
CHAMPIONS = {"click": "logistic", "conversion": "logistic"}


def appeal_of(product: pd.Series) -> pd.Series:
    """True chance of a click at the top of a list; it falls with the root of the position."""
    return 0.02 + 0.9 * (product / RANGE) ** 2


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Lists of four, drawn without replacement: home pages of all twelve products, pages of one of two categories."""
    random = np.random.default_rng(1)
    weight = random.uniform(0.5, 3.0, RANGE)
    parts = []
    for number in range(1440):
        # The last product is launched when the eight weeks begin: nothing was known of it.
        week = number % WEEKS - WEEKS
        on_sale = np.arange(RANGE if week >= -8 else RANGE - 1)
        placement = ("home", "page")[number % 2]
        some = on_sale if placement == "home" else on_sale[on_sale % 2 == random.integers(2)]
        left, shown, chance = list(some), [], []
        for _ in range(LENGTH):
            share = weight[left] / weight[left].sum()
            at = random.choice(len(left), p=share)
            chance.append(share[at])
            shown.append(left.pop(at))
        parts.append(
            pd.DataFrame(
                {
                    "product": shown,
                    "propensity": chance,
                    "position": np.arange(1.0, LENGTH + 1.0),
                    "placement": placement,
                    "request_id": f"R{number}",
                    "customer_id": f"C{number % 37}",
                    "week": MONDAY + pd.Timedelta(weeks=week),
                }
            )
        )
    lists = pd.concat(parts, ignore_index=True)
    appeal = appeal_of(lists["product"])
    known = {
        "product_id": "P-" + lists["product"].astype("str").str.zfill(2),
        "category_2": np.where(lists["product"] % 2, "odd", "even"),
        "product_units_12": lists["product"].astype(float),
        "display_code": lists["placement"],
        "channel": "web",
        "is_proxy": False,
        "sampling_weight": 1.0,
        "known_on": (lists["week"] + pd.Timedelta(weeks=1)).astype("datetime64[us]"),
        "week": lists["week"].astype("datetime64[us]"),
        "is_clicked": (random.random(len(lists)) < appeal / np.sqrt(lists["position"])).astype("int64"),
        "is_purchased": (random.random(len(lists)) < appeal / 3).astype("int64"),
    }
    told = lists[["propensity", "position", "placement", "request_id", "customer_id"]]
    texts = ["product_id", "category_2", "display_code", "channel", "placement", "request_id", "customer_id"]
    frame = make_frame(RESPONSE_FEATURES, len(lists)).assign(**told, **known)
    return frame.astype(dict.fromkeys(texts, "str"))


def test_only_lists_logged_whole_are_judged(rows: pd.DataFrame) -> None:
    some = rows[rows["request_id"].isin([f"R{number}" for number in range(6)])].copy()
    assert len(whole_lists(some)) == 24
    of = {number: some.index[some["request_id"] == f"R{number}"] for number in range(6)}
    broken = some.drop(of[0][1])
    broken.loc[of[1][0], "propensity"] = 0.0
    broken.loc[of[2][2], "propensity"] = np.nan
    broken.loc[of[3][0], "position"] = 2.0
    broken.loc[of[4], "request_id"] = None
    kept = whole_lists(broken.sample(frac=1.0, random_state=1))
    assert kept["request_id"].tolist() == ["R5"] * LENGTH
    assert kept["position"].tolist() == [1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize("policy", POLICIES)
def test_chances_are_those_of_drawing_up_every_choice(rows: pd.DataFrame, policy: str) -> None:
    """For some lists, each place's candidates one by one; the launch of the window is no candidate anywhere."""
    judged = judge(rows, WEEK, MlConfig.tiny(), CLICK, "logistic")
    assert judged is not None
    found = chances(place(judged.lists, judged.known), judged.known, policy)
    assert "P-11" in set(judged.lists["product_id"])
    assert "P-11" not in set(judged.known.products["product_id"])
    assert set(judged.lists.groupby("placement")["part"].nunique()) == {1, 2}
    products, weight, rates = judged.known.products, judged.known.weights[policy], judged.known.rates
    for _, of_list in list(judged.lists.groupby(LIST))[::20]:
        for at, row in enumerate(of_list.itertuples()):
            above = set(of_list["product_id"].iloc[:at])
            free = (
                (products["placement"] == row.placement)
                & (products["part"] == row.part)
                & ~products["product_id"].isin(above)
            ).to_numpy()
            share = np.where(free, weight, 0.0) / weight[free].sum()
            is_shown = free & (products["product_id"] == row.product_id).to_numpy()
            assert found["target"][row.Index] == pytest.approx(share[is_shown].sum())
            assert found["expected"][row.Index] == pytest.approx(share @ rates[:, at])
            assert found["predicted"][row.Index] == pytest.approx(rates[is_shown, at].sum())
            assert found["has_choice"][row.Index]


def test_a_place_whose_candidates_all_stand_above_it_gives_no_choice(rows: pd.DataFrame) -> None:
    """Before the window, even products alone were shown but for two odd ones: pages of the odd end after two places."""
    is_early = rows["week"] < MONDAY - pd.Timedelta(weeks=8)
    number = rows["product_id"].str[2:].astype(int)
    whole = (number % 2 == 0) | number.isin([1, 3]) | ~is_early
    judged = judge(rows[whole], WEEK, MlConfig.tiny(), CLICK, "logistic")
    assert judged is not None
    kept = judged.logged["random"]
    dropped = judged.lists.drop(kept.index)
    assert len(dropped)
    for row in dropped.itertuples():
        of_list = judged.lists[
            (judged.lists["request_id"] == row.request_id) & (judged.lists["position"] < row.position)
        ]
        assert row.part == "odd"
        assert {"P-01", "P-03"} <= set(of_list["product_id"])
    assert kept[list(COLUMNS)].notna().all().all()


def test_candidates_and_weights_know_nothing_of_the_weeks_they_are_judged_on(rows: pd.DataFrame) -> None:
    is_later = rows["week"] >= MONDAY - pd.Timedelta(weeks=8)
    changed = rows.assign(
        is_clicked=rows["is_clicked"].where(~is_later, 1 - rows["is_clicked"]),
        product_units_12=rows["product_units_12"].where(~is_later, 1000.0),
    )
    one, other = (judge(frame, WEEK, MlConfig.tiny(), CLICK, "logistic") for frame in (rows, changed))
    assert one is not None
    assert other is not None
    pd.testing.assert_frame_equal(one.known.products, other.known.products)
    for policy in POLICIES:
        np.testing.assert_array_equal(one.known.weights[policy], other.known.weights[policy])
    assert one.logged["random"]["reward"].sum() != other.logged["random"]["reward"].sum()


def test_estimates_are_of_the_value_that_enumeration_knows(rows: pd.DataFrame) -> None:
    """With the true rates for q, what is expected of a place is what the policy is worth there."""
    judged = judge(rows, WEEK, MlConfig.tiny(), CLICK, "logistic")
    assert judged is not None
    top = appeal_of(judged.known.products["product_id"].str[2:].astype(int)).to_numpy()
    true = replace(judged.known, rates=top[:, None] / np.sqrt(np.arange(1.0, LENGTH + 1.0)))
    found = policy_values(rows, WEEK, MlConfig.tiny(), CHAMPIONS).set_index(["task", "policy", "estimator"])
    logged = found.loc[("click", "logged", "mean")]
    worth = {policy: chances(place(judged.lists, true), true, policy)["expected"].mean() for policy in POLICIES}
    for policy in POLICIES:
        for estimator in ESTIMATORS:
            one = found.loc[("click", policy, estimator)]
            assert one["low"] < worth[policy] < one["high"], (policy, estimator)
    # What sells is what is clicked here; the shop's own lists do not care, and neither does chance.
    assert worth["random"] < logged["value"] < worth["popularity"] < worth["model"]
    assert found.loc[("click", "model", "doubly_robust"), "low"] > logged["high"]


def test_a_week_has_its_row_a_policy_and_estimator_in_whatever_order_rows_are_stored(rows: pd.DataFrame) -> None:
    found = policy_values(rows, WEEK, MlConfig.tiny(), CHAMPIONS)
    assert validate(found, OFF_POLICY).passed
    assert len(found) == 2 * (1 + 3 * len(POLICIES))
    later = rows.assign(
        week=rows["week"] + pd.Timedelta(weeks=60), known_on=rows["known_on"] + pd.Timedelta(weeks=60)
    ).assign(impression_id="later-" + rows["impression_id"], request_id="later-" + rows["request_id"])
    shuffled = pd.concat([later, rows]).sample(frac=1.0, random_state=2)
    pd.testing.assert_frame_equal(found, policy_values(shuffled, WEEK, MlConfig.tiny(), CHAMPIONS))


def test_a_source_without_propensities_has_no_row(rows: pd.DataFrame) -> None:
    silent = rows.assign(propensity=np.nan)
    for frame, champions in ((silent, CHAMPIONS), (rows.iloc[:0], CHAMPIONS), (rows, {})):
        found = policy_values(frame, WEEK, MlConfig.tiny(), champions)
        assert found.empty
        assert validate(found, OFF_POLICY).passed
