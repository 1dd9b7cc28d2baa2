"""Rules in the race with a network's plan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.plan_instances import InstanceSize, write_instance
from optimization.network.baselines import BASELINES
from optimization.network.evaluate import evaluate
from optimization.network.instance import NetworkInstance, NetworkPlan
from orchestration.plan_folders import read_instance


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> NetworkInstance:
    """A network of 200 cells."""
    folder = tmp_path_factory.mktemp("asked")
    write_instance(folder, InstanceSize(cells=200, train=8, test=8, categories=5, fill=0.75), seed=3)
    return read_instance(folder)


def one_period(instance: NetworkInstance, cells: int) -> NetworkInstance:
    """The established products of some cells with one week to sell in, single units and no limit that binds."""
    old = np.flatnonzero(~instance.is_new[instance.cell_product])[:cells]
    demand = np.zeros((len(old), instance.scenarios, instance.weeks), dtype=np.int32)
    demand[:, :, -1] = instance.demand[old, :, -1]
    ones = np.ones(len(instance.product_id), dtype=np.int64)
    return replace(
        instance,
        cell_product=instance.cell_product[old],
        cell_location=instance.cell_location[old],
        on_hand=np.zeros(len(old), dtype=np.int64),
        demand=demand,
        pack=ones,
        moq_packs=ones,
        lead=ones,
        hold=np.zeros(len(ones)),
        budgets=np.full(instance.weeks, 1e9),
        capacity=np.full(instance.capacity.shape, 1e9),
        fill_floor=np.zeros(instance.channels),
    )


def best_of_one_period(instance: NetworkInstance) -> float:
    """The best profit when each cell orders in one week: every quantity of every cell is tried."""
    most = int(instance.demand.max()) + 1
    profits = []
    for quantity in range(most + 1):
        plan = NetworkPlan.empty(instance)
        plan.packs[:, instance.weeks - 2] = quantity
        profits.append(evaluate(instance, plan).profit_by_cell)
    return float(np.max(profits, axis=0).sum())


@pytest.mark.parametrize("name", ["greedy", "newsvendor"])
def test_with_one_period_and_no_limits_the_rule_finds_the_best_quantities(instance: NetworkInstance, name: str) -> None:
    simple = one_period(instance, 40)
    assert evaluate(simple, BASELINES[name](simple)).profit == pytest.approx(best_of_one_period(simple), abs=1e-6)


@pytest.mark.parametrize("name", BASELINES)
def test_a_rule_keeps_the_limits_that_it_knows(instance: NetworkInstance, name: str) -> None:
    broken = {violation.family for violation in evaluate(instance, BASELINES[name](instance)).violations}
    assert broken <= ({"storage", "svc"} if name != "greedy" else set())


def test_the_mean_forecast_orders_what_is_wanted_on_average(instance: NetworkInstance) -> None:
    simple = one_period(instance, 40)
    ordered = BASELINES["mean forecast"](simple).packs.sum(axis=1)
    assert np.abs(ordered - simple.demand.sum(axis=2).mean(axis=1)).max() <= 0.5
