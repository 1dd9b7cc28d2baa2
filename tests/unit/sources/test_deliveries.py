"""Landed files together: broken ones beside whole ones, what was delivered before, and how much may be bad."""

import pytest
from support.landed import GOOD, HEADER, parquet, rejected

from orchestration.sources import SourceError, ingest


def test_a_column_missing_in_one_file_sets_that_file_aside_and_reads_the_others(land, con):
    ingested = land(
        {
            "raw_sales/a.csv": HEADER + GOOD,
            "raw_sales/b.csv": HEADER.replace("net_revenue", "net_revenu") + GOOD.replace("O1", "O2") + GOOD,
            "raw_sales/c.csv": HEADER + GOOD.replace("O1", "O3"),
        }
    )
    (problem,) = ingested.problems
    assert problem.startswith("b.csv: line 1: column 'net_revenue' is missing; did you mean 'net_revenu'?")
    assert con.execute("select order_id from raw.raw_sales order by 1").fetchall() == [("O1",), ("O3",)]
    assert [(f.delivered, f.rejected) for f in ingested.files if f.name == "b.csv"] == [(2, 2)]


@pytest.mark.parametrize("name", ["b.csv", "b.parquet"])
@pytest.mark.parametrize("content", [b"", b"\n", HEADER.encode(), b"PAR1 and no more", b"\x00\x01\x02"])
def test_a_file_that_is_no_delivery_is_named_and_the_others_go_on(land, con, name, content):
    ingested = land({"raw_sales/a.csv": HEADER + GOOD, f"raw_sales/{name}": content})
    assert [problem.split(":")[0] for problem in ingested.problems] == [name]
    assert con.execute("select count(*) from raw.raw_sales").fetchall() == [(1,)]
    assert con.execute("select distinct source_file, line from raw.raw_rejected").fetchall() == [(name, 0)]


def test_a_parquet_file_broken_inside_leaves_the_transaction_whole(land, con, tmp_path):
    whole = bytearray(
        parquet(
            tmp_path,
            "select i::varchar as product_id, 'title ' || i as title, 'X' as category_1 "
            "from range(50000) as numbers (i)",
        )
    )
    whole[500:4000] = b"\xff" * 3500
    ingested = land({"raw_products/broken.parquet": bytes(whole), "raw_sales.csv": HEADER + GOOD})
    (problem,) = ingested.problems
    assert problem.startswith("broken.parquet: not a whole Parquet file")
    assert str(tmp_path) not in problem
    assert con.execute("select count(*) from raw.raw_sales").fetchall() == [(1,)]


def test_the_same_content_counts_once_whatever_it_is_called(land, con):
    ingested = land({"raw_sales/a.csv": HEADER + GOOD, "raw_sales/renamed.csv": HEADER + GOOD})
    assert con.execute("select count(*) from raw.raw_sales").fetchall() == [(1,)]
    assert "renamed.csv: already ingested as a.csv" in ingested.notes
    assert ingested.problems == ()


def test_a_key_that_was_delivered_before_is_set_aside(land, con):
    header = HEADER.replace("order_id", "order_id,line_no")
    line = "O1,1,P1,C1,2017-01-01,1,1\n"
    land({"raw_sales/a.csv": header + line + line, "raw_sales/b.csv": header + line + "O1,2,P1,C1,2017-01-01,1,1\n"})
    found = con.execute("select source_file, line, reason from raw.raw_rejected order by all").fetchall()
    reason = "a row with this key was already delivered (order_id O1, line_no 1)"
    assert found == [("a.csv", 3, reason), ("b.csv", 2, reason)]


def test_keys_with_missing_parts_are_compared_too(land, con):
    header = "product_id,starts_on,ends_on,placement\n"
    line = "P1,2017-01-02,2017-01-08,mailer\n"
    land({"raw_promotions/a.csv": header + line, "raw_promotions/b.csv": header + line + line.replace("P1", "P2")})
    assert rejected(con).keys() == {2}


def test_a_bad_row_does_not_take_the_key_from_a_good_one(land, con):
    land({"raw_products.csv": "product_id,title,category_1\nP1,,GROCERY\nP1,Tea,GROCERY\n"})
    assert rejected(con) == {2: "title is missing"}


def test_lines_are_counted_on_within_an_order_across_files(land, con):
    with_number = HEADER.replace("order_id", "order_id,line_no")
    land(
        {
            "raw_sales/a.csv": HEADER + GOOD + GOOD,
            "raw_sales/b.csv": with_number + "O1,7,P1,C1,2017-01-01,1,1\nO1,,P1,C1,2017-01-01,1,1\n",
            "raw_sales/c.csv": HEADER + GOOD.replace("C1", "C2"),
        }
    )
    assert con.execute("select line_no from raw.raw_sales order by 1").fetchall() == [(1,), (2,), (7,), (10,), (11,)]


def test_more_than_two_percent_blocks_and_fewer_only_warn(land, con):
    bad = "O9,P1,C1,2017-01-01,0,1\n"
    warned = land({"raw_sales.csv": HEADER + GOOD * 98 + bad * 2})
    assert warned.problems == ()
    assert warned.warnings == ("raw_sales.csv: 2 of 100 rows were set aside; see raw.raw_rejected",)
    blocked = land({"raw_sales.csv": HEADER + GOOD * 97 + bad * 3})
    (problem,) = blocked.problems
    assert problem.startswith("raw_sales.csv: 3 of 100 rows were set aside, more than 2%; first line 99: units are 0")
    assert con.execute("select count(*) from raw.raw_sales").fetchall() == [(97,)]


def test_hostile_texts_and_names_are_only_text(land, con):
    title = "'); drop table raw.raw_products; --"
    land(
        {
            "raw_products/x'; drop table y.csv": f'product_id,title,category_1\nP3,"{title}",X\n',
            "raw_sales/*.csv": HEADER + GOOD,
            "raw_sales/[a].csv": HEADER.replace("customer_id", "x') or (1=1") + GOOD.replace("O1", "O2"),
        }
    )
    assert con.execute("select title from raw.raw_products where product_id = 'P3'").fetchall() == [(title,)]
    assert con.execute("select order_id, customer_id from raw.raw_sales order by 1").fetchall() == [
        ("O1", "C1"),
        ("O2", None),
    ]


def test_what_a_run_does_without_is_said_once_per_absent_table(land):
    ingested = land({"raw_sales.csv": HEADER + GOOD})
    assert "raw_calendar: absent, so no holiday and no closed day enters a forecast" in ingested.notes
    assert not any(note.startswith(("raw_sales", "raw_products")) for note in ingested.notes)


def test_a_source_without_sales_is_a_problem_that_says_where_to_land_them(land):
    assert land({}).problems == (
        "raw_sales: no row was accepted, and no run goes without; land files in files/raw_sales/",
    )


def test_a_second_ingest_gives_the_same_tables_and_not_twice_the_rows(land, con):
    files = {"raw_sales/a.csv": HEADER + GOOD + GOOD, "raw_sales/b.csv": HEADER + GOOD.replace("O1", "O2")}
    land(files)
    first = con.execute("select * from raw.raw_sales order by all").fetchall()
    land(files)
    assert con.execute("select * from raw.raw_sales order by all").fetchall() == first


def test_an_unknown_source_is_told_which_are_known(con, tmp_path):
    with pytest.raises(SourceError, match="known are complete_journey, simulated, files"):
        ingest(con, "journey", tmp_path)
