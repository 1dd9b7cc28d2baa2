"""A warehouse whose raw rows fit a page, and dbt run on it.

What lives here: the rows, how they enter a DuckDB file, and how dbt is started. What the features must then say stands
in `tests/unit/dbt/`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from support.rows import candidates, locations, monday, order_lines

from contracts.catalog import in_schema

PROJECT = Path(__file__).parents[2] / "dbt_project"
WEEKS = 30
DECISION_WEEK = monday(20)
VARIABLES = {
    "excluded_categories": ["FUEL", "STAFF'S OWN"],
    "shop_time_zone": "America/New_York",
    "planned_products": 4,
    "negative_rate": 2,
    "recommended_by_source": 2,
    "decision_week": str(DECISION_WEEK),
}
CHANNELS = {"L1": "large", "L2": "large", "9": "small", "L4": "small"}
LAUNCHES = {"N1": 12, "N2": 18, "N3": 20, "N4": 22, "N5": 27}
# Begins to sell, and nobody announced it.
UNANNOUNCED = {"U1": 13}
_STARTS = {**LAUNCHES, **UNANNOUNCED}


def raw_rows(seed: int = 7) -> dict[str, pd.DataFrame]:
    """Raw tables by name: 15 products, four locations in two channels, 30 weeks and the Sunday before them."""
    rng = np.random.default_rng(seed)
    products = _products()
    promotions = _promotions(rng, products)
    return {
        "raw_products": products,
        "raw_locations": locations(CHANNELS),
        "raw_sales": _sales(rng, products),
        "raw_promotions": promotions,
        "raw_launch_candidates": candidates(LAUNCHES, [2.50 + week for week in LAUNCHES.values()]),
        "raw_calendar": _calendar(),
    }


def make_warehouse(path: Path, rows: Mapping[str, pd.DataFrame]) -> Path:
    """A DuckDB file with every raw table, filled where rows are given."""
    with duckdb.connect(str(path)) as con:
        con.execute("create schema raw")
        for table in in_schema("raw"):
            columns = ", ".join(f"{column.name} {column.type}" for column in table.columns)
            con.execute(f"create table {table.full_name} ({columns})")
            if table.name in rows:
                frame = rows[table.name]
                con.register("delivered", frame)
                con.execute(f"insert into {table.full_name} by name select * from delivered")
                con.unregister("delivered")
    return path


def run_dbt(warehouse: Path, *arguments: str, variables: Mapping[str, Any] = VARIABLES) -> Path:
    """Run dbt on a warehouse and return the folder of its compiled models.

    Raises:
        RuntimeError: dbt failed; the message is what it said.
    """
    target = warehouse.with_suffix(".target")
    surroundings = {
        **os.environ,
        "DEBUT_WAREHOUSE": str(warehouse),
        "DEBUT_THREADS": "1",
        "DEBUT_MEMORY_LIMIT": "1GB",
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(target / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_VERSION_CHECK": "false",
        "DO_NOT_TRACK": "true",
    }
    command = [str(Path(sys.executable).with_name("dbt")), *arguments, "--vars", json.dumps(dict(variables))]
    folders = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    done = subprocess.run([*command, *folders], env=surroundings, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stdout[-4000:] + done.stderr[-2000:])
    return target / "compiled" / "debut" / "models"


def _products() -> pd.DataFrame:
    """P0 to P6 are old, one of them silent for most of the year; N1 to N5 launch; F is fuel, X is never sold, U1 begins."""
    names = [f"P{number}" for number in range(7)] + list(LAUNCHES) + ["F", "X"] + list(UNANNOUNCED)
    return pd.DataFrame(
        {
            "product_id": names,
            "title": [f"Title of {name}" for name in names],
            "category_1": ["FUEL" if name == "F" else "FOOD" for name in names],
            "category_2": [f"C{number % 2}" for number in range(len(names))],
            "category_3": [f"T{number % 4}" for number in range(len(names))],
            "brand": "National",
            "attributes": [f'{{"size": {number % 2}}}' if number % 5 else None for number in range(len(names))],
            # One of another length, one of zeros, one absent: they are like nothing.
            "embedding": [
                {2: [1.0], 5: [0.0, 0.0, 0.0], 8: None}.get(number, [1.0, number % 3 - 1.0, number / 7])
                for number in range(len(names))
            ],
            "seller_id": [None if name == "P6" else f"S{number % 3}" for number, name in enumerate(names)],
        }
    )


def _calendar() -> pd.DataFrame:
    """An Easter that ends a week, closed on its Sunday, and begins the next; an event; a holiday after the last sale."""
    days = pd.DataFrame({"day": [monday(0) + timedelta(days=number) for number in range(7 * (WEEKS + 10))]})
    named = {95: "Good Friday", 97: "Easter Sunday", 98: "Easter Monday", 7 * (WEEKS + 4): "Founders' Day"}
    is_event = days.index == 40
    return days.assign(
        holiday=days.index.map(named), event=pd.Series("Fair", days.index).where(is_event), is_closed=days.index == 97
    )


def _promotions(rng: np.random.Generator, products: pd.DataFrame) -> pd.DataFrame:
    """Location rows, one key delivered twice; the same mailers as plans; a display of a whole channel over weeks."""
    rows: list[dict[str, Any]] = []
    for name in products["product_id"]:
        for week in range(_STARTS.get(name, 0), WEEKS):
            if rng.random() < 0.5:
                continue
            starts_on = monday(week)
            places = [place for place in CHANNELS if rng.random() < 0.8]
            span = {"product_id": name, "starts_on": starts_on, "ends_on": starts_on + timedelta(days=6)}
            for place in places:
                kind = ("mailer", "0", "A") if rng.random() < 0.6 else ("display", "3", "0")
                rows.append(span | dict(zip(_KIND, kind, strict=True)) | {"location_id": place})
            rows.append(
                span | {"placement": "mailer", "mailer_code": "A", "announced_on": starts_on - timedelta(weeks=6)}
            )
    again = {**rows[0], "placement": "display_and_mailer", "display_code": "1", "mailer_code": "D"}
    whole = {"product_id": "P1", "channel": "small", "placement": "homepage", "starts_on": monday(5)}
    return pd.DataFrame([*rows, again, whole | {"ends_on": monday(6)}])


_KIND = ("placement", "display_code", "mailer_code")


def _sales(rng: np.random.Generator, products: pd.DataFrame) -> pd.DataFrame:
    rows: list[tuple[Any, ...]] = []
    for number, name in enumerate(products["product_id"]):
        if name == "X":
            continue
        for week in range(_STARTS.get(name, -1), WEEKS):
            is_silent = name == "P5" and 3 <= week < 24
            for _ in range(0 if is_silent else int(rng.poisson(2.0 if number < 4 else 0.7))):
                rows.append(_line(rng, name, week, len(rows)))
    # 03:30 on Monday in UTC is still Sunday in New York; a return; a free line; a buyer without a card.
    sunday = pd.Timestamp(monday(10)) + pd.Timedelta(hours=3, minutes=30)
    rows.append(("late", "P0", "L1", "c1", sunday, 5, 10.0, 10.0))
    rows.append(("back", "P1", "9", "c2", sunday + pd.Timedelta(days=2), -3, -6.0, -6.0))
    rows.append(("free", "P2", "L2", "c3", sunday + pd.Timedelta(days=2), 2, 0.0, 4.0))
    rows.append(("card", "P3", "L4", None, sunday + pd.Timedelta(days=2), 1, 2.0, 2.5))
    return order_lines(rows)


def _line(rng: np.random.Generator, name: str, week: int, number: int) -> tuple[Any, ...]:
    # The week before the first whole one has its Sunday only.
    day = 6 if week < 0 else int(rng.integers(0, 7))
    moment = pd.Timestamp(monday(week)) + pd.Timedelta(days=day, hours=12)
    customer = int(rng.integers(0, 8))
    place = list(CHANNELS)[customer % 4 if rng.random() < 0.8 else int(rng.integers(0, 4))]
    units = int(rng.integers(1, 4))
    gross = round(units * float(rng.integers(150, 250)) / 100, 2)
    net = round(gross * (0.8 if rng.random() < 0.4 else 1.0), 2)
    return (f"O{week}-{customer}-{place}-{number % 2}", name, place, f"c{customer}", moment, units, net, gross)
