"""A decision week's question as a network's: what comes back from the folder, and what both forms make of one plan."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.plan_shop import SETTINGS, WEEK, limits, plan_inputs, stock, supply_terms

from contracts.predictions import CANNIBALISATION, EXPOSURE_LIFT
from optimization.baseline import POLICIES
from optimization.in_force import plan_from_frames
from optimization.inputs import PlanInputs, from_frames
from optimization.instance import evaluate
from optimization.network.evaluate import evaluate as evaluate_network
from optimization.plan import make_plan
from optimization.week_network import as_network, as_network_plan, in_shared_form, line_names
from orchestration.cli import main
from orchestration.dump_instance import write_instance
from orchestration.plan_folders import read_instance, read_test_demand


def shop() -> PlanInputs:
    """The small shop with lifts, scarce slots, minimum orders, stock on order and in the warehouse."""
    rows = [(WEEK, f"N{k}", c, 1, 2.0, 1.3 + 0.1 * k, 3.0, 20, 20) for k in range(6) for c in ("large", "small")]
    plain = plan_inputs(
        exposure_lift=pd.DataFrame(rows, columns=EXPOSURE_LIFT.names()),
        raw_plan_limits=limits(("slots", "large", None, None, 2.0)),
        raw_supply_terms=supply_terms(
            {"moq_units": 5, "shortage_penalty_rate": 0.2}, {"product_id": "P2", "lead_weeks": 3}
        ),
    )
    return replace(plain, inventory_state=pd.concat([plain.inventory_state, stock(("P3", "pool", 5, 0, None))]))


def test_the_folder_gives_back_what_was_written(tmp_path: Path) -> None:
    instance = as_network(shop())
    other = instance.demand + 1
    write_instance(tmp_path, instance, other)
    again = read_instance(tmp_path)
    for field in fields(instance):
        np.testing.assert_array_equal(getattr(again, field.name), getattr(instance, field.name), err_msg=field.name)
    np.testing.assert_array_equal(read_test_demand(tmp_path, again), other)
    names = line_names(from_frames(shop()))
    assert (names["product"] == instance.product_id).all()
    assert (names["location"] == instance.cell_location).all()


def test_both_forms_make_the_same_of_every_plan() -> None:
    inputs = shop()
    instance, network = from_frames(inputs), as_network(inputs)
    made = make_plan(inputs, SETTINGS)
    plans = [plan_from_frames(instance, made["launch_plan"], made["order_plan"])]
    plans += [policy(instance) for policy in POLICIES.values()]
    assert (instance.slot_lift > 1).any()
    for plan in plans:
        ours = evaluate(in_shared_form(instance), plan)
        theirs = evaluate_network(network, as_network_plan(instance, plan))
        np.testing.assert_allclose(theirs.demanded, ours.demanded)
        np.testing.assert_allclose(theirs.sold, ours.sold)
        assert theirs.profit == pytest.approx(ours.profit, abs=1e-6)
        assert theirs.violations == ()
        costs = network.unit_cost * network.pack * as_network_plan(instance, plan).packs.sum(axis=1)
        assert costs.sum() == pytest.approx(ours.spend.sum())


def test_units_on_order_are_what_the_forms_differ_in() -> None:
    plain = plan_inputs(inventory_state=stock(("P0", "large", 2, 0, None), ("P0", "large", 0, 6, 3)))
    instance, network = from_frames(plain), as_network(plain)
    at = int(np.flatnonzero((instance.product_id == "P0") & (instance.channel == "large"))[0])
    assert network.on_hand[at] == 8
    assert instance.opening[at] == 2
    plan = POLICIES["mean_forecast"](instance)
    apart = evaluate(instance, plan).profit_by_line - evaluate(in_shared_form(instance), plan).profit_by_line
    assert abs(apart[at]) > 1e-6
    assert not apart[np.arange(instance.n) != at].any()


def test_a_launch_names_the_line_that_it_takes_most_from_and_no_line_has_more_than_two_takers() -> None:
    rows = [("N0", "P6", 0.1), ("N0", "P7", 0.4), ("N1", "P7", 0.3), ("N2", "P7", 0.2), ("N2", "P5", 0.05)]
    frame = pd.DataFrame([(WEEK, *row, 0.0, 1.0, 20, 20) for row in rows], columns=CANNIBALISATION.names())
    inputs = plan_inputs(cannibalisation=frame)
    network, instance = as_network(inputs), from_frames(inputs)
    named = {
        (str(p), str(c)): (str(instance.product_id[s]), float(g))
        for p, c, s, g in zip(instance.product_id, instance.channel, network.substitute, network.gamma, strict=True)
        if s >= 0
    }
    assert named == {
        (p, c): of
        for c in ("large", "small")
        for p, of in {"N0": ("P7", 0.4), "N1": ("P7", 0.3), "N2": ("P5", 0.05)}.items()
    }
    taken = network.substitute >= 0
    assert (instance.channel[taken] == instance.channel[network.substitute[taken]]).all()


def test_a_dumped_week_is_planned_by_solve_instance_near_its_bound(tmp_path: Path) -> None:
    inputs = plan_inputs()
    instance, network = from_frames(inputs), as_network(inputs)
    write_instance(tmp_path / "week", network, network.demand)
    assert main(["solve-instance", str(tmp_path / "week"), str(tmp_path / "out")]) == 0
    said = json.loads((tmp_path / "out" / "solve.json").read_text())
    assert said["objective"] <= said["bound"] + 1e-6
    rules = [evaluate_network(network, as_network_plan(instance, policy(instance))) for policy in POLICIES.values()]
    assert all(rule.violations == () and rule.profit <= said["bound"] + 1e-6 for rule in rules)
    assert said["objective"] >= max(rule.profit for rule in rules) - 1e-6
