"""Debut runs by itself: the schedule names each new week, the sensor picks a delivery up once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from contracts.plans import PLAN_SOLVE
from orchestration.build import build_definitions
from orchestration.settings import Settings
from orchestration.surroundings import instance, prepare
from orchestration.warehouse import Warehouse


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    before = dict(os.environ)
    made = Settings.from_env({"DEBUT_HOME": str(tmp_path), "DEBUT_SOURCE": "files", "DEBUT_FIRST_WEEK": "2023-01-02"})
    prepare(made)
    yield made
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def repository(settings: Settings) -> dg.RepositoryDefinition:
    return build_definitions(settings).get_repository_def()


def test_the_whole_location_loads_as_the_ui_loads_it(repository: dg.RepositoryDefinition) -> None:
    repository.load_all_definitions()
    assert len(repository.get_all_jobs()) > 5


def tick(
    repository: dg.RepositoryDefinition, name: str, moment: datetime, dagster: dg.DagsterInstance
) -> list[dg.RunRequest]:
    context = dg.build_schedule_context(instance=dagster, scheduled_execution_time=moment, repository_def=repository)
    evaluation = repository.get_schedule_def(name).evaluate_tick(context)
    return list(evaluation.run_requests or [])


def test_each_monday_decides_its_own_week_once(repository: dg.RepositoryDefinition, settings: Settings) -> None:
    with instance(settings) as dagster:
        first = tick(repository, "every_decision_week", datetime(2023, 8, 7, 12, tzinfo=UTC), dagster)
        again = tick(repository, "every_decision_week", datetime(2023, 8, 7, 12, tzinfo=UTC), dagster)
        later = tick(repository, "every_decision_week", datetime(2023, 8, 14, 12, tzinfo=UTC), dagster)
    assert [request.partition_key for request in first] == ["2023-08-07"]
    assert [request.run_key for request in again] == [request.run_key for request in first]
    assert [request.partition_key for request in later] == ["2023-08-14"]


def planned(settings: Settings, *rows: tuple[date, int]) -> None:
    """Publish plans of these weeks, each looking so many weeks ahead."""
    solves = pd.DataFrame(rows, columns=["decision_week", "horizon_weeks"]).reindex(columns=PLAN_SOLVE.names())
    warehouse = Warehouse(settings.warehouse)
    for week, row in solves.groupby("decision_week"):
        warehouse.replace({PLAN_SOLVE.name: row}, week)
    warehouse.publish_snapshot(settings.snapshot)


def test_a_finished_horizon_is_evaluated_once_its_last_week_is_surely_in(
    repository: dg.RepositoryDefinition, settings: Settings
) -> None:
    planned(settings, (date(2023, 6, 5), 8), (date(2023, 6, 12), 8), (date(2023, 5, 29), 9), (date(2023, 4, 3), 18))
    with instance(settings) as dagster:
        requests = tick(repository, "every_finished_horizon", datetime(2023, 8, 7, 12, tzinfo=UTC), dagster)
        too_early = tick(repository, "every_finished_horizon", datetime(2023, 7, 31, 12, tzinfo=UTC), dagster)
        longer = tick(repository, "every_finished_horizon", datetime(2023, 8, 14, 12, tzinfo=UTC), dagster)
    assert [request.partition_key for request in requests] == ["2023-05-29", "2023-06-05"]
    assert too_early == []
    assert [request.partition_key for request in longer] == ["2023-04-03", "2023-06-12"]


def test_before_the_first_plan_no_horizon_has_finished(repository: dg.RepositoryDefinition, settings: Settings) -> None:
    with instance(settings) as dagster:
        assert tick(repository, "every_finished_horizon", datetime(2023, 8, 7, 12, tzinfo=UTC), dagster) == []


def land(settings: Settings, name: str, text: str) -> None:
    folder = settings.landing / "files" / "raw_products"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def look(
    repository: dg.RepositoryDefinition, dagster: dg.DagsterInstance, cursor: str | None
) -> tuple[list[dg.RunRequest], str | None]:
    context = dg.build_sensor_context(instance=dagster, cursor=cursor, repository_def=repository)
    evaluation = repository.get_sensor_def("landing_folder").evaluate_tick(context)
    return list(evaluation.run_requests or []), evaluation.cursor


def test_a_delivery_is_picked_up_once_whatever_it_is_called(
    repository: dg.RepositoryDefinition, settings: Settings
) -> None:
    with instance(settings) as dagster:
        nothing, cursor = look(repository, dagster, None)
        land(settings, "monday.csv", "product_id,title,category_1\nP1,Bread,BAKERY\n")
        first, cursor = look(repository, dagster, cursor)
        unchanged, cursor = look(repository, dagster, cursor)
        land(settings, "copy.csv", "product_id,title,category_1\nP1,Bread,BAKERY\n")
        copied, cursor = look(repository, dagster, cursor)
        land(settings, "tuesday.csv", "product_id,title,category_1\nP2,Rolls,BAKERY\n")
        second, cursor = look(repository, dagster, cursor)
        (settings.landing / "files" / "raw_products" / "tuesday.csv").unlink()
        withdrawn, cursor = look(repository, dagster, cursor)
        land(settings, "tuesday.csv", "product_id,title,category_1\nP2,Rolls,BAKERY\n")
        back, cursor = look(repository, dagster, cursor)
    assert nothing == []
    assert len(first) == 1
    assert unchanged == []
    assert copied == []
    assert len(second) == 1
    keys = [request.run_key for request in [*first, *second, *withdrawn, *back]]
    assert len(set(keys)) == 4, "each change starts one run, a file put back too"
    assert all(request.job_name in {None, "ingest"} for request in first + second)
