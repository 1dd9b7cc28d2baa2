"""A made-up week to report on: a grocer with 60 candidates in two channels, three policies and an oracle.

Numbers are shaped like real ones so that a page made of them can be looked at.
"""

import json

import numpy as np
import pandas as pd
from support.frames import MONDAY, make_frame

from contracts.catalog import CATALOG
from contracts.predictions import QUANTILES
from reports.inputs import ReportInputs

CHANNELS = ("stores_large", "stores_small")
KINDS = ("YOGURT", "ICE CREAM", "CEREAL", "CHIPS", "SOUP", "CHEESE", "JUICE", "PIZZA", "CANDY", "COFFEE")
SIZES = ("6 OZ", "12 OZ", "1 LB", "48 OZ", "2 LITER")
DEPARTMENTS = ("GROCERY", "DAIRY", "FROZEN", "DRUG GM")
HORIZON = pd.date_range(MONDAY, periods=8, freq="7D").astype("datetime64[us]")


def made_up_week(candidates: int = 60, seed: int = 7) -> ReportInputs:
    """A whole bundle; every frame keeps its contract."""
    rng = np.random.default_rng(seed)
    products = _products(candidates + 40, rng)
    plan = _launch_plan(products.head(candidates), rng)
    orders = _order_plan(plan, products.tail(40), rng)
    weekly = orders.groupby("order_week")["order_cost"].sum()
    budgets = pd.DataFrame(
        {
            "week": weekly.index,
            "amount": np.round(weekly.to_numpy() * np.array([1.0, 1.0, 1.02, 1.2, 1.3, 1.5])[: len(weekly)], 2),
        }
    )
    lines = pd.concat(
        [
            plan[["product_id", "channel"]].drop_duplicates().assign(phase="new"),
            products.tail(40)[["product_id"]]
            .merge(pd.DataFrame({"channel": CHANNELS}), how="cross")
            .assign(phase="established"),
        ]
    )
    return ReportInputs(
        decision_week=MONDAY,
        source="complete_journey",
        launch_plan=plan,
        order_plan=orders,
        plan_solve=_solve(plan, orders, budgets),
        exposure_plan=_exposure(plan, rng),
        plan_in_force=make_frame(CATALOG["plan_in_force"], 1).assign(
            plan_week=MONDAY, scenario="base", reason="newest plan that kept every check", age_weeks=0
        ),
        plan_explanation=_explanations(plan),
        budgets=budgets,
        demand_forecast=_forecast(lines, rng),
        champion_decision=_champions(),
        demand_scores=_demand_scores(),
        response_scores=_response_scores(),
        plan_outcome=_outcome(),
        products=products,
        weekly_sales=_sales(lines, rng),
        launch_candidates=make_frame(CATALOG["launch_candidates"], candidates).assign(
            **{
                name: products.head(candidates)[name].to_numpy()
                for name in ("product_id", "title", "category_1", "category_2")
            }
        ),
        ingest=pd.DataFrame(
            {
                "table": ["raw_sales", "raw_products", "raw_promotions"],
                "file": ["transactions.parquet", "products.parquet", "promotions.parquet"],
                "delivered": [1_469_307, 92_331, 20_940_529],
                "rejected": [8_869, 0, 12_785],
                "problem": [None] * 3,
            }
        ),
        rejected=pd.DataFrame(
            {
                "table_name": ["raw_sales", "raw_promotions"],
                "rows": [8_869, 12_785],
                "reason": ["units is 0", "a key that stood before"],
            }
        ),
        notes=(
            "no raw_events: click rates are unknown; opportunities are read off promotions and visits",
            "no raw_inventory: opening stock is assumed and stock-outs cannot be told from low demand",
        ),
        baselines=("mean_8_weeks", "category_curve", "popularity"),
    )


def _products(count: int, rng: np.random.Generator) -> pd.DataFrame:
    kinds, sizes = rng.choice(KINDS, count), rng.choice(SIZES, count)
    return pd.DataFrame(
        {
            "product_id": [f"{13_941_000 + 37 * i}" for i in range(count)],
            "title": [f"{kind} {size}" for kind, size in zip(kinds, sizes, strict=True)],
            "category_1": rng.choice(DEPARTMENTS, count, p=[0.5, 0.2, 0.2, 0.1]),
            "category_2": kinds,
        }
    ).astype("str")


def _launch_plan(products: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
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
        expected_demand=demand,
        fill_rate=np.where(launched, 0.92, np.nan),
        reason=np.where(launched, "expected margin pays the launch cost", "expected margin is below the launch cost"),
    )


