"""Every claim is computed: when the figures turn, so do the words."""

from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from support.frames import MONDAY
from support.report_inputs import made_up_week

from contracts.catalog import CATALOG
from contracts.plans import BEST_LAUNCH_PROFIT, rounding
from reports.blocks import Section
from reports.facts import facts_of
from reports.forecasts import fan_rows
from reports.inputs import ReportInputs
from reports.opening import comparison, opening_of
from reports.sections import sections_of

WEEK = made_up_week()
OPTIONAL = [f.name for f in fields(ReportInputs) if "None" in str(f.type)]


def section(inputs: ReportInputs, key: str) -> Section:
    """One section of a report."""
    return next(s for s in sections_of(inputs) if s.key == key)


def with_profit(policy: str, amount: float) -> ReportInputs:
    """The week with one policy's profit replaced in every part."""
    assert WEEK.plan_outcome is not None
    outcome = WEEK.plan_outcome
    profit = outcome["profit"].where(outcome["policy"] != policy, amount)
    return replace(WEEK, plan_outcome=outcome.assign(profit=profit))


def with_score(frame: str, model: str, metric: str, value: float) -> ReportInputs:
    """The week with one figure of one model replaced in every phase or slice."""
    scores = getattr(WEEK, frame)
    hit = (scores["model"] == model) & (scores["metric"] == metric)
    return replace(WEEK, **{frame: scores.assign(value=scores["value"].where(~hit, value))})


def test_the_made_up_week_keeps_the_contracts() -> None:
    for name in {f.name for f in fields(ReportInputs)} & set(CATALOG):
        frame, table = getattr(WEEK, name), CATALOG[name]
        assert not table.column_violations(frame.columns)
        assert not frame.duplicated(list(table.grain)).any(), name


def test_the_verdict_quotes_the_sums_of_the_plan() -> None:
    verdict = opening_of(WEEK).verdict
    plan, orders = WEEK.launch_plan, WEEK.order_plan
    assert f"launches {plan['is_launched'].sum()} of {len(plan)} candidates" in verdict
    assert f"orders {orders['order_units'].sum():,} units for ${orders['order_cost'].sum():,.0f}" in verdict
    assert f"expects to earn ${WEEK.plan_solve['objective'].iloc[0]:,.0f}" in verdict


def test_winning_and_losing_are_said_in_money() -> None:
    assert "$875 more than the buyer's rule ($8,556)" in opening_of(WEEK).verdict
    assert "lost" not in opening_of(WEEK).verdict
    losing = opening_of(with_profit("buyers_rule", 9_999.0)).verdict
    assert "$568 less than the buyer's rule ($9,999)" in losing
    assert "It lost to the buyer's rule." in losing


def test_the_replay_section_and_its_chart_turn_with_the_profits() -> None:
    won, lost = section(WEEK, "replay"), section(with_profit("mean_forecast", 9_999.0), "replay")
    assert "beats the buyer's rule and ordering the mean forecast" in won.claim
    assert won.charts[0].title == "Debut's plan earns the most, the oracle apart"
    assert "loses to ordering the mean forecast." in lost.claim
    assert lost.charts[0].title == "Ordering the mean forecast earns the most, not Debut's plan"
    assert "On launches it earns $1,310, $8,689 less than ordering the mean forecast ($9,999)" in lost.claim


def test_a_rule_that_earns_the_same_is_neither_beaten_nor_lost_to() -> None:
    assert comparison(5.0, 5.0, "the rule", "USD") == "as much as the rule ($5.00)"
    assert comparison(-5.0, 5.0, "the rule", "USD") == "$10.00 more than the rule ($5.00)".replace("more", "less")


def test_an_oracle_that_loses_money_gives_no_share() -> None:
    verdict = opening_of(with_profit("oracle", -50.0)).verdict
    assert "would have earned -$50.00." in verdict
    assert "reaches" not in verdict


