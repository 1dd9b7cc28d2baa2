r"""Do the commitments fit in the limits together, and if not, what is short, and which are cheapest to release?

Commitments k (mandatory launches) have a smallest order of cost c_k and weeks W_k in which it may be placed. Whatever
else a plan does can be left undone, so that the limits can hold together exactly when with x_{k,w} ∈ {0, 1}

    Σ_{w ∈ W_k} x_{k,w} = 1 − r_k,   Σ_k c_k·x_{k,w} ≤ budget_w + δ_w,   Σ_{k ∈ g} (1 − r_k) ≤ cap_g + γ_g

has a solution with r = δ = γ = 0. Two questions are asked of CP-SAT:

    shortage   r = 0 where any week serves k; minimise Σ δ_w, then the weeks that are short     (γ is then given)
    way out    δ = γ = 0; minimise Σ v_k^+·r_k, then the number of releases

with v_k the profit that launch k brings on its own, over not launching. A style is let go as a whole: r is the same for
all launches of one, and their v are added up before the positive part is taken. Money is counted in ten-thousandths, costs
rounded up and budgets down.

OR-Tools is imported inside the functions: only the worker's process may load it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimization.alone import best_launches
from optimization.columns import every_option, merge, polish
from optimization.commitments import Commitments, commitments, smallest_launch
from optimization.effort import Effort
from optimization.fixed import fixed_spend, with_fixed, without_fixed
from optimization.instance import Floats, Ints, LaunchInstance, Plan, evaluate
from optimization.model import build_buckets
from optimization.options import build_options
from optimization.prices import Prices, Question, answer, first_weights, move_weights, tables_of
from optimization.shelf_least import shelf_short

_UNIT = 10_000
# CP-SAT's deterministic time for each of the two questions.
_WORK = 3.0
# Single-pack rounds on launches that are weighed on their own.
_POLISH = 20


@dataclass(frozen=True)
class Elastic:
    """What is short, and the cheapest way out.

    Args:
        budget_short: Money that each week's budget lacks, where the total is least (T).
        cap_short: Launches that each cap lacks (G).
        order_week: Week in which the shortest spend places each commitment's order, -1 where none serves it (k).
        is_released: Commitments that the cheapest way out lets go (k).
        profit: What each commitment brings on its own, over not launching (k).
        way_out: Smallest orders of all that is not released: within every limit.
        is_proved: Whether both answers are the best there are.
        fixed_over: Money by which orders that planners fixed pass each week's budget; part of what is short (T).
        shelf_short: What storage and fill floors lack (R): of `relax` what no plan can do without.
        is_shelf_proved: Whether that is so, and not merely what the nearest plan lacks that was found.
    """

    budget_short: Floats
    cap_short: Ints
    order_week: Ints
    is_released: NDArray[np.bool_]
    profit: Floats
    way_out: Plan
    is_proved: bool
    fixed_over: Floats
    shelf_short: Floats
    is_shelf_proved: bool = True


def relax(question: LaunchInstance, effort: Effort) -> Elastic:
    """The elastic answers of an instance; nothing short and nothing released where its limits hold together."""
    instance = without_fixed(question)
    over = np.maximum(fixed_spend(question) - question.budgets, 0.0)
    over = np.where(over > 1e-6 + 1e-9 * question.budgets, over, 0.0)
    held = commitments(instance)
    profit = _alone(instance, held.line, effort)
    forced = np.bincount(held.cap[held.cap >= 0], minlength=len(instance.launch_caps))
    ordered, short, first_proved = _solve(instance, held, held.is_shut.astype(np.int64), None)
    freed, _, then_proved = _solve(instance, held, None, profit)
    packs, launch = smallest_launch(instance, held, freed)
    return Elastic(
        short + over,
        np.maximum(forced - instance.launch_caps, 0),
        ordered,
        freed < 0,
        profit,
        with_fixed(question, Plan(packs, launch)),
        first_proved and then_proved,
        over,
        shelf_short(question),
    )


def _alone(instance: LaunchInstance, line: Ints, effort: Effort) -> Floats:
    """Profit of each line's best launch if it were alone, over not launching (k)."""
    if not len(line):
        return np.zeros(0)
    few = instance.of_lines(line)
    few = replace(few, is_mandatory=np.zeros(len(line), dtype=bool))
    options = build_options(few)
    question = Question.of(few, options, build_buckets(few, options))
    free = Prices.free(few)
    weights, met = first_weights(question), []
    for _ in range(effort.tighten_rounds):
        found = answer(question, tables_of(question, weights, free), free)
        met.append(every_option(question, found))
        weights = move_weights(question, weights, found, step=3.0)
    columns = polish(question, merge(question, *met), free, _POLISH)
    best = best_launches(question, found, columns, _POLISH)
    idle = evaluate(few, Plan(np.zeros_like(best.packs), np.full(len(line), -1)))
    return evaluate(few, best).profit_by_line - idle.profit_by_line


