"""What a user brings of the trade itself: what is sold, where, to whom, how it was shown and on which days.

What the plan is to reckon with (stock, terms, candidates, limits) is in `raw_supply.py`; `raw.py` gathers both.
"""

from contracts.table import PRODUCT, Column, Presence, Table, key, maybe, time

CATEGORY_1 = "Top of the category tree (department)"

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
        PRODUCT,
        maybe("location_id", "varchar", "Shop, site or market; absent means one location"),
        maybe("customer_id", "varchar", "Customer, pseudonymous"),
        time("sold_at", "timestamp", "Moment of sale, UTC"),
        Column("units", "integer", "Units sold; a return is negative"),
        Column("net_revenue", "decimal(18,2)", "Money paid by the customer; negative only on a return"),
        maybe("gross_revenue", "decimal(18,2)", "Money at shelf price, before discounts"),
        maybe("currency", "varchar", "ISO code; absent means the profile's currency"),
    ),
)

RAW_PRODUCTS = Table(
    "raw_products",
    "raw",
    "One sellable product.",
    ("product_id",),
    (
        PRODUCT,
        Column("title", "varchar", "What a customer reads"),
        Column("category_1", "varchar", CATEGORY_1),
        maybe("category_2", "varchar", "Second level of the category tree"),
        maybe("category_3", "varchar", "Third level of the category tree"),
        maybe("brand", "varchar", "Brand or brand type"),
        maybe("seller_id", "varchar", "Seller or manufacturer"),
        maybe("style_id", "varchar", "Style that size and colour variants share"),
        maybe("description", "varchar", "Longer text"),
        maybe("attributes", "varchar", "Further attributes as JSON"),
        maybe("embedding", "float[]", "Image or text embedding"),
        maybe("list_price", "decimal(18,2)", "List price per unit", at_least=0),
        maybe("unit_cost", "decimal(18,2)", "Cost per unit", at_least=0),
        maybe("retired_on", "date", "Day from which it is no longer sold"),
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
        maybe("region", "varchar", "Region"),
        maybe("time_zone", "varchar", "IANA time zone of its business day"),
    ),
    presence=Presence.OPTIONAL,
    may_be_empty=True,
    without_it="every sale belongs to one channel, 'shop'; launches, promotions, counts and limits of others are left out",
)

RAW_CUSTOMERS = Table(
    "raw_customers",
    "raw",
    "One customer.",
    ("customer_id",),
    (
        key("customer_id", "varchar", "Customer, pseudonymous"),
        maybe("joined_on", "date", "Day of the first contact"),
        maybe("segments", "varchar", "Segments as JSON"),
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
        maybe("customer_id", "varchar", "Customer, pseudonymous"),
        maybe("session_id", "varchar", "Session"),
        maybe("request_id", "varchar", "Request that a ranked list answered"),
        PRODUCT,
        Column("channel", "varchar", "Selling channel"),
        maybe("placement", "varchar", "Where it was shown"),
        maybe("position", "integer", "Rank in the list, from 1", at_least=1),
        Column(
            "event_type", "varchar", "What happened", one_of=("impression", "click", "cart", "favourite", "purchase")
        ),
        maybe("propensity", "double", "Probability with which the policy showed it", at_least=0, at_most=1),
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
        PRODUCT,
        maybe("channel", "varchar", "Channel it runs in; absent with no location means every one"),
        maybe("location_id", "varchar", "Location it runs in; absent means the whole channel"),
        time("starts_on", "date", "First day"),
        time("ends_on", "date", "Last day"),
        Column(
            "placement", "varchar", "Where it is shown: mailer, display or display_and_mailer, or the shop's own word"
        ),
        maybe("display_code", "varchar", "The shop's code of the display"),
        maybe("mailer_code", "varchar", "The shop's code of the place in the mailer"),
        maybe("discount_rate", "double", "Share off the shelf price", at_least=0, at_most=1),
        maybe("announced_on", "date", "Day from which it was known; absent: known once it ran"),
    ),
    presence=Presence.OPTIONAL,
    may_be_empty=True,
    without_it="no promotion enters a forecast and no exposure is read off promotions",
)

RAW_CALENDAR = Table(
    "raw_calendar",
    "raw",
    "One day.",
    ("day",),
    (
        time("day", "date", "Day"),
        maybe("holiday", "varchar", "Public holiday"),
        maybe("event", "varchar", "Shop event; enters no forecast, since nothing says from when it was known"),
        Column("is_closed", "boolean", "Whether the shop is closed, as was known long before"),
    ),
    presence=Presence.OPTIONAL,
    may_be_empty=True,
    without_it="no holiday and no closed day enters a forecast",
)
