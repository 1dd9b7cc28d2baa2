"""What is decided: schema plans, one partition a decision week, written in one transaction."""

from contracts.raw_supply import POOL
from contracts.table import CHANNEL, DECISION_WEEK, PRODUCT, Column, Table, key, time

_WEEK = "decision_week"
_SCENARIO = key("scenario", "varchar", "What-if scenario; 'base' is the one that may rule")
_MONEY = "decimal(18,2)"

# A plan looks ahead so many weeks at least, and so many beyond the longest lead time.
LEAST_HORIZON_WEEKS, WEEKS_BEYOND_LEAD = 8, 6

# What launching a declined candidate on its own would bring: names of PLAN_EXPLANATION's rows of kind 'alternative'.
BEST_LAUNCH_PROFIT = "launched in its best week"
BEST_LAUNCH_ORDERED = "launched in its best week, units ordered"
BEST_LAUNCH_SOLD = "launched in its best week, units sold"

# What those past launches are called that are not named, after their number, in rows of kind 'analogue'.
OTHER_LAUNCHES = "other past launches"

# Costs are kept in whole cents: each order's, and the budget's, may be half a cent off.
HALF_CENT = 0.005


def horizon_weeks(longest_lead: int) -> int:
    """Weeks that a plan looks ahead, its decision week included: even the slowest order arrives and sells.

    >>> horizon_weeks(2), horizon_weeks(12)
    (8, 18)
    """
    return max(LEAST_HORIZON_WEEKS, longest_lead + WEEKS_BEYOND_LEAD)


def rounding(orders: int) -> float:
    """Money by which the costs of so many orders may pass their budget through rounding alone.

    >>> rounding(3)
    0.02
    """
    return HALF_CENT * (1 + orders)


INVENTORY_STATE = Table(
    "inventory_state",
    "plans",
    "Stock of one planned product in one channel at a decision week's start.",
    (_WEEK, "policy", "product_id", "channel", "due_week"),
    (
        DECISION_WEEK,
        key("policy", "varchar", "Policy that led there"),
        PRODUCT,
        CHANNEL,
        Column("on_hand", "integer", "Units on hand", at_least=0),
        Column("on_order", "integer", "Units on order, due in due_week", at_least=0),
        time(
            "due_week", "date", "Monday on which the order arrives; NULL for the row of stock on hand", is_nullable=True
        ),
        Column("origin", "varchar", "Where the figure comes from", one_of=("counted", "carried", "assumed")),
    ),
    week=_WEEK,
)

LAUNCH_PLAN = Table(
    "launch_plan",
    "plans",
    "One launch candidate in one channel.",
    (_WEEK, "scenario", "product_id", "channel"),
    (
        DECISION_WEEK,
        _SCENARIO,
        PRODUCT,
        CHANNEL,
        Column("is_launched", "boolean", "Whether it launches there within the horizon"),
        time("launch_week", "date", "Monday of the launch; NULL when it does not launch", is_nullable=True),
        Column(
            "exposure_weeks", "integer", "Weeks from the launch on in which the plan has it shown in a slot", at_least=0
        ),
        Column("order_units", "integer", "Units ordered over the horizon", at_least=0),
        Column("expected_profit", _MONEY, "Expected profit over the horizon, launch cost paid"),
        Column("expected_units", "double", "Expected units sold over the horizon", at_least=0),
        Column(
            "expected_demand",
            "double",
            "Expected units demanded over the horizon, 0 when it does not launch",
            at_least=0,
        ),
        Column("fill_rate", "double", "Expected share of demand that is met", is_nullable=True, at_least=0, at_most=1),
        Column("reason", "varchar", "Why, in words"),
    ),
    week=_WEEK,
    may_be_empty=True,
)

ORDER_PLAN = Table(
    "order_plan",
    "plans",
    "One order of one product for one channel.",
    (_WEEK, "scenario", "product_id", "channel", "order_week"),
    (
        DECISION_WEEK,
        _SCENARIO,
        PRODUCT,
        CHANNEL,
        time("order_week", "date", "Monday on which it is placed"),
        time("arrive_week", "date", "Monday on which it arrives, before that week's sales"),
        Column("order_units", "integer", "Units ordered, whole packs", at_least=1),
        Column("order_cost", _MONEY, "Money it takes from the week's budget", at_least=0),
        Column("is_launch", "boolean", "Whether it stocks a launch"),
    ),
    week=_WEEK,
    may_be_empty=True,
)

TRANSFER_PLAN = Table(
    "transfer_plan",
    "plans",
    "Units of one product moved from the shared warehouse to one channel in one week.",
    (_WEEK, "scenario", "product_id", "from_channel", "to_channel", "week"),
    (
        DECISION_WEEK,
        _SCENARIO,
        PRODUCT,
        key("from_channel", "varchar", f"Where the units are; '{POOL}' is the shared warehouse"),
        key("to_channel", "varchar", "Channel that gets them"),
        time("week", "date", "Monday of the move, before that week's sales"),
        Column("units", "integer", "Units moved", at_least=1),
        Column(
            "held_back_units",
            "integer",
            "Of them, units that the warehouse holds back until then, where they are expected to go; what sold until then "
            "says who gets them",
            at_least=0,
        ),
    ),
    week=_WEEK,
    may_be_empty=True,
)

