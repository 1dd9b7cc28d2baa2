"""The plan: what is launched, ordered and shown, decided on one decision week."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from contracts import plans
from orchestration.assets.rules import PLAN_RULES
from orchestration.plan_options import AIM_CONFIG, FREEZE_CONFIG, freeze_of, wanted_of_plan
from orchestration.planning import (
    INPUT_READS,
    NEWEST,
    PLAN_TABLES,
    monday,
    plan_inputs,
    plan_settings,
    ruled_by,
    supply_profile,
)
from orchestration.settings import Settings
from orchestration.steps import StepOptions, step
from orchestration.warehouse import Read

if TYPE_CHECKING:
    import pandas as pd

STAGE = "plan"
STOCK_READS = {
    "demand_features": NEWEST,
    "weekly_sales": Read(where="units > 0 and week = {week} - 7"),
    "inventory_state": Read(weeks="last", where="policy = 'debut'"),
    "plan_in_force": Read(weeks="last", is_edge=False),
    "order_plan": Read(weeks="all", is_edge=False),
    "transfer_plan": Read(weeks="all", is_edge=False),
}
# Of the plan that ruled the week before; whichever week made it.
EARLIER = Read(weeks="all", where="decision_week < {week}", is_edge=False)
FROZEN_READS = {
    "plan_in_force": Read(weeks="last", is_edge=False),
    **dict.fromkeys(("plan_solve", "launch_plan", "order_plan", "exposure_plan"), EARLIER),
}
SOLVER = frozenset({"python", "ortools"})


@step([plans.INVENTORY_STATE], StepOptions(STAGE, STOCK_READS))
def inventory_state(
    demand_features: pd.DataFrame,
    weekly_sales: pd.DataFrame,
    inventory_state: pd.DataFrame,
    plan_in_force: pd.DataFrame,
    order_plan: pd.DataFrame,
    transfer_plan: pd.DataFrame,
    raw_inventory: pd.DataFrame,
    raw_locations: pd.DataFrame,
    raw_supply_terms: pd.DataFrame,
    decision_week: date,
    settings: Settings,
) -> pd.DataFrame:
    """Stock at the week's start: counted, else carried from the week before, else assumed."""
    from optimization.stock import StockInputs
    from optimization.stock import inventory_state as stock_at_start

    return stock_at_start(
        StockInputs(
            decision_week=monday(decision_week),
            demand_features=demand_features,
            weekly_sales=weekly_sales,
            previous_state=inventory_state,
            previous_orders=ruled_by(plan_in_force, order_plan),
            previous_transfers=ruled_by(plan_in_force, transfer_plan),
            raw_inventory=raw_inventory,
            raw_locations=raw_locations,
            raw_supply_terms=raw_supply_terms,
            profile=supply_profile(settings),
            shop_time_zone=settings.shop_time_zone,
        )
    )


@step([plans.PLAN_OVERRIDE], StepOptions(STAGE))
def plan_override(decision_week: date, settings: Settings) -> pd.DataFrame:
    """What planners overrule in the week's plan, from their file."""
    from orchestration.overrides import read_overrides

    return read_overrides(settings, decision_week)


@step([plans.PLAN_FROZEN], StepOptions(STAGE, FROZEN_READS, deps=("inventory_state",), config=FREEZE_CONFIG))
def plan_frozen(
    plan_in_force: pd.DataFrame,
    plan_solve: pd.DataFrame,
    launch_plan: pd.DataFrame,
    order_plan: pd.DataFrame,
    exposure_plan: pd.DataFrame,
    decision_week: date,
    settings: Settings,
    config: Mapping[str, Any],
) -> pd.DataFrame:
    """What the plan that ruled the week before set for weeks that are frozen, and what changing it costs."""
    from optimization.frozen import plan_frozen as held

    made = (plan_solve, launch_plan, order_plan, exposure_plan)
    solve, launches, orders, slots = (ruled_by(plan_in_force, frame) for frame in made)
    return held(plan_in_force, (solve, launches, orders, slots), monday(decision_week), freeze_of(settings, config))


@step(
    [
        plans.LAUNCH_PLAN,
        plans.ORDER_PLAN,
        plans.TRANSFER_PLAN,
        plans.EXPOSURE_PLAN,
        plans.PLAN_SOLVE,
        plans.PLAN_EXPLANATION,
        plans.PLAN_DIAGNOSIS,
        plans.PLAN_OVERRIDE_PRICE,
    ],
    StepOptions(STAGE, INPUT_READS, kinds=SOLVER, rules=PLAN_RULES, tables=PLAN_TABLES, config=AIM_CONFIG),
)
def make_plan(
    launch_analogues: pd.DataFrame,
    demand_drivers: pd.DataFrame,
    decision_week: date,
    settings: Settings,
    config: Mapping[str, Any],
    **tables: pd.DataFrame,
) -> tuple[pd.DataFrame, ...]:
    """One optimisation over every planned product and open launch, solved in a process of its own."""
    from optimization.demand_reasons import DemandReasons
    from optimization.plan import make_plan as solve

    told = DemandReasons(launch_analogues, demand_drivers)
    asked = replace(plan_settings(settings), wanted=wanted_of_plan(settings, config))
    made = solve(plan_inputs(decision_week, settings, tables), asked, told)
    return tuple(made[table.name] for table in make_plan.tables)


@step([plans.PLAN_IN_FORCE], StepOptions(STAGE, {"plan_in_force": Read(weeks="last")}))
def plan_in_force(plan_solve: pd.DataFrame, plan_in_force: pd.DataFrame, decision_week: date) -> pd.DataFrame:
    """The plan that rules the week: its own, or the last good one when its own failed."""
    from optimization.in_force import plan_in_force as ruling

    return ruling(plan_solve, plan_in_force, monday(decision_week))
