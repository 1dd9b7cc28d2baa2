"""Landed files of a small delivery, written out: what tests of the reader land, and what they read back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb

from orchestration.sources import Ingest

PRODUCTS = "product_id,title,category_1\nP1,Tea,GROCERY\nP2,Cup,HOME\n"
HEADER = "order_id,product_id,customer_id,sold_at,units,net_revenue\n"
GOOD = "O1,P1,C1,2017-01-01 10:00:00,2,6.20\n"

Land = Callable[[dict[str, str | bytes]], Ingest]


def rejected(con: duckdb.DuckDBPyConnection) -> dict[int, str]:
    """Reason by line of every row set aside."""
    return dict(con.execute("select line, reason from raw.raw_rejected").fetchall())


def parquet(tmp_path: Path, query: str) -> bytes:
    """The bytes of a Parquet file with a query's rows."""
    path = tmp_path / "made.parquet"
    duckdb.execute(f"copy ({query}) to '{path}' (format parquet)")
    return path.read_bytes()
