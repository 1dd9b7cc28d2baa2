"""Truncation: features built from a warehouse whose future was destroyed must equal those built from all of it.

What lives here: how to destroy the rows of a warehouse from a decision week on, and how to compare two warehouses by
what a decision week may know. Which warehouses to compare is the tests' business.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from contracts.table import Table


def destroy_from(warehouse: Path, decision_week: date, time_zone: str = "UTC") -> None:
    """Delete every raw row that was not known by this Monday; plan rows announced by then stay.

    Args:
        warehouse: The file to change.
        decision_week: Monday from which nothing is known.
        time_zone: The shop's; locations with one of their own would need it here.
    """
    monday = f"date '{decision_week}'"
    known = {
        "raw_sales": f"cast(timezone('{time_zone}', timezone('UTC', sold_at)) as date) < {monday}",
        "raw_events": f"cast(timezone('{time_zone}', timezone('UTC', occurred_at)) as date) < {monday}",
        "raw_inventory": f"cast(timezone('{time_zone}', timezone('UTC', counted_at)) as date) < {monday}",
        "raw_promotions": f"case when announced_on is null then starts_on < {monday} else announced_on <= {monday} end",
        "raw_launch_candidates": f"announced_on <= {monday}",
    }
    with duckdb.connect(str(warehouse)) as con:
        for name, condition in known.items():
            con.execute(f"delete from raw.{name} where not ({condition})")


def differences(full: Path, truncated: Path, table: Table, decision_week: date) -> pd.DataFrame:
    """Rows known by this Monday that only one of two warehouses holds.

    Args:
        full: Warehouse built from all rows.
        truncated: Warehouse built from what was known by the decision week.
        table: A feature table.
        decision_week: The Monday.

    Returns:
        One row per difference: `only_in` ('full' or 'truncated') and the table's columns.
    """
    columns = ", ".join(table.names())
    known = f"select {columns} from {{}}.{table.full_name} where {table.known_on} <= date '{decision_week}'"
    whole, cut = known.format("whole"), known.format("cut")
    with duckdb.connect() as con:
        con.execute(f"attach '{full}' as whole (read_only)")
        con.execute(f"attach '{truncated}' as cut (read_only)")
        return con.execute(
            f"select 'full' as only_in, * from ({whole} except all {cut}) "
            f"union all by name select 'truncated' as only_in, * from ({cut} except all {whole}) order by all"
        ).df()
