"""What a report is made of: the frames and words of one decision week.

Nothing is computed here; `facts` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True)
class ReportInputs:
    """Everything that one decision week's report may say. A frame that is None is said to be missing.

    Args:
        decision_week: Monday on which it is decided.
        source: Name of the source, as a reader should see it.
        launch_plan: As in `contracts.plans`; every scenario, the one in force is picked.
        order_plan: As in `contracts.plans`.
        plan_solve: As in `contracts.plans`.
        exposure_plan: As in `contracts.plans`.
        recommendations: As in `contracts.recommendations`, without placement and propensity.
        exposure_fairness: As in `contracts.recommendations`.
        recommendation_scores: As in `contracts.evaluations`; of this week, or of the newest week that is over.
        plan_in_force: As in `contracts.plans`.
        plan_explanation: As in `contracts.plans`.
        budgets: One row an order week: week, amount (money).
        demand_forecast: As in `contracts.predictions`; the champions' rows of the products to draw.
        champion_decision: As in `contracts.predictions`.
        demand_scores: As in `contracts.evaluations`; of this week, or of the newest week that is over.
        response_scores: As in `contracts.evaluations`; of the same week.
        response_list_scores: As in `contracts.response_backtests`.
        response_exposure: As in `contracts.response_backtests`.
        plan_outcome: As in `contracts.evaluations`; of the same week.
        world_outcome: As in `contracts.evaluations`; of the same week, empty where no world can run.
        launch_effect: As in `contracts.evaluations`; of the same week.
        launch_candidates: As in `contracts.features`; titles and categories of launches.
        products: One row a product: product_id, title, category_1, category_2.
        weekly_sales: As in `contracts.features`; of the products to draw, weeks after the decision included.
        ingest: One row a delivered file: table, file, delivered, rejected, problem.
        rejected: One row a table and reason: table_name, reason, rows.
        notes: One line per absent optional table: what the run could not do.
        assumptions: Term to sentence, beside those that plan_solve names.
        provenance: Where the rows come from, a paragraph each.
        baselines: Models that are the simple rule to beat.
        currency: ISO code of all money.
    """

    decision_week: pd.Timestamp
    source: str
    launch_plan: pd.DataFrame
    order_plan: pd.DataFrame
    plan_solve: pd.DataFrame
    exposure_plan: pd.DataFrame | None = None
    recommendations: pd.DataFrame | None = None
    exposure_fairness: pd.DataFrame | None = None
    recommendation_scores: pd.DataFrame | None = None
    plan_in_force: pd.DataFrame | None = None
    plan_explanation: pd.DataFrame | None = None
    budgets: pd.DataFrame | None = None
    demand_forecast: pd.DataFrame | None = None
    champion_decision: pd.DataFrame | None = None
    demand_scores: pd.DataFrame | None = None
    response_scores: pd.DataFrame | None = None
    response_list_scores: pd.DataFrame | None = None
    response_exposure: pd.DataFrame | None = None
    plan_outcome: pd.DataFrame | None = None
    world_outcome: pd.DataFrame | None = None
    launch_effect: pd.DataFrame | None = None
    launch_candidates: pd.DataFrame | None = None
    products: pd.DataFrame | None = None
    weekly_sales: pd.DataFrame | None = None
    ingest: pd.DataFrame | None = None
    rejected: pd.DataFrame | None = None
    notes: tuple[str, ...] = ()
    assumptions: Mapping[str, str] = field(default_factory=dict)
    provenance: tuple[str, ...] = ()
    baselines: tuple[str, ...] = ("mean_8_weeks", "category_curve", "popularity")
    currency: str = "USD"
