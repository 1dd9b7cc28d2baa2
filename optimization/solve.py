"""Solves one instance: prices, columns, integer master, moves. Runs in the worker's process only.

Every loop stops by count, so that the same input gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.bundle import sharpen
from optimization.columns import (
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
from optimization.model import build_buckets, build_options
from optimization.moves import Draft, improve, launches_of, profit_of, repair, spend_of
from optimization.prices import Prices, Question, answer, placed, pruned, search, tables_of, tighten

# Shares of the budgets' prices at which small pools get a column of every option.
_PRICE_STEPS = (0.0, 0.5, 1.0, 1.5, 2.5)


@dataclass(frozen=True)
class Solution:
    """A plan, the bound, prices of the limits, rounds taken, and the best launch of every line by its columns.

    Args:
        plan: Packs by order week and launch weeks.
        bound: No plan of the instance earns more.
        prices: Prices of budgets and launch caps at the bound.
        iterations: Pricing rounds.
        best_week, best_profit: Launch week and exact profit of each line's best launching column, -1 and NaN
            when it has none (n).
        shortage: By how much the plan exceeds limits that forced lines do not fit in; 0 when feasible.
    """

    plan: Plan
    bound: float
    prices: Prices
    iterations: int
    best_week: Ints
    best_profit: Floats
    shortage: float


def solve(instance: LaunchInstance, effort: Effort, known: tuple[Plan, ...] = ()) -> Solution:
    """The best plan found and a bound on every plan.

    Args:
        instance: The question.
        effort: Counts of rounds.
        known: Plans already at hand; the answer is at least as good as each feasible one.
    """
    options = build_options(instance)
    question = pruned(Question.of(instance, options, build_buckets(instance, options)), effort.tighten_rounds)
    priced = _price(question, effort)
    columns = merge(question, fallback(question), priced.columns, *_of_plans(question, known))
    draft = _integer(question, effort, columns, priced.prices)
    best_week, best_profit = _best_launch(question, columns)
    for plan in known:
        rival = _draft_of(question, plan)
        if _excess(question, rival) == 0 and profit_of(question, rival).sum() > profit_of(question, draft).sum():
            draft = improve(question, rival, columns, effort.move_rounds)
    return Solution(_plan_of(question, draft), priced.bound, priced.prices, effort.rounds, best_week, best_profit,
                    _excess(question, draft))


@dataclass(frozen=True)
class _Priced:
    """Where the dual ended: its prices, the bound, and the columns met on the way."""

    prices: Prices
    bound: float
    columns: Columns


def _price(question: Question, effort: Effort) -> _Priced:
    """Cycles of sharper prices at fixed ω and tighter ω at fixed prices; the smallest bound is kept."""
    prices, weights, _ = search(question, effort.search_rounds)
    best_prices, bound = prices, np.inf
    found: list[Columns] = []
    for cycle in range(effort.cycles + 1):
        is_last = cycle == effort.cycles
        if not is_last:
            prices, answers = sharpen(question, tables_of(question, weights), prices, effort.bundle_rounds)
            found.append(from_answers(question, answers[-2:]))
        proved, weights, last = tighten(question, weights, prices, effort.tighten_rounds * (3 if is_last else 1))
        if proved < bound:
            best_prices, bound = prices, proved
        raw = from_answers(question, [last])
        found += [raw] + ([polish(question, raw, prices, effort.polish_rounds)] if cycle >= effort.cycles - 2 else [])
    if plans_in_all(question) <= effort.integer_columns // 2:
        found.append(every_plan(question))
    elif len(question.options.line) * len(_PRICE_STEPS) <= effort.integer_columns // 4:
        tables = tables_of(question, weights)
        found += [every_option(question, answer(question, tables, Prices(s * best_prices.budget, best_prices.launch)))
                  for s in _PRICE_STEPS]
    return _Priced(best_prices, bound, merge(question, *found))


def _integer(question: Question, effort: Effort, columns: Columns, prices: Prices) -> Draft:
    """The best columns at these prices, repaired and improved; in small pools then CP-SAT over them and neighbours."""
    draft = repair(question, _draft_from(question, columns, _best_priced(question, columns, prices)))
    draft = improve(question, draft, columns, effort.move_rounds)
    if len(columns.line) + question.instance.n * question.instance.weeks**2 > effort.integer_columns:
        return draft
    for _ in range(effort.integer_rounds):
        better = _picked(question, effort, columns, draft)
        if better is None:
            break
        draft = better
    return draft


def _picked(question: Question, effort: Effort, columns: Columns, draft: Draft) -> Draft | None:
    """CP-SAT's pick from the columns, the draft and its neighbours, improved; None when it is no better."""
    every = np.arange(question.instance.n)
    wider = merge(question, columns, pool(question, every, draft.option, draft.arriving),
                  neighbours(question, draft.option, draft.arriving))
    incumbent = None
    if _excess(question, draft) == 0:
        keys = {bytes(row): j for j, row in enumerate(np.column_stack([wider.line, wider.option, wider.arriving]))}
        own = np.column_stack([every, draft.option, draft.arriving])
        incumbent = np.array([keys[bytes(row)] for row in own], dtype=np.int64)
    picked = solve_integer(question, wider, solve_relaxed(question, wider), incumbent, effort.integer_work)
    if picked is None:
        return None
    other = improve(question, _draft_from(question, wider, picked), wider, effort.move_rounds)
    gained = profit_of(question, other).sum() - profit_of(question, draft).sum()
    return other if incumbent is None or gained > 1e-6 else None


