"""Recommendations: who is shown what, once the plan has said what launches."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from contracts import recommendations
from orchestration.models import ml_config, reigning
from orchestration.planning import monday
from orchestration.settings import Settings
from orchestration.steps import StepOptions, step
from orchestration.warehouse import Read

if TYPE_CHECKING:
    import pandas as pd

STAGE = "recommendations"
# There are candidates of every open launch, most of which no plan launches.
_LAUNCHED = (
    "(product_id, channel) in (select (product_id, channel) from plans.launch_plan "
    "inner join plans.plan_in_force on launch_plan.decision_week = plan_in_force.plan_week "
    "and launch_plan.scenario = plan_in_force.scenario "
    "where plan_in_force.decision_week = {week} and launch_plan.is_launched)"
)
_READS = {
    "response_candidates": Read(where=_LAUNCHED),
    "recommendation_candidates": Read(),
    **dict.fromkeys(("launch_plan", "order_plan", "transfer_plan"), Read(weeks="ruling")),
    "inventory_state": Read(where="policy = 'debut'"),
    "raw_products": Read(columns=("product_id", "category_3", "brand", "seller_id")),
    "weekly_sales": Read(where="units > 0", columns=("product_id", "channel", "week", "units")),
}


@step(recommendations.TABLES, StepOptions(STAGE, _READS, deps=("plan_in_force",)))
def recommend(
    response_champion: pd.DataFrame,
    response_model_run: pd.DataFrame,
    response_candidates: pd.DataFrame,
    recommendation_candidates: pd.DataFrame,
    response_forecast: pd.DataFrame,
    response_backtest: pd.DataFrame,
    launch_plan: pd.DataFrame,
    order_plan: pd.DataFrame,
    transfer_plan: pd.DataFrame,
    inventory_state: pd.DataFrame,
    raw_products: pd.DataFrame,
    weekly_sales: pd.DataFrame,
    decision_week: date,
    settings: Settings,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Each customer's list of launches and of what sells, each launch's customers, and how the places are spread."""
    from ml.response.fairness import exposure_fairness, new_share
    from ml.response.recommend import Eligible
    from ml.response.recommend import recommend as fill
    from optimization.stocked import planned_launches

    week = monday(decision_week)
    launches = planned_launches(launch_plan, order_plan, transfer_plan, inventory_state, week)
    # A week without anything to show needs no model, and loading one takes seconds.
    tasks = ["conversion"] if len(launches) + len(recommendation_candidates) > 0 else []
    tasks += ["click"] if len(launches) else []
    asked = response_champion[response_champion["task"].isin(tasks)]
    champions = reigning(settings, asked, response_model_run, "task")
    eligible = Eligible(
        response_candidates, launches, recommendation_candidates, raw_products, new_share(weekly_sales, week)
    )
    shown, audience = fill(
        champions, eligible, response_forecast, response_backtest, decision_week, ml_config(settings)
    )
    could_be = {*launches.loc[launches["is_stocked"], "product_id"], *recommendation_candidates["product_id"]}
    return shown, audience, exposure_fairness(shown, could_be, raw_products, weekly_sales, week)
