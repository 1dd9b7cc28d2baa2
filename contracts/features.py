"""What was known, and from when: schema features, built by dbt.

Every table carries `known_on`, the Monday from which its rows may be used. A step of decision
week W is handed only rows with `known_on <= W`.
"""

from contracts.response_columns import RESPONSE_FEATURES_COLUMNS
from contracts.table import CHANNEL, DECISION_WEEK, PRODUCT, Column, Table, feature, key, place, target, time

_KNOWN_ON = time("known_on", "date", "Monday from which the row may be used")
_REAL_CHANNEL = key("channel", "varchar", "Selling channel")

WEEKLY_SALES = Table(
    "weekly_sales",
    "features",
    "One listed product, channel and week, zeros included.",
    ("product_id", "channel", "week"),
    (
        PRODUCT,
        _REAL_CHANNEL,
        time("week", "date", "Monday of the week"),
        _KNOWN_ON,
        target("units", "integer", "Units sold, net of returns, never below 0", at_least=0),
        Column("net_revenue", "decimal(18,2)", "Money paid"),
        Column("gross_revenue", "decimal(18,2)", "Money at shelf price"),
        Column(
            "shelf_price",
            "double",
            "Shelf price per unit that week, the last known when nothing sold",
            is_nullable=True,
            at_least=0,
        ),
        Column("customers", "integer", "Distinct customers who bought", at_least=0),
        Column("is_mailer", "boolean", "Whether it was in the mailer in at least 3 locations that week"),
        Column("is_display", "boolean", "Whether it was on display in at least 3 locations that week"),
        Column("mailer_locations", "integer", "Locations with it in the mailer, 0 where too few", at_least=0),
        Column("display_locations", "integer", "Locations with it on display, 0 where too few", at_least=0),
        Column("was_in_stock", "boolean", "Whether counts say it was in stock; NULL without counts", is_nullable=True),
        Column(
            "lost_units",
            "double",
            "Units more that would have sold had it been in stock, an estimate; NULL where it was not and too few weeks "
            "before it were",
            is_nullable=True,
            at_least=0,
        ),
    ),
    known_on="known_on",
)

DEMAND_FEATURES = Table(
    "demand_features",
    "features",
    "One listed product, channel (or 'all') and week, with what was known at that week's end; units are those wanted, "
    "what stock-outs cost included.",
    ("product_id", "channel", "week"),
    (
        PRODUCT,
        CHANNEL,
        time("week", "date", "Monday of the last week the row knows"),
        _KNOWN_ON,
        Column("is_planned", "boolean", "Whether the product is among the planned ones at that week's end"),
        Column("units_26", "integer", "Units of the trailing 26 weeks in this channel", at_least=0),
        Column("category_2_key", "bigint", "Number of its category_2 in this build"),
        Column("category_3_key", "bigint", "Number of its category_3 in this build"),
        Column("line_key", "bigint", "Number of its line, a seller's products of one category_3, in this build"),
        feature("category_1", "varchar", "Top of the category tree"),
        feature("category_2", "varchar", "Second level of the category tree"),
        feature("brand", "varchar", "Brand or brand type"),
        feature("units_1", "double", "Units of the week itself", at_least=0),
        feature("units_2", "double", "Units one week before", at_least=0),
        feature("units_3", "double", "Units two weeks before", at_least=0),
        feature("units_4", "double", "Units three weeks before", at_least=0),
        feature("units_mean_4", "double", "Mean weekly units, trailing 4 weeks", at_least=0),
        feature("units_mean_8", "double", "Mean weekly units, trailing 8 weeks", at_least=0),
        feature("units_mean_13", "double", "Mean weekly units, trailing 13 weeks", at_least=0),
        feature("units_mean_26", "double", "Mean weekly units, trailing 26 weeks", at_least=0),
        feature("units_std_13", "double", "Standard deviation of weekly units, trailing 13 weeks", at_least=0),
        feature("units_max_13", "double", "Largest weekly units, trailing 13 weeks", at_least=0),
        feature("sold_share_13", "double", "Share of the trailing 13 weeks with a sale", at_least=0, at_most=1),
        feature("weeks_since_sale", "double", "Weeks since the last sale, 0 for this week", at_least=0),
        feature("age_weeks", "double", "Weeks since the first sale anywhere", at_least=0),
        feature("customers_mean_13", "double", "Mean weekly customers, trailing 13 weeks", at_least=0),
        feature("mailer_1", "double", "1 when in the mailer that week", at_least=0, at_most=1),
        feature("display_1", "double", "1 when on display that week", at_least=0, at_most=1),
        feature("mailer_share_13", "double", "Share of trailing 13 weeks in the mailer", at_least=0, at_most=1),
        feature("display_share_13", "double", "Share of trailing 13 weeks on display", at_least=0, at_most=1),
        feature("mailer_units_mean_13", "double", "Mean units of mailer weeks, trailing 13", at_least=0),
        feature("quiet_units_mean_13", "double", "Mean units of weeks without mailer, trailing 13", at_least=0),
        feature("shelf_price", "double", "Last known shelf price per unit", at_least=0),
        feature("price_ratio_13", "double", "Shelf price over its trailing 13-week mean", at_least=0),
        feature("discount_1", "double", "Share off the shelf price that week"),
        feature("discount_13", "double", "Share off the shelf price, trailing 13 weeks"),
        feature("category_units_mean_4", "double", "Mean weekly units of the category_2, trailing 4", at_least=0),
        feature("category_units_mean_13", "double", "Mean weekly units of the category_2, trailing 13", at_least=0),
        feature(
            "channel_share_13",
            "double",
            "The channel's share of the product's units, trailing 13",
            at_least=0,
            at_most=1,
        ),
    ),
    known_on="known_on",
)

