"""The plan of the made-up week: launches, orders, slots, the solve and its reasons."""

import json

import numpy as np
import pandas as pd
from support.frames import MONDAY, make_frame

from contracts.catalog import CATALOG
from contracts.explanations import BASE_MEANING, CORRECTION_MEANING, OTHERS_MEANING
from contracts.plans import BEST_LAUNCH_ORDERED, BEST_LAUNCH_PROFIT, BEST_LAUNCH_SOLD, OTHER_LAUNCHES

CHANNELS = ("stores_large", "stores_small")
HORIZON = pd.date_range(MONDAY, periods=8, freq="7D").astype("datetime64[us]")


def launch_plan(products: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """LAUNCH_PLAN: candidates launch where their expected profit is positive."""
    lines = products[["product_id"]].merge(pd.DataFrame({"channel": CHANNELS}), how="cross")
    count = len(lines)
    demand = np.round(rng.lognormal(1.6, 1.0, count), 2)
    profit = np.round(demand * rng.uniform(0.4, 1.6, count) - 3, 2)
    launched = profit > 0
    units = np.where(launched, np.ceil(demand * 1.2), 0).astype(int)
    weeks = pd.Series(HORIZON[rng.integers(2, 7, count)])
    return make_frame(CATALOG["launch_plan"], count).assign(
        scenario="base",
        product_id=lines["product_id"],
        channel=lines["channel"],
        is_launched=launched,
        launch_week=weeks.where(launched),
        order_units=units,
        expected_profit=np.where(launched, profit, 0.0),
        expected_units=np.where(launched, np.round(demand * 0.92, 2), 0.0),
        expected_demand=np.where(launched, demand, 0.0),
        fill_rate=np.where(launched, 0.92, np.nan),
        reason=np.where(launched, "expected margin pays the launch cost", "expected margin is below the launch cost"),
    )


def order_plan(plan: pd.DataFrame, established: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """ORDER_PLAN: one order a launch, one a week and established line."""
    launched = plan[plan["is_launched"]]
    first = launched.assign(order_week=launched["launch_week"] - pd.Timedelta(weeks=2), is_launch=True)
    grid = (
        established[["product_id"]]
        .merge(pd.DataFrame({"channel": CHANNELS}), how="cross")
        .merge(pd.DataFrame({"order_week": HORIZON[:6]}), how="cross")
    )
    regular = grid.assign(order_units=6 * rng.integers(1, 5, len(grid)), is_launch=False)
    rows = pd.concat([first, regular])[["product_id", "channel", "order_week", "order_units", "is_launch"]].reset_index(
        drop=True
    )
    return make_frame(CATALOG["order_plan"], len(rows)).assign(
        **{name: rows[name] for name in rows},
        scenario="base",
        order_cost=np.round(rows["order_units"] * rng.uniform(1.2, 3.4, len(rows)), 2),
        arrive_week=rows["order_week"] + pd.Timedelta(weeks=2),
    )


def plan_solve(plan: pd.DataFrame, orders: pd.DataFrame, budgets: pd.DataFrame) -> pd.DataFrame:
    """PLAN_SOLVE: one feasible solve."""
    objective = float(plan["expected_profit"].sum()) + 9_412.33
    return make_frame(CATALOG["plan_solve"], 1).assign(
        scenario="base",
        status="feasible",
        objective=objective,
        bound=objective * 1.0042,
        gap=0.0042 / 1.0042,
        aim=None,
        budget_total=float(budgets["amount"].sum()),
        budget_used=float(orders["order_cost"].sum()),
        shadow_prices=json.dumps({"budget": {"2017-10-02": 0.31, "2017-10-09": 0.28}, "launches": {"GROCERY": 4.2}}),
        assumptions=json.dumps(
            {
                "unit cost": "72% of the shelf price",
                "holding": "0.4% of unit cost a week",
                "salvage": "a launched unit left at the end is worth 40% of its cost; an established one its cost",
                "launch cost": "5 times the category's median unit margin, per channel",
                "lead time": "2 weeks",
                "budget": "each week 85% of what ordering the mean forecast would spend",
            }
        ),
    )


def exposure_plan(plan: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """EXPOSURE_PLAN: one slot for each of the best launches."""
    best = plan[plan["is_launched"]].sort_values("expected_profit").tail(24).reset_index(drop=True)
    return make_frame(CATALOG["exposure_plan"], len(best)).assign(
        scenario="base",
        product_id=best["product_id"],
        channel=best["channel"],
        week=best["launch_week"],
        slots=1,
        expected_value=np.round(rng.uniform(0.5, 9, len(best)), 2),
    )


def plan_explanation(plan: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """PLAN_EXPLANATION: three reasons for each of the three best launches, and what each declined one would bring.

    Every candidate says which launches speak for it, every established line that is ordered what moves it.
    """
    best = plan.sort_values("expected_profit").tail(3)[["product_id", "channel"]]
    reasons = pd.DataFrame(
        {
            "kind": ["critical ratio", "interval", "alternative"],
            "value": [0.71, 14.0, 3.2],
            "name": ["units short against units over", "95 % demand, units", "launch one week later"],
            "currency": [None, None, "USD"],
        }
    )
    declined = plan.loc[~plan["is_launched"], ["product_id", "channel"]].assign(kind="alternative", currency=None)
    spoken = pd.DataFrame(
        {
            "kind": "analogue",
            "name": [
                "SOUP 6 OZ (A1) sold 2 units in its first 8 weeks; same type",
                "JUICE 1 LB (A2) sold 31 units in its first 8 weeks; same seller",
                "CANDY 1 LB (A3) sold 0 units in its first 8 weeks; same seller",
                f"57 {OTHER_LAUNCHES}",
            ],
            "value": [0.06, 0.25, 0.04, 0.65],
        }
    )
    moved = pd.DataFrame(
        {
            "kind": "driver",
            "name": [
                "Announced mailers: 1",
                CORRECTION_MEANING,
                BASE_MEANING,
                OTHERS_MEANING,
                "Weeks since the last sale: 6",
            ],
            "value": [1.8, 0.97, 12.34, 1.01, 0.5],
        }
    )
    established = orders.loc[~orders["is_launch"], ["product_id", "channel"]].drop_duplicates()
    loss = -np.round(3.0 + 0.01 * np.arange(len(declined)), 2)
    rows = pd.concat(
        [
            best.merge(reasons, how="cross"),
            plan[["product_id", "channel"]].merge(spoken, how="cross").assign(currency=None),
            established.merge(moved, how="cross").assign(currency=None),
            declined.assign(name=BEST_LAUNCH_PROFIT, value=loss, currency="USD"),
            declined.assign(name=BEST_LAUNCH_ORDERED, value=2.0),
            declined.assign(name=BEST_LAUNCH_SOLD, value=1.4),
        ],
        ignore_index=True,
    )
    return make_frame(CATALOG["plan_explanation"], len(rows)).assign(**{n: rows[n] for n in rows}, scenario="base")
