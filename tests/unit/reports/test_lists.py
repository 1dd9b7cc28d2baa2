"""What the report says of whole lists follows from their rows."""

from dataclasses import replace

import pytest
from support.report_inputs import made_up_week

from reports.sections.lists import lists

WEEK = made_up_week()


def test_models_are_told_by_their_order_and_by_what_the_floor_takes() -> None:
    scores = WEEK.response_list_scores
    assert scores is not None
    table = lists(WEEK).tables[0].frame.set_index("model")
    for model, own in scores.groupby("model"):
        row = table.loc[model]
        assert row["ndcg_10"] == pytest.approx(own["ndcg_10"].mean())
        assert row["error"] == pytest.approx(own["ndcg_10"].sem())
        assert row["price"] == pytest.approx((own["ndcg_10"] - own["ndcg_10_floor"]).mean())
    assert table.index.tolist() == ["logistic", "popularity"]


def test_the_claim_names_the_rule_and_what_new_products_would_hold() -> None:
    claim = lists(WEEK).claim
    assert claim.startswith("logistic orders 20 whole lists with an NDCG of ")
    assert "above popularity (" in claim
    assert "New products would hold 2.0 % of the places and hold 6.0 % of the purchases" in claim
    assert "costs 0.010 of NDCG" in claim


def test_a_rule_that_orders_better_is_said_to() -> None:
    scores = WEEK.response_list_scores
    assert scores is not None
    worse = scores.assign(ndcg_10=scores["ndcg_10"].where(scores["model"] == "popularity", 0.01))
    decided = WEEK.champion_decision
    assert decided is not None
    told = decided.assign(model=decided["model"].where(decided["task"] != "conversion", "logistic"))
    found = lists(replace(WEEK, response_list_scores=worse, champion_decision=told)).claim
    assert "not above popularity" in found


def test_groups_stand_beside_their_purchases_and_in_the_picture() -> None:
    section = lists(WEEK)
    assert section.tables[1].frame["group_name"].tolist() == ["established", "new", "National", "1208"]
    assert "new (age) 2 % beside 6 %" in section.charts[0].alt
    assert section.charts[0].draw().startswith("<svg")


def test_without_whole_lists_it_says_so() -> None:
    scores = WEEK.response_list_scores
    assert scores is not None
    missing = lists(replace(WEEK, response_list_scores=scores.iloc[:0])).missing
    assert "no visit's whole list is known" in str(missing)
