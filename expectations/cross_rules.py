"""Rules of tables against one another: forecasts against plans, plans against limits.

Each is a function of frames that returns a verdict. Rules of one table live in `rules`.
"""

from __future__ import annotations

import pandas as pd

from contracts.plans import HALF_CENT, LAUNCH_PLAN, ORDER_PLAN, PLAN_SOLVE, rounding
from contracts.predictions import DEMAND_FORECAST, MEAN
from contracts.table import Table
from expectations.limits import Limit, check
from expectations.rules import rows_at_fault
from expectations.verdict import WARN, Verdict, keys_of, records

PRODUCT_CHANNEL = ["product_id", "channel"]


def quantiles_do_not_cross(demand_forecast: pd.DataFrame, tolerance: float = 1e-9) -> Verdict:
    """Whether a higher quantile never promises fewer units, for every forecast."""
    keys = [name for name in DEMAND_FORECAST.grain if name != "quantile"]
    levels = demand_forecast.loc[demand_forecast["quantile"] != MEAN].sort_values([*keys, "quantile"])
    steps = levels.groupby(keys, sort=False, dropna=False)["units"].diff()
    crossed = steps < -tolerance
    words = "units below those of the next lower quantile"
    sample = keys_of(levels, crossed, DEMAND_FORECAST, "units")
    limit = rows_at_fault("quantiles_ordered", DEMAND_FORECAST.name, words, int(crossed.sum()), sample)
    return check(DEMAND_FORECAST.name, [limit], len(levels), f"{len(levels):,} quantiles, each against the next lower")


def forecast_covers_plan(launch_plan: pd.DataFrame, order_plan: pd.DataFrame, demand_paths: pd.DataFrame) -> Verdict:
    """Whether everything that is launched, declined or ordered was planned on a forecast of its own."""
    limits = []
    for plan, table in ((launch_plan, LAUNCH_PLAN), (order_plan, ORDER_PLAN)):
        lacking = ~_in(plan, demand_paths)
        words = "no demand paths for their product and channel"
        limits.append(_limit("forecast_covers_plan", table.name, words, plan, lacking, table))
    rows = len(launch_plan) + len(order_plan)
    return check(LAUNCH_PLAN.name, limits, rows, f"{rows:,} rows of the plan against the lines with demand paths")


def plan_keeps_limits(order_plan: pd.DataFrame, budgets: pd.DataFrame) -> Verdict:
    """Whether the orders of each week cost no more than the week's budget, but for the rounding of their costs.

    Args:
        order_plan: The orders of one decision week and scenario.
        budgets: One row a week: week, amount (money).
    """
    weekly = order_plan.astype({"order_cost": float}).groupby("order_week")["order_cost"].agg(["sum", "size"])
    amounts = budgets.set_index("week")["amount"].astype(float)
    limits = []
    for week, cost, orders in weekly.itertuples(name=None):
        day = f"{pd.Timestamp(str(week)):%Y-%m-%d}"
        amount = float(amounts.get(week, 0.0))
        limits.append(
            Limit(
                "week_budget",
                cost,
                at_most=amount + rounding(orders),
                column="order_cost",
                sample=(day,),
                message=(f"order_plan: the orders of order_week={day} cost {cost:,.2f}, its budget is {amount:,.2f}"),
            )
        )
    if not limits:
        limits = [Limit("week_budget", 0.0, "order_plan: nothing is ordered", at_most=0)]
    return check(ORDER_PLAN.name, limits, len(order_plan), f"{len(weekly)} order weeks against their budgets")


def launches_agree_with_orders(launch_plan: pd.DataFrame, order_plan: pd.DataFrame) -> Verdict:
    """Whether launches have a week, others none, and both tables tell of the same units."""
    launched = launch_plan["is_launched"].astype(bool)
    weekless = launched != launch_plan["launch_week"].notna()
    ordered = (
        order_plan.loc[order_plan["is_launch"].astype(bool)]
        .groupby(PRODUCT_CHANNEL, as_index=False)
        .agg(units_in_orders=("order_units", "sum"))
    )
    merged = launch_plan.merge(ordered, on=PRODUCT_CHANNEL, how="left", validate="one_to_one")
    differs = merged["units_in_orders"].fillna(0) != merged["order_units"]
    idle = ~launched & (launch_plan["order_units"] > 0)
    orphans = order_plan["is_launch"].astype(bool) & ~_in(order_plan, launch_plan)
    late = order_plan["arrive_week"] < order_plan["order_week"]
    name = LAUNCH_PLAN.name
    limits = [
        _limit(
            "launch_week_iff_launched",
            name,
            "a launch week without a launch or a launch without a week",
            launch_plan,
            weekless,
            LAUNCH_PLAN,
        ),
        _limit("units_agree", name, "order_units other than those of order_plan", merged, differs, LAUNCH_PLAN),
        _limit("no_launch_no_order", name, "units ordered without a launch", launch_plan, idle, LAUNCH_PLAN),
        _limit(
            "order_has_candidate", ORDER_PLAN.name, "a launch order for no candidate", order_plan, orphans, ORDER_PLAN
        ),
        _limit("arrives_after_order", ORDER_PLAN.name, "arrive_week before order_week", order_plan, late, ORDER_PLAN),
    ]
    return check(name, limits, len(launch_plan), f"{len(launch_plan):,} candidates against {len(order_plan):,} orders")


def solve_is_usable(plan_solve: pd.DataFrame, gap_at_most: float = 0.05) -> Verdict:
    """Whether the solver ended with a plan, within its budget and below its bound.

    No plan only warns, since the last one rules on and the reason must be written down; so does a wide gap.
    """
    limits = []
    for row in records(plan_solve):
        name = f"plan_solve: scenario={row['scenario']}"
        has_plan = row["status"] in {"optimal", "feasible"}
        words = f"{name} ended {row['status']}, with no plan; the last one rules on: {row['message']}"
        limits.append(Limit("has_plan", int(has_plan), words, at_least=1, severity=WARN))
        if not has_plan:
            continue
        used, budget = float(row["budget_used"]), float(row["budget_total"])
        objective, bound, gap = (float(row[figure]) for figure in ("objective", "bound", "gap"))
        slack = HALF_CENT + 1e-6 * abs(bound)
        limits += [
            Limit(
                "budget", used, f"{name} spends {used:,.2f} of a budget of {budget:,.2f}", at_most=budget + HALF_CENT
            ),
            Limit(
                "below_bound",
                objective,
                at_most=bound + slack,
                message=(f"{name} claims {objective:,.2f}, more than its own bound {bound:,.2f}"),
            ),
            Limit(
                "gap",
                gap,
                f"{name} may be {gap:.1%} below the best plan, more than {gap_at_most:.0%}",
                at_most=gap_at_most,
                severity=WARN,
            ),
        ]
    return check(PLAN_SOLVE.name, limits, len(plan_solve), "status, budget, bound and gap")


def _limit(rule: str, name: str, words: str, frame: pd.DataFrame, mask: pd.Series, table: Table) -> Limit:
    return rows_at_fault(rule, name, words, int(mask.sum()), keys_of(frame, mask, table))


def _in(frame: pd.DataFrame, other: pd.DataFrame) -> pd.Series:
    """Mask of rows whose product and channel the other frame knows."""
    known = pd.MultiIndex.from_frame(other[PRODUCT_CHANNEL])
    return pd.Series(pd.MultiIndex.from_frame(frame[PRODUCT_CHANNEL]).isin(known), index=frame.index)
