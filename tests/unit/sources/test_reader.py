"""Landed rows against the contract: what goes in, what is set aside, and why."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from support.landed import GOOD, HEADER, parquet, rejected

from contracts.catalog import in_schema


def test_every_raw_table_has_exactly_the_promised_columns(land, con):
    land({"raw_sales.csv": HEADER + GOOD})
    for table in in_schema("raw"):
        described = con.execute(f"describe select * from raw.{table.name}").fetchall()
        assert [(name, type_.lower()) for name, type_, *_ in described] == [
            (c.name, c.type.replace("(18,2)", "(18,2)")) for c in table.columns
        ]


def test_a_good_row_arrives_typed_with_absent_columns_missing(land, con):
    land({"raw_sales.csv": HEADER + GOOD})
    assert con.execute("select * from raw.raw_sales").fetchall() == [
        ("O1", 1, "P1", None, "C1", datetime(2017, 1, 1, 10), 2, Decimal("6.20"), None, None)
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("O1,P1,C1,2017-01-01,1,-3.10", "net_revenue '-3.10' is negative on a sale"),
        ("O1,P1,C1,2017-01-01,0,3.10", "units are 0"),
        ("O1,P-9,C1,2017-01-01,1,3.10", "product_id 'P-9' is not in raw_products"),
        ("O1,P1,C1,2017-01-01,abc,3.10", "units 'abc' is not an integer"),
        ("O1,P1,C1,2017-01-01,3.5,3.10", "units '3.5' is not an integer"),
        ("O1,P1,C1,2017-01-01,1_000,3.10", "units '1_000' is not an integer"),
        ("O1,P1,C1,2017-01-01,9999999999,3.10", "units '9999999999' is not an integer"),
        ("O1,P1,C1,,1,3.10", "sold_at is missing"),
        ("O1,P1,C1,03/04/2017,1,3.10", "sold_at '03/04/2017' is not a moment"),
        ("O1,P1,C1,2017-02-30,1,3.10", "sold_at '2017-02-30' is not a moment"),
        ("O1,P1,C1,2017-01-01,1,inf", "net_revenue 'inf' is not a finite number"),
        ("O1,P1,C1,2017-01-01,1,NaN", "net_revenue 'NaN' is not a finite number"),
        ("O1,P1,C1,2017-01-01,1,1e400", "net_revenue '1e400' is not a finite number"),
        ('O1,P1,C1,2017-01-01,1,"3,10"', "net_revenue '3,10' is not a finite number"),
        (",P1,C1,2017-01-01,1,3.10", "order_id is missing"),
        ("O1,P1,C1,2017-01-01,1", "5 fields where the header has 6"),
        ("O1,P1,C1,2017-01-01,1,3.10,surplus", "7 fields where the header has 6"),
        ('O1,P1,"C1,2017-01-01,1,3.10', "a quote is never closed"),
        ('O1,P1,"C1"x,2017-01-01,1,3.10', "text follows a closing quote"),
    ],
)
def test_a_bad_row_is_set_aside_with_its_line_and_reason_and_the_next_goes_in(land, con, row, reason):
    land({"raw_sales.csv": HEADER + GOOD + row + "\n" + GOOD})
    assert rejected(con) == {3: reason}
    assert con.execute("select count(*) from raw.raw_sales").fetchall() == [(2,)]


def test_a_return_may_be_negative(land, con):
    land({"raw_sales.csv": HEADER + "O1,P1,C1,2017-01-01,-1,-3.10\n"})
    assert rejected(con) == {}


def test_a_line_number_counts_blank_lines_and_lines_within_quotes(land, con):
    products = 'product_id,title,category_1\nP1,"Tea\nin two lines",GROCERY\n\nP2,Cup,\nP3,"Pot ""big""",HOME\n'
    land({"raw_products.csv": products})
    assert rejected(con) == {5: "category_1 is missing"}
    assert con.execute("select title from raw.raw_products order by product_id").fetchall() == [
        ("Tea\nin two lines",),
        ('Pot "big"',),
    ]


def test_an_offset_is_turned_into_utc(land, con):
    moments = ["2017-01-01T10:00:00Z", "2017-01-01 12:00+02:00", "2017-01-01 05:00:00.000-05", "2017-01-01 10:00"]
    land({"raw_sales.csv": HEADER + "".join(f"O1,P1,C1,{moment},1,1\n" for moment in moments)})
    assert con.execute("select distinct sold_at from raw.raw_sales").fetchall() == [(datetime(2017, 1, 1, 10),)]


def test_identities_stay_out_of_the_redacted_text(land, con):
    header = HEADER.replace("\n", ",email\n")
    land(
        {
            "raw_sales.csv": header + "O1,P-9,CANARY-1,2017-01-01,1,3,bob@example.com\n"
            "O2,P1,CANARY-2,bob@example.com,1,3,\nO3,CANARY-3\n"
        }
    )
    text = str(con.execute("select * from raw.raw_rejected").fetchall())
    assert "order_id=O1" in text
    assert "CANARY" not in text
    assert "bob@" not in text


