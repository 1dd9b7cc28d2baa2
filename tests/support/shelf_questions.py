"""Small questions with storage and fill floors, and the best of all their plans, found by writing every plan down."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from support.small_questions import LinePlan, hand_demand, tiny_instance, told_plans

from optimization.instance import LaunchInstance
from optimization.shelf import ShelfLimits

Floats = NDArray[np.float64]
CHANNELS = ("s", "t", "s", "t")


def two_channels(seed: int, **changes: object) -> LaunchInstance:
    """The tiny question with an established line and a launch in each of two channels, volumes that differ."""
    return tiny_instance(seed, **({"channel": np.array(CHANNELS)} | changes))


def limited(
    instance: LaunchInstance, storage: dict[tuple[str, int], float], floors: dict[str, float]
) -> LaunchInstance:
    """The question under storage by channel and week, and fill floors by channel."""
    shelf = ShelfLimits(
        volume=np.array([1.0, 2.0, 0.5, 1.5])[: instance.n],
        storage_channel=np.array([channel for channel, _ in storage], dtype=np.str_),
        storage_week=np.array([week for _, week in storage], dtype=np.int64),
        storage=np.array(list(storage.values()), dtype=np.float64),
        floor_channel=np.array(list(floors), dtype=np.str_),
        fill_floor=np.array(list(floors.values()), dtype=np.float64),
    )
    return replace(instance, shelf=shelf)


def shelf_of_line(instance: LaunchInstance, i: int, plan: LinePlan) -> list[float]:
    """What a line's plan uses of every limit of the shelf, unit by unit and week by week."""
    shelf, packs = instance.shelf, plan.packs
    stock_after, sold_in_all, wanted_in_all = np.zeros(instance.weeks), 0.0, 0.0
    for path in range(instance.paths):
        stock = int(instance.opening[i])
        for week in range(instance.weeks):
            stock += int(instance.arrivals[i, week])
            placed = week - int(instance.lead[i])
            if placed >= 0:
                stock += packs[placed] * int(instance.pack[i])
            wanted = hand_demand(instance, i, path, week, (plan.launch, plan.shown))
            sold = min(stock, wanted)
            stock -= sold
            stock_after[week] += stock / instance.paths
            sold_in_all += sold / instance.paths
            wanted_in_all += wanted / instance.paths
    used = [
        shelf.volume[i] * stock_after[week] if channel == instance.channel[i] else 0.0
        for channel, week in zip(shelf.storage_channel, shelf.storage_week, strict=True)
    ]
    used += [
        least * wanted_in_all - sold_in_all if channel == instance.channel[i] else 0.0
        for channel, least in zip(shelf.floor_channel, shelf.fill_floor, strict=True)
    ]
    in_slot = range(plan.launch, plan.launch + plan.shown) if plan.launch >= 0 else range(0)
    used += [
        float(channel == instance.channel[i] and week in in_slot)
        for channel, week in zip(shelf.slot_channel, shelf.slot_week, strict=True)
    ]
    return used + [
        (share - (seller == instance.seller[i])) * len(in_slot) if channel in ("", instance.channel[i]) else 0.0
        for seller, channel, share in zip(shelf.share_seller, shelf.share_channel, shelf.seller_share, strict=True)
    ]


def best_of_all(instance: LaunchInstance, most: int = 7) -> float:
    """Best profit of all combinations of all lines' plans within every limit; minus infinity where none is."""
    shelf = instance.shelf
    room = np.concatenate([instance.budgets, instance.launch_caps, shelf.limit]) + 1e-6
    # Floors and shares may be lacking until the last line is in.
    sizes = instance.weeks + len(instance.launch_caps) + len(shelf.storage), len(shelf.fill_floor), len(shelf.slots)
    grows = np.flatnonzero(np.repeat([True, False, True, False], [*sizes, len(shelf.seller_share)]))
    profit, used = np.zeros(1), np.zeros((1, len(room)))
    for i in range(instance.n):
        own, use = _plans(instance, i, most)
        profit = (profit[:, None] + own[None, :]).ravel()
        used = (used[:, None, :] + use[None, :, :]).reshape(len(profit), len(room))
        within = (used[:, grows] <= room[grows]).all(axis=1)
        profit, used = profit[within], used[within]
    kept = (used <= room).all(axis=1)
    return float(profit[kept].max(initial=-np.inf))


def _plans(instance: LaunchInstance, i: int, most: int) -> tuple[Floats, Floats]:
    """Profit of every plan of a line, and what it uses of every limit; the tiny question's launches are of one category."""
    profits, uses = [], []
    for plan in told_plans(instance, i, most):
        money = [p * float(instance.pack[i] * instance.unit_cost[i]) for p in plan.packs]
        launches = int(instance.is_launch[i] and plan.launch >= 0)
        profits.append(plan.profit)
        uses.append([*money, launches, *shelf_of_line(instance, i, plan)])
    return np.array(profits), np.array(uses)
