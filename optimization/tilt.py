r"""What a solve maximises in place of expected profit: paths of unequal weight, a price on the fill rate, a worth of slots.

    maximise  Σ_s q_s·profit_s + π·(sold − φ·demanded) + Σ_i κ_i·slots_i,      q ≥ 0,  Σ_s q_s = 1,  π ≥ 0,  κ ≥ 0

sold and demanded are expected units, every path weighing the same. The second term is the Lagrangian of a least fill
rate φ: sold − φ·demanded ≥ 0. With sold = demanded − L it is π·(1 − φ)·demanded − π·L, so that every lost unit costs π
more, and lines stay apart. slots_i are the weeks in which a slot shows line i.

Lives here: the weights. Does not live here: what they are good for (`objectives.py`), the formulas of a plan's profit
under them (`options.py`, `model.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimization.instance import Floats


@dataclass(frozen=True)
class Tilt:
    """Weights of one solve.

    Args:
        path_weight: q, at least 0, summing to 1 (S).
        unit_worth: π, money a unit.
        fill: φ, from 0 to 1.
        slot_worth: κ, money a slot (n); nothing where it is empty.
    """

    path_weight: Floats
    unit_worth: float = 0.0
    fill: float = 0.0
    slot_worth: Floats = field(default_factory=lambda: np.zeros(0))

    def of_slots(self, line: NDArray[np.int64]) -> Floats:
        """κ of these lines (r)."""
        return self.slot_worth[line] if len(self.slot_worth) else np.zeros(len(line))

    def mean(self, by_path: NDArray[Any]) -> Floats:
        """Weighted mean over the paths, axis 1 of (r, S) or (r, S, T)."""
        return np.asarray(np.einsum("rs...,s->r...", by_path, self.path_weight))

    def arrays(self) -> dict[str, Any]:
        """The weights for `numpy.savez`."""
        fill = np.array([self.unit_worth, self.fill])
        return {"tilt_path_weight": self.path_weight, "tilt_fill": fill, "tilt_slot_worth": self.slot_worth}

    @classmethod
    def from_arrays(cls, arrays: dict[str, Any]) -> Tilt | None:
        """The tilt that `arrays` was taken from; None where there is none."""
        if "tilt_path_weight" not in arrays:
            return None
        unit_worth, fill = map(float, arrays["tilt_fill"])
        return cls(np.array(arrays["tilt_path_weight"]), unit_worth, fill, np.array(arrays["tilt_slot_worth"]))


def mean_of(tilt: Tilt | None, by_path: NDArray[Any]) -> Floats:
    """Mean over the paths, axis 1: the tilt's, else the plain one."""
    return np.asarray(by_path.mean(axis=1)) if tilt is None else tilt.mean(by_path)
