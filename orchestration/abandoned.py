"""Runs whose process was killed before it could say so: they are marked failed, and let go of what they held.

A run of the command line lives in the command's own process. When that is killed outright, its run stays "started" and
its step keeps the pool that guards the warehouse, so that the next run would wait for ever. Each run therefore names its
process, and the next one looks whether that is still there. Runs that Dagster's daemon starts are watched by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    import dagster as dg

OWNER = "debut/process"


def owner(pid: int | None = None) -> str:
    """A name of a process, this one unless another is named, that no later process with its number has."""
    process = psutil.Process(pid)
    return f"{process.pid}:{process.create_time():.2f}"


def end_abandoned(instance: dg.DagsterInstance) -> list[str]:
    """Mark runs of dead processes failed and free their pools; their ids."""
    from dagster import DagsterRunStatus, RunsFilter

    going = RunsFilter(statuses=[DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING])
    ended = []
    for run in instance.get_runs(going):
        named = run.tags.get(OWNER)
        if named is None or _is_alive(named):
            continue
        instance.report_run_failed(run, f"the process {named.split(':')[0]} that ran it is gone")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
        ended.append(run.run_id)
    return ended


def _is_alive(named: str) -> bool:
    try:
        return owner(int(named.split(":")[0])) == named
    except psutil.NoSuchProcess:
        return False
