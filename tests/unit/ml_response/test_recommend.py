"""Lists of launches and their propensities, a launch's customers, reasons, and how places are spread."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from support.frames import MONDAY, make_frame
from support.opportunities import make_candidates, make_opportunities

from contracts.features import RESPONSE_CANDIDATES
from contracts.predictions import RESPONSE_BACKTEST
from contracts.recommendations import EXPOSURE_FAIRNESS, LAUNCH_AUDIENCE, RECOMMENDATIONS
from expectations.validate import validate
from ml.config import MlConfig
from ml.response.fairness import exposure_fairness, new_share
from ml.response.forecast import forecast
from ml.response.interface import FittedResponse
from ml.response.recommend import Eligible, lists, propensity, recommend
from ml.response.rerank import most_exposure, rerank
from ml.response.shown_because import reasons
from ml.response.tasks import CONVERSION
from ml.response.train import fit

WEEK = MONDAY.date()
CONFIG = replace(MlConfig.tiny(), list_length=2)
NOTHING = make_frame(RESPONSE_BACKTEST, 3).iloc[:0]
CUSTOMERS = 80


@pytest.fixture(scope="module")
def champions() -> dict[str, FittedResponse]:
    (fitted,) = fit(make_opportunities(), WEEK, CONFIG, CONVERSION, names=("logistic",))
    return {"conversion": fitted}


@pytest.fixture(scope="module")
def candidates() -> pd.DataFrame:
    """80 customers, each with the three open launches; the draws of their features differ."""
    rows = make_candidates(3 * CUSTOMERS)
    names = np.repeat([f"C{number:02d}" for number in range(CUSTOMERS)], 3)
    return rows.assign(
        customer_id=pd.Series(names, dtype="str"),
        product_bought_before=rows["product_bought_before"].mask(rows.index % 7 > 0, 0.0),
        category_3_bought_before=rows["category_3_bought_before"].mask(rows.index % 5 > 1, 0.0),
    )


def launches(**stocked: bool) -> pd.DataFrame:
    lines = [(name.replace("_", "-"), "web", is_stocked) for name, is_stocked in stocked.items()]
    return pd.DataFrame(lines, columns=["product_id", "channel", "is_stocked"])


NAMES = pd.DataFrame({"product_id": [f"P-{number}" for number in range(1, 4)], "category_3": "Skyr"})
NONE_SELLS = make_candidates(3).iloc[:0]


ALL = launches(P_1=True, P_2=True, P_3=True)


def made_of(
    champions: dict[str, FittedResponse],
    rows: pd.DataFrame,
    past: pd.DataFrame,
    planned: pd.DataFrame,
    config: MlConfig,
    selling: pd.DataFrame = NONE_SELLS,
    new_share: float = 0.0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What is shown, and to whom, as the walk makes it: all open launches are forecast, the planned ones scored again."""
    believed = forecast(champions, rows, past, WEEK, config)
    own = rows[rows["product_id"].isin(planned["product_id"])].reset_index(drop=True)
    return recommend(champions, Eligible(own, planned, selling, NAMES, new_share), believed, past, WEEK, config)


def scored(customers: int, products: int, seed: int = 0) -> pd.DataFrame:
    """Every customer with every product, with scores that tie at times."""
    rows = pd.DataFrame({"customer_id": [f"C{c:05d}" for c in range(customers)]}).merge(
        pd.DataFrame({"product_id": [f"P{p}" for p in range(products)]}), how="cross"
    )
    score = np.random.default_rng(seed).integers(1, 6, len(rows)) / 10
    return rows.assign(channel="web", placement="mailer", score=score, is_new=False, decision_week=MONDAY)


def test_what_is_made_keeps_its_promises_and_is_the_same_in_any_row_order(champions, candidates):
    made = made_of(champions, candidates, NOTHING, ALL, CONFIG)
    mixed = candidates.sample(frac=1, random_state=1).reset_index(drop=True)
    again = made_of(champions, mixed, NOTHING, ALL.iloc[::-1], CONFIG)
    for table, ours, theirs in zip((RECOMMENDATIONS, LAUNCH_AUDIENCE), made, again, strict=True):
        assert len(ours)
        verdict = validate(ours, table)
        assert verdict.passed, verdict.message
        scores = [frame.pop("score") for frame in (ours, theirs)]
        np.testing.assert_allclose(*scores, rtol=1e-12)
        pd.testing.assert_frame_equal(ours, theirs)
    assert len(made[0]) == 2 * CUSTOMERS


