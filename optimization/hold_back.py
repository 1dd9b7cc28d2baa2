"""What the shared warehouse holds back for a second allocation, and who gets it when first sales are known.

For a product with lines i, U units in the warehouse and a second allocation at week K, h units stay back and U − h are
moved at once. F_i and R_i are a line's demand before week K, and from K through the weeks that an order of week K could not
serve yet. At K the line's rest is expected to be

    r_i = E R_i + b_i (f_i − E F_i),   b_i = cov(F_i, R_i) / var(F_i) within [0, E R_i / E F_i],

f_i being what it sold, no less than E F_i where that emptied it; h is then split by r_i like all that the warehouse moves
(`pool.split`). The upper end of b_i is demand whose weeks keep their proportions, the lower end weeks that say nothing of
each other. How much to hold back is the h that earns most on the sample paths, over the weeks that an order of week 0 could
not serve yet, each half of the paths being dealt by what the other half taught. Allocation in two steps is Jackson's (1988)
and McGavin, Schwarz and Ward's (1993), its worth that of pooled risk (Eppen 1979; Eppen and Schrage 1981), what
first sales teach Fisher and Raman's (1996).

Lives here: how much is held back, the second allocation, and a replay of both. Does not live here: the split (`pool.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimization.baseline import REVIEW_WEEKS
from optimization.instance import Evaluation, Floats, Ints, LaunchInstance, Plan, evaluate
from optimization.playing import arriving_units, demand_by_week
from optimization.pool import needed, planned_start, split, with_pool

# Held back are so many parts of a product's units, of as many.
PARTS = 8
# Standard errors by which the paths' mean gain must be above 0 for a product to hold anything back.
_SURE = 1.0


@dataclass(frozen=True)
class FirstSales:
    """What sales before a week say of those after it: means of both, and units after per unit before, by line (n)."""

    mean_first: Floats
    mean_rest: Floats
    slope: Floats

    @classmethod
    def of(cls, first: Ints, rest: Ints) -> FirstSales:
        """Learned from paths of both (n, S)."""
        before, after = first.mean(axis=1), rest.mean(axis=1)
        apart = first - before[:, None]
        varies = (apart**2).sum(axis=1)
        slope = (apart * (rest - after[:, None])).sum(axis=1) / np.where(varies > 0, varies, 1.0)
        most = after / np.where(before > 0, before, 1.0)
        return cls(before, after, np.clip(slope, 0.0, most))

    def rest(self, sold: Ints, is_empty: np.ndarray) -> Floats:
        """Expected units after it, of lines that sold so much and ran out or not; both (n, …)."""
        shape = (-1, *(1 for _ in sold.shape[1:]))
        before, after, slope = (each.reshape(shape) for each in (self.mean_first, self.mean_rest, self.slope))
        seen = np.where(is_empty, np.maximum(sold, before), sold)
        return np.asarray(np.maximum(after + slope * (seen - before), 0.0))


def with_shared_stock(instance: LaunchInstance, on_hand: Ints, due: Ints, second_week: int) -> LaunchInstance:
    """`pool.with_pool`, a part of what the warehouse holds waiting for a second allocation where that pays.

    Args:
        instance, on_hand, due: As there.
        second_week: Week of the second allocation; 0 for none.

    Raises:
        ValueError: The week is not one of the horizon's.
    """
    at_once = with_pool(instance, on_hand, due)
    if not second_week:
        return at_once
    if not 0 < second_week < instance.weeks:
        raise ValueError(
            f"second_allocation_weeks is {second_week}: the plan looks {instance.weeks} weeks ahead; "
            f"choose 1 to {instance.weeks - 1}, or 0 to hold nothing back"
        )
    kept = np.zeros_like(due)
    stocked = np.flatnonzero(on_hand > 0)
    if len(stocked):
        # What is on its way to the warehouse arrives whatever is held back.
        own = replace(instance.of_lines(stocked), arrivals=at_once.arrivals[stocked])
        kept[stocked, second_week] = held_back(own, on_hand[stocked], second_week)
    return with_pool(instance, on_hand, due, kept)


def held_back(instance: LaunchInstance, units: Ints, week: int) -> Ints:
    """Of the warehouse's units of each line's product, those that earn more when they wait until a week (n).

    Both the same for all lines of a product. The fewest units on ties, and none where their gain is not sure.
    """
    group = np.unique(instance.product_id, return_inverse=True)[1]
    choices = [units * part // PARTS for part in range(PARTS + 1)]
    earned = [
        np.stack([np.bincount(group, path) for path in _earned(instance, group, (units, kept), week).T], axis=1)
        for kept in choices
    ]
    gain = np.stack(earned) - earned[0]
    mean, spread = gain.mean(axis=2), gain.std(axis=2, ddof=1) / np.sqrt(instance.paths) if instance.paths > 1 else 0.0
    best = np.where(mean > np.maximum(_SURE * spread, 1e-9), mean, 0.0).argmax(axis=0)
    return np.asarray(np.stack(choices)[best[group], np.arange(instance.n)])


def replay(question: LaunchInstance, truth: LaunchInstance, plan: Plan) -> Evaluation:
    """What a plan earns when the second allocation goes by what it sold until then, the warehouse's holding paid.

    Args:
        question: The plan's question: its paths tell what first sales mean.
        truth: The same with what came true as its one path.
        plan: What was decided.
    """
    settled = allocated_again(question, truth, plan)
    result = evaluate(settled, plan)
    waited = settled.hold * (settled.held_back @ np.arange(settled.weeks))
    return replace(
        result,
        cost=result.cost + waited,
        profit_by_line=result.profit_by_line - waited,
        profit_by_path=result.profit_by_path - waited.sum(),
    )


def allocated_again(question: LaunchInstance, truth: LaunchInstance, plan: Plan) -> LaunchInstance:
    """The truth (one path), what was held back moved to whom first sales under this plan show to need it."""
    week = second_week(truth)
    if not week:
        return truth
    demand, arriving = demand_by_week(truth, plan.launch_week, plan.shown), arriving_units(truth, plan.packs)
    stock, sold = truth.opening[:, None] + np.zeros_like(demand[:, :, 0]), np.zeros_like(demand[:, :, 0])
    for past in range(week):
        stock, sales = _sell(stock + arriving[:, [past]], demand[:, :, past])
        sold += sales
    return given_out(truth, second_allocation(question, plan, sold[:, 0], stock[:, 0]))


def second_week(instance: LaunchInstance) -> int:
    """Week of the second allocation; 0 where nothing is held back."""
    return int(np.flatnonzero(instance.held_back.any(axis=0)).max(initial=0))


def second_allocation(question: LaunchInstance, plan: Plan, sold: Ints, left: Ints) -> Ints:
    """Units of what is held back that each line gets (n), by what it sold and has left when their week begins (n)."""
    week = second_week(question)
    waiting, end = question.held_back[:, week], _through(question, week)
    first, rest = _apart(demand_by_week(question, plan.launch_week, plan.shown), week, end)
    expected = FirstSales.of(first, rest).rest(sold[:, None], left[:, None] == 0)
    coming = _between(arriving_units(question, plan.packs)[:, None, :], week, end)[:, 0] - waiting
    group = np.unique(question.product_id, return_inverse=True)[1]
    units = np.bincount(group, waiting)[group].astype(np.int64)
    return _dealt(units[:, None], group, expected, (left + coming)[:, None])[:, 0]


def given_out(instance: LaunchInstance, given: Ints) -> LaunchInstance:
    """The instance, these units of what is held back going to each line (n)."""
    moved = np.zeros_like(instance.held_back)
    week = second_week(instance)
    moved[:, week] = given - instance.held_back[:, week]
    return replace(
        instance,
        arrivals=instance.arrivals + moved,
        pooled=instance.pooled + moved,
        held_back=instance.held_back + moved,
    )


def _earned(instance: LaunchInstance, group: Ints, supply: tuple[Ints, Ints], week: int) -> Floats:
    """Money by line and path over the weeks that an order of week 0 could not serve yet (n, S), some units held back.

    Each half of the paths is dealt by what the other half taught: the paths must not know their own luck.
    """
    units, kept = supply
    demand = demand_by_week(instance, planned_start(instance))
    given = instance.opening[:, None] + np.cumsum(instance.arrivals, axis=1)
    cover = instance.lead + REVIEW_WEEKS
    mean = np.cumsum(demand.mean(axis=1), axis=1)
    opening = instance.opening + split(units - kept, group, *needed(cover, mean, given, 0))
    last = np.minimum(cover, instance.weeks)
    stock = np.repeat(opening[:, None], instance.paths, axis=1)
    sold, held, second = np.zeros_like(stock), np.zeros_like(stock), np.zeros_like(stock)
    for now in range(int(last.max())):
        if now == week:
            second = _second(instance, demand, (group, kept), (stock, sold), week)
            stock = stock + second
        stock, sales = _sell(stock + instance.arrivals[:, [now]], demand[:, :, now])
        counts = (now < last)[:, None]
        sold, held = sold + sales * counts, held + stock * counts
    waited = second * np.minimum(week, last)[:, None]
    there = opening[:, None] + second + _between(instance.arrivals[:, None, :], 0, last)
    money = (instance.net_price + instance.penalty)[:, None] * sold + instance.leftover_value[:, None] * (there - sold)
    return np.asarray(money - instance.hold[:, None] * (held + waited))


def _second(
    instance: LaunchInstance, demand: Ints, waiting: tuple[Ints, Ints], so_far: tuple[Ints, Ints], week: int
) -> Ints:
    """Units that each line gets on each path (n, S)."""
    (group, kept), (stock, sold), end = waiting, so_far, _through(instance, week)
    first, rest = _apart(demand, week, end)
    expected = np.empty(stock.shape)
    halves = [np.arange(half, instance.paths, 2) for half in range(min(2, instance.paths))]
    for own, other in zip(halves, halves[::-1], strict=True):
        taught = FirstSales.of(first[:, other], rest[:, other])
        expected[:, own] = taught.rest(sold[:, own], stock[:, own] == 0)
    coming = _between(instance.arrivals[:, None, :], week, end)
    return _dealt(np.repeat(kept[:, None], instance.paths, axis=1), group, expected, stock + coming)


def _dealt(units: Ints, group: Ints, expected: Floats, there: Ints) -> Ints:
    """Units of each group and path split over its lines by what they lack of what they are expected to sell (n, S)."""
    paths = units.shape[1]
    of_path = (group[:, None] * paths + np.arange(paths)).ravel()
    dealt = split(units.ravel(), of_path, np.maximum(expected - there, 0.0).ravel(), expected.ravel())
    return dealt.reshape(units.shape)


def _sell(stock: Ints, demand: Ints) -> tuple[Ints, Ints]:
    """Stock after a week, and its sales."""
    sales = np.minimum(stock, demand)
    return stock - sales, sales


def _through(instance: LaunchInstance, week: int) -> Ints:
    """Weeks of the horizon that an order of this week could not serve yet end before this one (n)."""
    return np.minimum(week + instance.lead + REVIEW_WEEKS, instance.weeks)


def _apart(demand: Ints, week: int, end: Ints) -> tuple[Ints, Ints]:
    """Units by path before a week, and from it through `end` (n, S)."""
    return demand[:, :, :week].sum(axis=2), _between(demand, week, end)


def _between(units: Ints, week: int, end: Ints) -> Ints:
    """Units (n, S, T) summed over weeks from one on, before the line's `end` (n, S)."""
    weeks = np.arange(units.shape[2])
    inside = (weeks[None, :] >= week) & (weeks[None, :] < end[:, None])
    return np.asarray((units * inside[:, None, :]).sum(axis=2))