def _best_priced(question: Question, columns: Columns, prices: Prices) -> Ints:
    """The column of every line that earns most once the limits are paid for, the first on ties."""
    cap = columns.caps(question)
    value = columns.profit - columns.spend @ prices.budget - np.append(prices.launch, 0.0)[cap] * (cap >= 0)
    order = np.lexsort((np.arange(len(columns.line)), -value, columns.line))
    return np.sort(order[np.flatnonzero(np.diff(columns.line[order], prepend=-1))])


def _draft_from(question: Question, columns: Columns, picked: Ints) -> Draft:
    """The draft of one column a line."""
    option = np.full(question.instance.n, -1, dtype=np.int64)
    arriving = np.zeros((question.instance.n, question.instance.weeks), dtype=np.int64)
    option[columns.line[picked]], arriving[columns.line[picked]] = columns.option[picked], columns.arriving[picked]
    return Draft(option, arriving)


def _draft_of(question: Question, plan: Plan) -> Draft:
    """A plan by option and arrival week. Launches that pruning proved worse than none are left out."""
    options, instance = question.options, question.instance
    position = {(i, w): j for j, (i, w) in enumerate(zip(options.line.tolist(), options.launch_week.tolist(),
                                                         strict=True))}
    option = np.array([position.get((i, w), -1) for i, w in enumerate(plan.launch_week.tolist())], dtype=np.int64)
    arriving = np.zeros_like(plan.packs)
    for lead in np.unique(instance.lead[option >= 0]).tolist():
        rows = (instance.lead == lead) & (option >= 0)
        arriving[rows, lead:] = plan.packs[rows, : instance.weeks - lead]
    return Draft(option, arriving)


def _of_plans(question: Question, known: tuple[Plan, ...]) -> list[Columns]:
    """Columns of plans at hand."""
    drafts = [_draft_of(question, plan) for plan in known]
    return [pool(question, np.arange(question.instance.n), draft.option, draft.arriving) for draft in drafts]


def _plan_of(question: Question, draft: Draft) -> Plan:
    """The plan of a draft."""
    launch = np.where(draft.option >= 0, question.options.launch_week[draft.option], -1)
    return Plan(placed(question.instance, np.arange(question.instance.n), draft.arriving), launch)


def _excess(question: Question, draft: Draft) -> float:
    """Money and launches beyond the limits, summed."""
    instance = question.instance
    money = np.maximum(spend_of(question, draft) - instance.budgets - 1e-6 - 1e-9 * instance.budgets, 0.0).sum()
    return float(money + np.maximum(launches_of(question, draft) - instance.launch_caps, 0).sum())


def _best_launch(question: Question, columns: Columns) -> tuple[Ints, Floats]:
    """Launch week and exact profit of each line's best launching column."""
    week, profit = np.full(question.instance.n, -1, dtype=np.int64), np.full(question.instance.n, np.nan)
    rows = np.flatnonzero((columns.option >= 0) & question.instance.is_launch[columns.line])
    order = rows[np.argsort(columns.profit[rows], kind="stable")]
    week[columns.line[order]] = question.options.launch_week[columns.option[order]]
    profit[columns.line[order]] = columns.profit[order]
    return week, profit
