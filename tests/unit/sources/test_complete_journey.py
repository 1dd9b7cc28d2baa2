"""The base source: on files of a few rows in its package's shape, and (marked real) on all of them."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration.sources import complete_journey, ingest
from orchestration.sources.complete_journey import NEWEST_KNOWN_PRODUCT_ID
from orchestration.sources.schema import create_empty

NEW, OLD_PROMOTED, FUEL = NEWEST_KNOWN_PRODUCT_ID + 1, NEWEST_KNOWN_PRODUCT_ID + 2, NEWEST_KNOWN_PRODUCT_ID + 3

TRANSACTIONS = [
    # household, store, basket, product, quantity, sales, retail, coupon, match, week, timestamp
    (1, 10, 500, 7, 2, 3.00, 0.50, 0.0, 0.25, 2, "2017-01-03 01:00:00"),
    (1, 10, 500, 8, 1, 1.00, 0.00, 0.0, 0.00, 2, "2017-01-03 01:00:00"),
    (2, 20, 501, 7, 0, 0.00, 0.00, 0.0, 0.00, 3, "2017-01-10 01:00:00"),
    (2, 20, 502, 99, 1, 5.00, 0.00, 0.0, 0.00, 3, "2017-01-10 01:00:00"),
    (2, 20, 503, NEW, 2, 5.00, 1.00, 0.0, 0.00, 15, "2017-04-04 01:00:00"),
    (2, 20, 504, NEW, 1, 0.00, 0.00, 0.0, 0.00, 15, "2017-04-04 01:00:00"),
    (2, 20, 505, NEW, 1, 9.00, 0.00, 0.0, 0.00, 16, "2017-04-11 01:00:00"),
    (2, 20, 506, OLD_PROMOTED, 1, 9.00, 0.00, 0.0, 0.00, 16, "2017-04-11 01:00:00"),
    (2, 20, 507, FUEL, 40, 9.00, 0.00, 0.0, 0.00, 16, "2017-04-11 01:00:00"),
]
PRODUCTS = [
    (7, 1, "GROCERY", "National", "TEA", "GREEN TEA", "20 CT"),
    (8, 1, "GROCERY", "Private", None, None, None),
    (NEW, 2, "GROCERY", "National", "TEA", "BLACK TEA", None),
    (OLD_PROMOTED, 2, "GROCERY", "National", "TEA", "RED TEA", None),
    (FUEL, 2, "FUEL", "National", None, None, None),
]
PROMOTIONS = [
    (7, 10, "0", "A", 2),
    (7, 10, "0", "D", 2),
    (7, 20, "3", "0", 2),
    (8, 10, "0", "A", 2),
    (8, 20, "3", "A", 2),
    (8, 30, "0", "A", 2),
    # In two stores on the front page, in one inside: the plan's place is the front page.
    (8, 10, "0", "D", 3),
    (8, 20, "0", "A", 3),
    (8, 30, "0", "D", 3),
    (OLD_PROMOTED, 10, "3", "0", 13),
    (NEW, 10, "3", "0", 14),
]
DEMOGRAPHICS = [(1, "65+", "35-49K", "Homeowner", "Married", "2", "2 Adults No Kids", None)]

SHAPES = {
    "transactions": (
        "household_id bigint, store_id bigint, basket_id bigint, product_id bigint, quantity bigint, "
        "sales_value double, retail_disc double, coupon_disc double, coupon_match_disc double, "
        "week bigint, transaction_timestamp timestamp",
        TRANSACTIONS,
    ),
    "products": (
        "product_id bigint, manufacturer_id bigint, department varchar, brand varchar, "
        "product_category varchar, product_type varchar, package_size varchar",
        PRODUCTS,
    ),
    "promotions": (
        "product_id bigint, store_id bigint, display_location varchar, mailer_location varchar, week bigint",
        PROMOTIONS,
    ),
    "demographics": (
        "household_id bigint, age varchar, income varchar, home_ownership varchar, "
        "marital_status varchar, household_size varchar, household_comp varchar, kids_count varchar",
        DEMOGRAPHICS,
    ),
}


@pytest.fixture
def small(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The raw schema filled from nine sales lines."""
    paths = {}
    with duckdb.connect() as con:
        for name, (columns, rows) in SHAPES.items():
            con.execute(f"create table {name} ({columns})")
            con.executemany(f"insert into {name} values ({', '.join('?' * len(rows[0]))})", rows)
            paths[name] = tmp_path / f"{name}.parquet"
            con.execute(f"copy {name} to '{paths[name]}' (format parquet)")
    with duckdb.connect() as con:
        create_empty(con)
        complete_journey.load(con, paths)
        yield con


def rows_of(con: duckdb.DuckDBPyConnection, query: str) -> list[tuple]:
    return con.execute(query).fetchall()


def test_a_line_without_units_or_product_is_set_aside_with_its_row_and_no_customer(small):
    assert rows_of(small, "select line, reason from raw.raw_rejected order by line") == [
        (3, "units are 0"),
        (4, "product_id '99' is not in raw_products"),
    ]
    texts = rows_of(small, "select redacted_text from raw.raw_rejected")
    assert all(text.startswith("[customer],20,") for (text,) in texts)
    assert rows_of(small, "select count(*) from raw.raw_sales") == [(7,)]


