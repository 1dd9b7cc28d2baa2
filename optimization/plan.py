"""From a solution to promised frames: the plan of one decision week.

Lives here: `make_plan`. Does not live here: solving (`worker.py`), reasons (`explain.py`), slots (`exposure.py`), which
plan rules a week and the way back from frames to a plan (`in_force.py`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from contracts.plans import (
    EXPOSURE_PLAN,
    LAUNCH_PLAN,
    ORDER_PLAN,
    PLAN_DIAGNOSIS,
    PLAN_EXPLANATION,
    PLAN_OVERRIDE_PRICE,
    PLAN_SOLVE,
    TRANSFER_PLAN,
)
from contracts.table import Table
from optimization.answer import Trying, answered_week
from optimization.demand_reasons import DemandReasons
from optimization.diagnose import diagnosis, sentence
from optimization.effects import takes
from optimization.effort import Effort
from optimization.elastic import Elastic
from optimization.explain import Solve, plan_explanation, reasons
from optimization.exposure import exposure_plan
from optimization.frozen import told_changes
from optimization.inputs import PlanInputs, from_frames
from optimization.instance import Evaluation, LaunchInstance, Plan, evaluate
from optimization.limits import assumed_limits
from optimization.override_value import override_price
from optimization.pool import transfer_plan
from optimization.slots import shares_without_candidates
from optimization.terms import assumptions
from optimization.wanted import Wanted
from optimization.worker import Reached, WorkerFailed

_EXACT = 1e-6


@dataclass(frozen=True)
class PlanSettings:
    """How a week is planned.

    Args:
        seed: Seed of the sample paths, told on.
        scenario: Name of the scenario; 'base' may rule.
        timeout_seconds: When a solve gives the best plan that it has. Until then the effort decides what is found, and the same
            question has the same answer.
        effort: How hard to try.
        wanted: What is maximised; expected profit unless said.
    """

    seed: int = 7
    scenario: str = "base"
    timeout_seconds: float = 900.0
    effort: Effort = field(default_factory=Effort)
    wanted: Wanted = field(default_factory=Wanted)

    @property
    def trying(self) -> Trying:
        """What a question is answered with."""
        return Trying(self.effort, self.timeout_seconds, self.wanted)


def make_plan(
    inputs: PlanInputs, settings: PlanSettings | None = None, told: DemandReasons | None = None
) -> dict[str, pd.DataFrame]:
    """Every table that plans one week: what is decided, how it was solved, why, what is short, what overrides cost.

    A week without a plan gives a plan_solve row that says why in `message`, and no plan row at all: status
    'infeasible' when its limits cannot hold together, 'failed' when the solver's process died or gave no sound answer.

    Args:
        inputs: What it is made of.
        settings: How.
        told: Why the demand is what it is; only told on, never decided by.

    Raises:
        ValueError: A frame is at fault; the message names the product.
    """
    settings = settings or PlanSettings()
    instance = from_frames(inputs)
    try:
        solved, free = answered_week(inputs, instance, settings.trying)
    except WorkerFailed as error:
        return _nothing(inputs, instance, settings, "failed", str(error))
    if isinstance(solved, Elastic):
        currency = inputs.profile.currency
        none = _nothing(inputs, instance, settings, "infeasible", sentence(instance, solved, currency))
        return none | {"plan_diagnosis": diagnosis(instance, solved, currency, settings.scenario)}
    result = evaluate(instance, solved.plan)
    if result.violations:
        where = "; ".join(f"{what} by {amount:.2f}" for what, amount in result.violations[:5])
        return _nothing(inputs, instance, settings, "failed", f"the plan found does not keep every limit: {where}")
    if result.profit > solved.bound * (1 + np.sign(solved.bound) * _EXACT) + _EXACT:
        above = f"the plan found earns {result.profit:.2f}, above its bound {solved.bound:.2f}"
        return _nothing(inputs, instance, settings, "failed", f"{above}: the relaxation is wrong; report it")
    if solved.reached and solved.reached.value > solved.reached.bound + _EXACT * max(abs(solved.reached.bound), 1.0):
        above = f"the plan found reaches {solved.reached.value:.6g} of what was sought, above its bound {solved.reached.bound:.6g}"
        return _nothing(inputs, instance, settings, "failed", f"{above}: the relaxation is wrong; report it")
    solve = Solve(instance, solved)
    return {
        "launch_plan": _launch_plan(solve, result, settings.scenario),
        "order_plan": _order_plan(instance, solved.plan, settings.scenario),
        "transfer_plan": transfer_plan(instance, settings.scenario),
        "exposure_plan": exposure_plan(inputs, instance, solved.plan, settings.scenario),
        "plan_solve": _plan_solve(inputs, solve, result, settings),
        "plan_explanation": plan_explanation(
            solve,
            settings.scenario,
            inputs.profile.currency,
            replace(told or DemandReasons(), style_split=inputs.style_split),
            takes(inputs.cannibalisation, instance),
        ),
        "plan_diagnosis": _empty(PLAN_DIAGNOSIS),
        "plan_override_price": _empty(PLAN_OVERRIDE_PRICE)
        if free is None
        else override_price(inputs, solved.plan, free, settings.scenario),
    }


def _mondays(instance: LaunchInstance, weeks: np.ndarray) -> pd.Series:
    """Dates of week numbers, NaT for negative ones."""
    numbers = pd.Series(weeks, dtype="float64").where(weeks >= 0)
    return pd.Timestamp(instance.decision_week) + pd.to_timedelta(7 * numbers, unit="D")


def _launch_plan(solve: Solve, result: Evaluation, scenario: str) -> pd.DataFrame:
    """LAUNCH_PLAN: one row a launch candidate and channel."""
    instance, plan = solve.instance, solve.solved.plan
    at = np.flatnonzero(instance.is_launch)
    demanded = result.demanded[at]
    rows = pd.DataFrame(
        {
            "decision_week": pd.Timestamp(instance.decision_week),
            "scenario": scenario,
            "product_id": instance.product_id[at].astype(object),
            "channel": instance.channel[at].astype(object),
            "is_launched": plan.launch_week[at] >= 0,
            "launch_week": _mondays(instance, plan.launch_week[at]).to_numpy(),
            "exposure_weeks": plan.shown[at],
            "order_units": result.ordered_units[at],
            "expected_profit": np.round(result.profit_by_line[at], 2),
            "expected_units": result.sold[at],
            "expected_demand": demanded,
            "fill_rate": np.where(demanded > 0, result.sold[at] / np.maximum(demanded, 1e-12), np.nan),
            "reason": np.array(reasons(solve), dtype=object)[at],
        }
    )
    return rows[LAUNCH_PLAN.names()].sort_values(["product_id", "channel"], ignore_index=True)


def _order_plan(instance: LaunchInstance, plan: Plan, scenario: str) -> pd.DataFrame:
    """ORDER_PLAN: one row a line and order week with an order."""
    line, week = np.nonzero(plan.packs)
    units = plan.packs[line, week] * instance.pack[line]
    rows = pd.DataFrame(
        {
            "decision_week": pd.Timestamp(instance.decision_week),
            "scenario": scenario,
            "product_id": instance.product_id[line].astype(object),
            "channel": instance.channel[line].astype(object),
            "order_week": _mondays(instance, week).to_numpy(),
            "arrive_week": _mondays(instance, week + instance.lead[line]).to_numpy(),
            "order_units": units,
            "order_cost": np.round(units * instance.unit_cost[line], 2),
            "is_launch": instance.is_launch[line],
        }
    )
    return rows[ORDER_PLAN.names()].sort_values(["product_id", "channel", "order_week"], ignore_index=True)


def _plan_solve(inputs: PlanInputs, solve: Solve, result: Evaluation, settings: PlanSettings) -> pd.DataFrame:
    """PLAN_SOLVE of a solved week."""
    solved = solve.solved
    reached = solved.reached or Reached(result.profit, solved.bound, {})
    gap = max(reached.bound - reached.value, 0.0) / max(abs(reached.bound), 1e-12)
    return _solve_row(
        inputs,
        solve.instance,
        settings,
        {
            "status": "optimal" if gap <= _EXACT else "feasible",
            "objective": result.profit,
            "bound": solved.bound,
            "gap": gap,
            "cpu_seconds": solved.cpu_seconds,
            "iterations": solved.iterations,
            "expected_fill_rate": result.fill_rate,
            "budget_used": round(float(result.spend.sum()), 2),
            "change_cost": round(float(result.change.sum()), 2),
            "changes": told_changes(solve.instance, solved.plan, inputs.plan_frozen, inputs.profile.currency),
            "shadow_prices": json.dumps(shadow_prices(solve)),
            "message": _cut_short(settings) if solved.is_cut_short else None,
            **({} if solved.reached is None else _aim(settings.wanted, solved.reached)),
        },
    )


def _cut_short(settings: PlanSettings) -> str:
    """What is said of a plan whose time was over before the effort."""
    return f"stopped after {settings.timeout_seconds:g} s with the best plan found by then; more time may find a better one"


def _aim(wanted: Wanted, reached: Reached) -> dict[str, object]:
    """What was sought in place of expected profit, and how far."""
    return {
        "aim": json.dumps(wanted.said),
        "aim_floors": json.dumps({name: float(least) for name, least in reached.floors.items()}),
        "aim_value": reached.value,
        "aim_bound": reached.bound,
    }


def _by_monday(instance: LaunchInstance, amounts: np.ndarray) -> dict[str, float]:
    """One amount a week, by its Monday."""
    mondays = _mondays(instance, np.arange(instance.weeks)).dt.date.astype(str)
    return dict(zip(mondays.tolist(), np.asarray(amounts, dtype=float).tolist(), strict=True))


def shadow_prices(solve: Solve) -> dict[str, dict[str, float]]:
    """Price of every binding limit: budgets per unit of money, launches and slots in money each, storage per unit of volume,
    fill floors per unit sold, sellers' shares per slot."""
    instance, solved = solve.instance, solve.solved
    priced = _by_monday(instance, np.round(solved.budget_price, 6))
    shelf: dict[str, dict[str, float]] = {}
    for (kind, place), price in zip(instance.shelf.places(list(priced)), solved.shelf_price.tolist(), strict=True):
        if price > 1e-9:
            shelf.setdefault(kind, {})[place] = round(price, 6)
    return {
        "budget": {day: price for day, price in priced.items() if price > 1e-9},
        "launches": {
            str(name): round(float(p), 4)
            for name, p in zip(instance.capped_categories, solved.launch_price, strict=True)
            if p > 1e-9
        },
        **shelf,
    }


