"""The whole graph on a tiny shop: every promise kept, one row set a week, nothing from the future."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from pathlib import Path

import dagster as dg
import duckdb
import pandas as pd
import pytest
from mlflow import MlflowClient
from support.tiny_shop import DECISION_WEEK, make_tiny_shop
from support.walk import Walk, forgetful_walk_of

from contracts.catalog import CATALOG, in_schema
from contracts.table import Table
from expectations.validate import validate
from ml.demand.registry import MODELS
from ml.response.registry import MODELS as RESPONSE_MODELS
from optimization.rules import RULES
from orchestration.assets.plan import plan_frozen
from orchestration.warehouse import Read

WEEK = DECISION_WEEK.isoformat()
DECIDED = [table for schema in ("predictions", "plans") for table in in_schema(schema)]
# This shop counts no warehouse, so nothing is moved from one, knows no styles, announces all that begins to sell late, can
# keep its limits, and its planners overrule and freeze nothing.
SILENT = {
    "transfer_plan",
    "first_sales",
    "plan_diagnosis",
    "plan_override",
    "plan_override_price",
    "plan_frozen",
    "style_split",
}
# Not the same on every run: which run made it, and how long it took.
PASSING = ["run_id", "model_uri", "cpu_seconds"]
# Figures that Keras computed, or that are held to such.
KERAS = {
    "response_backtest",
    "response_backtest_loss",
    "response_list_scores",
    "response_exposure",
    "response_forecast",
    "demand_backtest",
    "demand_forecast",
    "demand_drivers",
    "plan_explanation",
    "recommendations",
    "launch_audience",
}


def rows_of(walk: Walk, table: Table) -> pd.DataFrame:
    """A table's rows of the decision week, as a step would be handed them, without what passes."""
    frame = walk.warehouse.read(table, DECISION_WEEK, Read(weeks="all"))
    return frame.drop(columns=[name for name in PASSING if name in frame])


def test_every_step_and_every_check_passes(walked: tuple[Walk, dg.ExecuteInProcessResult]) -> None:
    _, result = walked
    failed = [event.message for event in result.all_events if event.is_step_failure]
    assert not failed
    broken = [f"{e.asset_key}: {e.description}" for e in result.get_asset_check_evaluations() if not e.passed]
    assert not broken


def test_every_table_says_how_many_rows_and_which_columns_it_has(
    walked: tuple[Walk, dg.ExecuteInProcessResult],
) -> None:
    walk, result = walked
    specs = {spec.key: spec for spec in walk.definitions.resolve_all_asset_specs()}
    for event in result.get_asset_materialization_events():
        said = event.materialization
        if specs[said.asset_key].group_name == "reports":
            continue
        assert "dagster/row_count" in said.metadata, said.asset_key
        assert {**specs[said.asset_key].metadata, **said.metadata}["dagster/column_schema"], said.asset_key


@pytest.mark.parametrize(
    "table", [t for t in CATALOG.values() if t.schema not in {"races", "scenarios"}], ids=lambda table: table.name
)
def test_every_table_is_there_with_its_columns(walked: tuple[Walk, dg.ExecuteInProcessResult], table: Table) -> None:
    walk, _ = walked
    with duckdb.connect(str(walk.settings.snapshot), read_only=True) as con:
        columns = [row[0] for row in con.execute(f"describe {table.full_name}").fetchall()]
    assert columns == table.names()


@pytest.mark.parametrize("table", DECIDED, ids=lambda table: table.name)
def test_what_was_stored_still_keeps_its_promise(walked: tuple[Walk, dg.ExecuteInProcessResult], table: Table) -> None:
    walk, _ = walked
    verdict = validate(walk.warehouse.read(table, DECISION_WEEK), table)
    assert verdict.passed, verdict.message


def test_launches_are_forecast_with_no_sales_of_their_own_and_decided_one_by_one(
    walked: tuple[Walk, dg.ExecuteInProcessResult],
) -> None:
    walk, _ = walked
    plan = walk.warehouse.read(CATALOG["launch_plan"], DECISION_WEEK)
    candidates = walk.warehouse.read(CATALOG["launch_candidates"], DECISION_WEEK, Read(where="decision_week = {week}"))
    assert set(zip(plan["product_id"], plan["channel"], strict=True)) == set(
        zip(candidates["product_id"], candidates["channel"], strict=True)
    )
    sold = walk.warehouse.read(CATALOG["weekly_sales"], DECISION_WEEK, Read(where="units > 0"))
    assert not set(candidates["product_id"]) & set(sold["product_id"])
    launched = plan[plan["is_launched"]]
    assert (launched["launch_week"] >= pd.Timestamp(DECISION_WEEK)).all()
    assert plan.loc[~plan["is_launched"], "order_units"].sum() == 0


