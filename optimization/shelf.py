"""Limits on what lies on the shelf: storage by channel and week, and fill floors by channel. They may be none.

    Σ_{i in c} volume_i · mean end-of-week stock_{i,t} ≤ storage_{c,t}
    Σ_{i in c} (mean sold_i − fill_floor_c · mean demanded_i) ≥ 0

with means over the paths. Lives here: the limits, and what a plan that has been played uses and breaks of them. Does not live
here: what the solver makes of them (`shelf_use.py`), where they come from (`limits.py`).
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

    def places(self, weeks: Sequence[object]) -> list[tuple[str, str]]:
        """Kind and place of each limit, weeks called as told (K + F)."""
        where = zip(self.storage_channel.tolist(), self.storage_week.tolist(), strict=True)
        stored = [("storage", f"{channel} in week {weeks[week]}") for channel, week in where]
        return [*stored, *(("fill floor", channel) for channel in self.floor_channel.tolist())]

    def names(self, weeks: Sequence[object]) -> list[str]:
        """What each limit is called (K + F)."""
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
        """What each line takes of each limit: volume, and units that it lacks for a floor (n, K + F).

        Args:
            channel: Of each line (n).
            stock: Mean end-of-week stock (n, T).
            sold, demanded: Mean units (n).
        """
        found = np.zeros((len(channel), self.count))
        for k, (place, week) in enumerate(zip(self.storage_channel, self.storage_week, strict=True)):
            found[:, k] = np.where(channel == place, self.volume * stock[:, week], 0.0)
        for k, (place, least) in enumerate(zip(self.floor_channel, self.fill_floor, strict=True)):
            found[:, len(self.storage) + k] = np.where(channel == place, least * demanded - sold, 0.0)
        return found

    def excess(self, used: Floats) -> Floats:
        """By how much each limit is passed by more than rounding (K + F), given what lines use in all (K + F)."""
        over = used - self.limit
        return np.where(over > 1e-9 * self.limit + 1e-6, over, 0.0)

    def broken(self, used: Floats) -> Iterator[tuple[str, float]]:
        """Name, with weeks by number, and amount of every limit that is passed."""
        excess = self.excess(used)
        names = self.names(range(int(self.storage_week.max(initial=0)) + 1))
        for k in np.flatnonzero(excess).tolist():
            yield names[k], float(excess[k])