PLANNED_COVARIATES = Table(
    "planned_covariates",
    "features",
    "One product, channel (or 'all') and target week of which something was announced, as known from a Monday on.",
    ("product_id", "channel", "target_week", "known_on"),
    (
        PRODUCT,
        CHANNEL,
        time("target_week", "date", "Monday of the week it holds in"),
        _KNOWN_ON,
        feature("planned_mailer", "double", "1 when a mailer was announced for the week", at_least=0, at_most=1),
        Column("mailer_code", "varchar", "Its place in the mailer; '' where none is told", is_nullable=True),
        feature("planned_price", "double", "Announced shelf price per unit", at_least=0),
    ),
    known_on="known_on",
    may_be_empty=True,
)

PLANNED_GROUP_MAILERS = Table(
    "planned_group_mailers",
    "features",
    "One group of products, channel (or 'all') and target week with announced mailers, as known from a Monday on.",
    ("level", "group_key", "channel", "target_week", "known_on"),
    (
        key("level", "varchar", "What the group is: category_2, category_3, line, or shop"),
        key("group_key", "bigint", "Its number in this build"),
        CHANNEL,
        time("target_week", "date", "Monday of the week they hold in"),
        _KNOWN_ON,
        Column("mailers", "integer", "Products of the group with a mailer announced for the week", at_least=0),
    ),
    known_on="known_on",
    may_be_empty=True,
)

CALENDAR_WEEKS = Table(
    "calendar_weeks",
    "features",
    "One week of the shop's calendar, the same for all products and channels.",
    ("week",),
    (
        time("week", "date", "Monday of the week"),
        _KNOWN_ON,
        feature("holiday_days", "double", "Public holidays of the week", is_nullable=False, at_least=0, at_most=7),
        feature("closed_days", "double", "Days on which the shop is closed", is_nullable=False, at_least=0, at_most=7),
    ),
    known_on="known_on",
    may_be_empty=True,
)

