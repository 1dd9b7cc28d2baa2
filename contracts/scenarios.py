"""What would be decided if a limit, a price or a commitment were other: schema scenarios, filled on request only."""

from contracts.table import CHANNEL, DECISION_WEEK, PRODUCT, Column, Table, key, time

_WEEK = "decision_week"
_MONEY = "decimal(18,2)"
_SCENARIO = key("scenario", "varchar", "What-if scenario, by the name that it was given")

# Parts of a plan's expected profit, incomes less costs.
INCOMES = ("revenue", "leftover_value")
COSTS = ("order_cost", "holding_cost", "shortage_cost", "taken_from_others", "launch_cost", "change_cost")
_MEANING = {
    "revenue": "Sales",
    "leftover_value": "Worth of units left at the horizon's end",
    "order_cost": "Units ordered, at cost",
    "holding_cost": "Stock held over the weeks",
    "shortage_cost": "Penalty of units unmet",
    "taken_from_others": "Profit that launches take from other products",
    "launch_cost": "Launches, at their fixed cost",
    "change_cost": "Changes in frozen weeks, at their price",
}

PLAN_SCENARIO = Table(
    "plan_scenario",
    "scenarios",
    "One what-if scenario of one decision week, beside the plan that was made.",
    (_WEEK, "scenario"),
    (
        DECISION_WEEK,
        _SCENARIO,
        Column("changes", "varchar", "What differs from the plan's question, as JSON"),
        Column("status", "varchar", "How the solve ended", one_of=("optimal", "feasible", "infeasible", "failed")),
        Column("base_profit", _MONEY, "Expected profit of the plan that was made"),
        Column("profit", _MONEY, "Expected profit of the scenario's plan", is_nullable=True),
        Column("difference", _MONEY, "The second less the first", is_nullable=True),
        Column("base_worst_tenth", _MONEY, "Mean profit of the plan that was made over its worst tenth of paths"),
        Column("worst_tenth", _MONEY, "The same of the scenario's plan", is_nullable=True),
        Column(
            "objective",
            "double",
            "What the scenario maximises: expected profit, a weighted sum, or the last objective of an order",
            is_nullable=True,
        ),
        Column("bound", "double", "No plan of the scenario that keeps an order's floors exceeds it", is_nullable=True),
        Column("gap", "double", "(bound - objective) / |bound|", is_nullable=True, at_least=0),
        *(
            Column(name, _MONEY, f"{_MEANING[name]}: the scenario's less the plan's", is_nullable=True)
            for name in (*INCOMES, *COSTS)
        ),
        Column("base_launches", "integer", "Product-channels that the plan launches", at_least=0),
        Column("launches", "integer", "Product-channels that the scenario launches", is_nullable=True, at_least=0),
        Column("fill_rate", "double", "Expected share of demand met", is_nullable=True, at_least=0, at_most=1),
        Column("cpu_seconds", "double", "CPU seconds of the solve", at_least=0),
        Column("message", "varchar", "Why there is no plan; NULL when there is one", is_nullable=True),
    ),
    week=_WEEK,
    may_be_empty=True,
)

PLAN_SCENARIO_LINE = Table(
    "plan_scenario_line",
    "scenarios",
    "One product in one channel of which a what-if scenario decides or earns otherwise than the plan that was made.",
    (_WEEK, "scenario", "product_id", "channel"),
    (
        DECISION_WEEK,
        _SCENARIO,
        PRODUCT,
        CHANNEL,
        Column("is_launch", "boolean", "Whether it is a launch candidate"),
        time("base_launch_week", "date", "Monday of its launch in the plan; NULL when none", is_nullable=True),
        time("launch_week", "date", "Monday of its launch in the scenario; NULL when none", is_nullable=True),
        Column("base_order_units", "integer", "Units that the plan orders over the horizon", at_least=0),
        Column("order_units", "integer", "Units that the scenario orders over the horizon", at_least=0),
        Column("base_exposure_weeks", "integer", "Weeks in which the plan shows it in a slot", at_least=0),
        Column("exposure_weeks", "integer", "Weeks in which the scenario shows it in a slot", at_least=0),
        Column("base_profit", "double", "Its expected profit in the plan"),
        Column("profit", "double", "Its expected profit in the scenario"),
        Column("difference", "double", "The second less the first; over all rows, the scenario's difference"),
    ),
    week=_WEEK,
    may_be_empty=True,
)

# Objectives that a plan can be made for, and the column that says what it reaches of each.
OBJECTIVE_COLUMNS = {
    "profit": "profit",
    "cvar": "worst_tenth",
    "fill_rate": "fill_rate",
    "freshness": "freshness",
    "fairness": "fairness",
}
_FLOOR = "ε under it that the point was sought for; NULL where it is the first objective or none"

PLAN_FRONTIER = Table(
    "plan_frontier",
    "scenarios",
    "One plan of a Pareto front: of all plans found none reaches more of one of its objectives without less of another.",
    (_WEEK, "frontier", "point"),
    (
        DECISION_WEEK,
        key("frontier", "varchar", "Name that the front was given"),
        key("point", "integer", "Number of the point; 1 has most of the first objective"),
        Column("objectives", "varchar", "Objectives that it is drawn over; the first is maximised under floors"),
        Column("changes", "varchar", "What differs from the plan's question, as JSON"),
        Column("profit", _MONEY, "Expected profit"),
        Column("worst_tenth", _MONEY, "Mean profit over the worst tenth of paths, objective cvar"),
        Column("fill_rate", "double", "Expected share of demand met", at_least=0, at_most=1),
        Column(
            "freshness", "double", "Share of candidates' first weeks in which a slot shows them", at_least=0, at_most=1
        ),
        Column("fairness", "double", "Share of the slots even between sellers that these get", at_least=0, at_most=1),
        Column("least_profit", "double", f"Profit: {_FLOOR}", is_nullable=True),
        Column("least_worst_tenth", "double", f"Worst tenth: {_FLOOR}", is_nullable=True),
        Column("least_fill_rate", "double", f"Fill rate: {_FLOOR}", is_nullable=True),
        Column("least_freshness", "double", f"Freshness: {_FLOOR}", is_nullable=True),
        Column("least_fairness", "double", f"Fairness: {_FLOOR}", is_nullable=True),
        Column("bound", "double", "No plan that keeps these floors reaches more of the first objective"),
        Column("gap", "double", "(bound - what the point reaches of it) / |bound|", at_least=0),
        Column(
            "knee_distance",
            "double",
            "Distance beyond the plane through the front's ends, every objective scaled from 0 to 1",
        ),
        Column("is_knee", "boolean", "Whether it lies farthest beyond it; no point does where the front is hollow"),
        Column("launches", "integer", "Product-channels that it launches", at_least=0),
        Column("order_cost", _MONEY, "Money that it orders for", at_least=0),
        Column("cpu_seconds", "double", "CPU seconds of the solves of the whole front", at_least=0),
    ),
    week=_WEEK,
    may_be_empty=True,
)

TABLES = (PLAN_SCENARIO, PLAN_SCENARIO_LINE, PLAN_FRONTIER)
