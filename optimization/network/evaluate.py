"""What any plan of a network earns, and what it breaks, played week by week with no solver.

Shares no formula with the solver, so that agreement between the two means something.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.instance import Floats, Ints
from optimization.network.instance import MOST_EXPOSED_WEEKS, NOT_LAUNCHED, Demand, NetworkInstance, NetworkPlan

_WORST_SHARE = 0.1


@dataclass(frozen=True)
class Violation:
    """A limit that a plan breaks: its family, where, and by how much."""

    family: str
    place: str
    amount: float


@dataclass(frozen=True)
class NetworkEvaluation:
    """What a plan earns.

    Args:
        profit_by_scenario: Money (S).
        profit_by_cell: Mean money, launch costs left out (n).
        demanded, sold: Mean units by cell (n).
        stock: Mean end-of-week stock by cell, units (n, T).
        violations: Empty when the plan keeps every limit. Fill floors and capacities are of these scenarios.
    """

    profit_by_scenario: Floats
    profit_by_cell: Floats
    demanded: Floats
    sold: Floats
    stock: Floats
    violations: tuple[Violation, ...]

    @property
    def profit(self) -> float:
        """Mean profit over the scenarios."""
        return float(self.profit_by_scenario.mean())

    @property
    def worst_tenth(self) -> float:
        """CVaR: mean profit over the worst tenth of scenarios, at least one."""
        count = max(1, int(np.ceil(_WORST_SHARE * len(self.profit_by_scenario) - 1e-9)))
        return float(np.sort(self.profit_by_scenario)[:count].mean())

    @property
    def fill(self) -> float:
        """Share of expected demand that is met; 1 when nothing is demanded."""
        total = float(self.demanded.sum())
        return float(self.sold.sum()) / total if total else 1.0


def demand_in_force(instance: NetworkInstance, plan: NetworkPlan) -> Demand:
    """Units demanded by cell, scenario and calendar week under the plan's launches (n, S, T)."""
    own = _own_demand(instance, plan)
    taken = np.zeros_like(own)
    at = {(p, place): i for i, (p, place) in enumerate(zip(instance.cell_product, instance.cell_location, strict=True))}
    for i in np.flatnonzero(instance.substitute[instance.cell_product] >= 0).tolist():
        product = instance.cell_product[i]
        target = at.get((instance.substitute[product], instance.cell_location[i]))
        if target is not None:
            taken[target] += np.floor(instance.gamma[product] * own[i] + 0.5).astype(np.int32)
    return np.maximum(own - taken, 0)


def _own_demand(instance: NetworkInstance, plan: NetworkPlan) -> Demand:
    """Demand before substitution: of launches shifted to their week and lifted while exposed (n, S, T)."""
    demand = instance.demand.copy()
    product, weeks = instance.cell_product, instance.weeks
    for i in np.flatnonzero(instance.is_new[product]).tolist():
        week = int(plan.launch_week[product[i], instance.cell_channel[i]])
        demand[i] = 0
        if week == NOT_LAUNCHED:
            continue
        demand[i, :, week:] = instance.demand[i, :, : weeks - week]
        last = week + int(plan.exposed_weeks[product[i], instance.cell_channel[i]])
        lifted = demand[i, :, week:last] * (1.0 + instance.boost[product[i]]) + 0.5
        demand[i, :, week:last] = np.floor(lifted).astype(np.int32)
    return demand


def arrivals(instance: NetworkInstance, packs: Ints) -> Ints:
    """Units that arrive by cell and week (n, T); what would arrive after the horizon does not."""
    units, lead = packs * instance.pack[instance.cell_product][:, None], instance.lead[instance.cell_product]
    arriving = np.zeros_like(units)
    for wait in np.unique(lead).tolist():
        if wait < instance.weeks:
            arriving[lead == wait, wait:] = units[lead == wait, : instance.weeks - wait]
    return arriving


def evaluate(instance: NetworkInstance, plan: NetworkPlan) -> NetworkEvaluation:
    """Plays the plan on every scenario: arrivals, then sales of what is there; the rest is lost.

    Profit = price·sold + salvage·left − penalty·unmet − hold·Σ end-of-week stock − unit_cost·ordered
    − launch_cost·launches. Opening stock is not charged.
    """
    demand, arriving = demand_in_force(instance, plan), arrivals(instance, plan.packs)
    product = instance.cell_product
    stock = np.repeat(instance.on_hand[:, None].astype(np.int64), instance.scenarios, axis=1)
    sold, held, mean_stock = np.zeros_like(stock), np.zeros_like(stock), np.zeros((instance.cells, instance.weeks))
    for week in range(instance.weeks):
        stock = stock + arriving[:, week, None]
        sales = np.minimum(stock, demand[:, :, week])
        stock = stock - sales
        sold, held = sold + sales, held + stock
        mean_stock[:, week] = stock.mean(axis=1)
    wanted = demand.sum(axis=2)
    terms = {name: getattr(instance, name)[product][:, None] for name in ("price", "salvage", "penalty", "hold")}
    ordered = (instance.unit_cost * instance.pack)[product] * plan.packs.sum(axis=1)
    money = terms["price"] * sold + terms["salvage"] * stock - terms["penalty"] * (wanted - sold)
    money = money - terms["hold"] * held - ordered[:, None]
    launched = (plan.launch_week >= 0) & instance.is_new[:, None]
    fixed = float((launched * instance.launch_cost[:, None]).sum())
    demanded, mean_sold = wanted.mean(axis=1), sold.mean(axis=1)
    return NetworkEvaluation(
        money.sum(axis=0) - fixed,
        money.mean(axis=1),
        demanded,
        mean_sold,
        mean_stock,
        tuple(_limits(instance, plan, mean_stock, demanded, mean_sold) + _rules(instance, plan)),
    )


