"""Laws that hold for every rule in the race."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.plan_shop import plan_inputs, supply_terms

from optimization.baseline import POLICIES
from optimization.inputs import from_frames
from optimization.instance import LaunchInstance, evaluate

every_policy = pytest.mark.parametrize("name", list(POLICIES))
every_shop = pytest.mark.parametrize("seed", range(4))


def shop(seed: int) -> LaunchInstance:
    """A shop with minimum orders in every other case."""
    terms = supply_terms({"moq_units": 6, "pack_units": 2}) if seed % 2 else plan_inputs().raw_supply_terms
    return from_frames(plan_inputs(seed, raw_supply_terms=terms))


@every_policy
@every_shop
def test_it_keeps_every_limit(name: str, seed: int) -> None:
    instance = shop(seed)
    assert evaluate(instance, POLICIES[name](instance)).violations == ()


@every_policy
@every_shop
def test_it_keeps_every_limit_of_a_third_of_the_budget(name: str, seed: int) -> None:
    instance = shop(seed)
    poor = replace(instance, budgets=instance.budgets / 3)
    assert evaluate(poor, POLICIES[name](poor)).violations == ()


@every_policy
def test_it_orders_something_and_leaves_the_question_alone(name: str) -> None:
    instance, copy = shop(0), shop(0)
    assert POLICIES[name](instance).packs.sum() > 0
    assert all(np.array_equal(value, copy.arrays()[field]) for field, value in instance.arrays().items())


@every_policy
def test_it_sees_no_path_but_only_their_mean(name: str) -> None:
    instance = shop(0)
    shuffled = instance.with_demand(instance.demand[:, ::-1])
    one, two = POLICIES[name](instance), POLICIES[name](shuffled)
    assert np.array_equal(one.packs, two.packs)
    assert np.array_equal(one.launch_week, two.launch_week)


@every_policy
def test_without_money_it_orders_nothing(name: str) -> None:
    instance = shop(0)
    broke = replace(instance, budgets=np.zeros(instance.weeks))
    plan = POLICIES[name](broke)
    assert plan.packs.sum() == 0
    assert (plan.launch_week[instance.is_launch] == -1).all()
