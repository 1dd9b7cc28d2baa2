"""A decision week's question and plan in the form of networks of locations, so that either solver can read it.

Each line becomes a product of its own at one location, its channel, since lines of a product may differ in price and
terms. Both forms share demand paths, prices, costs, packs, windows, budgets, launch caps, slots, storage and fill
floors. They differ in this:

- The network form knows no units on order: they count as on hand, and take storage, from the start.
- A launch takes from one substitute's demand instead of paying for up to five: the one that it takes most from, of
  those that fewer than two launches name yet.
- Nothing is mandatory there, and a launch without stock need not be ordered.
- Launches of a style are apart there.

Lives here: the way from one form to the other. Does not live here: files (`orchestration/plan_folders.py`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from optimization.effects import takes
from optimization.inputs import PlanInputs, without_effects
from optimization.instance import Floats, Ints, LaunchInstance, Plan
from optimization.limits import slots
from optimization.network.instance import MOST_EXPOSED_WEEKS, NOT_LAUNCHED, NetworkInstance, NetworkPlan
from optimization.slots import least_lift

_MOST_TAKERS = 2


def as_network(inputs: PlanInputs) -> NetworkInstance:
    """The week's question as a network: product i is line i of `from_frames`, location and channel its channel."""
    instance = without_effects(inputs)
    substitute, gamma = _largest_take(takes(inputs.cannibalisation, instance), instance)
    return replace(
        plain_network(instance, inputs.profile.currency),
        substitute=substitute,
        gamma=gamma,
        boost=np.where(instance.is_launch, least_lift(inputs.exposure_lift, instance) - 1.0, 0.0),
        slots=_slots(inputs, instance, np.unique(instance.channel)),
    )


def plain_network(instance: LaunchInstance, currency: str = "") -> NetworkInstance:
    """A question without launches' effects and slots as a network."""
    channels, place = np.unique(instance.channel, return_inverse=True)
    categories, category = np.unique(instance.category, return_inverse=True)
    every, shelf = np.arange(instance.n), instance.shelf
    volume = shelf.volume if len(shelf.volume) else np.ones(instance.n)
    capacity = np.full((len(channels), instance.weeks), _roomy(instance) * max(float(volume.max(initial=1.0)), 1.0))
    capacity[np.searchsorted(channels, shelf.storage_channel), shelf.storage_week] = shelf.storage
    floors = np.zeros(len(channels))
    floors[np.searchsorted(channels, shelf.floor_channel)] = shelf.fill_floor
    return NetworkInstance(
        currency=currency,
        product_id=every,
        category=category.astype(np.int64),
        capped=np.searchsorted(categories, instance.capped_categories).astype(np.int64),
        is_small_seller=np.zeros(instance.n, dtype=bool),
        is_new=instance.is_launch,
        substitute=np.full(instance.n, -1, dtype=np.int64),
        gamma=np.zeros(instance.n),
        unit_cost=instance.unit_cost,
        price=instance.price,
        salvage=instance.leftover_value,
        hold=instance.hold,
        penalty=instance.penalty,
        volume=volume,
        lead=instance.lead,
        pack=instance.pack,
        moq_packs=np.maximum(instance.moq_packs, 1),
        launch_cost=instance.launch_cost,
        boost=np.zeros(instance.n),
        window_start=instance.earliest,
        window_weeks=np.where(instance.is_launch, np.maximum(instance.latest - instance.earliest + 1, 0), 0),
        cell_product=every,
        cell_location=place.astype(np.int64),
        on_hand=instance.opening + instance.arrivals.sum(axis=1),
        demand=instance.demand.astype(np.int32),
        channel=np.arange(len(channels)),
        budgets=instance.budgets,
        capacity=capacity,
        slots=np.zeros((len(channels), instance.weeks)),
        launch_caps=instance.launch_caps.astype(np.float64),
        small_share=0.0,
        fill_floor=floors,
    )