def _over(family: str, places: list[str], used: Floats, limit: Floats) -> list[Violation]:
    """Violations of one family of limits."""
    excess = used - limit
    broken = np.flatnonzero(excess > 1e-6 + 1e-9 * np.abs(limit))
    return [Violation(family, places[k], float(excess[k])) for k in broken.tolist()]


def _limits(
    instance: NetworkInstance, plan: NetworkPlan, stock: Floats, demanded: Floats, sold: Floats
) -> list[Violation]:
    """Limits that products share."""
    product, weeks = instance.cell_product, range(instance.weeks)
    money = (instance.unit_cost * instance.pack)[product][:, None] * plan.packs
    found = _over("budget", [f"week {w}" for w in weeks], money.sum(axis=0), instance.budgets)
    volume = np.zeros_like(instance.capacity)
    np.add.at(volume, instance.cell_location, instance.volume[product][:, None] * stock)
    places = [f"location {k}, week {w}" for k in range(len(volume)) for w in weeks]
    found += _over("storage", places, volume.ravel(), instance.capacity.ravel())
    used = slots_used(instance, plan)
    places = [f"channel {c}, week {w}" for c in range(instance.channels) for w in weeks]
    found += _over("slot", places, used.sum(axis=0).ravel().astype(np.float64), instance.slots.ravel())
    launched = ((plan.launch_week >= 0) & instance.is_new[:, None]).sum(axis=1)
    cap = instance.cap_of_product
    count = np.bincount(cap[cap >= 0], launched[cap >= 0], len(instance.launch_caps))
    found += _over("launch", [f"category {g}" for g in instance.capped], count.astype(np.float64), instance.launch_caps)
    small = used[instance.is_small_seller].sum()
    short = instance.small_share * used.sum() - small
    found += _over("fair", ["small sellers"], np.array([short]), np.zeros(1))
    by_channel = [np.bincount(instance.cell_channel, part, instance.channels) for part in (demanded, sold)]
    unmet = instance.fill_floor * by_channel[0] - by_channel[1]
    return found + _over("svc", [f"channel {c}" for c in range(instance.channels)], unmet, np.zeros(instance.channels))


def slots_used(instance: NetworkInstance, plan: NetworkPlan) -> Ints:
    """Slots used by product, channel and week (P, C, T)."""
    week = np.arange(instance.weeks)[None, None, :]
    start = plan.launch_week[:, :, None]
    used = (start >= 0) & (week >= start) & (week < start + plan.exposed_weeks[:, :, None])
    return used.astype(np.int64)


def _rules(instance: NetworkInstance, plan: NetworkPlan) -> list[Violation]:
    """Rules that hold for each order and launch on its own."""
    product, channel = instance.cell_product, instance.cell_channel
    name = [
        f"product {instance.product_id[p]}, location {k}" for p, k in zip(product, instance.cell_location, strict=True)
    ]
    ordered, start = plan.packs > 0, plan.launch_week[product, channel]
    arrival = np.arange(instance.weeks)[None, :] + instance.lead[product][:, None]
    is_new = instance.is_new[product]
    by_cell = {
        "negative order": (plan.packs < 0).any(axis=1),
        "order below its minimum": (ordered & (plan.packs < instance.moq_packs[product][:, None])).any(axis=1),
        "order arrives after the horizon": (ordered & (arrival >= instance.weeks)).any(axis=1),
        "order without a launch": is_new & (start < 0) & ordered.any(axis=1),
        "order arrives before the launch": is_new & (ordered & (arrival < start[:, None])).any(axis=1),
    }
    found = [Violation(what, name[i], 1.0) for what, broken in by_cell.items() for i in np.flatnonzero(broken).tolist()]
    first = instance.window_start[:, None]
    launched = plan.launch_week >= 0
    outside = (plan.launch_week < first) | (plan.launch_week >= first + instance.window_weeks[:, None])
    beyond = (plan.exposed_weeks > MOST_EXPOSED_WEEKS) | (plan.exposed_weeks < 0)
    beyond |= launched & (plan.launch_week + plan.exposed_weeks > instance.weeks)
    by_launch = {
        "launch outside its window": launched & (outside | (plan.launch_week >= instance.weeks)),
        "launch of an established product": launched & ~instance.is_new[:, None],
        "exposure of no launch": ~launched & (plan.exposed_weeks != 0),
        "exposure too long": beyond,
    }
    for what, broken in by_launch.items():
        for p, c in np.argwhere(broken).tolist():
            found.append(Violation(what, f"product {instance.product_id[p]}, channel {c}", 1.0))
    return found
