"""Rates, rhythm and places of response rows, counted anew in pandas from the raw rows alone."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

_LINES = """
    select customer_id, location_id, product_id, category_2, category_3, seller_id, order_id, units, gross_revenue,
        net_revenue, date_trunc('week', timezone('America/New_York', timezone('UTC', sold_at)))::date as week
    from raw.raw_sales join raw.raw_products using (product_id)
    where customer_id is not null and category_1 not in ('FUEL', 'STAFF''S OWN')
        and week >= (select min(week) from features.weekly_sales)
"""
_PROMOTED = """
    select product_id, locations.location_id, starts_on, ends_on, contains(placement, 'mail') as has_mailer,
        category_2, category_3, seller_id
    from raw.raw_promotions promotions join raw.raw_products using (product_id) join raw.raw_locations locations
        on promotions.location_id = locations.location_id
        or (promotions.location_id is null and promotions.channel = locations.channel)
    where product_id <> 'F' and announced_on is null
"""
_SHOWN = """
    select features.*, category_3, seller_id
    from features.response_features features join raw.raw_products using (product_id)
    where location_id is not null order by hash(impression_id) limit 200
"""
_VISIT, _BOUGHT = ["customer_id", "location_id", "week"], ["customer_id", "location_id", "week", "product_id"]


class Past:
    """What happened before a week, and in the weeks that trail it."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        lines = con.execute(_LINES).df()
        self.bought = lines[lines["units"] > 0]
        self.visits = lines[_VISIT].drop_duplicates()
        spans = con.execute(_PROMOTED).df()
        offered = self.visits.merge(spans, on="location_id")
        offered = offered[offered["week"].between(offered["starts_on"], offered["ends_on"])]
        pairs = self.bought[_BOUGHT].drop_duplicates().assign(is_bought=True)
        self.offered = offered.merge(pairs, on=_BOUGHT, how="left").assign(is_bought=lambda f: f["is_bought"].notna())

    def of(self, row: Any) -> dict[str, float]:
        """The features of one row."""
        day, nan = row.week, np.nan
        bought = self.bought[self.bought["week"] < day]
        recent, last = day - pd.Timedelta(weeks=12), day - pd.Timedelta(weeks=4)
        late, offered = bought[bought["week"] >= recent], self.offered[self.offered["week"] < day]
        offered_late = offered[offered["week"] >= recent]
        visits = self.visits[(self.visits["week"] < day) & (self.visits["week"] >= recent)]
        mine, own = bought[bought["customer_id"] == row.customer_id], bought[bought["product_id"] == row.product_id]
        my_late, my_visits = (
            late[late["customer_id"] == row.customer_id],
            visits[visits["customer_id"] == row.customer_id],
        )
        in_3, in_2 = mine[mine["category_3"] == row.category_3], mine[mine["category_2"] == row.category_2]
        in_3 = in_3[in_3["category_2"] == row.category_2]
        line = in_3[in_3["seller_id"].isin([row.seller_id])]
        of_me, of_it = offered_late["customer_id"] == row.customer_id, offered["product_id"] == row.product_id
        here = visits["location_id"] == row.location_id
        first = self.bought.groupby(["customer_id", "product_id"])["week"].min().rename("first")
        chosen = my_late[["customer_id", "product_id", "week"]].drop_duplicates()
        trials = (chosen.join(first, on=["customer_id", "product_id"])["first"] == chosen["week"]).mean()
        sold_here = own[own["location_id"] == row.location_id]
        it = offered[of_it]
        it_late = it[it["week"] >= recent]
        so = it_late[it_late["has_mailer"] == bool(row.has_mailer)]
        in_category_2 = offered_late[offered_late["category_2"] == row.category_2]
        in_category_3 = in_category_2[in_category_2["category_3"] == row.category_3]
        rates = {"category_2_rate": _rate(in_category_2, 1.0, 1000)}
        rates["category_3_rate"] = _rate(in_category_3, rates["category_2_rate"], 2000)
        in_line = in_category_3[in_category_3["seller_id"].isin([row.seller_id])]
        if row.seller_id is None:
            in_line = in_category_3[in_category_3["seller_id"].isna()]
            line = in_3[in_3["seller_id"].isna()]
        rates["line_rate"] = _rate(in_line, rates["category_3_rate"], 2000)
        rates["product_rate"] = _rate(it, rates["line_rate"], 1000)
        rates["product_rate_12"] = _rate(it_late, rates["line_rate"], 1000)
        rates["product_rate_4"] = _rate(it[it["week"] >= last], rates["product_rate_12"], 500)
        rates["product_rate_so_promoted"] = _rate(so, rates["product_rate_12"], 1000)
        buyers_here = len(sold_here[sold_here["week"] >= recent][_BOUGHT].drop_duplicates())
        rates["product_rate_here"] = (1000 * buyers_here + 3 * rates["product_rate_12"]) / (here.sum() + 3)
        per_visit = my_late[my_late.index.isin(in_3.index)]["week"].nunique()
        own_mine = mine[mine["product_id"] == row.product_id]
        return {
            **rates,
            "customer_rate": _rate(offered_late[of_me], 1.0, 1000),
            "location_rate": _rate(offered_late[offered_late["location_id"] == row.location_id], 1.0, 1000),
            "product_bought_weeks_12": own_mine[own_mine["week"] >= recent]["week"].nunique(),
            "product_share_of_category_3": own_mine["units"].sum() / in_3["units"].sum() if len(own_mine) else nan,
            "line_bought_weeks": line["week"].nunique(),
            "weeks_since_line": _weeks_since(day, line),
            "weeks_since_category_2": _weeks_since(day, in_2),
            "weeks_since_sale_here": _weeks_since(day, sold_here),
            "category_3_bought_12": in_3[in_3["week"] >= recent]["units"].sum(),
            "category_3_per_visit": per_visit / len(my_visits) if len(my_visits) else nan,
            "price_to_category_2_paid": row.shelf_price * in_2["units"].sum() / in_2["gross_revenue"].sum()
            if len(in_2)
            else nan,
            "category_2_discount_paid": 1 - in_2["net_revenue"].sum() / in_2["gross_revenue"].sum()
            if len(in_2)
            else nan,
            "customer_visits_12": len(my_visits),
            "customer_opportunities_12": of_me.sum(),
            "customer_products_per_visit": len(chosen) / len(my_visits) if len(my_visits) else nan,
            "customer_trial_share": trials,
            "location_visits_12": (my_visits["location_id"] == row.location_id).sum(),
            "product_opportunities_before": len(it),
            "product_opportunities_12": len(it_late),
            "product_promoted_weeks": it["week"].nunique(),
            "weeks_since_first_promotion": (day - it["week"].min()).days / 7 if len(it) else nan,
        }


