"""The question: one frozen set of arrays, and what any plan of it earns, added up with no solver.

Lives here: `LaunchInstance`, `Plan`, `Evaluation`. Does not live here: frames (`inputs.py`, `plan.py`), weeks (`playing.py`),
the mathematics of solving (`model.py`). `evaluate` plays the weeks one by one and shares no formula with the
solver, so that agreement between the two means something.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimization.change import by_arrival, change_cost, unheld
from optimization.playing import Played, play
from optimization.shelf import ShelfLimits
from optimization.violations import broken

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
NOT_LAUNCHED = -1
_NOT_BY_LINE = ("decision_week", "budgets", "capped_categories", "launch_caps", "shelf")


@dataclass(frozen=True)
class LaunchInstance:
    """One decision week's question. n lines (product-channels), S paths, T weeks, G capped categories.

    Args:
        decision_week: ISO date of week 0's Monday.
        product_id, channel, category: Labels of the lines (n).
        is_launch: Whether the line is a launch candidate (n).
        is_mandatory: Whether it must launch within the horizon (n).
        demand: Units by path and week; of a launch, by weeks since its launch (n, S, T).
        price, unit_cost: Money a unit (n).
        leftover_value: Money a unit left at the end is worth (n).
        hold: Money a unit and week (n).
        penalty: Money a unit unmet (n).
        launch_cost: Money a launch of the line costs (n).
        lead: Weeks from order to arrival, at most T: what arrives after the horizon has the horizon's lead (n).
        pack: Units in a pack (n).
        moq_packs: Smallest order in packs, when there is one (n).
        opening: Units on hand before week 0 (n).
        arrivals: Units on order that arrive in each week (n, T).
        pooled: Of opening and arrivals, units that are moved from the shared warehouse in each week (n, T).
        held_back: Of pooled, units that the warehouse could have moved at the start and holds back until that week, where
            they are expected to go: who gets them is settled by what sold until then (n, T).
        earliest, latest: First and last week of launch; earliest > latest when it cannot (n).
        budgets: Money for orders placed in each week (T).
        capped_categories, launch_caps: Product-channel launches allowed by category (G).
        is_fixed: Weeks in which a planner fixed the order (n, T).
        fixed_packs: Packs that he fixed, 0 elsewhere (n, T).
        held_packs: Packs that the last plan ordered in weeks that are frozen, 0 elsewhere (n, T).
        pack_change: Money for each pack more or fewer than held, 0 where nothing is (n, T).
        launch_change: Money that launching in each week, or not at all (the last column), pays as a change (n, T + 1).
        held_slots: Slots in which the last plan showed the line in weeks that are frozen, 0 elsewhere (n, T).
        slot_change: Money for each slot more or fewer than held, 0 where nothing is (n, T).
        planned_launch, trailing_mean, category_launch_units: What a buyer's rule looks at (n).
        taken_worth: Money that other lines lose per unit that a launch sells (n).
        slot_lift: What a slot multiplies the demand of a launch's week by, 1 where it does nothing; `demand` is without (n).
        most_shown: Weeks, from its launch on, in which a slot may show the line; 0 where none may (n).
        style: Style that launch candidates share, '' for none; those of one style and channel launch together (n).
        seller: Who sells the line, '' where nobody said (n).
        shelf: Storage, fill floors, slots and shares of them; none of any unless said.
    """

    decision_week: str
    product_id: NDArray[np.str_]
    channel: NDArray[np.str_]
    category: NDArray[np.str_]
    is_launch: NDArray[np.bool_]
    is_mandatory: NDArray[np.bool_]
    demand: Ints
    price: Floats
    unit_cost: Floats
    leftover_value: Floats
    hold: Floats
    penalty: Floats
    launch_cost: Floats
    lead: Ints
    pack: Ints
    moq_packs: Ints
    opening: Ints
    arrivals: Ints
    pooled: Ints
    held_back: Ints
    earliest: Ints
    latest: Ints
    is_fixed: NDArray[np.bool_]
    fixed_packs: Ints
    held_packs: Ints
    pack_change: Floats
    launch_change: Floats
    held_slots: Ints
    slot_change: Floats
    budgets: Floats
    capped_categories: NDArray[np.str_]
    launch_caps: Ints
    planned_launch: Ints
    trailing_mean: Floats
    category_launch_units: Floats
    taken_worth: Floats
    slot_lift: Floats
    most_shown: Ints
    style: NDArray[np.str_]
    seller: NDArray[np.str_]
    shelf: ShelfLimits = field(default_factory=ShelfLimits)

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if not isinstance(value, np.ndarray):
                continue
            if value.dtype.kind == "f" and not np.isfinite(value).all():
                raise ValueError(f"plan instance: {each.name} is not a finite number{self._where(value)}")
            if value.dtype.kind in "fi" and each.name != "leftover_value" and (value < 0).any():
                raise ValueError(f"plan instance: {each.name} is negative{self._where(value, negative=True)}")
            value.setflags(write=False)
        if (self.lead > self.weeks).any():
            i = int(np.argmax(self.lead > self.weeks))
            raise ValueError(
                f"plan instance: the lead of product {self.product_id[i]} is {self.lead[i]} of {self.weeks} weeks; "
                "what arrives after the horizon has the horizon's lead"
            )
        if self.leftover_value.size and (self.leftover_value > self.unit_cost + 1e-9).any():
            i = int(np.argmax(self.leftover_value > self.unit_cost + 1e-9))
            raise ValueError(
                f"plan instance: a unit of {self.product_id[i]} is worth more left over than it costs; "
                "lower its salvage_rate to at most 1"
            )

    def _where(self, value: Floats, negative: bool = False) -> str:
        """Names the first line at fault, or the position when the array is not by line."""
        bad = np.argwhere((value < 0) if negative else ~np.isfinite(value))[0]
        if len(value) == self.n:
            return f" for product {self.product_id[bad[0]]} in channel {self.channel[bad[0]]}; correct its input rows"
        return f" at position {bad.tolist()}; correct the plan limits"

    @property
    def n(self) -> int:
        """Lines."""
        return len(self.product_id)

    @property
    def weeks(self) -> int:
        """Weeks of the horizon."""
        return int(self.demand.shape[2])

    @property
    def paths(self) -> int:
        """Sample paths."""
        return int(self.demand.shape[1])

    @property
    def cap_of_line(self) -> Ints:
        """Position of each line's launch cap, -1 when none holds (n)."""
        position = {name: g for g, name in enumerate(self.capped_categories.tolist())}
        found = np.array([position.get(name, -1) for name in self.category.tolist()], dtype=np.int64)
        return np.where(self.is_launch, found, -1)

    @property
    def leader(self) -> Ints:
        """First of the candidates that each line launches together with; itself where it launches alone (n)."""
        leader = np.arange(self.n)
        of_style = np.flatnonzero(self.is_launch & (self.style != ""))
        if len(of_style):
            keys = np.char.add(np.char.add(self.style[of_style], "\x1f"), self.channel[of_style])
            _, first, group = np.unique(keys, return_index=True, return_inverse=True)
            leader[of_style] = of_style[first[group]]
        return leader

    @property
    def needs_stock(self) -> NDArray[np.bool_]:
        """Lines that must be ordered when launched: nothing is on hand or on order (n)."""
        return self.is_launch & (self.opening + self.arrivals.sum(axis=1) == 0)

    @property
    def net_price(self) -> Floats:
        """Money that a unit sold brings the shop, what others lose taken off (n)."""
        return self.price - self.taken_worth

    @cached_property
    def change_by_arrival(self) -> tuple[Floats, Ints] | None:
        """Price of a pack changed, and packs held, by week of arrival (n, T); None where nothing is held."""
        return by_arrival(self)

    def of_lines(self, line: Ints) -> LaunchInstance:
        """The question of these lines alone, under the same limits."""
        own = {each.name: getattr(self, each.name)[line] for each in fields(self) if each.name not in _NOT_BY_LINE}
        return replace(self, **own, shelf=self.shelf.of_lines(line))

    def with_demand(self, demand: Ints) -> LaunchInstance:
        """The same question with other demand paths."""
        return replace(self, demand=demand)

    def as_it_came(self, units: Ints) -> LaunchInstance:
        """The question of who knew what would be wanted (n, T).

        What launches took from others is missing from those others' units already, slots did what they did, and what a
        change of plans was priced at is no money that came. Limits of the shelf are left out: they are limits of means, or
        of what was to do that came.
        """
        none = np.zeros(self.n)
        came = {"taken_worth": none, "slot_lift": none + 1.0, "shelf": ShelfLimits()}
        return unheld(replace(self, demand=units[:, None, :], **came))  # type: ignore[arg-type]

    def arrays(self) -> dict[str, Any]:
        """Every field as an array, for `numpy.savez`."""
        own = {each.name: np.asarray(getattr(self, each.name)) for each in fields(self) if each.name != "shelf"}
        return own | self.shelf.arrays()

    @classmethod
    def from_arrays(cls, arrays: dict[str, Any]) -> LaunchInstance:
        """The instance that `arrays` was taken from."""
        values = {each.name: np.array(arrays[each.name]) for each in fields(cls) if each.name != "shelf"}
        told = {"decision_week": str(values["decision_week"]), "shelf": ShelfLimits.from_arrays(arrays)}
        return cls(**{**values, **told})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Plan:
    """Decisions: packs ordered by line and order week (n, T); week of launch by line, -1 for none (n); and in how many
    weeks from its launch on a slot shows the line, none where nothing is said (n).

    Established lines have launch week 0, and are not shown.
    """

    packs: Ints
    launch_week: Ints
    shown: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __post_init__(self) -> None:
        if not len(self.shown):
            object.__setattr__(self, "shown", np.zeros_like(self.launch_week))

    def of_lines(self, line: Ints) -> Plan:
        """What it decides of these lines."""
        return Plan(self.packs[line], self.launch_week[line], self.shown[line])


