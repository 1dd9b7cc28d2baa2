"""A question answered: its plan, or what is short; and the same question's plan without overrides.

Lives here: the order in which checks and solves are asked for. Does not live here: the frames of a plan (`plan.py`).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace

import numpy as np

from optimization.baseline import POLICIES
from optimization.commitments import commitments, smallest_launch
from optimization.diagnose import conflicts, fits
from optimization.effort import Effort
from optimization.elastic import Elastic
from optimization.fixed import with_fixed, without_fixed
from optimization.inputs import PlanInputs, from_frames
from optimization.instance import NOT_LAUNCHED, Floats, LaunchInstance, Plan, evaluate, shelf_used
from optimization.override_value import FreePlan
from optimization.playing import play
from optimization.prices import Prices
from optimization.pursue import begun, sought
from optimization.tilt import Tilt
from optimization.wanted import Wanted
from optimization.worker import Reached, Solved, WorkerFailed, relax_apart, solve_apart


@dataclass(frozen=True)
class Trying:
    """How hard to try, when a solve is stopped, and what is maximised."""

    effort: Effort
    seconds: float
    wanted: Wanted = field(default_factory=Wanted)


def answered(instance: LaunchInstance, trying: Trying, known: tuple[Plan, ...] = ()) -> Solved | Elastic:
    """The plan of what is wanted; or what is short, where commitments do not fit in the limits.

    Commitments are checked first. A search that ends beyond a limit starts once more from the smallest orders, which
    are within all of them but storage and fill floors; where these still do not hold, what they lack is the answer.

    Raises:
        WorkerFailed: The solver's process gave no answer.
    """
    known = (*known, *kept(instance), *(policy(instance) for policy in POLICIES.values()))
    start: Prices | None = None
    if not conflicts(instance):
        solved = solve_apart(instance, trying.effort, trying.seconds, known)
        if not evaluate(instance, solved.plan).violations:
            return _sought(instance, trying, solved, known)
        start = _dearer(solved, shelf_lacking(instance, solved.plan))
    found = relax_apart(instance, trying.effort, trying.seconds)
    if not fits(found):
        return found
    known = (*known, found.way_out)
    solved = solve_apart(instance, trying.effort, trying.seconds, known, start)
    short = shelf_lacking(instance, solved.plan)
    if short.any() and solved.is_cut_short:
        raise WorkerFailed(
            f"the solver found no plan within every limit in its {trying.seconds:g} s; give it more time "
            "(DEBUT_SOLVER_SECONDS)"
        )
    if short.any():
        return replace(found, shelf_short=short, is_shelf_proved=False)
    return _sought(instance, trying, solved, known)


def _sought(instance: LaunchInstance, trying: Trying, first: Solved, known: tuple[Plan, ...]) -> Solved:
    """The plan of what is wanted, from the one of most expected profit; the first where that is all or it breaks limits."""
    if trying.wanted.is_profit:
        return first

    cut_short = [first.is_cut_short]

    def solve(tilt: Tilt | None, plans: tuple[Plan, ...], start: Prices | None) -> Solved:
        if tilt is None:
            return first
        solved = solve_apart(instance, trying.effort, trying.seconds, plans, start, tilt)
        cut_short.append(solved.is_cut_short)
        return solved

    search, _ = begun(instance, solve, known)
    if not search.plans:
        return first
    search, aim = sought(search, trying.wanted)
    best = search.best(aim)
    reached = Reached(aim.value(search.values[best]), search.bound(aim), aim.floors)
    made = {"plan": search.plans[best], "cpu_seconds": search.cpu_seconds, "is_cut_short": any(cut_short)}
    return replace(first, reached=reached, **made)  # type: ignore[arg-type]


def kept(instance: LaunchInstance) -> list[Plan]:
    """The plan that changes nothing of what is held and does nothing else; none where nothing is held."""
    if not (instance.pack_change.any() or instance.launch_change.any() or instance.slot_change.any()):
        return []
    # The last week of no price, not launching before all others.
    last = np.argmin(instance.launch_change[:, ::-1], axis=1)
    week = np.where(last == 0, NOT_LAUNCHED, instance.weeks - last)
    begun = instance.is_launch & (week >= 0)
    weeks = np.minimum(instance.most_shown, instance.weeks - week)
    shown = np.where(begun, np.minimum(instance.held_slots.sum(axis=1), weeks), 0)
    return [Plan(instance.held_packs, np.where(instance.is_launch, week, 0), shown)]


def _dearer(solved: Solved, short: Floats) -> Prices | None:
    """Prices to start again at, twice as high where storage and floors lack something; None where they do not."""
    if not short.any():
        return None
    shelf = solved.shelf_price * np.where(short > 0, 2.0, 1.0)
    return Prices(solved.budget_price, solved.launch_price, shelf)


def shelf_lacking(instance: LaunchInstance, plan: Plan) -> Floats:
    """By how much a plan passes each limit of the shelf (R)."""
    return instance.shelf.excess(shelf_used(instance, play(instance, plan)).sum(axis=0))


def answered_week(
    inputs: PlanInputs, instance: LaunchInstance, trying: Trying
) -> tuple[Solved | Elastic, FreePlan | None]:
    """The week's answer, and where something is overruled the plan that it would have had without.

    The search under overrides starts from a plan without them, mended to honour them, and the plan without them is
    then searched from what was found: the two differ by what the overrides cost and not by where two searches ended.

    Raises:
        WorkerFailed: The solver's process gave no answer under the overrides.
    """
    if inputs.plan_override.empty:
        return answered(instance, trying), None
    known: tuple[Plan, ...] = ()
    with suppress(WorkerFailed):
        first = answered(from_frames(inputs.without_overrides), trying)
        known = (mended(instance, first.plan),) if isinstance(first, Solved) else ()
    solved = answered(instance, trying, known)
    if isinstance(solved, Solved):
        with suppress(WorkerFailed):
            return solved, free_plan(inputs, solved.plan, trying)
    return solved, None


def free_plan(inputs: PlanInputs, overruled: Plan, trying: Trying) -> FreePlan | None:
    """The plan of the same question without overrides, searched from the one with them; None where nothing fits.

    Raises:
        WorkerFailed: The solver's process gave no answer.
    """
    instance = from_frames(inputs.without_overrides)
    solved = answered(instance, trying, (overruled,))
    if isinstance(solved, Elastic):
        return None
    prices = Prices(solved.budget_price, solved.launch_price, solved.shelf_price)
    return FreePlan(instance, solved.plan, prices)


def mended(instance: LaunchInstance, plan: Plan) -> Plan:
    """A plan with the orders that are fixed, and the smallest launch of what must launch and does not in time."""
    free = without_fixed(instance)
    held = commitments(free)
    first = np.where(held.is_shut, -1, np.argmax(held.may_order, axis=1))
    packs, launch = smallest_launch(free, held, first)
    in_time = (plan.launch_week >= instance.earliest) & (plan.launch_week <= instance.latest)
    lacking = instance.is_mandatory & ~in_time
    barred = instance.is_launch & ~instance.is_mandatory & ~in_time
    other = np.where(lacking[:, None], packs, np.where(barred[:, None], 0, plan.packs))
    week = np.where(lacking, launch, np.where(barred, NOT_LAUNCHED, plan.launch_week))
    return with_fixed(instance, Plan(other, week, np.where(lacking | barred, 0, plan.shown)))
