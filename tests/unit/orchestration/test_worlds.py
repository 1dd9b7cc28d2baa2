"""A plan's lines as the world's own numbers, and what came of them."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support.small_questions import tiny_instance

from optimization.counterfactual import CannotRunError, Decided
from optimization.hold_back import second_allocation
from optimization.instance import LaunchInstance, Plan
from orchestration.settings import Settings
from orchestration.worlds import execute_in
from shop.environment import Environment, Orders, Placed, plan_from_orders
from shop.presets import tiny
from shop.world import World

WEEK, WEEKS = 20, 3
SETTINGS = Settings.from_env({"DEBUT_SOURCE": "simulated", "DEBUT_SHOP_PRESET": "tiny"})
MONDAY = tiny().first_day + timedelta(weeks=WEEK)


@pytest.fixture(scope="module")
def world() -> World:
    return World(tiny())


@pytest.fixture(scope="module")
def execute() -> Any:
    return execute_in(SETTINGS, MONDAY)


def asked(world: World, product: int, channel: int, is_launch: bool) -> Any:
    """A question of one line, with what the adapter reads of it."""
    return SimpleNamespace(
        product_id=world.catalogue.product_id[[product]],
        channel=np.array([world.config.channels[channel].name]),
        is_launch=np.array([is_launch]),
        weeks=WEEKS,
        lead=np.array([1]),
        pooled=np.zeros((1, WEEKS), dtype=np.int64),
        held_back=np.zeros((1, WEEKS), dtype=np.int64),
        pack=np.array([6]),
    )


def decided(launch_week: int, packs: int, slots: int = 0) -> Decided:
    ordered = np.zeros((1, WEEKS), dtype=np.int64)
    ordered[0, 0] = packs
    return Decided(Plan(ordered, np.array([launch_week])), np.full((1, WEEKS), slots))


def a_line(world: World, week: int, is_later: bool) -> tuple[int, int]:
    """The first product and channel that the buyers launch from `week` on, or had on sale before."""
    chosen = world.launch_week >= week if is_later else (world.launch_week >= 0) & (world.launch_week < week)
    product, channel = np.nonzero(chosen & world.catalogue.is_carried)
    return int(product[0]), int(channel[0])


def test_orders_reach_the_shelf_of_a_launch_after_their_lead(world: World, execute: Any) -> None:
    line = a_line(world, WEEK, is_later=True)
    executed = execute(asked(world, *line, is_launch=True), decided(launch_week=1, packs=2))
    assert (executed.sold + executed.left)[0, 0] == 0
    assert executed.sold[0, 1] + executed.left[0, 1] == 12
    assert executed.is_begun.all()


def test_a_slot_shows_a_launch_to_more_customers_who_want_it_and_nobody_before_it_begins(
    world: World, execute: Any
) -> None:
    lines = np.argwhere((world.launch_week >= WEEK) & world.catalogue.is_carried)
    plain, shown = (
        np.sum(
            [execute(asked(world, *line, is_launch=True), decided(1, 2, slots)).demanded[0] for line in lines], axis=0
        )
        for slots in (0, 1)
    )
    assert plain[0] == shown[0] == 0
    assert shown[1:].sum() > 1.5 * plain[1:].sum() > 0


def test_what_a_category_sold_is_what_all_its_products_sold_planned_or_not(world: World, execute: Any) -> None:
    product, channel = a_line(world, WEEK, is_later=False)
    executed = execute(asked(world, product, channel, is_launch=False), decided(launch_week=0, packs=2))
    name, place = str(world.catalogue.product_id[product]), world.config.channels[channel].name
    orders = Orders([name], [place], [MONDAY + timedelta(weeks=1)], [12])
    there = Environment(tiny(), WEEK)
    outcome = there.run(plan_from_orders(world, orders, Placed()), WEEKS)
    of_category = world.catalogue.category_2 == world.catalogue.category_2[product]
    assert np.array_equal(executed.group_sold[executed.group[0]], outcome.sold[:, of_category, channel].sum(axis=1))
    assert np.array_equal(executed.sold[0], outcome.sold[:, product, channel])
    assert executed.group_sold.sum() == outcome.sold.sum()


def test_a_launch_moves_other_categories_too_and_little_in_sum_beside_its_own(world: World, execute: Any) -> None:
    own, elsewhere = 0, []
    for line in np.argwhere((world.launch_week >= WEEK) & world.catalogue.is_carried)[:15]:
        question = asked(world, *line, is_launch=True)
        made, declined = execute(question, decided(1, 10, 1)), execute(question, decided(-1, 0))
        moved = (made.group_sold - declined.group_sold).sum(axis=1)
        own += moved[made.group[0]]
        elsewhere.append(np.delete(moved, made.group[0]))
    assert np.any(elsewhere)
    assert abs(np.sum(elsewhere)) < 0.3 * own


def test_every_policy_starts_from_the_same_stock_and_meets_the_same_draws_whatever_ran_before(
    world: World, execute: Any
) -> None:
    line = a_line(world, WEEK, is_later=False)
    question = asked(world, *line, is_launch=False)
    few, many = decided(0, 0), decided(0, 50)
    first, rich, again = (execute(question, plan) for plan in (few, many, few))
    anew = execute_in(SETTINGS, MONDAY)(question, few)  # type: ignore[misc]
    for name in ("demanded", "sold", "refused", "left", "price", "group_sold"):
        assert np.array_equal(getattr(first, name), getattr(again, name)), name
        assert np.array_equal(getattr(first, name), getattr(anew, name)), name
    assert first.opening[0] == rich.opening[0] > 0
    # The orders arrive in week 1: until then nothing tells one policy from another.
    assert np.array_equal(first.left[:, 0], rich.left[:, 0])
    assert rich.left[0, 1] > first.left[0, 1]


def test_what_the_plan_moves_from_the_warehouse_is_found_once(world: World, execute: Any) -> None:
    opening = Environment(tiny(), WEEK).opening.stock
    sells = ((world.launch_week >= 0) & (world.launch_week < WEEK)).any(axis=1)
    product = int(np.where(sells, opening.warehouse, 0).argmax())
    channel = int((world.launch_week[product] < WEEK).argmax())
    held = int(opening.warehouse[product])
    assert held > 0
    question = asked(world, product, channel, is_launch=False)
    question.pooled[0, 0] = held
    executed = execute(question, decided(launch_week=0, packs=0))
    due = opening.due[WEEK][product, [channel, -1]].sum() if WEEK in opening.due else 0
    on_shelf = (executed.sold + executed.left)[0, 0]
    assert opening.shelf[product, channel] + held <= on_shelf <= opening.shelf[product, channel] + held + due + 3


def test_a_declined_launch_is_on_no_shelf(world: World, execute: Any) -> None:
    line = a_line(world, WEEK, is_later=True)
    executed = execute(asked(world, *line, is_launch=True), decided(launch_week=-1, packs=0))
    assert not executed.demanded.any()
    assert not executed.left.any()


def test_a_candidate_that_is_on_sale_already_is_not_launched_again(world: World, execute: Any) -> None:
    line = a_line(world, WEEK, is_later=False)
    executed = execute(asked(world, *line, is_launch=True), decided(launch_week=0, packs=2))
    assert executed.sold.shape == (1, WEEKS)
    assert not executed.is_begun.any()


def test_a_line_that_the_world_does_not_know_is_said_and_nothing_is_run(
    world: World, execute: Any, caplog: pytest.LogCaptureFixture
) -> None:
    question = asked(world, 0, 0, is_launch=False)
    question.channel = np.array(["shop"])
    with caplog.at_level(logging.WARNING), pytest.raises(CannotRunError, match="knows no channel 'shop'"):
        execute(question, decided(0, 0))
    assert "knows no channel 'shop'" in caplog.text


def test_a_real_shop_has_no_world() -> None:
    assert execute_in(Settings.from_env({}), MONDAY) is None


def two_shelves(world: World, held: int) -> LaunchInstance:
    """The warehouse's units of one product, all held back for a week and expected in the first of two channels."""
    opening = Environment(tiny(), WEEK).opening.stock
    sells = (world.launch_week >= 0) & (world.launch_week < WEEK)
    product = int(np.where(sells.sum(axis=1) > 1, opening.warehouse, 0).argmax())
    channels = np.flatnonzero(sells[product])[:2]
    waits = np.zeros((2, WEEKS), dtype=np.int64)
    waits[0, 1] = held
    # What sells first tells all of the rest: ten a week in one of the channels, none in the other.
    paths = np.repeat(np.array([[10, 0], [0, 10]])[:, :, None], WEEKS, axis=2)
    plain = tiny_instance(0).of_lines(np.array([0, 1]))
    return replace(
        plain,
        product_id=world.catalogue.product_id[[product, product]].astype(np.str_),
        channel=np.array([world.config.channels[channel].name for channel in channels]),
        demand=paths,
        lead=np.full(2, WEEKS),
        opening=np.zeros(2, dtype=np.int64),
        arrivals=waits,
        pooled=waits,
        held_back=waits,
        is_fixed=waits > held,
        fixed_packs=np.zeros_like(waits),
        held_packs=np.zeros_like(waits),
        pack_change=np.zeros(waits.shape),
        launch_change=np.zeros((2, WEEKS + 1)),
        held_slots=np.zeros_like(waits),
        slot_change=np.zeros(waits.shape),
        budgets=np.zeros(WEEKS),
    )


