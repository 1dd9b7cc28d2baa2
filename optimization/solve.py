"""Solves one instance: prices, columns, integer master, moves. Runs in the worker's process only.

Every loop stops by count, so that the same input gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.columns import Columns, fallback, from_answers, merge, polish, pool
from optimization.instance import Floats, Ints, LaunchInstance, Plan
from optimization.master import Relaxed, solve_integer, solve_relaxed
from optimization.model import build_buckets, build_options
from optimization.moves import Draft, improve, launches_of, profit_of, repair, spend_of
from optimization.prices import Answer, Prices, Question, answer, placed, search, tighten


@dataclass(frozen=True)
class Effort:
    """How hard to try, in counts.

    Args:
        price_rounds: Subgradient rounds on prices.
        master_rounds: Rounds of relaxed master and pricing.
        tighten_rounds: Rounds on the weights ω at the best prices.
        polish_rounds: Single-pack rounds on columns.
        move_rounds: Rounds of moves on the plan.
        integer_work: CP-SAT's deterministic time.
    """

    price_rounds: int = 60
    master_rounds: int = 5
    tighten_rounds: int = 25
    polish_rounds: int = 6
    move_rounds: int = 40
    integer_work: float = 4.0


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
    question = Question.of(instance, options, build_buckets(instance, options))
    prices, weights, bound, answers = search(question, effort.price_rounds)
    columns = merge(question, fallback(question), from_answers(question, answers), *_of_plans(question, known))
    prices, bound, columns, relaxed = _generate(question, effort, (prices, weights, bound), columns)
    draft = _integer(question, effort, columns, relaxed)
    best_week, best_profit = _best_launch(question, columns)
    for plan in known:
        rival = _draft_of(question, plan)
        if _excess(question, rival) == 0 and profit_of(question, rival).sum() > profit_of(question, draft).sum():
            draft = improve(question, rival, columns, effort.move_rounds)
    return Solution(_plan_of(question, draft), bound, prices,
                    effort.price_rounds + effort.master_rounds * (1 + effort.tighten_rounds),
                    best_week, best_profit, _excess(question, draft))


def _generate(
    question: Question, effort: Effort, start: tuple[Prices, Floats, float], columns: Columns
) -> tuple[Prices, float, Columns, Relaxed]:
    """Column generation: the master's prices, answers to them, polished columns; the smallest bound met."""
    best_prices, weights, bound = start
    prices = best_prices
    for _ in range(effort.master_rounds):
        proved, _, found = tighten(question, weights, prices, effort.tighten_rounds)
        if proved < bound:
            best_prices, bound = prices, proved
        columns = merge(question, columns, *_polished(question, effort, found, prices))
        relaxed = solve_relaxed(question, columns)
        prices = relaxed.prices
    proved, _, _ = tighten(question, weights, prices, effort.tighten_rounds)
    return (prices, proved, columns, relaxed) if proved < bound else (best_prices, bound, columns, relaxed)


def _polished(question: Question, effort: Effort, found: Answer, prices: Prices) -> list[Columns]:
    """The answer's columns and their polished form."""
    raw = from_answers(question, [found])
    return [raw, polish(question, raw, prices, effort.polish_rounds)]


def _integer(question: Question, effort: Effort, columns: Columns, relaxed: Relaxed) -> Draft:
    """The largest shares, repaired and improved; then CP-SAT's pick, improved; the better of the two."""
    draft = repair(question, _draft_from(question, columns, _largest_share(columns, relaxed)))
    draft = improve(question, draft, columns, effort.move_rounds)
    if _excess(question, draft) > 0:
        return draft
    wider = merge(question, columns, pool(question, np.arange(question.instance.n), draft.option, draft.arriving))
    relaxed = solve_relaxed(question, wider)
    keys = {key: j for j, key in enumerate(map(bytes, np.column_stack([wider.line, wider.option, wider.arriving])))}
    own = np.column_stack([np.arange(question.instance.n), draft.option, draft.arriving])
    incumbent = np.array([keys[bytes(row)] for row in own], dtype=np.int64)
    picked = solve_integer(question, wider, relaxed, incumbent, effort.integer_work)
    if picked is None:
        return draft
    other = improve(question, _draft_from(question, wider, picked), wider, effort.move_rounds)
    return other if profit_of(question, other).sum() > profit_of(question, draft).sum() else draft


def _largest_share(columns: Columns, relaxed: Relaxed) -> Ints:
    """The column of largest share of every line, the first on ties."""
    order = np.lexsort((np.arange(len(columns.line)), -relaxed.share, columns.line))
    return np.sort(order[np.flatnonzero(np.diff(columns.line[order], prepend=-1))])


def _draft_from(question: Question, columns: Columns, picked: Ints) -> Draft:
    """The draft of one column a line."""
    option = np.full(question.instance.n, -1, dtype=np.int64)
    arriving = np.zeros((question.instance.n, question.instance.weeks), dtype=np.int64)
    option[columns.line[picked]], arriving[columns.line[picked]] = columns.option[picked], columns.arriving[picked]
    return Draft(option, arriving)


def _draft_of(question: Question, plan: Plan) -> Draft:
    """A plan by option and arrival week."""
    options, instance = question.options, question.instance
    position = {(i, w): j for j, (i, w) in enumerate(zip(options.line.tolist(), options.launch_week.tolist(),
                                                         strict=True))}
    option = np.array([position.get((i, w), -1) for i, w in enumerate(plan.launch_week.tolist())], dtype=np.int64)
    arriving = np.zeros_like(plan.packs)
    for lead in np.unique(instance.lead).tolist():
        rows = instance.lead == lead
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
