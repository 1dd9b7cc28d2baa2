"""The week's plan under storage and fill floors: kept, priced, explained, asked again, and diagnosed where they cannot hold."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.plan_shop import SETTINGS, every_week_sold, limits, monday, plan_inputs
from support.shelf_questions import CHANNELS, limited, shelf_of_line, two_channels
from support.small_questions import SMALL, LinePlan, told_plans

from contracts.plans import PLAN_DIAGNOSIS
from optimization.answer import Trying, answered
from optimization.asked import Made, start_of
from optimization.diagnose import conflicts
from optimization.effort import Effort
from optimization.elastic import Elastic
from optimization.in_force import plan_from_frames
from optimization.inputs import PlanInputs, from_frames, without_effects
from optimization.instance import LaunchInstance, evaluate
from optimization.mix import choices_of
from optimization.plan import make_plan
from optimization.playing import play
from optimization.rules import RULES
from optimization.scenario import Scenario
from optimization.shelf_least import shelf_short
from optimization.simulate import outcomes
from optimization.wanted import Wanted
from optimization.week_network import plain_network
from optimization.what_if import what_if

FLOOR_SHARE = 0.78
ROOM = ("storage", "large", None, monday(3), 36.0)
FLOOR = ("fill_floor", "small", None, None, FLOOR_SHARE)


@pytest.fixture(scope="module")
def inputs() -> PlanInputs:
    return plan_inputs(raw_plan_limits=limits(ROOM, FLOOR))


@pytest.fixture(scope="module")
def plan(inputs: PlanInputs) -> dict[str, pd.DataFrame]:
    return make_plan(inputs, SETTINGS)


def test_the_weeks_plan_keeps_storage_and_floors_that_the_plan_without_them_breaks(
    inputs: PlanInputs, plan: dict[str, pd.DataFrame]
) -> None:
    instance, free = from_frames(inputs), make_plan(plan_inputs(), SETTINGS)
    own, other = (plan_from_frames(instance, made["launch_plan"], made["order_plan"]) for made in (plan, free))
    assert evaluate(instance, own).violations == ()
    broken = {what for what, _ in evaluate(instance, other).violations}
    assert broken == {"storage of large in week 3", "fill floor of small"}
    solve = plan["plan_solve"].iloc[0]
    assert solve["objective"] <= solve["bound"]
    assert solve["objective"] <= free["plan_solve"]["bound"].iloc[0]


def test_prices_of_storage_and_floors_are_told_and_explain_what_each_line_takes(
    inputs: PlanInputs, plan: dict[str, pd.DataFrame]
) -> None:
    instance = from_frames(inputs)
    made = plan_from_frames(instance, plan["launch_plan"], plan["order_plan"])
    told = json.loads(plan["plan_solve"]["shadow_prices"].iloc[0])
    day = str(monday(3).date())
    price = {"storage": told["storage"][f"large in week {day}"], "fill floor": told["fill floor"]["small"]}
    assert min(price.values()) > 0
    rows = plan["plan_explanation"]
    rows = rows[rows["kind"] == "binding limit"].set_index(["product_id", "channel", "name"])["value"]
    played = play(instance, made)
    for i in np.flatnonzero(made.packs.sum(axis=1) > 0).tolist():
        line = str(instance.product_id[i]), str(instance.channel[i])
        if line[1] == "large" and played.stock[i, 3] > 0:
            assert rows[(*line, f"storage of large in week {day}")] == pytest.approx(
                price["storage"] * played.stock[i, 3], abs=1e-4
            )
        if line[1] == "small":
            lacks = FLOOR_SHARE * played.demanded[i].mean() - played.sold[i].mean()
            assert rows.get((*line, "fill floor of small"), 0.0) == pytest.approx(price["fill floor"] * lacks, abs=1e-4)


def test_a_question_about_the_week_starts_at_its_prices_and_keeps_its_limits(
    inputs: PlanInputs, plan: dict[str, pd.DataFrame]
) -> None:
    made = Made(plan["launch_plan"], plan["order_plan"], plan["plan_solve"])
    assert (start_of(inputs, made, 120.0, Effort()).prices.shelf > 0).all()
    asked = [Scenario("plain"), Scenario("served", wanted=Wanted({"profit": 1.0, "fill_rate": 50.0}))]
    rows = what_if(inputs, made, asked, 120.0)["plan_scenario"].set_index("scenario")
    assert rows["status"].isin(["optimal", "feasible"]).all()
    assert rows.loc["plain", "profit"] >= plan["plan_solve"]["objective"].iloc[0] - 0.01
    assert rows.loc["served", "fill_rate"] >= rows.loc["plain", "fill_rate"] - 1e-9
    assert (rows["objective"] <= rows["bound"] + 1e-6).all()


def test_a_masters_columns_use_of_the_shelf_what_the_plan_uses() -> None:
    instance = limited(two_channels(4), {("s", 2): 4.0, ("t", 1): 9.0}, {"t": 0.3})
    solved = answered(instance, Trying(SMALL, 120.0))
    assert not isinstance(solved, Elastic)
    choices = choices_of(instance, (solved.plan,), solved.plan)
    for k in range(0, len(choices.line), 7):
        own = LinePlan(0.0, int(choices.launch_week[k]), tuple(choices.packs[k]), int(choices.shown[k]))
        by_hand = shelf_of_line(instance, int(choices.line[k]), own)
        np.testing.assert_allclose(choices.shelf[k], by_hand, atol=1e-9)


def least_by_hand(instance: LaunchInstance) -> np.ndarray:
    """What each limit of the shelf lacks when every line uses the least of it that any of its plans does."""
    least = [
        np.min([shelf_of_line(instance, i, plan) for plan in told_plans(instance, i, 6)], axis=0)
        for i in range(instance.n)
    ]
    return np.maximum(np.sum(least, axis=0) - instance.shelf.limit, 0.0)


@pytest.mark.parametrize("seed", [0, 4])
def test_what_no_plan_can_keep_is_the_least_of_all_plans_line_by_line(seed: int) -> None:
    storage = {("s", 0): 1.0, ("s", 2): 0.4, ("t", 0): 5.0, ("t", 3): 0.1}
    instance = limited(two_channels(seed, pack=np.array([4, 4, 3, 4])), storage, {"s": 0.5, "t": 0.97})
    np.testing.assert_allclose(shelf_short(instance), least_by_hand(instance), atol=1e-9)
    assert len(conflicts(instance)) == (shelf_short(instance) > 0).sum() > 0


def test_stock_that_does_not_fit_and_a_floor_beyond_all_orders_are_named_with_what_they_lack() -> None:
    asked = limits(("storage", "large", None, monday(0), 3.0), ("fill_floor", "small", None, None, 0.999))
    made = make_plan(plan_inputs(raw_plan_limits=asked), SETTINGS)
    row, rows = made["plan_solve"].iloc[0], made["plan_diagnosis"].set_index("name")
    assert row["status"] == "infeasible"
    day = monday(0).date()
    assert f"storage of large in week {day} is short by" in row["message"]
    assert "for what is on hand and on order alone" in row["message"]
    assert "fill floor of small asks for" in row["message"]
    assert list(made["plan_diagnosis"].columns) == PLAN_DIAGNOSIS.names()
    assert rows.loc[f"storage of large in week {day}", "week"] == monday(0)
    short = shelf_short(from_frames(plan_inputs(raw_plan_limits=asked)))
    assert rows.loc[f"storage of large in week {day}", "amount"] == pytest.approx(short[0])
    assert rows.loc["fill floor of small", "amount"] == pytest.approx(short[1])
    assert rows["currency"].isna().all()


def test_limits_that_fail_only_together_say_what_the_nearest_plan_lacks() -> None:
    # No plan of all there are keeps both floors with this money; each alone can be kept.
    instance = limited(two_channels(7), {}, {"t": 0.5, "s": 0.62})
    assert not shelf_short(instance).any()
    found = answered(instance, Trying(SMALL, 120.0))
    assert isinstance(found, Elastic)
    assert not found.is_shelf_proved
    assert found.shelf_short.sum() > 0


def test_the_network_form_of_a_week_has_its_storage_and_floors() -> None:
    instance = limited(two_channels(0), {("s", 1): 4.0, ("t", 2): 3.0}, {"t": 0.3})
    network = plain_network(instance)
    assert sorted(set(CHANNELS)) == ["s", "t"]
    assert network.capacity[0, 1] == 4.0
    assert network.capacity[1, 2] == 3.0
    assert (network.capacity > 100).sum() == network.capacity.size - 2
    assert network.fill_floor.tolist() == [0.0, 0.3]
    assert network.volume.tolist() == instance.shelf.volume.tolist()
    assert plain_network(replace(instance, shelf=limited(instance, {}, {}).shelf)).fill_floor.tolist() == [0.0, 0.0]


def test_a_replay_holds_rules_to_storage_and_floors_on_their_paths_and_nobody_on_what_sold(
    inputs: PlanInputs, plan: dict[str, pd.DataFrame]
) -> None:
    rows = outcomes(inputs, plan, every_week_sold(inputs), "real", SETTINGS)["plan_outcome"]
    question = without_effects(inputs)
    sound = {name for name, rule in RULES.items() if not evaluate(question, rule(question)).violations}
    assert "mean_forecast" not in sound
    assert set(rows["policy"]) == sound | {"debut", "oracle"}
    assert rows[rows["part"] == "all"].set_index("policy")["profit"].idxmax() == "oracle"
    assert from_frames(inputs).as_it_came(np.zeros((32, 8), dtype=np.int64)).shelf.count == 0
