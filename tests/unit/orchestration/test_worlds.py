"""A plan's lines as the world's own numbers, and what came of them."""

from __future__ import annotations

import logging
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from orchestration.settings import Settings
from orchestration.worlds import execute_in
from shop.config import tiny
from shop.environment import Environment
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
        pack=np.array([6]),
    )


def decided(launch_week: int, packs: int) -> Any:
    ordered = np.zeros((1, WEEKS), dtype=np.int64)
    ordered[0, 0] = packs
    return SimpleNamespace(packs=ordered, launch_week=np.array([launch_week]))


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


def test_a_line_that_the_world_does_not_know_is_said_and_nothing_is_run(
    world: World, execute: Any, caplog: pytest.LogCaptureFixture
) -> None:
    question = asked(world, 0, 0, is_launch=False)
    question.channel = np.array(["shop"])
    with caplog.at_level(logging.WARNING):
        assert execute(question, decided(0, 0)) is None
    assert "knows no channel 'shop'" in caplog.text


def test_a_real_shop_has_no_world() -> None:
    assert execute_in(Settings.from_env({}), MONDAY) is None
