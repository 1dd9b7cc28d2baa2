"""Options: every line with every week in which it may launch and every number of weeks from then on in which a slot may show
it, and the exact profit of one under its orders.

The formulas are those of `model.py`, whose letters these functions use. Lives here: what is settled before any price
or relaxation. Does not live here: how good orders are found (`model.py`, `columns.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimization.change import moved_cost, slot_cost, unordered_cost
from optimization.instance import NOT_LAUNCHED, Floats, Ints, LaunchInstance
from optimization.playing import lifted, slots_given
from optimization.shelf_use import ShelfUse
from optimization.styles import in_every
from optimization.tilt import Tilt, mean_of

_NONE: Floats = np.zeros((0, 0))


@dataclass(frozen=True)
class Options:
    """Every line with every week in which it may launch, shown or not (m rows, sorted by line, week and weeks shown).

    Args:
        line: Line (m).
        launch_week: Launch week (m).
        shown: Weeks from the launch on in which a slot shows it (m).
        first: First week in which an order of this plan can arrive, T when none can (m).
        net: D'_t less opening stock and stock on order through t; 0 before `first` (m, S, T).
        constant: Profit that no order changes (m).
        levels: Packs over the horizon that any path could want, and those held, at least 1 (m).
        is_open: Weeks in which an order of this plan may arrive: from `first` on, where no planner fixed it (m, T).
        shelf: Uses of storage, fill floors, slots and shares of them.
        tilt: What is maximised; expected profit without one.
    """

    line: Ints
    launch_week: Ints
    shown: Ints
    first: Ints
    net: NDArray[np.int32]
    constant: Floats
    levels: Ints
    is_open: NDArray[np.bool_]
    shelf: ShelfUse
    tilt: Tilt | None = None

    def take(self, rows: Ints) -> Options:
        """These options."""
        return Options(
            self.line[rows],
            self.launch_week[rows],
            self.shown[rows],
            self.first[rows],
            self.net[rows],
            self.constant[rows],
            self.levels[rows],
            self.is_open[rows],
            self.shelf.take(rows),
            self.tilt,
        )


def build_options(instance: LaunchInstance, tilt: Tilt | None = None) -> Options:
    """All (line, launch week, weeks shown); an established line has one, a launch at least one a week of its window."""
    line, week, shown = _enumerate(instance, tilt)
    total = instance.weeks
    cum = np.zeros((len(line), instance.paths, total), dtype=np.int32)
    for l in np.unique(week).tolist():  # noqa: E741  (the formula's letter)
        rows = np.flatnonzero(week == l)
        wanted = lifted(instance.demand[line[rows], :, : total - l], instance.slot_lift[line[rows]], shown[rows])
        cum[rows, :, l:] = np.cumsum(wanted, axis=2)
    given = (instance.opening[:, None] + np.cumsum(instance.arrivals, axis=1))[line]
    first = np.minimum(np.maximum(instance.lead[line], week), total)
    early = np.maximum.accumulate(np.maximum(cum - given[:, None, :], 0), axis=2)
    known = np.take_along_axis(early, np.maximum(first - 1, 0)[:, None, None], axis=2)[:, :, 0]
    known = np.where((first > 0)[:, None], known, 0).astype(np.int32)
    constant = _constant(instance, line, first, cum, given, early, known, tilt)
    given_slots = slots_given(week, shown, total)
    constant -= unordered_cost(instance)[line] + instance.launch_change[line, week]
    constant -= slot_cost(instance, line, given_slots)
    is_open = np.arange(total)[None, :] >= first[:, None]
    net = np.where(is_open[:, None, :], cum - known[:, :, None] - given[:, None, :], 0).astype(np.int32)
    levels = np.maximum(-(-net.max(axis=(1, 2), initial=0) // instance.pack[line]), 0)
    levels = np.maximum(levels + np.where(instance.moq_packs[line] > 1, instance.moq_packs[line], 0), 1)
    free = is_open & ~arriving_fixed(instance)[line]
    if instance.change_by_arrival is not None:
        levels = levels + (instance.change_by_arrival[1][line] * free).sum(axis=1)
    if tilt is not None:
        constant += tilt.of_slots(line) * shown
    shelf = ShelfUse.of(instance, line, first, (cum, early, known), given_slots)
    return Options(line, week, shown, first, net, constant, levels.astype(np.int64), free, shelf, tilt)


def arriving_fixed(instance: LaunchInstance) -> NDArray[np.bool_]:
    """Weeks of arrival of the orders that planners fixed (n, T)."""
    found = np.zeros((instance.n, instance.weeks), dtype=bool)
    for lead in np.unique(instance.lead).tolist():
        rows = instance.lead == lead
        found[rows, lead:] = instance.is_fixed[rows, : instance.weeks - lead]
    return found


def _enumerate(instance: LaunchInstance, tilt: Tilt | None) -> tuple[Ints, Ints, Ints]:
    """Line, launch week and weeks shown of every option, sorted. A launch that needs stock must be able to get it, and so
    must all that launch together with it. Weeks in which being shown neither sells nor counts are no options."""
    lines, weeks = [], []
    for l in range(instance.weeks):  # noqa: E741
        launchable = instance.is_launch & (instance.earliest <= l) & (l <= instance.latest)
        launchable &= ~instance.needs_stock | (np.maximum(instance.lead, l) < instance.weeks)
        chosen = launchable if l else launchable | ~instance.is_launch
        lines.append(np.flatnonzero(chosen))
        weeks.append(np.full(int(chosen.sum()), l))
    line, week = np.concatenate(lines), np.concatenate(weeks)
    together = in_every(instance.leader, line, week)
    line, week = line[together], week[together]
    counts = (instance.slot_lift > 1.0) | (len(instance.shelf.seller_share) > 0) | instance.held_slots.any(axis=1)
    if tilt is not None:
        counts |= tilt.of_slots(np.arange(instance.n)) > 0
    most = np.where(counts, instance.most_shown, 0)[line]
    longest = np.minimum(np.where(instance.is_launch[line], most, 0), instance.weeks - week)
    each = np.repeat(np.arange(len(line)), longest + 1)
    shown = np.arange(len(each)) - np.repeat(np.cumsum(longest + 1) - (longest + 1), longest + 1)
    line, week = line[each], week[each]
    order = np.lexsort((shown, week, line))
    return line[order].astype(np.int64), week[order].astype(np.int64), shown[order].astype(np.int64)


def _constant(
    instance: LaunchInstance,
    line: Ints,
    first: Ints,
    cum: NDArray[np.int32],
    given: Ints,
    early: NDArray[np.int32],
    known: NDArray[np.int32],
    tilt: Tilt | None,
) -> Floats:
    """Profit without orders: (net_price − v)·E D_T + hold·Σ E D_t − hold·Σ_{t<a} E L_t − (loss + hold·(T − a))·E ℓ + stock.

    loss = net_price − v + penalty. Stock that is given is worth v at the end and is held every week. A tilt weighs the
    means and adds π·(1 − φ)·E D_T − π·E ℓ.
    """
    total = instance.weeks
    value, hold = instance.leftover_value[line], instance.hold[line]
    loss = instance.net_price[line] - value + instance.penalty[line]
    before = np.arange(total)[None, :] < first[:, None]
    mean = mean_of(tilt, cum)
    profit = (instance.net_price[line] - value) * mean[:, -1] + hold * mean.sum(axis=1)
    profit -= hold * (mean_of(tilt, early) * before).sum(axis=1)
    profit -= (loss + hold * (total - first)) * mean_of(tilt, known)
    profit += value * given[:, -1] - hold * given.sum(axis=1)
    profit -= np.where(instance.is_launch[line], instance.launch_cost[line], 0.0)
    if tilt is not None:
        profit += tilt.unit_worth * ((1.0 - tilt.fill) * cum[:, :, -1].mean(axis=1) - known.mean(axis=1))
    return np.asarray(profit, dtype=np.float64)


def order_profit(instance: LaunchInstance, options: Options, rows: Ints, packs: Ints) -> Floats:
    """Exact value of options under packs that arrive in each week (r, T), lost sales and all: expected profit, or the
    tilt's (r)."""
    return order_outcome(instance, options, rows, packs)[0]


