"""`debut`: the command line, thin over Dagster's own jobs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import cast

from orchestration.arguments import monday, week_numbers
from orchestration.plan_arguments import add_frontier, add_plan, add_scenario, plan_options
from orchestration.settings import PROFILES, Settings, variable
from orchestration.warehouse import WarehouseLockedError

# As shells tell of a command that Ctrl-C ended.
_INTERRUPTED = 130


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
    except KeyboardInterrupt:
        sys.stderr.write("debut: interrupted; what was finished is kept, and the same command begins again\n")
        return _INTERRUPTED


def run(settings: Settings, given: argparse.Namespace) -> int:
    """One decision week from delivery to report; its evaluation too, once its weeks are on file."""
    from orchestration.runs import run_week

    return run_week(settings, given.week, given.job, plan_options(given))


def backfill(settings: Settings, given: argparse.Namespace) -> int:
    """Several decision weeks, oldest first, on one reading of the source."""
    from orchestration.runs import run_weeks

    if given.to < getattr(given, "from"):
        raise ValueError(f"--to {given.to} lies before --from {getattr(given, 'from')}")
    return run_weeks(settings, getattr(given, "from"), given.to, plan_options(given))


def summary(settings: Settings, given: argparse.Namespace) -> int:
    """A finished week's plan in the terminal again."""
    from orchestration.runs import show_week

    return show_week(settings, given.week)


def export_forecast(settings: Settings, given: argparse.Namespace) -> int:
    """Forecasts of past weeks as one Parquet file, for anyone to score."""
    from orchestration.exports import Wanted, export_forecast

    return export_forecast(settings, Wanted(given.origins, given.launches, given.info, given.out))


def export_response(settings: Settings, given: argparse.Namespace) -> int:
    """Scores of impressions that a file brings, as one Parquet file."""
    from orchestration.response_exports import Impressions, export_response

    return export_response(settings, Impressions(given.weeks, given.impressions, given.out, given.model))


def solve_instance(settings: Settings, given: argparse.Namespace) -> int:
    """The plan of an instance's folder, with its bound."""
    from optimization.worker import WorkerFailed
    from orchestration.solve_instance import export_mps, solve_instance

    try:
        if given.mps:
            return export_mps(given.folder, given.mps, given.time_limit)
        return solve_instance(given.folder, given.out, given.seed, given.time_limit, given.memory_limit)
    except WorkerFailed as error:
        raise LookupError(str(error)) from error


def dump_instance(settings: Settings, given: argparse.Namespace) -> int:
    """A planned week's own question as an instance's folder."""
    from orchestration.dump_instance import dump_instance

    return dump_instance(settings, given.week, given.folder)


def scenario(settings: Settings, given: argparse.Namespace) -> int:
    """What-if questions of a planned week, in the terminal."""
    from orchestration.ask import Asking, ask

    budgets: dict[str, float] = dict(entry for entry in given.budget if isinstance(entry, tuple))
    factors = [entry for entry in given.budget if not isinstance(entry, tuple)]
    if len(factors) + bool(budgets) > 1:
        raise ValueError("--budget: give one factor, or money of single weeks")
    changes = {
        "budget": budgets or (factors[0] if factors else None),
        "price": dict(given.price),
        "cost": dict(given.cost),
        "launch": given.launch,
        "ban": given.ban,
        "risk": given.risk,
        "objectives": dict(given.objective),
        "order": given.order,
        "tolerance": dict(given.tolerance),
    }
    asked = {key: value for key, value in changes.items() if value not in (None, {}, [])}
    return ask(settings, _week_of(settings, given), Asking(asked, given.name, given.file, given.out))


def frontier(settings: Settings, given: argparse.Namespace) -> int:
    """Pareto fronts of a planned week, in the terminal."""
    from orchestration.ask import Asking, draw

    asked: dict[str, object] = {}
    if given.objectives:
        asked["frontier"] = [name.strip() for name in given.objectives.split(",")]
    if given.points is not None:
        asked |= {"points": given.points, "frontier": asked.get("frontier", ["profit", "fill_rate"])}
    return draw(settings, _week_of(settings, given), Asking(asked, given.name, given.file, given.out))


def _week_of(settings: Settings, given: argparse.Namespace) -> date:
    """The week that is typed, else the source's own; Dagster, which knows that one, is not loaded where it is typed."""
    if given.week:
        return cast(date, given.week)
    from orchestration.partitions import default_week

    return default_week(settings)


