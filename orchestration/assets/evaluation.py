"""Evaluation: what came true. The only steps that look beyond their decision week."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from contracts import evaluations
from contracts.off_policy import OFF_POLICY
from contracts.predictions import FORECAST_WEEKS
from contracts.recommendations import SORTED_BY
from orchestration.assets.plan import SOLVER
from orchestration.assets.response import RESPONSE_READS
from orchestration.models import load_models, ml_config
from orchestration.planning import INPUT_READS, PLAN_TABLES, monday, plan_inputs, plan_settings
from orchestration.settings import Settings
from orchestration.steps import StepOptions, step
from orchestration.warehouse import Read
from orchestration.worlds import execute_in

if TYPE_CHECKING:
    import pandas as pd

STAGE = "evaluation"
EVERYTHING = Read(knows="everything")
RULING = Read(weeks="ruling")
PLANNED = ("launch_plan", "order_plan", "exposure_plan")
# What policies are judged on, and what they go by: the eight weeks before the decision and the sixteen before those.
LISTS = f"propensity is not null and week >= {{week}} - {7 * 24}"
OF_THE_WEEK = Read(knows="everything", where="week = {week}", columns=("customer_id", "product_id"))
# What simple rules fill lists from, and sort it by.
RULED = ("customer_id", "channel", "product_id", *sorted(set().union(*SORTED_BY.values())))
FORECAST = f"week >= {{week}} and week < {{week}} + {7 * FORECAST_WEEKS}"


@step([evaluations.DEMAND_SCORES], StepOptions(STAGE, {"weekly_sales": EVERYTHING}))
def demand_scores(
    demand_forecast: pd.DataFrame, weekly_sales: pd.DataFrame, decision_week: date, settings: Settings
) -> pd.DataFrame:
    """Every demand model's forecasts beside what then sold."""
    import pandas as pd

    from ml.demand.scores import scores

    complete_until = weekly_sales["week"].max() + pd.Timedelta(weeks=1)
    return scores(demand_forecast, weekly_sales, monday(decision_week), settings.kind_of_source, complete_until)


@step(
    [evaluations.RESPONSE_SCORES], StepOptions(STAGE, {"response_features": Read(knows="everything", where=FORECAST)})
)
def response_scores(
    response_model_run: pd.DataFrame, response_features: pd.DataFrame, decision_week: date, settings: Settings
) -> pd.DataFrame:
    """Every response model on the weeks that followed its training."""
    from ml.response.backtest import score
    from ml.response.scores import scores

    models = load_models(settings, response_model_run, "task")
    return scores(score(models, response_features, decision_week), decision_week, settings.kind_of_source)


@step(
    [evaluations.RECOMMENDATION_SCORES],
    StepOptions(STAGE, {"recommendation_candidates": Read(columns=RULED), "customer_purchases": OF_THE_WEEK}),
)
def recommendation_scores(
    recommendations: pd.DataFrame,
    recommendation_candidates: pd.DataFrame,
    customer_purchases: pd.DataFrame,
    decision_week: date,
    settings: Settings,
) -> pd.DataFrame:
    """Lists of recommendations beside what their customers bought, and beside lists of simple rules."""
    from ml.response.bought import recommendation_scores as scores

    return scores(
        recommendations, recommendation_candidates, customer_purchases, decision_week, settings.kind_of_source
    )


@step([OFF_POLICY], StepOptions(STAGE, {**RESPONSE_READS, "response_features": Read(where=LISTS)}))
def off_policy(
    response_features: pd.DataFrame,
    response_champion: pd.DataFrame,
    customer_purchases: pd.DataFrame,
    raw_products: pd.DataFrame,
    decision_week: date,
    settings: Settings,
) -> pd.DataFrame:
    """What lists at random, by popularity and by the reigning kind of model would have earned, from the logged ones."""
    from ml.response.histories import Histories
    from ml.response.policy_values import policy_values

    champions = dict(zip(response_champion["task"], response_champion["model"], strict=True))
    known = Histories(customer_purchases, raw_products)
    return policy_values(response_features, decision_week, ml_config(settings), champions, known)


@step(
    [
        evaluations.PLAN_OUTCOME,
        evaluations.PLAN_OUTCOME_LINE,
        evaluations.OVERRIDE_OUTCOME,
        evaluations.WORLD_OUTCOME,
        evaluations.LAUNCH_EFFECT,
    ],
    StepOptions(
        STAGE,
        {**INPUT_READS, "weekly_sales": EVERYTHING, **dict.fromkeys(PLANNED, RULING)},
        kinds=SOLVER,
        deps=("plan_in_force",),
        tables=PLAN_TABLES,
    ),
)
def plan_outcome(
    launch_plan: pd.DataFrame,
    order_plan: pd.DataFrame,
    exposure_plan: pd.DataFrame,
    weekly_sales: pd.DataFrame,
    decision_week: date,
    settings: Settings,
    **tables: pd.DataFrame,
) -> tuple[pd.DataFrame, ...]:
    """The plan that rules the week, the rules buyers use and the oracle, played against what really sold, in money.

    Where the source is a world with known truth, each plan is executed in it, too, with its launches and without.
    """
    from optimization.simulate import outcomes

    inputs = plan_inputs(decision_week, settings, tables)
    made = {"launch_plan": launch_plan, "order_plan": order_plan, "exposure_plan": exposure_plan}
    world = execute_in(settings, decision_week)
    played = outcomes(inputs, made, weekly_sales, settings.kind_of_source, plan_settings(settings), world)
    return tuple(played[table.name] for table in plan_outcome.tables)