def test_a_horizon_that_is_not_over_is_said_to_be_unfinished() -> None:
    assert WEEK.plan_outcome is not None
    early = replace(WEEK, plan_outcome=WEEK.plan_outcome.assign(is_complete=False, weeks_complete=3))
    assert "the 3 weeks known so far" in opening_of(early).verdict
    assert "Only 3 weeks of the horizon are known" in section(early, "replay").caveat


def test_a_launch_that_first_sold_late_leaves_the_horizon_over_and_is_named() -> None:
    assert WEEK.plan_outcome is not None
    outcome = WEEK.plan_outcome
    late = outcome["part"] != "established"
    known = outcome.assign(is_complete=~late, weeks_complete=outcome["weeks_complete"].mask(late, 1))
    open_ended = replace(WEEK, plan_outcome=known)
    assert "the 8 weeks that followed" in opening_of(open_ended).verdict
    assert "Some launches first sold late" in section(open_ended, "replay").caveat
    assert "Some launches first sold late" not in section(WEEK, "replay").caveat


def test_the_replay_of_an_earlier_plan_is_not_taken_for_this_one() -> None:
    assert WEEK.plan_outcome is not None
    before = replace(WEEK, plan_outcome=WEEK.plan_outcome.assign(decision_week=MONDAY - pd.Timedelta(weeks=8)))
    assert (
        "the newest plan that could be replayed, that of 7 Aug 2017, would have earned $9,431"
        in opening_of(before).verdict
    )
    assert section(before, "replay").claim.startswith("Debut's plan of 7 Aug 2017 earns $9,431")
    assert "Replayed profit, plan of 7 Aug 2017" in {figure.label for figure in opening_of(before).figures}


def test_only_the_reigning_model_of_a_phase_is_drawn() -> None:
    assert WEEK.demand_forecast is not None
    rival = WEEK.demand_forecast.assign(model="mean_8_weeks", units=1e6)
    both = replace(WEEK, demand_forecast=pd.concat([rival, WEEK.demand_forecast], ignore_index=True))
    rows = fan_rows(both, facts_of(both))
    assert rows is not None
    assert rows["high"].max() < 1e6


def test_a_demand_model_that_loses_to_the_simple_rule_is_said_to_lose() -> None:
    assert "lightgbm beats the simple rule mean_8_weeks: WPL 0.752 against 0.811" in section(WEEK, "demand").claim
    worse = section(with_score("demand_scores", "lightgbm", "wpl", 0.9), "demand")
    assert "lightgbm loses to the simple rule mean_8_weeks: WPL 0.900 against 0.811, 11.0 % more" in worse.claim


def test_a_simple_rule_that_reigns_is_called_one() -> None:
    assert WEEK.champion_decision is not None
    reigns = replace(WEEK, champion_decision=WEEK.champion_decision.assign(model="mean_8_weeks"))
    assert "the simple rule reigns: mean_8_weeks has a WPL of 0.811" in section(reigns, "demand").claim
    assert "Mean_8_weeks reigns over" in section(reigns, "champions").claim


def test_a_response_model_below_popularity_is_said_to_be_below() -> None:
    claim = section(WEEK, "response").claim
    assert "keras ranks purchases with an AUC of 0.921, above popularity (0.896)" in claim
    assert "logistic ranks clicks with an AUC of 0.812, above popularity (0.655)" in claim
    assert "0.97 clicks for each that was made" in claim
    worse = section(with_score("response_scores", "keras", "auc", 0.8), "response").claim
    assert "AUC of 0.800, below popularity (0.896): the simple rule ranks better" in worse


def test_clicks_and_purchases_are_shown_apart_and_a_source_without_clicks_speaks_of_none() -> None:
    both = section(WEEK, "response")
    assert [table.key for table in both.tables] == ["conversion-table", "click-table"]
    assert all(len(table.frame) == 9 for table in both.tables)
    assert len(both.charts) == 2
    assert WEEK.response_scores is not None
    bought = replace(WEEK, response_scores=WEEK.response_scores.query("task == 'conversion'"))
    alone = section(bought, "response")
    assert len(alone.charts) == len(alone.tables) == 1
    assert "click" not in (alone.claim + alone.caveat).lower()


