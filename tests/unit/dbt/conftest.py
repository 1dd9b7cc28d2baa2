"""dbt runs twice for all tests of this folder: on a whole tiny warehouse, and on one whose future was destroyed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from support.dbt_shop import DECISION_WEEK, make_warehouse, raw_rows, run_dbt
from support.truncation import destroy_from


@dataclass(frozen=True)
class Built:
    """A warehouse that dbt has filled, and the folder of the models' SQL as it ran."""

    path: Path
    models: Path


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Built from all rows; dbt's own tests and unit tests have passed."""
    path = make_warehouse(tmp_path_factory.mktemp("whole") / "shop.duckdb", raw_rows())
    return Built(path, run_dbt(path, "build"))


@pytest.fixture(scope="session")
def truncated(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Built from what was known by the decision week."""
    path = make_warehouse(tmp_path_factory.mktemp("truncated") / "shop.duckdb", raw_rows())
    destroy_from(path, DECISION_WEEK, "America/New_York")
    return Built(path, run_dbt(path, "run"))


@pytest.fixture
def con(whole: Built) -> Iterator[duckdb.DuckDBPyConnection]:
    """A reader of the whole warehouse."""
    with duckdb.connect(str(whole.path), read_only=True) as connection:
        yield connection
