"""Prices of the limits: the Lagrangian dual, and the bound it proves.

Lives here: the choice of each line at given prices, the subgradient search for prices, and the tightening of the
weights ω at the best ones. Every value computed here is an upper bound of every plan (see `model.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.instance import Floats, Ints, LaunchInstance
from optimization.model import Bucket, Options, best_orders, idle_profit

_NEVER = -1e18


@dataclass(frozen=True)
class Prices:
    """λ by order week, per unit of money (T); μ by launch cap, money a launch (G)."""

    budget: Floats
    launch: Floats


@dataclass(frozen=True)
class Answer:
    """Every line's best answer to some prices.

    Args:
        bound: Value of the dual: no plan can earn more.
        value: Relaxed value by option, orders priced, launches not (m).
        arriving: Packs that arrive by option and week (m, T).
        choice: Option taken by each line, -1 for none (n).
    """

    bound: float
    value: Floats
    arriving: Ints
    choice: Ints


@dataclass(frozen=True)
class Question:
    """An instance with its options and tables, built once."""

    instance: LaunchInstance
    options: Options
    buckets: list[Bucket]
    idle: Floats
    cap_of_line: Ints

    @classmethod
    def of(cls, instance: LaunchInstance, options: Options, buckets: list[Bucket]) -> Question:
        """The question of this instance; a line that must not stay idle has an idle value of minus infinity."""
        has_option = np.zeros(instance.n, dtype=bool)
        has_option[options.line] = True
        forced = ~instance.is_launch | (instance.is_mandatory & has_option)
        return cls(instance, options, buckets, np.where(forced, _NEVER, idle_profit(instance)), instance.cap_of_line)


def first_weights(question: Question) -> Floats:
    """ω to start from: half on the last week, half spread over the weeks from the first arrival (m, T)."""
    total = question.instance.weeks
    is_open = np.arange(total)[None, :] >= np.minimum(question.options.first, total - 1)[:, None]
    weights = 0.5 * is_open / is_open.sum(axis=1, keepdims=True)
    weights[:, -1] += 0.5
    return np.asarray(weights)


def answer(question: Question, weights: Floats, prices: Prices) -> Answer:
    """Every line's best answer, and the bound it proves."""
    value, arriving = best_orders(question.instance, question.options, question.buckets, weights, prices.budget)
    choice, total = choose(question, value, prices)
    return Answer(total, value, arriving, choice)


def choose(question: Question, value: Floats, prices: Prices) -> tuple[Ints, float]:
    """Best option of each line once launches are priced too, and the dual's value."""
    instance, line = question.instance, question.options.line
    cap = question.cap_of_line[line]
    net = value - np.where(cap >= 0, np.append(prices.launch, 0.0)[cap], 0.0)
    best, choice = question.idle.copy(), np.full(instance.n, -1, dtype=np.int64)
    if len(line):
        starts = np.flatnonzero(np.diff(line, prepend=-1))
        top = np.maximum.reduceat(net, starts)
        is_top = np.flatnonzero(net == np.repeat(top, np.diff(np.append(starts, len(line)))))
        first = is_top[np.flatnonzero(np.diff(line[is_top], prepend=-1))]
        better = top > best[line[starts]]
        choice[line[starts][better]] = first[better]
        best[line[starts]] = np.maximum(best[line[starts]], top)
    limits = float(prices.budget @ instance.budgets + prices.launch @ instance.launch_caps)
    return choice, float(best.sum()) + limits


def placed(instance: LaunchInstance, line: Ints, arriving: Ints) -> Ints:
    """Packs by order week from packs by arrival week (r, T)."""
    orders = np.zeros_like(arriving)
    for lead in np.unique(instance.lead[line]).tolist():
        rows = instance.lead[line] == lead
        orders[rows, : instance.weeks - lead] = arriving[rows, lead:]
    return orders


