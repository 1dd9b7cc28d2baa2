"""Runs the simulated shop under a plan: the one place where a plan's lines meet the world's numbers.

Only evaluations may use this. A real shop has no world to run, and gets None.
"""

from __future__ import annotations

import logging
from datetime import date
from typing import TYPE_CHECKING

from orchestration.settings import Settings

if TYPE_CHECKING:
    from optimization.counterfactual import Execute, Executed
    from optimization.instance import LaunchInstance
    from optimization.instance import Plan as Decided
    from shop.environment import Environment, Plan
    from shop.parts import Ints

_LOG = logging.getLogger(__name__)


def execute_in(settings: Settings, decision_week: date) -> Execute | None:
    """A function that runs the world from this Monday under any plan; None where the source is no world.

    The history up to the Monday is run once; each plan then starts from a copy of where it ended.
    """
    if settings.source != "simulated":
        return None
    from orchestration.sources.simulated import config_of
    from shop.environment import Environment

    config = config_of(settings.source_options)
    first = (decision_week - config.first_day).days // 7
    if first >= config.weeks:
        return None
    waiting = Environment(config, first)
    weeks = config.weeks - first

    def execute(instance: LaunchInstance, plan: Decided) -> Executed | None:
        from optimization.counterfactual import Executed
        from shop.plans import UnknownName, numbers

        try:
            lines = numbers(waiting.world, instance.product_id.tolist(), instance.channel.tolist())
        except UnknownName as error:
            # Its locations were left out, or files were landed beside it.
            _LOG.warning("world_outcome: no plan of the week can be executed in the world: %s", error)
            return None
        run = min(instance.weeks, weeks)
        outcome = waiting.run(_as_world_plan(waiting, (instance, plan), lines, run), run)
        units = (outcome.demanded, outcome.sold, outcome.refused, outcome.left)
        return Executed(*(part[:, lines[0], lines[1]].T for part in units))

    return execute


def _as_world_plan(
    waiting: Environment, decided: tuple[LaunchInstance, Decided], lines: tuple[Ints, Ints], run: int
) -> Plan:
    """The plan's orders by week of arrival, its launches, and what it moves from the warehouse.

    The buyers go on ordering what it does not plan.
    """
    import numpy as np

    from shop.environment import Plan

    (instance, plan), (product, channel) = decided, lines
    line, week = np.nonzero(plan.packs)
    arrives = week + instance.lead[line]
    in_time = arrives < run
    line, week, arrives = line[in_time], week[in_time], arrives[in_time]
    launched = instance.is_launch & (plan.launch_week >= 0) & (plan.launch_week < run)
    # A candidate that has not sold yet may be on sale there all the same: then there is nothing to launch.
    launched &= waiting.world.launch_week[product, channel] >= waiting.week
    planned = np.zeros(waiting.world.catalogue.size_of, dtype=bool)
    planned[product] = True
    moved: dict[int, Ints] = {}
    for number in np.flatnonzero(instance.pooled[:, :run].any(axis=0)).tolist():
        moved[waiting.week + number] = np.zeros_like(waiting.world.launch_week)
        moved[waiting.week + number][product, channel] = instance.pooled[:, number]
    return Plan(
        order_product=product[line],
        order_channel=channel[line],
        order_week=waiting.week + arrives,
        order_units=plan.packs[line, week] * instance.pack[line],
        launch_product=product[launched],
        launch_channel=channel[launched],
        launch_week=waiting.week + plan.launch_week[launched],
        exposed={},
        is_planned=planned,
        moved=moved,
    )
