"""What begins to sell unannounced, and what a launch is told of the products like it, against plain loops."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from math import exp, hypot, log
from typing import Any

import duckdb
import pytest
from support.dbt_shop import LAUNCHES, UNANNOUNCED
from support.rows import monday

_SCOPES = {
    "type": ("category_1", "category_2", "category_3"),
    "line": ("category_1", "category_2", "category_3", "seller_id"),
    "twin": ("category_1", "category_2", "category_3", "seller_id", "attributes"),
}


def test_what_nobody_announced_is_looked_at_once_in_each_channel_and_known_a_week_later(
    con: duckdb.DuckDBPyConnection,
) -> None:
    first = con.execute("select min(week) from features.weekly_sales where product_id = 'U1' and units > 0").fetchone()
    assert first is not None
    told = con.execute(
        "select product_id, channel, decision_week, planned_week, known_on, is_announced, weeks_to_launch "
        "from features.first_sales order by channel"
    ).fetchall()
    week = first[0]
    assert told == [("U1", channel, week, week, week + timedelta(weeks=1), 0.0, 0.0) for channel in ("large", "small")]


def test_no_product_is_a_candidate_and_a_first_sale(con: duckdb.DuckDBPyConnection) -> None:
    names = {name for (name,) in con.execute("select distinct product_id from features.launch_candidates").fetchall()}
    assert names == set(LAUNCHES)
    assert not names & set(UNANNOUNCED)
    assert con.execute("select distinct is_announced from features.launch_candidates").fetchall() == [(1.0,)]


@pytest.mark.parametrize(("name", "number"), [("N2", 18), ("N4", 20), ("N5", 24), ("N5", 27)])
def test_products_like_a_launch_speak_of_their_weeks_since_they_began(
    name: str, number: int, con: duckdb.DuckDBPyConnection
) -> None:
    week = monday(number)
    told = con.execute(
        "select * from features.launch_candidates where product_id = ? and decision_week = ? limit 1", [name, week]
    ).df()
    assert len(told) == 1
    row = told.iloc[0]
    alike = _listed(con, week)
    own = _product(con, name)
    for scope, shared in _SCOPES.items():
        near = [other for other in alike if all(own[key] is not None and other[key] == own[key] for key in shared)]
        assert row[f"{scope}_products"] == len(near), scope
        if near:
            speeds = [other["velocity"] for other in near]
            weights = [max(exp(-abs(log(other["price"] / row["planned_price"])) / 0.15), 1e-6) for other in near]
            expected = sum(w * v for w, v in zip(weights, speeds, strict=True)) / sum(weights)
            assert row[f"{scope}_mean"] == pytest.approx(sum(speeds) / len(speeds), abs=0.01)
            assert row[f"{scope}_max"] == pytest.approx(max(speeds), abs=0.01)
            assert row[f"{scope}_near_price"] == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(("name", "number"), [("N2", 18), ("N4", 20), ("N5", 24), ("N5", 27)])
def test_products_of_a_launchs_type_speak_by_the_cosine_of_their_embeddings(
    name: str, number: int, con: duckdb.DuckDBPyConnection
) -> None:
    week = monday(number)
    told = con.execute(
        "select type_alike from features.launch_candidates where product_id = ? and decision_week = ? limit 1",
        [name, week],
    ).fetchall()
    own = _product(con, name)
    speak = [
        (exp((cosine - 1.0) / 0.1), other["velocity"])
        for other in _listed(con, week)
        if all(other[key] == own[key] for key in _SCOPES["type"])
        and (cosine := _cosine(own["embedding"], other["embedding"])) is not None
    ]
    assert bool(speak) == (name != "N2"), "N2 alone has no embedding of its own, or nothing of its type has"
    if speak:
        expected = sum(weight * velocity for weight, velocity in speak) / sum(weight for weight, _ in speak)
        assert told[0][0] == pytest.approx(expected, abs=0.02)
    else:
        assert told == [(None,)]


def _cosine(one: Sequence[float] | None, other: Sequence[float] | None) -> float | None:
    if one is None or other is None or len(one) != len(other):
        return None
    sizes = hypot(*one) * hypot(*other)
    return sum(a * b for a, b in zip(one, other, strict=True)) / sizes if sizes else None


def _product(con: duckdb.DuckDBPyConnection, name: str) -> dict[str, Any]:
    return con.execute("select * from raw.raw_products where product_id = ?", [name]).df().astype(object).where(
        lambda frame: frame.notna(), None
    ).to_dict("records")[0]  # fmt: skip


def _listed(con: duckdb.DuckDBPyConnection, week: date) -> list[dict[str, Any]]:
    """Products listed in the week before, with their price and their weekly units of at most 13 weeks."""
    found = []
    names = con.execute(
        "select distinct product_id from features.weekly_sales where week = ? order by 1", [week - timedelta(weeks=1)]
    ).fetchall()
    for (name,) in names:
        rows = con.execute(
            "select week, sum(units) from features.weekly_sales where product_id = ? and week < ? group by week",
            [name, week],
        ).fetchall()
        age = (week - min(start for start, _ in rows)).days // 7
        units = sum(sold for start, sold in rows if start >= week - timedelta(weeks=13))
        price = con.execute(
            "select shelf_price from features.demand_features where product_id = ? and channel = 'all' and week = ?",
            [name, week - timedelta(weeks=1)],
        ).fetchone()
        assert price is not None
        found.append({**_product(con, name), "velocity": float(units) / min(age, 13), "price": price[0]})
    return found