def _solve(
    instance: LaunchInstance, held: Commitments, released: Ints | None, profit: Floats | None
) -> tuple[Ints, Floats, bool]:
    """Order week of each commitment (k; -1: released), money short by week (T), and whether that is proved.

    Args:
        instance: The question.
        held: Its commitments.
        released: What is let go and nothing else (k), budgets stretching; or None, with nothing stretching.
        profit: What a release gives up (k), where `released` is None.
    """
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    places = [np.flatnonzero(weeks).tolist() for weeks in held.may_order]
    picks = [{week: model.new_bool_var("") for week in weeks} for weeks in places]
    release = [model.new_bool_var("") for _ in picks]
    for k, own in enumerate(picks):
        model.add_exactly_one([*own.values(), release[k]])
        model.add(release[k] == release[int(held.first[k])])
        if released is not None:
            model.add(release[k] == int(released[k]))
    short = _budgets(model, instance, held, picks, released is not None)
    if released is None:
        for g, most in enumerate(instance.launch_caps.tolist()):
            inside = np.flatnonzero(held.cap == g).tolist()
            model.add(sum(1 - release[k] for k in inside) <= most)
        of_style = np.bincount(held.first, profit, len(picks)) if profit is not None and len(picks) else np.zeros(0)
        worth = np.ceil(np.maximum(of_style, 0.0) * _UNIT).astype(np.int64)
        many = len(release) + 1
        model.minimize(sum((int(v) * many + 1) * r for v, r in zip(worth, release, strict=True)))
    else:
        is_short = [model.new_bool_var("") for _ in short]
        for amount, flag in zip(short, is_short, strict=True):
            model.add(amount == 0).only_enforce_if(~flag)
        model.minimize((len(short) + 1) * sum(short) + sum(is_short))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = _WORK
    solver.parameters.random_seed = 1
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        raise RuntimeError(
            f"CP-SAT ended with {solver.status_name(status)} on {len(picks)} commitments, all of them free"
        )
    at = [next((week for week, pick in own.items() if solver.boolean_value(pick)), -1) for own in picks]
    money = np.array([solver.value(amount) for amount in short], dtype=np.float64) / _UNIT
    return np.array(at, dtype=np.int64), money, status == cp_model.OPTIMAL


def _budgets(
    model: Any, instance: LaunchInstance, held: Commitments, picks: list[dict[int, Any]], stretches: bool
) -> list[Any]:
    """Adds the budgets; what each week is short of where they may stretch (T), else nothing."""
    cost = np.ceil(held.cost * _UNIT - 1e-3).astype(np.int64)
    budget = np.floor(instance.budgets * _UNIT + 1e-3).astype(np.int64)
    found = []
    for week in range(instance.weeks):
        spent = sum(int(cost[k]) * own[week] for k, own in enumerate(picks) if week in own and cost[k] > 0)
        over = model.new_int_var(0, int(cost.sum()) if stretches else 0, "")
        model.add(spent - over <= int(budget[week]))
        found.append(over)
    return found if stretches else []
