"""`debut scenario`: what-if questions of a planned week, answered from the snapshot in seconds."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contracts.catalog import CATALOG
from contracts.scenarios import COSTS, INCOMES
from orchestration.planning import (
    ASKED_READS,
    MADE_TABLES,
    PLAN_TABLES,
    SCENARIOS,
    named_frontiers,
    plain_scenarios,
    plan_inputs,
    warm_effort,
)
from orchestration.settings import Settings
from orchestration.warehouse import PLAIN, Warehouse

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

_SHOWN_LINES = 20
TYPED = "asked"


@dataclass(frozen=True)
class Asking:
    """What is typed: one question's entries, or names of a file's questions (scenarios.yml without one), and where to write."""

    said: dict[str, Any]
    names: Sequence[str]
    file: Path | None
    out: Path | None

    @property
    def by_name(self) -> dict[str, Any]:
        """The question that is typed, under its name; none where none is."""
        return {TYPED: self.said} if self.said else {}

    def source(self, settings: Settings) -> Path:
        """The file that questions are read from."""
        return self.file or settings.landing / settings.source / SCENARIOS


def ask(settings: Settings, week: date, asking: Asking) -> int:
    """Solves and prints scenarios: the one typed, else those of the file, of them the named ones.

    Returns:
        0 when every scenario has a plan, else 1.

    Raises:
        FileNotFoundError: Nothing was planned yet.
        ValueError: Nothing is asked, a scenario is unknown or makes no sense, or the week has no plan.
    """
    from optimization.what_if import what_if
    from orchestration.terminal import console

    names = asking.names
    if asking.said and names:
        raise ValueError("name scenarios of scenarios.yml, or say what changes, not both")
    known = {scenario.name: scenario for scenario in plain_scenarios(settings, asking.by_name, asking.file)}
    unknown = [name for name in names if name not in known]
    if unknown or not known:
        where = asking.source(settings)
        raise ValueError(
            f"{f'{unknown[0]} is no scenario of' if unknown else 'there is none in'} {where}; known are "
            f"{', '.join(known) or 'none'} (fronts are drawn by debut frontier); "
            "write it there, or say what changes (--budget, --price, --cost, --launch, --ban, --objective, --order)"
        )
    inputs, made = _planned(settings, week)
    asked = [known[name] for name in names or known]
    told = what_if(inputs, made, asked, settings.solver_seconds, warm_effort(settings))
    for row in told["plan_scenario"].to_dict("records"):
        lines = told["plan_scenario_line"]
        for table in (_money(row, inputs.profile.currency), _lines(lines[lines["scenario"] == row["scenario"]])):
            console().print(table)
    if asking.out is not None:
        asking.out.mkdir(parents=True, exist_ok=True)
        for name, frame in told.items():
            frame.to_parquet(asking.out / f"{name}.parquet", index=False)
    return 0 if told["plan_scenario"]["profit"].notna().all() else 1


def draw(settings: Settings, week: date, asking: Asking) -> int:
    """Draws and prints Pareto fronts: the one typed, else those of the file, of them the named ones.

    Raises:
        FileNotFoundError: Nothing was planned yet.
        LookupError: The solver's process gave no sound answer.
        ValueError: A front is unknown or makes no sense, the week has no plan, or commitments do not fit.
    """
    from optimization.plan_frontier import plan_frontier
    from orchestration.terminal import console
    from reports.frontier import frontier_png

    names, out = asking.names, asking.out
    if asking.said and names:
        raise ValueError("name fronts of scenarios.yml, or say which objectives, not both")
    known = {scenario.name: scenario for scenario in named_frontiers(settings, asking.by_name, asking.file)}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"{unknown[0]} is no front of {asking.source(settings).name}; known are {', '.join(known)}")
    inputs, made = _planned(settings, week)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    try:
        asked = [known[name] for name in dict.fromkeys(names or known)]
        points = plan_frontier(inputs, made, asked, settings.solver_seconds, warm_effort(settings))
    except RuntimeError as error:
        raise LookupError(str(error)) from error
    if out is not None:
        points.to_parquet(out / "plan_frontier.parquet", index=False)
    for name, rows in points.groupby("frontier", sort=False):
        console().print(_front(str(name), rows, inputs.profile.currency))
        if out is not None:
            picture = re.sub(r"[^\w.-]+", "_", str(name)).strip(".") + ".png"
            (out / picture).write_bytes(frontier_png(rows))
    return 0


def _front(name: str, rows: pd.DataFrame, currency: str) -> Table:
    """A front's points, its knee in bold."""
    from rich.table import Table

    from reports.frontier import told_points

    head, *points = told_points(rows)
    table = Table(*head, title=f"{name}: {rows['objectives'].iloc[0]}, {currency}", title_justify="left")
    for cells, is_knee in zip(points, rows["is_knee"], strict=True):
        table.add_row(*cells, style="bold" if is_knee else None)
    return table


