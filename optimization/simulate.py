"""The reckoning: every policy's plan played against what really sold, beside the oracle that knew it.

Lives here: `outcomes`. What the replay can claim: a launch's demand by age is its real sales by age in that channel,
whenever it launches; a week that nobody knows yet counts as no demand and marks the outcome incomplete. Sales stand
for demand: the source does not say what it could not sell.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from contracts.evaluations import OVERRIDE_OUTCOME, PLAN_OUTCOME, PLAN_OUTCOME_LINE
from optimization.answer import free_plan
from optimization.counterfactual import PARTS, Execute, chosen_lines
from optimization.diagnose import conflicts
from optimization.hold_back import replay
from optimization.in_force import plan_from_frames
from optimization.inputs import PlanInputs, from_frames, without_effects
from optimization.instance import Evaluation, Floats, Ints, LaunchInstance, Plan, evaluate, violations
from optimization.override_value import override_outcome
from optimization.plan import PlanSettings
from optimization.race import Race, in_the_world
from optimization.rules import RULES
from optimization.styles import in_common
from optimization.worker import solve_apart

_LOG = logging.getLogger(__name__)
# Debut's plan, had the shared warehouse moved at once what it holds back.
WITHOUT_HOLD_BACK = "debut_without_hold_back"


@dataclass(frozen=True)
class Actual:
    """What came true: units by line and week, by age for launches (n, T); whether each was known by now (n, T)."""

    units: Ints
    is_known: np.ndarray


def outcomes(
    inputs: PlanInputs,
    plan: dict[str, pd.DataFrame],
    weekly_sales: pd.DataFrame,
    source: str,
    settings: PlanSettings | None = None,
    execute: Execute | None = None,
) -> dict[str, pd.DataFrame]:
    """plan_outcome, plan_outcome_line, override_outcome and the world's tables.

    Policies are debut, those of `rules.RULES`, and the oracle. Where the shared warehouse holds units back, each gets
    them by what it sold until then, and `WITHOUT_HOLD_BACK` is debut's plan with all of them moved at once.

    All start from the same stock, under the same budgets and launch limits; forced launches that these cannot hold
    are forced on nobody, and a rule whose plan breaks a limit all the same is left out. Storage and fill floors are limits of
    means over the forecast's paths: rules keep them there or are left out, the oracle knows none. Rules know neither what launches
    take nor what slots add. The oracle is planned by the same solver
    with the one real path as its forecast, and never does worse than any policy in the race: where units are held back,
    it copies the policy to which these did more good.

    Args:
        inputs: What the plan was made of.
        plan: launch_plan, order_plan and exposure_plan of the plan that rules the week, as `make_plan` gave them in
            that week or before.
        weekly_sales: WEEKLY_SALES of all weeks known now, zeros optional.
        source: Real or simulated, told on.
        settings: As in `make_plan`.
        execute: Runs a world under a plan; None where there is none, and world_outcome and launch_effect are empty.
    """
    settings = settings or PlanSettings()
    instance = _holding_together(from_frames(inputs.without_overrides))
    actual = realised(instance, weekly_sales)
    truth = instance.as_it_came(actual.units)
    plans = {"debut": plan_from_frames(instance, plan["launch_plan"], plan["order_plan"])}
    as_rules_see_it = replace(in_common(without_effects(inputs)), is_mandatory=instance.is_mandatory)
    plans |= _sound(as_rules_see_it, {name: rule(as_rules_see_it) for name, rule in RULES.items()})
    oracle = solve_apart(truth, settings.effort, settings.timeout_seconds, tuple(plans.values()))
    results = {name: replay(instance, truth, decided) for name, decided in plans.items()}
    plans["oracle"], results["oracle"] = oracle.plan, replay(truth, truth, oracle.plan)
    race = Race(inputs, instance, dict(plans), plan["exposure_plan"], settings)
    if instance.held_back.any():
        best = max(results, key=lambda name: results[name].profit)
        plans["oracle"], results["oracle"] = plans[best], results[best]
        at_once = from_frames(inputs.without_overrides.without_hold_back).as_it_came(actual.units)
        plans[WITHOUT_HOLD_BACK], results[WITHOUT_HOLD_BACK] = plans["debut"], evaluate(at_once, plans["debut"])
    rows = [
        _outcome(truth, actual, (name, plans[name]), (results[name], results["oracle"]), part)
        for name in plans
        for part in PARTS
    ]
    known = pd.DataFrame(rows).assign(decision_week=pd.Timestamp(instance.decision_week), source=source)
    return {
        "plan_outcome": known[PLAN_OUTCOME.names()],
        "plan_outcome_line": _lines(truth, results, source)[PLAN_OUTCOME_LINE.names()],
        "override_outcome": _overrides(
            inputs, (truth, plans["debut"]), plan, bool(known["is_complete"].all()), settings
        ).assign(source=source)[OVERRIDE_OUTCOME.names()],
    } | in_the_world(race, execute, source)


def _sound(question: LaunchInstance, plans: dict[str, Plan]) -> dict[str, Plan]:
    """The plans that keep every limit, storage and floors on the paths that they were made for; what the others break is
    logged."""
    broken = {name: violations(question, plan) for name, plan in plans.items()}
    for name, told in broken.items():
        if told:
            _LOG.info("%s is left out of the replay: %s", name, "; ".join(what for what, _ in told[:3]))
    return {name: plan for name, plan in plans.items() if not broken[name]}


def _overrides(
    inputs: PlanInputs,
    played: tuple[LaunchInstance, Plan],
    frames: dict[str, pd.DataFrame],
    is_complete: bool,
    settings: PlanSettings,
) -> pd.DataFrame:
    """OVERRIDE_OUTCOME without its source; no row where an earlier week's plan rules, which other overrides made."""
    truth, own = played
    weeks = pd.concat([frames["launch_plan"]["decision_week"], frames["order_plan"]["decision_week"]])
    is_own = weeks.empty or pd.Timestamp(weeks.iloc[0]) == pd.Timestamp(inputs.decision_week)
    if inputs.plan_override.empty or not is_own:
        return pd.DataFrame(columns=OVERRIDE_OUTCOME.names())
    free = free_plan(inputs, own, settings.trying)
    if free is None:
        return pd.DataFrame(columns=OVERRIDE_OUTCOME.names())
    return override_outcome(inputs, truth, (free.at_least(own).plan, own), is_complete)