def _rate(offered: pd.DataFrame, prior: float, weight: float) -> float:
    return float((1000 * offered["is_bought"].sum() + weight * prior) / (len(offered) + weight))


def _weeks_since(day: pd.Timestamp, lines: pd.DataFrame) -> float:
    return (day - lines["week"].max()).days / 7 if len(lines) else np.nan


def test_features_are_what_the_raw_rows_of_earlier_weeks_add_up_to(con: duckdb.DuckDBPyConnection) -> None:
    past, shown = Past(con), con.execute(_SHOWN).df()
    shown["seller_id"] = shown["seller_id"].astype(object).where(shown["seller_id"].notna(), None)
    counted = pd.DataFrame([past.of(row) for row in shown.itertuples()])
    # Each feature must vary, else its comparison says nothing.
    assert (counted.nunique() > 1).all(), counted.columns[counted.nunique() <= 1].tolist()
    for name in counted:
        assert shown[name].to_numpy(float) == pytest.approx(counted[name].to_numpy(float), nan_ok=True), name


def test_a_row_knows_how_broad_the_week_s_announced_mailer_is_and_where_in_the_month_it_lies(
    con: duckdb.DuckDBPyConnection,
) -> None:
    products = _announced(con).groupby("starts_on").size()
    shown = con.execute(
        "select distinct week, mailer_breadth, is_month_start from features.response_features order by week"
    ).df()
    assert shown["week"].is_unique
    assert shown["mailer_breadth"].nunique() > 1
    assert shown["is_month_start"].nunique() == 2
    for row in shown.itertuples():
        assert row.mailer_breadth == pytest.approx(_breadth(products, row.week), nan_ok=True), row.week
        assert row.is_month_start == float((row.week + pd.Timedelta(days=3)).day <= 7)


def test_a_row_in_the_mailer_knows_how_broad_its_place_there_is(con: duckdb.DuckDBPyConnection) -> None:
    products = _announced(con).groupby(["starts_on", "mailer_code"]).size().unstack()
    shown = con.execute(
        "select distinct week, has_mailer, mailer_code, place_breadth from features.response_features order by all"
    ).df()
    assert shown["place_breadth"].nunique() > 1
    for row in shown.itertuples():
        place = row.mailer_code if row.has_mailer else None
        of_place = products.reindex(columns=[place])[place].dropna()
        assert row.place_breadth == pytest.approx(_breadth(of_place, row.week), nan_ok=True), row


def _announced(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Products by the week for which a mailer was announced, once each, in the place announced first."""
    plans = con.execute(
        "select product_id, starts_on, announced_on, mailer_code from raw.raw_promotions "
        "where announced_on is not null and contains(placement, 'mail') and product_id <> 'F'"
    ).df()
    assert (plans["announced_on"] <= plans["starts_on"]).all()
    return plans.sort_values(["announced_on", "mailer_code"]).drop_duplicates(["product_id", "starts_on"])


def _breadth(products: pd.Series, week: pd.Timestamp) -> float:
    trailing = products[(products.index < week) & (products.index >= week - pd.Timedelta(weeks=12))]
    return float(np.round(2 * np.log2(products.get(week, np.nan) / trailing.mean())) / 2)
