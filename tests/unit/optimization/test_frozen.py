"""Near weeks that stay as the last plan set them: what is held, what a change pays, and what is told of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.plan_shop import SETTINGS, WEEK, monday, plan_inputs, supply_terms

from contracts.plans import EXPOSURE_PLAN, LAUNCH_PLAN, ORDER_PLAN, PLAN_FROZEN, PLAN_IN_FORCE
from optimization.frozen import Freeze, plan_frozen
from optimization.in_force import plan_from_frames
from optimization.inputs import PlanInputs, from_frames
from optimization.instance import Plan, evaluate
from optimization.plan import make_plan

BEFORE = WEEK - pd.Timedelta(days=7)
RULES = pd.DataFrame([(BEFORE, BEFORE, "base", "solved", 0)], columns=PLAN_IN_FORCE.names())
SOLVE = pd.DataFrame({"decision_week": [BEFORE], "scenario": ["base"], "horizon_weeks": [8]})
TWO_WEEKS = Freeze(2, 0.5, 4.0, 1.5)


def last_plan(
    launches: dict[tuple[str, str], int | None],
    orders: dict[tuple[str, str, int], int],
    slots: dict[tuple[str, str, int], bool],
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """plan_solve, launch_plan, order_plan and exposure_plan of the week before, weeks counted from this week's Monday."""
    chosen = [(p, c, None if w is None else monday(w), w is not None) for (p, c), w in launches.items()]
    launch_plan = pd.DataFrame(chosen, columns=["product_id", "channel", "launch_week", "is_launched"])
    launch_plan = launch_plan.assign(launch_week=pd.to_datetime(launch_plan["launch_week"]))
    placed = [(p, c, monday(w), units) for (p, c, w), units in orders.items()]
    order_plan = pd.DataFrame(placed, columns=["product_id", "channel", "order_week", "order_units"])
    given = [(p, c, monday(w), is_planned) for (p, c, w), is_planned in slots.items()]
    exposure_plan = pd.DataFrame(given, columns=["product_id", "channel", "week", "is_planned"])
    made = (launch_plan, LAUNCH_PLAN), (order_plan, ORDER_PLAN), (exposure_plan, EXPOSURE_PLAN)
    return SOLVE, *(frame.reindex(columns=table.names()) for frame, table in made)  # type: ignore[return-value]


LAST = last_plan(
    {("N0", "large"): 1, ("N1", "large"): None, ("N2", "small"): 5},
    {
        ("P3", "large", 0): 12,
        ("P0", "large", 1): 18,
        ("N0", "large", 0): 7,
        ("P3", "large", 4): 9,
        ("Z", "large", 0): 5,
    },
    {
        ("N0", "large", 1): True,
        ("N0", "large", 2): True,
        ("N1", "large", 0): False,
    },
)


@pytest.fixture(scope="module")
def frozen() -> pd.DataFrame:
    return plan_frozen(RULES, LAST, WEEK, TWO_WEEKS)


@pytest.fixture(scope="module")
def inputs(frozen: pd.DataFrame) -> PlanInputs:
    return plan_inputs(plan_frozen=frozen)


def test_rows_tell_what_is_held_in_the_frozen_weeks_and_nothing_beyond(frozen: pd.DataFrame) -> None:
    assert list(frozen.columns) == PLAN_FROZEN.names()
    assert not frozen.duplicated(list(PLAN_FROZEN.grain)).any()
    (whole,) = frozen[frozen["kind"] == "weeks"].to_dict("records")
    assert (whole["week"], whole["plan_week"], whole["plan_end"]) == (monday(1), BEFORE, monday(7))
    orders = frozen[frozen["kind"] == "order"].set_index(["product_id", "channel", "week"])["units"].to_dict()
    assert orders == {
        ("P3", "large", monday(0)): 12,
        ("P0", "large", monday(1)): 18,
        ("N0", "large", monday(0)): 7,
        ("Z", "large", monday(0)): 5,
    }
    launches = frozen[frozen["kind"] == "launch"].set_index("product_id")["week"]
    assert launches["N0"] == monday(1)
    assert launches[["N1", "N2"]].isna().all()


def test_the_question_holds_known_lines_alone_and_only_in_weeks_that_the_last_plan_could_order(
    inputs: PlanInputs,
) -> None:
    instance = from_frames(inputs)
    at = {(p, c): i for i, (p, c) in enumerate(zip(instance.product_id, instance.channel, strict=True))}
    assert instance.held_packs[at["P0", "large"]].tolist() == [0, 3, 0, 0, 0, 0, 0, 0]
    assert instance.pack_change[at["P4", "small"]].tolist() == [0.5, 0.5, 0, 0, 0, 0, 0, 0]
    assert instance.launch_change[at["N0", "large"]].tolist() == [4.0, 0.0, *[4.0] * 7]
    assert instance.launch_change[at["N1", "large"]].tolist() == [4.0, 4.0, *[0.0] * 7]
    # The second week of N0's slots lies beyond, and N1's was none of the plan's.
    assert instance.held_slots.sum() == 1
    assert instance.held_slots[at["N0", "large"]].tolist() == [0, 1, *[0] * 6]
    assert instance.slot_change[at["N1", "large"]].tolist() == [1.5, 1.5, *[0.0] * 6]
    assert not instance.slot_change[at["P0", "large"]].any()
    unknown = at["N5", "large"]
    assert not instance.pack_change[unknown].any()
    assert not instance.launch_change[unknown].any()
    slow = from_frames(replace(inputs, raw_supply_terms=supply_terms({"product_id": "P3", "lead_weeks": 6})))
    assert slow.pack_change[at["P3", "large"]].tolist() == [0.5, *[0.0] * 7]


