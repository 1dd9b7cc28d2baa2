"""The question of a whole network of locations, as frozen arrays, and a plan of it.

A cell is a product at a location. Lives here: `NetworkInstance`, `NetworkPlan`. Does not live here: files
(`orchestration/plan_folders.py`), what a plan earns (`evaluate.py`), the mathematics (`model.py`). The weekly plan's
own question, whose lines know neither locations nor exposure, is `optimization/instance.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimization.instance import Floats, Ints

Flags = NDArray[np.bool_]
Demand = NDArray[np.int32]
NOT_LAUNCHED = -1
MOST_EXPOSED_WEEKS = 2
_SIGNED = ("substitute", "salvage", "category")


@dataclass(frozen=True)
class NetworkInstance:
    """P products, n cells, S scenarios, T weeks, L locations, C channels, G launch caps.

    Args:
        currency: Of every amount of money.
        product_id: The file's number of each product (P), ascending.
        category, capped: Category of each product (P) and of each launch cap (G).
        is_small_seller, is_new: By product (P).
        substitute: Position of the product that a launch takes demand from, −1 for none (P).
        gamma: Share of a launch's demand that is its substitute's (P).
        unit_cost, price, salvage: Money a unit (P).
        hold: Money a unit and week (P).
        penalty: Money a unit unmet (P).
        volume: Of a unit (P).
        lead: Weeks from order to arrival (P).
        pack: Units in a pack (P).
        moq_packs: Smallest order in packs, when there is one (P).
        launch_cost: Money a launch in a channel costs (P).
        boost: Share by which an exposed week's demand is larger (P).
        window_start, window_weeks: First week of launch and weeks to choose from (P).
        cell_product, cell_location: Positions of each cell's product and location (n), sorted.
        on_hand: Units before week 0 (n).
        demand: Units by scenario and week; of a new product by weeks since launch (n, S, T).
        channel: Channel of each location (L).
        budgets: Money for orders placed in each week (T).
        capacity: Volume of mean end-of-week stock by location and week (L, T).
        slots: Exposure slots by channel and week (C, T).
        launch_caps: Product-channel launches by capped category (G).
        small_share: Share of used slots that small sellers get at least.
        fill_floor: Share of expected demand that is met at least, by channel (C).
    """

    currency: str
    product_id: Ints
    category: Ints
    capped: Ints
    is_small_seller: Flags
    is_new: Flags
    substitute: Ints
    gamma: Floats
    unit_cost: Floats
    price: Floats
    salvage: Floats
    hold: Floats
    penalty: Floats
    volume: Floats
    lead: Ints
    pack: Ints
    moq_packs: Ints
    launch_cost: Floats
    boost: Floats
    window_start: Ints
    window_weeks: Ints
    cell_product: Ints
    cell_location: Ints
    on_hand: Ints
    demand: Demand
    channel: Ints
    budgets: Floats
    capacity: Floats
    slots: Floats
    launch_caps: Floats
    small_share: float
    fill_floor: Floats

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, np.ndarray):
                continue
            bad = np.zeros(0, dtype=np.int64)
            if value.dtype.kind == "f":
                bad = np.flatnonzero(~np.isfinite(value))
            if value.dtype.kind in "fi" and field.name not in _SIGNED and not len(bad):
                bad = np.flatnonzero(value.ravel() < 0) if value.size and value.min() < 0 else bad
            if len(bad):
                where = tuple(int(k) for k in np.unravel_index(bad[0], value.shape))
                raise ValueError(f"plan instance: {field.name} at {where} is negative or no number; correct its row")
            value.setflags(write=False)
        self._check_products()

    def _check_products(self) -> None:
        """Terms that the mathematics rests on."""
        rules = {
            "has a pack of no unit; give it at least 1": self.pack < 1,
            "is worth more left over than it costs; lower its salvage": self.salvage > self.unit_cost + 1e-9,
            "is sold for less than what is left over is worth; lower its salvage or raise its price": (
                self.salvage > self.price + self.penalty + 1e-9
            ),
            "is its own substitute; name another, or -1": self.substitute == np.arange(len(self.substitute)),
        }
        for what, broken in rules.items():
            if broken.any():
                raise ValueError(f"plan instance: product {self.product_id[np.argmax(broken)]} {what}")

    @property
    def cells(self) -> int:
        """Products at locations."""
        return len(self.cell_product)

    @property
    def weeks(self) -> int:
        """Weeks of the horizon."""
        return int(self.demand.shape[2])

    @property
    def scenarios(self) -> int:
        """Sample paths of demand."""
        return int(self.demand.shape[1])

    @property
    def channels(self) -> int:
        """Channels."""
        return len(self.slots)

    @property
    def cell_channel(self) -> Ints:
        """Channel of each cell (n)."""
        return self.channel[self.cell_location]

    @property
    def cap_of_product(self) -> Ints:
        """Position of each product's launch cap, −1 when none holds (P)."""
        order = np.argsort(self.capped, kind="stable")
        if not len(order):
            return np.full(len(self.category), -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.capped[order], self.category), len(order) - 1)
        return np.where(self.capped[order][at] == self.category, order[at], -1)

    def with_demand(self, demand: Demand) -> NetworkInstance:
        """The same question with other scenarios of demand."""
        return replace(self, demand=demand)

    def arrays(self) -> dict[str, Any]:
        """Every field as an array, for `numpy.savez`."""
        return {field.name: np.asarray(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: dict[str, Any]) -> NetworkInstance:
        """The instance that `arrays` was taken from."""
        values = {field.name: np.array(arrays[field.name]) for field in fields(cls)}
        own = {"currency": str(values["currency"]), "small_share": float(values["small_share"])}
        return cls(**{**values, **own})  # type: ignore[arg-type]


@dataclass(frozen=True)
class NetworkPlan:
    """Decisions: packs by cell and order week (n, T), and launches of new products by channel.

    Args:
        packs: Packs ordered (n, T).
        launch_week: Week of launch by product and channel, −1 for none (P, C); −1 for established products.
        exposed_weeks: Weeks exposed from the launch on (P, C).
    """

    packs: Ints
    launch_week: Ints
    exposed_weeks: Ints

    @classmethod
    def empty(cls, instance: NetworkInstance) -> NetworkPlan:
        """Nothing ordered, nothing launched."""
        shape = (len(instance.product_id), instance.channels)
        return cls(
            np.zeros((instance.cells, instance.weeks), dtype=np.int64),
            np.full(shape, NOT_LAUNCHED, dtype=np.int64),
            np.zeros(shape, dtype=np.int64),
        )