def as_week_plan(instance: LaunchInstance, made: NetworkPlan) -> Plan:
    """A network's plan as the week's: launches that must have stock and are given none are called off."""
    _, place = np.unique(instance.channel, return_inverse=True)
    every = np.arange(instance.n)
    launch = np.where(instance.is_launch, made.launch_week[every, place], 0)
    is_bare = instance.needs_stock & ~(made.packs > 0).any(axis=1)
    shown = np.where(is_bare | ~instance.is_launch | (launch < 0), 0, made.exposed_weeks[every, place])
    return Plan(made.packs.astype(np.int64), np.where(is_bare, NOT_LAUNCHED, launch), shown.astype(np.int64))


def as_network_plan(instance: LaunchInstance, plan: Plan) -> NetworkPlan:
    """The plan in the network's form."""
    _, place = np.unique(instance.channel, return_inverse=True)
    shape = (instance.n, int(place.max(initial=0)) + 1)
    launch = np.full(shape, NOT_LAUNCHED, dtype=np.int64)
    exposed = np.zeros(shape, dtype=np.int64)
    at = np.flatnonzero(instance.is_launch & (plan.launch_week >= 0))
    launch[at, place[at]] = plan.launch_week[at]
    weeks = np.minimum(MOST_EXPOSED_WEEKS, instance.weeks - plan.launch_week[at])
    exposed[at, place[at]] = np.minimum(plan.shown[at], weeks)
    return NetworkPlan(plan.packs, launch, exposed)


def in_shared_form(instance: LaunchInstance) -> LaunchInstance:
    """The week's question with what is on order on hand, as the network form holds it."""
    opening = instance.opening + instance.arrivals.sum(axis=1)
    return replace(instance, opening=opening, arrivals=np.zeros_like(instance.arrivals))


def line_names(instance: LaunchInstance) -> pd.DataFrame:
    """One row per product of the network form: product, location, product_id, channel, category_1."""
    return pd.DataFrame(
        {
            "product": np.arange(instance.n),
            "location": np.unique(instance.channel, return_inverse=True)[1],
            "product_id": instance.product_id.astype(object),
            "channel": instance.channel.astype(object),
            "category_1": instance.category.astype(object),
        }
    )


def _largest_take(rows: pd.DataFrame, instance: LaunchInstance) -> tuple[Ints, Floats]:
    """Of each launch the one line that it takes from, -1 for none, and what it takes (n); no line has many takers."""
    substitute, gamma = np.full(instance.n, -1, dtype=np.int64), np.zeros(instance.n)
    takers = np.zeros(instance.n, dtype=np.int64)
    ranked = rows[rows["take"] > 0].sort_values(["take", "line", "other"], ascending=[False, True, True])
    for line, other, take in zip(ranked["line"], ranked["other"], ranked["take"], strict=True):
        if substitute[line] < 0 and takers[other] < _MOST_TAKERS:
            substitute[line], gamma[line] = other, take
            takers[other] += 1
    return substitute, gamma


def _roomy(instance: LaunchInstance) -> float:
    """Units that no plan can have in stock: everything there is, and all that all budgets can buy of the cheapest."""
    cheapest = float(instance.unit_cost[instance.unit_cost > 0].min(initial=np.inf))
    bought = float(instance.budgets.sum()) / cheapest if np.isfinite(cheapest) else 0.0
    wanted = float(
        instance.demand.sum(axis=2).max(axis=1, initial=0).sum() + (instance.pack * instance.moq_packs).sum()
    )
    return float(instance.opening.sum() + instance.arrivals.sum()) + bought + wanted + 1.0


def _slots(inputs: PlanInputs, instance: LaunchInstance, channels: np.ndarray) -> Floats:
    """Slots by channel and week (C, T)."""
    weeks = pd.Timestamp(instance.decision_week) + pd.to_timedelta(7 * np.arange(instance.weeks), unit="D")
    every = pd.MultiIndex.from_product([channels.astype(object), weeks], names=["channel", "week"])
    return slots(inputs, every.to_frame(index=False)).reshape(len(channels), instance.weeks)
