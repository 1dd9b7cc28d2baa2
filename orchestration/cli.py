"""`debut`: the command line, thin over Dagster's own jobs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import date, timedelta

from orchestration.settings import PROFILES, Settings, variable
from orchestration.warehouse import WarehouseLockedError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0 only when it did what it says."""
    given = _parser().parse_args(arguments)
    for name in ("source", "home", "profile", "landing"):
        value = getattr(given, name, None)
        if value:
            os.environ[variable(name)] = str(value)
    try:
        settings = Settings.from_env()
        _check_source(settings.source)
        return int(given.command(settings, given))
    except (ValueError, LookupError, FileNotFoundError, WarehouseLockedError) as error:
        sys.stderr.write(f"debut: {error}\n")
        return 2


def run(settings: Settings, given: argparse.Namespace) -> int:
    """One decision week from delivery to report; its evaluation too, once its weeks are on file."""
    from orchestration.runs import run_week

    return run_week(settings, given.week, given.job)


def backfill(settings: Settings, given: argparse.Namespace) -> int:
    """Several decision weeks, oldest first, on one reading of the source."""
    from orchestration.runs import run_weeks

    if given.to < getattr(given, "from"):
        raise ValueError(f"--to {given.to} lies before --from {getattr(given, 'from')}")
    return run_weeks(settings, getattr(given, "from"), given.to)


def summary(settings: Settings, given: argparse.Namespace) -> int:
    """A finished week's plan in the terminal again."""
    from orchestration.runs import show_week

    return show_week(settings, given.week)


def ui(settings: Settings, given: argparse.Namespace) -> int:
    """Both user interfaces on loopback, until interrupted."""
    from orchestration.interfaces import serve

    return serve(settings)


def _check_source(name: str) -> None:
    """Refuse an unknown source before anything is made for it."""
    from orchestration.sources import SOURCES

    if name not in SOURCES:
        raise ValueError(f"{name!r} is no source; known are {', '.join(SOURCES)}")


def monday(text: str) -> date:
    """A decision week as typed.

    >>> monday("2017-10-02")
    datetime.date(2017, 10, 2)
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day as YYYY-MM-DD") from None
    if day.weekday() != 0:
        before = day - timedelta(days=day.weekday())
        raise argparse.ArgumentTypeError(f"{day} is no Monday; the decision week it lies in is {before}")
    return day


def _say_help(parser: argparse.ArgumentParser) -> int:
    parser.print_help()
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("debut", description="Launch planning: from raw sales to a launch plan.")
    parser.set_defaults(command=lambda *_: _say_help(parser))
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--source", help="complete_journey, simulated, or files (your landing folder alone)")
    common.add_argument("--home", help="folder that holds everything a run makes (default .debut)")
    common.add_argument("--landing", help="folder where deliveries land (default <home>/landing)")
    common.add_argument("--profile", choices=PROFILES, help="size of models and plans")

    def add(name: str, command: object, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, parents=[common], help=text, description=text)
        sub.set_defaults(command=command)
        return sub

    one = add("run", run, "Decide one week, from delivery to report.")
    one.add_argument(
        "--week", type=monday, help="decision week, a Monday (default: the source's demo week, or this one)"
    )
    one.add_argument("--job", choices=("replay", "decide", "evaluate", "week", "ingest"), help="walk only this job")
    many = add("backfill", backfill, "Decide and evaluate several weeks, oldest first.")
    many.add_argument("--from", type=monday, required=True, help="first decision week")
    many.add_argument("--to", type=monday, required=True, help="last decision week")
    again = add("summary", summary, "Show a finished week's plan again.")
    again.add_argument("--week", type=monday, help="decision week, a Monday")
    add("ui", ui, "Open Dagster and MLflow on loopback.")
    return parser


if __name__ == "__main__":
    sys.exit(main())
