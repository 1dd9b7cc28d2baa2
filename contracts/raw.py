"""What a user brings: schema raw.

Only `raw_sales` and `raw_products` are required. Readers in `orchestration/sources/` fill these
tables; nothing here says how.
"""

from contracts.table import Column, Presence, Table, key, time

_ID = {"is_nullable": True, "is_optional": True}


def _maybe(name: str, type: str, meaning: str, **bounds: object) -> Column:
    """A column that a delivery may leave out."""
    return Column(name, type, meaning, **{**_ID, **bounds})  # type: ignore[arg-type]


_PRODUCT = key("product_id", "varchar", "Product, as the shop names it")
_CATEGORY_1 = "Top of the category tree (department)"

RAW_SALES = Table(
    "raw_sales",
    "raw",
    "One order line.",
    ("order_id", "line_no"),
    (
        key("order_id", "varchar", "Order or basket"),
        Column(
            "line_no",
            "integer",
            "Line within the order; counted when not delivered",
            is_nullable=True,
            is_optional=True,
            at_least=0,
        ),
        _PRODUCT,
        _maybe("location_id", "varchar", "Shop, site or market; absent means one location"),
        _maybe("customer_id", "varchar", "Customer, pseudonymous"),
        time("sold_at", "timestamp", "Moment of sale, UTC"),
        Column("units", "integer", "Units sold; a return is negative"),
        Column("net_revenue", "decimal(18,2)", "Money paid by the customer; negative only on a return"),
        _maybe("gross_revenue", "decimal(18,2)", "Money at shelf price, before discounts"),
        _maybe("currency", "varchar", "ISO code; absent means the profile's currency"),
    ),
)

RAW_PRODUCTS = Table(
    "raw_products",
    "raw",
    "One sellable product.",
    ("product_id",),
    (
        _PRODUCT,
        Column("title", "varchar", "What a customer reads"),
        Column("category_1", "varchar", _CATEGORY_1),
        _maybe("category_2", "varchar", "Second level of the category tree"),
        _maybe("category_3", "varchar", "Third level of the category tree"),
        _maybe("brand", "varchar", "Brand or brand type"),
        _maybe("seller_id", "varchar", "Seller or manufacturer"),
        _maybe("style_id", "varchar", "Style that size and colour variants share"),
        _maybe("description", "varchar", "Longer text"),
        _maybe("attributes", "varchar", "Further attributes as JSON"),
        _maybe("embedding", "float[]", "Image or text embedding"),
        _maybe("list_price", "decimal(18,2)", "List price per unit", at_least=0),
        _maybe("unit_cost", "decimal(18,2)", "Cost per unit", at_least=0),
        _maybe("retired_on", "date", "Day from which it is no longer sold"),
    ),
)

RAW_LOCATIONS = Table(
    "raw_locations",
    "raw",
    "One shop, site or market.",
    ("location_id",),
    (
        key("location_id", "varchar", "Shop, site or market"),
        Column("channel", "varchar", "Selling channel with its own traffic and stock"),
        _maybe("region", "varchar", "Region"),
        _maybe("time_zone", "varchar", "IANA time zone of its business day"),
    ),
    presence=Presence.OPTIONAL,
    may_be_empty=True,
    without_it="every sale belongs to one channel, 'shop'",
)

RAW_CUSTOMERS = Table(
    "raw_customers",
    "raw",
    "One customer.",
    ("customer_id",),
    (
        key("customer_id", "varchar", "Customer, pseudonymous"),
        _maybe("joined_on", "date", "Day of the first contact"),
        _maybe("segments", "varchar", "Segments as JSON"),
    ),
    presence=Presence.OPTIONAL,
    may_be_empty=True,
    without_it="customers are those seen in sales, with no segments",
)

RAW_EVENTS = Table(
    "raw_events",
    "raw",
    "One logged impression or bare action.",
    ("event_id",),
    (
        key("event_id", "varchar", "Event"),
        time("occurred_at", "timestamp", "Moment, UTC"),
        _maybe("customer_id", "varchar", "Customer, pseudonymous"),
        _maybe("session_id", "varchar", "Session"),
        _maybe("request_id", "varchar", "Request that a ranked list answered"),
        _PRODUCT,
        Column("channel", "varchar", "Selling channel"),
        _maybe("placement", "varchar", "Where it was shown"),
        _maybe("position", "integer", "Rank in the list, from 1", at_least=1),
        Column(
            "event_type", "varchar", "What happened", one_of=("impression", "click", "cart", "favourite", "purchase")
        ),
        _maybe("propensity", "double", "Probability with which the policy showed it", at_least=0, at_most=1),
    ),
    presence=Presence.OPTIONAL,
    may_be_empty=True,
    without_it="click rates are unknown; opportunities are read off promotions and visits",
)