def test_money_is_exact_and_lines_are_counted_within_a_basket(small):
    assert rows_of(small, "select * from raw.raw_sales where order_id = '500' order by line_no") == [
        ("500", 1, "7", "10", "1", datetime(2017, 1, 3, 1), 2, Decimal("3.00"), Decimal("3.75"), "USD"),
        ("500", 2, "8", "10", "1", datetime(2017, 1, 3, 1), 1, Decimal("1.00"), Decimal("1.00"), "USD"),
    ]


def test_a_title_falls_back_to_what_is_known(small):
    titles = dict(rows_of(small, "select product_id, title from raw.raw_products"))
    assert titles["7"] == "GREEN TEA 20 CT"
    assert titles["8"] == "GROCERY"


def test_every_promotion_row_goes_through_and_three_stores_make_a_plan_row(small):
    outcome = "select count(*) from raw.raw_promotions where location_id is not null and announced_on is null"
    assert rows_of(small, outcome) == [(len(PROMOTIONS),)]
    # Product 7 is in two mailers of one store: one store, no chain plan.
    assert rows_of(
        small,
        "select product_id, channel, starts_on, ends_on, placement, mailer_code, announced_on "
        "from raw.raw_promotions where location_id is null",
    ) == [
        ("8", None, date(2017, 1, 2), date(2017, 1, 8), "mailer", "A", date(2016, 11, 7)),
        ("8", None, date(2017, 1, 9), date(2017, 1, 15), "mailer", "D", date(2016, 11, 14)),
    ]


def test_a_launch_is_a_new_id_that_is_merchandise_and_was_not_promoted_before(small):
    # Shelf price of the first week: (5.00 + 1.00) / 2; the free line is demand and no price.
    assert rows_of(small, "select * exclude (channels) from raw.raw_launch_candidates") == [
        (str(NEW), date(2017, 4, 3), date(2017, 4, 3), date(2017, 4, 24), Decimal("3.00"), False, date(2017, 2, 6)),
    ]


def test_a_large_store_is_covered_and_holds_the_top_half_of_early_units(small):
    channels = dict(rows_of(small, "select location_id, channel from raw.raw_locations"))
    assert channels == {"10": "stores_large", "20": "stores_small", "30": "stores_small"}


def test_customers_without_demographics_are_kept(small):
    segments = dict(rows_of(small, "select customer_id, segments from raw.raw_customers"))
    assert segments["2"] is None
    assert '"age":"65+"' in segments["1"]


def test_no_holiday_is_made_up(small):
    assert rows_of(small, "select count(*) from raw.raw_calendar") == [(0,)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple]:
    """The whole Complete Journey, ingested once."""
    folder = tmp_path_factory.mktemp("whole")
    landed = folder / "landing" / "complete_journey" / "raw_inventory.csv"
    landed.parent.mkdir(parents=True)
    landed.write_text("product_id,channel,counted_at,on_hand_units\n1000050,pool,2017-10-02,12\n")
    with duckdb.connect(str(folder / "warehouse.duckdb"), config={"threads": 2}) as con:
        con.begin()
        ingested = ingest(con, "complete_journey", folder / "landing")
        con.commit()
        yield con, {table.name: table for table in ingested.tables}, ingested


@pytest.mark.real
def test_no_delivered_row_of_the_package_is_lost(whole):
    con, tables, ingested = whole
    assert ingested.problems == ()
    sales = tables["raw_sales"]
    # 8,869 lines have no units and 4,836 no product; 4,804 of them have neither.
    assert (sales.delivered, sales.accepted, sales.rejected) == (1_469_307, 1_460_406, 8_869 + 4_836 - 4_804)
    assert rows_of(con, "select reason = 'units are 0', count(*) from raw.raw_rejected group by all order by 1") == [
        (False, 32),
        (True, 8_869),
    ]
    for name, table in tables.items():
        assert rows_of(con, f"select count(*) from raw.{name}") == [(table.accepted + table.derived,)], name
    assert tables["raw_promotions"].delivered == 20_940_529
    assert tables["raw_promotions"].derived == 160_574
    assert tables["raw_inventory"].accepted == 1
    assert tables["raw_customers"].accepted + tables["raw_customers"].derived == 2_469


@pytest.mark.real
def test_launches_are_the_honest_cohort(whole):
    con, _, _ = whole
    # 5,178 merchandise launches by first sale, less the 10 that were promoted before week 14.
    assert rows_of(
        con,
        "select count(*), count(distinct product_id), min(planned_week) >= date '2017-03-27', "
        "bool_and(isodow(planned_week) = 1), bool_and(announced_on = planned_week - 56) "
        "from raw.raw_launch_candidates",
    ) == [(5_168, 5_168, True, True, True)]


@pytest.mark.real
def test_the_newest_known_product_is_what_the_data_says(whole):
    con, _, _ = whole
    newest = "select max(product_id::bigint) from raw.raw_sales where sold_at < timestamp '2017-03-27 04:00'"
    assert rows_of(con, newest) == [(NEWEST_KNOWN_PRODUCT_ID,)]


@pytest.mark.real
def test_the_closed_day_sold_nothing(whole):
    con, _, _ = whole
    local_day = "(sold_at at time zone 'UTC' at time zone 'America/New_York')::date"
    sold = f"select count(*) from raw.raw_sales where {local_day} = date '2017-12-25'"
    assert rows_of(con, sold) == [(0,)]
