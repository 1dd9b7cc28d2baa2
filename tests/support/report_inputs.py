"""A made-up week to report on: a grocer with 60 candidates in two channels, three policies and an oracle.

Numbers are shaped like real ones so that a page made of them can be looked at.
"""

import numpy as np
import pandas as pd
from support import report_beliefs as beliefs
from support import report_plan as plans
from support import report_shown as shown
from support.frames import MONDAY, make_frame

from contracts.catalog import CATALOG
from reports.inputs import ReportInputs

KINDS = ("YOGURT", "ICE CREAM", "CEREAL", "CHIPS", "SOUP", "CHEESE", "JUICE", "PIZZA", "CANDY", "COFFEE")
SIZES = ("6 OZ", "12 OZ", "1 LB", "48 OZ", "2 LITER")
DEPARTMENTS = ("GROCERY", "DAIRY", "FROZEN", "DRUG GM")


def made_up_week(candidates: int = 60, seed: int = 7) -> ReportInputs:
    """A whole bundle; every frame keeps its contract."""
    rng = np.random.default_rng(seed)
    products = _products(candidates + 40, rng)
    plan = plans.launch_plan(products.head(candidates), rng)
    orders = plans.order_plan(plan, products.tail(40), rng)
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
            .merge(pd.DataFrame({"channel": plans.CHANNELS}), how="cross")
            .assign(phase="established"),
        ]
    )
    return ReportInputs(
        decision_week=MONDAY,
        source="complete_journey",
        launch_plan=plan,
        order_plan=orders,
        plan_solve=plans.plan_solve(plan, orders, budgets),
        exposure_plan=plans.exposure_plan(plan, rng),
        recommendations=shown.recommendations(plan, rng),
        exposure_fairness=shown.exposure_fairness(),
        recommendation_scores=shown.recommendation_scores(),
        plan_in_force=make_frame(CATALOG["plan_in_force"], 1).assign(
            plan_week=MONDAY, scenario="base", reason="newest plan that kept every check", age_weeks=0
        ),
        plan_explanation=plans.plan_explanation(plan, orders),
        budgets=budgets,
        demand_forecast=beliefs.demand_forecast(lines, rng),
        champion_decision=beliefs.champion_decision(),
        demand_scores=beliefs.demand_scores(),
        response_scores=beliefs.response_scores(),
        response_list_scores=shown.response_list_scores(),
        response_exposure=shown.response_exposure(),
        plan_outcome=beliefs.plan_outcome(),
        world_outcome=make_frame(CATALOG["world_outcome"], 0),
        launch_effect=make_frame(CATALOG["launch_effect"], 0),
        products=products,
        weekly_sales=beliefs.weekly_sales(lines, rng),
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