@dataclass(frozen=True)
class Evaluation:
    """What a plan earns: means over the paths, by line (n), money and units; `held` in units × weeks.

    `change` is the part of the cost that is paid for what differs from the last plan's frozen weeks, `slots` the number of
    weeks in which a slot shows the line.
    `profit_by_path` is the whole plan's (S). `violations` is empty when the plan keeps every limit.
    """

    profit_by_line: Floats
    profit_by_path: Floats
    revenue: Floats
    cost: Floats
    demanded: Floats
    sold: Floats
    left: Floats
    held: Floats
    ordered_units: Ints
    spend: Floats
    change: Floats
    slots: Ints
    violations: tuple[tuple[str, float], ...]

    @property
    def profit(self) -> float:
        """Expected profit of the whole plan."""
        return float(self.profit_by_line.sum())

    @property
    def fill_rate(self) -> float:
        """Share of demand that is met; 1 when nothing is demanded."""
        demanded = float(self.demanded.sum())
        return float(self.sold.sum()) / demanded if demanded else 1.0


def shelf_used(instance: LaunchInstance, played: Played) -> Floats:
    """What each line uses of each limit of the shelf, see `ShelfLimits.used` and `slots_used` (n, R)."""
    sold, demanded, shelf = played.sold.mean(axis=1), played.demanded.mean(axis=1), instance.shelf
    stocked = shelf.used(instance.channel, played.stock, sold, demanded)
    return np.hstack([stocked, shelf.slots_used(instance.channel, instance.seller, played.given)])


