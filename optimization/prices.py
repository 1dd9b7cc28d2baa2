"""Prices of the limits: the Lagrangian dual, and the bound it proves.

Lives here: the choice of each line at given prices, a subgradient search for prices, and the tightening of the
weights ω at the best ones. `bundle.py` sharpens the prices. Every value computed here is an upper bound of every
plan (see `model.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from optimization.instance import Floats, Ints, LaunchInstance
from optimization.model import Bucket, Priced, best_orders, build_buckets, relaxed_losses, shortage_tables
from optimization.options import Options, idle_profit
from optimization.styles import by_style

_NEVER = -1e18


@dataclass(frozen=True)
class Prices:
    """λ by order week, per unit of money (T); μ by launch cap, money a launch (G); of the shelf's limits σ and π, money a
    unit of volume and a unit lost, and money a slot (R)."""

    budget: Floats
    launch: Floats
    shelf: Floats = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def free(cls, instance: LaunchInstance) -> Prices:
        """No limit has a price."""
        return cls(np.zeros(instance.weeks), np.zeros(len(instance.launch_caps)), np.zeros(instance.shelf.count))


@dataclass(frozen=True)
class Answer:
    """Every line's best answer to some prices.

    Args:
        bound: Value of the dual: no plan can earn more.
        value: Relaxed value by option, orders priced, launches not (m).
        arriving: Packs that arrive by option and week (m, T).
        choice: Option taken by each line, -1 for none (n).
        best: What each line's choice is worth, launches priced (n).
    """

    bound: float
    value: Floats
    arriving: Ints
    choice: Ints
    best: Floats


@dataclass(frozen=True)
class Question:
    """An instance with its options and tables, built once."""

    instance: LaunchInstance
    options: Options
    buckets: list[Bucket]
    idle: Floats
    cap_of_line: Ints
    leader: Ints

    @classmethod
    def of(cls, instance: LaunchInstance, options: Options, buckets: list[Bucket]) -> Question:
        """The question of this instance; a line that must not stay idle has an idle value of minus infinity."""
        has_option = np.zeros(instance.n, dtype=bool)
        has_option[options.line] = True
        leader = instance.leader
        forced = by_style(leader, (~instance.is_launch | (instance.is_mandatory & has_option)).astype(float)) > 0
        idle = np.where(forced, _NEVER, idle_profit(instance))
        return cls(instance, options, buckets, idle, instance.cap_of_line, leader)

    @cached_property
    def launch(self) -> Ints:
        """Number of each option's launch, a line in a week; its options differ in the weeks that it is shown (m)."""
        place = self.options.line * self.instance.weeks + self.options.launch_week
        return np.cumsum(np.diff(place, prepend=-1) > 0) - 1

    def of_style(self, value: Floats) -> Floats:
        """Value of each option with the best ones of all lines that launch together with it, in its week (m)."""
        if not len(value):
            return value
        starts = np.flatnonzero(np.diff(self.launch, prepend=-1))
        top = np.maximum.reduceat(value, starts)
        place = (self.leader[self.options.line] * self.instance.weeks + self.options.launch_week)[starts]
        whole, own = np.bincount(place, top)[place][self.launch], top[self.launch]
        # What is best for the line is so for all of them, and the same number for each.
        return np.where(value == own, whole, whole - own + value)

    @property
    def idle_of_style(self) -> Floats:
        """Sum of the idle values of all lines that launch together with each (n)."""
        return by_style(self.leader, self.idle)

    def idle_at(self, prices: Prices) -> Floats:
        """What each line is worth that does not launch, the storage of its stock priced (n)."""
        return self.idle - self.options.shelf.idle @ prices.shelf


def first_weights(question: Question) -> Floats:
    """ω to start from: half on the last week, half spread over the weeks from the first arrival (m, S, T)."""
    total = question.instance.weeks
    is_open = np.arange(total)[None, :] >= np.minimum(question.options.first, total - 1)[:, None]
    weights = 0.5 * is_open / is_open.sum(axis=1, keepdims=True)
    weights[:, -1] += 0.5
    return np.repeat(weights[:, None, :], question.instance.paths, axis=1)