def _solve_row(
    inputs: PlanInputs, instance: LaunchInstance, settings: PlanSettings, values: dict[str, object]
) -> pd.DataFrame:
    """One row of PLAN_SOLVE; figures that there are not are NULL, never 0."""
    lines = pd.DataFrame({"product_id": instance.product_id, "category_1": instance.category})
    row = {
        "decision_week": pd.Timestamp(instance.decision_week),
        "scenario": settings.scenario,
        "horizon_weeks": instance.weeks,
        "objective": np.nan,
        "bound": np.nan,
        "gap": np.nan,
        "aim": None,
        "aim_floors": None,
        "aim_value": np.nan,
        "aim_bound": np.nan,
        "cpu_seconds": 0.0,
        "iterations": 0,
        "seed": settings.seed,
        "expected_fill_rate": np.nan,
        "budget_total": round(float(instance.budgets.sum()), 2),
        "budget_used": 0.0,
        "change_cost": 0.0,
        "changes": None,
        "budgets": json.dumps(_by_monday(instance, np.round(instance.budgets, 2))),
        "shadow_prices": "{}",
        "message": None,
        "assumptions": json.dumps(
            assumptions(lines, inputs.raw_supply_terms, inputs.profile)
            | assumed_limits(inputs, instance)
            | shares_without_candidates(inputs, instance)
        ),
    }
    return pd.DataFrame([row | values])[PLAN_SOLVE.names()]


def _nothing(
    inputs: PlanInputs, instance: LaunchInstance, settings: PlanSettings, status: str, why: str
) -> dict[str, pd.DataFrame]:
    """The frames of a week without a plan."""
    tables = (
        LAUNCH_PLAN,
        ORDER_PLAN,
        TRANSFER_PLAN,
        EXPOSURE_PLAN,
        PLAN_EXPLANATION,
        PLAN_DIAGNOSIS,
        PLAN_OVERRIDE_PRICE,
    )
    empty = {table.name: _empty(table) for table in tables}
    solve = _solve_row(inputs, instance, settings, {"status": status, "message": why})
    return {**empty, "plan_solve": solve}


def _empty(table: Table) -> pd.DataFrame:
    """No row of a table."""
    return pd.DataFrame(columns=table.names())