def test_propensities_sum_to_one_over_products_in_each_place():
    for options in (1, 2, 7):
        products = np.arange(1, options + 1)
        for rank in products:
            one = np.full(options, rank)
            total = propensity(products, one, np.full(options, options), 0.05).sum()
            assert total == pytest.approx(1.0)


def test_products_stand_in_their_places_as_often_as_propensities_say():
    config = replace(CONFIG, explored_share=0.4, list_length=3)
    rows = (
        scored(1, 3)
        .drop(columns="customer_id")
        .merge(pd.DataFrame({"customer_id": [f"C{c}" for c in range(6_000)]}), how="cross")
    )
    shown = lists(rows, WEEK, config)
    often = shown.groupby(["rank", "product_id"]).agg(share=("score", "size"), told=("propensity", "first"))
    assert len(often) == 9, "every product in every place"
    assert shown.groupby(["rank", "product_id"])["propensity"].nunique().max() == 1
    # Three standard errors of a share.
    np.testing.assert_allclose(often["share"] / 6_000, often["told"], atol=3 * 0.5 / 6_000**0.5)


def test_a_list_that_is_not_explored_is_sorted_by_score_and_ties_go_by_product():
    rows = scored(400, 5)
    shown = lists(rows, WEEK, replace(CONFIG, list_length=3))
    greedy = shown[~shown["is_explored"]]
    by_hand = {
        name: sorted(zip(-own["score"], own["product_id"], strict=True))[:3]
        for name, own in rows.groupby("customer_id")
    }
    for name, own in greedy.groupby("customer_id"):
        assert list(own["rank"]) == [1, 2, 3]
        assert list(zip(-own["score"], own["product_id"], strict=True)) == by_hand[name]
    np.testing.assert_allclose(greedy["propensity"], 0.95 + 0.05 / 5)
    explored = shown[shown["is_explored"]]
    assert set(explored["propensity"].round(9)) == {round(0.05 / 5, 9), round(0.95 + 0.05 / 5, 9)}


def test_the_share_explored_is_near_what_is_set_and_a_customer_is_drawn_alone():
    rows = scored(20_000, 2)
    shown = lists(rows, WEEK, CONFIG)
    by_list = shown.groupby("customer_id")["is_explored"].first()
    assert by_list.mean() == pytest.approx(0.05, abs=3 * (0.05 * 0.95 / 20_000) ** 0.5)
    few = rows[rows["customer_id"].isin(by_list.index[by_list].tolist()[:50])]
    pd.testing.assert_frame_equal(
        lists(few, WEEK, CONFIG), shown[shown["customer_id"].isin(few["customer_id"])].reset_index(drop=True)
    )
    others = lists(rows, date(2017, 10, 9), CONFIG).groupby("customer_id")["is_explored"].first()
    assert (by_list & others).mean() < 0.01, "another week draws other customers"


def test_only_launches_that_are_planned_and_stocked_are_shown_and_others_change_no_reach(champions, candidates):
    shown, audience = made_of(champions, candidates, NOTHING, launches(P_1=True, P_3=False), CONFIG)
    assert set(shown["product_id"]) == {"P-1"}
    assert set(audience["product_id"]) == {"P-1", "P-3"}
    _, of_all = made_of(champions, candidates, NOTHING, ALL, CONFIG)
    pd.testing.assert_frame_equal(audience, of_all[of_all["product_id"] != "P-2"].reset_index(drop=True))
    for none in (launches(), launches(P_9=True)):
        assert [len(frame) for frame in made_of(champions, candidates, NOTHING, none, CONFIG)] == [0, 0]
    assert [len(frame) for frame in made_of({}, candidates, NOTHING, ALL, CONFIG)] == [0, 0]


@pytest.mark.parametrize("break_even", [None, 0.05, 0.3])
def test_an_audience_counts_as_many_customers_as_the_forecasts_reach(champions, candidates, break_even):
    config = replace(CONFIG, break_even_rate=break_even)
    past = make_frame(RESPONSE_BACKTEST, 200).assign(task="conversion", model="logistic", is_planned=True)
    past = past.assign(week=MONDAY - pd.Timedelta(weeks=2))
    reach = forecast(champions, candidates, past, WEEK, config).set_index("product_id")["reach_customers"]
    _, audience = made_of(champions, candidates, past, ALL, config)
    counted = audience.groupby("product_id").size().reindex(reach.index, fill_value=0)
    assert counted.tolist() == reach.tolist()
    assert break_even is not None or 0 < counted.sum() < len(candidates)
    for _, own in audience.groupby("product_id"):
        assert own.sort_values("rank")["score"].is_monotonic_decreasing
        assert sorted(own["rank"]) == list(range(1, len(own) + 1))