def order_outcome(instance: LaunchInstance, options: Options, rows: Ints, packs: Ints) -> tuple[Floats, Floats]:
    """As `order_profit`, and the exact use of every limit of the shelf (r, R)."""
    line = options.line[rows]
    arrived = np.cumsum(packs * instance.pack[line][:, None], axis=1)
    lost = np.maximum(options.net[rows] - arrived[:, None, :].astype(np.int32), 0)
    tilt, lost = options.tilt, np.maximum.accumulate(lost, axis=2)
    missed = 0.0 if tilt is None else tilt.unit_worth * lost[:, :, -1].mean(axis=1)
    used = options.shelf.used(line, rows, arrived, lost.mean(axis=1) if options.shelf.stocked else _NONE)
    lost = mean_of(tilt, lost)
    loss = (instance.net_price - instance.leftover_value + instance.penalty)[line]
    profit = np.asarray(
        options.constant[rows]
        - instance.hold[line] * (arrived.sum(axis=1) + lost.sum(axis=1))
        + (instance.leftover_value[line] - instance.unit_cost[line]) * arrived[:, -1]
        - loss * lost[:, -1]
        - missed
        - moved_cost(instance, line, packs)
    )
    return profit, used


def idle_profit(instance: LaunchInstance) -> Floats:
    """Profit of a launch line that does not launch: the worth of stock it already has, less its holding and change (n)."""
    given = instance.opening[:, None] + np.cumsum(instance.arrivals, axis=1)
    change = unordered_cost(instance) + instance.launch_change[:, NOT_LAUNCHED]
    change += slot_cost(instance, np.arange(instance.n), np.zeros_like(instance.held_slots))
    return np.asarray(instance.leftover_value * given[:, -1] - instance.hold * given.sum(axis=1) - change)