def test_what_is_held_back_waits_in_the_warehouse_and_goes_by_what_sold_in_the_world(
    world: World, execute: Any
) -> None:
    held = 9
    question = two_shelves(world, held)
    nothing = Decided(Plan(np.zeros((2, WEEKS), dtype=np.int64), np.zeros(2, dtype=np.int64)), np.zeros((2, WEEKS)))
    none = np.zeros_like(question.held_back)
    without = execute(replace(question, arrivals=none, pooled=none, held_back=none), nothing)
    waiting = execute(question, nothing)
    given = second_allocation(question, nothing.plan, waiting.sold[:, 0], waiting.left[:, 0])
    assert given.sum() == held
    assert given.tolist() != question.held_back[:, 1].tolist()
    there = waiting.sold[:, 1] + waiting.left[:, 1]
    assert (there >= waiting.left[:, 0] + given).all()
    # Nothing of it is lost, and none of it is on a shelf in the week before.
    units = [(ran.sold.sum() + ran.left[:, -1].sum() + ran.in_warehouse[:, -1].sum()) for ran in (without, waiting)]
    assert units[0] == units[1]
    assert waiting.in_warehouse[:, 0].sum() >= held
    assert (waiting.sold + waiting.left)[:, 0].sum() <= (without.sold + without.left)[:, 0].sum()