def test_reasons_are_true_of_their_row_and_the_first_true_one_is_said(champions, candidates):
    shown, _ = made_of(champions, candidates, NOTHING, ALL, CONFIG)
    rows = shown.merge(candidates, on=["customer_id", "product_id", "channel"], validate="one_to_one")
    bought_it = rows["product_bought_before"] > 0
    bought_kind = ~bought_it & (rows["category_3_bought_before"] > 0)
    assert rows["reason"].str.startswith("bought it ").eq(bought_it).all()
    assert rows["reason"].str.contains(" of Skyr before").eq(bought_kind).all()
    assert 0 < bought_it.sum() < len(rows)
    assert bought_kind.any()
    for row in rows[bought_kind].itertuples():
        assert row.reason.startswith(f"bought {row.category_3_bought_before:,.0f} unit")


def test_every_reason_gives_way_to_the_next():
    row = make_frame(RESPONSE_CANDIDATES, 1).assign(category_1="DAIRY", category_2="YOGHURT", category_3="Skyr")
    figures = {
        "product_bought_before": 4.0,
        "category_3_bought_before": 1.0,
        "seller_bought_before": 6.0,
        "category_2_bought_before": 9.0,
        "product_units_12": 12.0,
        "category_3_units_12": 1234.0,
        "category_2_units_12": 5000.0,
    }
    row = row.assign(**figures, weeks_since_product=2.0, weeks_since_category_3=1.0)
    said = []
    for name in figures:
        said += reasons(row)
        row = row.assign(**{name: 0.0 if len(said) % 2 else np.nan})
    assert [*said, *reasons(row), *reasons(row.assign(category_2=None, category_3=None))] == [
        "bought it 4 times before, last 2 weeks ago",
        "bought 1 unit of Skyr before, last 1 week ago",
        "bought 6 units of its seller's products before",
        "bought 9 units of YOGHURT before",
        "it sold 12 units in the last 12 weeks",
        "Skyr sold 1,234 units in the last 12 weeks",
        "YOGHURT sold 5,000 units in the last 12 weeks",
        "new in Skyr",
        "new in DAIRY",
    ]


@pytest.fixture(scope="module")
def selling(candidates) -> pd.DataFrame:
    """The same customers with three products that sell, the first of them for four weeks."""
    rows = candidates.sample(frac=1, random_state=3).reset_index(drop=True)
    number = rows.groupby("customer_id").cumcount()
    return rows.assign(
        product_id=pd.Series([f"S-{place}" for place in number], dtype="str"),
        product_age_weeks=np.where(number == 0, 4.0, 30.0),
        product_bought_weeks_12=(rows.index % 4 == 0) * 3.0,
    )


def test_what_sells_stands_beside_launches_and_only_launches_have_an_audience(champions, candidates, selling):
    rows = candidates.assign(product_age_weeks=np.nan)
    shown, audience = made_of(champions, rows, NOTHING, ALL, CONFIG, selling)
    assert set(shown["product_id"]) == {*ALL["product_id"], *selling["product_id"]}
    assert set(audience["product_id"]) <= set(ALL["product_id"])
    assert shown["is_new"].eq(shown["product_id"].str.startswith("P") | shown["product_id"].eq("S-0")).all()
    _, alone = made_of(champions, rows, NOTHING, ALL, CONFIG)
    pd.testing.assert_frame_equal(audience, alone)
    # A third way to the scores: each row by itself.
    rated = pd.concat([rows, selling], ignore_index=True)
    rate = champions["conversion"].predict_anywhere(rated)
    own = (16 * rate + rated["product_bought_weeks_12"]) / (16 + 12)
    rated = rated.assign(rate=np.where(rated["product_id"].str.startswith("P"), rate, own))
    best = rated.sort_values(["rate", "product_id"], ascending=[False, True]).groupby("customer_id").head(2)
    greedy = shown[~shown["is_explored"]].merge(best, on=["customer_id", "product_id"], how="left")
    assert greedy["rate"].notna().all()
    np.testing.assert_allclose(greedy["score"], greedy["rate"])
    only, nobody = made_of(champions, rows, NOTHING, launches(), CONFIG, selling)
    assert set(only["product_id"]) == set(selling["product_id"])
    assert nobody.empty


