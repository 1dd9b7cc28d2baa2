"""Why a forecast of demand says what it says: schema predictions, one partition a decision week."""

from contracts.predictions import PHASES
from contracts.table import DECISION_WEEK, PRODUCT, Column, Table, key

_WEEK = "decision_week"
# Past launches told of each launch, and features told of each product: more than anyone reads.
ANALOGUES, DRIVERS = 10, 5
# Rows of DEMAND_DRIVERS that are no feature.
BASE, OTHERS, CORRECTION = "base", "others", "correction"
# Weeks of the sum that drivers are told of.
DRIVER_WEEKS = 4
# What those three are called in words.
BASE_MEANING = f"Units of {DRIVER_WEEKS} weeks at its recent level, all channels"
OTHERS_MEANING = "All else that the model knows"
CORRECTION_MEANING = "What other models in the blend, and errors of past weeks, make of it"

LAUNCH_ANALOGUES = Table(
    "launch_analogues",
    "predictions",
    f"One of the {ANALOGUES} past launches that speak most for an open launch in the reigning launch model.",
    (_WEEK, "product_id", "analogue_id"),
    (
        DECISION_WEEK,
        PRODUCT,
        key("analogue_id", "varchar", "Past launch that speaks for it"),
        Column("rank", "integer", "Place by weight, from 1", at_least=1, at_most=ANALOGUES),
        Column(
            "weight",
            "double",
            "Share of the forecast that it speaks for; over all that speak, told here or not, they sum to 1",
            at_least=0,
            at_most=1,
        ),
        Column("units", "double", "Units that it sold in its season, all channels", at_least=0),
        Column("title", "varchar", "What a customer reads of it"),
        Column(
            "similarity",
            "double",
            "Mean of five: same category_2, category_3, seller, brand (1 or 0), and lower price over higher",
            at_least=0,
            at_most=1,
        ),
        Column("why", "varchar", "What they have in common, in words"),
        Column("speakers", "integer", "Past launches that speak for it in all", at_least=1),
        Column("model", "varchar", "Reigning launch model"),
    ),
    week=_WEEK,
    may_be_empty=True,
)

DEMAND_DRIVERS = Table(
    "demand_drivers",
    "predictions",
    f"One factor of the mean forecast of a planned product that has sold: its {DRIVER_WEEKS}-week sum, all channels.",
    (_WEEK, "product_id", "driver"),
    (
        DECISION_WEEK,
        PRODUCT,
        key(
            "driver",
            "varchar",
            f"Feature; '{BASE}' is what there is before any, '{OTHERS}' the product of those not told, '{CORRECTION}' "
            "what lies between the explained model and the reigning model's forecast",
        ),
        Column("rank", "integer", "0 for the base, then by size, last the others and the correction", at_least=0),
        Column(
            "factor",
            "double",
            "What it multiplies units by, of the base the units; they multiply to the reigning model's mean forecast",
            at_least=0,
        ),
        Column("meaning", "varchar", "The feature in plain words"),
        Column("feature_value", "varchar", "The feature's value", is_nullable=True),
        Column("phase", "varchar", "Phase of the product", one_of=PHASES),
        Column("model", "varchar", "Model explained; of a blend the part that has such factors"),
    ),
    week=_WEEK,
    may_be_empty=True,
)

TABLES = (LAUNCH_ANALOGUES, DEMAND_DRIVERS)
