"""How styles launch: schema predictions, one partition a decision week."""

from contracts.table import CHANNEL, DECISION_WEEK, PRODUCT, Column, Table

# What the units of a style follow: names of STYLE_SPLIT's `split_by`.
FORECAST, CURVE = "forecast", "size curve"
# Categories that have size curves, each pulled to the one before.
SIZE_LEVELS = ("category_1", "category_2", "category_3")

STYLE_SPLIT = Table(
    "style_split",
    "predictions",
    "One open launch in one channel of a style that has others there: its part of the style, as believed on a decision week.",
    ("decision_week", "product_id", "channel"),
    (
        DECISION_WEEK,
        PRODUCT,
        CHANNEL,
        Column("style_id", "varchar", "Style, whose open launches in a channel launch together or not at all"),
        Column("size", "varchar", "Its size; NULL where none is told", is_nullable=True),
        Column("forecast_share", "double", "Its share of the style's units by its own forecast", at_least=0, at_most=1),
        Column(
            "curve_share",
            "double",
            "Its share of them by its category's size curve; NULL where a size of the style is not told",
            is_nullable=True,
            at_least=0,
            at_most=1,
        ),
        Column("curve_weight", "double", "Weight of the curve beside the forecast in the split", at_least=0, at_most=1),
        Column("share", "double", "Share of the style's units that it is planned with", at_least=0, at_most=1),
        Column("split_by", "varchar", "Which of the two weighs more", one_of=(FORECAST, CURVE)),
    ),
    week="decision_week",
    may_be_empty=True,
)

TABLES = (STYLE_SPLIT,)
