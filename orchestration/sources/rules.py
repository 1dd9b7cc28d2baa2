"""What a row must keep beyond its columns' own bounds, and what of it may be shown when it is set aside.

SQL over a row's typed columns; `given_<column>` is the delivered text. Bounds of one column live on the
contract's Column, and whole-table rules in the checks after the ingest.
"""

from __future__ import annotations

from dataclasses import dataclass

from contracts.table import Table

# Columns that say who somebody is, or free text that may.
IDENTITIES = frozenset({"customer_id", "session_id", "request_id", "segments", "description"})

# Columns whose text must be JSON.
JSON_COLUMNS = frozenset({"attributes", "segments"})


@dataclass(frozen=True)
class Rule:
    """One law of a row.

    Args:
        is_broken: SQL that is true of a row that breaks it.
        reason: SQL that gives the sentence for raw_rejected.
    """

    is_broken: str
    reason: str


def _monday(column: str) -> Rule:
    return Rule(f"isodow({column}) <> 1", f"'{column} ''' || {column} || ''' is not a Monday'")


def _not_negative_on_a_sale(column: str) -> Rule:
    return Rule(
        f"{column} < 0 and units >= 0",
        f"'{column} ''' || {shown(f'given_{column}')} || ''' is negative on a sale'",
    )


def _ordered(first: str, second: str) -> Rule:
    return Rule(f"{second} < {first}", f"'{second} ''' || {second} || ''' is before {first}'")


def shown(text: str) -> str:
    """SQL for a delivered text as it may be shown: short, and nothing that looks like an address."""
    return f"case when contains({text}, '@') then '[redacted]' else left({text}, 60) end"


RULES: dict[str, tuple[Rule, ...]] = {
    "raw_sales": (
        Rule("units = 0", "'units are 0'"),
        _not_negative_on_a_sale("net_revenue"),
        _not_negative_on_a_sale("gross_revenue"),
    ),
    "raw_promotions": (_ordered("starts_on", "ends_on"),),
    "raw_inventory": (Rule("channel is null and location_id is null", "'neither channel nor location_id is given'"),),
    "raw_launch_candidates": (
        _monday("planned_week"),
        _monday("earliest_week"),
        _monday("latest_week"),
        _ordered("earliest_week", "planned_week"),
        _ordered("planned_week", "latest_week"),
    ),
    "raw_plan_limits": (_monday("week"),),
}


def refers_to_products(table: Table) -> bool:
    """Whether a row names a product that must exist."""
    return table.name != "raw_products" and "product_id" in table.names()
