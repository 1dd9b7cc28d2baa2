"""Commitments that do not fit: what is short and the cheapest way out, against every way there is."""

from __future__ import annotations

import resource
from itertools import product

import numpy as np
import pandas as pd
import pytest
from support.plan_shop import SETTINGS, limits, plan_inputs, supply_terms
from support.small_questions import SMALL, line_plans, tiny_instance

from contracts.plans import PLAN_DIAGNOSIS
from optimization.commitments import commitments
from optimization.diagnose import conflicts, fits
from optimization.effort import Effort
from optimization.instance import LaunchInstance, evaluate
from optimization.plan import make_plan
from optimization.styles import in_common
from optimization.worker import relax_apart

LINES = 5
# 8 fits; 13 and 23 have the money, and too many launches.
SEEDS = (0, 4, 5, 8, 13, 23)


def forced_launches(seed: int) -> LaunchInstance:
    """Five mandatory launches in two categories with costs and windows of their own, budgets that hold a few."""
    random = np.random.default_rng(seed)
    whole = np.arange(LINES)
    instance = tiny_instance(seed).of_lines(np.array([2, 3, 2, 3, 2]))
    cost = np.round(random.uniform(2, 5, LINES), 2)
    changes: dict[str, object] = {
        "product_id": np.array([f"N{k}" for k in whole]),
        "category": np.array(["c", "d", "c", "d", "c"]),
        "is_mandatory": np.ones(LINES, dtype=bool),
        "demand": random.negative_binomial(2, 0.4, (LINES, 3, 4)),
        "unit_cost": cost,
        "price": np.round(cost * random.uniform(1.2, 1.9, LINES), 2),
        "leftover_value": 0.4 * cost,
        "lead": random.integers(0, 3, LINES),
        "pack": random.integers(2, 4, LINES),
        "moq_packs": random.integers(0, 3, LINES),
        "earliest": random.integers(0, 2, LINES),
        "latest": random.integers(1, 4, LINES),
        "opening": np.array([0, 0, 0, 0, 3 * int(seed % 2)]),
        "budgets": np.round(random.uniform(4, 12, 4) * (1 + seed % 3), 2),
        "capped_categories": np.array(["c", "d"]),
        "launch_caps": random.integers(1, 4, 2),
    }
    return LaunchInstance.from_arrays(instance.arrays() | changes)


def by_hand(instance: LaunchInstance, worth: list[float]) -> tuple[float, float]:
    """Least money that is short when all are kept, and least worth that a set given up costs, of all there are."""
    orders: list[list[int | None]] = []
    for i in range(instance.n):
        weeks = range(instance.weeks)
        arrive = [w for w in weeks if instance.earliest[i] <= w + instance.lead[i] < instance.weeks]
        orders.append([None] if instance.opening[i] else list(arrive))
    cost = np.maximum(instance.moq_packs, 1) * instance.pack * instance.unit_cost
    least_short, least_given = np.inf, np.inf
    groups = [str(style) or f"line {i}" for i, style in enumerate(instance.style)]
    names = sorted(set(groups))
    for kept_groups in product([True, False], repeat=len(names)):
        of = dict(zip(names, kept_groups, strict=True))
        kept = tuple(of[group] for group in groups)
        of_group = {name: sum(w for w, g in zip(worth, groups, strict=True) if g == name) for name in names}
        given = sum(max(of_group[name], 0.0) for name in names if not of[name])
        in_caps = all(
            sum(k and g == name for k, g in zip(kept, instance.category, strict=True)) <= cap
            for name, cap in zip(instance.capped_categories, instance.launch_caps, strict=True)
        )
        for weeks in product(*(orders[i] if kept[i] else [None] for i in range(instance.n))):
            spend = np.zeros(instance.weeks)
            for i, week in enumerate(weeks):
                if week is not None:
                    spend[week] += cost[i]
            short = float(np.maximum(spend - instance.budgets, 0.0).sum())
            if all(kept):
                least_short = min(least_short, short)
            if in_caps and short < 1e-9:
                least_given = min(least_given, given)
    return least_short, least_given


def alone(instance: LaunchInstance, i: int) -> float:
    """What a line's best launch brings over none, of all its plans."""
    stock = float(instance.opening[i])
    idle = stock * float(instance.leftover_value[i]) - stock * float(instance.hold[i]) * instance.weeks
    return max(profit for profit, _, launches in line_plans(instance, i, most=8) if launches) - idle


@pytest.mark.parametrize("seed", SEEDS)
def test_shortage_and_way_out_are_the_least_of_all_there_are(seed: int) -> None:
    instance = forced_launches(seed)
    found = relax_apart(instance, SMALL, 120)
    short, given = by_hand(instance, found.profit.tolist())
    assert found.is_proved
    best = np.array([alone(instance, i) for i in range(LINES)])
    assert (found.profit <= best + 1e-9).all()
    assert (found.profit >= best - 0.02 * np.abs(best)).all()
    assert found.budget_short.sum() == pytest.approx(short, abs=1e-3)
    assert np.maximum(found.profit[found.is_released], 0.0).sum() == pytest.approx(given, abs=1e-3)
    kept = commitments(instance).line[~found.is_released]
    assert (found.way_out.launch_week[kept] >= 0).all()
    broken = [what for what, _ in evaluate(instance, found.way_out).violations]
    assert all(what.startswith("mandatory and not launched") for what in broken)
    assert len(broken) == found.is_released.sum()


