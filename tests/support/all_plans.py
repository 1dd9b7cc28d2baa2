"""Every plan of a question of two lines, and what each reaches: an independent way to the best of any aim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from support.small_questions import hand_demand, tiny_instance

from optimization.instance import LaunchInstance


def two_lines(seed: int, paths: int = 3, **changes: object) -> LaunchInstance:
    """An established line and a launch that compete for two budgets; only orders of weeks 0 and 1 can pay."""
    whole = tiny_instance(seed)
    demand = np.random.default_rng(seed).negative_binomial(2, 0.4, (4, paths, 4))
    fields = whole.arrays() | {"demand": demand, "budgets": np.array([25.0, 12.0, 0.0, 0.0])} | changes
    return LaunchInstance.from_arrays(fields).of_lines(np.array([0, 3]))


def two_launches(seed: int, paths: int = 3) -> LaunchInstance:
    """Two launches of two sellers that slots may show for two weeks, one at a time, in one channel; two budgets."""
    whole = tiny_instance(seed)
    random = np.random.default_rng([seed, 5])
    fields = whole.arrays() | {
        "demand": random.negative_binomial(2, 0.45, (4, paths, 4)),
        "budgets": np.array([20.0, 12.0, 0.0, 0.0]),
        "launch_caps": np.array([2]),
        "launch_cost": np.array([0.0, 0.0, 0.5, 1.0]),
        "latest": np.array([0, 0, 2, 3]),
        "slot_lift": np.array([1.0, 1.0, 1.6, 1.0]),
        "most_shown": np.array([0, 0, 2, 2]),
        "seller": np.array(["", "", "A", "B"]),
        "shelf_slot_channel": np.array(["s"] * 4),
        "shelf_slot_week": np.arange(4),
        "shelf_slots": np.ones(4),
    }
    return LaunchInstance.from_arrays(fields).of_lines(np.array([2, 3]))


@dataclass(frozen=True)
class AllPlans:
    """Profit by path of every pair of line plans within the limits, their expected units, and slots of each line
    (p, S), (p), (p), (p, 2)."""

    profit: np.ndarray
    sold: np.ndarray
    demanded: np.ndarray
    slots: np.ndarray

    def values(self, name: str) -> np.ndarray:
        """Every plan's value of an objective (p)."""
        if name == "profit":
            return self.profit.mean(axis=1)
        if name == "fill_rate":
            return np.where(self.demanded > 0, self.sold / np.maximum(self.demanded, 1e-12), 1.0)
        if name == "freshness":
            # Each of two launches may be shown for two weeks.
            return self.slots.sum(axis=1) / 4
        if name == "fairness":
            # Four slots of one week each, evenly two for each seller.
            return np.minimum(self.slots, 2).sum(axis=1) / 4
        worst = -(-self.profit.shape[1] // 10)
        return np.sort(self.profit, axis=1)[:, :worst].mean(axis=1)

    def weighed(self, weights: Mapping[str, float]) -> np.ndarray:
        """Every plan's weighted sum (p)."""
        return sum((w * self.values(name) for name, w in weights.items()), np.zeros(len(self.sold)))

    def best(self, weights: Mapping[str, float], floors: Mapping[str, float] | None = None) -> float:
        """Largest weighted sum of the plans that keep the floors."""
        kept = np.ones(len(self.sold), dtype=bool)
        for name, least in (floors or {}).items():
            kept &= self.values(name) >= least - 1e-7
        return float(self.weighed(weights)[kept].max())


def all_plans(instance: LaunchInstance, most: int = 8) -> AllPlans:
    """All pairs of line plans, sold unit by unit."""
    lines = [_line(instance, i, most) for i in range(instance.n)]
    one, other = (lines[0], lines[1])
    at, to = np.meshgrid(np.arange(len(one[0])), np.arange(len(other[0])), indexing="ij")
    at, to = at.ravel(), to.ravel()
    fits = (one[3][at] + other[3][to] <= instance.budgets + 1e-9).all(axis=1)
    fits &= one[4][at] + other[4][to] <= instance.launch_caps[0]
    for week, room in zip(instance.shelf.slot_week.tolist(), instance.shelf.slots.tolist(), strict=True):
        fits &= one[5][at, week] + other[5][to, week] <= room
    at, to = at[fits], to[fits]
    slots = np.stack([one[5].sum(axis=1)[at], other[5].sum(axis=1)[to]], axis=1)
    return AllPlans(one[0][at] + other[0][to], one[1][at] + other[1][to], one[2][at] + other[2][to], slots)


def _line(instance: LaunchInstance, i: int, most: int) -> tuple[np.ndarray, ...]:
    """Profit by path, units sold and demanded, money by week, launches and slots by week of every plan of one line."""
    lead, found = int(instance.lead[i]), []
    launches = range(int(instance.earliest[i]), int(instance.latest[i]) + 1) if instance.is_launch[i] else range(1)
    for launch in [*launches, *([-1] if instance.is_launch[i] else [])]:
        first = max(lead, launch) - lead
        spans = [
            range(most) if launch >= 0 and first <= w < instance.weeks - lead and instance.budgets[w] > 0 else range(1)
            for w in range(instance.weeks)
        ]
        for packs in product(*spans):
            if any(0 < p < instance.moq_packs[i] for p in packs):
                continue
            if launch >= 0 and instance.needs_stock[i] and not any(packs):
                continue
            longest = min(int(instance.most_shown[i]), instance.weeks - launch) if launch >= 0 else 0
            for shown in range(longest + 1):
                played = [_path(instance, i, s, (launch, shown), packs) for s in range(instance.paths)]
                spend = np.array(packs) * float(instance.pack[i] * instance.unit_cost[i])
                paid = spend.sum() + (float(instance.launch_cost[i]) if instance.is_launch[i] and launch >= 0 else 0.0)
                by_path = np.array([p[0] for p in played]) - paid
                units = np.mean([p[1:] for p in played], axis=0)
                given = np.array([int(launch <= week < launch + shown) for week in range(instance.weeks)])
                begun = int(instance.is_launch[i] and launch >= 0)
                found.append((by_path, units[0], units[1], spend, begun, given))
    return tuple(np.array([row[k] for row in found]) for k in range(6))


def _path(
    instance: LaunchInstance, i: int, path: int, begins: tuple[int, int], packs: tuple[int, ...]
) -> tuple[float, float, float]:
    """Money but for orders and launch, units sold, units wanted of one line on one path."""
    stock, money, sold, wanted = int(instance.opening[i]), 0.0, 0, 0
    for week in range(instance.weeks):
        stock += int(instance.arrivals[i, week])
        placed = week - int(instance.lead[i])
        stock += packs[placed] * int(instance.pack[i]) if placed >= 0 else 0
        asks = hand_demand(instance, i, path, week, begins)
        sells = min(stock, asks)
        stock, sold, wanted = stock - sells, sold + sells, wanted + asks
        money += sells * (instance.price[i] - instance.taken_worth[i]) - (asks - sells) * instance.penalty[i]
        money -= stock * instance.hold[i]
    return money + stock * instance.leftover_value[i], float(sold), float(wanted)