def test_customers_are_shown_what_sells_and_the_plans_launches_and_audiences_are_as_large_as_the_reach(
    walked: tuple[Walk, dg.ExecuteInProcessResult],
) -> None:
    walk, _ = walked
    shown, audience, reach, plan, orders = (
        walk.warehouse.read(CATALOG[name], DECISION_WEEK)
        for name in ("recommendations", "launch_audience", "response_forecast", "launch_plan", "order_plan")
    )
    line = ["product_id", "channel"]
    launched = set(plan.loc[plan["is_launched"], line].itertuples(index=False, name=None))
    assert launched
    sold = walk.warehouse.read(CATALOG["weekly_sales"], DECISION_WEEK, Read(where="units > 0"))
    late = sold[sold["week"] >= pd.Timestamp(DECISION_WEEK) - pd.Timedelta(weeks=4)]
    is_selling = pd.MultiIndex.from_frame(shown[line]).isin(pd.MultiIndex.from_frame(late[line]))
    assert is_selling.any()
    fresh = shown[~is_selling]
    assert fresh["is_new"].all()
    assert len(set(fresh[line].itertuples(index=False, name=None)) & launched) > 0
    assert set(fresh[line].itertuples(index=False, name=None)) <= launched
    first = orders.groupby(line)["arrive_week"].min()
    due = fresh.merge(first, on=line).merge(plan, on=line)
    assert len(due) == len(fresh), "nothing counts this shop's stock, so a launch that is shown was ordered"
    assert (due["arrive_week"] <= due["launch_week"]).all()
    expected = reach.groupby(line)["reach_customers"].sum()
    counted = audience.groupby(line).size()
    assert counted.to_dict() == {key: n for key, n in expected.to_dict().items() if key in launched and n > 0}
    with duckdb.connect(str(walk.settings.snapshot), read_only=True) as con:
        (wrong,) = con.execute(
            "select count(*) from predictions.recommendations as shown "
            "left join (from features.response_candidates union all from features.recommendation_candidates) as rows "
            "using (decision_week, customer_id, product_id, channel) "
            "where starts_with(reason, 'bought it') is distinct from coalesce(product_bought_before, 0) > 0"
        ).fetchone()  # type: ignore[misc]
    assert wrong == 0


def test_the_next_week_may_be_held_to_what_this_weeks_plan_set_for_it(
    walked: tuple[Walk, dg.ExecuteInProcessResult],
) -> None:
    walk, _ = walked
    later = DECISION_WEEK + timedelta(weeks=1)
    config = {"frozen_weeks": 2, "pack_price": 0.5, "launch_price": 3.0}
    given = {"settings": walk.settings, "config": config}
    frozen = plan_frozen.run(plan_frozen.read(walk.warehouse, later), later, given)["plan_frozen"]
    verdict = validate(frozen, CATALOG["plan_frozen"])
    assert verdict.passed, verdict.message
    held = frozen[frozen["kind"] == "order"]
    orders = walk.warehouse.read(CATALOG["order_plan"], DECISION_WEEK)
    near = orders[orders["order_week"].isin([pd.Timestamp(later) + pd.Timedelta(weeks=w) for w in range(2)])]
    line = ["product_id", "channel"]
    assert len(near)
    assert set(held[[*line, "week", "units"]].itertuples(index=False, name=None)) == set(
        near[[*line, "order_week", "order_units"]].itertuples(index=False, name=None)
    )
    candidates = walk.warehouse.read(CATALOG["launch_plan"], DECISION_WEEK)
    assert len(frozen[frozen["kind"] == "launch"]) == len(candidates)
    first = plan_frozen.run(plan_frozen.read(walk.warehouse, DECISION_WEEK), DECISION_WEEK, given)["plan_frozen"]
    assert first["week"].isna().all()


def test_no_plan_earns_more_than_its_bound_and_no_policy_more_than_the_oracle(
    walked: tuple[Walk, dg.ExecuteInProcessResult],
) -> None:
    walk, _ = walked
    solve = walk.warehouse.read(CATALOG["plan_solve"], DECISION_WEEK).iloc[0]
    assert solve["objective"] <= solve["bound"] + 1e-6
    outcome = walk.warehouse.read(CATALOG["plan_outcome"], DECISION_WEEK)
    whole = outcome[outcome["part"] == "all"].set_index("policy")["profit"]
    assert whole["oracle"] == whole.max()
    assert set(whole.index) == {"debut", "oracle", *RULES}


def test_the_report_is_written_and_names_its_assumptions(walked: tuple[Walk, dg.ExecuteInProcessResult]) -> None:
    walk, result = walked
    page = (walk.settings.reports / WEEK / "report.html").read_text()
    assert "72%" in page.replace(" %", "%").replace("\u202f%", "%")
    text = (walk.settings.reports / WEEK / "report.md").read_text()
    (said,) = result.asset_materializations_for_node("report")
    assert said.metadata["text"] == dg.MetadataValue.md(text), "Dagster's page of the asset shows it, too"


