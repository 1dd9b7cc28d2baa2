"""mapping.yml: other people's files, read by what it says and by no guess."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration.sources import SourceError, ingest
from orchestration.sources.mapping import read_mapping

PRODUCTS = "product_id,title,category_1\nP1,Tea,GROCERY\n"


def sales(folder: Path, mapping: str, content: bytes, columns: str) -> list[tuple]:
    """The rows of raw_sales that a file gives under a mapping, and those set aside."""
    source = folder / "files"
    source.mkdir()
    (source / "raw_products.csv").write_text(PRODUCTS)
    (source / "raw_sales.csv").write_bytes(content)
    (source / "mapping.yml").write_text(mapping)
    with duckdb.connect() as con:
        ingest(con, "files", folder)
        return con.execute(
            f"select {columns} from raw.raw_sales union all by name select reason as order_id from raw.raw_rejected"
        ).fetchall()


def test_a_european_file_is_read_as_it_is_meant(tmp_path):
    mapping = """
raw_sales:
  delimiter: ";"
  quote: "'"
  encoding: latin-1
  decimal: ","
  timestamp_format: "%d.%m.%Y %H:%M"
  time_zone: Europe/Berlin
  null_values: ["-", "NULL"]
  rename: {Beleg: order_id, Artikel: product_id, Zeit: sold_at, Menge: units, Größe: currency, Umsatz: net_revenue}
  constants: {currency: EUR, location_id: Köln}
"""
    content = (
        "Beleg;Artikel;Zeit;Menge;Umsatz;Größe\n"
        "B1;P1;03.04.2017 10:00;2;'6,20';-\n"
        "B2;P1;03.13.2017 10:00;2;6,20;CHF\n"
        "B3;P1;03.01.2017 10:00;2;1.006,20;CHF\n"
    ).encode("latin-1")
    columns = "order_id, sold_at, units, net_revenue, currency, location_id"
    assert sales(tmp_path, mapping, content, columns) == [
        ("B1", datetime(2017, 4, 3, 8), 2, Decimal("6.20"), "EUR", "Köln"),
        ("sold_at '03.13.2017 10:00' is not a moment", None, None, None, None, None),
        ("net_revenue '1.006,20' is not a finite number", None, None, None, None, None),
    ]


def test_text_in_another_encoding_than_promised_is_set_aside(tmp_path):
    content = "order_id,product_id,sold_at,units,net_revenue\nKöln,P1,2017-01-01,1,1\nBonn,P1,2017-01-01,1,1\n"
    assert sales(tmp_path, "", content.encode("latin-1"), "order_id") == [("Bonn",), ("the text is not utf-8",)]


def test_a_moment_with_an_offset_needs_no_zone(tmp_path):
    header = b"order_id,product_id,sold_at,units,net_revenue\n"
    content = header + b"B1,P1,2017-07-01T10:00:00Z,1,1\nB2,P1,2017-07-01T10:00,1,1\n"
    mapping = "raw_sales: {time_zone: America/New_York}"
    assert sales(tmp_path, mapping, content, "order_id, sold_at") == [
        ("B1", datetime(2017, 7, 1, 10)),
        ("B2", datetime(2017, 7, 1, 14)),
    ]


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path):
    content = "\ufefforder_id,product_id,sold_at,units,net_revenue\r\nB1,P1,2017-07-01,1,1\r\n".encode()
    assert sales(tmp_path, "", content, "order_id") == [("B1",)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("raw_salse: {}", "table 'raw_salse' does not exist; did you mean 'raw_sales'"),
        ("raw_sales: {delimeter: ;}", "raw_sales: key 'delimeter' does not exist; did you mean 'delimiter'"),
        ("raw_sales: {rename: {a: order}}", "rename: column 'order' does not exist; did you mean 'order_id'"),
        ("raw_sales: {constants: {currenci: EUR}}", "did you mean 'currency'"),
        ("raw_sales: {rename: {a: order_id, b: order_id}}", "rename has two columns for one"),
        ("raw_sales: {delimiter: ';;'}", "delimiter must be one character"),
        ("raw_sales: {decimal: ';'}", "decimal must be"),
        ("raw_sales: {time_zone: Berlin}", "time_zone must be an IANA zone"),
        ("raw_sales: {encoding: utf-16}", "encoding must write a line break as one byte"),
        ("raw_sales: {timestamp_format: '%Q'}", "timestamp_format is not a strptime format"),
        ("raw_sales: [a]", "must hold names and values"),
        ("raw_sales: {", "not readable as YAML"),
        ("!!python/object/apply:os.system ['true']", "not readable as YAML"),
    ],
)
def test_a_mapping_that_cannot_be_meant_is_refused_with_the_way_out(tmp_path, text, message):
    (tmp_path / "mapping.yml").write_text(text)
    with pytest.raises(SourceError) as raised:
        read_mapping(tmp_path)
    assert message in str(raised.value)
