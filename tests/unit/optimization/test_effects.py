"""What launches take and what slots add: each unit once, in the plan, beside it and in the reckoning."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.plan_shop import SETTINGS, WEEK, every_week_sold, limits, plan_inputs
from support.small_questions import brute_force, solved, tiny_instance

from contracts.predictions import CANNIBALISATION, EXPOSURE_LIFT
from optimization.effects import takes
from optimization.exposure import exposure_plan
from optimization.inputs import from_frames
from optimization.instance import LaunchInstance, Plan, evaluate
from optimization.plan import make_plan
from optimization.simulate import outcomes


def taken(*rows: tuple[str, str, float]) -> pd.DataFrame:
    """CANNIBALISATION from (launch, substitute, take)."""
    full = [(WEEK, launch, other, take, 0.0, 1.0, 20, 20) for launch, other, take in rows]
    return pd.DataFrame(full, columns=CANNIBALISATION.names())


def lifts(*rows: tuple[str, str, float]) -> pd.DataFrame:
    """EXPOSURE_LIFT of one slot from (product, channel, lower end)."""
    full = [(WEEK, product, channel, 1, low + 0.5, low, low + 1.0, 20, 20) for product, channel, low in rows]
    return pd.DataFrame(full, columns=EXPOSURE_LIFT.names())


def launched(plan: dict[str, pd.DataFrame]) -> set[str]:
    rows = plan["launch_plan"]
    return set(rows.loc[rows["is_launched"], "product_id"])


def line_of(instance: LaunchInstance, product: str, channel: str) -> int:
    return int(np.flatnonzero((instance.product_id == product) & (instance.channel == channel))[0])


def ample(instance: LaunchInstance) -> Plan:
    """Everything launched as planned, with more stock than any path could want."""
    packs = np.zeros((instance.n, instance.weeks), dtype=np.int64)
    first = np.maximum(np.where(instance.is_launch, instance.planned_launch, 0) - instance.lead, 0)
    packs[np.arange(instance.n), first] = 10_000
    return Plan(packs, np.where(instance.is_launch, np.maximum(instance.planned_launch, instance.lead), 0))


def test_with_takes_the_plan_is_the_best_there_is_and_its_bound_holds() -> None:
    instance = tiny_instance(3, taken_worth=np.array([0.0, 0.0, 0.7, 0.3]))
    answer, best = solved(instance), brute_force(instance)
    assert evaluate(instance, answer.plan).profit == pytest.approx(best, abs=1e-3)
    assert best <= answer.bound + 1e-6
    assert best < brute_force(tiny_instance(3)) - 1e-6


def test_a_launch_whose_gain_is_all_taken_from_a_substitute_is_not_launched() -> None:
    free = launched(make_plan(plan_inputs(), SETTINGS))
    assert {"N0", "N1"} & free
    # P7 earns more a unit (10 × .28) than any launch does (9 × .28).
    plan = make_plan(plan_inputs(cannibalisation=taken(("N0", "P7", 1.0), ("N1", "P7", 1.0))), SETTINGS)
    assert not {"N0", "N1"} & launched(plan)
    assert launched(plan)
    reason = plan["launch_plan"].set_index("product_id").loc["N0", "reason"]
    assert reason.str.startswith("would lose").all()


def test_a_unit_taken_costs_its_margin_once_and_names_the_substitute() -> None:
    rows = taken(("N0", "P6", 0.1), ("N0", "P7", 0.02), ("N0", "gone", 0.2), ("P1", "P7", 0.5))
    plan = make_plan(plan_inputs(cannibalisation=rows), SETTINGS)
    told = plan["plan_explanation"]
    told = told[told["kind"] == "substitute"]
    assert set(zip(told["product_id"], told["name"], strict=True)) == {("N0", "P6"), ("N0", "P7")}
    assert told["currency"].eq("USD").all()
    sold = plan["launch_plan"].set_index(["product_id", "channel"])["expected_units"]
    for row in told.itertuples():
        margin = {"P6": 9.0 * 0.28 * 0.1, "P7": 10.0 * 0.28 * 0.02}[row.name]
        assert row.value == pytest.approx(-margin * sold[row.product_id, row.channel], abs=1e-4)
    instance = from_frames(plan_inputs(cannibalisation=rows))
    plain = from_frames(plan_inputs())
    stocked = ample(plain)
    gap = evaluate(plain, stocked).profit_by_line - evaluate(instance, stocked).profit_by_line
    of_n0 = instance.product_id == "N0"
    assert np.allclose(gap[~of_n0], 0.0)
    assert gap[of_n0] == pytest.approx((0.1 * 9 + 0.02 * 10) * 0.28 * evaluate(plain, stocked).sold[of_n0])


def test_a_sale_is_never_worth_less_than_a_unit_left_over() -> None:
    instance = from_frames(plan_inputs(cannibalisation=taken(*(("N0", f"P{k}", 1.0) for k in range(5)))))
    assert (instance.net_price >= instance.leftover_value - instance.penalty - 1e-9).all()
    assert (instance.net_price < instance.unit_cost)[instance.product_id == "N0"].all()
    charged = takes(taken(("N0", "P6", 0.25)), instance)
    assert len(charged) == 2
    assert (instance.channel[charged["line"]] == instance.channel[charged["other"]]).all()


def test_what_was_taken_and_shown_is_in_what_really_sold_and_not_counted_again() -> None:
    plain = plan_inputs()
    known = replace(plain, cannibalisation=taken(("N0", "P6", 0.5)), exposure_lift=lifts(("N0", "large", 3.0)))
    made = make_plan(plain, SETTINGS)
    sold = every_week_sold(plain)
    scored = [outcomes(inputs, made, sold, "real", SETTINGS)["plan_outcome"] for inputs in (plain, known)]
    pd.testing.assert_frame_equal(scored[0], scored[1])


def test_promised_slots_lift_the_first_weeks_of_the_lines_that_gain_most() -> None:
    rows = lifts(*((f"N{k}", "large", 1.2 + 0.2 * k) for k in range(6)), ("P0", "large", 4.0))
    scarce = limits(("slots", "large", None, None, 3.0), ("slots", "large", None, WEEK, 2.0))
    plain, instance = (
        from_frames(plan_inputs(raw_plan_limits=scarce, **more))  # type: ignore[arg-type]
        for more in ({}, {"exposure_lift": rows})
    )
    first = plain.demand[:, :, :2].sum(axis=2).mean(axis=1)
    worth = {k: (0.2 + 0.2 * k) * first[line_of(plain, f"N{k}", "large")] for k in range(6)}
    promised = {f"N{k}" for k in sorted(worth, key=worth.__getitem__)[-2:]}
    assert set(instance.product_id[instance.slot_lift > 1]) == promised
    assert (instance.channel[instance.slot_lift > 1] == "large").all()
    for i in range(instance.n):
        factor = instance.slot_lift[i]
        by_hand = plain.demand[i].copy()
        by_hand[:, :2] = [[int(d * factor + 0.5) for d in path] for path in by_hand[:, :2]]
        assert (instance.demand[i] == by_hand).all()
    np.testing.assert_array_equal(instance.budgets, plain.budgets)


def test_every_promised_launch_has_its_slots_and_they_are_worth_what_the_lift_sells() -> None:
    rows = lifts(*((f"N{k}", channel, 2.0) for k in range(6) for channel in ("large", "small")))
    one = limits(("slots", "large", None, None, 2.0), ("slots", "small", None, None, 2.0))
    inputs = plan_inputs(exposure_lift=rows, raw_plan_limits=one)
    plain, instance = from_frames(replace(inputs, exposure_lift=lifts())), from_frames(inputs)
    plan = ample(instance)
    shown = exposure_plan(inputs, instance, plan, "base")
    promised = np.flatnonzero(instance.slot_lift > 1)
    assert len(promised) == 4
    for i in promised.tolist():
        own = shown[(shown["product_id"] == instance.product_id[i]) & (shown["channel"] == instance.channel[i])]
        weeks = sorted((own["week"] - WEEK).dt.days // 7)
        assert weeks == [int(plan.launch_week[i]), int(plan.launch_week[i]) + 1]
        more = evaluate(instance, plan).sold[i] - evaluate(plain, plan).sold[i]
        margin = instance.price[i] - instance.unit_cost[i]
        assert own["expected_value"].sum() == pytest.approx(margin * more, abs=0.011)


def test_a_slot_with_a_lift_of_one_is_worth_nothing_beyond_reach() -> None:
    plain = plan_inputs()
    flat = replace(plain, exposure_lift=lifts(*((f"N{k}", "large", 1.0 - 0.1 * k) for k in range(6))))
    one, other = from_frames(plain), from_frames(flat)
    assert (one.demand == other.demand).all()
    frames = [exposure_plan(inputs, instance, ample(one), "base") for inputs, instance in ((plain, one), (flat, other))]
    assert len(frames[0]) > 0
    pd.testing.assert_frame_equal(frames[0], frames[1])
