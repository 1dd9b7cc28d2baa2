"""What came true: schema evaluations, the only tables that read beyond their decision week."""

from contracts.predictions import TASKS
from contracts.recommendations import BEST_SELLERS, BOUGHT_AGAIN, SERVED
from contracts.table import CHANNEL, DECISION_WEEK, PRODUCT, Column, Table, key, time

_WEEK = "decision_week"
_MODEL = key("model", "varchar", "Model, by its registered name")
_SOURCE = Column("source", "varchar", "Source of the rows, real or simulated")

DEMAND_SCORES = Table(
    "demand_scores",
    "evaluations",
    "One figure of one demand model on one decision week.",
    (_WEEK, "model", "phase", "information", "level", "metric"),
    (
        DECISION_WEEK,
        _SOURCE,
        _MODEL,
        key("phase", "varchar", "Phase scored"),
        key("information", "varchar", "What the forecast was told", one_of=("noplan", "planned")),
        key("level", "varchar", "What was summed before scoring", one_of=("line", "product", "channel", "window")),
        key("metric", "varchar", "Figure"),
        Column("value", "double", "Its value", is_nullable=True),
        Column(
            "noise_floor",
            "double",
            "Value left to a forecaster who knew every true mean, units being Poisson; NULL but for wpl and wape",
            is_nullable=True,
        ),
        Column("weeks_complete", "integer", "Weeks of the horizon that were complete", at_least=0),
    ),
    week=_WEEK,
    may_be_empty=True,
)

RESPONSE_SCORES = Table(
    "response_scores",
    "evaluations",
    "One figure of one response model of one task on one decision week.",
    (_WEEK, "task", "model", "slice", "metric"),
    (
        DECISION_WEEK,
        _SOURCE,
        key("task", "varchar", "What it predicted", one_of=TASKS),
        _MODEL,
        key("slice", "varchar", "Impressions scored", one_of=("all", "warm", "cold")),
        key("metric", "varchar", "Figure"),
        Column("value", "double", "Its value", is_nullable=True),
    ),
    week=_WEEK,
    may_be_empty=True,
)

PLAN_OUTCOME = Table(
    "plan_outcome",
    "evaluations",
    "What one policy's plan of one decision week would have earned, by part.",
    (_WEEK, "policy", "part"),
    (
        DECISION_WEEK,
        _SOURCE,
        key("policy", "varchar", "Policy that planned"),
        key("part", "varchar", "Part of the plan", one_of=("launches", "established", "all")),
        Column("profit", "decimal(18,2)", "Profit over the horizon, what is left valued"),
        Column("revenue", "decimal(18,2)", "Money paid by customers", at_least=0),
        Column("cost", "decimal(18,2)", "All costs, less the value of what is left and of the opening stock's use"),
        Column("units_sold", "integer", "Units sold", at_least=0),
        Column("units_unmet", "integer", "Units demanded and not sold", at_least=0),
        Column("units_left", "integer", "Units left at the end", at_least=0),
        Column("fill_rate", "double", "Units sold over units demanded", is_nullable=True, at_least=0, at_most=1),
        Column(
            "oracle_share",
            "double",
            "Profit over the oracle's profit; NULL when the oracle earns nothing",
            is_nullable=True,
        ),
        Column("launches", "integer", "Product-channels launched", at_least=0),
        Column("ordered", "decimal(18,2)", "Money spent on orders", at_least=0),
        Column(
            "opening_value",
            "decimal(18,2)",
            "Value of the opening stock, equal for all policies and not charged",
            at_least=0,
        ),
        Column("is_complete", "boolean", "Whether every week of the horizon was known"),
        Column("weeks_complete", "integer", "Weeks of the horizon that were known", at_least=0),
    ),
    week=_WEEK,
)

PLAN_OUTCOME_LINE = Table(
    "plan_outcome_line",
    "evaluations",
    "What one policy's plan would have earned on one product and channel.",
    (_WEEK, "policy", "product_id", "channel"),
    (
        DECISION_WEEK,
        _SOURCE,
        key("policy", "varchar", "Policy that planned"),
        PRODUCT,
        CHANNEL,
        Column("is_launch", "boolean", "Whether it is a launch candidate"),
        Column("profit", "decimal(18,2)", "Profit over the horizon, what is left valued"),
        Column("units_demanded", "integer", "Units demanded", at_least=0),
        Column("units_sold", "integer", "Units sold", at_least=0),
        Column("units_left", "integer", "Units left at the end", at_least=0),
        Column("order_units", "integer", "Units ordered", at_least=0),
    ),
    week=_WEEK,
    may_be_empty=True,
)

_MONEY = "decimal(18,2)"

