"""Every rule's plan keeps what it knows of the week's question, and the greedy one is what adding by hand finds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.plan_shop import plan_inputs

from optimization.inputs import without_effects
from optimization.instance import NOT_LAUNCHED, Plan, evaluate, violations
from optimization.network.evaluate import evaluate as evaluate_network
from optimization.rules import RULES
from optimization.week_network import as_network_plan, as_week_plan, in_shared_form, plain_network
from reports.facts import RULES as RULES_TOLD
from reports.wording import POLICIES


@pytest.mark.parametrize("name", RULES)
def test_rules_keep_budgets_caps_packs_and_windows(name: str) -> None:
    instance = without_effects(plan_inputs())
    plan = RULES[name](instance)
    assert violations(instance, plan) == []
    assert plan.packs.sum() > 0, "the shop needs stock"


def test_a_rules_plan_earns_the_same_in_both_forms() -> None:
    """Without units on order, which only the week's form dates."""
    instance = in_shared_form(without_effects(plan_inputs()))
    network = plain_network(instance)
    for name in ("greedy", "base_stock", "newsvendor"):
        plan = RULES[name](instance)
        assert evaluate(instance, plan).profit == pytest.approx(
            evaluate_network(network, as_network_plan(instance, plan)).profit, abs=0.01
        )


def test_greedy_leaves_nothing_on_the_table_that_one_more_order_would_earn() -> None:
    instance = in_shared_form(without_effects(plan_inputs()))
    instance = replace(instance, is_mandatory=np.zeros_like(instance.is_mandatory))
    plan = RULES["greedy"](instance)
    best = evaluate(instance, plan).profit
    assert best >= evaluate(instance, Plan(np.zeros_like(plan.packs), np.where(instance.is_launch, -1, 0))).profit
    for line in np.flatnonzero(plan.launch_week >= 0):
        for week in range(instance.weeks):
            packs = plan.packs.copy()
            packs[line, week] += max(int(instance.moq_packs[line]), 1) if packs[line, week] == 0 else 1
            more = Plan(packs, plan.launch_week)
            if not violations(instance, more):
                assert evaluate(instance, more).profit <= best + 0.01


def test_a_launch_that_must_have_stock_and_is_given_none_is_called_off() -> None:
    instance = without_effects(plan_inputs())
    plan = RULES["greedy"](instance)
    line = int(np.flatnonzero(instance.needs_stock)[0])
    launched = np.where(instance.is_launch, instance.earliest, 0)
    made = as_network_plan(instance, Plan(plan.packs * 0, launched))
    assert as_week_plan(instance, made).launch_week[line] == NOT_LAUNCHED
    assert (as_week_plan(instance, made).launch_week[~instance.is_launch] == 0).all()


@pytest.mark.parametrize("name", RULES)
def test_what_is_on_sale_stays_on_sale_though_it_earns_nothing(name: str) -> None:
    instance = without_effects(plan_inputs())
    line = int(np.flatnonzero(~instance.is_launch)[0])
    asked = instance.demand.copy()
    asked[line] = 0
    plan = RULES[name](instance.with_demand(asked))
    assert (plan.launch_week[~instance.is_launch] == 0).all()
    assert violations(instance, plan) == []


@pytest.mark.parametrize("name", RULES)
def test_a_forced_launch_is_made_however_little_it_earns(name: str) -> None:
    instance = without_effects(plan_inputs())
    line = int(np.flatnonzero(instance.is_launch & (instance.earliest <= instance.latest))[0])
    dear = np.where(instance.is_launch, 5_000.0, 0.0)
    forced = replace(instance, launch_cost=dear, is_mandatory=np.arange(instance.n) == line)
    for share in (1.0, 0.3):
        tight = replace(forced, budgets=share * forced.budgets)
        plan = RULES[name](tight)
        assert plan.launch_week[line] >= 0
        assert violations(tight, plan) == []


def test_reports_know_every_rule() -> None:
    assert set(RULES) == set(RULES_TOLD)
    assert set(RULES) <= set(POLICIES)
