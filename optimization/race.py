"""Who races in a world: each policy's plan with its slots, and an oracle that knew what customers would want.

Lives here: `in_the_world`. Does not live here: the money of what came of it (`counterfactual.py`), the replay on what
really sold (`simulate.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from contracts.evaluations import LAUNCH_EFFECT, WORLD_OUTCOME
from optimization.baseline import planned_weeks
from optimization.counterfactual import BEST, CannotRunError, Decided, Execute, Ran, world_outcome
from optimization.exposure import exposure_plan
from optimization.in_force import slots_from_frame
from optimization.inputs import PlanInputs
from optimization.instance import LaunchInstance, Plan
from optimization.launch_effect import launch_effect
from optimization.plan import PlanSettings
from optimization.worker import solve_apart


@dataclass(frozen=True)
class Race:
    """A week's question, and the plans that answer it.

    Args:
        inputs: What the plan was made of.
        instance: The question that they make.
        plans: Plan by policy; 'debut' among them.
        exposure_plan: EXPOSURE_PLAN of debut's plan. The others give their slots away by the same rule: what differs
            between two policies is what they launch and order, not who may be shown.
        settings: As in `make_plan`.
    """

    inputs: PlanInputs
    instance: LaunchInstance
    plans: Mapping[str, Plan]
    exposure_plan: pd.DataFrame
    settings: PlanSettings

    def by_rule(self, plan: Plan) -> Decided:
        """A plan with the slots that the rule gives its launches."""
        slots = exposure_plan(self.inputs, self.instance, plan, self.settings.scenario)
        return Decided(plan, slots_from_frame(self.instance, slots))


def in_the_world(race: Race, execute: Execute | None, source: str) -> dict[str, pd.DataFrame]:
    """world_outcome and launch_effect of every policy and of the oracle of demand; empty where no world can run."""
    instance, frames = race.instance, {}
    if execute is not None:
        with suppress(CannotRunError):
            ran = _run(race, execute)
            frames = {
                "world_outcome": world_outcome(instance, ran, execute),
                "launch_effect": launch_effect(instance, ran, execute),
            }
    return {
        table.name: frames.get(table.name, pd.DataFrame()).assign(source=source).reindex(columns=table.names())
        for table in (WORLD_OUTCOME, LAUNCH_EFFECT)
    }


def oracle_of_demand(race: Race, execute: Execute) -> Decided:
    """The decisions of who knew what customers would want and pay, empty shelves or not.

    The world runs once with every candidate on sale from the week in which it would launch as planned. What was wanted of
    each line, of launches by their age, is the one path that the plan is made for, at the mean price of what was
    wanted. It is no bound: launches that it leaves out would have taken less from those that it makes, and it knows
    nothing of customers who turn to another product.
    """
    everything = Plan(np.zeros((race.instance.n, race.instance.weeks), dtype=np.int64), planned_weeks(race.instance))
    executed = execute(race.instance, race.by_rule(everything))
    wanted = np.zeros(everything.packs.shape, dtype=np.int64)
    run = executed.demanded.shape[1]
    for line, begins in enumerate(np.clip(everything.launch_week, 0, run).tolist()):
        wanted[line, : run - begins] = executed.demanded[line, begins:]
    wanted[everything.launch_week < 0] = 0
    units, paid = executed.demanded.sum(axis=1), (executed.price * executed.demanded).sum(axis=1)
    price = np.where(units > 0, paid / np.maximum(units, 1), race.instance.price)
    truth = replace(race.instance.as_it_came(wanted), price=price)
    effort, seconds = race.settings.effort, race.settings.timeout_seconds
    return race.by_rule(solve_apart(truth, effort, seconds, tuple(race.plans.values())).plan)


def _run(race: Race, execute: Execute) -> dict[str, Ran]:
    """Every policy's decisions, executed."""
    best = oracle_of_demand(race, execute)
    decided = {name: race.by_rule(plan) for name, plan in race.plans.items()} | {BEST: best}
    decided["debut"] = replace(decided["debut"], slots=slots_from_frame(race.instance, race.exposure_plan))
    return {name: Ran(made, execute(race.instance, made)) for name, made in decided.items()}
