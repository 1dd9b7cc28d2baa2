"""Solves one instance: prices, columns, integer master, moves. Runs in the worker's process only.

Every loop stops by count, so that the same input gives the same bytes, unless the time is over before: then the best plan
at hand and what is proved by then are the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from optimization.alone import best_launches
from optimization.bundle import sharpen
from optimization.columns import (
    IDLE,
    Columns,
    every_option,
    every_plan,
    fallback,
    from_answers,
    merge,
    neighbours,
    plans_in_all,
    polish,
    pool,
)
from optimization.effort import Effort
from optimization.instance import Floats, Ints, LaunchInstance, Plan
from optimization.master import solve_integer, solve_relaxed
from optimization.model import build_buckets
from optimization.moves import Draft, launches_of, profit_of, repair, shelf_of_draft, spend_of
from optimization.options import build_options
from optimization.prices import Prices, Question, answer, placed, pruned, search, tables_of, tighten
from optimization.restore import restored
from optimization.settle import settle
from optimization.style_moves import improved
from optimization.styles import whole
from optimization.tilt import Tilt

# Shares of the budgets' prices at which small pools get a column of every option.
_PRICE_STEPS = (0.0, 0.5, 1.0, 1.5, 2.5)
_CHEAPER = 0.85


@dataclass(frozen=True)
class Solution:
    """A plan, the bound, prices of the limits, rounds taken, and the best launch of every candidate on its own.

    Args:
        plan: Packs by order week and launch weeks.
        bound: No plan of the instance earns more.
        prices: Prices of budgets and launch caps at the bound.
        iterations: Pricing rounds.
        alone: Every candidate's best launch if no other line wanted the money or the place; see `alone.py`.
        shortage: By how much the plan exceeds limits that forced lines do not fit in; 0 when feasible.
        is_cut_short: Whether the time was over before the effort.
    """

    plan: Plan
    bound: float
    prices: Prices
    iterations: int
    alone: Plan
    shortage: float
    is_cut_short: bool = False


def solve(
    instance: LaunchInstance,
    effort: Effort,
    known: tuple[Plan, ...] = (),
    start: Prices | None = None,
    tilt: Tilt | None = None,
    is_late: Callable[[], bool] = lambda: False,
) -> Solution:
    """The best plan found and a bound on every plan.

    Args:
        instance: The question.
        effort: Counts of rounds.
        known: Plans already at hand; the answer is at least as good as each feasible one.
        start: Prices of the limits to begin at, those of a like question; 0 without them.
        tilt: What plan and bound maximise; expected profit without one.
        is_late: Asked between rounds; once true, what is at hand is made a plan of.
    """
    options = build_options(instance, tilt)
    whole = Question.of(instance, options, build_buckets(instance, options))
    fewer = pruned(whole, effort.tighten_rounds)
    question = fewer.question
    priced = _price(question, effort, _of_plans(question, known), start or Prices.free(instance), is_late)
    draft = _integer(question, effort, priced, is_late)
    met = replace(priced.columns, option=np.append(fewer.kept, IDLE)[priced.columns.option])
    for plan in known:
        rival = draft_of(question, plan)
        if _excess(question, rival) > 0:
            rival = repair(question, rival)
        gains = profit_of(question, rival).sum() > profit_of(question, draft).sum()
        # To bring a plan within storage and floors takes long, and makes it no better.
        if question.options.shelf.count and _excess(question, rival) > 0 and (gains or _excess(question, draft) > 0):
            rival = restored(question, rival, priced.columns, priced.prices)
            gains = profit_of(question, rival).sum() > profit_of(question, draft).sum()
        if _excess(question, rival) == 0 and (gains or _excess(question, draft) > 0):
            draft = improved(question, rival, priced.columns, effort.move_rounds, is_late)
    return Solution(
        _plan_of(question, draft),
        priced.bound,
        _binding(question, priced.prices),
        effort.rounds,
        best_launches(whole, fewer.free, met, effort.polish_rounds),
        _excess(question, draft),
        is_late(),
    )


@dataclass(frozen=True)
class _Priced:
    """Where pricing ended: the bound, the columns met on the way, one of them a line, and the prices that go with it."""

    bound: float
    columns: Columns
    picked: Ints
    prices: Prices


def _price(
    question: Question, effort: Effort, known: list[Columns], start: Prices, is_late: Callable[[], bool]
) -> _Priced:
    """Cycles of tighter ω, new columns and a settlement of prices, at least one; then the bound at the sharpest prices."""
    prices, weights, _ = search(question, effort.search_rounds, start)
    columns = merge(question, fallback(question), *known)
    bound = np.inf
    for cycle in range(effort.cycles):
        proved, weights, found = tighten(question, weights, prices, effort.tighten_rounds)
        bound = min(bound, proved)
        raw = every_option(question, found)
        if cycle >= effort.cycles - effort.spread_cycles:
            raw = merge(question, raw, _elsewhere(question, weights, prices))
        columns = merge(question, columns, raw, polish(question, raw, prices, effort.polish_rounds))
        picked, prices = settle(question, columns, prices, effort.settle_passes)
        if is_late():
            return _Priced(bound, columns, picked, prices)
    sharp, answers = sharpen(question, weights, prices, effort.bundle_rounds)
    proved, weights, found = tighten(question, weights, sharp, 3 * effort.tighten_rounds)
    raw = merge(question, from_answers(question, answers), every_option(question, found))
    columns = merge(
        question,
        columns,
        raw,
        polish(question, raw, prices, effort.polish_rounds),
        *_all_of_a_small(question, effort, weights, prices),
    )
    picked, prices = settle(question, columns, prices, effort.settle_passes)
    return _Priced(min(bound, proved), columns, picked, prices)


def _elsewhere(question: Question, weights: Floats, prices: Prices) -> Columns:
    """What lines would do if one week's budget were a little cheaper: lines that can wait spread over the weeks."""
    tables = tables_of(question, weights, prices)
    answers = []
    for week in np.flatnonzero(prices.budget > 0).tolist():
        cheaper = prices.budget.copy()
        cheaper[week] *= _CHEAPER
        answers.append(answer(question, tables, replace(prices, budget=cheaper)))
    return from_answers(question, answers or [answer(question, tables, prices)])


