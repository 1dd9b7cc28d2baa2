"""The same world under other decisions: what would have been sold, left and refused.

Every policy meets the same draws (`streams.py`, `keyed.py`), so that what differs between two outcomes is the
policies' doing. Two things tie products together all the same. Within a category demand is shared and customers
switch. And what logged sessions buy, a few units in a thousand online, is drawn anew where another decision changes
what is popular or how much is demanded, since lists are ranked by it; its mean stays a part of demand.

Under the buyers' own decisions the environment is the history, to the unit. What a plan is stands in `plans.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop.config import ShopConfig
from shop.parts import Floats, Ints, WeekTruth
from shop.plans import Orders, Placed, Plan, check, launches_of, plan_from_orders
from shop.stock import Stock, keep, readdress
from shop.world import OWN, Decisions, State, World

__all__ = ["Environment", "Orders", "Outcome", "Placed", "Plan", "plan_from_orders"]


@dataclass(frozen=True)
class Outcome:
    """What came of it, each (weeks, P, C) unless it says otherwise.

    Units demanded, sold, refused, and left on the shelf at the week's end; switched_in, units wanted of another product
    that was out; price, money that a customer paid for a unit; warehouse (weeks, P), units left there.

    In each category, channel and week demanded = sold + refused, as switching moves a wish within its category. Of one
    product, demanded + switched_in = sold + refused + what turned to others.
    """

    demanded: Ints
    sold: Ints
    refused: Ints
    left: Ints
    switched_in: Ints
    price: Floats
    warehouse: Ints


class Environment:
    """A world that waits on the Monday of one week for somebody's decisions.

    >>> from shop.presets import tiny
    >>> waiting = Environment(tiny(weeks=3), week=2)
    >>> bool((waiting.run(None, 1).sold == waiting.run(None, 1).sold).all())
    True
    """

    def __init__(self, config: ShopConfig, week: int) -> None:
        """Runs the history up to `week`, which takes the time that making it took.

        Raises:
            ValueError: The week is not one of the world's.
        """
        if not 0 <= week < config.weeks:
            raise ValueError(f"week {week}: this world has weeks 0 to {config.weeks - 1}")
        self.world, self.week = World(config), week
        self._state = self.world.first_state()
        for past in range(week):
            self.world.run_week(self._state, past)

    @property
    def opening(self) -> State:
        """Where every policy starts: a copy."""
        return self._state.copy()

    def run(self, plan: Plan | None, weeks: int) -> Outcome:
        """Plays `weeks` weeks under a plan; None for the shop's own buyers.

        Raises:
            ValueError: The weeks reach past the world's end, or the plan asks for what cannot be.
        """
        if not 1 <= weeks <= self.world.config.weeks - self.week:
            end = self.world.config.weeks
            raise ValueError(f"{weeks} weeks from {self.week} on: at least 1, and none past the world's {end}")
        state = self.opening
        decisions = OWN
        if plan is not None:
            check(self.world, plan, self.week, weeks)
            launch_week = launches_of(self.world, plan, self.week)
            decisions = Decisions(
                launch_week=launch_week,
                is_planned=plan.is_planned,
                is_shown_by_plan=plan.is_planned[:, None] & (launch_week >= self.week),
                exposed=plan.exposed,
            )
            keep(state.stock, plan.kept)
            readdress(state.stock, self.week, plan.moved)
            _place(plan, state.stock)
        played = [self._play(state, week, decisions) for week in range(self.week, self.week + weeks)]
        return Outcome(*(np.stack(part) for part in zip(*played, strict=True)))

    def _play(self, state: State, week: int, decisions: Decisions) -> tuple[Ints | Floats, ...]:
        """One week's part of each field of the outcome."""
        truth = self.world.run_week(state, week, decisions).truth
        demanded, sold, refused, switched_in = (
            _spread(truth, units, self.world.launch_week.shape)
            for units in (truth.demanded, truth.sold, truth.refused, truth.switched_in)
        )
        price = self.world.offer(week, decisions).price
        return demanded, sold, refused, state.stock.shelf.copy(), switched_in, price, state.stock.warehouse.copy()


def _spread(truth: WeekTruth, units: Ints, shape: tuple[int, ...]) -> Ints:
    """(P, C) units, 0 for what was not on sale."""
    whole = np.zeros(shape, dtype=np.int64)
    whole[truth.product, truth.channel] = units
    return whole


def _place(plan: Plan, stock: Stock) -> None:
    """Puts a plan's orders on their way."""
    products, channels = stock.shelf.shape
    for week in np.unique(plan.order_week):
        units = np.zeros((products, channels + 1), dtype=np.int64)
        of_week = plan.order_week == week
        np.add.at(units, (plan.order_product[of_week], plan.order_channel[of_week]), plan.order_units[of_week])
        stock.order(int(week), units)
