"""Where each shared limit stands in one vector of limits and prices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.instance import Floats, Ints
from optimization.network.instance import NetworkInstance


@dataclass(frozen=True)
class Rows:
    """Offsets of the families in the vector of R limits: budget, storage, slot, launch, fair, svc.

    Args:
        storage, slot, launch, fair, svc, count: Offsets, and R.
        limit: Right-hand sides (R); fairness and fill floors are written as uses of at most nothing.
        cap_of_product: Launch cap of each product, −1 for none (P).
    """

    storage: int
    slot: int
    launch: int
    fair: int
    svc: int
    count: int
    limit: Floats
    cap_of_product: Ints

    @classmethod
    def of(cls, instance: NetworkInstance) -> Rows:
        """The rows of an instance."""
        storage = instance.weeks
        slot = storage + instance.capacity.size
        launch = slot + instance.slots.size
        fair = launch + len(instance.launch_caps)
        svc = fair + 1
        limit = np.concatenate(
            [
                instance.budgets,
                instance.capacity.ravel(),
                np.floor(instance.slots.ravel() + 1e-9),
                np.floor(instance.launch_caps + 1e-9),
                np.zeros(1 + instance.channels),
            ]
        )
        return cls(storage, slot, launch, fair, svc, len(limit), limit, instance.cap_of_product)