WORLD_OUTCOME = Table(
    "world_outcome",
    "evaluations",
    "What one policy's plan came to when the simulated world ran under it, by part.",
    (_WEEK, "policy", "part"),
    (
        DECISION_WEEK,
        _SOURCE,
        key("policy", "varchar", "Policy that planned; oracle_of_demand knew what customers would want, and pay"),
        key("part", "varchar", "Part of the plan", one_of=("launches", "established", "all")),
        Column("profit", _MONEY, "Revenue and leftover_value, less order, holding, shortage and launch cost"),
        Column(
            "oracle_share",
            "double",
            "Profit over that of oracle_of_demand, no bound, opening_value in both; NULL when that earns nothing",
            is_nullable=True,
        ),
        Column("revenue", _MONEY, "Money that customers paid, at the world's prices", at_least=0),
        Column("leftover_value", _MONEY, "Value of the units left, on shelves and in the warehouse", at_least=0),
        Column("order_cost", _MONEY, "Money spent on orders that arrived in the weeks run", at_least=0),
        Column("holding_cost", _MONEY, "Cost of what was in stock at the weeks' ends", at_least=0),
        Column("shortage_cost", _MONEY, "Penalty on the units refused", at_least=0),
        Column("launch_cost", _MONEY, "Money spent on launches that began in the weeks run", at_least=0),
        Column("units_demanded", "integer", "Units that customers wanted of these products", at_least=0),
        Column("units_sold", "integer", "Units sold, to customers who turned to them from others too", at_least=0),
        Column("units_refused", "integer", "Units wanted that nobody served", at_least=0),
        Column("units_left", "integer", "Units on the channels' shelves at the end", at_least=0),
        Column("units_in_warehouse", "integer", "Units in the warehouse at the end", at_least=0),
        Column(
            "opening_value",
            _MONEY,
            "Value of the stock before the plan, on its way too, equal for all policies and not charged",
            at_least=0,
        ),
        Column("launches", "integer", "Product-channels launched in the weeks run", at_least=0),
        Column(
            "units_taken_from_others",
            "integer",
            "Units that the launches sold and others would have sold without them, of all products; NULL but for launches",
            is_nullable=True,
        ),
        Column(
            "incremental_profit",
            _MONEY,
            "Profit of the whole plan, less that of the same plan without its launches; NULL but for launches",
            is_nullable=True,
        ),
        Column("weeks_run", "integer", "Weeks that the world ran: the horizon, or up to the world's end", at_least=0),
    ),
    week=_WEEK,
    may_be_empty=True,
)

LAUNCH_EFFECT = Table(
    "launch_effect",
    "evaluations",
    "What one launch of one policy's plan did to its category in its channel; nearly so, as launches of other categories "
    "are left out in the same run.",
    (_WEEK, "policy", "product_id", "channel", "method"),
    (
        DECISION_WEEK,
        _SOURCE,
        key("policy", "varchar", "Policy that launched it"),
        PRODUCT,
        CHANNEL,
        key("method", "varchar", "How it is known: world, run with the launch and without it", one_of=("world",)),
        time("launch_week", "date", "Monday from which it was on sale"),
        Column("weeks_run", "integer", "Weeks since then that the world ran", at_least=1),
        Column("units_sold", "integer", "Units that the launch sold", at_least=0),
        Column("effect", "integer", "Units that its category sold more in that channel, its own among them"),
        Column("low", "double", "Lower end of a 90 % interval of the effect, by the weeks", is_nullable=True),
        Column("high", "double", "Upper end of it; NULL where its weeks do not differ", is_nullable=True),
        Column("units_taken_from_others", "integer", "Units sold less the effect"),
        Column("incremental_profit", _MONEY, "Profit that the launch added to its category in that channel"),
    ),
    week=_WEEK,
    may_be_empty=True,
)

OVERRIDE_OUTCOME = Table(
    "override_outcome",
    "evaluations",
    "What overrides were worth of one product in one channel, or of the whole plan (both 'all'), on what really sold.",
    (_WEEK, "product_id", "channel"),
    (
        DECISION_WEEK,
        _SOURCE,
        key("product_id", "varchar", "Product; 'all' for the whole plan"),
        key("channel", "varchar", "Channel; 'all' for the whole plan"),
        Column("overrides", "integer", "Overrides of it", at_least=1),
        Column("free_profit", "decimal(18,2)", "What the plan without overrides would have earned with it"),
        Column("profit", "decimal(18,2)", "What the plan with them earned with it"),
        Column("value", "decimal(18,2)", "The second less the first: what the planner knew better, or worse"),
        Column("is_complete", "boolean", "Whether all weeks of the horizon are over"),
    ),
    week=_WEEK,
    may_be_empty=True,
)

RECOMMENDATION_SCORES = Table(
    "recommendation_scores",
    "evaluations",
    "One figure of one policy's lists beside what their customers bought in the week.",
    (_WEEK, "policy", "metric"),
    (
        DECISION_WEEK,
        _SOURCE,
        key("policy", "varchar", "What filled the lists", one_of=(SERVED, BEST_SELLERS, BOUGHT_AGAIN)),
        key("metric", "varchar", "Figure, a mean over lists of customers who bought anything"),
        Column("value", "double", "Its value"),
        Column(
            "gain",
            "double",
            "What the served lists have more of it, paired by customer; NULL for themselves",
            is_nullable=True,
        ),
        Column("gain_low", "double", "Lower end of the gain's 95 % interval", is_nullable=True),
        Column("gain_high", "double", "Upper end of it", is_nullable=True),
        Column("lists", "integer", "Lists counted", at_least=2),
    ),
    week=_WEEK,
    may_be_empty=True,
)

TABLES = (
    DEMAND_SCORES,
    RESPONSE_SCORES,
    PLAN_OUTCOME,
    PLAN_OUTCOME_LINE,
    WORLD_OUTCOME,
    LAUNCH_EFFECT,
    OVERRIDE_OUTCOME,
    RECOMMENDATION_SCORES,
)
