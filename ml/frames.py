"""Frames as contracts promise them: the pandas type of each column, and a table without a row."""

from __future__ import annotations

import pandas as pd

from contracts.table import Table

DTYPES = {"date": "datetime64[us]", "varchar": "str", "double": "float64", "integer": "int64", "boolean": "bool"}


def no_rows(table: Table) -> pd.DataFrame:
    """No row of a table, its columns typed."""
    return pd.DataFrame({column.name: pd.Series(dtype=DTYPES[column.type]) for column in table.columns})