def _all_of_a_small(question: Question, effort: Effort, weights: Floats, prices: Prices) -> list[Columns]:
    """Every plan of a very small question; every option at several prices of a small one; else nothing."""
    if plans_in_all(question) <= effort.integer_columns // 2:
        return [every_plan(question)]
    if len(question.options.line) * len(_PRICE_STEPS) > effort.integer_columns // 4:
        return []
    tables = tables_of(question, weights, prices)
    return [
        every_option(question, answer(question, tables, replace(prices, budget=step * prices.budget)))
        for step in _PRICE_STEPS
    ]


def _binding(question: Question, prices: Prices) -> Prices:
    """The prices, nothing for a budget that no order can use."""
    instance = question.instance
    last = int((instance.weeks - instance.lead).max(initial=0))
    usable = (np.arange(instance.weeks) < last) & (instance.budgets > 0)
    return replace(prices, budget=np.where(usable, prices.budget, 0.0))


def _integer(question: Question, effort: Effort, priced: _Priced, is_late: Callable[[], bool]) -> Draft:
    """The settled columns, repaired and improved; in small pools then CP-SAT over columns and neighbours."""
    columns = priced.columns
    draft = repair(question, _draft_from(question, columns, priced.picked))
    draft = restored(question, draft, columns, priced.prices)
    draft = improved(question, draft, columns, effort.move_rounds, is_late)
    if len(columns.line) + question.instance.n * question.instance.weeks**2 > effort.integer_columns:
        return draft
    for _ in range(effort.integer_rounds):
        if is_late():
            break
        better = _picked(question, effort, columns, draft)
        if better is None:
            break
        draft = better
    return draft