def _holding_together(instance: LaunchInstance) -> LaunchInstance:
    """The instance, its launches no longer forced when its limits cannot hold them."""
    if not conflicts(instance):
        return instance
    return replace(instance, is_mandatory=np.zeros_like(instance.is_mandatory))


def realised(instance: LaunchInstance, weekly_sales: pd.DataFrame) -> Actual:
    """Units that sold: weeks W … of established lines; of launches, weeks since the product's first sale anywhere.

    A channel that took a launch up later sold nothing of it at first, as its forecast counts too. A launch that
    never sold is taken to have begun in its planned week.
    """
    week0, weeks = pd.Timestamp(instance.decision_week), instance.weeks
    lines = pd.MultiIndex.from_arrays([instance.product_id.astype(object), instance.channel.astype(object)])
    position = pd.Series(np.arange(instance.n), index=lines)
    sold = weekly_sales[weekly_sales["units"] > 0]
    at = position.reindex(pd.MultiIndex.from_frame(sold[["product_id", "channel"]])).to_numpy()
    held = ~np.isnan(at)
    line, number = at[held].astype(int), ((sold["week"] - week0).dt.days // 7).to_numpy(int)[held]
    start = np.where(instance.is_launch, np.iinfo(np.int64).max, 0)
    of_launch = instance.is_launch[line]
    np.minimum.at(start, line[of_launch], number[of_launch])
    of_product = pd.Series(start).groupby(instance.product_id.astype(object)).transform("min").to_numpy()
    start = np.where(instance.is_launch, of_product, start)
    start = np.where(start == np.iinfo(np.int64).max, instance.planned_launch, start)
    age = number - start[line]
    inside = (age >= 0) & (age < weeks)
    units = np.zeros((instance.n, weeks), dtype=np.int64)
    np.add.at(units, (line[inside], age[inside]), sold["units"].to_numpy(np.int64)[held][inside])
    newest = int((weekly_sales["week"].max() - week0).days // 7) if len(weekly_sales) else -1
    is_known = start[:, None] + np.arange(weeks)[None, :] <= newest
    return Actual(np.where(is_known, units, 0), is_known)


def _outcome(
    truth: LaunchInstance, actual: Actual, decided: tuple[str, Plan], results: tuple[Evaluation, Evaluation], part: str
) -> dict[str, object]:
    """One row of PLAN_OUTCOME; cost = revenue − profit, to the cent."""
    (name, plan), (result, oracle), chosen = decided, results, chosen_lines(truth, part)
    revenue = round(float(result.revenue[chosen].sum()), 2)
    earned = float(result.profit_by_line[chosen].sum())
    profit = round(earned, 2)
    best = float(oracle.profit_by_line[chosen].sum())
    demanded, sold = float(result.demanded[chosen].sum()), float(result.sold[chosen].sum())
    launched = truth.is_launch & (plan.launch_week >= 0) & chosen
    counts = _weeks_complete(truth, actual, plan, chosen)
    return {
        "policy": name,
        "part": part,
        "profit": profit,
        "revenue": revenue,
        "cost": round(revenue - profit, 2),
        "units_sold": int(sold),
        "units_unmet": int(demanded - sold),
        "units_left": int(result.left[chosen].sum()),
        "fill_rate": sold / demanded if demanded else np.nan,
        "oracle_share": earned / best if best > 0 else np.nan,
        "launches": int(launched.sum()),
        "is_complete": counts == truth.weeks,
        "weeks_complete": counts,
        "ordered": round(float((result.ordered_units * truth.unit_cost)[chosen].sum()), 2),
        "opening_value": round(float((truth.opening * truth.leftover_value)[chosen].sum()), 2),
    }


def _weeks_complete(truth: LaunchInstance, actual: Actual, plan: Plan, chosen: np.ndarray) -> int:
    """Weeks of the horizon in which every chosen line that can sell has a known demand."""
    selling = chosen & (plan.launch_week >= 0)
    complete = 0
    for week in range(truth.weeks):
        age = week - np.maximum(plan.launch_week, 0)
        live = selling & (age >= 0)
        if not actual.is_known[live, age[live]].all():
            break
        complete += 1
    return complete if selling.any() else int(actual.is_known[~truth.is_launch].all(axis=0).sum())


def _lines(truth: LaunchInstance, results: dict[str, Evaluation], source: str) -> pd.DataFrame:
    """PLAN_OUTCOME_LINE: one row per policy, product and channel."""
    parts = [
        pd.DataFrame(
            {
                "decision_week": pd.Timestamp(truth.decision_week),
                "source": source,
                "policy": name,
                "product_id": truth.product_id.astype(object),
                "channel": truth.channel.astype(object),
                "is_launch": truth.is_launch,
                "profit": np.round(result.profit_by_line, 2),
                "units_demanded": _whole(result.demanded),
                "units_sold": _whole(result.sold),
                "units_left": _whole(result.left),
                "order_units": result.ordered_units,
            }
        )
        for name, result in results.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _whole(units: Floats) -> Ints:
    """Units of a single path as integers."""
    return np.rint(units).astype(np.int64)
