"""The landing folder: what is found, what is refused, and when it counts as unchanged."""

import hashlib
import os
from pathlib import Path

import duckdb
import pytest

from orchestration.sources import SourceError, discover, excluded_categories, fingerprint, ingest
from orchestration.sources.files import look, nearest
from orchestration.sources.records import Refusal


def put(folder: Path, name: str, text: str = "a\n") -> Path:
    path = folder / "files" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def refused(folder: Path) -> list[tuple[str, str]]:
    return [(found.name, found.reason) for found in look(folder, "files") if isinstance(found, Refusal)]


def test_files_are_found_in_a_table_s_folder_or_under_its_name_products_first(tmp_path):
    deliveries = ("raw_sales/b.csv", "raw_sales/2017/a.PARQUET", "raw_products.csv")
    for name in (*deliveries, "mapping.yml", "raw_sales/.DS_Store", "raw_sales/c.csv.part"):
        put(tmp_path, name, name)
    found = discover(tmp_path, "files")
    assert [(file.table, file.path.name) for file in found] == [
        ("raw_products", "raw_products.csv"),
        ("raw_sales", "a.PARQUET"),
        ("raw_sales", "b.csv"),
    ]
    assert found[2].sha256 == hashlib.sha256(b"raw_sales/b.csv").hexdigest()
    assert refused(tmp_path) == []


def test_files_of_one_name_in_two_folders_are_two_files_and_each_has_its_own_name(tmp_path):
    put(tmp_path, "raw_calendar/2016/days.csv", "day,is_closed\n2016-01-01,1\n")
    put(tmp_path, "raw_calendar/2017/days.csv", "day,is_closed\n2017-01-01,1\n2017-01-02,x\n")
    put(tmp_path, "raw_calendar/raw_calendar.csv", "day,is_closed\n2018-01-01,1\n")
    put(tmp_path, "raw_calendar.csv", "day,is_closed\n2019-01-01,1\n")
    with duckdb.connect() as con:
        ingested = ingest(con, "files", tmp_path)
        assert con.execute("select source_file, line from raw.raw_rejected where line > 0").fetchall() == [
            ("2017/days.csv", 3)
        ]
    names = [file.name for file in ingested.files if file.table == "raw_calendar"]
    assert names == ["raw_calendar.csv", "2016/days.csv", "2017/days.csv", "raw_calendar/raw_calendar.csv"]


def test_a_folder_that_is_not_there_holds_nothing(tmp_path):
    assert discover(tmp_path / "nowhere", "files") == ()


def test_links_that_lead_out_are_refused_and_links_within_are_not(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.csv").write_text("secret\n")
    landing = tmp_path / "landing"
    inside = put(landing, "raw_sales/a.csv")
    (inside.parent / "file.csv").symlink_to(outside / "secret.csv")
    (inside.parent / "folder").symlink_to(outside)
    (inside.parent / "dangling.csv").symlink_to(landing / "gone.csv")
    (inside.parent / "within.csv").symlink_to(inside)
    (landing / "files" / "raw_products").symlink_to(outside)
    assert sorted(name for name, _ in refused(landing)) == [
        "raw_products/secret.csv",
        "raw_sales/dangling.csv",
        "raw_sales/file.csv",
        "raw_sales/folder",
    ]
    assert [file.path.name for file in discover(landing, "files")] == ["a.csv", "within.csv"]


@pytest.mark.parametrize(
    "name",
    [
        "raw_sales/a\nb.csv",
        "raw_sales/a\x1b[31m.csv",
        "raw_sales/a.xlsx",
        "raw_sales/a.csv.gz",
        "raw_rejected.csv",
        "sales.csv",
        "raw_salse/a.csv",
    ],
)
def test_what_cannot_be_a_delivery_is_refused_by_name(tmp_path, name):
    put(tmp_path, name)
    ((shown, _),) = refused(tmp_path)
    assert shown.isprintable()
    assert discover(tmp_path, "files") == ()


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    put(tmp_path, "raw_sales/a.csv")
    os.mkfifo(tmp_path / "files" / "raw_sales" / "pipe.csv")
    assert refused(tmp_path) == [("raw_sales/pipe.csv", "it is no plain file; deliver files only")]


def test_a_refusal_blocks_on_the_table_that_was_meant(tmp_path):
    put(tmp_path, "raw_promotion/a.csv")
    with duckdb.connect() as con:
        ingested = ingest(con, "files", tmp_path)
    (problem,) = ingested.problems_of("raw_promotions")
    assert problem.startswith("raw_promotion/a.csv: it lies where the table 'raw_promotion' would be")
    assert "did you mean 'raw_promotions'?" in problem


def test_the_fingerprint_changes_with_content_name_and_mapping_and_with_nothing_else(tmp_path):
    prints = [fingerprint("files", tmp_path)]
    path = put(tmp_path, "raw_sales/a.csv", "1\n")
    prints.append(fingerprint("files", tmp_path))
    path.write_text("2\n")
    prints.append(fingerprint("files", tmp_path))
    mapping = put(tmp_path, "mapping.yml", "raw_sales: {}\n")
    prints.append(fingerprint("files", tmp_path))
    prints.append(fingerprint("complete_journey", tmp_path))
    assert len(set(prints)) == len(prints)
    mapping.unlink()
    os.utime(path, (0, 0))
    assert fingerprint("files", tmp_path) == prints[2]


def test_categories_that_are_no_demand_are_the_source_s_own():
    assert "FUEL" in excluded_categories("complete_journey")
    assert excluded_categories("files") == ()
    with pytest.raises(SourceError, match="'shop' is no source"):
        excluded_categories("shop")


def test_a_hint_is_given_only_when_one_is_near():
    assert nearest("customer", ["customer_id", "title"]) == "; did you mean 'customer_id'?"
    assert nearest("zzz", ["customer_id", "title"]) == ""