def _picked(question: Question, effort: Effort, columns: Columns, draft: Draft) -> Draft | None:
    """CP-SAT's pick from the columns, the draft and its neighbours, improved; None when it is no better."""
    every = np.arange(question.instance.n)
    wider = merge(
        question,
        columns,
        pool(question, every, draft.option, draft.arriving),
        neighbours(question, draft.option, draft.arriving),
    )
    incumbent = None
    if _excess(question, draft) == 0:
        keys = {bytes(row): j for j, row in enumerate(np.column_stack([wider.line, wider.option, wider.arriving]))}
        own = np.column_stack([every, draft.option, draft.arriving])
        incumbent = np.array([keys[bytes(row)] for row in own], dtype=np.int64)
    picked = solve_integer(question, wider, solve_relaxed(question, wider), incumbent, effort.integer_work)
    if picked is None:
        return None
    other = improved(question, _draft_from(question, wider, picked), wider, effort.move_rounds)
    gained = profit_of(question, other).sum() - profit_of(question, draft).sum()
    return other if incumbent is None or gained > 1e-6 else None


def _draft_from(question: Question, columns: Columns, picked: Ints) -> Draft:
    """The draft of one column a line."""
    option = np.full(question.instance.n, -1, dtype=np.int64)
    arriving = np.zeros((question.instance.n, question.instance.weeks), dtype=np.int64)
    option[columns.line[picked]], arriving[columns.line[picked]] = columns.option[picked], columns.arriving[picked]
    return Draft(option, arriving)


def draft_of(question: Question, plan: Plan) -> Draft:
    """A plan by option and arrival week. Launches that pruning proved worse than none are left out, and styles torn apart."""
    options, instance = question.options, question.instance
    first = np.flatnonzero(np.diff(question.launch, prepend=-1))
    position = dict(
        zip(zip(options.line[first].tolist(), options.launch_week[first].tolist(), strict=True), first, strict=True)
    )
    option = np.array([position.get((i, w), IDLE) for i, w in enumerate(plan.launch_week.tolist())], dtype=np.int64)
    # Weeks that no option is shown in are weeks in which being shown does nothing.
    last = np.append(np.bincount(question.launch) - 1, 0)[np.append(question.launch, -1)[option]]
    option = np.where(option >= 0, option + np.minimum(plan.shown, last), IDLE)
    option = np.where(whole(question.leader, np.where(option >= 0, plan.launch_week, IDLE)), option, IDLE)
    arriving = np.zeros_like(plan.packs)
    for lead in np.unique(instance.lead[option >= 0]).tolist():
        rows = (instance.lead == lead) & (option >= 0)
        arriving[rows, lead:] = plan.packs[rows, : instance.weeks - lead]
    return Draft(option, arriving)


def _of_plans(question: Question, known: tuple[Plan, ...]) -> list[Columns]:
    """Columns of plans at hand; of lines that must not stay idle, none that do."""
    found = []
    for draft in (draft_of(question, plan) for plan in known):
        line = np.flatnonzero((draft.option >= 0) | (question.idle > -1e17))
        found.append(pool(question, line, draft.option[line], draft.arriving[line]))
    return found


def _plan_of(question: Question, draft: Draft) -> Plan:
    """The plan of a draft."""
    options, taken = question.options, draft.option >= 0
    launch = np.where(taken, np.append(options.launch_week, IDLE)[draft.option], IDLE)
    shown = np.where(taken, np.append(options.shown, 0)[draft.option], 0)
    return Plan(placed(question.instance, np.arange(question.instance.n), draft.arriving), launch, shown)


def _excess(question: Question, draft: Draft) -> float:
    """Money, launches and use of the shelf beyond the limits, summed."""
    instance = question.instance
    money = np.maximum(spend_of(question, draft) - instance.budgets - 1e-6 - 1e-9 * instance.budgets, 0.0).sum()
    shelf = instance.shelf.excess(shelf_of_draft(question, draft).sum(axis=0)).sum()
    return float(money + np.maximum(launches_of(question, draft) - instance.launch_caps, 0).sum() + shelf)
