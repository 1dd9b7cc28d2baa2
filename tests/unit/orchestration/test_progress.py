"""The command line shows a bar a stage, moved by Dagster's own events."""

import io
import logging

import dagster as dg
from rich.console import Console

from orchestration.progress import StageBars, logger_of, stages_of

ABSENT = (
    "raw_events: absent, so click rates are unknown; opportunities are read off promotions [and] visits of customers"
)


def walk(fails: bool, console: Console, warns: bool = False, first: str = "decide") -> dg.ExecuteInProcessResult:
    """A job of two steps; `first` is the one that fails where it fails."""

    @dg.op(tags={"debut/stage": "raw"})
    def deliver(context: dg.OpExecutionContext) -> None:
        if warns:
            context.log.warning(ABSENT)
        if fails and first == "deliver":
            raise ValueError("no file")

    @dg.op(tags={"debut/stage": "plan"}, ins={"after": dg.In(dg.Nothing)})
    def decide(context: dg.OpExecutionContext) -> None:
        context.log.info("half way")
        if fails:
            raise ValueError("no stock")

    def definition(bars: logging.Handler | None) -> dg.JobDefinition:
        loggers = {"console": logger_of(bars)} if bars else {}

        @dg.job(logger_defs=loggers)
        def small() -> None:
            decide(after=deliver())

        return small

    with StageBars(stages_of(definition(None)), console) as bars:
        return definition(bars).execute_in_process(run_config={"loggers": {"console": {}}}, raise_on_error=False)


def test_a_pipe_is_told_of_every_finished_stage_once_and_of_nothing_else() -> None:
    out = io.StringIO()
    assert walk(fails=False, console=Console(file=out, width=100)).success
    assert out.getvalue().splitlines() == [
        "raw: done (reading what was delivered)",
        "plan: done (deciding launches and orders)",
    ]


def test_what_a_step_warns_of_is_one_line_that_stays() -> None:
    out = io.StringIO()
    assert walk(fails=False, warns=True, console=Console(file=out, width=80)).success
    assert out.getvalue().splitlines()[:2] == [ABSENT, "raw: done (reading what was delivered)"]


def test_a_step_that_never_ran_says_nothing() -> None:
    out = io.StringIO()
    assert not walk(fails=True, console=Console(file=out, width=80), first="deliver").success
    assert out.getvalue() == ""


def test_a_terminal_shows_a_bar_a_stage_and_the_step_that_failed() -> None:
    out = io.StringIO()
    assert not walk(fails=True, console=Console(file=out, width=120, force_terminal=True)).success
    shown = out.getvalue()
    assert "raw" in shown
    assert "1/1" in shown
    assert "failed: decide" in shown
