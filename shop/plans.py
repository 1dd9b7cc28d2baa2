"""A plan in the world's own numbers: what a policy decides, how names become numbers, and what no plan may ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from shop.parts import NEVER, WAREHOUSE, Bools, Ints
from shop.promotions import places
from shop.world import World

Names = Sequence[str]


class UnknownName(ValueError):
    """A product or channel that the world does not know."""


@dataclass(frozen=True)
class Plan:
    """What a policy decides from a Monday on; entries are one order or launch each.

    What the plan orders is the plan's alone: the shop's buyers order no more of a planned product, nor do they stock
    its launch. What their warehouse holds of it, and what was on its way there before the plan, still fills its shelves
    by their rule, but for what the plan moves. They go on ordering every other product.

    So are the places of what it launches: the shop puts a planned launch in no mailer, on no display and on no home
    page. Where a product is on sale already it keeps the places that the shop gives it, and the plan's beside them.

    Args:
        order_product, order_channel, order_week, order_units: Units that reach a channel's shelf (or, for the number
            after the last channel's, the warehouse) on the Monday of `order_week`, before anything is sold.
        launch_product, launch_channel, launch_week: Launches; a candidate without one is not launched, whatever the
            buyers had in mind.
        exposed: By week, (P, C) slots that the product gets there: the home page online, the mailer and then a display
            elsewhere. Each multiplies demand as the shop's own placement would.
        is_planned: (P,) products whose orders, and whose launches' places, are the plan's.
        moved: By week, (P, C) units of the warehouse that go to a shelf on that Monday; what it does not hold by then
            follows as it arrives. What nobody moves fills the shelves by the buyers' rule.
        kept: By week, (P, C) units that the warehouse holds now and that nobody touches before they go to a shelf on that
            Monday.
    """

    order_product: Ints
    order_channel: Ints
    order_week: Ints
    order_units: Ints
    launch_product: Ints
    launch_channel: Ints
    launch_week: Ints
    exposed: dict[int, Ints]
    is_planned: Bools
    moved: dict[int, Ints] = field(default_factory=dict)
    kept: dict[int, Ints] = field(default_factory=dict)


@dataclass(frozen=True)
class Orders:
    """Orders by name, one entry each: product id, channel ("pool" for the warehouse), Monday of arrival, units."""

    product_id: Names = ()
    channel: Names = ()
    arrives_on: Sequence[date] = ()
    units: Sequence[int] = ()


@dataclass(frozen=True)
class Placed:
    """Launches or exposures by name, one entry each: product id, channel, Monday."""

    product_id: Names = ()
    channel: Names = ()
    monday: Sequence[date] = field(default=())


def plan_from_orders(
    world: World, orders: Orders, launches: Placed, exposures: Placed | None = None, planned: Names | None = None
) -> Plan:
    """The plan of decisions that are told by name.

    Args:
        world: The world that will run it.
        orders, launches: What is ordered and launched.
        exposures: What gets a slot, and in which week, as often as it is named; None for nothing.
        planned: Products that are the plan's, not the buyers'; None for those that are ordered or launched here.

    Raises:
        UnknownName: A product or channel that is none of the world's.
        ValueError: A day that is no Monday.
    """
    shown = exposures or Placed()
    is_planned = np.zeros(world.catalogue.size_of, dtype=bool)
    chosen = [*orders.product_id, *launches.product_id] if planned is None else planned
    is_planned[_products(world, chosen)] = True
    at = (_products(world, shown.product_id), _channels(world, shown.channel), _weeks(world, shown.monday))
    return Plan(
        order_product=_products(world, orders.product_id),
        order_channel=_channels(world, orders.channel, WAREHOUSE),
        order_week=_weeks(world, orders.arrives_on),
        order_units=np.array(orders.units, dtype=np.int64),
        launch_product=_products(world, launches.product_id),
        launch_channel=_channels(world, launches.channel),
        launch_week=_weeks(world, launches.monday),
        exposed=slots_by_week(world, at, np.ones(len(at[0]), dtype=np.int64)),
        is_planned=is_planned,
    )


def slots_by_week(world: World, at: tuple[Ints, Ints, Ints], slots: Ints) -> dict[int, Ints]:
    """By week, (P, C) slots. `at`: product, channel and week of each entry; `slots`: how many it adds there."""
    product, channel, week = at
    exposed: dict[int, Ints] = {}
    for number in np.unique(week).tolist():
        of_week, exposed[number] = week == number, np.zeros(world.launch_week.shape, dtype=np.int64)
        np.add.at(exposed[number], (product[of_week], channel[of_week]), slots[of_week])
    return exposed


def check(world: World, plan: Plan, week: int, weeks: int) -> None:
    """Refuses what no shop could do in `weeks` weeks from `week` on.

    Raises:
        ValueError: Names the first order, launch or exposure that cannot be.
    """
    last, shape = week + weeks - 1, world.launch_week.shape
    order = _Entries("order", world, plan.order_product, plan.order_channel, plan.order_week)
    order.refuse((plan.order_week < week) | (plan.order_week > last), f"arrives outside weeks {week} to {last}")
    order.refuse(plan.order_units < 0, "has negative units; what is on a shelf stays there")
    launch = _Entries("launch", world, plan.launch_product, plan.launch_channel, plan.launch_week)
    launch.refuse(plan.launch_week < week, f"begins before week {week}, in which the plan begins")
    at = (plan.launch_product, plan.launch_channel)
    launch.refuse(world.launch_week[at] < week, "is of what is on sale there already")
    launch.refuse(~world.catalogue.is_carried[at], "is in a channel that does not carry the product")
    room = np.array([len(channel_places) for channel_places in places(world.config)])
    for number, exposed in plan.exposed.items():
        if exposed.shape != shape or not week <= number <= last:
            raise ValueError(f"exposed: week {number}, shape {exposed.shape}; needs {shape} in weeks {week} to {last}")
        product, channel = np.nonzero((exposed < 0) | (exposed > room))
        slots = _Entries("exposure", world, product, channel, np.full(len(product), number))
        slots.refuse(np.ones(len(product), dtype=bool), f"needs 0 to {room.tolist()} slots, one a place of the channel")
    for name, begins, asked in (("moved", week, plan.moved), ("kept", week + 1, plan.kept)):
        for number, units in asked.items():
            if units.shape != shape or (units < 0).any() or not begins <= number <= last:
                raise ValueError(
                    f"{name}: week {number}, shape {units.shape}; needs {shape} units, weeks {begins} to {last}"
                )
    if plan.is_planned.shape != shape[:1]:
        raise ValueError(f"is_planned: {len(plan.is_planned)} entries; this world has {shape[0]} products")


def launches_of(world: World, plan: Plan, week: int) -> Ints:
    """(P, C) first week on sale under a plan from `week` on: what is on sale stays, all else is the plan's."""
    launch_week = np.where(world.launch_week < week, world.launch_week, NEVER)
    launch_week[plan.launch_product, plan.launch_channel] = plan.launch_week
    return launch_week