def test_a_week_that_is_run_twice_changes_nothing(walked: tuple[Walk, dg.ExecuteInProcessResult]) -> None:
    walk, _ = walked
    before = {table.name: rows_of(walk, table) for table in DECIDED}
    assert walk.execute("week", WEEK).success
    for table in DECIDED:
        assert_same(before[table.name], rows_of(walk, table), table)


def test_what_happens_after_the_decision_week_changes_nothing_before_it(
    walked: tuple[Walk, dg.ExecuteInProcessResult], tmp_path: Path
) -> None:
    walk, _ = walked
    make_tiny_shop(tmp_path / "landing", sales_noise_from=DECISION_WEEK)
    other = forgetful_walk_of(tmp_path)
    with other.instance:
        result = other.execute("decide", WEEK)
    assert result.success, [event.message for event in result.all_events if event.is_step_failure]
    for table in [*in_schema("features"), *DECIDED]:
        ours, theirs = rows_of(walk, table), rows_of(other, table)
        assert len(ours) or table.name in SILENT, f"{table.name}: nothing to compare"
        assert_same(ours, theirs, table)


def test_the_destroyed_future_really_differs(walked: tuple[Walk, dg.ExecuteInProcessResult], tmp_path: Path) -> None:
    make_tiny_shop(tmp_path / "landing", sales_noise_from=DECISION_WEEK)
    walk, _ = walked
    real = pd.read_csv(walk.settings.landing / "files" / "raw_sales" / "raw_sales.csv")
    noise = pd.read_csv(tmp_path / "landing" / "files" / "raw_sales" / "raw_sales.csv")
    later = pd.to_datetime(real["sold_at"]) >= pd.Timestamp(DECISION_WEEK)
    assert later.sum() > 1_000
    assert (real.loc[later, "units"].to_numpy() != noise["units"].to_numpy()[later.to_numpy()]).mean() > 0.5
    assert pd.to_datetime(real["sold_at"]).max() >= pd.Timestamp(DECISION_WEEK + timedelta(weeks=9))


def assert_same(ours: pd.DataFrame, theirs: pd.DataFrame, table: Table) -> None:
    """The same rows; what Keras computed, within 1e-6."""
    order = [name for name in table.grain if name in ours]
    ours, theirs = (frame.sort_values(order, ignore_index=True) for frame in (ours, theirs))
    keras = table.name in KERAS
    if "sha256" in ours and table.name == "response_model_run":
        ours, theirs = ours.drop(columns="sha256"), theirs.drop(columns="sha256")
    try:
        pd.testing.assert_frame_equal(ours, theirs, check_exact=not keras, rtol=0, atol=1e-6 if keras else 0)
    except AssertionError as error:
        raise AssertionError(f"{table.name}: {error}") from None


def test_a_race_trains_the_whole_field_beside_the_week_and_changes_nothing_of_it(
    walked: tuple[Walk, dg.ExecuteInProcessResult],
) -> None:
    walk, _ = walked
    before = {table.name: walk.warehouse.read(table, DECISION_WEEK) for table in in_schema("predictions")}
    rows = []
    for _ in range(2):
        done = walk.execute("race", WEEK)
        assert done.success, [event.message for event in done.all_events if event.is_step_failure]
        rows.append(
            {name: walk.warehouse.read(CATALOG[name], DECISION_WEEK) for name in ("demand_race", "response_race")}
        )
    tasks = before["response_model_run"]["task"].unique()
    for kind, subject, field, figures in (
        ("demand", "phase", {(m.phase, m.name) for m in MODELS}, ["wpl", "wpl_8", "wape", "bias", "coverage_80"]),
        ("response", "task", set(product(tasks, RESPONSE_MODELS)), ["auc", "normalised_entropy", "calibration"]),
    ):
        first, again = (one[f"{kind}_race"] for one in rows)
        assert set(zip(again[subject], again["model"], strict=True)) == field
        pd.testing.assert_frame_equal(first[figures], again[figures])
        assert again[figures].notna().all(axis=None)
        trained = before[f"{kind}_model_run"].set_index([subject, "model"])["run_id"]
        assert set(trained.index) == set(again[again["is_weekly"]].set_index([subject, "model"]).index)
        raced = again.set_index([subject, "model"])["run_id"]
        assert raced.loc[trained.index].tolist() == trained.tolist()
        assert runs_of(walk, kind) == sorted(raced)
    for table in in_schema("predictions"):
        pd.testing.assert_frame_equal(before[table.name], walk.warehouse.read(table, DECISION_WEEK))


def runs_of(walk: Walk, kind: str) -> list[str]:
    """Ids of the runs that MLflow shows of this decision week's models, the week's own runs above them left out."""
    client = MlflowClient(walk.settings.mlflow_uri, walk.settings.mlflow_uri)
    shown = [e.experiment_id for e in client.search_experiments() if e.name.split("/")[0] == kind]
    runs = client.search_runs(shown, f"tags.decision_week = '{WEEK}'")
    return sorted(run.info.run_id for run in runs if "mlflow.parentRunId" in run.data.tags)
