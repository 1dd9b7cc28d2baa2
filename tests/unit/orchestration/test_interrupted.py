"""Ctrl-C ends a command, however many weeks it has left."""

from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from orchestration import cli, runs
from orchestration.settings import Settings


@dg.op
def stopped() -> None:
    raise dg.DagsterExecutionInterruptedError


@dg.op
def broken() -> None:
    raise ValueError("a fault")


@pytest.mark.parametrize(("op", "was_stopped"), [(stopped, True), (broken, False)])
def test_an_interrupted_run_is_told_from_a_failed_one(op: dg.OpDefinition, was_stopped: bool) -> None:
    job = dg.GraphDefinition("one", node_defs=[op]).to_job()
    result = job.execute_in_process(raise_on_error=False)
    assert not result.success
    assert runs.was_interrupted(result) is was_stopped


def test_no_week_begins_after_an_interruption(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begun: list[tuple[str, date | None]] = []

    def execute(_: Settings, job: str, week: date | None, *_asked: object) -> bool:
        begun.append((job, week))
        if job == "week":
            raise KeyboardInterrupt
        return True

    monkeypatch.setattr(runs, "execute", execute)
    monkeypatch.setattr(runs, "prepare", lambda _: None)
    monkeypatch.setattr(runs, "_check_weeks", lambda *_: None)
    code = cli.main(["backfill", "--home", str(tmp_path), "--from", "2017-10-02", "--to", "2017-10-16"])
    assert code == 130
    assert begun == [("ingest", None), ("week", date(2017, 10, 2))]
    assert "interrupted" in capsys.readouterr().err
