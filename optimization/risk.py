r"""Plans that weigh what they earn on the worst paths: expected profit and the mean of its worst tenth (CVaR).

    maximise  (1 − ρ)·E[profit] + ρ·CVaR(profit),     CVaR = mean over the k = ⌈S / 10⌉ paths that earn least

CVaR is the least of all means Σ_s q_s·profit_s with Σ_s q_s = 1 and 0 ≤ q_s ≤ 1/k. So for any such q the best plan of
the question whose paths weigh (1 − ρ)/S + ρ·q_s earns at least the optimum: its bound is a bound. A path weighs more by
being there several times, c_s copies more of E in all, c_s ≤ E/k. Each round solves such a question; q is then the mean
of the worst tenths of the plans met (fictitious play); the best plan and the least bound of all rounds are kept.

Lives here: the rounds and their paths. Does not live here: how a question is solved (`solve.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from optimization.instance import Floats, Ints, LaunchInstance, Plan, evaluate

_WORST = Fraction(1, 10)
_FINEST = 10
_ROUNDS = 3


@dataclass(frozen=True)
class Cautious:
    """The best plan met, a bound on what any plan's objective can be, and the CPU seconds spent."""

    plan: Plan
    objective: float
    bound: float
    cpu_seconds: float


def worst_tenth(profit_by_path: Floats) -> float:
    """Mean profit over the worst tenth of paths, at least one.

    >>> worst_tenth(np.array([5.0, 1.0, 3.0, *[9.0] * 9]))
    2.0
    """
    return float(np.sort(profit_by_path)[: _worst(len(profit_by_path))].mean())


def weighed(profit_by_path: Floats, risk: float) -> float:
    """Expected profit and the worst tenth's, weighed."""
    return (1.0 - risk) * float(profit_by_path.mean()) + risk * worst_tenth(profit_by_path)


def cautious(
    instance: LaunchInstance,
    risk: float,
    solve: Callable[[LaunchInstance, tuple[Plan, ...]], tuple[Plan, float, float]],
    start: Plan,
) -> Cautious:
    """The best plan found for this weight of the worst tenth, with its bound.

    Args:
        instance: The question.
        risk: ρ, in tenths at the finest, at least 0 and below 1.
        solve: From a question and plans at hand to a plan, a bound on expected profit, and CPU seconds.
        start: A plan within every limit; it says which paths are bad to begin with.
    """
    share = Fraction(risk).limit_denominator(_FINEST)
    copies, extra = _copies(instance.paths, share)
    weight = float(share)
    first = evaluate(instance, start).profit_by_path
    plans, chosen, best, bound, seconds = [start], start, weighed(first, weight), np.inf, 0.0
    fills = [_fill(first, extra)]
    for _ in range(_ROUNDS):
        count = copies + _whole(np.mean(fills, axis=0))
        question = instance.with_demand(np.repeat(instance.demand, count, axis=1))
        plan, proved, spent = solve(question, tuple(plans))
        result = evaluate(instance, plan)
        bound, seconds = min(bound, proved), seconds + spent
        fills.append(_fill(result.profit_by_path, extra))
        plans = [*plans, plan]
        objective = weighed(result.profit_by_path, weight)
        if not result.violations and objective > best:
            best, chosen = objective, plan
    return Cautious(chosen, best, bound, seconds)


def _worst(paths: int) -> int:
    """Paths in the worst tenth."""
    return max(1, -(-paths * _WORST.numerator // _WORST.denominator))


def _copies(paths: int, risk: Fraction) -> tuple[int, int]:
    """Copies of every path, and copies more in all, so that the latter weigh ρ of the whole.

    >>> _copies(32, Fraction(1, 2)), _copies(32, Fraction(1, 4))
    ((1, 32), (3, 32))
    """
    extra = paths * risk / (1 - risk)
    return extra.denominator, extra.numerator


def _fill(profit_by_path: Floats, extra: int) -> Ints:
    """Copies more of each path, as many as a path may have, the worst first (S)."""
    most = extra // _worst(len(profit_by_path))
    count = np.zeros(len(profit_by_path), dtype=np.int64)
    left = extra
    for path in np.argsort(profit_by_path, kind="stable").tolist():
        count[path] = min(most, left)
        left -= int(count[path])
    return count


def _whole(ideal: Floats) -> Ints:
    """Whole copies that add up as the ideal ones do, none above its next whole number (S)."""
    whole = np.floor(ideal + 1e-9).astype(np.int64)
    left = round(float(ideal.sum())) - int(whole.sum())
    whole[np.argsort(whole - ideal, kind="stable")[:left]] += 1
    return whole
