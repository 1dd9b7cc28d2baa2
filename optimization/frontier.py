r"""The Pareto front of two or more objectives of one question, drawn by ε-constraints, and its knee.

    first end     the largest f₁
    other ends    the largest f_k, then the largest f₁ among plans that reach it (a lexicographic payoff table,
                  Mavrotas 2009)
    points        maximise f₁ subject to f_k ≥ ε_k, each ε_k from its least value at any end to its largest, evenly

With every objective scaled to 0 at its least and 1 at its largest value of all points, the knee is the point farthest
beyond the plane through the ends, Σ_k f_k = 1: (Σ_k f_k − 1) / √K (Das 1999; of two objectives, the distance from the
chord). Where no point lies beyond it, the front has no knee.

All points come from one search (`pursue.py`), so that a plan or a bound that one of them found serves the others. A
point that another reaches in everything is left out; what is left is feasible and mutually non-dominated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from optimization.instance import Floats, Plan
from optimization.objectives import Aim
from optimization.pursue import Search, in_order, pursued

_EQUAL = 1e-9


@dataclass(frozen=True)
class Point:
    """One plan of the front.

    Args:
        plan: Within every limit.
        values: What it reaches, by objective.
        floors: ε of each objective but the first, of those that it was best for the ones with the least bound.
        bound: No plan that keeps the floors reaches more of the first objective.
        knee: Distance beyond the plane through the ends, below 0 on this side of it.
        is_knee: Whether it lies farthest.
    """

    plan: Plan
    values: dict[str, float]
    floors: dict[str, float]
    bound: float
    knee: float = 0.0
    is_knee: bool = False


def frontier(search: Search, names: Sequence[str], points: int) -> tuple[Search, list[Point]]:
    """The front's points, the best of the first objective first, and the search that found them.

    Args:
        search: Begun.
        names: Objectives, at least two; the first is maximised.
        points: Floors of each of the others.
    """
    search, ends = _with_ends(search, names)
    aims = [Aim({names[0]: 1.0}, floors) for floors in _floors(ends, names, points)]
    for aim in aims:
        search = pursued(search, aim, rounds=1)
    found: dict[int, Point] = {}
    for aim in aims:
        at = _best(search, aim, names)
        # Of floors that one plan is best for, those that prove most of it.
        if at >= 0 and (bound := search.bound(aim)) <= (found[at].bound if at in found else np.inf):
            found[at] = Point(search.plans[at], dict(search.values[at]), dict(aim.floors), bound)
    kept = [point for point in found.values() if not _is_dominated(point, list(found.values()), names)]
    return search, with_knee(sorted(kept, key=lambda point: -point.values[names[0]]), names)


def with_knee(front: Sequence[Point], names: Sequence[str]) -> list[Point]:
    """The points with their distance from the plane through the ends, and the farthest one marked."""
    if not front:
        return []
    values = np.array([[point.values[name] for name in names] for point in front])
    distance = knee_distance(values)
    is_knee = np.arange(len(front)) == int(np.argmax(distance))
    is_knee &= distance > _EQUAL
    return [
        replace(point, knee=float(far), is_knee=bool(knee))
        for point, far, knee in zip(front, distance, is_knee, strict=True)
    ]


def knee_distance(values: Floats) -> Floats:
    """Distance of every point (p, K) beyond the plane through the ends, on axes from 0 to 1 (p).

    >>> knee_distance(np.array([[10.0, 0.0], [9.0, 0.9], [0.0, 1.0]])).round(3).tolist()
    [0.0, 0.566, 0.0]
    """
    least, most = values.min(axis=0), values.max(axis=0)
    moves = most - least > _EQUAL * np.maximum(np.abs(most), 1.0)
    if moves.sum() < 2:
        return np.zeros(len(values))
    scaled = (values[:, moves] - least[moves]) / (most - least)[moves]
    return np.asarray((scaled.sum(axis=1) - 1.0) / np.sqrt(moves.sum()))


def _with_ends(search: Search, names: Sequence[str]) -> tuple[Search, list[Mapping[str, float]]]:
    """The search with the front's ends, and what each end reaches."""
    search = pursued(search, Aim({names[0]: 1.0}), rounds=2)
    ends = [search.values[_best(search, Aim({names[0]: 1.0}), names)]]
    for name in names[1:]:
        search, aim = in_order(search, (name, names[0]), {}, rounds=2)
        ends.append(search.values[search.best(aim)])
    return search, ends


def _floors(ends: Sequence[Mapping[str, float]], names: Sequence[str], points: int) -> list[dict[str, float]]:
    """Every combination of the floors."""
    told = {name: [end[name] for end in ends] for name in names[1:]}
    spans = [np.linspace(min(values), max(values), points).tolist() for values in told.values()]
    return [dict(zip(names[1:], floors, strict=True)) for floors in product(*spans)]


def _best(search: Search, aim: Aim, names: Sequence[str]) -> int:
    """Position of the best plan that keeps the floors, of equals the one that reaches more of the others; −1 for none."""
    fits = [k for k, value in enumerate(search.values) if aim.holds(value)]
    return max(fits, key=lambda k: tuple(search.values[k][name] for name in names), default=-1)


def _is_dominated(point: Point, others: Sequence[Point], names: Sequence[str]) -> bool:
    """Whether another point reaches at least as much of everything, and more of something."""
    own = np.array([point.values[name] for name in names])
    slack = _EQUAL * np.maximum(np.abs(own), 1.0)
    for other in others:
        theirs = np.array([other.values[name] for name in names])
        if (theirs >= own - slack).all() and (theirs > own + slack).any():
            return True
    return False
