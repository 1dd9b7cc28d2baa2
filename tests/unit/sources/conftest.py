"""A database in memory, and a landing folder that is ingested into it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from support.landed import PRODUCTS, Land

from orchestration.sources import Ingest, ingest


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        yield con


@pytest.fixture
def land(tmp_path: Path, con: duckdb.DuckDBPyConnection) -> Land:
    """Lands files of source 'files', beside two products, and ingests them in one transaction."""

    def ingest_files(files: dict[str, str | bytes]) -> Ingest:
        for name, content in {"raw_products.csv": PRODUCTS, **files}.items():
            path = tmp_path / "files" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        con.begin()
        ingested = ingest(con, "files", tmp_path)
        con.commit()
        for table in ingested.tables:
            assert table.accepted + table.rejected == table.delivered
            assert all(0 <= file.rejected <= file.delivered for file in table.files)
            stored = con.execute(f"select count(*) from raw.{table.name}").fetchall()
            assert stored == [(table.accepted + table.derived,)]
        return ingested

    return ingest_files
