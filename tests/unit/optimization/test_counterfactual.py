"""A plan executed in a world: the money of what the world gave back."""

from __future__ import annotations

import numpy as np
import pytest
from support.plan_shop import plan_inputs

from optimization.baseline import POLICIES
from optimization.counterfactual import Executed, profit_by_line, world_outcome
from optimization.inputs import from_frames
from optimization.instance import LaunchInstance, Plan, arriving_units, demand_by_week, evaluate


def by_the_book(instance: LaunchInstance, plan: Plan) -> Executed:
    """A world in which the first sample path comes true and nobody turns to another product."""
    demand = demand_by_week(instance, plan.launch_week)[:, 0, :]
    arriving = arriving_units(instance, plan.packs)
    stock, sold, left = instance.opening.astype(np.int64), [], []
    for week in range(instance.weeks):
        stock = stock + arriving[:, week]
        sold.append(np.minimum(stock, demand[:, week]))
        stock = stock - sold[-1]
        left.append(stock)
    units = np.stack(sold, axis=1)
    return Executed(demand, units, demand - units, np.stack(left, axis=1))


@pytest.fixture(scope="module")
def instance() -> LaunchInstance:
    whole = from_frames(plan_inputs())
    return whole.with_demand(whole.demand[:, :1, :])


@pytest.mark.parametrize("name", POLICIES)
def test_a_world_that_repeats_a_path_pays_what_the_evaluation_says(instance: LaunchInstance, name: str) -> None:
    plan = POLICIES[name](instance)
    expected = evaluate(instance, plan)
    assert profit_by_line(instance, plan, by_the_book(instance, plan)) == pytest.approx(expected.profit_by_line)


def test_launches_and_established_add_up_to_everything(instance: LaunchInstance) -> None:
    plans = {name: policy(instance) for name, policy in POLICIES.items()}
    rows = world_outcome(instance, plans, by_the_book, "simulated").set_index(["policy", "part"])
    for name in POLICIES:
        parts = rows.loc[[(name, "launches"), (name, "established")]]
        for column in ("profit", "units_demanded", "units_sold", "units_refused", "units_left", "launches"):
            assert float(parts[column].sum()) == pytest.approx(float(rows.loc[(name, "all"), column]), abs=0.02)


def test_without_a_world_nothing_is_claimed(instance: LaunchInstance) -> None:
    assert world_outcome(instance, {"debut": POLICIES["buyers_rule"](instance)}, None, "real").empty
    assert world_outcome(instance, {"debut": POLICIES["buyers_rule"](instance)}, lambda *_: None, "simulated").empty
