"""Aims of several objectives: plans and bounds against every plan there is, and laws of weights and orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from support.all_plans import AllPlans, all_plans, two_launches, two_lines
from support.small_questions import SMALL, tiny_instance

from optimization.instance import LaunchInstance, Plan, evaluate
from optimization.objectives import Aim, bound_of, demand_range, reached, worst_tenth
from optimization.options import build_options, order_profit
from optimization.prices import Prices
from optimization.pursue import Search, begun, in_order, pursued
from optimization.tilt import Tilt
from optimization.worker import Solved, solve_apart


def search_of(instance: LaunchInstance) -> Search:
    def solve(tilt: Tilt | None, known: tuple[Plan, ...], start: Prices | None) -> Solved:
        return solve_apart(instance, SMALL, 120, known, start, tilt)

    return begun(instance, solve)[0]


@pytest.fixture(scope="module")
def small() -> tuple[LaunchInstance, AllPlans, Search]:
    instance = two_lines(2, paths=12)
    return instance, all_plans(instance), search_of(instance)


WEIGHTS: list[Mapping[str, float]] = [
    {"profit": 0.5, "cvar": 0.5},
    {"cvar": 1.0},
    {"fill_rate": 1.0},
    {"profit": 1.0, "fill_rate": 60.0},
    {"profit": 1.0, "cvar": 1.0, "fill_rate": 200.0},
]


@pytest.mark.parametrize("weights", WEIGHTS, ids=lambda weights: "+".join(weights))
def test_a_weighted_sum_is_the_best_of_all_plans_and_its_bound_is_above_it(
    small: tuple[LaunchInstance, AllPlans, Search], weights: Mapping[str, float]
) -> None:
    instance, brute, search = small
    aim = Aim(weights)
    found = pursued(search, aim, 1)
    best, value = brute.best(weights), aim.value(found.values[found.best(aim)])
    assert value == pytest.approx(best, abs=1e-6)
    assert best <= found.bound(aim) + 1e-6
    assert evaluate(instance, found.plans[found.best(aim)]).violations == ()


def test_a_floor_is_kept_and_the_rest_is_the_best_of_all_plans_that_keep_it(
    small: tuple[LaunchInstance, AllPlans, Search],
) -> None:
    _, brute, search = small
    for name in ("fill_rate", "cvar"):
        search = pursued(search, Aim({name: 1.0}), 1)
        values, at = brute.values(name), brute.values("profit").argmax()
        for least in np.linspace(values[at], values.max(), 3).tolist():
            aim = Aim({"profit": 1.0}, {name: least})
            search = pursued(search, aim, 1)
            found, best = search.values[search.best(aim)], brute.best(aim.weights, aim.floors)
            assert found[name] >= least - 1e-6
            assert found["profit"] == pytest.approx(best, abs=1e-6)
            assert best <= search.bound(aim) + 1e-6


@pytest.mark.parametrize("order", [("fill_rate", "profit"), ("profit", "cvar", "fill_rate")])
def test_an_order_maximises_each_objective_within_the_tolerance_of_those_before(
    small: tuple[LaunchInstance, AllPlans, Search], order: tuple[str, ...]
) -> None:
    _, brute, search = small
    tolerance = dict.fromkeys(order, 0.05)
    found, aim = in_order(search, order, tolerance, 1)
    floors: dict[str, float] = {}
    for name in order:
        best = brute.best({name: 1.0}, floors)
        floors[name] = best - 0.05 * abs(best)
    reached_last = found.values[found.best(aim)]
    assert reached_last[order[-1]] == pytest.approx(best, abs=1e-6)
    assert best <= found.bound(aim) + 1e-6
    for name in order[:-1]:
        assert reached_last[name] >= floors[name] - 1e-6


@pytest.fixture(scope="module")
def shown() -> tuple[LaunchInstance, AllPlans, Search]:
    instance = two_launches(4)
    return instance, all_plans(instance, most=6), search_of(instance)


@pytest.mark.parametrize(
    "weights",
    [
        {"freshness": 1.0},
        {"fairness": 1.0},
        {"profit": 1.0, "fairness": 9.0},
        {"cvar": 1.0, "freshness": 8.0, "fairness": 4.0},
    ],
    ids="+".join,
)
def test_exposure_weighed_against_money_gets_the_best_of_all_plans_below_its_bound(
    shown: tuple[LaunchInstance, AllPlans, Search], weights: Mapping[str, float]
) -> None:
    instance, brute, search = shown
    aim = Aim(weights)
    found = pursued(search, aim, 2)
    best, at = brute.best(weights), found.best(aim)
    assert aim.value(found.values[at]) == pytest.approx(best, abs=1e-6)
    assert best <= found.bound(aim) + 1e-6
    result = evaluate(instance, found.plans[at])
    assert result.violations == ()
    assert reached(instance, result) == pytest.approx(found.values[at])


def test_floors_of_exposure_are_kept_at_the_least_loss_of_profit_and_proved(
    shown: tuple[LaunchInstance, AllPlans, Search],
) -> None:
    instance, brute, search = shown
    for name in ("freshness", "fairness"):
        search = pursued(search, Aim({name: 1.0}), 1)
        for least in (0.25, 0.5, 0.75):
            aim = Aim({"profit": 1.0}, {name: least})
            search = pursued(search, aim, 2)
            found, best = search.values[search.best(aim)], brute.best(aim.weights, aim.floors)
            assert found[name] >= least - 1e-6
            assert found["profit"] == pytest.approx(best, abs=1e-6)
            assert best <= search.bound(aim) + 1e-6
    assert brute.best({"profit": 1.0}, {"fairness": 0.75}) < brute.best({"profit": 1.0}) - 1e-6


@pytest.mark.parametrize("name", ["freshness", "fairness"])
def test_where_nothing_can_be_shown_no_bound_lies_below_a_plan(name: str) -> None:
    shut = two_launches(4)
    shut = replace(shut, shelf=replace(shut.shelf, slots=np.zeros(4)))
    for instance in (tiny_instance(0), shut):
        aim = Aim({"profit": 1.0, "cvar": 1.0, name: 500.0}, {"fairness": 0.9})
        search = pursued(search_of(instance), aim, 2)
        at = search.best(aim)
        assert search.values[at]["fairness"] == 1.0
        assert aim.value(search.values[at]) <= search.bound(aim) + 1e-6


def test_what_nobody_can_show_is_as_fresh_and_fair_as_can_be() -> None:
    instance = tiny_instance(0)
    nothing = Plan(np.zeros((4, 4), dtype=np.int64), np.where(instance.is_launch, -1, 0))
    told = reached(instance, evaluate(instance, nothing))
    assert (told["freshness"], told["fairness"]) == (1.0, 1.0)


def test_more_weight_on_an_objective_never_lowers_it() -> None:
    search = search_of(tiny_instance(5))
    for name, weights in (("fill_rate", (0.0, 40.0, 400.0)), ("cvar", (0.0, 4.0))):
        aims = [Aim({"profit": 1.0, name: weight}) for weight in weights]
        for aim in aims:
            search = pursued(search, aim, 1)
        found = [search.values[search.best(aim)][name] for aim in aims]
        assert found == sorted(found)
        assert name == "cvar" or found[-1] > found[0]


@pytest.mark.parametrize("seed", range(5))
def test_a_tilted_profit_is_what_playing_the_plan_gives(seed: int) -> None:
    random = np.random.default_rng(seed)
    instance = tiny_instance(seed, taken_worth=np.array([0.0, 0.0, 0.5, 0.2]))
    tilt = Tilt(random.dirichlet(np.ones(instance.paths)), 1.7, 0.8)
    options = build_options(instance, tilt)
    for row in range(len(options.line)):
        line, first = options.line[row], int(options.first[row])
        arriving = np.zeros((1, instance.weeks), dtype=np.int64)
        arriving[0, first:] = random.integers(0, 4, instance.weeks - first)
        packs = np.zeros_like(arriving)
        lead = int(instance.lead[line])
        packs[0, : instance.weeks - lead] = arriving[0, lead:]
        own = instance.of_lines(np.array([line]))
        result = evaluate(own, Plan(packs, options.launch_week[[row]]))
        units = float(result.sold.sum() - 0.8 * result.demanded.sum())
        played = float(tilt.path_weight @ result.profit_by_path) + 1.7 * units
        assert order_profit(instance, options, np.array([row]), arriving)[0] == pytest.approx(played)


def test_the_profit_of_each_path_is_that_of_the_path_alone() -> None:
    instance = tiny_instance(4, taken_worth=np.array([0.0, 0.0, 0.5, 0.2]))
    plan = Plan(np.array([[2, 0, 1, 0], [2, 3, 0, 0], [0, 2, 1, 0], [1, 4, 0, 0]]), np.array([0, 0, 1, 2]))
    whole = evaluate(instance, plan)
    alone = [evaluate(instance.with_demand(instance.demand[:, [s]]), plan).profit for s in range(instance.paths)]
    np.testing.assert_allclose(whole.profit_by_path, alone)
    assert reached(instance, whole)["profit"] == pytest.approx(np.mean(alone))
    assert worst_tenth(whole.profit_by_path) == pytest.approx(min(alone))


def test_demand_lies_between_what_no_launch_and_every_launch_asks_for() -> None:
    instance = two_lines(1, paths=12)
    brute = all_plans(instance)
    low, high = demand_range(instance)
    assert low == pytest.approx(brute.demanded.min())
    assert brute.demanded.max() <= high + 1e-9
    assert bound_of(Aim({"profit": 1.0}), (), (low, high)) == np.inf


def test_a_launch_announced_for_long_after_the_horizon_asks_for_nothing() -> None:
    near = tiny_instance(4)
    at = int(np.flatnonzero(near.is_launch)[0])
    earliest, latest = near.earliest.copy(), near.latest.copy()
    earliest[at], latest[at] = 5 * near.weeks, near.weeks - 1
    far = replace(near, earliest=earliest, latest=latest)
    never = replace(
        near,
        earliest=np.where(np.arange(near.n) == at, 1, near.earliest),
        latest=np.where(np.arange(near.n) == at, 0, near.latest),
    )
    assert demand_range(far) == pytest.approx(demand_range(never))
