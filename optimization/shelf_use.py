r"""What every option uses of the shelf's limits, and what their prices add to it: further coupling rows of `model.py`.

With Y_t and L_t as there, stock_{s,t} = Y_t − D_t + L_t, and a plan of line i uses

    of storage (c, t)      volume_i·E(Y_t − D_t + L_t)        of at most storage_{c,t}
    of a floor under c     E L_T − (1 − φ_c)·E D_T            of at most 0
    of slots (c, t)        1 if a slot shows it in week t     of at most slots_{c,t}
    of seller q's share    (share_q − 1[i of q])·slots        of at most 0

so that under prices σ_{c,t} and π_c ≥ 0 a unit held costs volume_i·σ_{c,t} more in week t, a lost unit π_c more, and a
unit demanded brings π_c·(1 − φ_c): L is still only ever charged for, its relaxation from below still bounds every plan.
Whatever is ordered, an option takes the same slots: their prices are a sum of money by option.

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
    """Uses of the K storage limits, F floors, J limits of slots and Q shares, of n lines and m options; all may be 0.

    Args:
        volume: Of a unit of each line, in the storage limits of its channel, 0 in others (n, K).
        week: Week of each storage limit (K).
        in_floor: Whether each line is under each floor (n, F).
        floor: φ (F).
        stock: E(Y_t − D_t + L_t) of each option without orders, where lost sales are those before any can arrive (m, T).
        lost, demanded: E of sales lost before any order can arrive, and of demand over the horizon (m).
        shown: What each option takes of slots and shares (m, J + Q).
        idle: What a line that does not launch uses (n, R).
        may_relieve: Whether a launch of each line may help another limit: shown, it adds to its seller's share (n).
    """

    volume: Floats
    week: Ints
    in_floor: Floats
    floor: Floats
    stock: Floats
    lost: Floats
    demanded: Floats
    shown: Floats
    idle: Floats
    may_relieve: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        instance: LaunchInstance,
        line: Ints,
        first: Ints,
        paths: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]],
        given: Ints,
    ) -> ShelfUse:
        """Uses of these options.

        Args:
            instance: The question.
            line, first: Line, and first week in which an order can arrive, of every option (m).
            paths: Demand and sales lost without orders, summed through each week (m, S, T), and lost before `first` (m, S).
            given: Slots of every option by week (m, T).
        """
        shelf = instance.shelf
        volume = np.zeros((instance.n, len(shelf.storage)))
        if len(shelf.storage):
            inside = instance.channel[:, None] == shelf.storage_channel[None, :]
            volume = np.where(inside, shelf.volume[:, None], 0.0)
        in_floor = (instance.channel[:, None] == shelf.floor_channel[None, :]).astype(np.float64)
        shown = shelf.slots_used(instance.channel[line], instance.seller[line], given)
        may_relieve = np.zeros(instance.n, dtype=bool)
        may_relieve[line[(shown < 0).any(axis=1)]] = True
        of_slots = np.zeros((instance.n, shown.shape[1]))
        if not shelf.stocked:
            none = np.zeros(0)
            empty = np.zeros((len(line), 0)), none, none, shown, of_slots
            return cls(volume, shelf.storage_week, in_floor, shelf.fill_floor, *empty, may_relieve)
        cum, early, known = paths
        on_hand = (instance.opening[:, None] + np.cumsum(instance.arrivals, axis=1)).astype(np.float64)
        before = np.arange(instance.weeks)[None, :] < first[:, None]
        mean, lost = cum.mean(axis=1), known.mean(axis=1)
        stock = on_hand[line] - mean + np.where(before, early.mean(axis=1), lost[:, None])
        idle = np.hstack([on_hand[:, shelf.storage_week] * volume, np.zeros_like(in_floor), of_slots])
        by_option = stock, lost, mean[:, -1], shown, idle
        return cls(volume, shelf.storage_week, in_floor, shelf.fill_floor, *by_option, may_relieve)

    @property
    def stocked(self) -> int:
        """Limits that orders bear on, K + F."""
        return len(self.week) + len(self.floor)

    @property
    def count(self) -> int:
        """Limits, R = K + F + J + Q."""
        return self.stocked + self.shown.shape[1]

    def take(self, rows: Ints) -> ShelfUse:
        """Of these options."""
        shown = replace(self, shown=self.shown[rows])
        if not self.stocked:
            return shown
        return replace(shown, stock=self.stock[rows], lost=self.lost[rows], demanded=self.demanded[rows])

    def used(self, line: Ints, rows: Ints, arrived: Ints, lost: Floats) -> Floats:
        """Use of every limit by options of these lines under orders (r, R).

        Args:
            line, rows: Lines, and positions of their options (r).
            arrived: Units of orders that have arrived, summed through each week (r, T).
            lost: Mean sales lost since orders can arrive, summed through each week (r, T); of no limit that orders bear on,
                not looked at.
        """
        if not self.stocked:
            return self.shown[rows]
        stock = self.stock[rows] + arrived + lost
        short = (self.lost[rows] + lost[:, -1])[:, None] - (1.0 - self.floor) * self.demanded[rows][:, None]
        stocked = np.hstack([stock[:, self.week] * self.volume[line], short * self.in_floor[line]])
        return np.hstack([without_noise(stocked), self.shown[rows]])

    def charge(self, price: Floats, weeks: int) -> Charge | None:
        """What these prices (R) add to a unit held or lost; None where orders bear on no limit."""
        if not self.stocked:
            return None
        in_week = (self.week[:, None] == np.arange(weeks)[None, :]).astype(np.float64)
        storage, floor = price[: len(self.week)], price[len(self.week) : self.stocked]
        return Charge((self.volume * storage) @ in_week, self.in_floor @ floor)

    def fixed(self, line: Ints, price: Floats, charge: Charge | None) -> Floats:
        """Money that each option earns under these prices (R) whatever is ordered; less what its slots cost (m)."""
        shown = -(self.shown @ price[self.stocked :])
        if charge is None:
            return np.asarray(shown)
        floor = price[len(self.week) : self.stocked]
        wanted = self.in_floor @ (floor * (1.0 - self.floor))
        unordered = charge.worth[line] * self.lost + (charge.hold[line] * self.stock).sum(axis=1)
        return np.asarray(shown + wanted[line] * self.demanded - unordered)

    def may_gain(self, given: Ints) -> NDArray[np.bool_]:
        """Lines for which prices of these limits may make a launch better than none (n).

        A launch counts towards its channel's floor, sells what is in store (units on hand and on order: `given`), and where a
        slot shows it adds to its seller's share.
        """
        stored = self.volume.any(axis=1) & (given > 0)
        return np.asarray(self.in_floor.any(axis=1) | stored | self.may_relieve)


def without_noise(used: Floats) -> Floats:
    """Uses that are nothing but rounding are nothing: linear programmes suffer from coefficients of 1e-16."""
    return np.where(np.abs(used) < _NOISE, 0.0, used)


@dataclass(frozen=True)
class Charge:
    """What prices of storage and floors add to a unit.

    Args:
        hold: Money a unit held costs more, by line and week (n, T).
        worth: Money a lost unit costs more (n).
    """

    hold: Floats
    worth: Floats
