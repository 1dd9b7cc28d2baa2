"""A question answered: its plan, or what is short; and the same question's plan without overrides.

Lives here: the order in which checks and solves are asked for. Does not live here: the frames of a plan (`plan.py`).
"""

from __future__ import annotations

from optimization.baseline import POLICIES
from optimization.diagnose import conflicts, fits
from optimization.effort import Effort
from optimization.elastic import Elastic
from optimization.inputs import PlanInputs, from_frames
from optimization.instance import LaunchInstance, Plan, evaluate
from optimization.override_value import FreePlan
from optimization.worker import Solved, relax_apart, solve_apart


def answered(
    instance: LaunchInstance, effort: Effort, seconds: float, known: tuple[Plan, ...] = ()
) -> Solved | Elastic:
    """The plan; or what is short, where commitments do not fit in the limits.

    Commitments are checked first. A search that ends beyond a limit starts once more from the smallest orders, which
    are within all of them.

    Raises:
        WorkerFailed: The solver's process gave no answer.
    """
    known = (*known, *(policy(instance) for policy in POLICIES.values()))
    if not conflicts(instance):
        solved = solve_apart(instance, effort, seconds, known)
        if not evaluate(instance, solved.plan).violations:
            return solved
    found = relax_apart(instance, effort, seconds)
    return solve_apart(instance, effort, seconds, (*known, found.way_out)) if fits(found) else found


def free_plan(inputs: PlanInputs, overruled: Plan, effort: Effort, seconds: float) -> FreePlan | None:
    """The plan of the same question without overrides, at least as good as the one with them where that fits it.

    Returns:
        None where nothing fits that question's limits.

    Raises:
        WorkerFailed: The solver's process gave no answer.
    """
    instance = from_frames(inputs.without_overrides)
    solved = answered(instance, effort, seconds, (overruled,))
    if isinstance(solved, Elastic):
        return None
    return FreePlan(instance, solved.plan, solved.budget_price, solved.launch_price)
