"""What is shown to whom: schema predictions, one partition a decision week, made after the plan."""

from contracts.table import CHANNEL, DECISION_WEEK, PRODUCT, Column, Table, key

_WEEK = "decision_week"
_CUSTOMER = key("customer_id", "varchar", "Customer, pseudonymous")
_SCORE = Column(
    "score",
    "double",
    "Purchases per opportunity, as response_forecast counts them; of what sells, drawn towards the customer's own weeks",
    at_least=0,
    at_most=1,
)

# What products of one group have in common.
GROUP_KINDS = ("seller", "brand", "age")
# The groups of the kind "age".
NEW, ESTABLISHED = "new", "established"
# What fills lists: the serving policy, and two rules that fill them out of the same candidates.
SERVED, BEST_SELLERS, BOUGHT_AGAIN = "debut", "best_sellers", "bought_again"
# By what each rule sorts its candidates, columns of `RECOMMENDATION_CANDIDATES`, the largest first; ties by product.
SORTED_BY = {
    BEST_SELLERS: ("product_customers_4",),
    BOUGHT_AGAIN: ("product_bought_weeks_12", "product_bought_before", "product_customers_4"),
}
# The group of products whose seller, or brand, nobody told.
UNKNOWN = "unknown"
# Weeks of purchases that exposure is held against.
PURCHASE_WEEKS = 12

RECOMMENDATIONS = Table(
    "recommendations",
    "predictions",
    "One place of one customer's list of launches and of what sells, as the serving policy fills it on a decision week.",
    (_WEEK, "customer_id", "channel", "rank"),
    (
        DECISION_WEEK,
        _CUSTOMER,
        CHANNEL,
        key("rank", "integer", "Place in the list, from 1", at_least=1),
        PRODUCT,
        Column("placement", "varchar", "Where it is shown"),
        Column("is_new", "boolean", "Whether it is not sold yet, or in its first eight weeks"),
        _SCORE,
        Column(
            "propensity",
            "double",
            "Probability with which the policy puts this product in this place for this customer",
            at_least=0,
            at_most=1,
        ),
        Column("is_explored", "boolean", "Whether the list was drawn in random order, to learn from"),
        Column("reason", "varchar", "Why it is shown, in words"),
    ),
    week=_WEEK,
    may_be_empty=True,
)

LAUNCH_AUDIENCE = Table(
    "launch_audience",
    "predictions",
    "One customer who is reached by one launch of the plan in force, as counted in reach_customers.",
    (_WEEK, "product_id", "channel", "customer_id"),
    (
        DECISION_WEEK,
        PRODUCT,
        CHANNEL,
        _CUSTOMER,
        Column("rank", "integer", "Place among the launch's customers by score, from 1", at_least=1),
        _SCORE,
    ),
    week=_WEEK,
    may_be_empty=True,
)

EXPOSURE_FAIRNESS = Table(
    "exposure_fairness",
    "predictions",
    "One seller, brand or age with a product that could be recommended: what it is shown beside what it sells.",
    (_WEEK, "group_kind", "group_name"),
    (
        DECISION_WEEK,
        key("group_kind", "varchar", "What the group's products have in common", one_of=GROUP_KINDS),
        key("group_name", "varchar", f"Seller, brand ('{UNKNOWN}' where none is told), new or established"),
        Column("products", "integer", "Its products that could be recommended; of an age, those that are", at_least=0),
        Column(
            "exposure_share",
            "double",
            "Its share of all places of all lists, each counted 1 / log2(rank + 1)",
            at_least=0,
            at_most=1,
        ),
        Column(
            "purchase_share",
            "double",
            f"Its share of the units that groups of the kind sold, trailing {PURCHASE_WEEKS} weeks; NULL when none sold",
            is_nullable=True,
            at_least=0,
            at_most=1,
        ),
        Column(
            "ratio",
            "double",
            "Share of exposure over share of purchases; NULL where it sold nothing",
            is_nullable=True,
            at_least=0,
        ),
    ),
    week=_WEEK,
    may_be_empty=True,
)

TABLES = (RECOMMENDATIONS, LAUNCH_AUDIENCE, EXPOSURE_FAIRNESS)
