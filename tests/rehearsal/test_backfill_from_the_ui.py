"""Two decision weeks backfilled from Dagster's pages, as an analyst would, with MLflow open beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from support.served import Served, page, served
from support.tiny_shop import DECISION_WEEK, make_tiny_shop

from contracts.catalog import CATALOG, in_schema
from contracts.table import Table
from ml.demand.registry import MODELS as DEMAND_MODELS
from ml.response.registry import weekly
from ml.response.tasks import TASKS

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(2400)]

WEEKS = (DECISION_WEEK, DECISION_WEEK + timedelta(weeks=1))
OF_A_WEEK = [t for schema in ("predictions", "plans", "evaluations") for t in in_schema(schema) if t.week]

# The queries and mutations that the pages of jobs, runs and backfills send.
REPOSITORIES = """query { repositoriesOrError { __typename
  ... on RepositoryConnection { nodes { name location { name } } } ... on PythonError { message } } }"""
ASSETS = "query($selector: PipelineSelector!) { assetNodes(pipeline: $selector) { assetKey { path } } }"
SAID = """query { assetNodes { assetKey { path } groupName
  assetMaterializations(limit: 1) { metadataEntries { label } } } }"""
LAUNCH_RUN = """mutation($params: ExecutionParams!) { launchPipelineExecution(executionParams: $params) { __typename
  ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
RUN = "query($id: ID!) { runOrError(runId: $id) { __typename ... on Run { status } } }"
LAUNCH_BACKFILL = """mutation($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
  __typename ... on LaunchBackfillSuccess { backfillId } ... on PartitionSetNotFoundError { message }
  ... on PartitionKeysNotFoundError { message } ... on PythonError { message stack } } }"""
BACKFILL = """query($id: String!) { partitionBackfillOrError(backfillId: $id) { __typename
  ... on PartitionBackfill { status error { message } partitionStatuses { results { partitionName runStatus } } } } }"""


@dataclass(frozen=True)
class Backfilled:
    """The user interfaces after the backfill, and what it left in the analysts' file."""

    ui: Served
    outcome: dict[str, Any]
    snapshot: Path

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of the snapshot."""
        with duckdb.connect(str(self.snapshot), read_only=True) as con:
            return con.execute(query, list(values)).fetchall()


@pytest.fixture(scope="module")
def backfilled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backfilled]:
    """The tiny shop, ingested and then backfilled through the running user interface."""
    home = tmp_path_factory.mktemp("ui")
    make_tiny_shop(home / "landing")
    environ = {
        "DEBUT_HOME": str(home),
        "DEBUT_SOURCE": "files",
        "DEBUT_PROFILE": "tiny",
        "DEBUT_THREADS": "1",
        "DEBUT_MEMORY_LIMIT": "1GB",
        "DEBUT_TODAY": "2024-01-01",
    }
    with served(home, environ) as ui:
        repository = ui.wait_for("the code location", lambda: _repository(ui), seconds=300)
        _ingest(ui, repository)
        outcome = _backfill(ui, repository)
        yield Backfilled(ui, outcome, home / "files" / "snapshot.duckdb")


def test_both_weeks_succeed(backfilled: Backfilled) -> None:
    outcome = backfilled.outcome
    assert outcome["status"] == "COMPLETED_SUCCESS", f"{outcome}\n{backfilled.ui.log_ends()}"
    runs = {run["partitionName"]: run["runStatus"] for run in outcome["partitionStatuses"]["results"]}
    assert runs == {week.isoformat(): "SUCCESS" for week in WEEKS}


@pytest.mark.parametrize("table", OF_A_WEEK, ids=lambda table: table.name)
def test_each_week_has_one_row_set(backfilled: Backfilled, table: Table) -> None:
    weeks = {week for (week,) in backfilled.rows(f"select distinct {table.week} from {table.full_name}")}
    assert weeks <= set(WEEKS)
    assert table.may_be_empty or len(weeks) == len(WEEKS)
    twice = f"select {', '.join(table.grain)} from {table.full_name} group by all having count(*) > 1"
    assert backfilled.rows(twice) == []


def test_the_second_week_is_planned_on_the_stock_that_the_first_left(backfilled: Backfilled) -> None:
    """Units on hand less units sold, and the orders placed: worked out in SQL from the first week's own tables."""
    first, second = WEEKS
    origins = backfilled.rows("select distinct origin from plans.inventory_state where decision_week = ?", first)
    assert origins == [("assumed",)], "nothing was counted and nothing came before"
    left = backfilled.rows(
        """
        with sold as (select product_id, channel, units from features.weekly_sales where week = $1 and units > 0)
        select product_id, channel, greatest(on_hand - coalesce(units, 0), 0)::integer
        from plans.inventory_state left join sold using (product_id, channel)
        where decision_week = $1
        """,
        first,
    )
    carried = backfilled.rows(
        """
        select product_id, channel, on_hand from plans.inventory_state
        where decision_week = ? and origin = 'carried' and due_week is null
        """,
        second,
    )
    assert left
    assert set(left) <= set(carried)
    assert {units for _, _, units in set(carried) - set(left)} <= {0}, "launches ordered, but not there yet"
    ordered = backfilled.rows(
        """
        select product_id, channel, arrive_week, order_units from plans.order_plan
        where decision_week = ? and order_week = decision_week order by all
        """,
        first,
    )
    assert ordered, "a first week without orders would prove nothing"
    assert ordered == backfilled.rows(
        """
        select product_id, channel, due_week, on_order from plans.inventory_state
        where decision_week = ? and origin = 'carried' and due_week is not null order by all
        """,
        second,
    )


def test_every_table_shows_its_rows_on_its_page(backfilled: Backfilled) -> None:
    tables = {
        node["assetKey"]["path"][-1]: {
            entry["label"] for said in node["assetMaterializations"] for entry in said["metadataEntries"]
        }
        for node in backfilled.ui.ask_dagster(SAID)
        if node["groupName"] != "reports"
    }
    assert set(CATALOG) < set(tables)
    assert [name for name, labels in tables.items() if "dagster/row_count" not in labels] == []


def test_mlflow_answers_beside_it_and_shows_a_run_a_model_and_week(backfilled: Backfilled) -> None:
    ui = backfilled.ui
    assert "<title>MLflow</title>" in page(f"{ui.mlflow}/")
    experiments = ui.ask_mlflow("experiments/search", max_results=50)["experiments"]
    names = {experiment["experiment_id"]: experiment["name"] for experiment in experiments}
    assert {"demand/established", "demand/new", "response"} <= set(names.values())
    runs = ui.ask_mlflow("runs/search", experiment_ids=list(names), max_results=500)["runs"]
    models = [*(model.name for model in DEMAND_MODELS), *(name for task in TASKS.values() for name in weekly(task))]
    assert sorted(run["info"]["run_name"] for run in runs) == sorted(f"{m} {week}" for m in models for week in WEEKS)
    assert {run["info"]["status"] for run in runs} == {"FINISHED"}
    tags = [{tag["key"]: tag["value"] for tag in run["data"]["tags"]} for run in runs]
    reigning = [tag["decision_week"] for tag in tags if tag["is_champion"] == "true"]
    assert sorted(reigning) == sorted(3 * [week.isoformat() for week in WEEKS])


def test_both_interfaces_stop_cleanly(backfilled: Backfilled) -> None:
    """Last in the file: it ends what the others look at."""
    assert len(backfilled.ui.family()) > 4, "Dagster's code server, daemon and webserver, and MLflow"
    left = backfilled.ui.stop()
    assert left == []
    assert backfilled.ui.process.returncode == 0, backfilled.ui.log_ends()


def _repository(ui: Served) -> dict[str, str] | None:
    nodes = ui.ask_dagster(REPOSITORIES).get("nodes") or []
    for node in nodes:
        return {"repositoryName": node["name"], "repositoryLocationName": node["location"]["name"]}
    return None


def _assets_of(ui: Served, repository: dict[str, str], job: str) -> list[dict[str, list[str]]]:
    return [node["assetKey"] for node in ui.ask_dagster(ASSETS, selector={**repository, "pipelineName": job})]


def _ingest(ui: Served, repository: dict[str, str]) -> None:
    """What *Materialize all* on the job's page sends."""
    selector = {**repository, "pipelineName": "ingest", "assetSelection": _assets_of(ui, repository, "ingest")}
    launched = ui.ask_dagster(LAUNCH_RUN, params={"mode": "default", "runConfigData": "{}", "selector": selector})
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run_id = launched["run"]["runId"]

    def ended() -> str | None:
        status = ui.ask_dagster(RUN, id=run_id).get("status")
        return status if status in {"SUCCESS", "FAILURE", "CANCELED"} else None

    assert ui.wait_for("the ingest", ended, seconds=600) == "SUCCESS", ui.log_ends()


def _backfill(ui: Served, repository: dict[str, str]) -> dict[str, Any]:
    """What the dialog behind *Materialize all* of a partitioned job sends when both weeks are ticked."""
    params = {
        "tags": [],
        "assetSelection": _assets_of(ui, repository, "week"),
        "partitionNames": [week.isoformat() for week in WEEKS],
        "fromFailure": False,
        "selector": {"partitionSetName": "week_partition_set", "repositorySelector": repository},
    }
    launched = ui.ask_dagster(LAUNCH_BACKFILL, params=params)
    assert launched["__typename"] == "LaunchBackfillSuccess", launched

    def ended() -> dict[str, Any] | None:
        found = ui.ask_dagster(BACKFILL, id=launched["backfillId"])
        is_over = found["status"] in {"COMPLETED_SUCCESS", "COMPLETED_FAILED", "FAILED", "CANCELED"}
        return found if is_over else None

    return ui.wait_for("the backfill", ended, seconds=1200)