def ui(settings: Settings, given: argparse.Namespace) -> int:
    """Both user interfaces on loopback, until interrupted."""
    from orchestration.interfaces import serve

    return serve(settings)


def _check_source(name: str) -> None:
    """Refuse an unknown source before anything is made for it."""
    from orchestration.sources import SOURCES

    if name not in SOURCES:
        raise ValueError(f"{name!r} is no source; known are {', '.join(SOURCES)}")


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
    one.add_argument(
        "--job", choices=("replay", "decide", "evaluate", "week", "ingest", "race"), help="walk only this job"
    )
    many = add("backfill", backfill, "Decide and evaluate several weeks, oldest first.")
    many.add_argument("--from", type=monday, required=True, help="first decision week")
    many.add_argument("--to", type=monday, required=True, help="last decision week")
    add_plan(one)
    add_plan(many)
    again = add("summary", summary, "Show a finished week's plan again.")
    again.add_argument("--week", type=monday, help="decision week, a Monday")
    _add_export(
        add("export-forecast", export_forecast, "Write forecasts of past weeks to a file, for anyone to score.")
    )
    scores = add(
        "export-response", export_response, "Score impressions of past weeks, each week as its Monday knew it."
    )
    scores.add_argument(
        "--weeks", type=week_numbers, required=True, help="weeks to score, by the data's numbers: 45-53"
    )
    scores.add_argument("--impressions", type=Path, required=True, help=_IMPRESSIONS)
    scores.add_argument("--out", type=Path, required=True, help="Parquet file to write: impression_id, week, score")
    scores.add_argument("--model", help="any response model (default: the one that reigned by each week)")
    one_off = add("solve-instance", solve_instance, "Plan one instance of a folder, near its proven bound.")
    one_off.add_argument("folder", type=Path, help="folder with meta.json and its tables, as described in docs/plan.md")
    one_off.add_argument("out", type=Path, help="folder for orders, launches, duals and solve.json")
    one_off.add_argument("--seed", type=int, default=0, help="recorded; every seed gives the same plan")
    one_off.add_argument(
        "--time-limit", type=float, default=900.0, help="seconds, after which the best plan so far is written"
    )
    one_off.add_argument("--memory-limit", type=float, help="GB that the solver may hold")
    one_off.add_argument("--mps", type=Path, help="write a small instance to this file as one programme; solve nothing")
    add_scenario(add("scenario", scenario, "Ask what if of a planned week: differences in money and lines."))
    add_frontier(add("frontier", frontier, "Draw what more of one objective costs of another in a planned week."))
    dumped = add(
        "dump-instance", dump_instance, "Write a planned week's question as a folder that solve-instance reads."
    )
    dumped.add_argument("week", type=monday, help="decision week, a Monday that was planned")
    dumped.add_argument("folder", type=Path, help="folder to write")
    add("ui", ui, "Open Dagster and MLflow on loopback.")
    return parser


def _add_export(command: argparse.ArgumentParser) -> None:
    command.add_argument("--origins", type=week_numbers, default=[], help=_ORIGINS)
    command.add_argument("--launches", type=week_numbers, default=[], help="weeks whose launches are forecast: 30-46")
    command.add_argument("--out", type=Path, required=True, help="Parquet file to write, in a folder that exists")
    command.add_argument(
        "--info",
        choices=("planned", "noplan"),
        default="planned",
        help="planned: announced mailers and planned prices are known; noplan: neither is (default %(default)s)",
    )
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.epilog = _ROWS


_IMPRESSIONS = "Parquet file with impression_id, household, store, week, product, display, mailer"
_ORIGINS = "last observed weeks from which established products are forecast: 33,37,41,45"
_ROWS = """\
weeks are the data's own numbers: on The Complete Journey week k starts on 2017-01-02 + 7 (k - 2) days,
elsewhere week 1 is the first with a sale. The file holds product totals of all channels:

  origin       last week whose sales were known
  product_id   an established product of an origin, or a launch of the week after it
  target_week  number of the week forecast, origin + 1 to origin + 8;
               -4: the sum of the next 4 (established), -8: the sum of the first 8 (launches)
  quantile     .1 .25 .5 .75 .9 .95, and -1 for the mean
  value        units
"""


if __name__ == "__main__":
    sys.exit(main())
