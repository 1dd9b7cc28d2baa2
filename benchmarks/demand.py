"""Established demand beside the mean of eight weeks: WAPE and WPL of weekly product totals, per origin.

The top 3,000 products by units of the trailing 26 weeks are those that `demand_features` calls planned.
Origin k knows weeks up to k of the source, whose week k starts on `first_monday + 7·(k − 2)` days.
"""

from __future__ import annotations

import argparse
import resource
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from time import process_time

import duckdb
import pandas as pd

from ml.config import MlConfig
from ml.demand.interface import DemandTables
from ml.demand.scores import scores
from ml.demand.train import backtest, fit_all, forecast
from orchestration.assets.demand import READS

ORIGINS = (33, 37, 41, 45)
FIRST_MONDAY = date(2017, 1, 2)
_READ = {
    "demand_features": READS["demand_features"].where,
    "weekly_sales": READS["weekly_sales"].where,
    "planned_covariates": "true",
    "planned_group_mailers": "true",
    "launch_candidates": "true",
    "calendar_weeks": "true",
}


def measure(features_path: Path, origins: Sequence[int] = ORIGINS, threads: int = 2) -> pd.DataFrame:
    """One row per origin, phase and model: `wape`, `wpl`, `bias`, `coverage_80` of weekly product totals,
    `cpu_seconds` of that origin (look back, train, forecast; all models together) and peak `memory_mb`.

    A last row per model, origin 0, holds the mean over origins.
    """
    parts = [_origin(features_path, origin, MlConfig.full(threads=threads)) for origin in origins]
    each = pd.concat(parts, ignore_index=True)
    overall = each.drop(columns="origin").groupby(["phase", "model"], as_index=False).mean().assign(origin=0)
    return pd.concat([each, overall], ignore_index=True)


def _origin(features_path: Path, origin: int, config: MlConfig) -> pd.DataFrame:
    week = pd.Timestamp(FIRST_MONDAY) + pd.Timedelta(days=7 * (origin - 1))
    tables, everything, until = read_known(features_path, week)
    started = process_time()
    past = backtest(tables, week, config)
    believed = forecast(fit_all(tables, week, config), tables, past, week, config)
    seconds = process_time() - started
    found = scores(believed, everything, week, "real", until)
    weekly = found[found["level"] == "product"]
    wide = weekly.pivot(index=["phase", "model"], columns="metric", values="value").reset_index()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return wide.assign(origin=origin, cpu_seconds=seconds, memory_mb=memory)


def read_known(path: Path, week: pd.Timestamp) -> tuple[DemandTables, pd.DataFrame, pd.Timestamp]:
    """What the week may know, every sale for the score, and the first Monday that is not complete."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as warehouse (read_only)")
        connection.execute("use warehouse")
        known = {
            table: connection.execute(
                f"select * from warehouse.features.{table} where known_on <= ? and {where}", [week.date()]
            ).df()
            for table, where in _READ.items()
        }
        everything = connection.execute(
            f"select * from warehouse.features.weekly_sales where {_READ['weekly_sales']}"
        ).df()
    return DemandTables(**known), everything, everything["known_on"].max()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("features_path", type=Path, help="warehouse that holds the schema features")
    parser.add_argument("--origins", default=",".join(map(str, ORIGINS)))
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    origins = [int(origin) for origin in arguments.origins.split(",")]
    shown = measure(arguments.features_path, origins, arguments.threads)
    columns = ["origin", "phase", "model", "wape", "wpl", "bias", "coverage_80", "cpu_seconds", "memory_mb"]
    print(shown[columns].round(4).to_string(index=False))  # noqa: T201  the table is what it is for


if __name__ == "__main__":
    main()