def test_an_order_or_launch_that_cannot_be_kept_is_not_held_and_told(frozen: pd.DataFrame) -> None:
    terms = supply_terms({"product_id": "P3", "lead_weeks": 1, "moq_units": 30})
    late = plan_inputs().launch_candidates.assign(
        earliest_week=lambda f: f["earliest_week"].mask(f["product_id"] == "N0", monday(3))
    )
    inputs = plan_inputs(plan_frozen=frozen, raw_supply_terms=terms, launch_candidates=late)
    instance = from_frames(inputs)
    at = {(p, c): i for i, (p, c) in enumerate(zip(instance.product_id, instance.channel, strict=True))}
    assert instance.pack_change[at["P3", "large"]].tolist() == [0.0, 0.5, *[0.0] * 6]
    assert not instance.launch_change[at["N0", "large"]].any()
    assert not instance.held_packs[at["N0", "large"]].any()
    assert not instance.held_slots[at["N0", "large"]].any()
    told = make_plan(inputs, SETTINGS)["plan_solve"]["changes"].iloc[0]
    for said in ("no longer planned: Z in large", "minimum: P3 in large", "window: N0 in large"):
        assert said in told


def test_the_plan_pays_and_tells_exactly_what_it_changes(inputs: PlanInputs) -> None:
    made = make_plan(inputs, SETTINGS)
    instance = from_frames(inputs)
    plan = plan_from_frames(instance, made["launch_plan"], made["order_plan"])
    result, solve = evaluate(instance, plan), made["plan_solve"].iloc[0]
    assert result.violations == ()
    assert solve["objective"] == pytest.approx(result.profit)
    assert solve["objective"] <= solve["bound"] + 1e-6
    assert float(solve["change_cost"]) == pytest.approx(result.change.sum(), abs=0.005)
    told = made["plan_explanation"].query("kind == 'change'")
    assert -told["value"].sum() == pytest.approx(result.change.sum(), abs=1e-4)
    assert (told["currency"] == "USD").all()
    assert (told["value"] < 0).all()
    packs = int(np.abs(plan.packs - instance.held_packs)[instance.pack_change > 0].sum())
    assert f"({packs} packs)" in solve["changes"]
    free = make_plan(plan_inputs(), SETTINGS)
    other = evaluate(instance, plan_from_frames(instance, free["launch_plan"], free["order_plan"]))
    assert other.change.sum() > result.change.sum() > 0
    assert other.profit < result.profit
    assert free["plan_solve"]["objective"].iloc[0] >= solve["objective"]
    assert free["plan_solve"]["changes"].isna().all()
    assert float(free["plan_solve"]["change_cost"].iloc[0]) == 0.0


def test_where_no_plan_ruled_or_none_reaches_so_far_nothing_is_frozen_and_the_plan_says_so() -> None:
    old = RULES.assign(plan_week=WEEK - pd.Timedelta(days=7 * 8))
    free = make_plan(plan_inputs(), SETTINGS)
    for rules, solve in ((RULES.iloc[:0], SOLVE.iloc[:0]), (old, SOLVE)):
        rows = plan_frozen(rules, (solve, *LAST[1:]), WEEK, TWO_WEEKS)
        assert len(rows) == 1
        assert rows["week"].isna().all()
        made = make_plan(plan_inputs(plan_frozen=rows), SETTINGS)
        assert "nothing is frozen" in made["plan_solve"]["changes"].iloc[0]
        pd.testing.assert_frame_equal(made["order_plan"], free["order_plan"])
    assert plan_frozen(RULES, LAST, WEEK, Freeze()).empty


def test_the_price_of_change_is_no_money_in_the_replay(inputs: PlanInputs) -> None:
    instance = from_frames(inputs)
    truth = instance.as_it_came(instance.demand[:, 0])
    plan = Plan(np.zeros_like(instance.held_packs), np.where(instance.is_launch, -1, 0))
    assert evaluate(instance, plan).change.sum() > 0 == evaluate(truth, plan).change.sum()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((2, 0.0, 0.0), "no change has a price"),
        ((-1, 1.0, 0.0), "no number of weeks"),
        ((2, -1.0, 0.0), "pack_price: -1.0 is no amount"),
        ((0, 1.0, 0.0), "are of frozen weeks"),
    ],
)
def test_a_freeze_that_makes_no_sense_is_refused(given: tuple[int, float, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Freeze(*given)
