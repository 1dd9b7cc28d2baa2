"""Response rows: what is kept, what it stands for, and that scoring reads what training read."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
from support.dbt_shop import CHANNELS, DECISION_WEEK, VARIABLES, make_warehouse, raw_rows, run_dbt

from contracts.features import RESPONSE_FEATURES_COLUMNS

_EXPOSURE = {"has_display", "has_mailer", "display_code", "mailer_code", "product_rate_so_promoted"}

# Every opportunity by brute force, from the raw tables alone. The doubled key is one opportunity.
_OPPORTUNITIES = """
with lines as (
    select *, date_trunc('week', timezone('America/New_York', timezone('UTC', sold_at)))::date as week
    from raw.raw_sales join raw.raw_products using (product_id)
    where customer_id is not null and category_1 not in ('FUEL', 'STAFF''S OWN')
),
spans as (
    select product_id, locations.location_id, starts_on, ends_on
    from raw.raw_promotions promotions join raw.raw_locations locations
        on promotions.location_id = locations.location_id
        or (promotions.location_id is null and promotions.channel = locations.channel)
    where product_id <> 'F'
),
visits as (select distinct customer_id, location_id, week from lines)
select distinct visits.customer_id, visits.location_id, visits.week, spans.product_id,
    exists (
        from lines where lines.units > 0 and lines.customer_id = visits.customer_id and lines.week = visits.week
            and lines.location_id = visits.location_id and lines.product_id = spans.product_id
    ) as is_purchased
from visits join spans on visits.location_id = spans.location_id
    and visits.week between starts_on and ends_on