def _order_plan(plan: pd.DataFrame, established: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
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


def _solve(plan: pd.DataFrame, orders: pd.DataFrame, budgets: pd.DataFrame) -> pd.DataFrame:
    objective = float(plan["expected_profit"].sum()) + 9_412.33
    return make_frame(CATALOG["plan_solve"], 1).assign(
        scenario="base",
        status="feasible",
        objective=objective,
        bound=objective * 1.0042,
        gap=0.0042 / 1.0042,
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


def _exposure(plan: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    best = plan[plan["is_launched"]].sort_values("expected_profit").tail(24).reset_index(drop=True)
    return make_frame(CATALOG["exposure_plan"], len(best)).assign(
        scenario="base",
        product_id=best["product_id"],
        channel=best["channel"],
        week=best["launch_week"],
        slots=1,
        expected_value=np.round(rng.uniform(0.5, 9, len(best)), 2),
    )


def _explanations(plan: pd.DataFrame) -> pd.DataFrame:
    best = plan.sort_values("expected_profit").tail(3)[["product_id", "channel"]]
    reasons = pd.DataFrame(
        {
            "kind": ["critical ratio", "interval", "alternative"],
            "value": [0.71, 14.0, 3.2],
            "name": ["units short against units over", "95 % demand, units", "launch one week later"],
            "currency": [None, None, "USD"],
        }
    )
    rows = best.merge(reasons, how="cross")
    return make_frame(CATALOG["plan_explanation"], len(rows)).assign(**{n: rows[n] for n in rows}, scenario="base")


def _forecast(lines: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    level = lines.assign(
        level=np.where(lines["phase"] == "new", rng.uniform(0.4, 4, len(lines)), rng.uniform(5, 40, len(lines)))
    )
    spread = pd.DataFrame({"quantile": QUANTILES, "ratio": [0.1, 0.25, 0.6, 1.0, 1.5, 2.1, 2.8]})
    rows = level.merge(spread, how="cross").merge(pd.DataFrame({"target_week": HORIZON}), how="cross")
    return make_frame(CATALOG["demand_forecast"], len(rows)).assign(
        **{n: rows[n] for n in ("product_id", "channel", "phase", "quantile", "target_week")},
        window_weeks=1,
        model="lightgbm",
        units=np.round(rows["level"] * rows["ratio"], 3),
    )


def _sales(lines: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    weeks = pd.DataFrame({"week": pd.date_range(MONDAY - pd.Timedelta(weeks=12), periods=20, freq="7D")})
    rows = lines.merge(weeks, how="cross")
    known = (rows["phase"] == "established") | (rows["week"] >= MONDAY + pd.Timedelta(weeks=3))
    rows = rows[known].reset_index(drop=True)
    mean = np.where(rows["phase"] == "new", 3.0, 18.0)
    return make_frame(CATALOG["weekly_sales"], len(rows)).assign(
        **{n: rows[n] for n in ("product_id", "channel", "week")},
        known_on=rows["week"] + pd.Timedelta(weeks=1),
        units=rng.negative_binomial(2, 2 / (2 + mean)),
    )


def _champions() -> pd.DataFrame:
    return make_frame(CATALOG["champion_decision"], 3).assign(
        decision_week=MONDAY,
        phase=["new", "established", None],
        task=[None, None, "conversion"],
        model=["lightgbm", "lightgbm", "keras"],
        metric=["wpl", "wpl", "auc"],
        value=[0.741, 0.403, 0.921],
        runner_up=["mean_8_weeks", "mean_8_weeks", "logistic"],
        runner_up_value=[0.802, 0.441, 0.914],
        reason=[
            "WPL 0.741 against 0.802 of mean_8_weeks on 8 complete weeks",
            "WPL 0.403 against 0.441 of mean_8_weeks on 8 complete weeks",
            "AUC 0.921 against 0.914 of logistic on 4 complete weeks",
        ],
    )


def _demand_scores() -> pd.DataFrame:
    figures = {
        ("new", "lightgbm"): (0.752, 0.874, -0.06, 0.86),
        ("new", "mean_8_weeks"): (0.811, 0.956, 0.12, 0.81),
        ("established", "lightgbm"): (0.409, 0.571, 0.01, 0.89),
        ("established", "mean_8_weeks"): (0.438, 0.592, 0.02, 0.88),
    }
    rows = [
        (phase, model, metric, value)
        for (phase, model), values in figures.items()
        for metric, value in zip(("wpl", "wape", "bias", "coverage_90"), values, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["phase", "model", "metric", "value"])
    return make_frame(CATALOG["demand_scores"], len(frame)).assign(
        **{n: frame[n] for n in frame}, information="planned", level="product", weeks_complete=8, noise_floor=np.nan
    )


def _response_scores() -> pd.DataFrame:
    figures = {
        "popularity": (0.896, 0.902, 0.61, 1.0),
        "logistic": (0.914, 0.921, 0.633, 1.03),
        "keras": (0.921, 0.926, 0.641, 0.98),
    }
    rows = [
        (model, part, "auc", value)
        for model, values in figures.items()
        for part, value in zip(("all", "warm", "cold"), values, strict=False)
    ]
    rows += [(model, "all", "calibration", values[3]) for model, values in figures.items()]
    frame = pd.DataFrame(rows, columns=["model", "slice", "metric", "value"])
    return make_frame(CATALOG["response_scores"], len(frame)).assign(**{n: frame[n] for n in frame})


def _outcome() -> pd.DataFrame:
    figures = {
        "debut": (1_310.4, 8_120.9),
        "buyers_rule": (912.0, 7_644.2),
        "mean_forecast": (1_021.7, 7_801.3),
        "oracle": (2_644.1, 9_703.8),
    }
    rows = [
        (policy, part, profit)
        for policy, (new, old) in figures.items()
        for part, profit in (("launches", new), ("established", old), ("all", round(new + old, 2)))
    ]
    frame = pd.DataFrame(rows, columns=["policy", "part", "profit"])
    best = frame["part"].map({"launches": 2_644.1, "established": 9_703.8, "all": 12_347.9})
    return make_frame(CATALOG["plan_outcome"], len(frame)).assign(
        **{n: frame[n] for n in frame},
        oracle_share=frame["profit"] / best,
        is_complete=True,
        weeks_complete=8,
        revenue=frame["profit"] * 4.1,
        cost=frame["profit"] * 3.1,
        fill_rate=0.91,
        ordered=frame["profit"] * 2.7,
        units_sold=4_120,
        units_unmet=402,
        units_left=611,
        launches=58,
    )