_LAUNCH_COLUMNS = (
    _KNOWN_ON,
    time("planned_week", "date", "Monday of the planned launch week"),
    time("earliest_week", "date", "First Monday it may launch"),
    time("latest_week", "date", "Last Monday it may launch"),
    Column("is_mandatory", "boolean", "Whether it must launch"),
    Column("title", "varchar", "What a customer reads"),
    feature("category_1", "varchar", "Top of the category tree"),
    feature("category_2", "varchar", "Second level of the category tree"),
    feature("category_3", "varchar", "Third level of the category tree"),
    feature("brand", "varchar", "Brand or brand type"),
    Column("seller_id", "varchar", "Seller or manufacturer", is_nullable=True),
    feature("is_announced", "double", "1 when it was announced, 0 when it merely began to sell", at_least=0, at_most=1),
    feature("weeks_to_launch", "double", "Weeks from the decision to the planned launch", at_least=0),
    feature("planned_price", "double", "Planned shelf price per unit", at_least=0),
    feature("price_position", "double", "Planned price over the category_2's median shelf price", at_least=0),
    feature("mailer_weeks", "double", "Announced mailer weeks among the first 8", at_least=0, at_most=8),
    feature("mailer_at_launch", "double", "1 when a mailer was announced for the first week", at_least=0, at_most=1),
    feature(
        "category_2_velocity",
        "double",
        "Weekly units per listed product of the category_2, trailing 13",
        at_least=0,
    ),
    feature(
        "category_3_velocity",
        "double",
        "Weekly units per listed product of the category_3, trailing 13",
        at_least=0,
    ),
    feature("seller_velocity", "double", "Weekly units per listed product of the seller, trailing 13", at_least=0),
    feature("seller_products", "double", "Listed products of the seller", at_least=0),
    feature("category_3_products", "double", "Listed products of the category_3", at_least=0),
    feature(
        "launch_units_category_1",
        "double",
        "Mean first-8-week units of completed launches in the category_1",
        at_least=0,
    ),
    feature(
        "launch_units_category_2",
        "double",
        "Mean first-8-week units of completed launches in the category_2",
        at_least=0,
    ),
    feature("launch_units_seller", "double", "Mean first-8-week units of completed launches of the seller", at_least=0),
    feature("launches_category_2", "double", "Completed launches in the category_2", at_least=0),
    feature("line_launches", "double", "Other launches of the category_3 and seller in the same week", at_least=0),
    feature("line_recent", "double", "Listed products of the category_3 and seller under 4 weeks old", at_least=0),
    # Weekly units of a listed product: since its launch, at most 13 weeks.
    *(
        column
        for scope, shared in (
            ("type", "category_3"),
            ("line", "category_3 and seller"),
            ("twin", "category_3, seller and attributes"),
        )
        for column in (
            feature(f"{scope}_products", "double", f"Listed products of the same {shared}", at_least=0),
            feature(f"{scope}_mean", "double", f"Mean weekly units of products of the same {shared}", at_least=0),
            feature(f"{scope}_max", "double", f"Most weekly units of a product of the same {shared}", at_least=0),
            feature(
                f"{scope}_near_price",
                "double",
                f"Mean weekly units of products of the same {shared}, the nearer in price the more",
                at_least=0,
            ),
        )
    ),
    feature(
        "type_alike",
        "double",
        "Mean weekly units of products of the same category_3, the nearer in embedding the more; NULL without embeddings",
        at_least=0,
    ),
    feature("later_products", "double", "Listed products of a larger id; NULL where ids are no numbers", at_least=0),
    feature("later_share", "double", "Share of listed products of a larger id", at_least=0, at_most=1),
    feature("neighbour_velocity", "double", "Weekly units of the listed products of nearest ids", at_least=0),
    feature("neighbour_recent", "double", "Share of them that began under 8 weeks ago", at_least=0, at_most=1),
    feature("mailed_weeks_before", "double", "Mailer weeks of the 8 before the decision", at_least=0, at_most=8),
    feature("display_weeks_before", "double", "Display weeks of the 8 before the decision", at_least=0, at_most=8),
    feature("promoted_weeks_before", "double", "Weeks before the decision in which it was promoted", at_least=0),
    feature("weeks_since_promotion", "double", "Weeks since its first promotion; NULL when there was none", at_least=0),
)

LAUNCH_CANDIDATES = Table(
    "launch_candidates",
    "features",
    "One open launch of one decision week in one channel.",
    ("decision_week", "product_id", "channel"),
    (DECISION_WEEK, PRODUCT, _REAL_CHANNEL, *_LAUNCH_COLUMNS),
    known_on="known_on",
    may_be_empty=True,
)

FIRST_SALES = Table(
    "first_sales",
    "features",
    "One product that began to sell unannounced, in one channel, as the Monday of its first week would have seen it.",
    ("product_id", "channel"),
    (DECISION_WEEK, PRODUCT, _REAL_CHANNEL, *_LAUNCH_COLUMNS),
    known_on="known_on",
    may_be_empty=True,
)