def test_a_week_over_its_budget_is_said_to_be_over() -> None:
    assert WEEK.budgets is not None
    assert "exceeded" not in section(WEEK, "orders").claim
    over = replace(WEEK, budgets=WEEK.budgets.assign(amount=WEEK.budgets["amount"] - 500))
    assert "It is exceeded in 3." in section(over, "orders").claim


def test_costs_that_pass_the_budget_by_their_own_rounding_are_within_it() -> None:
    facts = facts_of(WEEK)
    weekly = facts.orders.groupby("order_week")["order_cost"].agg(["sum", "size"])
    rounded = weekly["sum"] - weekly["size"].map(rounding)
    tight = replace(WEEK, budgets=rounded.rename("amount").rename_axis("week").reset_index())
    assert "exceeded" not in section(tight, "orders").claim
    beyond = replace(WEEK, budgets=tight.budgets.assign(amount=tight.budgets["amount"] - 0.02))  # type: ignore[union-attr]
    assert "It is exceeded in 6." in section(beyond, "orders").claim


def test_launches_that_are_expected_to_lose_money_are_counted() -> None:
    plan = WEEK.launch_plan
    first = plan.index[plan["is_launched"]][:2]
    losing = replace(
        WEEK, launch_plan=plan.assign(expected_profit=plan["expected_profit"].where(~plan.index.isin(first), -9.0))
    )
    assert "expected to lose" not in section(WEEK, "launches").claim
    assert "2 of them are expected to lose money" in section(losing, "launches").claim


def test_declined_candidates_show_what_launching_them_would_bring_the_nearest_to_paying_first() -> None:
    table = next(t for t in section(WEEK, "launches").tables if t.key == "declined-table")
    assert len(table.frame) == (~WEEK.launch_plan["is_launched"]).sum()
    heads = [column.label for column in table.columns]
    units, sold, gain = (
        heads.index(head) for head in ("units ordered if launched", "expected sales, units", "expected profit added")
    )
    first, *_, last = [[text for text, _, _ in row] for row in table.cells("USD")]
    assert (first[units], first[sold], first[gain]) == ("2", "1.4", "-$3.00")
    assert last[gain] == f"-${3 + 0.01 * (len(table.frame) - 1):.2f}"


@pytest.mark.parametrize(("gain", "words"), [(-0.3, "would lose $0.30."), (0.4, "would add $0.40 on its own, less")])
def test_when_nothing_launches_the_nearest_candidate_is_named_with_its_money(gain: float, words: str) -> None:
    assert WEEK.plan_explanation is not None
    told = WEEK.plan_explanation
    nearest = told.index[told["name"] == BEST_LAUNCH_PROFIT][4]
    plan = WEEK.launch_plan.assign(is_launched=False)
    none = replace(
        WEEK,
        launch_plan=plan,
        plan_explanation=told.assign(value=told["value"].where(told.index != nearest, gain)),
    )
    claim = section(none, "launches").claim
    assert claim.startswith("None of the 120 candidates is worth launching. The ")
    assert f" in {told.loc[nearest, 'channel']}, {words}" in claim


def test_nothing_launched_and_no_candidate_are_different_things() -> None:
    none = replace(WEEK, launch_plan=WEEK.launch_plan.assign(is_launched=False), plan_explanation=None)
    assert section(none, "launches").claim == "None of the 120 candidates is worth launching."
    closed = replace(WEEK, launch_plan=WEEK.launch_plan.head(0))
    assert section(closed, "launches").missing is not None
    assert "No launch is open this week; the plan orders" in opening_of(closed).verdict


def test_a_solve_without_a_plan_is_said_to_have_none() -> None:
    solve = WEEK.plan_solve.assign(status="infeasible", objective=np.nan, bound=np.nan, message="budget 0 of week 1")
    failed = replace(WEEK, plan_solve=solve)
    assert opening_of(failed).verdict.startswith(
        "There is no new plan: the solve ended infeasible (budget 0 of week 1)."
    )
    assert "Expected profit" not in {figure.label for figure in opening_of(failed).figures}


