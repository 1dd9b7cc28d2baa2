"""The simulated shop walked once, with every optional table in play."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import dagster as dg
import duckdb
import pandas as pd
import pytest
from support.walk import Walk, forgetful_walk_of

from contracts.catalog import CATALOG, in_schema
from contracts.features import RESPONSE_FEATURES
from contracts.table import Presence, Role
from optimization.rules import RULES
from orchestration.partitions import default_week
from orchestration.sources.simulated import world_folder
from orchestration.warehouse import Read
from shop.tables import public_folder
from shop.truth import TRUTH_TABLES

OPTIONAL = [table for table in in_schema("raw") if table.presence is Presence.OPTIONAL]


def test_every_step_and_every_check_passes_with_every_table_in_play(
    walked_shop: tuple[Walk, dg.ExecuteInProcessResult],
) -> None:
    walk, result = walked_shop
    assert not [event.message for event in result.all_events if event.is_step_failure]
    assert not [f"{e.asset_key}: {e.description}" for e in result.get_asset_check_evaluations() if not e.passed]
    with duckdb.connect(str(walk.settings.snapshot), read_only=True) as con:
        empty = [t.name for t in OPTIONAL if not con.execute(f"from {t.full_name} limit 1").fetchall()]
    assert not empty


def test_responses_are_learned_from_logged_impressions(walked_shop: tuple[Walk, dg.ExecuteInProcessResult]) -> None:
    walk, _ = walked_shop
    shown = walk.warehouse.read(CATALOG["response_features"], default_week(walk.settings))
    impressions = shown[~shown["is_proxy"]]
    assert set(impressions["channel"]) == {"online", "marketplace"}
    assert set(impressions["placement"]) == {"home", "category", "random"}
    assert impressions["is_purchased"].sum() > 0
    assert set(shown.loc[shown["is_proxy"], "channel"]) == {"stores_north", "stores_south"}


def test_a_launch_is_scored_where_each_channel_shows_it(walked_shop: tuple[Walk, dg.ExecuteInProcessResult]) -> None:
    walk, _ = walked_shop
    scored = walk.warehouse.read(CATALOG["response_forecast"], default_week(walk.settings))
    has_clicks = scored["channel"].isin(["online", "marketplace"])
    assert scored["expected_click_rate"].notna().equals(has_clicks)
    assert (scored.loc[has_clicks, "expected_click_rate"] >= scored.loc[has_clicks, "expected_conversion_rate"]).all()
    by_channel = scored.groupby("channel")["placement"].unique()
    assert {channel: set(placements) for channel, placements in by_channel.items()} == {
        "online": {"home"},
        "marketplace": {"home"},
        "stores_north": {"mailer"},
        "stores_south": {"mailer"},
    }


def test_what_all_impressions_of_a_channel_share_candidates_share_too(
    walked_shop: tuple[Walk, dg.ExecuteInProcessResult],
) -> None:
    # A model that never saw a column filled there knows nothing of what its values mean.
    walk, _ = walked_shop
    week = default_week(walk.settings)
    shown = walk.warehouse.read(CATALOG["response_features"], week)
    names = RESPONSE_FEATURES.names(Role.FEATURE)
    for table in ("response_candidates", "recommendation_candidates"):
        asked = walk.warehouse.read(CATALOG[table], week)
        for channel in ("online", "marketplace"):
            logged = shown.loc[~shown["is_proxy"] & (shown["channel"] == channel), names]
            own = asked[asked["channel"] == channel]
            lacking = logged.columns[logged.isna().all()]
            assert {"location_visit_share", "weeks_since_sale_here"} <= set(lacking)
            assert own[lacking].isna().all(axis=None), (table, channel)
            for name in ("location_visits_12", "location_rate"):
                assert set(own[name]) <= set(logged[name]), (table, channel, name)
                assert logged[name].nunique() == 1
            for rows in (logged, own):
                assert (rows["product_rate_here"] - rows["product_rate_12"]).abs().max() < 1e-12


def test_the_plan_begins_with_what_was_counted_and_keeps_the_shops_own_limits(
    walked_shop: tuple[Walk, dg.ExecuteInProcessResult],
) -> None:
    walk, _ = walked_shop
    week = default_week(walk.settings)
    state = walk.warehouse.read(CATALOG["inventory_state"], week, Read(where="policy = 'debut'"))
    assert (state["on_order"].sum() > 0) & (state["on_hand"].sum() > 0)
    limits = walk.warehouse.read(CATALOG["raw_plan_limits"], None)
    solve = walk.warehouse.read(CATALOG["plan_solve"], week).iloc[0]
    own = limits.loc[limits["scope"] == "budget", "amount"].unique()
    assert len(own) == 1
    assert f": {own[0]:.2f}" in solve["budgets"].replace("}", "")


def test_every_policy_is_executed_in_the_world_from_the_same_stock(
    walked_shop: tuple[Walk, dg.ExecuteInProcessResult],
) -> None:
    walk, _ = walked_shop
    rows = walk.warehouse.read(CATALOG["world_outcome"], default_week(walk.settings))
    policies = {"debut", *RULES, "oracle", "oracle_of_demand"}
    assert set(rows["policy"]) == policies
    assert rows.groupby("part")["opening_value"].nunique().eq(1).all()
    assert rows.loc[rows["policy"] == "oracle_of_demand", "oracle_share"].dropna().eq(1.0).all()
    effects = walk.warehouse.read(CATALOG["launch_effect"], default_week(walk.settings))
    assert set(effects["policy"]) <= policies
    assert effects["units_taken_from_others"].eq(effects["units_sold"] - effects["effect"]).all()


def test_nothing_of_the_truth_reaches_the_warehouse(walked_shop: tuple[Walk, dg.ExecuteInProcessResult]) -> None:
    walk, _ = walked_shop
    told = {column.name for table in TRUTH_TABLES for column in table.columns if column.role != "key"}
    with duckdb.connect(str(walk.settings.snapshot), read_only=True) as con:
        columns = {row[0] for row in con.execute("select column_name from information_schema.columns").fetchall()}
    assert not columns & (told - {"week", "weeks", "launch_week", "value", "category_1", "starts_on", "kind", "size"})


@pytest.mark.parametrize(
    ("table", "column", "other", "key"),
    [
        ("raw_sales", "product_id", "raw_products", "product_id"),
        ("raw_sales", "location_id", "raw_locations", "location_id"),
        ("raw_sales", "customer_id", "raw_customers", "customer_id"),
        ("raw_events", "product_id", "raw_products", "product_id"),
        ("raw_events", "customer_id", "raw_customers", "customer_id"),
        ("raw_events", "channel", "raw_locations", "channel"),
        ("raw_promotions", "product_id", "raw_products", "product_id"),
        ("raw_promotions", "location_id", "raw_locations", "location_id"),
        ("raw_promotions", "channel", "raw_locations", "channel"),
        ("raw_inventory", "product_id", "raw_products", "product_id"),
        ("raw_launch_candidates", "product_id", "raw_products", "product_id"),
        ("raw_supply_terms", "product_id", "raw_products", "product_id"),
        ("raw_plan_limits", "category_1", "raw_products", "category_1"),
    ],
)
def test_what_one_table_names_another_knows(
    walked_shop: tuple[Walk, dg.ExecuteInProcessResult], table: str, column: str, other: str, key: str
) -> None:
    walk, _ = walked_shop
    with duckdb.connect(str(walk.settings.snapshot), read_only=True) as con:
        strangers = con.execute(
            f"select distinct {column} from raw.{table} where {column} is not null except select {key} from raw.{other}"
        ).fetchall()
    assert not strangers


def test_a_shop_that_brings_sales_and_products_alone_is_told_line_by_line_and_gets_its_plan(tmp_path: Path) -> None:
    walk = forgetful_walk_of(tmp_path, DEBUT_SOURCE="simulated", DEBUT_SHOP_PRESET="tiny")
    kept = public_folder(world_folder(walk.settings.source_options, makes=True))
    for table in OPTIONAL:
        shutil.rmtree(kept / table.name)
    week = default_week(walk.settings)
    with walk.instance:
        result = walk.execute("decide", week.isoformat())
        told = [entry.user_message for entry in walk.instance.all_logs(result.run_id) if entry.level == logging.WARNING]
    assert result.success, [event.message for event in result.all_events if event.is_step_failure]
    assert told == [f"{table.name}: absent, so {table.without_it}" for table in OPTIONAL]
    plan = walk.warehouse.read(CATALOG["order_plan"], week)
    assert set(plan["channel"]) == {"shop"}
    assert plan["order_units"].sum() > 0
    assert walk.warehouse.read(CATALOG["launch_plan"], week).empty


def test_a_planned_week_is_dumped_as_an_instance_with_its_plans_costs(
    walked_shop: tuple[Walk, dg.ExecuteInProcessResult], tmp_path: Path
) -> None:
    from optimization.network.evaluate import evaluate
    from optimization.network.instance import NetworkPlan
    from orchestration.dump_instance import dump_instance
    from orchestration.plan_folders import read_instance, read_test_demand

    walk, _ = walked_shop
    week = default_week(walk.settings)
    assert dump_instance(walk.settings, week, tmp_path) == 0
    network = read_instance(tmp_path)
    assert (read_test_demand(tmp_path, network) != network.demand).any()
    lines = pd.read_parquet(tmp_path / "lines.parquet")
    orders = walk.warehouse.read(CATALOG["order_plan"], week).merge(lines, on=["product_id", "channel"], how="left")
    plan = NetworkPlan.empty(network)
    number = ((orders["order_week"] - pd.Timestamp(week)).dt.days // 7).to_numpy()
    packs = orders["order_units"].to_numpy() // network.pack[orders["product"]]
    plan.packs[orders["product"].to_numpy(), number] = packs
    launches = walk.warehouse.read(CATALOG["launch_plan"], week).merge(lines, on=["product_id", "channel"], how="left")
    launches = launches[launches["is_launched"].astype(bool)]
    begins = ((launches["launch_week"] - pd.Timestamp(week)).dt.days // 7).to_numpy()
    plan.launch_week[launches["product"].to_numpy(), launches["location"].to_numpy()] = begins
    costs = (plan.packs * (network.pack * network.unit_cost)[:, None]).sum()
    assert len(orders)
    assert costs == pytest.approx(float(orders["order_cost"].astype(float).sum()), abs=0.01 * len(orders))
    assert evaluate(network, plan).violations == ()


def test_what_if_is_answered_in_the_terminal_and_by_the_job(
    walked_shop: tuple[Walk, dg.ExecuteInProcessResult], tmp_path: Path
) -> None:
    from orchestration.ask import Asking, ask

    walk, _ = walked_shop
    week = default_week(walk.settings)
    assert ask(walk.settings, week, Asking({"budget": 0.5}, [], None, tmp_path)) == 0
    asked = pd.read_parquet(tmp_path / "plan_scenario.parquet").iloc[0]
    result = walk.execute(
        "scenario", week.isoformat(), {"ops": {"plan_scenario": {"config": {"scenarios": {"half": {"budget": 0.5}}}}}}
    )
    assert result.success
    told = walk.warehouse.read(CATALOG["plan_scenario"], week).iloc[0]
    lines = walk.warehouse.read(CATALOG["plan_scenario_line"], week)
    assert told["scenario"] == "half"
    assert float(told["difference"]) == pytest.approx(float(asked["difference"]))
    assert lines["difference"].sum() == pytest.approx(float(told["difference"]), abs=0.02)
    objective = walk.warehouse.read(CATALOG["plan_solve"], week)["objective"].iloc[0]
    assert float(told["base_profit"]) == pytest.approx(objective, abs=0.006)


def test_a_frontier_is_drawn_by_the_command_and_by_the_job(
    walked_shop: tuple[Walk, dg.ExecuteInProcessResult], tmp_path: Path
) -> None:
    from orchestration.ask import Asking, draw

    walk, _ = walked_shop
    week = default_week(walk.settings)
    front = {"frontier": ["profit", "fill_rate"], "points": 3}
    assert draw(walk.settings, week, Asking(front, [], None, tmp_path)) == 0
    asked = pd.read_parquet(tmp_path / "plan_frontier.parquet")
    assert (tmp_path / "asked.png").stat().st_size > 1000
    config = {"ops": {"plan_frontier": {"config": {"frontiers": {"asked": front}}}}}
    result = walk.execute("frontier", week.isoformat(), config)
    assert result.success
    told = walk.warehouse.read(CATALOG["plan_frontier"], week)
    for column in ("profit", "worst_tenth", "fill_rate", "bound"):
        assert told[column].astype(float).tolist() == pytest.approx(asked[column].astype(float).tolist())
    (event,) = [
        e for e in result.get_asset_materialization_events() if e.materialization.asset_key.path[-1] == "plan_frontier"
    ]
    assert "data:image/png;base64," in event.materialization.metadata["picture"].value
    objective = walk.warehouse.read(CATALOG["plan_solve"], week)["objective"].iloc[0]
    assert float(told["profit"].max()) >= objective - 0.006