@pytest.mark.parametrize("seed", [1, 4, 13, 24])
def test_styles_are_let_go_as_a_whole_where_that_costs_least_of_all_ways(seed: int) -> None:
    apart = forced_launches(seed)
    styled = LaunchInstance.from_arrays(apart.arrays() | {"style": np.array(["S", "", "S", "R", "R"])})
    instance = in_common(styled)
    found = relax_apart(instance, SMALL, 120)
    short, given = by_hand(instance, found.profit.tolist())
    released = found.is_released
    assert (released[0], released[3]) == (released[2], released[4])
    own = max(found.profit[[0, 2]].sum(), 0.0) * released[0] + max(found.profit[[3, 4]].sum(), 0.0) * released[3]
    assert own + max(found.profit[1], 0.0) * released[1] == pytest.approx(given, abs=1e-3)
    assert not np.isfinite(short) or found.budget_short.sum() == pytest.approx(short, abs=1e-3)
    assert not any("torn" in what or "budget" in what for what, _ in evaluate(instance, found.way_out).violations)


def test_what_fits_releases_nothing_and_the_seeds_above_are_of_both_kinds() -> None:
    kinds = [by_hand(forced_launches(seed), [1.0] * LINES) for seed in SEEDS]
    assert {(short > 0, given > 0) for short, given in kinds} == {(True, True), (False, True), (False, False)}
    roomy = LaunchInstance.from_arrays(
        forced_launches(0).arrays() | {"budgets": np.full(4, 1000.0), "launch_caps": np.array([5, 5])}
    )
    found = relax_apart(roomy, SMALL, 120)
    assert fits(found)
    assert found.budget_short.sum() == 0
    assert evaluate(roomy, found.way_out).violations == ()


def forced_shop(budget: float) -> dict[str, pd.DataFrame]:
    """The small shop with N0 and N1 mandatory and a budget of every week."""
    plain = plan_inputs()
    forced = plain.launch_candidates.assign(is_mandatory=plain.launch_candidates["product_id"].isin(["N0", "N1"]))
    weeks = [plain.decision_week + pd.Timedelta(weeks=w) for w in range(8)]
    own = limits(*(("budget", None, None, week, budget) for week in weeks), ("launches", None, "c0", None, 9.0))
    terms = supply_terms({"moq_units": 6})
    return make_plan(plan_inputs(launch_candidates=forced, raw_plan_limits=own, raw_supply_terms=terms), SETTINGS)


def test_a_week_whose_commitments_do_not_fit_says_what_is_short_and_what_to_free() -> None:
    plan = forced_shop(20.0)
    row, rows = plan["plan_solve"].iloc[0], plan["plan_diagnosis"]
    assert row["status"] == "infeasible"
    assert list(rows.columns) == PLAN_DIAGNOSIS.names()
    assert not rows.duplicated(list(PLAN_DIAGNOSIS.grain)).any()
    short, freed = rows[rows["kind"] == "shortage"], rows[rows["kind"] == "release"]
    # Six of 9.00 × .5 cost 27: each of the four orders, whenever it is placed, lacks 7 unless it shares a week.
    assert short["amount"].sum() == pytest.approx(4 * 27.0 - 4 * 20.0)
    assert short["commitments"].sum() == 4
    assert len(freed) == 4
    assert "short by 28.00 USD for the smallest orders of 4 mandatory launches" in row["message"]
    assert "freeing N0 in large, N0 in small, N1 in large and 1 more makes the rest fit at" in row["message"]
    assert f" {freed['amount'].sum():,.2f} USD of profit" in row["message"]
    assert plan["launch_plan"].empty


def test_commitments_that_fit_in_some_weeks_only_are_planned() -> None:
    plan = forced_shop(27.5)
    assert plan["plan_solve"]["status"].iloc[0] in ("optimal", "feasible")
    assert plan["plan_diagnosis"].empty
    launched = plan["launch_plan"].set_index("product_id")["is_launched"]
    assert launched[["N0", "N1"]].all()


def test_two_thousand_lines_are_diagnosed_within_ten_seconds() -> None:
    random = np.random.default_rng(3)
    one, n = tiny_instance(3), 2000
    instance = one.of_lines(random.integers(2, 4, n))
    changes: dict[str, object] = {
        "product_id": np.array([f"N{k}" for k in range(n)]),
        "category": np.array([f"c{k % 20}" for k in range(n)]),
        "is_mandatory": random.random(n) < 0.2,
        "demand": random.negative_binomial(2, 0.3, (n, 16, 4)),
        "unit_cost": np.round(random.uniform(2, 9, n), 2),
        "capped_categories": np.array([f"c{k}" for k in range(20)]),
        "launch_caps": np.full(20, 22),
        "budgets": np.array([1500.0, 400.0, 100.0, 0.0]),
    }
    changes["price"] = np.asarray(changes["unit_cost"]) * 1.5
    changes["leftover_value"] = np.asarray(changes["unit_cost"]) * 0.4
    large = LaunchInstance.from_arrays(instance.arrays() | changes)
    assert conflicts(large)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    found = relax_apart(large, Effort(), 60)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 10
    assert found.budget_short.sum() > 0
    assert found.is_released.any()
    broken = evaluate(large, found.way_out).violations
    assert len(broken) == found.is_released.sum()
