"""A run whose process was killed outright holds nothing for ever."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from orchestration.abandoned import OWNER, end_abandoned, owner
from orchestration.settings import Settings
from orchestration.surroundings import instance

POOL = "warehouse"
# A run that is killed within its step, as by the machine when memory is short.
_KILLED = """
import os, signal, sys
import dagster as dg
from orchestration.abandoned import OWNER, owner
from orchestration.settings import Settings
from orchestration.surroundings import instance

@dg.op(pool="warehouse")
def step() -> None:
    os.kill(os.getpid(), signal.SIGKILL)

job = dg.GraphDefinition("killed", node_defs=[step]).to_job()
with instance(Settings.from_env()) as home:
    job.execute_in_process(instance=home, tags={OWNER: owner()})
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_env({"DEBUT_HOME": str(tmp_path)})


@dg.op(pool=POOL)
def step() -> None:
    """Waits for the pool."""


def test_a_killed_runs_pool_is_free_for_the_next(settings: Settings) -> None:
    surroundings = {**os.environ, "DEBUT_HOME": str(settings.home)}
    done = subprocess.run([sys.executable, "-c", _KILLED], env=surroundings, capture_output=True, check=False)
    assert done.returncode == -9, done.stderr.decode()
    with instance(settings) as home:
        (run,) = home.get_runs()
        assert run.status is dg.DagsterRunStatus.STARTED
        assert [slot.run_id for slot in home.event_log_storage.get_concurrency_info(POOL).claimed_slots] == [run.run_id]
        assert end_abandoned(home) == [run.run_id]
        ended = home.get_run_by_id(run.run_id)
        assert ended is not None
        assert ended.status is dg.DagsterRunStatus.FAILURE
        assert end_abandoned(home) == []
        job = dg.GraphDefinition("next", node_defs=[step]).to_job()
        assert job.execute_in_process(instance=home).success


def test_a_run_that_lives_and_one_that_names_no_process_are_left_alone(settings: Settings) -> None:
    with instance(settings) as home:
        for tags in ({OWNER: owner()}, {}):
            run = home.create_run_for_job(dg.GraphDefinition("other", node_defs=[step]).to_job(), tags=tags)
            _start(home, run)
        assert end_abandoned(home) == []
        assert {run.status for run in home.get_runs()} == {dg.DagsterRunStatus.STARTED}


def test_a_process_that_took_over_the_number_is_another(settings: Settings) -> None:
    with instance(settings) as home:
        gone = f"{os.getpid()}:1.00"
        run = home.create_run_for_job(dg.GraphDefinition("other", node_defs=[step]).to_job(), tags={OWNER: gone})
        _start(home, run)
        assert end_abandoned(home) == [run.run_id]


def _start(home: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    event = dg.DagsterEvent(dg.DagsterEventType.RUN_START.value, job_name=run.job_name, message="started")
    home.report_dagster_event(event, run.run_id)
