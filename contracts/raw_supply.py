"""What a user brings for the plan to reckon with: stock, terms of supply, launch candidates and limits.

What is sold and shown is in `raw_trade.py`; `raw.py` gathers both.
"""

from contracts.raw_trade import CATEGORY_1
from contracts.table import PRODUCT, Column, Presence, Table, maybe, time

# The shared warehouse among the channels that hold stock.
POOL = "pool"

RAW_INVENTORY = Table(
    "raw_inventory",
    "raw",
    "One count of stock.",
    ("product_id", "channel", "location_id", "counted_at"),
    (
        PRODUCT,
        maybe("channel", "varchar", f"Channel that holds the stock; '{POOL}' is the warehouse"),
        maybe("location_id", "varchar", "Location that holds the stock"),
        time("counted_at", "timestamp", "Moment of the count, UTC"),
        Column("on_hand_units", "integer", "Units on hand", at_least=0),
        maybe("on_order_units", "integer", "Units on order", at_least=0),
        maybe("due_on", "date", "Day on which the order is due"),
    ),
    presence=Presence.OPTIONAL,
    may_be_empty=True,
    without_it="opening stock is assumed and stock-outs cannot be told from low demand",
    known_on="counted_at",
)

RAW_SUPPLY_TERMS = Table(
    "raw_supply_terms",
    "raw",
    "Supply terms of a product, a category or the default.",
    ("product_id", "category_1"),
    (
        maybe("product_id", "varchar", "Product; absent means a category's terms"),
        maybe("category_1", "varchar", CATEGORY_1 + "; both absent means the default"),
        maybe("supplier_id", "varchar", "Supplier"),
        maybe("unit_cost", "decimal(18,2)", "Cost per unit", at_least=0),
        maybe("cost_rate", "double", "Cost as a share of the shelf price", at_least=0, at_most=1),
        Column("lead_weeks", "integer", "Weeks from order to arrival", at_least=0, at_most=52),
        Column("moq_units", "integer", "Smallest order, units", at_least=0),
        Column("pack_units", "integer", "Units in a pack", at_least=1),
        Column("holding_rate_week", "double", "Holding cost a week as a share of unit cost", at_least=0),
        Column("salvage_rate", "double", "Value of a unit left, as a share of unit cost", at_least=0, at_most=1),
        Column("shortage_penalty_rate", "double", "Penalty of a unit unmet, as a share of margin", at_least=0),
        Column("launch_cost", "decimal(18,2)", "Fixed cost of launching in one channel", at_least=0),
        maybe("storage_volume", "double", "Volume of a unit", at_least=0),
    ),
    presence=Presence.OPTIONAL,
    may_be_empty=True,
    without_it="costs are the profile's assumptions, named on the report",
)

RAW_LAUNCH_CANDIDATES = Table(
    "raw_launch_candidates",
    "raw",
    "One product that may launch.",
    ("product_id",),
    (
        PRODUCT,
        time("planned_week", "date", "Monday of the planned launch week"),
        time("earliest_week", "date", "First Monday it may launch"),
        time("latest_week", "date", "Last Monday it may launch"),
        maybe("channels", "varchar[]", "Channels it may launch in; absent means every one"),
        maybe("planned_price", "decimal(18,2)", "Planned shelf price per unit", at_least=0),
        Column("is_mandatory", "boolean", "Whether it must launch"),
        time("announced_on", "date", "Day from which the shop knew of it"),
    ),
    presence=Presence.OPTIONAL,
    may_be_empty=True,
    without_it="no launch is planned; only established products are ordered",
    known_on="announced_on",
)

RAW_PLAN_LIMITS = Table(
    "raw_plan_limits",
    "raw",
    "One limit of the plan.",
    ("scope", "channel", "category_1", "seller_id", "week"),
    (
        Column(
            "scope",
            "varchar",
            "What is limited",
            one_of=("budget", "storage", "slots", "launches", "fill_floor", "seller_share"),
        ),
        maybe("channel", "varchar", "Channel it holds in"),
        maybe("category_1", "varchar", CATEGORY_1),
        maybe("seller_id", "varchar", "Seller"),
        time("week", "date", "Monday of the week it holds in", is_nullable=True, is_optional=True),
        Column("amount", "double", "Money, volume, count or share", at_least=0),
    ),
    presence=Presence.OPTIONAL,
    may_be_empty=True,
    without_it="limits are the profile's assumptions, named on the report",
)
