"""What a plan must do whatever it earns: mandatory launches with their smallest orders, week by week.

Lives here: the commitments of an instance, and the checks of single ones that need no solver. Does not live here:
whether they fit in the limits together (`elastic.py`), how that is said (`diagnose.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimization.instance import Floats, Ints, LaunchInstance
from optimization.styles import by_style


@dataclass(frozen=True)
class Commitments:
    """Mandatory launches, k of them.

    Args:
        line: Line of each (k).
        cost: Money of its smallest order; 0 where stock is there or comes without one (k).
        may_order: Weeks in which that order may be placed (k, T).
        cap: Launch cap that it draws on, -1 for none (k).
        first: First commitment of its style in its channel, itself where it has none (k).
    """

    line: Ints
    cost: Floats
    may_order: NDArray[np.bool_]
    cap: Ints
    first: Ints

    @property
    def is_shut(self) -> NDArray[np.bool_]:
        """Commitments that no week can serve, limits aside (k)."""
        return np.asarray(~self.may_order.any(axis=1))


def commitments(instance: LaunchInstance) -> Commitments:
    """The mandatory launches of an instance.

    An order placed in week w stocks a launch when it arrives within the horizon and not before the first week of the
    launch's window: a launch may wait on the shelf's opening, never on its own stock. One that needs no order is served
    in every week of an open window. Launches of a style, whose window is one, can each wait for the first of their orders
    to arrive; where one of them can never be served, none is.
    """
    line = np.flatnonzero(instance.is_mandatory)
    arrival = np.arange(instance.weeks)[None, :] + instance.lead[line][:, None]
    opens = instance.earliest[line] <= instance.latest[line]
    buys = instance.needs_stock[line]
    may_order = (arrival < instance.weeks) & (arrival >= instance.earliest[line][:, None])
    may_order = np.where(buys[:, None], may_order & ~instance.is_fixed[line], True) & opens[:, None]
    smallest = np.maximum(instance.moq_packs, 1) * instance.pack * instance.unit_cost
    _, at, style = np.unique(instance.leader[line], return_index=True, return_inverse=True)
    first = at[style]
    may_order &= ~(by_style(first, (~may_order.any(axis=1)).astype(float)) > 0)[:, None]
    return Commitments(line, np.where(buys, smallest[line], 0.0), may_order, instance.cap_of_line[line], first)


def smallest_launch(instance: LaunchInstance, held: Commitments, order_week: Ints) -> tuple[Ints, Ints]:
    """Packs by order week (n, T) and launch weeks (n) in which each commitment is served by its smallest order.

    Args:
        instance: The question.
        held: Its commitments.
        order_week: Week of each commitment's order, -1 for what is released (k).
    """
    packs = np.zeros((instance.n, instance.weeks), dtype=np.int64)
    launch = np.where(instance.is_launch, -1, 0)
    served = np.flatnonzero(order_week >= 0)
    line, week = held.line[served], order_week[served]
    buys = instance.needs_stock[line]
    packs[line[buys], week[buys]] = np.maximum(instance.moq_packs[line[buys]], 1)
    arrival = np.where(buys, week + instance.lead[line], instance.latest[line])
    own = np.minimum(instance.latest[line], np.maximum(arrival, instance.earliest[line]))
    earliest = np.full(len(held.line), instance.weeks)
    np.minimum.at(earliest, held.first[served], own)
    launch[line] = earliest[held.first[served]]
    return packs, launch
