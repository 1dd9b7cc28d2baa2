"""Runs the simulated shop under a plan: the one place where a plan's lines meet the world's numbers.

Only evaluations may use this. A real shop has no world to run, and gets None.
"""

from __future__ import annotations

import logging
from datetime import date
from typing import TYPE_CHECKING

from orchestration.settings import Settings

if TYPE_CHECKING:
    from optimization.counterfactual import Decided, Execute, Executed
    from optimization.instance import LaunchInstance
    from shop.environment import Environment, Outcome, Plan
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

    def execute(instance: LaunchInstance, decided: Decided) -> Executed:
        from optimization.counterfactual import CannotRunError
        from shop.plans import UnknownName, numbers

        try:
            lines = numbers(waiting.world, instance.product_id.tolist(), instance.channel.tolist())
        except UnknownName as error:
            # Its locations were left out, or files were landed beside it.
            _LOG.warning("world_outcome: no plan of the week can be executed in the world: %s", error)
            raise CannotRunError(str(error)) from error
        run = min(instance.weeks, weeks)
        plan = _as_world_plan(waiting, (instance, decided), lines, run)
        outcome = waiting.run(plan, run)
        if plan.kept:
            plan = _as_world_plan(waiting, (_given_out(instance, decided, outcome, lines), decided), lines, run)
            outcome = waiting.run(plan, run)
        return _executed(waiting, plan, outcome, lines)

    return execute


def _given_out(
    instance: LaunchInstance, decided: Decided, outcome: Outcome, lines: tuple[Ints, Ints]
) -> LaunchInstance:
    """The question, what is held back going to whom the weeks before show to need it; those run the same again."""
    from optimization.hold_back import given_out, second_allocation, second_week

    week, (product, channel) = second_week(instance), lines
    sold = outcome.sold[:week, product, channel].sum(axis=0)
    left = outcome.left[week - 1, product, channel]
    return given_out(instance, second_allocation(instance, decided.plan, sold, left))


def _executed(waiting: Environment, plan: Plan, outcome: Outcome, lines: tuple[Ints, Ints]) -> Executed:
    """What came of the plan's lines, and of the categories that they share their demand with."""
    import numpy as np

    from optimization.counterfactual import Executed

    group, weeks = waiting.world.demand.group, len(outcome.sold)
    groups = int(group.max()) + 1
    at = (np.arange(weeks)[:, None] + weeks * group.ravel()).ravel()
    sold = np.bincount(at, outcome.sold.ravel(), groups * weeks).astype(np.int64)
    is_begun = np.zeros(waiting.world.launch_week.shape, dtype=bool)
    is_begun[plan.launch_product, plan.launch_channel] = True
    is_first = np.zeros(len(lines[0]), dtype=bool)
    is_first[np.unique(lines[0], return_index=True)[1]] = True
    stock = waiting.opening.stock
    coming = sum(
        (units for week, units in stock.due.items() if week < waiting.week + weeks), np.zeros_like(stock.on_order())
    )
    return Executed(
        demanded=outcome.demanded[:, lines[0], lines[1]].T,
        sold=outcome.sold[:, lines[0], lines[1]].T,
        refused=outcome.refused[:, lines[0], lines[1]].T,
        left=outcome.left[:, lines[0], lines[1]].T,
        in_warehouse=(outcome.warehouse + _kept(plan, waiting.week, weeks))[:, lines[0]].T * is_first[:, None],
        price=outcome.price[:, lines[0], lines[1]].T,
        opening=(stock.shelf + coming[:, :-1])[lines] + is_first * (stock.warehouse + coming[:, -1])[lines[0]],
        is_begun=is_begun[lines],
        group=group[lines],
        group_sold=sold.reshape(groups, weeks),
    )


def _as_world_plan(
    waiting: Environment, asked: tuple[LaunchInstance, Decided], lines: tuple[Ints, Ints], run: int
) -> Plan:
    """The plan's orders by week of arrival, its launches and their slots, and what it moves from the warehouse.

    The buyers go on ordering what it does not plan.
    """
    import numpy as np

    from shop.environment import Plan
    from shop.plans import slots_by_week

    (instance, decided), (product, channel) = asked, lines
    plan, slots = decided.plan, decided.slots
    line, week = np.nonzero(plan.packs)
    arrives = week + instance.lead[line]
    in_time = arrives < run
    line, week, arrives = line[in_time], week[in_time], arrives[in_time]
    launched = instance.is_launch & (plan.launch_week >= 0) & (plan.launch_week < run)
    # A candidate that has not sold yet may be on sale there all the same: then there is nothing to launch.
    launched &= waiting.world.launch_week[product, channel] >= waiting.week
    shown, shown_week = np.nonzero(slots[:, :run])
    planned = np.zeros(waiting.world.catalogue.size_of, dtype=bool)
    planned[product] = True
    moved, kept = (
        _by_week(waiting, units[:, :run], (product, channel))
        for units in (instance.pooled - instance.held_back, instance.held_back)
    )
    return Plan(
        order_product=product[line],
        order_channel=channel[line],
        order_week=waiting.week + arrives,
        order_units=plan.packs[line, week] * instance.pack[line],
        launch_product=product[launched],
        launch_channel=channel[launched],
        launch_week=waiting.week + plan.launch_week[launched],
        exposed=slots_by_week(
            waiting.world,
            (product[shown], channel[shown], waiting.week + shown_week),
            slots[shown, shown_week],
        ),
        is_planned=planned,
        moved=moved,
        kept=kept,
    )


def _by_week(waiting: Environment, units: Ints, lines: tuple[Ints, Ints]) -> dict[int, Ints]:
    """By week of the world, (P, C) units of those by line and week of the horizon."""
    import numpy as np

    found: dict[int, Ints] = {}
    for number in np.flatnonzero(units.any(axis=0)).tolist():
        found[waiting.week + number] = np.zeros_like(waiting.world.launch_week)
        found[waiting.week + number][lines] = units[:, number]
    return found


def _kept(plan: Plan, first: int, weeks: int) -> Ints:
    """(weeks, P) units that lie in the warehouse, set aside, at the end of each week."""
    import numpy as np

    found = np.zeros((weeks, len(plan.is_planned)), dtype=np.int64)
    for week, units in plan.kept.items():
        found[: week - first] += units.sum(axis=1)
    return found