def tables_of(question: Question, weights: Floats, prices: Prices) -> list[Floats]:
    """Tables of the cost of shortage under ω; of all prices only those of the shelf's limits enter."""
    charge = question.options.shelf.charge(prices.shelf, question.instance.weeks)
    return shortage_tables(question.instance, question.options, question.buckets, weights, charge)


def _priced(question: Question, prices: Prices) -> Priced:
    options = question.options
    charge = options.shelf.charge(prices.shelf, question.instance.weeks)
    return Priced(prices.budget, charge, options.shelf.fixed(options.line, prices.shelf, charge))


def answer(question: Question, tables: list[Floats], prices: Prices) -> Answer:
    """Every line's best answer, and the bound it proves. The tables are of the same prices of the shelf's limits."""
    priced = _priced(question, prices)
    value, arriving = best_orders(question.instance, question.options, question.buckets, tables, priced)
    choice, best = choose(question, value, prices)
    return Answer(float(best.sum()) + limits_worth(question, prices), value, arriving, choice, best)


@dataclass(frozen=True)
class Pruned:
    """What pruning leaves.

    Args:
        question: The question without hopeless options.
        kept: Position of each of its options in the whole question.
        free: The whole question's last answer with every limit free.
    """

    question: Question
    kept: Ints
    free: Answer


def pruned(question: Question, rounds: int) -> Pruned:
    """The question without options that earn no more than idleness even with every limit free.

    Prices only lower an option's value, so that no plan loses by leaving these out; where those of the shelf's limits may
    raise it over idleness, it stays.
    """
    instance = question.instance
    free = Prices.free(instance)
    stays = question.options.shelf.may_gain(instance.opening + instance.arrivals.sum(axis=1))
    weights = first_weights(question)
    proved = np.full(len(question.options.line), np.inf)
    for _ in range(rounds):
        found = answer(question, tables_of(question, weights, free), free)
        proved = np.minimum(proved, found.value)
        weights = move_weights(question, weights, found, step=6.0)
    may = question.of_style(proved) > question.idle_of_style[question.options.line]
    may |= (by_style(question.leader, stays.astype(float)) > 0)[question.options.line]
    # A launch that stays may be shown in fewer weeks.
    kept = np.flatnonzero(np.bincount(question.launch, may)[question.launch] > 0) if len(may) else np.zeros(0, int)
    options = question.options.take(kept)
    fewer = replace(question, options=options, buckets=build_buckets(instance, options))
    return Pruned(fewer, kept, found)


def limits_worth(question: Question, prices: Prices) -> float:
    """Worth of all limits at these prices: λ·budgets + μ·caps + σ·storage + money of slots."""
    plain = float(prices.budget @ question.instance.budgets + prices.launch @ question.instance.launch_caps)
    return plain + float(prices.shelf @ question.instance.shelf.limit)


def shelf_of(question: Question, found: Answer, weights: Floats) -> Floats:
    """What an answer uses of every limit of the shelf by line, lost sales relaxed under the ω that it was found with (n, R).

    They are the slopes of the dual in these limits' prices.
    """
    instance, options = question.instance, question.options
    used = options.shelf.idle.copy()
    line = np.flatnonzero(found.choice >= 0)
    if options.shelf.count:
        rows = found.choice[line]
        arrived = np.cumsum(found.arriving[rows] * instance.pack[line][:, None], axis=1)
        is_stocked = options.shelf.stocked > 0
        lost = relaxed_losses(options, rows, weights[rows], arrived) if is_stocked else np.zeros((0, 0))
        used[line] = options.shelf.used(line, rows, arrived, lost)
    return used


