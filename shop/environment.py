"""The same world under other decisions: what would have been sold, left and refused.

Every policy meets the same draws (`streams.py`), so that what differs between two outcomes is the policies' doing.
Under the buyers' own decisions the environment is the history, to the unit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from shop.config import ShopConfig
from shop.parts import Bools, Ints
from shop.world import OWN, Decisions, State, World


@dataclass(frozen=True)
class Plan:
    """What a policy decides from a Monday on; entries are one order or launch each.

    Args:
        order_product, order_channel, order_week, order_units: Units that reach a channel's shelf on the Monday of
            `order_week`.
        launch_product, launch_channel, launch_week: Launches; a candidate without one is not launched.
        exposed: By week, (P, C) whether the product gets a placement there.
        is_planned: (P,) products whose orders are the plan's alone; the buyers go on ordering the others.
    """

    order_product: Ints
    order_channel: Ints
    order_week: Ints
    order_units: Ints
    launch_product: Ints
    launch_channel: Ints
    launch_week: Ints
    exposed: dict[int, Bools]
    is_planned: Bools


@dataclass(frozen=True)
class Outcome:
    """What came of it, each (weeks, P, C): units demanded, sold, refused, and left on the shelf at the week's end."""

    demanded: Ints
    sold: Ints
    refused: Ints
    left: Ints


class Environment:
    """A world that waits on the Monday of one week for somebody's decisions.

    >>> from shop.config import tiny
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
            ValueError: The weeks reach past the world's end, or an order falls outside them.
        """
        if self.week + weeks > self.world.config.weeks:
            raise ValueError(f"{weeks} weeks from {self.week} on reach past the world's {self.world.config.weeks}")
        state = self.opening
        decisions = OWN if plan is None else self._decisions(plan)
        if plan is not None:
            self._place(plan, state, weeks)
        demanded: list[Ints] = []
        sold: list[Ints] = []
        refused: list[Ints] = []
        left: list[Ints] = []
        shape = self.world.launch_week.shape
        for week in range(self.week, self.week + weeks):
            truth = self.world.run_week(state, week, decisions).truth
            for record, units in ((demanded, truth.demanded), (sold, truth.sold), (refused, truth.refused)):
                whole = np.zeros(shape, dtype=np.int64)
                whole[truth.product, truth.channel] = units
                record.append(whole)
            left.append(state.stock.shelf.copy())
        return Outcome(np.stack(demanded), np.stack(sold), np.stack(refused), np.stack(left))

    def _decisions(self, plan: Plan) -> Decisions:
        launch_week = self.world.launch_week.copy()
        launch_week[launch_week >= self.week] = 1 << 30
        launch_week[plan.launch_product, plan.launch_channel] = plan.launch_week
        return replace(OWN, launch_week=launch_week, is_planned=plan.is_planned, exposed=plan.exposed)

    def _place(self, plan: Plan, state: State, weeks: int) -> None:
        late = (plan.order_week < self.week) | (plan.order_week >= self.week + weeks)
        if late.any():
            raise ValueError(
                f"{late.sum()} orders arrive outside weeks {self.week} to {self.week + weeks - 1}; "
                f"the first in week {plan.order_week[late][0]}"
            )
        products, channels = state.stock.shelf.shape
        for week in np.unique(plan.order_week):
            units = np.zeros((products, channels + 1), dtype=np.int64)
            of_week = plan.order_week == week
            at = (plan.order_product[of_week], plan.order_channel[of_week])
            np.add.at(units, at, plan.order_units[of_week])
            state.stock.order(int(week), units)