def test_a_plan_carried_on_from_an_earlier_week_is_said_to_be_old() -> None:
    assert WEEK.plan_in_force is not None
    old = WEEK.plan_in_force.assign(plan_week=MONDAY - pd.Timedelta(weeks=1), reason="the new plan failed a check")
    verdict = opening_of(replace(WEEK, plan_in_force=old)).verdict
    assert verdict.startswith("The plan made on 25 Sep 2017 rules this week: the new plan failed a check.")


def test_only_the_scenario_in_force_is_reported() -> None:
    other = WEEK.launch_plan.assign(scenario="double budget", is_launched=True)
    both = replace(WEEK, launch_plan=pd.concat([WEEK.launch_plan, other], ignore_index=True))
    assert facts_of(both).launches == facts_of(WEEK).launches


def test_delivered_rows_are_added_up_and_clean_files_called_clean() -> None:
    assert "22,502,167 rows arrived in 3 files; 21,654 were set aside (0.10 %)." in section(WEEK, "quality").claim
    assert WEEK.ingest is not None
    clean = replace(WEEK, ingest=WEEK.ingest.assign(rejected=0))
    assert section(clean, "quality").claim.endswith("none was set aside.")
    broken = replace(WEEK, ingest=WEEK.ingest.assign(problem=["no column units", None, None]))
    assert "1 file could not be used." in section(broken, "quality").claim


def test_assumptions_are_those_of_the_solve_and_none_is_said_when_none_is_made() -> None:
    heads = dict(section(WEEK, "assumptions").points)
    assert heads["unit cost"] == "72% of the shelf price"
    assert "CRAN's package" in heads["where the rows come from"]
    bare = replace(WEEK, source="files", plan_solve=WEEK.plan_solve.assign(assumptions="{}"))
    assert section(bare, "assumptions").claim == "Every term of this plan was delivered with the source."
    assert "the source does not say" in str(section(bare, "assumptions").missing)


@pytest.mark.parametrize("name", OPTIONAL)
def test_a_missing_frame_is_said_or_done_without_and_breaks_nothing(name: str) -> None:
    full, bare = sections_of(WEEK), sections_of(replace(WEEK, **{name: None}))
    assert [s.key for s in bare] == [s.key for s in full]
    section_of = {
        "budgets": "orders",
        "exposure_plan": "exposure",
        "recommendations": "recommendations",
        "demand_scores": "demand",
        "ingest": "quality",
        "response_scores": "response",
        "plan_outcome": "replay",
        "world_outcome": "world",
        "champion_decision": "champions",
    }
    if name in section_of:
        found = next(s for s in bare if s.key == section_of[name])
        assert found.missing is not None
        assert found.missing.startswith("Not shown: ")


def test_a_report_of_the_bare_plan_says_what_it_lacks() -> None:
    bare = ReportInputs(WEEK.decision_week, "files", WEEK.launch_plan, WEEK.order_plan, WEEK.plan_solve)
    assert sum(s.missing is not None for s in sections_of(bare)) >= 7
    assert "not known yet" in opening_of(bare).verdict


def test_the_share_of_the_oracle_is_also_told_with_the_opening_stock_charged() -> None:
    inputs = made_up_week()
    assert inputs.plan_outcome is not None
    whole = inputs.plan_outcome[inputs.plan_outcome["part"] == "all"].set_index("policy")["profit"].astype(float)
    opening = round(float(whole["oracle"]) / 2, 2)
    charged = replace(inputs, plan_outcome=inputs.plan_outcome.assign(opening_value=opening))
    expected = (float(whole["debut"]) - opening) / (float(whole["oracle"]) - opening)
    told = section(charged, "replay").caveat
    assert f"{100 * expected:.0f}" in told.split("charged to all")[1]
    free = replace(inputs, plan_outcome=inputs.plan_outcome.assign(opening_value=0.0))
    assert "charged to all" not in section(free, "replay").caveat