EXPOSURE_PLAN = Table(
    "exposure_plan",
    "plans",
    "Slots of one product in one channel and week.",
    (_WEEK, "scenario", "product_id", "channel", "week"),
    (
        DECISION_WEEK,
        _SCENARIO,
        PRODUCT,
        CHANNEL,
        time("week", "date", "Monday of the week"),
        Column("slots", "integer", "Slots taken", at_least=1),
        Column(
            "is_planned", "boolean", "Whether the plan decided on it and counts what its lift sells; else it was left"
        ),
        Column("expected_value", _MONEY, "Expected margin of the purchases that the slot leads to"),
    ),
    week=_WEEK,
    may_be_empty=True,
)

PLAN_SOLVE = Table(
    "plan_solve",
    "plans",
    "One solve of one scenario.",
    (_WEEK, "scenario"),
    (
        DECISION_WEEK,
        _SCENARIO,
        Column("horizon_weeks", "integer", "Weeks that the plan looks ahead", at_least=1),
        Column("status", "varchar", "How the solve ended", one_of=("optimal", "feasible", "infeasible", "failed")),
        Column(
            "objective",
            "double",
            "Expected profit of the plan less its price of change, re-priced with no solver",
            is_nullable=True,
        ),
        Column("bound", "double", "No plan of this instance can have a higher expected profit", is_nullable=True),
        Column(
            "gap",
            "double",
            "(bound - objective) / |bound|; where another aim was sought, the same of its value and bound",
            is_nullable=True,
            at_least=0,
        ),
        Column(
            "aim",
            "varchar",
            "What was sought in place of expected profit, weights or an order, as JSON; NULL where nothing was",
            is_nullable=True,
        ),
        Column(
            "aim_floors", "varchar", "Least values that an order left its last objective, as JSON", is_nullable=True
        ),
        Column("aim_value", "double", "What the plan reaches: the weighted sum, or the order's last", is_nullable=True),
        Column("aim_bound", "double", "No plan above the floors reaches more of the aim", is_nullable=True),
        Column("cpu_seconds", "double", "CPU seconds of the solve", at_least=0),
        Column("iterations", "integer", "Pricing rounds", at_least=0),
        Column("seed", "integer", "Seed of the sample paths"),
        Column("expected_fill_rate", "double", "Expected share of demand met", is_nullable=True, at_least=0, at_most=1),
        Column("change_cost", _MONEY, "Price paid for changes in frozen weeks, part of the objective", at_least=0),
        Column(
            "changes", "varchar", "What is changed in frozen weeks; NULL where none was asked for", is_nullable=True
        ),
        Column("budget_total", _MONEY, "Budget over the horizon"),
        Column("budgets", "varchar", "Budget of each order week, money by Monday, as JSON"),
        Column("budget_used", _MONEY, "Money ordered over the horizon"),
        Column("shadow_prices", "varchar", "Price of each binding limit, as JSON"),
        Column("assumptions", "varchar", "Terms that the source lacks and the profile assumed, as JSON"),
        Column(
            "message",
            "varchar",
            "Why there is no plan: limits that cannot hold together, or how the solver died; of a plan, that its solver was "
            "stopped by its time; else NULL",
            is_nullable=True,
        ),
    ),
    week=_WEEK,
)

PLAN_EXPLANATION = Table(
    "plan_explanation",
    "plans",
    "One reason of one plan line.",
    (_WEEK, "scenario", "product_id", "channel", "kind", "name"),
    (
        DECISION_WEEK,
        _SCENARIO,
        PRODUCT,
        CHANNEL,
        key(
            "kind",
            "varchar",
            "What kind of reason",
            one_of=(
                "analogue",
                "driver",
                "interval",
                "substitute",
                "critical ratio",
                "binding limit",
                "sensitivity",
                "alternative",
                "change",
                "style",
                "part of profit",
            ),
        ),
        key("name", "varchar", "What it is about"),
        Column(
            "value", "double", "Its figure: of an analogue its weight, of a driver its factor, of the base the units"
        ),
        Column("currency", "varchar", "ISO code when the figure is money", is_nullable=True),
    ),
    week=_WEEK,
    may_be_empty=True,
)

