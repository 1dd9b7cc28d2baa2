"""What-if questions of a made-up week: CPU and clock seconds of the whole command, from the question to the tables.

`python -m benchmarks.what_if` writes the tables that a week is planned from to a snapshot of its own, plans the week, and
runs `debut scenario` on it as anyone would, one process a question. Lives here: that week and the measuring. Does not live
here: plans of networks (`plans.py`).
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from benchmarks.__main__ import Cost, run
from contracts.catalog import CATALOG
from contracts.table import Table
from optimization.plan import make_plan
from orchestration.planning import INPUT_READS, PLAN_TABLES, plan_inputs, plan_settings
from orchestration.settings import Settings, variable
from orchestration.warehouse import PLAIN, Warehouse

WEEK = date(2017, 10, 2)
SOURCE = "files"
CHANNELS = ("large", "small")
PATHS, WEEKS, CATEGORIES, LAUNCH_SHARE = 32, 8, 20, 5
PROMISED = "under 5 s"
log = logging.getLogger("benchmarks.what_if")


def week_tables(lines: int, seed: int = 1) -> dict[str, pd.DataFrame]:
    """The tables of a week of so many product-channels, a fifth of them candidates; demand comes in bursts."""
    random, monday = np.random.default_rng(seed), pd.Timestamp(WEEK)
    names = [f"P{k:06d}" for k in range(lines // len(CHANNELS))]
    level = random.gamma(1.2, 2.5, len(names))
    units = random.negative_binomial(1.5, 1.5 / (1.5 + level[:, None, None, None]), (len(names), 2, PATHS, WEEKS))
    at, to, path = (axis.ravel() for axis in np.indices(units.shape[:3]))
    products, channels = np.array(names, dtype=object), np.array(CHANNELS, dtype=object)
    is_launch, category = np.arange(len(names)) % LAUNCH_SHARE == 0, np.arange(len(names)) % CATEGORIES
    price = np.round(random.uniform(2, 12, len(names)), 2)
    cells = pd.MultiIndex.from_product([range(len(names)), CHANNELS], names=["at", "channel"]).to_frame(index=False)
    own = cells.assign(
        product_id=products[cells["at"]],
        category_1=[f"c{c}" for c in category[cells["at"]]],
        is_launch=is_launch[cells["at"]],
        price=price[cells["at"]],
        level=level[cells["at"]],
    )
    old, new = own[~own["is_launch"]], own[own["is_launch"]]
    known = pd.concat([old, old.drop_duplicates("product_id").assign(channel="all")])
    first = monday + pd.to_timedelta(7 * (new["at"] % 4), unit="D")
    made = {
        "demand_paths": pd.DataFrame(
            {
                "product_id": products[at],
                "channel": channels[to],
                "path": path,
                "is_launch": is_launch[at],
                "units": units.reshape(-1, WEEKS).tolist(),
            }
        ),
        "inventory_state": old.assign(policy="debut", on_hand=np.ceil(2 * old["level"]), on_order=0, origin="assumed"),
        "demand_features": known.assign(
            shelf_price=known["price"], units_mean_8=known["level"], units_26=(26 * known["level"]).round()
        ).assign(is_planned=True, known_on=monday, week=monday - pd.Timedelta(days=7)),
        "launch_candidates": new.assign(
            known_on=monday,
            planned_price=new["price"],
            planned_week=first,
            earliest_week=first,
            latest_week=first + pd.Timedelta(days=21),
            is_mandatory=False,
            launch_units_category_1=20.0,
        ),
    }
    return {name: _promised(CATALOG[name], made.get(name, pd.DataFrame())) for name in PLAN_TABLES}


def _promised(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with every promised column, missing where it says nothing."""
    rows = frame.reindex(columns=table.names())
    return rows.assign(decision_week=pd.Timestamp(WEEK)) if "decision_week" in rows else rows


def planned(settings: Settings, lines: int) -> str:
    """Plans the week, both in the snapshot that `debut scenario` reads; a launch candidate of it."""
    settings.folder.mkdir(parents=True)
    warehouse = Warehouse(settings.warehouse, settings.threads, settings.memory_limit)

    def write(tables: Mapping[str, pd.DataFrame]) -> None:
        for name, frame in tables.items():
            warehouse.replace({name: frame}, WEEK if CATALOG[name].week else None)

    write(week_tables(lines))
    tables = {name: warehouse.read(CATALOG[name], WEEK, INPUT_READS.get(name, PLAIN)) for name in PLAN_TABLES}
    plan = make_plan(plan_inputs(WEEK, settings, tables), plan_settings(settings))
    write({name: plan[name] for name in ("launch_plan", "order_plan", "plan_solve")})
    warehouse.publish_snapshot(settings.snapshot)
    solve = plan["plan_solve"].iloc[0]
    log.info(
        "%d product-channels planned: gap %.2f %%, solver %.1f CPU s", lines, 100 * solve["gap"], solve["cpu_seconds"]
    )
    return str(tables["launch_candidates"]["product_id"].iloc[0])


def asked(lines: int) -> Mapping[str, Cost]:
    """What each question's whole command takes."""
    with tempfile.TemporaryDirectory() as home:
        environ = {variable("home"): home, variable("source"): SOURCE}
        candidate = planned(Settings.from_env(environ), lines)
        questions = {
            "budgets a tenth less": ["--budget", "0.9"],
            "a price": ["--price", "P000001=9.9"],
            "a banned launch": ["--ban", candidate],
            "a forced launch": ["--launch", candidate],
        }
        debut = [sys.executable, "-m", "orchestration.cli", "scenario", "--week", WEEK.isoformat()]
        return {name: run([*debut, *given], environ) for name, given in questions.items()}


def main() -> None:
    """Prints one line a question."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser("python -m benchmarks.what_if", description=__doc__)
    parser.add_argument("--lines", type=int, default=2_000, help="product-channels (default %(default)s)")
    given = parser.parse_args()
    for name, cost in asked(given.lines).items():
        log.info(
            "%-24s promised %-10s CPU %5.1f s   clock %5.1f s   peak %.2f GB",
            name,
            PROMISED,
            cost.cpu_seconds,
            cost.wall_seconds,
            cost.peak_gb,
        )


if __name__ == "__main__":
    main()
