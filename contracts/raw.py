"""What a user brings, and what became of it: schema raw, gathered.

Only `raw_sales` and `raw_products` are required. Deliveries are declared in `raw_trade.py` and `raw_supply.py`, what
an ingest writes down of its own here. Readers in `orchestration/sources/` fill these tables; nothing here says how.
"""

from contracts.raw_supply import RAW_INVENTORY, RAW_LAUNCH_CANDIDATES, RAW_PLAN_LIMITS, RAW_SUPPLY_TERMS
from contracts.raw_trade import (
    RAW_CALENDAR,
    RAW_CUSTOMERS,
    RAW_EVENTS,
    RAW_LOCATIONS,
    RAW_PRODUCTS,
    RAW_PROMOTIONS,
    RAW_SALES,
)
from contracts.table import Column, Table, key

RAW_REJECTED = Table(
    "raw_rejected",
    "raw",
    "One delivered row that was set aside.",
    ("source_file", "line", "table_name", "reason"),
    (
        key("source_file", "varchar", "Base name of the delivered file"),
        key("line", "bigint", "Line in the file, the header being line 1; 0 for the file itself", at_least=0),
        key("table_name", "varchar", "Table it was meant for"),
        key("reason", "varchar", "Why it was set aside"),
        Column("redacted_text", "varchar", "The row with identities blanked", is_nullable=True),
    ),
    may_be_empty=True,
)

RAW_DELIVERED = Table(
    "raw_delivered",
    "raw",
    "One file of the last delivery.",
    ("table_name", "source_file"),
    (
        key("table_name", "varchar", "Table it was meant for"),
        key("source_file", "varchar", "Base name of the delivered file"),
        Column("sha256", "varchar", "Digest of its bytes", is_nullable=True),
        Column("delivered", "bigint", "Rows it held", at_least=0),
        Column("rejected", "bigint", "Rows set aside in raw_rejected", at_least=0),
        Column("problem", "varchar", "Why nothing may go on; NULL when nothing is wrong", is_nullable=True),
    ),
    may_be_empty=True,
)

TABLES = (
    RAW_SALES,
    RAW_PRODUCTS,
    RAW_LOCATIONS,
    RAW_CUSTOMERS,
    RAW_EVENTS,
    RAW_PROMOTIONS,
    RAW_INVENTORY,
    RAW_SUPPLY_TERMS,
    RAW_LAUNCH_CANDIDATES,
    RAW_PLAN_LIMITS,
    RAW_CALENDAR,
    RAW_REJECTED,
    RAW_DELIVERED,
)