def choose(question: Question, value: Floats, prices: Prices) -> tuple[Ints, Floats]:
    """Option of each line that is best for its style once launches are priced too, -1 for none, and its worth (n)."""
    line = question.options.line
    cap = question.cap_of_line[line]
    net = value - np.where(cap >= 0, np.append(prices.launch, 0.0)[cap], 0.0)
    best, choice = question.idle_at(prices), np.full(question.instance.n, -1, dtype=np.int64)
    if len(line):
        starts = np.flatnonzero(np.diff(line, prepend=-1))
        together = question.of_style(net)
        top = np.maximum.reduceat(together, starts)
        is_top = np.flatnonzero(together == np.repeat(top, np.diff(np.append(starts, len(line)))))
        first = is_top[np.flatnonzero(np.diff(line[is_top], prepend=-1))]
        chosen = first[top > by_style(question.leader, best)[line[starts]]]
        choice[line[chosen]], best[line[chosen]] = chosen, net[chosen]
    return choice, best


def placed(instance: LaunchInstance, line: Ints, arriving: Ints) -> Ints:
    """Packs by order week from packs by arrival week (r, T)."""
    orders = np.zeros_like(arriving)
    for lead in np.unique(instance.lead[line]).tolist():
        rows = instance.lead[line] == lead
        orders[rows, : instance.weeks - lead] = arriving[rows, lead:]
    return orders


def spend_by_line(question: Question, found: Answer) -> Floats:
    """Money ordered by line and order week under an answer (n, T)."""
    instance = question.instance
    arriving = np.where((found.choice >= 0)[:, None], found.arriving[found.choice], 0)
    orders = placed(instance, np.arange(instance.n), arriving)
    return np.asarray(orders * (instance.pack * instance.unit_cost)[:, None])


def launches_by_cap(question: Question, found: Answer) -> Floats:
    """Launches by cap under an answer (G)."""
    cap = question.cap_of_line[found.choice >= 0]
    return np.bincount(cap[cap >= 0], minlength=len(question.instance.launch_caps)).astype(float)


def move_weights(question: Question, weights: Floats, found: Answer, step: float) -> Floats:
    """ω after one exponentiated-gradient step, path by path, towards the weeks that lose most."""
    pack = question.instance.pack[question.options.line][:, None]
    arrived = np.cumsum(found.arriving * pack, axis=1).astype(np.int32)
    short = np.maximum(question.options.net - arrived[:, None, :], 0)
    most = short.max(axis=2, keepdims=True)
    scale = 0.5 * most + 0.5 * most.mean(axis=1, keepdims=True) + 1e-9
    moved = np.maximum(weights * np.exp(step * (short - most) / scale), 1e-6) * (weights > 0)
    return np.asarray(moved / moved.sum(axis=2, keepdims=True))


def search(question: Question, rounds: int, start: Prices) -> tuple[Prices, Floats, list[Answer]]:
    """Subgradient search from some prices, ω moving along: the prices of the smallest bound, the last ω, the last answers.

    Steps are relative to each limit, so that a large budget and a small cap move alike, and shrink with the
    number of rounds, never with the clock.
    """
    instance = question.instance
    prices, weights = start, first_weights(question)
    best, least = prices, np.inf
    kept: list[Answer] = []
    budget_size, cap_size, money = price_scales(question)
    shelf_size, shelf_money = shelf_scales(question)
    to_caps, to_shelf = instance.weeks, instance.weeks + len(instance.launch_caps)
    drift = np.zeros(to_shelf + instance.shelf.count)
    for step in range(rounds):
        found = answer(question, tables_of(question, weights, prices), prices)
        if found.bound < least or step < rounds // 2:
            best, least = prices, found.bound
        kept = [*kept, found][-4:]
        spend, launches = spend_by_line(question, found).sum(axis=0), launches_by_cap(question, found)
        excess = np.concatenate(
            [
                (spend - instance.budgets) / budget_size,
                (launches - instance.launch_caps) / cap_size,
                (shelf_of(question, found, weights).sum(axis=0) - instance.shelf.limit) / shelf_size,
            ]
        )
        drift = 0.6 * drift + 0.4 * np.clip(excess, -1.0, 1.0)
        size = 0.35 / (1.0 + 0.15 * step)
        prices = Prices(
            np.maximum(prices.budget + size * drift[:to_caps], 0.0),
            np.maximum(prices.launch + size * money * drift[to_caps:to_shelf], 0.0),
            np.maximum(prices.shelf + size * shelf_money * drift[to_shelf:], 0.0),
        )
        weights = move_weights(question, weights, found, step=6.0 / (1.0 + 0.1 * step))
    return best, weights, kept


