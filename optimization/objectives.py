r"""Several objectives of one plan, and what is proved of all of them at once.

    profit      E     expected profit (margin, leftover value, holding, shortage, launch cost)
    cvar        C     mean profit over the worst tenth of paths, k = ⌈S / 10⌉ of them
    fill_rate   R     expected units sold / expected units demanded, N / D
    freshness   H     share of candidates' first weeks in which a slot shows them           (`exposure_aims.py`)
    fairness    J     share of the slots that would be even between sellers that these get  (`exposure_aims.py`)

An aim is a weighted sum α·E + β·C + w·R + a·H + b·J, with floors (ε-constraints) under any of them:

    maximise  α·E + β·C + w·R + a·H + b·J    subject to    E ≥ ε_E,  C ≥ ε_C,  …    and the limits of `model.py`

Cuts. C is the least of all means Σ_s p_s·profit_s with 0 ≤ p_s ≤ 1/k, Σ_s p_s = 1 (Rockafellar and Uryasev 2000). So a
solve under the tilt q = (1 − ρ)/S + ρ·p, π, φ and worths of slots (`tilt.py`) proves of every plan

    (1 − ρ)·E + ρ·C + π·D·(R − φ) + a·H + b·J ≤ B,        D_low ≤ D ≤ D_high,

B being its bound, and what even sellers are spared of it. Demand moves with launches and slots alone: D_low has the
launches that must be, none shown, D_high all of them shown. Between two neighbouring φ the sign of
R − φ is known and the worst D with it, and the cut is linear in (E, C, R, H, J). The largest aim within all cuts is a linear
programme for each such interval, and the largest of these is a bound on the aim of every plan, whichever aim the solves
were made for. Where launches are few the interval of D is short; at R = φ it does not matter.

Lives here: aims, what a plan reaches of them, the bound. Does not live here: finding plans (`pursue.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from optimization.exposure_aims import ExposureAims
from optimization.instance import Evaluation, Floats, LaunchInstance
from optimization.playing import lifted
from optimization.tilt import Tilt

PROFIT, CVAR, FILL, FRESH, FAIR = "profit", "cvar", "fill_rate", "freshness", "fairness"
OBJECTIVES = (PROFIT, CVAR, FILL, FRESH, FAIR)
EXPOSURE = (FRESH, FAIR)
_WORST = Fraction(1, 10)
_SLACK = 1e-9


@dataclass(frozen=True)
class Aim:
    """What is wanted of a plan.

    Args:
        weights: Weight by objective, at least 0: of profit and cvar per unit of money; of fill_rate the money that
            meeting all demand instead of none is worth, of freshness and fairness that all instead of none is.
        floors: Least value by objective.
    """

    weights: Mapping[str, float]
    floors: Mapping[str, float] = field(default_factory=dict)

    def weight(self, name: str) -> float:
        """Weight of an objective, 0 where it has none."""
        return float(self.weights.get(name, 0.0))

    @property
    def is_of_exposure(self) -> bool:
        """Whether it knows freshness or fairness."""
        return any(name in self.weights or name in self.floors for name in EXPOSURE)

    def value(self, reached: Mapping[str, float]) -> float:
        """The weighted sum of what a plan reaches."""
        return sum(weight * reached[name] for name, weight in self.weights.items())

    def holds(self, reached: Mapping[str, float], slack: float = 1e-7) -> bool:
        """Whether a plan that reaches this keeps every floor, but for rounding."""
        return all(reached[name] >= least - slack * max(abs(least), 1.0) for name, least in self.floors.items())


@dataclass(frozen=True)
class Cut:
    """(1 − ρ)·E + ρ·C + π·D·(R − φ) + a·H + b·J ≤ B for every plan."""

    risk: float
    unit_worth: float
    fill: float
    bound: float
    fresh: float = 0.0
    fair: float = 0.0


@dataclass(frozen=True)
class Ask:
    """A tilt to solve under, and what makes a cut of its bound.

    Args:
        tilt: The tilt.
        risk: ρ, the weight of its worst paths.
        fresh, fair: a and b, weights of freshness and fairness in its worths of slots.
        spared: What b weighs of even slots that its worths leave out.
    """

    tilt: Tilt
    risk: float = 0.0
    fresh: float = 0.0
    fair: float = 0.0
    spared: float = 0.0

    def cut(self, bound: float) -> Cut:
        """What this bound of a solve proves."""
        return Cut(self.risk, self.tilt.unit_worth, self.tilt.fill, bound + self.spared, self.fresh, self.fair)


def check_names(names: Iterable[str]) -> None:
    """Refuses an objective that there is not.

    Raises:
        ValueError: Says which one, and which there are.
    """
    for name in names:
        if name not in OBJECTIVES:
            raise ValueError(f"objective {name!r} is unknown; there are {', '.join(OBJECTIVES)}")


def worst_count(paths: int) -> int:
    """Paths in the worst tenth."""
    return max(1, -(-paths * _WORST.numerator // _WORST.denominator))


def worst_tenth(profit_by_path: Floats) -> float:
    """Mean profit over the worst tenth of paths, at least one.

    >>> worst_tenth(np.array([5.0, 1.0, 3.0, *[9.0] * 9]))
    2.0
    """
    return float(np.sort(profit_by_path)[: worst_count(len(profit_by_path))].mean())


def reached(instance: LaunchInstance, result: Evaluation) -> dict[str, float]:
    """Value of every objective of a plan of this question."""
    shown = ExposureAims.of(instance)
    return {
        PROFIT: result.profit,
        CVAR: worst_tenth(result.profit_by_path),
        FILL: result.fill_rate,
        FRESH: shown.freshness(result.slots),
        FAIR: shown.fairness(result.slots),
    }


def demand_range(instance: LaunchInstance) -> tuple[float, float]:
    """Least and most expected units that any plan's launches can be asked for, D_low and D_high."""
    plain, shown = (
        np.cumsum(units.mean(axis=1), axis=1)
        for units in (instance.demand, lifted(instance.demand, instance.slot_lift, instance.most_shown))
    )
    every = np.arange(instance.n)
    # A candidate that was announced for after the horizon launches in none of its weeks.
    first, last = (
        np.clip(np.where(instance.is_launch, week, 0), 0, instance.weeks - 1)
        for week in (instance.earliest, instance.latest)
    )
    most, least = shown[every, instance.weeks - 1 - first], plain[every, instance.weeks - 1 - last]
    can = ~instance.is_launch | (instance.earliest <= instance.latest)
    return float(least[~instance.is_launch | (instance.is_mandatory & can)].sum()), float(most[can].sum())


