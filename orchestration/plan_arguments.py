"""What is typed after `debut run`, `scenario` and `frontier` of plans: the options, and what is said by them.

Lives here: options of argparse. Does not live here: single values as typed (`arguments.py`), what they mean
(`plan_options.py`, `optimization/scenario.py`).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from orchestration.arguments import amount, budget, monday


def plan_options(given: argparse.Namespace) -> dict[str, object]:
    """What is typed of how to plan, by the options' names; nothing where nothing is."""
    said = {
        name: getattr(given, name) for name in ("frozen_weeks", "pack_price", "launch_price", "slot_price", "order")
    }
    said |= {"objectives": dict(given.objective), "tolerance": dict(given.tolerance)}
    return {name: value for name, value in said.items() if value not in (None, {}, [])}


def add_scenario(command: argparse.ArgumentParser) -> None:
    """What a what-if question may say."""
    command.add_argument("--week", type=monday, help="decision week, a Monday that was planned")
    command.add_argument("--name", action="append", default=[], help="scenario of the file; all of them without")
    command.add_argument(
        "--file", type=Path, help="YAML file of scenarios (default: scenarios.yml of the landing folder)"
    )
    command.add_argument(
        "--budget", type=budget, action="append", default=[], help="factor on every budget, or WEEK=AMOUNT"
    )
    for name, what in (("price", "shelf price"), ("cost", "unit cost")):
        command.add_argument(f"--{name}", type=amount, action="append", default=[], help=f"{what}: PRODUCT=AMOUNT")
    for name, what in (("launch", "must launch"), ("ban", "must not launch")):
        command.add_argument(
            f"--{name}", action="append", default=[], metavar="PRODUCT", help=f"{what}; 'PRODUCT in CHANNEL' for one"
        )
    command.add_argument("--risk", type=float, help="weight of the worst tenth of paths in what is maximised: 0.5")
    _add_aim(command)
    command.add_argument("--out", type=Path, help="folder for plan_scenario and plan_scenario_line as Parquet")


def add_plan(command: argparse.ArgumentParser) -> None:
    """How a week may be told to be planned."""
    command.add_argument("--frozen-weeks", type=int, help="weeks that stay as planned last unless changes are paid")
    for name in ("pack", "launch", "slot"):
        command.add_argument(f"--{name}-price", type=float, help=f"money that each {name} changed in them costs")
    _add_aim(command)


def _add_aim(command: argparse.ArgumentParser) -> None:
    for name, what in (
        ("objective", "its weight in what is maximised"),
        ("tolerance", "its share that may be given up"),
    ):
        command.add_argument(
            f"--{name}",
            type=amount,
            action="append",
            default=[],
            help=f"{what}: profit, cvar, fill_rate, freshness or fairness=AMOUNT",
        )
    command.add_argument("--order", action="append", default=[], help="objective to maximise after those before it")


def add_frontier(command: argparse.ArgumentParser) -> None:
    """What a front may say."""
    command.add_argument("--week", type=monday, help="decision week, a Monday that was planned")
    command.add_argument("--name", action="append", default=[], help="front of the file; all of them without")
    command.add_argument("--file", type=Path, help="YAML file of fronts (default: scenarios.yml of the landing folder)")
    command.add_argument(
        "--objectives", help="of profit, cvar, fill_rate, freshness, fairness; the first is maximised: profit,fill_rate"
    )
    command.add_argument("--points", type=int, help="floors of each of the others (default 7)")
    command.add_argument("--out", type=Path, help="folder for plan_frontier as Parquet and the pictures")
