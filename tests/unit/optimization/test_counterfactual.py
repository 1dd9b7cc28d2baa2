"""A plan executed in a world: the money of what the world gave back, and what its launches took from others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.plan_shop import SETTINGS, plan_inputs

from contracts.evaluations import LAUNCH_EFFECT, WORLD_OUTCOME
from contracts.plans import EXPOSURE_PLAN
from optimization.baseline import POLICIES
from optimization.counterfactual import (
    BEST,
    CannotRunError,
    Decided,
    Execute,
    Executed,
    Ran,
    money_by_line,
    profit_by_line,
    world_outcome,
)
from optimization.inputs import from_frames
from optimization.instance import LaunchInstance, Plan, evaluate
from optimization.launch_effect import launch_effect
from optimization.playing import arriving_units, demand_by_week
from optimization.race import Race, in_the_world

MONEY = ("revenue", "leftover_value", "order_cost", "holding_cost", "shortage_cost", "launch_cost")
UNITS = ("units_demanded", "units_sold", "units_refused", "units_left", "units_in_warehouse", "launches")
# Of two units that a launch sells, one is taken from the established products of its category.
TAKEN = 0.5


def by_the_book(instance: LaunchInstance, decided: Decided) -> Executed:
    """A world in which the first sample path comes true and nobody turns to another product."""
    plan = decided.plan
    demand = demand_by_week(instance, plan.launch_week)[:, 0, :]
    arriving = arriving_units(instance, plan.packs)
    stock, sold, left = instance.opening.astype(np.int64), [], []
    for week in range(instance.weeks):
        stock = stock + arriving[:, week]
        sold.append(np.minimum(stock, demand[:, week]))
        stock = stock - sold[-1]
        left.append(stock)
    units = np.stack(sold, axis=1)
    names = np.char.add(instance.category, instance.channel)
    group = np.unique(names, return_inverse=True)[1].astype(np.int64)
    group_sold = np.zeros((int(group.max()) + 1, instance.weeks), dtype=np.int64)
    np.add.at(group_sold, group, units)
    price = np.repeat(instance.price[:, None], instance.weeks, axis=1)
    return Executed(
        demanded=demand,
        sold=units,
        refused=demand - units,
        left=np.stack(left, axis=1),
        in_warehouse=np.zeros_like(units),
        price=price,
        opening=instance.opening + instance.arrivals.sum(axis=1),
        is_begun=instance.is_launch & (plan.launch_week >= 0),
        group=group,
        group_sold=group_sold,
    )


def taking(instance: LaunchInstance, decided: Decided) -> Executed:
    """The same world, in which products outside the plan lose what launches take from them."""
    told = by_the_book(instance, decided)
    lost = np.zeros_like(told.group_sold)
    np.add.at(lost, told.group, (told.sold * instance.is_launch[:, None] * TAKEN).astype(np.int64))
    return replace(told, group_sold=told.group_sold - lost)


def unshown(instance: LaunchInstance, plan: Plan) -> Decided:
    return Decided(plan, np.zeros((instance.n, instance.weeks), dtype=np.int64))


@pytest.fixture(scope="module")
def instance() -> LaunchInstance:
    whole = from_frames(plan_inputs())
    return whole.with_demand(whole.demand[:, :1, :])


@pytest.fixture(scope="module")
def decided(instance: LaunchInstance) -> dict[str, Decided]:
    return {name: unshown(instance, policy(instance)) for name, policy in POLICIES.items()}


@pytest.fixture(scope="module")
def told(instance: LaunchInstance) -> dict[str, pd.DataFrame]:
    """The small shop's race; debut does what the buyers' rule does."""
    plans = {"debut": POLICIES["buyers_rule"](instance), "mean_forecast": POLICIES["mean_forecast"](instance)}
    nobody = pd.DataFrame(columns=EXPOSURE_PLAN.names())
    return in_the_world(Race(plan_inputs(), instance, plans, nobody, SETTINGS), taking, "simulated")


@pytest.mark.parametrize("name", POLICIES)
def test_a_world_that_repeats_a_path_pays_what_the_evaluation_says(
    instance: LaunchInstance, decided: dict[str, Decided], name: str
) -> None:
    plan = decided[name].plan
    expected = evaluate(instance, plan)
    executed = by_the_book(instance, decided[name])
    assert profit_by_line(instance, plan, executed) == pytest.approx(expected.profit_by_line)


def test_profit_is_the_sum_of_its_parts_to_the_cent(told: dict[str, pd.DataFrame]) -> None:
    rows = told["world_outcome"]
    income, costs = rows[list(MONEY[:2])].sum(axis=1), rows[list(MONEY[2:])].sum(axis=1)
    assert (rows["profit"] - income + costs).abs().max() < 0.001
    assert list(rows.columns) == WORLD_OUTCOME.names()


def test_launches_and_established_add_up_to_everything_to_the_cent(told: dict[str, pd.DataFrame]) -> None:
    rows = told["world_outcome"].pivot(index="policy", columns="part", values=["profit", *MONEY, *UNITS])
    for column in ("profit", *MONEY, *UNITS):
        parts = rows[column]["launches"].astype(float) + rows[column]["established"].astype(float)
        assert (parts - rows[column]["all"].astype(float)).abs().max() < 0.001, column


def test_shares_are_of_the_oracle_that_knew_the_demand(told: dict[str, pd.DataFrame]) -> None:
    whole = told["world_outcome"].query("part == 'all'").set_index("policy")
    assert set(whole.index) == {"debut", "mean_forecast", BEST}
    assert whole.loc[BEST, "oracle_share"] == 1.0
    # Here nothing that others launch changes what is wanted, so that knowing it is a bound.
    assert whole["profit"].idxmax() == BEST
    assert whole["oracle_share"].to_numpy() == pytest.approx(whole["profit"] / whole.loc[BEST, "profit"])


def test_launches_are_credited_with_what_they_added_and_charged_with_what_they_took(
    instance: LaunchInstance, told: dict[str, pd.DataFrame]
) -> None:
    rows = told["world_outcome"].set_index(["policy", "part"])
    launches = rows.loc[("debut", "launches")]
    assert 0.4 * launches["units_sold"] < launches["units_taken_from_others"] <= TAKEN * launches["units_sold"]
    # Of the planned products nothing was taken, so that the launches added their own profit.
    assert launches["incremental_profit"] == pytest.approx(launches["profit"], abs=0.02)
    assert rows.drop(index="launches", level="part")["incremental_profit"].isna().all()


def test_each_launchs_effect_is_what_a_run_without_it_alone_says(instance: LaunchInstance) -> None:
    plan = unshown(instance, POLICIES["buyers_rule"](instance))
    effects = launch_effect(instance, {"debut": Ran(plan, taking(instance, plan))}, taking)
    launched = np.flatnonzero(instance.is_launch & (plan.plan.launch_week >= 0))
    assert set(effects.columns) == set(LAUNCH_EFFECT.names()) - {"source"}
    assert len(effects) == len(launched) > 2
    found = effects.set_index(["product_id", "channel"])
    whole = taking(instance, plan)
    for line in launched.tolist():
        alone = Plan(plan.plan.packs.copy(), plan.plan.launch_week.copy())
        alone.packs[line], alone.launch_week[line] = 0, -1
        weekly = whole.group_sold.sum(axis=0) - taking(instance, unshown(instance, alone)).group_sold.sum(axis=0)
        row = found.loc[(instance.product_id[line], instance.channel[line])]
        assert row["effect"] == weekly.sum()
        assert row["units_sold"] - row["units_taken_from_others"] == row["effect"]
        lived = weekly[plan.plan.launch_week[line] :]
        spread = 1.645 * np.sqrt(len(lived) * lived.var(ddof=1)) if lived.max() > lived.min() else np.nan
        assert (row["low"], row["high"]) == pytest.approx((weekly.sum() - spread, weekly.sum() + spread), nan_ok=True)


def test_a_plan_without_launches_has_no_effect_and_took_nothing(instance: LaunchInstance) -> None:
    nothing = unshown(
        instance,
        Plan(np.zeros((instance.n, instance.weeks), dtype=np.int64), np.where(instance.is_launch, -1, 0)),
    )
    ran = {"debut": Ran(nothing, taking(instance, nothing))}
    rows = world_outcome(instance, ran, taking).set_index("part")
    assert rows.loc["launches", "units_taken_from_others"] == 0
    assert rows.loc["launches", "incremental_profit"] == 0
    assert launch_effect(instance, ran, taking).empty


def test_what_a_policy_leaves_in_the_warehouse_is_worth_what_it_is_on_a_shelf(
    instance: LaunchInstance, decided: dict[str, Decided]
) -> None:
    made = decided["buyers_rule"]
    plain = by_the_book(instance, made)
    moved = replace(plain, left=np.zeros_like(plain.left), in_warehouse=plain.left)
    assert profit_by_line(instance, made.plan, moved) == pytest.approx(profit_by_line(instance, made.plan, plain))


def cut_short(weeks: int) -> Execute:
    """The world by the book, which ends after so many weeks of the horizon."""

    def execute(instance: LaunchInstance, decided: Decided) -> Executed:
        told = by_the_book(instance, decided)
        names = ("demanded", "sold", "refused", "left", "in_warehouse", "price", "group_sold")
        first = {name: getattr(told, name)[:, :weeks] for name in names}
        return replace(told, **first, is_begun=told.is_begun & (decided.plan.launch_week < weeks))

    return execute


def test_a_world_cut_short_charges_no_order_that_would_arrive_after_it_ends(instance: LaunchInstance) -> None:
    weeks, line = 3, int(np.flatnonzero(~instance.is_launch)[0])
    nothing = Plan(np.zeros((instance.n, instance.weeks), dtype=np.int64), np.where(instance.is_launch, -1, 0))
    late, in_time = (Plan(nothing.packs.copy(), nothing.launch_week) for _ in range(2))
    last = weeks - 1 - int(instance.lead[line])
    late.packs[line, last + 1], in_time.packs[line, last] = 2, 2
    spent = [
        money_by_line(instance, plan, cut_short(weeks)(instance, unshown(instance, plan)))["order_cost"].sum()
        for plan in (nothing, late, in_time)
    ]
    assert spent == pytest.approx([0, 0, 2 * instance.pack[line] * instance.unit_cost[line]])


def test_a_world_cut_short_neither_counts_nor_charges_launches_that_never_began(instance: LaunchInstance) -> None:
    plan = unshown(instance, POLICIES["buyers_rule"](instance))
    begins = plan.plan.launch_week[instance.is_launch & (plan.plan.launch_week >= 0)]
    weeks = int(begins.max())
    assert begins.min() < weeks
    world = cut_short(weeks)
    rows = world_outcome(instance, {"debut": Ran(plan, world(instance, plan))}, world).set_index("part")
    begun = instance.is_launch & (plan.plan.launch_week >= 0) & (plan.plan.launch_week < weeks)
    assert rows.loc["launches", "launches"] == begun.sum()
    assert rows.loc["launches", "launch_cost"] == pytest.approx(instance.launch_cost[begun].sum())
    assert rows["weeks_run"].eq(weeks).all()


def knows_nothing(instance: LaunchInstance, decided: Decided) -> Executed:
    raise CannotRunError("no product of the plan")


@pytest.mark.parametrize("execute", [None, knows_nothing])
def test_without_a_world_nothing_is_claimed(instance: LaunchInstance, execute: Execute | None) -> None:
    plans = {"debut": POLICIES["buyers_rule"](instance)}
    race = Race(plan_inputs(), instance, plans, pd.DataFrame(columns=EXPOSURE_PLAN.names()), SETTINGS)
    told = in_the_world(race, execute, "real")
    assert {name: list(frame.columns) for name, frame in told.items()} == {
        "world_outcome": WORLD_OUTCOME.names(),
        "launch_effect": LAUNCH_EFFECT.names(),
    }
    assert all(frame.empty for frame in told.values())