def evaluate(instance: LaunchInstance, plan: Plan) -> Evaluation:
    """What a plan earns and breaks, added up from the weeks as they are played.

    Profit = (price − taken_worth)·sold + leftover_value·left − penalty·unmet − hold·Σ end-of-week stock
    − unit_cost·ordered − launch_cost − change, averaged over paths. Opening stock is not charged: its value is the same
    for every plan.
    """
    played = play(instance, plan)
    sold, held, stock = played.sold, played.held, played.left
    demanded, mean_sold = played.demanded.mean(axis=1), sold.mean(axis=1)
    left = stock.mean(axis=1)
    ordered = plan.packs.sum(axis=1) * instance.pack
    launched = instance.is_launch & (plan.launch_week >= 0)
    revenue = instance.price * mean_sold
    cost = (
        instance.unit_cost * ordered
        + instance.taken_worth * mean_sold
        + instance.penalty * (demanded - mean_sold)
        + instance.hold * held.mean(axis=1)
        + instance.launch_cost * launched
        - instance.leftover_value * left
    )
    change = change_cost(instance, plan)
    cost = cost + change
    spend = (plan.packs * (instance.pack * instance.unit_cost)[:, None]).sum(axis=0)
    unmet = played.demanded - sold
    by_path = instance.net_price @ sold + instance.leftover_value @ stock - instance.hold @ held
    by_path = by_path - instance.penalty @ unmet - spend.sum() - instance.launch_cost @ launched - change.sum()
    return Evaluation(
        revenue - cost,
        by_path,
        revenue,
        cost,
        demanded,
        mean_sold,
        left,
        held.mean(axis=1),
        ordered,
        spend,
        change,
        played.given.sum(axis=1),
        tuple(broken(instance, plan, shelf_used(instance, played).sum(axis=0))),
    )


def violations(instance: LaunchInstance, plan: Plan) -> list[tuple[str, float]]:
    """Every limit that a plan breaks, with the amount by which it does; empty when it keeps them all."""
    return broken(instance, plan, shelf_used(instance, play(instance, plan)).sum(axis=0))
