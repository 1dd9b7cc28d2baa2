"""The simulated shop's reader: a world made once, its public tables handed over, each of them left out in turn."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from contracts.catalog import in_schema
from contracts.table import Presence, Table
from orchestration.settings import Settings
from orchestration.sources import SourceError, SourceOptions, fingerprint, ingest, simulated
from orchestration.sources.simulated import CODE, weeks_of, world_folder
from shop.presets import PRESETS
from shop.tables import public_folder
from shop.truth import truth_folder

OPTIONAL = [table for table in in_schema("raw") if table.presence is Presence.OPTIONAL]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> SourceOptions:
    """The tiny world, made by its first ingest."""
    options = SourceOptions(tmp_path_factory.mktemp("made"), "tiny", 1)
    with duckdb.connect() as con:
        ingest(con, "simulated", options.folder / "landing", options)
    return options


@pytest.fixture
def options(made: SourceOptions, tmp_path: Path) -> SourceOptions:
    """A copy of the tiny world, to be cut down."""
    copy = SourceOptions(tmp_path, made.preset, made.seed)
    shutil.copytree(world_folder(made), world_folder(copy))
    return copy


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def test_every_table_is_filled_and_every_row_is_accepted(
    made: SourceOptions, con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    ingested = ingest(con, "simulated", tmp_path, made)
    assert (ingested.notes, ingested.problems, ingested.warnings) == ((), (), ())
    for table in ingested.tables:
        assert table.accepted == table.delivered > 0, table.name
        assert con.execute(f"select count(*) from raw.{table.name}").fetchall() == [(table.accepted,)]


def test_a_world_that_is_there_is_not_made_again(
    options: SourceOptions, con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in world_folder(options).rglob("*.parquet")}
    ingest(con, "simulated", tmp_path / "landing", options)
    assert {path: path.stat().st_mtime_ns for path in world_folder(options).rglob("*.parquet")} == before


def test_what_lands_beside_the_world_adds_to_it(
    options: SourceOptions, con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    landed = tmp_path / "landing" / "simulated" / "raw_calendar.csv"
    landed.parent.mkdir(parents=True)
    landed.write_text("day,holiday,is_closed\n2030-01-01,New Year,true\n")
    ingested = ingest(con, "simulated", tmp_path / "landing", options)
    (calendar,) = (table for table in ingested.tables if table.name == "raw_calendar")
    assert [file.name for file in calendar.files] == ["part-0000.parquet", "raw_calendar.csv"]


@pytest.mark.parametrize("table", OPTIONAL, ids=lambda table: table.name)
def test_a_table_left_out_gives_one_line_on_what_can_no_longer_be_done_and_the_ingest_goes_on(
    options: SourceOptions, con: duckdb.DuckDBPyConnection, tmp_path: Path, table: Table
) -> None:
    shutil.rmtree(public_folder(world_folder(options)) / table.name)
    ingested = ingest(con, "simulated", tmp_path / "landing", options)
    assert ingested.notes == (f"{table.name}: absent, so {table.without_it}",)
    assert not ingested.problems
    assert sum(found.accepted for found in ingested.tables if found.name == table.name) == 0


def test_the_reader_never_opens_the_truth(
    options: SourceOptions, con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    shutil.rmtree(truth_folder(world_folder(options)))
    assert not ingest(con, "simulated", tmp_path / "landing", options).notes


def test_another_seed_or_preset_is_another_world(tmp_path: Path) -> None:
    prints = [
        fingerprint("simulated", tmp_path, SourceOptions(tmp_path, preset, seed))
        for preset, seed in (("tiny", 1), ("tiny", 2), ("grocer", 1))
    ]
    assert len(set(prints)) == 3
    assert prints[0] == fingerprint("simulated", tmp_path, SourceOptions(tmp_path / "elsewhere", "tiny", 1))


def test_a_preset_that_nobody_knows_is_refused_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="'bakery' is no preset of the shop; known are grocer, gift_shop, tiny"):
        fingerprint("simulated", tmp_path, SourceOptions(tmp_path, "bakery", 1))
    with pytest.raises(SourceError, match="pass SourceOptions"):
        fingerprint("simulated", tmp_path)


@pytest.mark.parametrize("preset", PRESETS)
def test_money_and_days_are_the_shops_own_unless_the_environment_says_otherwise(preset: str) -> None:
    config = PRESETS[preset](1)
    settings = Settings.from_env({"DEBUT_SOURCE": "simulated", "DEBUT_SHOP_PRESET": preset})
    assert (settings.currency, settings.shop_time_zone) == (config.currency, config.time_zone)
    assert weeks_of(settings.source_options) == (config.first_day, config.weeks)
    assert Settings.from_env({"DEBUT_SOURCE": "simulated", "DEBUT_CURRENCY": "EUR"}).currency == "EUR"
    assert Settings.from_env({}).currency == "USD"


def test_every_file_that_makes_a_world_is_in_its_version() -> None:
    root = CODE[0].parent
    told = "import sys, shop.tables; print(*(getattr(module, '__file__', '') for module in sys.modules.values()))"
    done = subprocess.run([sys.executable, "-c", told], cwd=root, capture_output=True, text=True, check=True)
    rooms = {path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")}
    own = [Path(name) for name in done.stdout.split() if Path(name).is_relative_to(root)]
    own = [path for path in own if path.relative_to(root).parts[0] in rooms]
    assert {path.parent for path in own} == set(CODE)


@pytest.mark.parametrize("place", CODE, ids=lambda place: place.name)
def test_a_change_in_any_folder_of_the_code_is_another_world(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    copy = tmp_path / place.name
    shutil.copytree(place, copy)
    monkeypatch.setattr(simulated, "CODE", tuple(copy if one == place else one for one in CODE))
    options = SourceOptions(tmp_path, "tiny", 1)
    before = simulated.version(options)
    some = sorted(copy.rglob("*.py"))[-1]
    some.write_text(some.read_text() + "\n# Another line.\n")
    assert simulated.version(options) != before
