"""Progress on the command line: a bar a stage, made from Dagster's own events."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from typing import Any

import dagster as dg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

STAGES = ("raw", "features", "response", "demand", "plan", "recommendations", "evaluation", "report")
MEANINGS = {
    "raw": "reading what was delivered",
    "features": "building what was known",
    "response": "learning who responds",
    "demand": "forecasting demand",
    "plan": "deciding launches and orders",
    "recommendations": "choosing what is shown to whom",
    "evaluation": "replaying the weeks that followed",
    "report": "writing it down",
}


class StageBars(logging.Handler):
    """Turns the events of one run into bars; on a plain pipe, into one line a finished stage.

    What a step warns of (a table that is absent, a file that was skipped) stays on the screen, one line each.
    """

    def __init__(self, stage_of_step: Mapping[str, str], console: Console) -> None:
        super().__init__(level=logging.DEBUG)
        self._stage_of_step = stage_of_step
        self._console = console
        self._left = Counter(stage_of_step.values())
        self._running: set[str] = set()
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.fields[stage]:<15}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.description}"),
            console=console,
        )
        self._tasks = {
            stage: self._progress.add_task(MEANINGS[stage], total=self._left[stage], start=False, stage=stage)
            for stage in STAGES
            if self._left[stage]
        }

    def __enter__(self) -> StageBars:
        if self._console.is_terminal:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._progress.stop()

    def emit(self, record: logging.LogRecord) -> None:
        """Move the bar of the step that speaks."""
        meta: dict[str, Any] = getattr(record, "dagster_meta", {})
        event = meta.get("dagster_event")
        stage = self._stage_of_step.get(meta.get("step_key") or "")
        if stage is None:
            return
        task = self._tasks[stage]
        kind = event.event_type if event is not None else None
        if kind == dg.DagsterEventType.STEP_START:
            self._running.add(meta["step_key"])
            self._progress.start_task(task)
            self._progress.update(task, description=f"{MEANINGS[stage]}: {meta['step_key']}")
        elif kind == dg.DagsterEventType.STEP_SUCCESS:
            self._finish_step(stage)
        elif kind == dg.DagsterEventType.STEP_FAILURE:
            self._progress.update(task, description=f"[red]failed: {meta['step_key']}")
        elif event is None and record.levelno >= logging.INFO:
            self._progress.update(task, description=f"{MEANINGS[stage]}: {meta.get('orig_message', '')}"[:70])
            # Of a step that never ran Dagster says why; the one that failed is named at the end.
            if record.levelno >= logging.WARNING and meta["step_key"] in self._running:
                self._console.print(Text(str(meta.get("orig_message", "")), "yellow"), soft_wrap=True)

    def _finish_step(self, stage: str) -> None:
        task = self._tasks[stage]
        self._left[stage] -= 1
        self._progress.advance(task)
        if self._left[stage] == 0:
            self._progress.update(task, description=MEANINGS[stage])
            self._progress.stop_task(task)
            if not self._console.is_terminal:
                self._console.print(f"{stage}: done ({MEANINGS[stage]})")


def logger_of(handler: logging.Handler) -> dg.LoggerDefinition:
    """A Dagster logger that hands every event to this handler and prints nothing itself."""

    @dg.logger(None, "Progress bars of the command line.")
    def console(_: dg.InitLoggerContext) -> logging.Logger:
        # Dagster logs a step's start and end at level DEBUG.
        logger = logging.Logger("debut.progress", level=logging.DEBUG)
        logger.addHandler(handler)
        return logger

    return console


def stages_of(job: dg.JobDefinition) -> dict[str, str]:
    """The stage of every step of a job, by step key."""
    return {node.name: node.definition.tags.get("debut/stage", "report") for node in job.nodes}
