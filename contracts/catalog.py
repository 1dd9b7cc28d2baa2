"""Every table by name; the one place where rooms look a promise up."""

from contracts import (
    evaluations,
    explanations,
    features,
    off_policy,
    plans,
    predictions,
    races,
    raw,
    recommendations,
    response_backtests,
    scenarios,
    styles,
)
from contracts.table import Table

_ALL = (
    *raw.TABLES,
    *features.TABLES,
    *predictions.TABLES,
    *response_backtests.TABLES,
    *explanations.TABLES,
    *styles.TABLES,
    *plans.TABLES,
    *recommendations.TABLES,
    *evaluations.TABLES,
    *off_policy.TABLES,
    *races.TABLES,
    *scenarios.TABLES,
)

CATALOG: dict[str, Table] = {table.name: table for table in _ALL}

if len(CATALOG) != len(_ALL):
    raise ValueError("contracts: two tables share a name")


def in_schema(schema: str) -> tuple[Table, ...]:
    """The tables of one schema, in the order data walks."""
    return tuple(table for table in _ALL if table.schema == schema)