where visits.week >= (select min(week) from features.weekly_sales) + 56
"""


def test_all_purchases_are_kept_and_the_others_stand_for_all_of_them(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(f"create or replace temp table opportunities as {_OPPORTUNITIES}")
    key = "customer_id, location_id, week, product_id"
    bought = con.execute(f"select {key} from opportunities where is_purchased order by all").fetchall()
    kept = con.execute(
        f"select {key} from features.response_features where is_purchased = 1 and sampling_weight = 1 order by all"
    ).fetchall()
    assert kept == bought
    strangers = con.execute(
        f"select {key} from features.response_features where is_purchased = 0 "
        f"except select {key} from opportunities where not is_purchased"
    ).fetchall()
    assert strangers == []
    passed_by = con.execute("select count(*) from opportunities where not is_purchased").fetchone()
    weight = con.execute(
        "select sum(sampling_weight) from features.response_features where is_purchased = 0"
    ).fetchone()
    assert passed_by is not None
    assert weight is not None
    assert 0.8 * passed_by[0] < weight[0] < 1.25 * passed_by[0]
    assert con.execute(
        "select distinct sampling_weight from features.response_features where is_purchased = 0"
    ).fetchall() == [(float(str(VARIABLES["negative_rate"])),)]


def test_scoring_reads_what_training_read(con: duckdb.DuckDBPyConnection) -> None:
    names = [column.name for column in RESPONSE_FEATURES_COLUMNS if column.name not in _EXPOSURE]
    scored = ", ".join(f"scored.{name}" for name in names)
    trained = ", ".join(f"trained.{name}" for name in names)
    # A candidate stands where the customer was in most of the trailing weeks.
    shared = con.execute(
        f"""
        with homes as (
            select customer_number::varchar as customer_number, arg_min(location_number, (-weeks, location_number)) as home
            from (
                select customer_number, location_number, count(*) as weeks from staging.int_visits
                where week >= ?::date - 84 and week < ? group by all
            )
            group by customer_number
        )
        select row({scored}), row({trained}) from features.response_candidates scored
        join features.response_features trained using (customer_id, product_id)
        join staging.stg_customers customers using (customer_id)
        join staging.stg_locations locations using (location_id)
        join homes on customers.customer_number = homes.customer_number and locations.location_number = homes.home
        where scored.decision_week = trained.week
        """,
        [DECISION_WEEK, DECISION_WEEK],
    ).fetchall()
    assert shared
    assert all(one == other for one, other in shared)


def test_history_ends_before_the_week(con: duckdb.DuckDBPyConnection) -> None:
    """Counted anew from the order lines, for every row."""
    wrong = con.execute(
        """
        with lines as (
            select *, date_trunc('week', timezone('America/New_York', timezone('UTC', sold_at)))::date as week
            from raw.raw_sales join raw.raw_products using (product_id)
            where units > 0 and category_1 <> 'FUEL'
        ),
        bounded as (select * from lines where week >= (select min(week) from features.weekly_sales))
        select shown.impression_id from features.response_features shown
        join raw.raw_products product using (product_id)
        left join bounded on bounded.week < shown.week
        group by all
        having any_value(product_bought_before) <> count(distinct (order_id, bounded.week)) filter (
                bounded.customer_id = shown.customer_id and bounded.product_id = shown.product_id)
            or any_value(category_3_bought_before) <> coalesce(sum(bounded.units) filter (
                bounded.customer_id = shown.customer_id and bounded.category_3 = product.category_3), 0)
            or any_value(product_units_12) <> coalesce(sum(bounded.units) filter (
                bounded.product_id = shown.product_id and bounded.week >= shown.week - 84), 0)
            or any_value(customer_units_12) <> coalesce(sum(bounded.units) filter (
                bounded.customer_id = shown.customer_id and bounded.week >= shown.week - 84), 0)
            or any_value(is_cold) <> (count(*) filter (bounded.product_id = shown.product_id) = 0)
        """
    ).fetchall()
    # The one return of 3 units is netted in product_units_12 and not in these lines.
    returned = con.execute("select count(*) from raw.raw_sales where units < 0").fetchone()
    assert returned == (1,)
    assert all("|P1" in identity for (identity,) in wrong), wrong[:5]


def test_a_week_filled_again_is_the_same_and_leaves_other_weeks_alone(whole: Any) -> None:
    def rows() -> list[tuple[Any, ...]]:
        with duckdb.connect(str(whole.path), read_only=True) as con:
            return con.execute("select * from features.response_candidates order by all").fetchall()

    made = rows()
    with duckdb.connect(str(whole.path)) as con:
        for other, customer in ((DECISION_WEEK - timedelta(weeks=1), "c1"), (DECISION_WEEK, "gone since")):
            con.execute(
                "insert into features.response_candidates select * replace (?::date as decision_week, ? as customer_id) "
                "from features.response_candidates limit 1",
                [other, customer],
            )
    run_dbt(whole.path, "run", "--select", "response_candidates")
    after = rows()
    assert [row for row in after if row[0] == DECISION_WEEK] == made
    assert len(after) == len(made) + 1
    with duckdb.connect(str(whole.path)) as con:
        con.execute("delete from features.response_candidates where decision_week <> ?", [DECISION_WEEK])


def test_a_list_holds_all_that_its_visit_chose_from_and_what_was_bought(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(f"create or replace temp table opportunities as {_OPPORTUNITIES}")
    wanted = con.execute(
        """
        select concat_ws('|', customer_id, location_id, week::date), product_id, is_purchased::integer
        from opportunities
        where week >= ?::date - 28 and week < ?
        qualify bool_or(is_purchased) over (partition by customer_id, location_id, week)
        order by all
        """,
        [DECISION_WEEK, DECISION_WEEK],
    ).fetchall()
    kept = con.execute("select list_id, product_id, is_purchased from features.response_lists order by all").fetchall()
    assert kept
    assert kept == wanted, "fewer visits than are sampled"


def test_a_list_reads_what_training_read(con: duckdb.DuckDBPyConnection) -> None:
    names = [column.name for column in RESPONSE_FEATURES_COLUMNS] + ["is_cold", "is_purchased"]
    listed, trained = (", ".join(f"{of}.{name}" for name in names) for of in ("listed", "trained"))
    shared = con.execute(
        f"""
        select row({listed}), row({trained}) from features.response_lists as listed
        inner join features.response_features as trained
            on concat_ws('|', list_id, listed.product_id) = trained.impression_id
        """
    ).fetchall()
    assert shared
    assert all(one == other for one, other in shared)


def test_products_that_sell_are_named_by_three_sources(con: duckdb.DuckDBPyConnection) -> None:
    """Sorted anew by hand, from the order lines alone."""
    lines = con.execute(
        """
        with lines as (
            select
                lines.customer_id, lines.product_id, lines.location_id, lines.units, locations.channel, category_3, number,
                datediff('week', ?::date, date_trunc('week', timezone('America/New_York', timezone('UTC', sold_at)))::date)
                    as week
            from raw.raw_sales as lines
            inner join raw.raw_products using (product_id)
            inner join raw.raw_locations as locations on lines.location_id = locations.location_id
            inner join (select product_id, product_number as number from staging.stg_products) using (product_id)
            where units > 0 and category_1 not in ('FUEL', 'STAFF''S OWN')
        )
        select distinct on (customer_id, product_id, location_id, week) * exclude (units) from lines
        where week < 0 and week + datediff('week', (select min(week) from features.weekly_sales), ?::date) >= 0
        """,
        [DECISION_WEEK, DECISION_WEEK],
    ).df()
    by_customer = lines.dropna(subset="customer_id")
    places = by_customer[by_customer["week"] >= -12].drop_duplicates(["customer_id", "location_id", "week"])
    numbers = dict(con.execute("select location_id, location_number from staging.stg_locations").fetchall())
    wanted = set()
    for customer, visited in places.groupby("customer_id"):
        weeks = visited["location_id"].value_counts()
        home = min(weeks.index, key=lambda place, weeks=weeks: (-weeks[place], numbers[place]))  # type: ignore[misc]
        channel = CHANNELS[str(home)]
        recent = lines[(lines["channel"] == channel) & (lines["week"] >= -4)]
        counted = recent.dropna(subset="customer_id").drop_duplicates(["customer_id", "product_id", "week"])
        buyers = counted.groupby("product_id").size().reindex(recent["product_id"].unique(), fill_value=0)
        facts = recent.drop_duplicates("product_id").set_index("product_id")
        share = buyers / buyers.groupby(facts["category_3"].reindex(buyers.index)).transform("sum")
        own = by_customer[by_customer["customer_id"] == customer]
        late = own[own["week"] >= -12]
        last, often = own.groupby("product_id")["week"].max(), late.groupby("product_id")["week"].nunique()
        again = [
            (-often.get(name, 0), -last[name], -buyers[name], facts.loc[name, "number"], name)
            for name in last.index
            if name in buyers.index
        ]
        kinds = late.groupby("category_3")["week"].nunique()
        alike = [
            (-kinds[kind] * share[name], facts.loc[name, "number"], name)
            for name, kind in facts["category_3"].items()
            if kind in kinds.index
        ]
        best = [(-buyers[name], facts.loc[name, "number"], name) for name in buyers.index]
        for source in (again, alike, best):
            wanted |= {(customer, row[-1], channel) for row in sorted(source)[: VARIABLES["recommended_by_source"]]}
    named = con.execute("select customer_id, product_id, channel from features.recommendation_candidates").fetchall()
    assert len(named) == len(set(named)) > 0
    assert set(named) == wanted


def test_what_was_not_found_is_not_shown_and_what_nobody_known_bought_comes_last(tmp_path: Path) -> None:
    """In channel 'large': kind T1 sells to nobody known; P0 is counted empty, P4 too but sells after, P2 was long ago."""
    rows, week = raw_rows(), pd.Timestamp(DECISION_WEEK)
    sales, kinds = rows["raw_sales"], rows["raw_products"].set_index("product_id")["category_3"]
    is_large = sales["location_id"].map(CHANNELS).eq("large")
    age = (week - pd.to_datetime(sales["sold_at"])).dt.days
    is_late = age.between(-1, 40) & is_large
    sales = sales.assign(customer_id=sales["customer_id"].mask(is_late & sales["product_id"].map(kinds).eq("T1")))
    # The last sales of P0 are before its count, those of P4 after it.
    kept = ~(is_large & sales["product_id"].eq("P0") & age.between(-1, 14))
    counts = [("P0", 8), ("P4", 16), ("P2", 100)]
    rows["raw_sales"] = sales[kept]
    rows["raw_inventory"] = pd.DataFrame(
        [
            {"product_id": product, "location_id": "L1", "counted_at": week - pd.Timedelta(days=days - 0.5)}
            for product, days in counts
        ]
    ).assign(on_hand_units=0, on_order_units=0)
    shop = make_warehouse(tmp_path / "shop.duckdb", rows)
    wanted = ("+recommendation_candidates", "+weekly_sales")
    run_dbt(shop, "run", "--select", *wanted, variables={**VARIABLES, "recommended_by_source": 60})
    every = _named(shop)
    with duckdb.connect(str(shop), read_only=True) as con:
        sold = con.execute(
            "select distinct product_id from features.weekly_sales where channel = 'large' and units > 0 "
            "and week >= ?::date - 28 and week < ?",
            [DECISION_WEEK, DECISION_WEEK],
        ).fetchall()
    assert every == {product for (product,) in sold} - {"P0"}
    assert {"P2", "P4"} <= every
    run_dbt(shop, "run", "--select", "recommendation_candidates", variables={**VARIABLES, "recommended_by_source": 1})
    assert not {product for product in _named(shop) if kinds[product] == "T1"}


def _named(shop: Path) -> set[str]:
    """Products named for anybody in channel 'large'."""
    with duckdb.connect(str(shop), read_only=True) as con:
        found = con.execute(
            "select distinct product_id from features.recommendation_candidates where channel = 'large'"
        )
        return {product for (product,) in found.fetchall()}


def test_what_sells_is_scored_on_what_launches_are(con: duckdb.DuckDBPyConnection) -> None:
    names = [column.name for column in RESPONSE_FEATURES_COLUMNS if column.name not in _EXPOSURE]
    listed, trained = (", ".join(f"{of}.{name}" for name in names) for of in ("named", "trained"))
    shared = con.execute(
        f"""
        select row({listed}), row({trained}) from features.recommendation_candidates as named
        inner join features.response_features as trained
            on named.customer_id = trained.customer_id
            and named.product_id = trained.product_id
            and named.channel = trained.channel
            and named.decision_week = trained.week
        inner join staging.stg_customers as customers on named.customer_id = customers.customer_id
        inner join (
            select customer_number, arg_min(location_number, (-weeks, location_number)) as home
            from (
                select customer_number, location_number, count(*) as weeks from staging.int_visits
                where week >= ?::date - 84 and week < ? group by all
            )
            group by customer_number
        ) as homes using (customer_number)
        inner join staging.stg_locations as locations
            on trained.location_id = locations.location_id and locations.location_number = homes.home
        """,
        [DECISION_WEEK, DECISION_WEEK],
    ).fetchall()
    assert shared
    assert all(one == other for one, other in shared)