def price_scales(question: Question) -> tuple[Floats, Floats, Floats]:
    """Size of each budget, of each cap, and of the money that a launch of each cap is about."""
    instance = question.instance
    gain = np.full(len(instance.launch_caps), 1e-9)
    worth = instance.net_price * instance.demand.sum(axis=2).mean(axis=1)
    for g in range(len(gain)):
        gain[g] += worth[question.cap_of_line == g].mean() if (question.cap_of_line == g).any() else 0.0
    budgets = np.maximum(instance.budgets, max(instance.budgets.max(initial=0.0) * 0.05, 1e-9))
    return budgets, np.maximum(instance.launch_caps, 1).astype(float), gain


def shelf_scales(question: Question) -> tuple[Floats, Floats]:
    """Size of each limit of the shelf, and the money that a unit of it is about (R).

    A floor is of the size of what its channel may lose, a unit of it of the mean unit margin; a unit of volume in store is
    about the mean margin of what it holds, spread over the weeks. A slot is about what it sells more in a week; a share is of
    the size of a tenth of the slots that candidates could use.
    """
    instance, shelf = question.instance, question.options.shelf
    demanded = instance.demand.sum(axis=2).mean(axis=1)
    margin = demanded * np.maximum(instance.net_price - instance.unit_cost, 0.0)
    volume, inside = shelf.volume, shelf.in_floor
    filled = np.maximum(demanded @ volume, 1e-9)
    stored = (margin @ (volume > 0)) / filled / instance.weeks
    wanted = np.maximum(demanded @ inside, 1e-9)
    slots, shares = instance.shelf.slots, instance.shelf.seller_share
    gain = _slot_gain(question)
    size = np.concatenate(
        [
            np.maximum(instance.shelf.storage, 0.02 * filled),
            np.maximum(1.0 - shelf.floor, 0.02) * wanted,
            np.maximum(slots, 1.0),
            np.full(len(shares), max(0.1 * float(instance.most_shown.sum()), 1.0)),
        ]
    )
    of_slots = np.full(len(slots) + len(shares), gain)
    return size, np.concatenate([stored, (margin @ inside) / wanted, of_slots]) + 1e-9


def _slot_gain(question: Question) -> float:
    """Money that a slot is about: the mean margin of what it sells in a launch's first week, and what a tilt adds."""
    instance, tilt = question.instance, question.options.tilt
    may = instance.most_shown > 0
    if not may.any():
        return 0.0
    margin = np.maximum(instance.net_price - instance.unit_cost, 0.0)
    gain = margin * (instance.slot_lift - 1.0) * instance.demand[:, :, 0].mean(axis=1)
    return float((gain + (0.0 if tilt is None else tilt.of_slots(np.arange(instance.n))))[may].mean())


def tighten(question: Question, weights: Floats, prices: Prices, rounds: int) -> tuple[float, Floats, Answer]:
    """Smallest bound at fixed prices: each option keeps the smallest value that any ω proved.

    Returns:
        The bound, the last ω, and the last answer.
    """
    proved = np.full(len(question.options.line), np.inf)
    for step in range(rounds):
        found = answer(question, tables_of(question, weights, prices), prices)
        proved = np.minimum(proved, found.value)
        weights = move_weights(question, weights, found, step=3.0 / (1.0 + 0.1 * step))
    return float(choose(question, proved, prices)[1].sum()) + limits_worth(question, prices), weights, found
