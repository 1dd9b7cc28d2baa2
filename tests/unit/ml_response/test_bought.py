"""Lists of recommendations beside what was bought: by hand on two customers, and against chance on many."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from support.frames import MONDAY

from contracts.evaluations import RECOMMENDATION_SCORES
from expectations.validate import validate
from ml.response.bought import recommendation_scores

WEEK = MONDAY.date()


def listed(*lists: tuple[str, str, bool]) -> pd.DataFrame:
    """One row a place: customers with their products from the top, and whether their list was explored."""
    rows = [
        (customer, "web", place + 1, product, is_explored)
        for customer, products, is_explored in lists
        for place, product in enumerate(products)
    ]
    return pd.DataFrame(rows, columns=["customer_id", "channel", "rank", "product_id", "is_explored"])


def candidates(customers: Sequence[str], products: str, **columns: list[float]) -> pd.DataFrame:
    pairs = [(customer, "web", product) for customer in customers for product in products]
    rows = pd.DataFrame(pairs, columns=["customer_id", "channel", "product_id"])
    zeros = dict.fromkeys(("product_customers_4", "product_bought_weeks_12", "product_bought_before"), 0.0)
    return rows.assign(**zeros | columns)


def bought(**products: str) -> pd.DataFrame:
    pairs = [(customer, product) for customer, names in products.items() for product in names]
    return pd.DataFrame(pairs, columns=["customer_id", "product_id"])


def test_figures_are_those_of_a_calculation_by_hand() -> None:
    shown = listed(("v", "AB", False), ("w", "BC", False), ("x", "AB", True), ("y", "AB", False))
    rows = candidates(
        "vwxy", "ABC",
        product_customers_4=[1.0, 2.0, 3.0] * 4,
        product_bought_weeks_12=[2.0, 0.0, 0.0, *[0.0] * 9],
    )  # fmt: skip
    # v bought the first of two places and what no list can hold; w the second; y bought nothing, x was explored.
    found = recommendation_scores(shown, rows, bought(v="AZ", w="C", x="AB"), WEEK, "real")
    verdict = validate(found, RECOMMENDATION_SCORES)
    assert verdict.passed, verdict.message
    told = found.set_index(["policy", "metric"])
    second = 1 / np.log2(3)
    assert told.loc[("debut", "ndcg"), "value"] == pytest.approx((1 / (1 + second) + second) / 2)
    assert told.loc[("debut", "precision"), "value"] == pytest.approx((0.5 + 0.5) / 2)
    assert told.loc[("debut", "recall"), "value"] == pytest.approx((0.5 + 1.0) / 2)
    # Best sellers are C and B for everyone: v gets none, w the first place.
    assert told.loc[("best_sellers", "ndcg"), "value"] == pytest.approx((0.0 + 1.0) / 2)
    # What v bought again stands first, the rest by sales.
    assert told.loc[("bought_again", "ndcg"), "value"] == pytest.approx((1 / (1 + second) + 1.0) / 2)
    gains = np.array([1 / (1 + second), second - 1.0])
    row = told.loc[("best_sellers", "ndcg")]
    assert row["gain"] == pytest.approx(gains.mean())
    assert row["gain_high"] - row["gain"] == pytest.approx(1.96 * gains.std(ddof=1) / 2**0.5)
    assert (found["lists"] == 2).all()
    assert np.isnan(told.loc[("debut", "ndcg"), "gain"])


def test_a_gain_over_an_equal_rule_is_within_its_interval_at_the_nominal_rate() -> None:
    """Lists in random order have no gain over best sellers that sell alike: the interval holds 0 in 95 of 100 draws."""
    rng, held = np.random.default_rng(3), 0
    names = [f"c{number:03d}" for number in range(60)]
    for _ in range(200):
        shown = listed(*((name, "".join(rng.permutation(list("ABCDEF"))[:3]), False) for name in names))
        rows = candidates(names, "ABCDEF", product_customers_4=rng.random(6 * len(names)).tolist())
        purchases = bought(**{name: "".join(rng.permutation(list("ABCDEF"))[:2]) for name in names})
        row = recommendation_scores(shown, rows, purchases, WEEK, "real").query("policy == 'best_sellers'").iloc[0]
        held += row["gain_low"] <= 0 <= row["gain_high"]
    assert 200 * 0.95 - 3 * (200 * 0.95 * 0.05) ** 0.5 <= held <= 200


def test_nothing_is_told_of_a_week_in_which_nobody_listed_bought() -> None:
    shown = listed(("v", "AB", False))
    for purchases in (bought(), bought(w="A"), bought(v="A")):
        assert recommendation_scores(shown, candidates("v", "AB"), purchases, WEEK, "real").empty
    assert recommendation_scores(shown.iloc[:0], candidates("v", "AB"), bought(v="A"), WEEK, "real").empty
