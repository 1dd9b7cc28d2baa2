"""Runs from the command line: Dagster jobs in this process, with bars, and a summary at the end."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contracts.plans import LEAST_HORIZON_WEEKS
from orchestration.abandoned import OWNER, end_abandoned, owner
from orchestration.freshness import forget, is_fresh, remember
from orchestration.partitions import decision_weeks, default_week
from orchestration.plan_options import check_options, run_config
from orchestration.settings import Settings
from orchestration.surroundings import instance, prepare

if TYPE_CHECKING:
    import dagster as dg
    from rich.console import Console

# Jobs that make a plan.
_PLANNING = ("decide", "week", "replay")


def run_week(settings: Settings, week: date | None, job: str | None, said: Mapping[str, Any] | None = None) -> int:
    """Walk one decision week, planned by the options said; 0 when every step and blocking check passed."""
    if said and job not in (None, *_PLANNING):
        raise ValueError(f"job {job} makes no plan, so that {next(iter(said))} means nothing to it")
    check_options(settings, said or {})
    prepare(settings)
    week = week or default_week(settings)
    _check_weeks(settings, [week])
    # Of a longer horizon the weeks that are over are evaluated, and marked so.
    is_over = week + timedelta(weeks=LEAST_HORIZON_WEEKS) <= settings.today
    if job == "ingest":
        return 0 if execute(settings, job, None) else 1
    if job == "race":
        return show_race(settings, week) if execute(settings, job, week) else 1
    if not execute(settings, job or _shortest(settings, is_over), week, said or {}):
        return 1
    return show_week(settings, week)


def _shortest(settings: Settings, is_over: bool) -> str:
    """The job that leaves out what would come out the same: features of unchanged deliveries."""
    if not is_over:
        return "decide"
    return "week" if is_fresh(settings) else "replay"


def run_weeks(settings: Settings, first: date, last: date, said: Mapping[str, Any]) -> int:
    """Read the source once, then decide and evaluate each week from first to last, all planned by the options said."""
    check_options(settings, said)
    prepare(settings)
    weeks = [first + timedelta(weeks=n) for n in range((last - first).days // 7 + 1)]
    _check_weeks(settings, weeks)
    if not execute(settings, "ingest", None):
        return 1
    failed = [week for week in weeks if not execute(settings, "week", week, said)]
    from orchestration.terminal import console

    done = len(weeks) - len(failed)
    console().print(
        f"{done} of {len(weeks)} weeks done" + (f"; failed: {', '.join(map(str, failed))}" if failed else "")
    )
    return 1 if failed else 0


def execute(settings: Settings, job_name: str, week: date | None, said: Mapping[str, Any] | None = None) -> bool:
    """Execute one job in this process, its plan by the options said; on failure say which step failed, and why.

    Raises:
        KeyboardInterrupt: The run was interrupted (Ctrl-C, or a polite kill), so that nothing else must begin.
    """
    from orchestration.progress import StageBars, logger_of, stages_of
    from orchestration.terminal import console, quiet_libraries

    out = console()
    quiet_libraries(("alembic", "mlflow", "great_expectations", "numexpr", "lightgbm"))
    job = _job(settings, job_name, None)
    bars = StageBars(stages_of(job), out)
    job = _job(settings, job_name, logger_of(bars))
    out.print(f"[bold]{job_name}[/bold] {week or ''} · source {settings.source} · {_relative(settings.folder)}")
    reads_deliveries = job_name in {"ingest", "decide", "replay"}
    if reads_deliveries:
        forget(settings)
    elif job_name == "week":
        out.print("[dim]starting from the features that are there; `--job replay` reads the deliveries again[/]")
    with bars, instance(settings) as dagster, _libraries_speak_to(settings.folder / "logs" / f"{job_name}.log"):
        for run_id in end_abandoned(dagster):
            out.print(f"run {run_id[:8]} was killed; it is marked failed, and what it held is free")
        result = job.execute_in_process(
            instance=dagster,
            tags={OWNER: owner()},
            partition_key=week.isoformat() if week else None,
            run_config={"loggers": {"console": {}}, **run_config(said or {})},
            raise_on_error=False,
        )
    _say_checks(result, out)
    if not result.success:
        _say_failure(result, out)
        if was_interrupted(result):
            raise KeyboardInterrupt
    elif reads_deliveries:
        remember(settings)
    return bool(result.success)


@contextmanager
def _libraries_speak_to(path: Path) -> Iterator[None]:
    """What libraries print (dbt's own log among it) goes to a file, so that the bars stand alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as log, redirect_stdout(log), redirect_stderr(log):
        yield


def show_week(settings: Settings, week: date | None) -> int:
    """Print a finished week's plan, where its report lies and how to look further."""
    from orchestration.assets.report import report_frames, report_path
    from orchestration.terminal import console
    from orchestration.warehouse import Warehouse
    from reports.summary import plan_summary

    week = week or default_week(settings)
    warehouse = Warehouse(settings.snapshot, settings.threads, settings.memory_limit, settings.lock_wait_seconds)
    out = console()
    for renderable in plan_summary(report_frames(warehouse, settings, week)):
        out.print(renderable)
    out.print(f"\nReport   {_relative(report_path(settings, week))}")
    out.print(f"Tables   {_relative(settings.snapshot)}   (DuckDB, a snapshot that runs replace whole)")
    out.print("Look     make ui   opens Dagster and MLflow on loopback")
    return 0


def show_race(settings: Settings, week: date) -> int:
    """Print every model of a race, the best of each phase and task first."""
    from rich.table import Table

    from contracts.races import DEMAND_RACE, RESPONSE_RACE
    from orchestration.terminal import console
    from orchestration.warehouse import Warehouse

    warehouse = Warehouse(settings.snapshot, settings.threads, settings.memory_limit)
    for raced, shown, is_rising in (
        (DEMAND_RACE, ["phase", "model", "wpl", "wpl_8", "wape", "bias", "coverage_80", "cpu_seconds"], True),
        (
            RESPONSE_RACE,
            ["task", "model", "auc", "pr_auc", "normalised_entropy", "calibration", "cold_auc", "cpu_seconds"],
            False,
        ),
    ):
        subject, best = shown[0], shown[2]
        better = "lower" if is_rising else "higher"
        table = Table(*shown, title=f"Race of {week}: figures of a backtest, {better} {best} is better")
        race = warehouse.read(raced, week).sort_values([subject, best, "model"], ascending=[True, is_rising, True])
        for row in race[shown].itertuples(index=False):
            table.add_row(*(f"{value:.3f}" if isinstance(value, float) else str(value) for value in row))
        console().print(table)
    return 0


def _job(settings: Settings, name: str, console_logger: dg.LoggerDefinition | None) -> dg.JobDefinition:
    from orchestration.build import build_definitions

    overrides: dict[str, Any] = {"loggers": {"console": console_logger}} if console_logger else {}
    return build_definitions(settings, **overrides).resolve_job_def(name)


def _check_weeks(settings: Settings, weeks: Sequence[date]) -> None:
    known = decision_weeks(settings).get_partition_keys()
    strangers = [week for week in weeks if week.isoformat() not in known]
    if strangers:
        raise ValueError(
            f"{strangers[0]} is no decision week of {settings.source}; they run from {known[0]} to {known[-1]}"
        )


def _say_checks(result: dg.ExecuteInProcessResult, out: Console) -> None:
    """Warnings and failed checks, one line each; what passed stays quiet."""
    for evaluation in result.get_asset_check_evaluations():
        if not evaluation.passed:
            colour = "red" if evaluation.severity.value == "ERROR" else "yellow"
            out.print(
                f"[{colour}]{evaluation.asset_key.to_user_string()}[/]: {evaluation.description}", highlight=False
            )


def was_interrupted(result: dg.ExecuteInProcessResult) -> bool:
    """Whether somebody stopped the run; Dagster makes a failed step of that."""
    from dagster import DagsterExecutionInterruptedError

    errors = [event.step_failure_data.error for event in result.all_events if event.is_step_failure]
    names = {error.cls_name for step in errors if step for error in (step, step.cause) if error}
    return DagsterExecutionInterruptedError.__name__ in names


def _say_failure(result: dg.ExecuteInProcessResult, out: Console) -> None:
    for event in result.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            cause = error.cause or error if error else None
            out.print(
                f"[red]{event.step_key} failed[/]: {cause.message.strip() if cause else 'no reason given'}",
                highlight=False,
            )
    logging.getLogger(__name__).debug("run %s failed", result.run_id)
    out.print("Nothing of the failed step was written; mend the cause and run the same command again.")


def _relative(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
