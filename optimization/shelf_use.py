r"""What every option uses of the shelf's limits, and what their prices add to it: further coupling rows of `model.py`.

With Y_t and L_t as there, stock_{s,t} = Y_t − D_t + L_t, and a plan of line i uses

    of storage (c, t)      volume_i·E(Y_t − D_t + L_t)        of at most storage_{c,t}
    of a floor under c     E L_T − (1 − φ_c)·E D_T            of at most 0

so that under prices σ_{c,t} and π_c ≥ 0 a unit held costs volume_i·σ_{c,t} more in week t, a lost unit π_c more, and a
unit demanded brings π_c·(1 − φ_c): L is still only ever charged for, its relaxation from below still bounds every plan.

Lives here: uses and charges by option. Does not live here: the limits (`shelf.py`), the search for prices (`prices.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from optimization.instance import Floats, Ints, LaunchInstance

_NOISE = 1e-9


@dataclass(frozen=True)
class ShelfUse:
    """Uses of the K storage limits and F floors, of n lines and m options; K + F may be 0.

    Args:
        volume: Of a unit of each line, in the storage limits of its channel, 0 in others (n, K).
        week: Week of each storage limit (K).
        in_floor: Whether each line is under each floor (n, F).
        floor: φ (F).
        stock: E(Y_t − D_t + L_t) of each option without orders, where lost sales are those before any can arrive (m, T).
        lost, demanded: E of sales lost before any order can arrive, and of demand over the horizon (m).
        idle: What a line that does not launch uses (n, K + F).
    """

    volume: Floats
    week: Ints
    in_floor: Floats
    floor: Floats
    stock: Floats
    lost: Floats
    demanded: Floats
    idle: Floats

    @classmethod
    def of(
        cls,
        instance: LaunchInstance,
        line: Ints,
        first: Ints,
        paths: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]],
    ) -> ShelfUse:
        """Uses of these options.

        Args:
            instance: The question.
            line, first: Line, and first week in which an order can arrive, of every option (m).
            paths: Demand and sales lost without orders, summed through each week (m, S, T), and lost before `first` (m, S).
        """
        shelf = instance.shelf
        volume = np.zeros((instance.n, len(shelf.storage)))
        if len(shelf.storage):
            inside = instance.channel[:, None] == shelf.storage_channel[None, :]
            volume = np.where(inside, shelf.volume[:, None], 0.0)
        in_floor = (instance.channel[:, None] == shelf.floor_channel[None, :]).astype(np.float64)
        if not shelf.count:
            none = np.zeros(0)
            empty = np.zeros((len(line), 0)), none, none, np.zeros((instance.n, 0))
            return cls(volume, shelf.storage_week, in_floor, shelf.fill_floor, *empty)
        cum, early, known = paths
        given = (instance.opening[:, None] + np.cumsum(instance.arrivals, axis=1)).astype(np.float64)
        before = np.arange(instance.weeks)[None, :] < first[:, None]
        mean, lost = cum.mean(axis=1), known.mean(axis=1)
        stock = given[line] - mean + np.where(before, early.mean(axis=1), lost[:, None])
        idle = np.hstack([given[:, shelf.storage_week] * volume, np.zeros_like(in_floor)])
        return cls(volume, shelf.storage_week, in_floor, shelf.fill_floor, stock, lost, mean[:, -1], idle)

    @property
    def count(self) -> int:
        """Limits, K + F."""
        return len(self.week) + len(self.floor)

    def take(self, rows: Ints) -> ShelfUse:
        """Of these options."""
        if not self.count:
            return self
        return replace(self, stock=self.stock[rows], lost=self.lost[rows], demanded=self.demanded[rows])

    def used(self, line: Ints, rows: Ints, arrived: Ints, lost: Floats) -> Floats:
        """Use of every limit by options of these lines under orders (r, K + F).

        Args:
            line, rows: Lines, and positions of their options (r).
            arrived: Units of orders that have arrived, summed through each week (r, T).
            lost: Mean sales lost since orders can arrive, summed through each week (r, T).
        """
        stock = self.stock[rows] + arrived + lost
        short = (self.lost[rows] + lost[:, -1])[:, None] - (1.0 - self.floor) * self.demanded[rows][:, None]
        return without_noise(np.hstack([stock[:, self.week] * self.volume[line], short * self.in_floor[line]]))

    def charge(self, line: Ints, price: Floats, weeks: int) -> Charge | None:
        """What these prices (K + F) add to the options of these lines (m); None where nothing is limited."""
        if not self.count:
            return None
        storage, floor = price[: len(self.week)], price[len(self.week) :]
        in_week = (self.week[:, None] == np.arange(weeks)[None, :]).astype(np.float64)
        hold = (self.volume * storage) @ in_week
        worth = self.in_floor @ floor
        wanted = self.in_floor @ (floor * (1.0 - self.floor))
        fixed = wanted[line] * self.demanded - worth[line] * self.lost - (hold[line] * self.stock).sum(axis=1)
        return Charge(hold, worth, fixed)

    def may_gain(self, given: Ints) -> NDArray[np.bool_]:
        """Lines for which prices of these limits may make a launch better than none (n).

        A launch counts towards its channel's floor, and sells what is in store (units on hand and on order: `given`).
        """
        return np.asarray(self.in_floor.any(axis=1) | (self.volume.any(axis=1) & (given > 0)))


def without_noise(used: Floats) -> Floats:
    """Uses that are nothing but rounding are nothing: linear programmes suffer from coefficients of 1e-16."""
    return np.where(np.abs(used) < _NOISE, 0.0, used)


@dataclass(frozen=True)
class Charge:
    """What prices of the shelf's limits add.

    Args:
        hold: Money a unit held costs more, by line and week (n, T).
        worth: Money a lost unit costs more (n).
        fixed: Money that each option earns whatever is ordered (m).
    """

    hold: Floats
    worth: Floats
    fixed: Floats
