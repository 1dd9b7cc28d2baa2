"""What the report says of recommendations follows from their rows."""

from dataclasses import replace

import pytest
from support.report_inputs import made_up_week

from reports.inputs import ReportInputs
from reports.sections.recommended import recommended

WEEK = made_up_week()


def without(inputs: ReportInputs, customers: int) -> ReportInputs:
    """The week with recommendations for the first customers only."""
    rows = inputs.recommendations
    assert rows is not None
    return replace(inputs, recommendations=rows[rows["customer_id"] < f"H{customers:03d}"])


def test_customers_launches_and_the_share_explored_are_counted() -> None:
    claim = recommended(WEEK).claim
    assert claim.startswith("40 customers are shown 5 products, 5 new ones among them, in 40 lists; ")
    assert "5.0 % of the lists are in random order" in claim
    assert recommended(without(WEEK, 1)).claim.startswith(
        "1 customer is shown 3 products, 3 new ones among them, in 1 list; "
    )


def test_the_table_counts_each_product_by_a_second_way_and_the_most_shown_is_named_first() -> None:
    section, rows = recommended(WEEK), WEEK.recommendations
    assert rows is not None
    table = section.tables[0].frame
    by_hand = {
        product: (own["customer_id"].nunique(), int((own["rank"] == 1).sum()), own["reason"].mode().iloc[0])
        for product, own in rows.groupby("product_id")
    }
    told = {row.product_id: (row.customers, row.first, row.reason) for row in table.itertuples()}
    assert told == by_hand
    assert table["customers"].is_monotonic_decreasing
    assert f"{table['title'].iloc[0]} stands in the most, {table['customers'].iloc[0]} customers" in section.claim


def test_exposure_stands_beside_purchases_for_each_group() -> None:
    section = recommended(WEEK)
    assert section.tables[2].frame["group_name"].tolist() == ["new", "National", "1208", "69", "unknown"]
    assert "1208 50 % beside 25 %; 69 30 % beside 75 %; unknown 20 % beside 0 %" in section.charts[0].alt
    assert section.charts[0].draw().startswith("<svg")


@pytest.mark.parametrize("frame", [None, "empty"])
def test_lists_are_told_of_without_the_shares(frame: str | None) -> None:
    given = WEEK.exposure_fairness
    assert given is not None
    section = recommended(replace(WEEK, exposure_fairness=given.iloc[:0] if frame else None))
    assert (section.charts, len(section.tables)) == ((), 2)
    assert len(recommended(replace(WEEK, recommendation_scores=None)).tables) == 2
    assert "Not shown: recommendations" in str(recommended(without(WEEK, 0)).missing)


def test_lists_stand_beside_rules_once_the_week_is_over() -> None:
    table = recommended(WEEK).tables[1]
    assert table.frame["policy"].tolist() == ["debut", "bought_again", "best_sellers"]
    assert table.frame["name"].tolist() == ["Debut", "what was bought again", "best sellers"]
    assert table.frame["precision"].tolist() == [0.1, 0.08, 0.03]
    assert table.frame["gain"].fillna(0.0).round(9).tolist() == [0.0, 0.05, 0.15]
