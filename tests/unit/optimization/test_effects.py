"""What launches take and what slots add: each unit once, in the plan, beside it and in the reckoning."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.plan_shop import SETTINGS, WEEK, every_week_sold, limits, plan_inputs
from support.small_questions import brute_force, solved, tiny_instance

from contracts.predictions import CANNIBALISATION, EXPOSURE_LIFT
from optimization.asked import Made
from optimization.effects import takes
from optimization.exposure import exposure_plan
from optimization.in_force import plan_from_frames
from optimization.inputs import PlanInputs, from_frames
from optimization.instance import LaunchInstance, Plan, evaluate
from optimization.plan import make_plan
from optimization.scenario import scenarios_of
from optimization.simulate import outcomes
from optimization.slots import shares_without_candidates
from optimization.what_if import what_if


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


def test_the_question_holds_lifts_and_those_slots_that_candidates_could_fill() -> None:
    rows = lifts(*((f"N{k}", "large", 1.2 + 0.2 * k) for k in range(6)), ("P0", "large", 4.0))
    scarce = limits(("slots", "large", None, None, 3.0), ("slots", "large", None, WEEK, 2.0))
    plain, instance = (
        from_frames(plan_inputs(raw_plan_limits=scarce, **more))  # type: ignore[arg-type]
        for more in ({}, {"exposure_lift": rows})
    )
    assert (instance.demand == plain.demand).all()
    for i in range(instance.n):
        is_lifted = instance.is_launch[i] and instance.channel[i] == "large"
        assert instance.slot_lift[i] == pytest.approx(1.2 + 0.2 * int(instance.product_id[i][1:]) if is_lifted else 1.0)
        assert instance.most_shown[i] == (2 if instance.is_launch[i] else 0)
    # N0 may launch in weeks 0 to 3 and be shown until week 4, N1 from week 1 on, and so on; 40 elsewhere are enough.
    could = [sum(k <= week <= k + 4 for k in range(6)) for week in range(8)]
    room = [2.0, *[3.0] * 7]
    assert instance.shelf.slot_channel.tolist() == ["large"] * sum(c > r for c, r in zip(could, room, strict=True))
    assert instance.shelf.slot_week.tolist() == [w for w in range(8) if could[w] > room[w]]
    assert instance.shelf.slots.tolist() == [room[w] for w in range(8) if could[w] > room[w]]
    np.testing.assert_array_equal(instance.budgets, plain.budgets)


def test_the_plan_shows_whom_slots_are_worth_most_and_says_so_in_weeks_and_money() -> None:
    rows = lifts(*((f"N{k}", channel, 1.3 + 0.2 * k) for k in range(6) for channel in ("large", "small")))
    two = limits(("slots", None, None, None, 2.0))
    inputs = plan_inputs(exposure_lift=rows, raw_plan_limits=two)
    made = make_plan(inputs)
    without = make_plan(replace(inputs, exposure_lift=lifts()))["plan_solve"]
    earned = [float(rows["objective"].iloc[0]) for rows in (without, made["plan_solve"])]
    assert earned[1] > 1.01 * earned[0]
    instance = from_frames(inputs)
    plan = plan_from_frames(instance, made["launch_plan"], made["order_plan"])
    assert evaluate(instance, plan).violations == ()
    assert evaluate(instance, plan).profit == pytest.approx(earned[1], abs=0.01)
    assert plan.shown.sum() > 0
    slots = made["exposure_plan"]
    assert slots.groupby(["channel", "week"])["slots"].sum().max() <= 2
    unseen = Plan(plan.packs, plan.launch_week)
    for i in np.flatnonzero(plan.shown).tolist():
        own = slots[(slots["product_id"] == instance.product_id[i]) & (slots["channel"] == instance.channel[i])]
        weeks = sorted((own["week"] - WEEK).dt.days // 7)
        assert weeks[: plan.shown[i]] == [int(plan.launch_week[i]) + age for age in range(plan.shown[i])]
    # Every slot that is worth what its lift sells is counted in the plan, and no other.
    stocked = replace(plan, packs=plan.packs * 50)
    shown = exposure_plan(inputs, instance, stocked, "base")
    more = evaluate(instance, stocked).sold - evaluate(instance, replace(unseen, packs=stocked.packs)).sold
    margin = instance.net_price - instance.unit_cost
    for i in np.flatnonzero(plan.shown == 2).tolist():
        own = shown[(shown["product_id"] == instance.product_id[i]) & (shown["channel"] == instance.channel[i])]
        assert own["expected_value"].sum() == pytest.approx(margin[i] * more[i], abs=0.011)


def test_slots_that_the_plan_leaves_go_to_sellers_by_their_shares() -> None:
    slots = limits(("slots", None, None, None, 1.0))
    rates = plan_inputs().response_forecast
    of_all = [rates.assign(product_id=f"N{k}", reach_customers=500.0 + 10 * k) for k in range(6)]
    plain = plan_inputs(raw_plan_limits=slots, response_forecast=pd.concat(of_all))
    plan = ample(from_frames(plain))

    def share_of(seller: str, inputs: PlanInputs) -> float:
        shown = exposure_plan(inputs, from_frames(inputs), plan, "base")
        assert shown.groupby(["channel", "week"])["slots"].sum().max() == 1
        return float((shown["product_id"].str[1:].astype(int) % 3 == int(seller[1:])).mean())

    shares = {seller: share_of(seller, plain) for seller in ("S0", "S1", "S2")}
    assert sum(shares.values()) == pytest.approx(1.0)
    least = min(shares, key=shares.__getitem__)
    asked = limits(("seller_share", None, None, None, round(shares[least] + 0.15, 2))).assign(seller_id=least)
    inputs = replace(plain, raw_plan_limits=pd.concat([slots, asked]))
    assert share_of(least, inputs) >= shares[least] + 0.15
    # Half a slot is none, and a share of all is all.
    half = replace(plain, raw_plan_limits=limits(("slots", None, None, None, 1.5)))
    assert share_of(least, half) == shares[least]
    whole = replace(inputs, raw_plan_limits=pd.concat([slots, asked.assign(amount=1.0)]))
    assert share_of(least, whole) == 1.0
    unseen = pd.concat(rows for k, rows in enumerate(of_all) if k % 3 != int(least[1:]))
    assert share_of(least, replace(inputs, response_forecast=unseen)) >= shares[least] + 0.15
    gone = replace(inputs, raw_plan_limits=pd.concat([slots, asked.assign(seller_id="S9")]))
    assert from_frames(gone).shelf.seller_share.size == 0
    assert shares_without_candidates(gone, from_frames(gone)) == {
        "seller share": "none is kept for S9, of whom no launch could be shown"
    }
    assert shares_without_candidates(inputs, from_frames(inputs)) == {}


def test_shares_that_cannot_be_are_refused_by_name() -> None:
    for amounts, told in (((1.5,), "a seller_share is 1.5"), ((0.7, 0.6), "over all channels come to 1.3")):
        rows = limits(*(("seller_share", None, None, None, amount) for amount in amounts))
        with pytest.raises(ValueError, match=told):
            from_frames(plan_inputs(raw_plan_limits=rows.assign(seller_id=["S0", "S1"][: len(amounts)])))
    with pytest.raises(ValueError, match="scope 'seller_share'"):
        from_frames(plan_inputs(raw_plan_limits=limits(("seller_share", "large", None, None, 0.2))))


def test_a_slot_with_a_lift_of_one_is_worth_nothing_beyond_reach() -> None:
    plain = plan_inputs()
    flat = replace(plain, exposure_lift=lifts(*((f"N{k}", "large", 1.0 - 0.1 * k) for k in range(6))))
    one, other = from_frames(plain), from_frames(flat)
    assert (one.demand == other.demand).all()
    frames = [exposure_plan(inputs, instance, ample(one), "base") for inputs, instance in ((plain, one), (flat, other))]
    assert len(frames[0]) > 0
    pd.testing.assert_frame_equal(frames[0], frames[1])


def test_a_scenario_that_leaves_other_slots_and_shares_to_limit_is_answered() -> None:
    rows = lifts(*((f"N{k}", channel, 1.5) for k in range(6) for channel in ("large", "small")))
    own = pd.concat(
        [
            limits(("slots", "large", None, None, 1.0), ("slots", "small", None, None, 1.0)),
            limits(("seller_share", None, None, None, 0.4), ("seller_share", "large", None, None, 0.5)).assign(
                seller_id=["S0", "S1"]
            ),
        ]
    )
    inputs = plan_inputs(exposure_lift=rows, raw_plan_limits=own)
    plan = make_plan(inputs, SETTINGS)
    made = Made(plan["launch_plan"], plan["order_plan"], plan["plan_solve"])
    asked = scenarios_of({"same": {}, "without S0": {"ban": ["N0", "N3"]}, "one": {"ban": ["N1"]}})
    told = what_if(inputs, made, asked, 120.0)["plan_scenario"]
    assert told["message"].isna().all()
    assert (told["objective"] <= told["bound"] + 1e-6).all()