def bound_of(aim: Aim, cuts: Sequence[Cut], demand: tuple[float, float]) -> float:
    """No plan that keeps the floors has a larger weighted sum; infinite where no cut says anything of it.

    Args:
        aim: Weights and floors.
        cuts: What solves proved.
        demand: D_low and D_high.
    """
    floor = min(max(aim.floors.get(FILL, 0.0) - _SLACK, 0.0), 1.0)
    edges = sorted({floor, 1.0, *(cut.fill for cut in cuts if floor < cut.fill < 1.0)})
    found = [_in_interval(aim, cuts, demand, span) for span in zip(edges, edges[1:] or edges, strict=False)]
    return max(found)


def _in_interval(aim: Aim, cuts: Sequence[Cut], demand: tuple[float, float], span: tuple[float, float]) -> float:
    """The bound over plans whose fill rate lies in the span; minus infinity where there is none."""
    from scipy.optimize import linprog

    unit = max([abs(cut.bound) for cut in cuts] + [1e-9])
    rows, right = [[-1.0, 1.0, 0.0, 0.0, 0.0]], [0.0]
    for cut in cuts:
        units = cut.unit_worth * (demand[0] if cut.fill <= span[0] else demand[1]) / unit
        rows.append([1.0 - cut.risk, cut.risk, units, cut.fresh / unit, cut.fair / unit])
        right.append(cut.bound / unit + units * cut.fill)
    least: dict[str, Any] = {name: (value - _SLACK * abs(value)) / unit for name, value in aim.floors.items()}
    shares = [(min(max(aim.floors.get(name, 0.0) - _SLACK, 0.0), 1.0), 1.0) for name in EXPOSURE]
    money = [aim.weight(PROFIT) * unit, aim.weight(CVAR) * unit]
    weights = np.array([*money, *(aim.weight(name) for name in (FILL, *EXPOSURE))])
    size = max(float(weights.max()), 1e-12)
    bounds = [(least.get(PROFIT), None), (least.get(CVAR), None), span, *shares]
    found = linprog(-weights / size, A_ub=np.array(rows), b_ub=np.array(right), bounds=bounds, method="highs")
    if found.status == 2:
        return -np.inf
    return float(-found.fun * size) if found.status == 0 else np.inf