RESPONSE_FEATURES = Table(
    "response_features",
    "features",
    "One impression, or one sampled opportunity, with what was known before its week.",
    ("impression_id",),
    (
        key("impression_id", "varchar", "Impression, or customer-location-week-product of an opportunity"),
        key("customer_id", "varchar", "Customer, pseudonymous"),
        PRODUCT,
        _REAL_CHANNEL,
        Column("location_id", "varchar", "Location", is_nullable=True),
        Column("placement", "varchar", "Where it was shown"),
        Column("request_id", "varchar", "Request that its list answered; NULL where none was logged", is_nullable=True),
        time("week", "date", "Monday of the week"),
        _KNOWN_ON,
        Column("is_proxy", "boolean", "Whether it is an opportunity to see rather than a logged view"),
        Column("is_cold", "boolean", "Whether the product had no sale before the week"),
        Column("sampling_weight", "double", "Rows of the population that this one stands for", at_least=1),
        place("position", "double", "Rank in the list that was shown, from 1; NULL for proxies", at_least=1),
        Column(
            "propensity",
            "double",
            "Probability with which the shop's policy showed it there; NULL where it was not logged",
            is_nullable=True,
            at_least=0,
            at_most=1,
        ),
        target(
            "is_clicked",
            "integer",
            "1 when the customer clicked this impression; NULL where clicks are not logged",
            is_nullable=True,
            at_least=0,
            at_most=1,
        ),
        target(
            "is_purchased",
            "integer",
            "1 when the customer bought it: on those visits, or from this impression",
            at_least=0,
            at_most=1,
        ),
        *RESPONSE_FEATURES_COLUMNS,
    ),
    known_on="known_on",
    may_be_empty=True,
)

_CANDIDATE_COLUMNS = (
    DECISION_WEEK,
    key("customer_id", "varchar", "Customer, pseudonymous"),
    PRODUCT,
    _REAL_CHANNEL,
    Column("placement", "varchar", "Where it would be shown"),
    _KNOWN_ON,
    *RESPONSE_FEATURES_COLUMNS,
)

RESPONSE_CANDIDATES = Table(
    "response_candidates",
    "features",
    "One customer and one open launch to score on a decision week.",
    ("decision_week", "customer_id", "product_id", "channel"),
    _CANDIDATE_COLUMNS,
    known_on="known_on",
    week="decision_week",
    may_be_empty=True,
)

RECOMMENDATION_CANDIDATES = Table(
    "recommendation_candidates",
    "features",
    "One customer and one product that sells, of those that the customer may want, to rank beside the launches.",
    ("decision_week", "customer_id", "product_id", "channel"),
    _CANDIDATE_COLUMNS,
    known_on="known_on",
    week="decision_week",
    may_be_empty=True,
)

RESPONSE_LISTS = Table(
    "response_lists",
    "features",
    "One product of the whole list that one visit chose from, of a sample of visits in the four weeks before a decision.",
    ("decision_week", "list_id", "product_id"),
    (
        DECISION_WEEK,
        key("list_id", "varchar", "Customer, location and week of the visit"),
        key("customer_id", "varchar", "Customer, pseudonymous"),
        PRODUCT,
        _REAL_CHANNEL,
        time("week", "date", "Monday of the visit's week"),
        _KNOWN_ON,
        Column("is_cold", "boolean", "Whether the product had no sale before the week"),
        target("is_purchased", "integer", "1 when the customer bought it on those visits", at_least=0, at_most=1),
        *RESPONSE_FEATURES_COLUMNS,
    ),
    known_on="known_on",
    week="decision_week",
    may_be_empty=True,
)

CUSTOMER_PURCHASES = Table(
    "customer_purchases",
    "features",
    "One product that one customer bought in one week, in any channel.",
    ("customer_id", "product_id", "week"),
    (
        key("customer_id", "varchar", "Customer, pseudonymous"),
        PRODUCT,
        time("week", "date", "Monday of the week"),
        _KNOWN_ON,
        Column("baskets", "integer", "Baskets that held it", at_least=1),
        Column("units", "integer", "Units bought, returns left out", at_least=1),
    ),
    known_on="known_on",
    may_be_empty=True,
)

TABLES = (
    WEEKLY_SALES,
    DEMAND_FEATURES,
    PLANNED_COVARIATES,
    PLANNED_GROUP_MAILERS,
    CALENDAR_WEEKS,
    LAUNCH_CANDIDATES,
    FIRST_SALES,
    RESPONSE_FEATURES,
    RESPONSE_CANDIDATES,
    RECOMMENDATION_CANDIDATES,
    RESPONSE_LISTS,
    CUSTOMER_PURCHASES,
)
