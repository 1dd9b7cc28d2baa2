"""A shop whose suppliers take up to twelve weeks: the plan looks beyond them, orders there, and is replayed so far."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import dagster as dg
import numpy as np
import pandas as pd
import pytest
from support.walk import Walk, forgetful_walk_of

import shop.presets
from contracts.catalog import CATALOG
from contracts.plans import horizon_weeks
from orchestration.partitions import default_week
from orchestration.warehouse import Read
from shop.config import ShopConfig
from shop.presets import tiny

SLOW = 9
LINE = ["product_id", "channel"]


def slow(seed: int) -> ShopConfig:
    """The tiny preset for a year, with lead times like the grocer's."""
    return tiny(seed, weeks=52, lead_weeks=(2, 9, 10))


@pytest.fixture(scope="module")
def walked_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Walk, dg.ExecuteInProcessResult]]:
    """The whole graph for the last week whose horizon is over."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(shop.presets.PRESETS, "tiny", slow)
        walk = forgetful_walk_of(tmp_path_factory.mktemp("slow"), DEBUT_SOURCE="simulated", DEBUT_SHOP_PRESET="tiny")
        with walk.instance:
            yield walk, walk.execute("replay", default_week(walk.settings).isoformat())


@pytest.fixture(scope="module")
def week(walked_shop: tuple[Walk, dg.ExecuteInProcessResult]) -> date:
    return default_week(walked_shop[0].settings)


def table(walk: Walk, name: str, week: date, where: str = "") -> pd.DataFrame:
    """Rows of a table that the week's steps see."""
    return walk.warehouse.read(CATALOG[name], week, Read(where=where))


@pytest.fixture(scope="module")
def orders(walked_shop: tuple[Walk, dg.ExecuteInProcessResult], week: date) -> pd.DataFrame:
    """The plan's orders, each with its product's lead time."""
    walk, _ = walked_shop
    terms = walk.warehouse.read(CATALOG["raw_supply_terms"], None)[["product_id", "lead_weeks"]]
    return table(walk, "order_plan", week).merge(terms, on="product_id", validate="many_to_one")


def test_the_walk_succeeds_and_every_check_passes(walked_shop: tuple[Walk, dg.ExecuteInProcessResult]) -> None:
    _, result = walked_shop
    assert result.success, [event.message for event in result.all_events if event.is_step_failure]
    assert not [f"{e.asset_key}: {e.description}" for e in result.get_asset_check_evaluations() if not e.passed]


def test_the_plan_looks_six_weeks_beyond_the_longest_lead(
    walked_shop: tuple[Walk, dg.ExecuteInProcessResult], week: date
) -> None:
    walk, result = walked_shop
    longest = int(walk.warehouse.read(CATALOG["raw_supply_terms"], None)["lead_weeks"].max())
    assert longest == 12
    assert table(walk, "demand_paths", week)["units"].map(len).unique().tolist() == [horizon_weeks(longest)]
    assert table(walk, "plan_solve", week)["horizon_weeks"].tolist() == [horizon_weeks(longest)]
    said = [entry.user_message for entry in walk.instance.all_logs(result.run_id)]
    assert "the plan looks 18 weeks ahead; later ones carry on what is forecast of weeks 5 to 8" in said


def test_products_with_long_leads_are_ordered_and_arrive_within_the_horizon(orders: pd.DataFrame, week: date) -> None:
    slow_orders = orders[orders["lead_weeks"] >= SLOW]
    assert len(slow_orders) > 3
    taken = (orders["arrive_week"] - orders["order_week"]).dt.days // 7
    assert (taken == orders["lead_weeks"]).all()
    assert (orders["arrive_week"] < pd.Timestamp(week) + pd.Timedelta(weeks=18)).all()


def test_the_replay_counts_every_unit_that_was_there_moved_or_ordered(
    walked_shop: tuple[Walk, dg.ExecuteInProcessResult], orders: pd.DataFrame, week: date
) -> None:
    walk, _ = walked_shop
    played = table(walk, "plan_outcome_line", week, "policy = 'debut'").set_index(LINE).sort_index()
    state = table(walk, "inventory_state", week, "policy = 'debut'")
    end = pd.Timestamp(week) + pd.Timedelta(weeks=18)
    there = state[state["due_week"].isna() | (state["due_week"] < end)]
    moves = table(walk, "transfer_plan", week).rename(columns={"to_channel": "channel"})
    supplied = [
        there.assign(units=there["on_hand"] + there["on_order"]).groupby(LINE)["units"].sum(),
        moves.groupby(LINE)["units"].sum(),
        orders.groupby(LINE)["order_units"].sum(),
    ]
    ordered = supplied[2].reindex(played.index, fill_value=0)
    np.testing.assert_array_equal(played["order_units"], ordered)
    total = sum(part.reindex(played.index, fill_value=0) for part in supplied)
    np.testing.assert_array_equal(played["units_sold"] + played["units_left"], total)
    slow_lines = orders.loc[orders["lead_weeks"] >= SLOW, LINE].drop_duplicates()
    assert played.loc[pd.MultiIndex.from_frame(slow_lines), "order_units"].gt(0).all()


def test_the_warehouse_is_moved_whole_to_the_channels_that_sell_its_products(
    walked_shop: tuple[Walk, dg.ExecuteInProcessResult], week: date
) -> None:
    walk, _ = walked_shop
    planned = set(table(walk, "demand_paths", week)["product_id"])
    pool = table(walk, "inventory_state", week, "channel = 'pool'")
    pool = pool[pool["product_id"].isin(planned)]
    moves = table(walk, "transfer_plan", week)
    held = (pool["on_hand"] + pool["on_order"]).groupby(pool["product_id"]).sum()
    moved = moves.groupby("product_id")["units"].sum()
    assert moved.sum() > 0
    pd.testing.assert_series_equal(moved, held[held > 0], check_names=False, check_dtype=False)


def test_the_outcome_says_that_every_week_was_known_and_the_world_ran_them_all(
    walked_shop: tuple[Walk, dg.ExecuteInProcessResult], week: date
) -> None:
    walk, _ = walked_shop
    established = table(walk, "plan_outcome", week, "part = 'established'")
    assert established["is_complete"].all()
    assert established["weeks_complete"].eq(18).all()
    assert table(walk, "world_outcome", week)["weeks_run"].eq(18).all()