PLAN_DIAGNOSIS = Table(
    "plan_diagnosis",
    "plans",
    "One limit that cannot hold what is committed, or one launch that the cheapest way out lets go, of one solve.",
    (_WEEK, "scenario", "kind", "name"),
    (
        DECISION_WEEK,
        _SCENARIO,
        key("kind", "varchar", "What the row says", one_of=("shortage", "release")),
        key("name", "varchar", "The limit, or the launch"),
        time("week", "date", "Monday of a budget or storage that is short", is_nullable=True),
        Column("product_id", "varchar", "Product that is let go", is_nullable=True),
        Column("channel", "varchar", "Channel in which it is let go", is_nullable=True),
        Column(
            "amount",
            "double",
            "Money, launches, volume or units sold that the limit lacks; profit that a release gives up",
        ),
        Column(
            "commitments",
            "integer",
            "Mandatory launches and fixed orders that draw on the limit, lines of the channel under storage or a floor; 1 for "
            "a release",
            at_least=1,
        ),
        Column("currency", "varchar", "ISO code when the amount is money", is_nullable=True),
    ),
    week=_WEEK,
    may_be_empty=True,
)

PLAN_OVERRIDE = Table(
    "plan_override",
    "plans",
    "One thing that a planner overrules in one decision week's plan.",
    (_WEEK, "product_id", "channel", "kind", "week"),
    (
        DECISION_WEEK,
        PRODUCT,
        key("channel", "varchar", "Channel; NULL for every channel of the product", is_nullable=True),
        key(
            "kind",
            "varchar",
            "An order of a week, a launch's week, or whether it launches",
            one_of=("order", "launch_week", "launch", "no_launch"),
        ),
        time("week", "date", "Monday of the order or launch; NULL for launch and no_launch", is_nullable=True),
        Column("units", "integer", "Units ordered, of an order", is_nullable=True, at_least=0),
        Column("reason", "varchar", "Why, in the planner's words"),
    ),
    week=_WEEK,
    may_be_empty=True,
)

PLAN_OVERRIDE_PRICE = Table(
    "plan_override_price",
    "plans",
    "What overrides cost of one product in one channel, or of the whole plan (both 'all'), as expected when planned.",
    (_WEEK, "scenario", "product_id", "channel"),
    (
        DECISION_WEEK,
        _SCENARIO,
        key("product_id", "varchar", "Product; 'all' for the whole plan"),
        key("channel", "varchar", "Channel; 'all' for the whole plan"),
        Column("overrides", "integer", "Overrides of it", at_least=1),
        Column("free_profit", "double", "Its expected profit in the plan without overrides"),
        Column("profit", "double", "Its expected profit in the plan with them"),
        Column(
            "price",
            "double",
            "Profit given up: of the whole plan the difference; of a line the same with its use of limits at their prices",
        ),
        Column("reasons", "varchar", "Why, in the planner's words"),
    ),
    week=_WEEK,
    may_be_empty=True,
)

PLAN_FROZEN = Table(
    "plan_frozen",
    "plans",
    "What one decision week's plan is held to: its frozen weeks as a whole, and each order, launch and slot set in them.",
    (_WEEK, "kind", "product_id", "channel", "week"),
    (
        DECISION_WEEK,
        key(
            "kind",
            "varchar",
            "The frozen weeks as a whole, an order, a launch candidate, launched in them or not, or a slot that shows one",
            one_of=("weeks", "order", "launch", "slot"),
        ),
        key("product_id", "varchar", "Product; 'all' for the weeks"),
        key("channel", "varchar", "Channel; 'all' for the weeks"),
        time(
            "week",
            "date",
            "Monday of the order, launch or slot, of the weeks the last one; NULL for a candidate that no frozen week "
            "launches, and where no plan ruled the week before",
            is_nullable=True,
        ),
        Column("units", "integer", "Units ordered, of an order", is_nullable=True, at_least=1),
        time("plan_week", "date", "Decision week of the plan that holds, of the weeks", is_nullable=True),
        time("plan_end", "date", "Monday after the last week that it looked at, of the weeks", is_nullable=True),
        Column("pack_price", "double", "Money for each pack changed, of the weeks", is_nullable=True, at_least=0),
        Column("launch_price", "double", "Money for each launch changed, of the weeks", is_nullable=True, at_least=0),
        Column("slot_price", "double", "Money for each slot changed, of the weeks", is_nullable=True, at_least=0),
    ),
    week=_WEEK,
    may_be_empty=True,
)

PLAN_IN_FORCE = Table(
    "plan_in_force",
    "plans",
    "The plan that rules one decision week.",
    (_WEEK,),
    (
        DECISION_WEEK,
        time("plan_week", "date", "Decision week on which the ruling plan was made"),
        Column("scenario", "varchar", "Scenario that rules"),
        Column("reason", "varchar", "Why it rules"),
        Column("age_weeks", "integer", "Weeks since it was made", at_least=0),
    ),
    week=_WEEK,
)

TABLES = (
    INVENTORY_STATE,
    LAUNCH_PLAN,
    ORDER_PLAN,
    TRANSFER_PLAN,
    EXPOSURE_PLAN,
    PLAN_SOLVE,
    PLAN_EXPLANATION,
    PLAN_DIAGNOSIS,
    PLAN_OVERRIDE,
    PLAN_OVERRIDE_PRICE,
    PLAN_FROZEN,
    PLAN_IN_FORCE,
)