def usage(question: Question, found: Answer) -> tuple[Floats, Floats]:
    """Money ordered by week and launches by cap under an answer."""
    instance, rows = question.instance, found.choice[found.choice >= 0]
    line = question.options.line[rows]
    orders = placed(instance, line, found.arriving[rows])
    spend = (orders * (instance.pack * instance.unit_cost)[line][:, None]).sum(axis=0)
    cap = question.cap_of_line[line]
    return spend, np.bincount(cap[cap >= 0], minlength=len(instance.launch_caps)).astype(float)


def losing_weeks(question: Question, found: Answer) -> Floats:
    """Mean shortage (D'_t − Y_t)^+ of every option and week at its answer (m, T)."""
    level = np.cumsum(found.arriving, axis=1)
    short = np.zeros(level.shape)
    for bucket in question.buckets:
        at = level[bucket.rows].T[:, :, None]
        short[bucket.rows] = np.take_along_axis(bucket.shortage, at, axis=2)[:, :, 0].T
    return short


def move_weights(question: Question, weights: Floats, found: Answer, step: float) -> Floats:
    """ω after one exponentiated-gradient step towards the weeks that lose most."""
    short = losing_weeks(question, found)
    scale = short.max(axis=1, keepdims=True) + 1e-9
    moved = weights * np.exp(step * (short - scale) / scale)
    moved = np.where(weights > 0, np.maximum(moved, 1e-6), 0.0)
    return np.asarray(moved / moved.sum(axis=1, keepdims=True))


def search(question: Question, rounds: int) -> tuple[Prices, Floats, float, list[Answer]]:
    """Subgradient search: prices of the smallest bound, the weights then, that bound, the last answers.

    Steps are relative to each limit, so that a large budget and a small cap move alike, and shrink with the
    number of rounds, never with the clock.
    """
    instance = question.instance
    prices, weights = Prices(np.zeros(instance.weeks), np.zeros(len(instance.launch_caps))), first_weights(question)
    best, kept = (prices, weights, np.inf), []
    scale = _scales(question)
    drift = np.zeros(instance.weeks + len(instance.launch_caps))
    for step in range(rounds):
        found = answer(question, weights, prices)
        if found.bound < best[2]:
            best = (prices, weights, found.bound)
        kept = [*kept, found][-6:]
        spend, launches = usage(question, found)
        excess = np.concatenate([(spend - instance.budgets) / scale[0], (launches - instance.launch_caps) / scale[1]])
        drift = 0.6 * drift + 0.4 * np.clip(excess, -1.0, 1.0)
        size = 0.35 / (1.0 + 0.12 * step)
        prices = Prices(np.maximum(prices.budget + size * drift[: instance.weeks], 0.0),
                        np.maximum(prices.launch + size * scale[2] * drift[instance.weeks:], 0.0))
        weights = move_weights(question, weights, found, step=1.0 / (1.0 + 0.1 * step))
    return *best, kept


def _scales(question: Question) -> tuple[Floats, Floats, Floats]:
    """Size of each budget, of each cap, and of the money that a launch of each cap is about."""
    instance = question.instance
    gain = np.full(len(instance.launch_caps), 1e-9)
    worth = instance.price * instance.demand.sum(axis=2).mean(axis=1)
    for g in range(len(gain)):
        gain[g] += worth[question.cap_of_line == g].mean() if (question.cap_of_line == g).any() else 0.0
    budgets = np.maximum(instance.budgets, max(instance.budgets.max(initial=0.0) * 0.05, 1e-9))
    return budgets, np.maximum(instance.launch_caps, 1).astype(float), gain


def tighten(question: Question, weights: Floats, prices: Prices, rounds: int) -> tuple[float, Floats, Answer]:
    """Smallest bound at fixed prices: each option keeps the smallest value that any ω proved.

    Returns:
        The bound, each option's proved value, and the last answer.
    """
    found = answer(question, weights, prices)
    proved = found.value
    for step in range(rounds):
        weights = move_weights(question, weights, found, step=0.5 / (1.0 + 0.15 * step))
        found = answer(question, weights, prices)
        proved = np.minimum(proved, found.value)
    return choose(question, proved, prices)[1], proved, found
