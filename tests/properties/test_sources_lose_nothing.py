"""Whatever lands: accepted + rejected = delivered, every line is accounted for once, and both parsers agree."""

import csv
import io
import tempfile
from pathlib import Path

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.raw import RAW_SALES
from orchestration.sources import ingest
from orchestration.sources.csv_records import records
from orchestration.sources.mapping import TableMapping
from orchestration.sources.parse import parse
from orchestration.sources.records import LandedFile

HEADER = ("order_id", "product_id", "sold_at", "units", "net_revenue")
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])

fields = st.one_of(
    st.sampled_from(["P1", "P9", "2017-01-01", "1", "-1", "0", "3.10", "inf", "", "NaN", "03/04/2017"]),
    st.sampled_from(['"', '""', '"P1"', "'", ";"]),
    st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=6),
)
good = st.tuples(st.just("O1"), st.just("P1"), st.just("2017-01-01"), st.just("1"), st.just("3.10"))
broken = st.lists(fields, min_size=0, max_size=7)


@given(st.lists(st.one_of(good, broken), min_size=1, max_size=12))
@FEW
def test_no_delivered_line_is_lost_or_counted_twice(rows):
    lines = [",".join(row) for row in rows]
    delivered = [number for number, line in enumerate(lines, start=2) if line.strip()]
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as con:
        source = Path(folder) / "files"
        source.mkdir()
        (source / "raw_products.csv").write_text("product_id,title,category_1\nP1,Tea,GROCERY\n")
        (source / "raw_sales.csv").write_text("\n".join([",".join(HEADER), *lines, ""]), encoding="utf-8", newline="")
        sales = ingest(con, "files", Path(folder)).tables[0]
        set_aside = con.execute("select line from raw.raw_rejected where line > 0").fetchall()
    assert sales.accepted + sales.rejected == sales.delivered
    assert len(set_aside) == sales.rejected
    if any('"' in line for line in lines):
        # Two stray quotes may make one record of several lines; never more records than lines.
        assert sales.delivered <= len(delivered)
    else:
        assert sales.delivered == len(delivered)
    assert {line for (line,) in set_aside} <= set(delivered)


texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=8)


@given(st.lists(st.tuples(*[texts] * len(HEADER)), min_size=1, max_size=10))
@FEW
def test_both_parsers_take_a_well_formed_file_apart_alike(rows):
    written = io.StringIO()
    csv.writer(written, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([HEADER, *rows])
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as scratch:
        path = Path(folder) / "raw_sales.csv"
        path.write_text(written.getvalue(), encoding="utf-8", newline="")
        by_line = [record.fields for record in records(path, len(HEADER), TableMapping())]
        parsed = parse(scratch, LandedFile(path, RAW_SALES.name, "", path.name), RAW_SALES, TableMapping())
        both = scratch.execute("select * exclude (line) from parsed order by line").fetchall()
    assert by_line == [list(row) for row in rows]
    assert [[text or "" for text in row] for row in both] == by_line
    assert parsed.faults == ()