def _planned(settings: Settings, week: date) -> tuple[Any, Any]:
    """What the week was planned from, and its plan."""
    from optimization.asked import Made

    if not settings.snapshot.exists():
        raise FileNotFoundError(f"{settings.snapshot} is absent; run the week first (debut run --week {week})")
    warehouse = Warehouse(settings.snapshot, settings.threads, settings.memory_limit, settings.lock_wait_seconds)
    # The file stays open over all reads; opening it is what takes longest.
    with warehouse.connect(read_only=True):
        read = {
            name: warehouse.read(CATALOG[name], week, ASKED_READS.get(name, PLAIN))
            for name in (*PLAN_TABLES, *MADE_TABLES)
        }
    inputs = plan_inputs(week, settings, {name: read[name] for name in PLAN_TABLES})
    return inputs, Made(*(read[name] for name in MADE_TABLES))


def _money(row: Mapping[Hashable, Any], currency: str) -> Table:
    """A scenario's money beside the plan's."""
    from rich.table import Table

    table = Table("", currency, title=f"{row['scenario']}: {row['changes']}", title_justify="left")
    table.add_row("expected profit of the plan", f"{row['base_profit']:,.2f}")
    if row["message"]:
        table.add_row(str(row["status"]), str(row["message"]))
        return table
    table.add_row("expected profit of the scenario", f"{row['profit']:,.2f}")
    for name in (*INCOMES, *COSTS):
        sign = 1 if name in INCOMES else -1
        if row[name]:
            table.add_row(f"  {name.replace('_', ' ')}", f"{sign * row[name]:+,.2f}")
    table.add_row("difference", f"{row['difference']:+,.2f}", style="bold")
    table.add_row("worst tenth of paths", f"{row['base_worst_tenth']:,.2f} → {row['worst_tenth']:,.2f}")
    table.add_row("objective, and its bound (gap)", f"{row['objective']:,.2f}, {row['bound']:,.2f} ({row['gap']:.2%})")
    table.add_row("launches", f"{row['base_launches']} → {row['launches']:.0f}")
    return table


def _lines(rows: pd.DataFrame) -> Table:
    """The lines that differ most."""
    from rich.table import Table

    title = f"{len(rows)} product-channels differ" + (f", first {_SHOWN_LINES}" if len(rows) > _SHOWN_LINES else "")
    table = Table("product", "channel", "launch", "units ordered", "profit", title=title, title_justify="left")
    for row in rows.head(_SHOWN_LINES).to_dict("records"):
        weeks = [
            str(row[name])[:10] if row[name] == row[name] else "none" for name in ("base_launch_week", "launch_week")
        ]
        launch = " → ".join(dict.fromkeys(weeks)) if row["is_launch"] else ""
        units = " → ".join(str(row[name]) for name in ("base_order_units", "order_units"))
        table.add_row(row["product_id"], row["channel"], launch, units, f"{row['difference']:+,.2f}")
    return table
