"""What a world is written to: the raw contracts' columns, to the cent and to the second."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest
from support.hand_made_world import MONDAY, HandMadeWorld, hand_made_week, hand_made_world

from contracts.catalog import in_schema
from contracts.plans import horizon_weeks
from shop import arrow
from shop.changes import Change, ChangeKind
from shop.parts import Week, slices
from shop.presets import tiny
from shop.tables import public_folder, write_world
from shop.truth import TRUTH_TABLES, truth_folder
from shop.world import World


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world") / "whole"
    write_world(hand_made_world(), folder)  # type: ignore[arg-type]
    return folder


def rows(folder: Path, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
    return duckdb.sql(f"select {columns} from read_parquet('{folder / table}/*.parquet')").fetchall()


PUBLIC = [table for table in in_schema("raw") if table.name not in {"raw_rejected", "raw_delivered"}]


@pytest.mark.parametrize("table", PUBLIC, ids=lambda table: table.name)
def test_every_raw_table_has_exactly_the_promised_columns_and_types(written: Path, table: Any) -> None:
    found = duckdb.sql(f"describe from read_parquet('{public_folder(written) / table.name}/*.parquet')").fetchall()
    assert [(name, kind.lower()) for name, kind, *_ in found] == [(c.name, c.type) for c in table.columns]


@pytest.mark.parametrize("table", TRUTH_TABLES, ids=lambda table: table.name)
def test_the_truth_keeps_its_own_promises_apart(written: Path, table: Any) -> None:
    found = duckdb.sql(f"describe from read_parquet('{truth_folder(written) / table.name}/*.parquet')").fetchall()
    assert [(name, kind.lower()) for name, kind, *_ in found] == [(c.name, c.type) for c in table.columns]
    assert sorted(path.name for path in truth_folder(written).iterdir()) == sorted(t.name for t in TRUTH_TABLES)
    assert not {path.name for path in public_folder(written).iterdir()} & {t.name for t in TRUTH_TABLES}


def test_a_line_is_written_to_the_cent_and_a_return_keeps_its_sign(written: Path) -> None:
    found = rows(public_folder(written), "raw_sales")
    assert found[0] == (
        "O7", 1, "p1", "online_01", "c1", datetime(2023, 6, 5, 11), 2, Decimal("1.99"), Decimal("2.50"), "GBP"
    )  # fmt: skip
    assert found[2][3:] == (
        "stores_02", "c2", datetime(2023, 6, 5, 21, 20), -1, Decimal("-10.50"), Decimal("-10.50"), "GBP"
    )  # fmt: skip


def test_only_an_impression_has_a_propensity_and_a_truth(written: Path) -> None:
    found = rows(public_folder(written), "raw_events", "event_id, event_type, placement, position, propensity")
    assert found == [("E1", "impression", "random", 3, 0.5), ("E2", "click", "random", 3, None)]
    assert rows(truth_folder(written), "truth_impressions") == [("E1", 0.03, 0.001)]


def test_an_announced_promotion_is_a_plan_of_its_channel_and_ran_in_each_location(written: Path) -> None:
    columns = "product_id, channel, location_id, placement, discount_rate, announced_on"
    assert rows(public_folder(written), "raw_promotions", columns) == [
        ("p1", "stores", None, "mailer", 0.2, date(2023, 4, 10)),
        ("p2", "online", None, "home", None, None),
        ("p1", None, "stores_01", "mailer", 0.2, None),
        ("p1", None, "stores_02", "mailer", 0.2, None),
    ]
    spans = rows(public_folder(written), "raw_promotions", "distinct starts_on, ends_on")
    assert spans == [(date(2023, 6, 5), date(2023, 6, 11))]


def test_stock_is_counted_on_the_night_of_a_summer_sunday(written: Path) -> None:
    columns = "product_id, channel, counted_at, on_hand_units, on_order_units, due_on"
    assert rows(public_folder(written), "raw_inventory", columns) == [
        ("p1", "stores", datetime(2023, 6, 11, 22, 59), 5, 0, None),
        ("p1", "pool", datetime(2023, 6, 11, 22, 59), 40, 12, date(2023, 6, 19)),
    ]


def test_a_candidate_is_announced_whether_it_launches_or_not(written: Path) -> None:
    columns = "product_id, planned_week, channels, planned_price, announced_on"
    assert rows(public_folder(written), "raw_launch_candidates", columns) == [
        ("p3", date(2023, 6, 26), ["online"], Decimal("4.00"), date(2023, 5, 16))
    ]


def test_the_budget_is_a_share_of_the_cost_of_the_goods_sold(written: Path) -> None:
    found = rows(public_folder(written), "raw_plan_limits", "scope, week, amount")
    # Two of p1 at 1.00, one of p2 at 7.00 and one back.
    assert ("budget", date(2023, 6, 12), 1.7) in found
    assert {week for scope, week, _ in found if scope == "launches"} == {None}
    slots = [week for scope, week, _ in found if scope == "slots"]
    # As far as a plan of the week after the last looks: the slowest of these products takes a week.
    assert slots == [date(2023, 6, 12) + timedelta(weeks=week) for week in range(horizon_weeks(1) + 1)]


def test_the_truth_tells_what_lifts_a_category_and_every_change(tmp_path: Path) -> None:
    changes = (
        Change(ChangeKind.PRICE_WAR, MONDAY + timedelta(days=9), 3, 0.2, category=1),
        Change(ChangeKind.TRACKING_OUTAGE, MONDAY - timedelta(days=1), size=0.5),
    )
    world = World(tiny(first_day=MONDAY, weeks=1, changes=changes))
    write_world(world, tmp_path / "world")
    truth, public = truth_folder(tmp_path / "world"), public_folder(tmp_path / "world")
    assert rows(truth, "truth_changes") == [
        (1, "price_war", date(2023, 6, 14), 3, 0.2, str(world.catalogue.category_names_1[1])),
        (2, "tracking_outage", date(2023, 6, 4), 0, 0.5, None),
    ]
    category = dict(rows(public, "raw_products", "product_id, category_2"))
    lifts = rows(truth, "truth_products", "product_id, complement")
    assert {(category[product], complement) for product, complement in lifts} == {
        (str(world.catalogue.category_names_2[number]), str(world.catalogue.category_names_2[other]))
        for number, other in enumerate(world.catalogue.complement)
        if str(world.catalogue.category_names_2[number]) in category.values()
    }


def test_empty_texts_are_missing_values(written: Path) -> None:
    assert rows(public_folder(written), "raw_locations", "region") == [(None,), ("north",), ("north",)]


def test_a_world_is_never_half_there(tmp_path: Path) -> None:
    world = hand_made_world()

    class Breaks(HandMadeWorld):
        def weeks(self) -> Iterator[Week]:
            yield hand_made_week()
            raise RuntimeError("the second week breaks")

    with pytest.raises(RuntimeError, match="the second week breaks"):
        write_world(Breaks(world.config, world.catalogue, world.customers), tmp_path / "world")  # type: ignore[arg-type]
    assert not (tmp_path / "world").exists()
    write_world(world, tmp_path / "world")  # type: ignore[arg-type]
    with pytest.raises(FileExistsError, match="is there already"):
        write_world(world, tmp_path / "world")  # type: ignore[arg-type]
    assert [path.name for path in tmp_path.iterdir()] == ["world"]


def test_a_week_is_gone_before_the_next_is_made(tmp_path: Path) -> None:
    world = hand_made_world()
    kept: list[weakref.ref[Week]] = []

    class Watched(HandMadeWorld):
        def weeks(self) -> Iterator[Week]:
            for _ in range(3):
                assert not any(past() for past in kept)
                week = hand_made_week()
                kept.append(weakref.ref(week))
                yield week
                del week

    write_world(Watched(world.config, world.catalogue, world.customers), tmp_path / "world")  # type: ignore[arg-type]
    assert len(kept) == 3


def test_the_same_world_is_the_same_bytes(written: Path, tmp_path: Path) -> None:
    write_world(hand_made_world(), tmp_path / "again")  # type: ignore[arg-type]
    files = sorted(path.relative_to(written) for path in written.rglob("*.parquet"))
    assert files == sorted(path.relative_to(tmp_path / "again") for path in (tmp_path / "again").rglob("*.parquet"))
    assert all((written / file).read_bytes() == (tmp_path / "again" / file).read_bytes() for file in files)


def test_a_stream_bounds_its_files_and_keeps_the_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow, "GROUP_ROWS", 4)
    monkeypatch.setattr(arrow, "FILE_ROWS", 10)
    stream = arrow.TableStream(tmp_path / "t")
    for start in range(0, 30, 3):
        stream.write(arrow.pa.table({"n": np.arange(start, start + 3)}))
    stream.close()
    files = sorted((tmp_path / "t").iterdir())
    assert [path.name for path in files] == ["part-0000.parquet", "part-0001.parquet", "part-0002.parquet"]
    assert [pq.ParquetFile(path).metadata.row_group(0).num_rows for path in files] == [4, 4, 4]
    assert [n for path in files for n in pq.read_table(path)["n"].to_pylist()] == list(range(30))


def test_a_week_is_cut_into_slices_that_lose_nothing() -> None:
    parts = list(slices(hand_made_week().lines, 2))
    assert [len(part.order) for part in parts] == [2, 1]
    assert np.concatenate([part.net_cents for part in parts]).tolist() == [199, 1_050, -1_050]


def test_a_column_that_nobody_promised_is_refused_by_name() -> None:
    table = PUBLIC[0]
    with pytest.raises(ValueError, match="'quality' is not promised"):
        arrow.promised(table, {"quality": arrow.pa.array([1])})


def test_money_survives_the_largest_and_smallest_amounts() -> None:
    amounts = np.array([0, 1, -1, 10**15, -(10**15)])
    assert arrow.money(amounts).to_pylist() == [Decimal(int(cents)) / 100 for cents in amounts]
