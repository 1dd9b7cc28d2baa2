"""Limits on what lies on the shelf, and on its places: any of them may be none.

    storage       Σ_{i in c} volume_i · mean end-of-week stock_{i,t} ≤ storage_{c,t}
    fill floor    Σ_{i in c} (mean sold_i − fill_floor_c · mean demanded_i) ≥ 0
    slots         Σ_{i in c} given_{i,t} ≤ slots_{c,t}
    seller share  Σ_{i of q in c} Σ_t given_{i,t} ≥ share_{q,c} · Σ_{i in c} Σ_t given_{i,t}

with means over the paths, and given_{i,t} = 1 where a launch is shown in an exposure slot in week t. Lives here: the limits,
and what a plan that has been played uses and breaks of them. Does not live here: what the solver makes of them
(`shelf_use.py`), where they come from (`limits.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def _no_text() -> NDArray[np.str_]:
    return np.zeros(0, dtype="<U1")


def _no_figure() -> Floats:
    return np.zeros(0)


def _no_week() -> Ints:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class ShelfLimits:
    """K storage limits, F fill floors, J limits of slots and Q shares of sellers in a question of n lines; no place twice.

    Args:
        volume: Of a unit, in the unit of storage (n); may be empty where nothing limits storage.
        storage_channel, storage_week, storage: Where and in which week of the horizon how much fits (K).
        floor_channel, fill_floor: Where what share of expected demand must be sold, 0 to 1 (F).
        slot_channel, slot_week, slots: Where and in which week how many launches can be shown (J).
        share_seller, share_channel, seller_share: Whose launches get what share of the slots that are given, at least, 0 to
            1, in which channel, '' for all of them together (Q).
    """

    volume: Floats = field(default_factory=_no_figure)
    storage_channel: NDArray[np.str_] = field(default_factory=_no_text)
    storage_week: Ints = field(default_factory=_no_week)
    storage: Floats = field(default_factory=_no_figure)
    floor_channel: NDArray[np.str_] = field(default_factory=_no_text)
    fill_floor: Floats = field(default_factory=_no_figure)
    slot_channel: NDArray[np.str_] = field(default_factory=_no_text)
    slot_week: Ints = field(default_factory=_no_week)
    slots: Floats = field(default_factory=_no_figure)
    share_seller: NDArray[np.str_] = field(default_factory=_no_text)
    share_channel: NDArray[np.str_] = field(default_factory=_no_text)
    seller_share: Floats = field(default_factory=_no_figure)

    def __post_init__(self) -> None:
        largest = {"volume": np.inf, "storage": np.inf, "fill_floor": 1.0, "slots": np.inf, "seller_share": 1.0}
        for name, most in largest.items():
            value = getattr(self, name)
            bad = ~(np.isfinite(value) & (value >= 0.0) & (value <= most))
            if bad.any():
                at = int(np.argmax(bad))
                raise ValueError(
                    f"plan instance: {name} at position {at} is {value[at]}; give a number of at least 0"
                    + (" and at most 1" if most == 1 else "")
                )
        for each in fields(self):
            getattr(self, each.name).setflags(write=False)

    @property
    def stocked(self) -> int:
        """Limits that orders bear on, K + F."""
        return len(self.storage) + len(self.fill_floor)

    @property
    def count(self) -> int:
        """Limits in all, R = K + F + J + Q."""
        return self.stocked + len(self.slots) + len(self.seller_share)

    @property
    def limit(self) -> Floats:
        """Right-hand sides (R): what fits; floors and shares are uses of at most nothing."""
        floors, shares = np.zeros(len(self.fill_floor)), np.zeros(len(self.seller_share))
        return np.concatenate([self.storage, floors, self.slots, shares])

    @property
    def without_slots(self) -> ShelfLimits:
        """The limits on what lies there alone."""
        return ShelfLimits(
            self.volume, self.storage_channel, self.storage_week, self.storage, self.floor_channel, self.fill_floor
        )

    def places(self, weeks: Sequence[object]) -> list[tuple[str, str]]:
        """Kind and place of each limit, weeks called as told (R)."""
        stored, shown = (
            [f"{channel} in week {weeks[week]}" for channel, week in zip(of.tolist(), when.tolist(), strict=True)]
            for of, when in ((self.storage_channel, self.storage_week), (self.slot_channel, self.slot_week))
        )
        shares = [
            f"{seller} in {channel}" if channel else str(seller)
            for seller, channel in zip(self.share_seller.tolist(), self.share_channel.tolist(), strict=True)
        ]
        return [
            *(("storage", place) for place in stored),
            *(("fill floor", channel) for channel in self.floor_channel.tolist()),
            *(("slots", place) for place in shown),
            *(("seller share", place) for place in shares),
        ]

    def names(self, weeks: Sequence[object]) -> list[str]:
        """What each limit is called (R)."""
        return [f"{kind} of {place}" for kind, place in self.places(weeks)]

    def of_lines(self, line: Ints) -> ShelfLimits:
        """The same limits, for these lines."""
        return replace(self, volume=self.volume[line]) if len(self.volume) else self

    def arrays(self) -> dict[str, Any]:
        """Every field as an array, for `numpy.savez`."""
        return {f"shelf_{each.name}": getattr(self, each.name) for each in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: dict[str, Any]) -> ShelfLimits:
        """The limits that `arrays` was taken from."""
        return cls(**{each.name: np.array(arrays[f"shelf_{each.name}"]) for each in fields(cls)})

    def used(self, channel: NDArray[np.str_], stock: Floats, sold: Floats, demanded: Floats) -> Floats:
        """What each line takes of storage, volume, and of fill floors, units that it lacks for them (n, K + F).

        Args:
            channel: Of each line (n).
            stock: Mean end-of-week stock (n, T).
            sold, demanded: Mean units (n).
        """
        found = np.zeros((len(channel), self.stocked))
        for k, (place, week) in enumerate(zip(self.storage_channel, self.storage_week, strict=True)):
            found[:, k] = np.where(channel == place, self.volume * stock[:, week], 0.0)
        for k, (place, least) in enumerate(zip(self.floor_channel, self.fill_floor, strict=True)):
            found[:, len(self.storage) + k] = np.where(channel == place, least * demanded - sold, 0.0)
        return found

    def slots_used(self, channel: NDArray[np.str_], seller: NDArray[np.str_], given: Ints) -> Floats:
        """What lines take of slots, and of shares, slots of others that these allow no more of (n, J + Q).

        Args:
            channel, seller: Of each line (n).
            given: Slots by line and week (n, T).
        """
        found = np.zeros((len(channel), len(self.slots) + len(self.seller_share)))
        for j, (place, week) in enumerate(zip(self.slot_channel, self.slot_week, strict=True)):
            found[:, j] = np.where(channel == place, given[:, week], 0.0)
        for q, (who, place, share) in enumerate(
            zip(self.share_seller, self.share_channel, self.seller_share, strict=True)
        ):
            inside = (channel == place) | (place == "")
            found[:, len(self.slots) + q] = np.where(inside, (share - (seller == who)) * given.sum(axis=1), 0.0)
        return found

    def excess(self, used: Floats) -> Floats:
        """By how much each limit is passed by more than rounding (R), given what lines use in all (R)."""
        over = used - self.limit
        return np.where(over > 1e-9 * self.limit + 1e-6, over, 0.0)

    def broken(self, used: Floats) -> Iterator[tuple[str, float]]:
        """Name, with weeks by number, and amount of every limit that is passed."""
        excess = self.excess(used)
        last = max(int(self.storage_week.max(initial=0)), int(self.slot_week.max(initial=0)))
        names = self.names(range(last + 1))
        for k in np.flatnonzero(excess).tolist():
            yield names[k], float(excess[k])