@dataclass(frozen=True)
class _Entries:
    """What a plan lists, to be told by name when it cannot be."""

    kind: str
    world: World
    product: Ints
    channel: Ints
    week: Ints

    def refuse(self, is_bad: Bools, why: str) -> None:
        if not is_bad.any():
            return
        first = int(np.argmax(is_bad))
        channels = [*(channel.name for channel in self.world.config.channels), WAREHOUSE]
        product = self.world.catalogue.product_id[self.product[first]]
        where = f"{product} in {channels[self.channel[first]]}, week {self.week[first]}"
        raise ValueError(f"plan: {int(is_bad.sum())} {self.kind}s cannot be; the first, {where}, {why}")


def numbers(world: World, product_id: Names, channel: Names) -> tuple[Ints, Ints]:
    """The world's numbers of products and of channels, one entry a name.

    Raises:
        UnknownName: A product or channel that is none of the world's.
    """
    return _products(world, product_id), _channels(world, channel)


def _products(world: World, names: Names) -> Ints:
    return _numbers("product", names, world.catalogue.product_id.tolist())


def _channels(world: World, names: Names, *more: str) -> Ints:
    return _numbers("channel", names, [*(channel.name for channel in world.config.channels), *more])


def _numbers(kind: str, names: Names, known: list[str]) -> Ints:
    number = {name: place for place, name in enumerate(known)}
    unknown = [name for name in names if name not in number]
    if unknown:
        raise UnknownName(
            f"plan: this world knows no {kind} {unknown[0]!r} ({len(unknown)} unknown); it has {known[:5]} …"
        )
    return np.array([number[name] for name in names], dtype=np.int64)


def _weeks(world: World, mondays: Sequence[date]) -> Ints:
    for day in mondays:
        if day.weekday() != 0:
            raise ValueError(f"plan: {day} is no Monday; weeks start on Monday")
    return np.array([(day - world.config.first_day).days // 7 for day in mondays], dtype=np.int64)