def test_new_products_hold_the_share_that_is_bought_of_them_at_the_least_price():
    rows = scored(40, 6).assign(is_new=lambda frame: frame["product_id"].isin(["P0", "P5"]))
    # Without ties, which go by the name of the product, or of the row.
    untied = rows["score"] + np.random.default_rng(1).random(len(rows)) / 100
    rows = rows.assign(score=untied / np.where(rows["is_new"], 3.0, 1.0))
    config = replace(CONFIG, list_length=3, explored_share=0.0)

    def held(shown: pd.DataFrame) -> tuple[float, float]:
        weight = 1.0 / np.log2(shown["rank"] + 1.0)
        return float(weight[shown["is_new"]].sum() / weight.sum()), float((weight * shown["score"]).sum())

    free, dear = (lists(rows, WEEK, config, floor) for floor in (0.0, 0.4))
    by_list = rows.assign(list_id=rows["customer_id"], item_id=rows["product_id"])
    whole = rerank(by_list, 0.4, 3)
    assert held(free)[0] < 0.2
    assert held(dear)[0] >= 0.4 - 1e-9
    assert held(free)[1] - held(dear)[1] == pytest.approx(whole.loss), "rows that cannot be shown change nothing"
    every, most = lists(rows, WEEK, config, 1.0), most_exposure(by_list, 3)
    assert held(every)[0] == pytest.approx(most), "as many as there are"


def test_a_share_of_new_products_counts_what_was_new_then():
    weeks = [MONDAY - pd.Timedelta(weeks=k) for k in range(1, 31)]
    old = pd.DataFrame({"product_id": "O", "week": weeks, "units": 3.0})
    new = pd.DataFrame({"product_id": "N", "week": weeks[:10], "units": 1.0})
    # Of the trailing twelve weeks, ten have N, eight of them in its first eight weeks.
    assert new_share(pd.concat([old, new]), MONDAY) == pytest.approx(8 / (36 + 10))
    assert new_share(old, MONDAY) == 0.0
    assert new_share(old.iloc[:0], MONDAY) == 0.0


def test_exposure_is_weighed_by_place_and_held_against_what_groups_sold():
    shown = pd.DataFrame(
        {
            "product_id": ["A", "B", "B", "A", "A"],
            "rank": [1, 2, 1, 2, 1],
            "customer_id": list("vvwwx"),
            "is_new": [False, True, True, False, False],
        }
    )
    products = pd.DataFrame(
        {
            "product_id": list("ABCDE"),
            "seller_id": ["S", None, "S", "T", "U"],
            "brand": ["own", "own", "own", "own", "big"],
        }
    )
    sales = pd.DataFrame(
        {
            "product_id": ["C", "C", "D", "E", "C"],
            "week": [MONDAY - pd.Timedelta(weeks=k) for k in (1, 12, 2, 1, 13)],
            "units": [6.0, 4.0, 10.0, 99.0, 1_000.0],
        }
    )
    found = exposure_fairness(shown, set("ABD"), products, sales, MONDAY)
    verdict = validate(found, EXPOSURE_FAIRNESS)
    assert verdict.passed, verdict.message
    second = 1 / np.log2(3)
    total = 3 + 2 * second
    rows = found.set_index(["group_kind", "group_name"])
    assert rows.loc[("seller", "S"), "exposure_share"] == pytest.approx((2 + second) / total)
    assert rows.loc[("seller", "unknown"), "exposure_share"] == pytest.approx((1 + second) / total)
    assert rows.loc[("seller", "T")].tolist()[1:] == [1, 0.0, 0.5, 0.0]
    assert rows.loc[("seller", "S"), "purchase_share"] == pytest.approx(0.5), (
        "its other products count, older weeks do not"
    )
    assert pd.isna(rows.loc[("seller", "unknown"), "ratio"])
    assert rows.loc[("brand", "own"), ["products", "exposure_share", "purchase_share", "ratio"]].tolist() == [
        3,
        1,
        1,
        1,
    ]
    assert "U" not in found["group_name"].tolist(), "nothing of it could be shown"
    assert rows.loc[("age", "new"), "exposure_share"] == pytest.approx((1 + second) / total)
    sums = found.groupby("group_kind")[["exposure_share", "purchase_share"]].sum()
    np.testing.assert_allclose(sums, 1.0)
    mixed = [frame.sample(frac=1, random_state=2) for frame in (shown, products, sales)]
    pd.testing.assert_frame_equal(found, exposure_fairness(mixed[0], set("ABD"), *mixed[1:], MONDAY))
    assert exposure_fairness(shown.iloc[:0], set("ABD"), products, sales, MONDAY).empty