def test_a_customer_s_id_stays_out_of_the_reason(land, con):
    land({"raw_customers.csv": "customer_id,segments\nCANARY,{}\nCANARY,{}\nCANARY-2,{oops\n"})
    text = str(con.execute("select reason, redacted_text from raw.raw_rejected").fetchall())
    assert rejected(con).keys() == {3, 4}
    assert "CANARY" not in text
    assert "oops" not in text


def test_parquet_rows_are_judged_like_text(land, con, tmp_path):
    rows = """
        select * from (values ('O1', 'P1', timestamp '2017-01-01 10:00', 2::double, 6.2::double),
            ('O2', 'P1', timestamp '2017-01-01 10:00', 1.5, 6.2), ('O3', 'P1', timestamp '2017-01-01', 1, 'nan'),
            ('O4', 'P1', null, 1, 1)) as lines (order_id, product_id, sold_at, units, net_revenue)"""
    land({"raw_sales.parquet": parquet(tmp_path, rows)})
    assert rejected(con) == {
        2: "units '1.5' is not an integer",
        3: "net_revenue 'nan' is not a finite number",
        4: "sold_at is missing",
    }
    assert con.execute("select units, net_revenue from raw.raw_sales").fetchall() == [(2, Decimal("6.20"))]


def test_lists_arrive_from_parquet_and_from_text(land, con, tmp_path):
    products = "select 'P3' as product_id, 'Pot' as title, 'HOME' as category_1, [0.5, 0.25] as embedding"
    launches = (
        "product_id,planned_week,earliest_week,latest_week,channels,is_mandatory,announced_on\n"
        "P1,2017-10-02,2017-10-02,2017-10-09,shop | app,no,2017-08-07\n"
        'P2,2017-10-02,2017-10-02,2017-10-09,"[""shop""]",TRUE,2017-08-07\n'
    )
    land({"raw_products/p.parquet": parquet(tmp_path, products), "raw_launch_candidates.csv": launches})
    assert con.execute("select embedding from raw.raw_products where product_id = 'P3'").fetchall() == [([0.5, 0.25],)]
    assert con.execute("select channels, is_mandatory from raw.raw_launch_candidates").fetchall() == [
        (["shop", "app"], False),
        (["shop"], True),
    ]


@pytest.mark.parametrize(
    ("table", "header", "row", "reason"),
    [
        (
            "raw_promotions",
            "product_id,starts_on,ends_on,placement",
            "P1,2017-01-08,2017-01-02,mailer",
            "ends_on '2017-01-02' is before starts_on",
        ),
        (
            "raw_promotions",
            "product_id,starts_on,ends_on,placement,discount_rate",
            "P1,2017-01-02,2017-01-08,m,1.2",
            "discount_rate '1.2' is above 1",
        ),
        (
            "raw_inventory",
            "product_id,counted_at,on_hand_units",
            "P1,2017-01-02,5",
            "neither channel nor location_id is given",
        ),
        (
            "raw_inventory",
            "product_id,channel,counted_at,on_hand_units",
            "P1,pool,2017-01-02,-5",
            "on_hand_units '-5' is below 0",
        ),
        ("raw_plan_limits", "scope,week,amount", "budget,2017-01-03,5", "week '2017-01-03' is not a Monday"),
        (
            "raw_plan_limits",
            "scope,amount",
            "money,5",
            "scope 'money' is not one of budget, storage, slots, launches, fill_floor, seller_share",
        ),
        (
            "raw_launch_candidates",
            "product_id,planned_week,earliest_week,latest_week,is_mandatory,announced_on",
            "P1,2017-01-02,2017-01-09,2017-01-16,false,2016-12-01",
            "planned_week '2017-01-02' is before earliest_week",
        ),
        ("raw_calendar", "day,is_closed", "2017-01-02,perhaps", "is_closed 'perhaps' is not true or false"),
        (
            "raw_products",
            "product_id,title,category_1,embedding",
            'P3,Pot,HOME,"[1, inf]"',
            "embedding '[1, inf]' is not a list of finite numbers",
        ),
        (
            "raw_products",
            "product_id,title,category_1,attributes",
            "P3,Pot,HOME,{oops",
            "attributes '{oops' is not JSON",
        ),
    ],
)
def test_bounds_and_rules_of_the_optional_tables_hold(land, con, table, header, row, reason):
    land({f"{table}/a.csv": f"{header}\n{row}\n"})
    assert rejected(con) == {2: reason}


def test_dates_of_a_day_column_may_carry_a_midnight(land, con):
    land({"raw_calendar.csv": "day,is_closed\n2017-01-02 00:00:00,0\n2017-01-03,1\n2017-01-04 07:00,1\n"})
    assert con.execute("select day from raw.raw_calendar order by 1").fetchall() == [
        (date(2017, 1, 2),),
        (date(2017, 1, 3),),
    ]
