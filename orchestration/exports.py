"""Forecasts as a file that anyone can score: which weeks are asked for, what each may know, and one file at the end.

What a row says is `ml.export`'s business. Features come from the source's warehouse, and are made where they are
not there yet.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

from contracts.catalog import CATALOG
from orchestration.assets.demand import DEMAND_TABLES, READS
from orchestration.models import ml_config
from orchestration.numbering import Numbering
from orchestration.planning import monday
from orchestration.settings import Settings
from orchestration.surroundings import prepare
from orchestration.warehouse import Read, Warehouse

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from ml.demand.interface import DemandTables
    from ml.export import Reign

# Weeks that a launch model serves before it is trained anew; what it is asked is known anew each week.
REFIT_WEEKS = 4
# The launches that begin with the decision week itself.
_BEGINNING = Read(where="decision_week = {week} and planned_week = {week}")


@dataclass(frozen=True)
class Wanted:
    """What is to be exported.

    Args:
        origins: Last observed weeks from which established products are forecast, by the data's own numbers.
        launches: Weeks whose launches are forecast, each at the end of the week before.
        information: `planned`, or `noplan` for neither mailers nor planned prices.
        out: The file to write.
    """

    origins: Sequence[int]
    launches: Sequence[int]
    information: str
    out: Path


def export_forecast(settings: Settings, wanted: Wanted) -> int:
    """Forecast what is wanted and write one file; 0 when it is there.

    Raises:
        ValueError: Nothing is asked for, a week lies outside the data, or too little is known by one.
        FileNotFoundError: The folder of the file does not exist.
    """
    import pandas as pd

    from orchestration.freshness import is_fresh
    from orchestration.runs import execute
    from orchestration.terminal import console, quiet_libraries

    _check(wanted)
    prepare(settings)
    if not is_fresh(settings) and not execute(settings, "ingest", None):
        return 1
    quiet_libraries(("numexpr", "lightgbm"))
    warehouse = Warehouse(settings.warehouse, settings.threads, settings.memory_limit, settings.lock_wait_seconds)
    numbering = Numbering.of(settings, warehouse)
    numbering.check("--origins", wanted.origins, 0)
    numbering.check("--launches", wanted.launches, 1)
    export = _Export(settings, warehouse, numbering, wanted.information, console())
    rows = pd.concat([*export.established(wanted.origins), *export.launches(wanted.launches)], ignore_index=True)
    if rows.empty:
        raise ValueError(f"{wanted.out} is not written: no launch is planned for the weeks asked, so it would be empty")
    write_whole(rows, wanted.out)
    export.out.print(f"{wanted.out}: {len(rows):,} rows, {wanted.information}", highlight=False, soft_wrap=True)
    return 0


def blocks(weeks: Sequence[int]) -> list[list[int]]:
    """Weeks in order, in groups that one launch model serves.

    >>> blocks([30, 31, 34, 33, 40])
    [[30, 31, 33], [34], [40]]
    """
    found: list[list[int]] = []
    for week in sorted(set(weeks)):
        if found and week < found[-1][0] + REFIT_WEEKS:
            found[-1].append(week)
        else:
            found.append([week])
    return found


def write_whole(rows: pd.DataFrame, target: Path) -> None:
    """Write a Parquet file beside its place and move it there, so that nobody ever reads half of one."""
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        rows.to_parquet(partial, index=False)
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Export:
    """One export under way: where it reads, how weeks are numbered, and where it says how far it is."""

    settings: Settings
    warehouse: Warehouse
    numbering: Numbering
    information: str
    out: Console

    def established(self, origins: Sequence[int]) -> Iterator[pd.DataFrame]:
        """The rows of established products, a frame an origin."""
        from ml.export import crown_selling, established_rows

        config, first = ml_config(self.settings), monday(self.numbering.first_week)
        for origin in sorted(set(origins)):
            started, week = process_time(), self.numbering.decision_week(origin)
            tables = self._tables(week)
            reigns = crown_selling(tables, monday(week), config)
            rows = established_rows(reigns, tables, monday(week), first, config)
            self._say(f"origin {origin}, established", rows, reigns, started)
            yield rows

    def launches(self, weeks: Sequence[int]) -> Iterator[pd.DataFrame]:
        """The rows of launches, a frame a week of theirs."""
        from ml.export import crown, launch_rows

        config, first = ml_config(self.settings), monday(self.numbering.first_week)
        for block in blocks(weeks):
            started, learned = process_time(), self.numbering.decision_week(block[0] - 1)
            tables = self._tables(learned)
            reign = crown("new", tables, monday(learned), config)
            for number in block:
                week = self.numbering.decision_week(number - 1)
                beginning = self._tables(week, {"launch_candidates": _BEGINNING}, tables)
                rows = launch_rows(reign, beginning, monday(week), first, config)
                self._say(f"origin {number - 1}, launches of week {number}", rows, [reign], started)
                yield rows
                started = process_time()

    def _tables(
        self, week: date, reads: Mapping[str, Read] | None = None, older: DemandTables | None = None
    ) -> DemandTables:
        """What a week knows of the tables that demand drinks from, without plans where none may be used.

        Args:
            week: The decision week.
            reads: Tables to read and how; all of them, as the steps read them, when absent.
            older: Where the other tables come from.
        """
        from dataclasses import replace

        from ml.demand.interface import DemandTables
        from ml.export import without_plans

        # What was predicted then is left out: an export is the same whichever weeks the shop has decided.
        known = [name for name in DEMAND_TABLES if CATALOG[name].schema == "features"]
        wanted = reads or {name: READS.get(name, Read()) for name in known}
        read = {name: self.warehouse.read(CATALOG[name], week, how) for name, how in wanted.items()}
        tables = replace(older, **read) if older else DemandTables(**read)
        return without_plans(tables) if self.information == "noplan" else tables

    def _say(self, what: str, rows: pd.DataFrame, reigns: Sequence[Reign], started: float) -> None:
        """One line a decision week: whose products, how many, by which models, CPU seconds."""
        products, models = rows["product_id"].nunique(), " and ".join(reign.model.name for reign in reigns)
        self.out.print(
            f"{what}: {products:,} products, {models}, {process_time() - started:.0f} s CPU",
            highlight=False,
            soft_wrap=True,
        )


def _check(wanted: Wanted) -> None:
    """Refuse before anything is read what could not be written in the end."""
    if not wanted.origins and not wanted.launches:
        raise ValueError("nothing to forecast: give --origins, --launches or both")
    if not wanted.out.parent.is_dir():
        raise FileNotFoundError(f"--out {wanted.out}: there is no folder {wanted.out.parent}; make it first")
    if wanted.out.is_dir():
        raise ValueError(f"--out {wanted.out} is a folder; name a file in it")
