"""What overrides cost when they are made, and what they were worth when the weeks are over.

Both stand against the plan that the same question gets without them. A line's price counts what its orders and its
launch take from the limits, at the limits' prices in that plan: an override that frees scarce money is credited for it.

    price_i = [profit_i − Σ_w λ_w·spend_{i,w} − μ_g·launch_i − p·use_i] of the free plan − the same of the plan with overrides

with p and use_i of storage and fill floors.

Lives here: both tables. Does not live here: how overrides enter the question (`overrides.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from contracts.evaluations import OVERRIDE_OUTCOME
from contracts.plans import PLAN_OVERRIDE_PRICE
from optimization.inputs import PlanInputs, from_frames
from optimization.instance import Floats, LaunchInstance, Plan, evaluate, shelf_used
from optimization.overrides import overridden_lines
from optimization.playing import play
from optimization.prices import Prices

_ALL = "all"


@dataclass(frozen=True)
class FreePlan:
    """The plan of the question without overrides, and the prices of its limits.

    Args:
        instance: That question.
        plan: Its plan.
        prices: Of its limits.
    """

    instance: LaunchInstance
    plan: Plan
    prices: Prices

    def at_least(self, overruled: Plan) -> FreePlan:
        """This plan, or the one with overrides where that fits this question too and earns more."""
        other = evaluate(self.instance, overruled)
        gains = not other.violations and other.profit > evaluate(self.instance, self.plan).profit
        return replace(self, plan=overruled) if gains else self


def override_price(inputs: PlanInputs, overruled: Plan, free: FreePlan, scenario: str) -> pd.DataFrame:
    """PLAN_OVERRIDE_PRICE: one row a line that is overruled, and one of the whole plan."""
    instance = from_frames(inputs)
    free = free.at_least(overruled)
    before, after = evaluate(free.instance, free.plan), evaluate(instance, overruled)
    net = _net(free, free.plan, before.profit_by_line) - _net(free, overruled, after.profit_by_line)
    lines = _by_line(inputs, instance)
    at = lines["line"].to_numpy()
    rows = lines.assign(free_profit=before.profit_by_line[at], profit=after.profit_by_line[at], price=net[at])
    whole = {
        "product_id": _ALL,
        "channel": _ALL,
        "overrides": len(inputs.plan_override),
        "free_profit": before.profit,
        "profit": after.profit,
        "price": before.profit - after.profit,
        "reasons": _joined(inputs.plan_override["reason"]),
    }
    told = pd.concat([rows, pd.DataFrame([whole])], ignore_index=True)
    told = told.assign(decision_week=pd.Timestamp(inputs.decision_week), scenario=scenario)
    return told[PLAN_OVERRIDE_PRICE.names()]


def override_outcome(
    inputs: PlanInputs, truth: LaunchInstance, plans: tuple[Plan, Plan], is_complete: bool
) -> pd.DataFrame:
    """OVERRIDE_OUTCOME without its source: one row a line that was overruled, and one of the whole plan.

    Args:
        inputs: What the plan was made of, overrides among it.
        truth: The question with what really sold as its one path.
        plans: The plan without overrides, and the one with them.
        is_complete: Whether all weeks are over.
    """
    free, own = (evaluate(truth, plan).profit_by_line for plan in plans)
    lines = _by_line(inputs, truth)
    at = lines["line"].to_numpy()
    rows = lines.assign(free_profit=np.round(free[at], 2), profit=np.round(own[at], 2))
    whole = {
        "product_id": _ALL,
        "channel": _ALL,
        "overrides": len(inputs.plan_override),
        "free_profit": round(float(free.sum()), 2),
        "profit": round(float(own.sum()), 2),
    }
    told = pd.concat([rows, pd.DataFrame([whole])], ignore_index=True)
    told = told.assign(
        decision_week=pd.Timestamp(inputs.decision_week),
        value=(told["profit"] - told["free_profit"]).round(2),
        is_complete=is_complete,
    )
    return told[[name for name in OVERRIDE_OUTCOME.names() if name != "source"]]


def _net(free: FreePlan, plan: Plan, profit: Floats) -> Floats:
    """Profit of each line less its use of the limits at their prices (n)."""
    instance = free.instance
    spend = plan.packs * (instance.pack * instance.unit_cost)[:, None]
    cap = instance.cap_of_line
    launch = np.where((cap >= 0) & (plan.launch_week >= 0), np.append(free.prices.launch, 0.0)[cap], 0.0)
    net = profit - spend @ free.prices.budget - launch
    return net - shelf_used(instance, play(instance, plan)) @ free.prices.shelf if instance.shelf.count else net


def _by_line(inputs: PlanInputs, instance: LaunchInstance) -> pd.DataFrame:
    """One row per overruled line: line, product_id, channel, overrides, reasons."""
    found = [
        (line, str(row["reason"]))
        for row in inputs.plan_override.to_dict("records")
        for line in overridden_lines(instance, row).tolist()
    ]
    rows = pd.DataFrame(found, columns=["line", "reason"]).groupby("line", as_index=False)
    lines = rows.agg(overrides=("reason", "size"), reasons=("reason", _joined))
    at = lines["line"].to_numpy()
    return lines.assign(product_id=instance.product_id[at].astype(object), channel=instance.channel[at].astype(object))


def _joined(reasons: pd.Series) -> str:
    return "; ".join(dict.fromkeys(reasons.astype(str)))
