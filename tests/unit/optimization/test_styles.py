"""Styles launch as one: small questions against all their plans, commitments, overrides, what-if, rules and reasons."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.plan_shop import SETTINGS, WEEK, monday, plan_inputs, styles
from support.small_questions import SMALL, solved, tiny_instance
from support.styled_questions import best_of_all, styled_instance

from contracts.plans import PLAN_OVERRIDE
from optimization.inputs import from_frames, without_effects
from optimization.instance import LaunchInstance, Plan, evaluate
from optimization.mix import choices_of, mixed
from optimization.objectives import CVAR, PROFIT, Aim, reached
from optimization.plan import make_plan
from optimization.rules import RULES
from optimization.scenario import changed, scenarios_of
from optimization.styles import in_common, ties
from optimization.whole_styles import made_whole
from optimization.worker import relax_apart


def overrides(*rows: dict[str, object]) -> pd.DataFrame:
    """PLAN_OVERRIDE of these rows."""
    plain = dict.fromkeys(PLAN_OVERRIDE.names()) | {"decision_week": WEEK, "reason": "because"}
    frame = pd.DataFrame([plain | row for row in rows], columns=PLAN_OVERRIDE.names())
    return frame.assign(week=pd.to_datetime(frame["week"]))


@pytest.mark.parametrize(
    ("seed", "changes"),
    [
        (2, {}),
        (5, {}),
        (1, {"style": np.array(["", "S", "S", "S"])}),
        (3, {"earliest": np.array([0, 0, 1, 0]), "latest": np.array([0, 1, 2, 2])}),
        (7, {"is_mandatory": np.array([False, True, False, False]), "budgets": np.array([60.0, 60.0, 60.0, 0.0])}),
        (4, {"channel": np.array(["s", "s", "t", "s"]), "style": np.array(["", "S", "S", "S"])}),
    ],
)
def test_a_small_question_with_styles_gets_the_best_plan_there_is_and_a_bound_above_it(
    seed: int, changes: dict[str, object]
) -> None:
    instance = in_common(styled_instance(seed, **changes))
    answer, best = solved(instance), best_of_all(instance)
    result = evaluate(instance, answer.plan)
    assert result.violations == ()
    assert result.profit == pytest.approx(best, abs=1e-3)
    assert best <= answer.bound + 1e-6
    apart = replace(instance, style=np.full(instance.n, ""))
    assert best <= best_of_all(apart) + 1e-9


def test_without_the_exact_route_a_style_is_whole_and_the_best_plan_lies_between_ours_and_the_bound() -> None:
    instance = styled_instance(3)
    answer, best = solved(instance, replace(SMALL, integer_columns=0)), best_of_all(instance)
    result = evaluate(instance, answer.plan)
    assert result.violations == ()
    assert answer.plan.launch_week[1] == answer.plan.launch_week[2]
    assert result.profit <= best + 1e-6 <= answer.bound + 2e-6


def test_a_style_torn_apart_is_named_with_how_many_stand_apart() -> None:
    instance = styled_instance(0, opening=np.array([3, 1, 1, 1]), style=np.array(["", "S", "S", "S"]))
    none = np.zeros((4, 4), dtype=int)
    found = evaluate(instance, Plan(none, np.array([0, 1, -1, 2]))).violations
    assert ("style torn apart: S in s", 2.0) in found
    together = evaluate(instance, Plan(none, np.array([0, 1, 1, 1]))).violations
    assert not any("torn" in what for what, _ in together)


def test_windows_of_a_style_are_what_all_its_launches_have_in_common_and_one_mandatory_launch_makes_all() -> None:
    mandatory = np.array([False, False, True, False])
    instance = in_common(
        styled_instance(0, earliest=np.array([0, 1, 0, 0]), latest=np.array([0, 3, 2, 2]), is_mandatory=mandatory)
    )
    assert instance.earliest.tolist() == [0, 1, 1, 0]
    assert instance.latest.tolist() == [0, 2, 2, 2]
    assert instance.is_mandatory.tolist() == [False, True, True, False]


def test_each_tied_line_and_week_has_a_row_of_the_masters_that_its_columns_and_its_mates_leave_at_zero() -> None:
    leader, line, week = np.array([0, 1, 1]), np.array([0, 1, 1, 2, 2]), np.array([0, 0, 1, -1, 1])
    assert ties(leader, line, week).toarray().tolist() == [[0, -1, 0, 0, 0], [0, 0, -1, 0, 1]]


def test_a_declined_style_is_weighed_launched_as_a_whole() -> None:
    instance = styled_instance(1, launch_cost=np.array([0.0, 40.0, 40.0, 2.0]))
    answer = solved(instance)
    assert (answer.plan.launch_week[[1, 2]] == -1).all()
    assert answer.alone.launch_week[1] == answer.alone.launch_week[2] >= 0


def test_the_way_out_lets_a_style_go_as_a_whole() -> None:
    forced = np.array([False, True, True, True])
    instance = in_common(styled_instance(6, is_mandatory=forced, launch_caps=np.array([2])))
    found = relax_apart(instance, SMALL, 60)
    released = found.is_released
    assert released.any()
    assert released[0] == released[1]
    kept = found.way_out.launch_week[instance.is_launch]
    assert kept[0] == kept[1]


def test_a_mandatory_style_whose_windows_do_not_meet_is_a_diagnosis_that_names_it() -> None:
    inputs = plan_inputs(style_split=styles({"N0": "S", "N5": "S"}))
    launches = inputs.launch_candidates
    forced = launches.assign(is_mandatory=launches["product_id"].eq("N0"))
    made = make_plan(replace(inputs, launch_candidates=forced), SETTINGS)
    assert made["plan_solve"]["status"].tolist() == ["infeasible"]
    assert "N0 in large (style S)" in made["plan_solve"]["message"].iloc[0]
    assert "the windows of all its products" in made["plan_solve"]["message"].iloc[0]


def test_a_plan_launches_styles_whole_and_says_what_they_earn() -> None:
    inputs = plan_inputs(style_split=styles({"N1": "S", "N2": "S", "N0": "R", "N5": "R"}))
    made = make_plan(inputs, SETTINGS)
    launches = made["launch_plan"].set_index(["product_id", "channel"])
    for channel in ("large", "small"):
        own, other = launches.loc[("N1", channel)], launches.loc[("N2", channel)]
        assert own["is_launched"] == other["is_launched"]
        assert own["launch_week"] == other["launch_week"] or not own["is_launched"]
        assert "no week within the horizon" in launches.loc[("N0", channel), "reason"]
        assert "style R" in launches.loc[("N5", channel), "reason"]
    told = made["plan_explanation"]
    told = told[(told["kind"] == "style") & (told["name"] == "profit of the whole style")]
    whole = told.merge(launches.reset_index(), on=["product_id", "channel"])
    assert len(whole)
    earned = whole.groupby("channel")["expected_profit"].transform("sum").astype(float)
    np.testing.assert_allclose(whole["value"], earned, atol=0.02)
    split = made["plan_explanation"]["name"].eq("share of the units of style S, split by forecast")
    assert split.sum() == 4


def test_an_overruled_launch_week_moves_the_style_and_a_banned_product_leaves_it() -> None:
    inputs = plan_inputs(style_split=styles({"N0": "S", "N1": "S", "N2": "S"}))
    at = {name: without_effects(inputs).product_id == name for name in ("N0", "N1", "N2")}
    moved = from_frames(
        replace(inputs, plan_override=overrides({"product_id": "N0", "kind": "launch_week", "week": monday(4)}))
    )
    for lines in at.values():
        assert (moved.earliest[lines] == 4).all()
        assert (moved.latest[lines] == 4).all()
        assert moved.is_mandatory[lines].all()
    banned = from_frames(
        replace(
            inputs,
            plan_override=overrides({"product_id": "N0", "kind": "launch"}, {"product_id": "N2", "kind": "no_launch"}),
        )
    )
    assert banned.is_mandatory[at["N1"]].all()
    assert not banned.is_mandatory[at["N2"]].any()
    assert (banned.earliest[at["N2"]] > banned.latest[at["N2"]]).all()
    assert (banned.earliest[at["N1"]] <= banned.latest[at["N1"]]).all()


def test_what_if_a_product_were_banned_its_style_launches_without_it() -> None:
    instance = styled_instance(0)
    other = in_common(changed(instance, scenarios_of({"x": {"ban": ["P2"], "launch": ["P3"]}})[0]))
    assert other.leader.tolist() == [0, 1, 2, 3]
    assert other.is_mandatory.tolist() == [False, False, True, False]
    assert in_common(changed(instance, scenarios_of({"x": {"launch": ["P3"]}})[0])).is_mandatory[1]


def test_what_a_rule_tears_apart_is_launched_whole_where_it_fits_else_called_off() -> None:
    fields: dict[str, object] = {"budgets": np.array([90.0, 90.0, 90.0, 0.0]), "launch_caps": np.array([3])}
    roomy = styled_instance(2, **fields)
    packs = np.array([[0] * 4, [0, 2, 0, 0], [0] * 4, [0] * 4])
    torn = Plan(packs, np.array([0, 2, -1, -1]))
    whole = made_whole(roomy, torn)
    assert whole.launch_week.tolist() == [0, 2, 2, -1]
    assert evaluate(roomy, whole).violations == ()
    tight = replace(roomy, launch_caps=np.array([1]))
    assert made_whole(tight, torn).launch_week.tolist() == [0, -1, -1, -1]
    for rule in RULES.values():
        assert evaluate(roomy, rule(roomy)).violations == ()


def test_lines_of_no_style_and_lone_candidates_of_one_launch_as_they_did() -> None:
    plain: LaunchInstance = tiny_instance(0)
    lone = replace(plain, style=np.array(["A", "A", "B", "C"]))
    one, other = solved(plain), solved(lone)
    assert one.plan.packs.tobytes() == other.plan.packs.tobytes()
    assert one.bound == other.bound


def test_the_master_of_several_objectives_keeps_styles_whole() -> None:
    instance = styled_instance(0)
    plans = [solved(replace(instance, style=style)).plan for style in (instance.style, np.full(4, ""))]
    whole = plans[0]
    choices = choices_of(instance, plans, whole)
    at = (evaluate(instance, whole).fill_rate, float(evaluate(instance, whole).demanded.sum()))
    for aim in (Aim({PROFIT: 1.0}), Aim({PROFIT: 1.0, CVAR: 1.0})):
        found = mixed(instance, choices, aim, at)
        assert found is not None
        result = evaluate(instance, found)
        assert result.violations == ()
        assert aim.value(reached(instance, result)) >= aim.value(reached(instance, evaluate(instance, whole))) - 1e-6