RAW_PROMOTIONS = Table(
    "raw_promotions",
    "raw",
    "One product in one placement for a span of days.",
    ("product_id", "channel", "location_id", "starts_on", "placement", "display_code", "mailer_code"),
    (
        _PRODUCT,
        _maybe("channel", "varchar", "Channel it runs in; absent with no location means every one"),
        _maybe("location_id", "varchar", "Location it runs in; absent means the whole channel"),
        time("starts_on", "date", "First day"),
        time("ends_on", "date", "Last day"),
        Column(
            "placement", "varchar", "Where it is shown: mailer, display or display_and_mailer, or the shop's own word"
        ),
        _maybe("display_code", "varchar", "The shop's code of the display"),
        _maybe("mailer_code", "varchar", "The shop's code of the place in the mailer"),
        _maybe("discount_rate", "double", "Share off the shelf price", at_least=0, at_most=1),
        _maybe("announced_on", "date", "Day from which it was known; absent: known once it ran"),
    ),
    presence=Presence.OPTIONAL,
    may_be_empty=True,
    without_it="no promotion enters a forecast and no exposure is read off promotions",
)

RAW_INVENTORY = Table(
    "raw_inventory",
    "raw",
    "One count of stock.",
    ("product_id", "channel", "location_id", "counted_at"),
    (
        _PRODUCT,
        _maybe("channel", "varchar", "Channel that holds the stock; 'pool' is the warehouse"),
        _maybe("location_id", "varchar", "Location that holds the stock"),
        time("counted_at", "timestamp", "Moment of the count, UTC"),
        Column("on_hand_units", "integer", "Units on hand", at_least=0),
        _maybe("on_order_units", "integer", "Units on order", at_least=0),
        _maybe("due_on", "date", "Day on which the order is due"),
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
        _maybe("product_id", "varchar", "Product; absent means a category's terms"),
        _maybe("category_1", "varchar", _CATEGORY_1 + "; both absent means the default"),
        _maybe("supplier_id", "varchar", "Supplier"),
        _maybe("unit_cost", "decimal(18,2)", "Cost per unit", at_least=0),
        _maybe("cost_rate", "double", "Cost as a share of the shelf price", at_least=0, at_most=1),
        Column("lead_weeks", "integer", "Weeks from order to arrival", at_least=0, at_most=52),
        Column("moq_units", "integer", "Smallest order, units", at_least=0),
        Column("pack_units", "integer", "Units in a pack", at_least=1),
        Column("holding_rate_week", "double", "Holding cost a week as a share of unit cost", at_least=0),
        Column("salvage_rate", "double", "Value of a unit left, as a share of unit cost", at_least=0, at_most=1),
        Column("shortage_penalty_rate", "double", "Penalty of a unit unmet, as a share of margin", at_least=0),
        Column("launch_cost", "decimal(18,2)", "Fixed cost of launching in one channel", at_least=0),
        _maybe("storage_volume", "double", "Volume of a unit", at_least=0),
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
        _PRODUCT,
        time("planned_week", "date", "Monday of the planned launch week"),
        time("earliest_week", "date", "First Monday it may launch"),
        time("latest_week", "date", "Last Monday it may launch"),
        _maybe("channels", "varchar[]", "Channels it may launch in; absent means every one"),
        _maybe("planned_price", "decimal(18,2)", "Planned shelf price per unit", at_least=0),
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
        _maybe("channel", "varchar", "Channel it holds in"),
        _maybe("category_1", "varchar", _CATEGORY_1),
        _maybe("seller_id", "varchar", "Seller"),
        time("week", "date", "Monday of the week it holds in", is_nullable=True, is_optional=True),
        Column("amount", "double", "Money, volume, count or share", at_least=0),
    ),
    presence=Presence.OPTIONAL,
    may_be_empty=True,
    without_it="limits are the profile's assumptions, named on the report",
)

RAW_CALENDAR = Table(
    "raw_calendar",
    "raw",
    "One day.",
    ("day",),
    (
        time("day", "date", "Day"),
        _maybe("holiday", "varchar", "Public holiday"),
        _maybe("event", "varchar", "Shop event"),
        Column("is_closed", "boolean", "Whether the shop is closed"),
    ),
    presence=Presence.OPTIONAL,
    may_be_empty=True,
    without_it="no holiday enters a forecast",
)

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
