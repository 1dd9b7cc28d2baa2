"""A question about a planned week, solved warm from the week's plan: the search that scenarios and frontiers start from.

Lives here: the plan that was made and the first solve. Does not live here: scenarios' tables (`what_if.py`), what is
sought beyond profit (`pursue.py`, `frontier.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from optimization.diagnose import conflicts, fits, sentence
from optimization.effects import with_effects
from optimization.effort import Effort
from optimization.in_force import plan_from_frames
from optimization.inputs import PlanInputs, overruled
from optimization.instance import Evaluation, LaunchInstance, Plan, evaluate
from optimization.prices import Prices
from optimization.pursue import Search, begun
from optimization.tilt import Tilt
from optimization.wanted import Wanted, wanted_of
from optimization.worker import Solved, relax_apart, solve_apart

# From a plan and prices near the answer few rounds are enough.
WARM = Effort(
    search_rounds=0,
    cycles=1,
    spread_cycles=0,
    tighten_rounds=3,
    settle_passes=10,
    bundle_rounds=4,
    polish_rounds=3,
    move_rounds=20,
    integer_rounds=1,
    integer_work=1.0,
)


class CannotHold(ValueError):
    """The question's commitments do not fit in its limits; the message says which."""


class BreaksLimits(RuntimeError):
    """The plan found does not keep every limit; the message says which."""


@dataclass(frozen=True)
class Made:
    """The plan that a week made: launch_plan, order_plan and plan_solve of its base scenario."""

    launch_plan: pd.DataFrame
    order_plan: pd.DataFrame
    plan_solve: pd.DataFrame

    @property
    def wanted(self) -> Wanted:
        """What it maximises."""
        said = self.plan_solve["aim"].dropna()
        return wanted_of("plan_solve", json.loads(str(said.iloc[0]))) if len(said) else Wanted()


@dataclass(frozen=True)
class Decided:
    """A question, a plan of it, and what the plan earns."""

    instance: LaunchInstance
    plan: Plan
    result: Evaluation

    @classmethod
    def of(cls, instance: LaunchInstance, plan: Plan) -> Decided:
        """The plan with its evaluation."""
        return cls(instance, plan, evaluate(instance, plan))


@dataclass(frozen=True)
class Start:
    """Where solves begin.

    Args:
        plain: The week's question before launches' effects.
        base: The week's question and its plan.
        prices: Prices of the limits there.
        effort: How hard to try.
        timeout_seconds: When a solve gives the best plan that it has.
        currency: In which messages speak.
    """

    plain: LaunchInstance
    base: Decided
    prices: Prices
    effort: Effort
    timeout_seconds: float
    currency: str


def start_of(inputs: PlanInputs, made: Made, timeout_seconds: float, effort: Effort) -> Start:
    """Where the questions about a planned week begin.

    Raises:
        ValueError: The week has no plan.
    """
    good = made.plan_solve["status"].isin(["optimal", "feasible"])
    if not good.any():
        raise ValueError(f"plan_solve: week {pd.Timestamp(inputs.decision_week).date()} has no plan to ask what if of")
    plain = overruled(inputs)
    instance = with_effects(inputs, plain)
    base = Decided.of(instance, plan_from_frames(instance, made.launch_plan, made.order_plan))
    prices = _prices(instance, str(made.plan_solve.loc[good, "shadow_prices"].iloc[0]))
    return Start(plain, base, prices, effort, timeout_seconds, inputs.profile.currency)


def search_of(question: LaunchInstance, start: Start) -> Search:
    """A search of this question that has a plan of it and a bound on its profit.

    Raises:
        CannotHold: Its commitments do not fit.
        BreaksLimits: No plan within its limits was found.
        WorkerFailed: The solver's process gave no answer.
    """
    plans: tuple[Plan, ...] = (start.base.plan,)
    if question.is_mandatory.any() or conflicts(question):
        found = relax_apart(question, start.effort, start.timeout_seconds)
        if not fits(found):
            raise CannotHold(sentence(question, found, start.currency))
        plans = (*plans, _with_commitments(question, start.base.plan, found.way_out))

    def solve(tilt: Tilt | None, known: tuple[Plan, ...], prices: Prices | None) -> Solved:
        effort = start.effort if tilt is None else away(start.effort)
        return solve_apart(
            question,
            effort,
            start.timeout_seconds,
            (*plans, *known) if tilt is None else known,
            prices or _carried(start.prices, start.base.instance, question),
            tilt,
        )

    search, first = begun(question, solve, plans)
    if not search.plans:
        broken = evaluate(question, first).violations[:5]
        where = "; ".join(f"{what} by {amount:.2f}" for what, amount in broken)
        raise BreaksLimits(f"the plan found does not keep every limit: {where}")
    return search


def away(effort: Effort) -> Effort:
    """An effort for tilts, whose prices may lie far from the plan's."""
    return replace(effort, search_rounds=max(effort.search_rounds, 10), cycles=max(effort.cycles, 2))


def _with_commitments(question: LaunchInstance, known: Plan, way_out: Plan) -> Plan:
    """The known plan, with the smallest launch of what it must launch and does not."""
    lacking = question.is_mandatory & (known.launch_week < 0)
    return Plan(
        np.where(lacking[:, None], way_out.packs, known.packs),
        np.where(lacking, way_out.launch_week, known.launch_week),
        np.where(lacking, 0, known.shown),
    )


def _carried(prices: Prices, own: LaunchInstance, other: LaunchInstance) -> Prices:
    """Prices of one question's limits as prices of another's, which may limit other slots and shares; 0 where it is new."""
    told, asked = (each.shelf.places(range(each.weeks)) for each in (own, other))
    known = dict(zip(told, prices.shelf.tolist(), strict=True))
    return replace(prices, shelf=np.array([known.get(place, 0.0) for place in asked]))


def _prices(instance: LaunchInstance, told: str) -> Prices:
    """The plan's prices of its limits."""
    said: Mapping[str, Mapping[str, float]] = json.loads(told)
    days = pd.Timestamp(instance.decision_week) + pd.to_timedelta(7 * np.arange(instance.weeks), unit="D")
    budget = np.array([said.get("budget", {}).get(str(day.date()), 0.0) for day in days])
    launch = np.array([said.get("launches", {}).get(str(name), 0.0) for name in instance.capped_categories])
    kinds = instance.shelf.places([str(day.date()) for day in days])
    return Prices(budget, launch, np.array([said.get(kind, {}).get(place, 0.0) for kind, place in kinds]))
