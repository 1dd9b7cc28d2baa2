"""What a second allocation adds to a shop's own weekly plans: their orders replayed on the world's true demand.

Each decision week that a walked warehouse has a plan of is asked again from the frames that it was planned from, with the pool
moved at once and with units held back until each of a few weeks. Orders are the plan's in all; so is demand, of what was on
sale already, since a launch's demand is not known where it was not made. Gains are paired by product.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.pool_shop import paired, true_demand
from contracts.catalog import CATALOG
from optimization.hold_back import replay
from optimization.in_force import plan_from_frames
from optimization.inputs import PlanInputs, from_frames
from optimization.instance import Evaluation, LaunchInstance, Plan
from orchestration.assets.plan import make_plan
from orchestration.assets.scenarios import plan_scenario
from orchestration.planning import PLAN_TABLES, plan_inputs
from orchestration.settings import Settings
from orchestration.warehouse import Warehouse
from shop.config import ShopConfig

SECONDS = (1, 2, 3, 4)
_PLANNED = ("launch_plan", "order_plan")


def replays(warehouse: Path, weeks: list[date], config: ShopConfig) -> pd.DataFrame:
    """One row per decision week and week of the second allocation, 0 for none: units held back, profit, fill and gain."""
    settings = Settings.from_env({"DEBUT_SOURCE": "simulated"}, weeks[0])
    tables = Warehouse(warehouse, settings.threads, settings.memory_limit, settings.lock_wait_seconds)
    rows: list[dict[str, object]] = []
    for week in weeks:
        inputs = plan_inputs(
            week, settings, {name: tables.read(CATALOG[name], week, make_plan.read_of(name)) for name in PLAN_TABLES}
        )
        planned = [tables.read(CATALOG[name], week, plan_scenario.read_of(name)) for name in _PLANNED]
        rows += _of_week(inputs, (planned[0], planned[1]), config)
    return pd.DataFrame(rows)


def _of_week(
    inputs: PlanInputs, planned: tuple[pd.DataFrame, pd.DataFrame], config: ShopConfig
) -> Iterator[dict[str, object]]:
    first = (pd.Timestamp(inputs.decision_week) - pd.Timestamp(config.first_day)).days // 7
    at_once, plan = _established(inputs, planned, 0)
    lines = pd.MultiIndex.from_arrays([at_once.product_id, at_once.channel])
    came = true_demand(config, lines)[0][:, first : first + at_once.weeks]
    without = _by_product(at_once, replay(at_once, at_once.as_it_came(came), plan))
    for second in (0, *SECONDS):
        asked, _ = _established(inputs, planned, second)
        result = replay(asked, asked.as_it_came(came), plan)
        gain, half = paired(_by_product(asked, result), without)
        yield {
            "week": inputs.decision_week.date(),
            "second": second,
            "in_warehouse": int(at_once.pooled[:, 0].sum()),
            "held_back": int(asked.held_back.sum()),
            "products": len(np.unique(asked.product_id[asked.held_back.any(axis=1)])),
            "profit": result.profit,
            "fill": result.fill_rate,
            "gain": gain,
            "±": half,
        }


def _established(
    inputs: PlanInputs, planned: tuple[pd.DataFrame, pd.DataFrame], second: int
) -> tuple[LaunchInstance, Plan]:
    """The question of what is on sale already, and the plan's answer to it."""
    profile = replace(inputs.profile, second_allocation_weeks=second)
    instance = from_frames(replace(inputs, profile=profile).without_overrides)
    plan, at = plan_from_frames(instance, *planned), np.flatnonzero(~instance.is_launch)
    return instance.of_lines(at), plan.of_lines(at)


def _by_product(instance: LaunchInstance, result: Evaluation) -> pd.DataFrame:
    return pd.DataFrame({"product": instance.product_id, "profit": result.profit_by_line})
