"""Limits on what lies on the shelf: storage by channel and week, and fill floors by channel. They may be none.

    Σ_{i in c} volume_i · mean end-of-week stock_{i,t} ≤ storage_{c,t}
    Σ_{i in c} (mean sold_i − fill_floor_c · mean demanded_i) ≥ 0

with means over the paths. Lives here: the limits, and what a plan that has been played breaks of them. Does not live
here: what the solver makes of them (`shelf_use.py`), where they come from (`limits.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
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
    """K storage limits and F fill floors of a question of n lines; no channel and week, no channel, twice.

    Args:
        volume: Of a unit, in the unit of storage (n); may be empty where nothing limits storage.
        storage_channel, storage_week, storage: Where and in which week of the horizon how much fits (K).
        floor_channel, fill_floor: Where what share of expected demand must be sold, 0 to 1 (F).
    """

    volume: Floats = field(default_factory=_no_figure)
    storage_channel: NDArray[np.str_] = field(default_factory=_no_text)
    storage_week: Ints = field(default_factory=_no_week)
    storage: Floats = field(default_factory=_no_figure)
    floor_channel: NDArray[np.str_] = field(default_factory=_no_text)
    fill_floor: Floats = field(default_factory=_no_figure)

    def __post_init__(self) -> None:
        for name, least, most in (("volume", 0.0, np.inf), ("storage", 0.0, np.inf), ("fill_floor", 0.0, 1.0)):
            value = getattr(self, name)
            bad = ~(np.isfinite(value) & (value >= least) & (value <= most))
            if bad.any():
                at = int(np.argmax(bad))
                raise ValueError(
                    f"plan instance: {name} at position {at} is {value[at]}; give a number of at least 0"
                    + (" and at most 1" if most == 1 else "")
                )
        for each in fields(self):
            getattr(self, each.name).setflags(write=False)

    @property
    def count(self) -> int:
        """Limits in all, K + F."""
        return len(self.storage) + len(self.fill_floor)

    @property
    def limit(self) -> Floats:
        """Right-hand sides (K + F): what fits; a floor is a use of at most nothing."""
        return np.concatenate([self.storage, np.zeros(len(self.fill_floor))])

    @property
    def names(self) -> list[str]:
        """What each limit is called, weeks by number (K + F)."""
        places = zip(self.storage_channel.tolist(), self.storage_week.tolist(), strict=True)
        stored = [f"storage of {channel} in week {week}" for channel, week in places]
        return [*stored, *(f"fill floor of {channel}" for channel in self.floor_channel.tolist())]

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

    def over(self, channel: NDArray[np.str_], stock: Floats, sold: Floats, demanded: Floats) -> Floats:
        """By how much each limit is passed, below 0 what is left of it: volume, and units that a floor lacks (K + F).

        Args:
            channel: Of each line (n).
            stock: Mean end-of-week stock (n, T).
            sold, demanded: Mean units (n).
        """
        found = []
        for place, week, room in zip(self.storage_channel, self.storage_week, self.storage, strict=True):
            inside = channel == place
            found.append(float(self.volume[inside] @ stock[inside, week]) - float(room))
        for place, least in zip(self.floor_channel, self.fill_floor, strict=True):
            inside = channel == place
            found.append(float(least) * float(demanded[inside].sum()) - float(sold[inside].sum()))
        return np.array(found, dtype=np.float64)

    def broken(self, over: Floats) -> Iterator[tuple[str, float]]:
        """Name and amount of every limit that is passed by more than rounding."""
        for name, room, amount in zip(self.names, self.limit.tolist(), over.tolist(), strict=True):
            if amount > 1e-9 * room + 1e-6:
                yield name, amount
