"""Rules across tables, as the steps declare them: what breaks one is not published."""

from __future__ import annotations

import json
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest
from support.plan_shop import SETTINGS, WEEK, plan_inputs

from optimization.inputs import PlanInputs
from optimization.plan import make_plan as planned
from orchestration.assets.plan import make_plan
from orchestration.planning import budgets_of
from orchestration.steps import publish
from orchestration.warehouse import Warehouse

DAY = WEEK.date()


@pytest.fixture(scope="module")
def inputs() -> PlanInputs:
    return plan_inputs()


@pytest.fixture(scope="module")
def made(inputs: PlanInputs) -> dict[str, pd.DataFrame]:
    return planned(inputs, SETTINGS)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "w.duckdb")


def published(warehouse: Warehouse, made: dict[str, pd.DataFrame], inputs: PlanInputs) -> dict[str, bool]:
    """Whether each rule's check passed, by name."""
    frames = {"demand_paths": inputs.demand_paths, **made}
    results = list(publish(warehouse, made, DAY, make_plan.options.rules, frames))
    return {r.check_name: r.passed for r in results if isinstance(r, dg.AssetCheckResult)}


def test_a_sound_plan_passes_every_rule_and_is_written(
    warehouse: Warehouse, made: dict[str, pd.DataFrame], inputs: PlanInputs
) -> None:
    told = published(warehouse, made, inputs)
    assert {"forecast_covers_plan", "plan_keeps_limits", "launches_agree_with_orders", "solve_is_usable"} < set(told)
    assert all(told.values())
    assert warehouse.path.exists()


def test_an_order_beyond_its_weeks_budget_is_not_published(
    warehouse: Warehouse, made: dict[str, pd.DataFrame], inputs: PlanInputs
) -> None:
    # One week's budget moved to another: the total, which the solve's own rule looks at, is kept.
    budgets = json.loads(made["plan_solve"]["budgets"].iloc[0])
    first, second = sorted(budgets)[:2]
    moved = budgets | {first: 0.0, second: budgets[first] + budgets[second]}
    broken = made | {"plan_solve": made["plan_solve"].assign(budgets=json.dumps(moved))}
    with pytest.raises(dg.Failure, match=f"the orders of order_week={first} cost .*nothing was written"):
        published(warehouse, broken, inputs)
    assert not warehouse.path.exists()


def test_a_plan_for_a_product_that_nobody_forecast_is_not_published(
    warehouse: Warehouse, made: dict[str, pd.DataFrame], inputs: PlanInputs
) -> None:
    ordered = made["order_plan"]["product_id"].iloc[0]
    fewer = inputs.demand_paths[inputs.demand_paths["product_id"] != ordered]
    frames = {"demand_paths": fewer, **made}
    with pytest.raises(dg.Failure, match=f"no demand paths .*product_id={ordered}"):
        list(publish(warehouse, made, DAY, make_plan.options.rules, frames))


def test_the_budgets_of_a_solve_are_one_row_a_week(made: dict[str, pd.DataFrame]) -> None:
    budgets = budgets_of(made["plan_solve"])
    assert budgets["week"].is_unique
    assert budgets["week"].min() == WEEK
    assert budgets["amount"].sum() == pytest.approx(made["plan_solve"]["budget_total"].iloc[0])
