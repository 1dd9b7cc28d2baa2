"""What planners overrule is honoured, priced against the plan without it, and scored when the weeks are over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.plan_shop import SETTINGS, WEEK, every_week_sold, limits, monday, plan_inputs
from support.small_questions import brute_force, solved, tiny_instance

from contracts.evaluations import OVERRIDE_OUTCOME
from contracts.plans import PLAN_OVERRIDE, PLAN_OVERRIDE_PRICE
from optimization.in_force import plan_from_frames
from optimization.inputs import PlanInputs, from_frames
from optimization.instance import evaluate
from optimization.plan import make_plan
from optimization.simulate import outcomes, realised
from orchestration.overrides import read_overrides
from orchestration.settings import Settings


def overrides(*rows: tuple[str, str | None, str, int | None, int | None]) -> pd.DataFrame:
    """PLAN_OVERRIDE from (product, channel, kind, week of the horizon, units)."""
    full = [
        (WEEK, p, c, kind, None if w is None else monday(w), units, f"because {p}") for p, c, kind, w, units in rows
    ]
    frame = pd.DataFrame(full, columns=PLAN_OVERRIDE.names())
    return frame.assign(week=pd.to_datetime(frame["week"]), units=frame["units"].astype("Int64"))


ASKED = overrides(
    ("P3", "large", "order", 0, 60),
    ("P4", "small", "order", 1, 0),
    ("N0", "large", "launch_week", 3, None),
    ("N1", "large", "no_launch", None, None),
    ("N5", None, "launch", None, None),
    ("N3", "small", "order", 2, 24),
)


@pytest.fixture(scope="module")
def inputs() -> PlanInputs:
    capped = limits(("launches", None, "c0", None, 6.0), ("launches", None, "c1", None, 6.0))
    return plan_inputs(plan_override=ASKED, raw_plan_limits=capped)


@pytest.fixture(scope="module")
def plan(inputs: PlanInputs) -> dict[str, pd.DataFrame]:
    return make_plan(inputs, SETTINGS)


@pytest.mark.parametrize(("seed", "packs"), [(0, (2, 0, 2)), (3, (0, 2, 1))])
def test_with_fixed_orders_the_plan_is_the_best_that_honours_them_and_its_bound_holds(
    seed: int, packs: tuple[int, int, int]
) -> None:
    is_fixed, fixed = np.zeros((4, 4), dtype=bool), np.zeros((4, 4), dtype=np.int64)
    for line, week, count in zip((0, 1, 2), (0, 1, 1), packs, strict=True):
        is_fixed[line, week], fixed[line, week] = True, count
    changes = {"is_mandatory": np.array([False, False, True, False]), "budgets": np.array([25.0, 22.0, 8.0, 0.0])}
    instance = tiny_instance(seed, is_fixed=is_fixed, fixed_packs=fixed, **changes)
    answer, best = solved(instance), brute_force(instance)
    result = evaluate(instance, answer.plan)
    assert result.violations == ()
    assert result.profit == pytest.approx(best, abs=1e-3)
    assert best <= answer.bound + 1e-6
    assert best < brute_force(tiny_instance(seed, budgets=changes["budgets"])) - 1e-6


def test_every_override_is_honoured(inputs: PlanInputs, plan: dict[str, pd.DataFrame]) -> None:
    assert plan["plan_solve"]["status"].iloc[0] in ("optimal", "feasible"), plan["plan_solve"]["message"].iloc[0]
    orders = plan["order_plan"].set_index(["product_id", "channel", "order_week"])["order_units"]
    assert orders["P3", "large", monday(0)] == 60
    assert orders["N3", "small", monday(2)] == 24
    assert ("P4", "small", monday(1)) not in orders.index
    launches = plan["launch_plan"].set_index(["product_id", "channel"])
    assert launches.loc[("N0", "large"), "launch_week"] == monday(3)
    assert not launches.loc[("N1", "large"), "is_launched"]
    assert launches.loc[[("N5", "large"), ("N5", "small"), ("N3", "small")], "is_launched"].all()
    instance = from_frames(inputs)
    result = evaluate(instance, plan_from_frames(instance, plan["launch_plan"], plan["order_plan"]))
    assert result.violations == ()


def test_the_price_of_overrides_is_what_the_plan_without_them_earns_more(
    inputs: PlanInputs, plan: dict[str, pd.DataFrame]
) -> None:
    told = plan["plan_override_price"]
    assert list(told.columns) == PLAN_OVERRIDE_PRICE.names()
    assert not told.duplicated(list(PLAN_OVERRIDE_PRICE.grain)).any()
    whole, lines = told[told["product_id"] == "all"].iloc[0], told[told["product_id"] != "all"]
    free = make_plan(inputs.without_overrides, SETTINGS)
    assert whole["profit"] == pytest.approx(plan["plan_solve"]["objective"].iloc[0], abs=0.01)
    assert whole["price"] == pytest.approx(whole["free_profit"] - whole["profit"])
    bound = free["plan_solve"]["bound"].iloc[0]
    assert free["plan_solve"]["objective"].iloc[0] - 1.0 <= whole["free_profit"] <= bound + 0.01
    assert whole["price"] > 0
    assert whole["overrides"] == len(ASKED)
    touched = {(p, c) for p, c in zip(lines["product_id"], lines["channel"], strict=True)}
    assert touched == {("N5", "large"), ("N5", "small")} | {
        (p, c) for p, c in zip(ASKED["product_id"], ASKED["channel"], strict=True) if isinstance(c, str)
    }
    costly = lines.set_index(["product_id", "channel"]).loc[("P3", "large")]
    assert costly["price"] > 0
    assert costly["reasons"] == "because P3"
    assert make_plan(plan_inputs(), SETTINGS)["plan_override_price"].empty


def test_overrides_are_scored_on_what_really_sold(inputs: PlanInputs, plan: dict[str, pd.DataFrame]) -> None:
    sold = every_week_sold(inputs)
    told = outcomes(inputs, plan, sold, "real", SETTINGS)
    rows = told["override_outcome"]
    assert list(rows.columns) == OVERRIDE_OUTCOME.names()
    whole = rows[rows["product_id"] == "all"].iloc[0]
    instance = from_frames(inputs.without_overrides)
    truth = instance.as_it_came(realised(instance, sold).units)
    own = evaluate(truth, plan_from_frames(instance, plan["launch_plan"], plan["order_plan"]))
    assert whole["profit"] == pytest.approx(own.profit, abs=0.01)
    assert whole["value"] == pytest.approx(whole["profit"] - whole["free_profit"], abs=0.01)
    line = rows.set_index(["product_id", "channel"]).loc[("P3", "large")]
    at = int(np.flatnonzero((instance.product_id == "P3") & (instance.channel == "large"))[0])
    assert line["profit"] == pytest.approx(own.profit_by_line[at], abs=0.01)
    # Sixty units of what sells two to six a week leave stock that the free plan does not carry.
    assert line["value"] < 0
    outcome = told["plan_outcome"].query("part == 'all'").set_index("policy")["profit"]
    assert outcome["debut"] == pytest.approx(whole["profit"], abs=0.01)
    assert outcome["oracle"] >= outcome["debut"]
    earlier = {
        name: frame.assign(decision_week=monday(-1)) if "decision_week" in frame else frame
        for name, frame in plan.items()
    }
    assert outcomes(inputs, earlier, sold, "real", SETTINGS)["override_outcome"].empty


def test_fixed_orders_beyond_the_budget_are_a_diagnosis() -> None:
    rich = overrides(("P7", "large", "order", 0, 5000), ("P6", "large", "order", 1, 1))
    plan = make_plan(plan_inputs(plan_override=rich), SETTINGS)
    row = plan["plan_solve"].iloc[0]
    assert row["status"] == "infeasible"
    assert "the 1 fixed orders of week 2017-10-02 cost 36,000.00" in row["message"]
    short = plan["plan_diagnosis"].iloc[0]
    assert (short["kind"], short["name"], short["commitments"]) == ("shortage", "budget of week 2017-10-02", 1)
    assert f"{short['amount']:,.2f} more than its budget: P7 in large" in row["message"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            ("P9", "large", "order", 0, 6),
            "override order of P9 in large, week 2017-10-02: not planned in week 2017-10-02",
        ),
        (("P0", "large", "order", 0, 7), "7 units are no whole packs of 6 from 6 on; order 0, 6 or more"),
        (("P2", "large", "order", 7, 3), "would arrive after the horizon"),
        (("N4", "large", "order", 0, 9), "would arrive before its launch may begin"),
        (("P2", None, "no_launch", None, None), "sells already and is no launch candidate"),
        (("N0", None, "launch_week", 9, None), "lies outside the plan's 8 weeks"),
    ],
)
def test_an_override_that_cannot_be_is_refused_by_name(
    row: tuple[str, str | None, str, int | None, int | None], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        from_frames(plan_inputs(plan_override=overrides(row)))


HEADER = "decision_week,product_id,channel,kind,week,units,reason\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "simulated").mkdir()
    return replace(Settings.from_env({}), landing=tmp_path, source="simulated")


def test_the_planners_file_is_read_for_its_week(settings: Settings) -> None:
    week = date(2017, 10, 2)
    assert read_overrides(settings, week).empty
    path = settings.landing / "simulated" / "overrides.csv"
    path.write_text(
        HEADER
        + '2017-10-02,P3,large,order,2017-10-02,60,"a fair, in town"\n'
        + "2017-10-02,N5,,launch,,,promised\n"
        + "2017-10-09,P3,large,order,2017-10-09,6,next week\n"
    )
    rows = read_overrides(settings, week)
    assert list(rows.columns) == PLAN_OVERRIDE.names()
    assert rows["product_id"].tolist() == ["P3", "N5"]
    assert rows["units"].tolist()[0] == 60
    assert pd.isna(rows["units"][1])
    assert pd.isna(rows["channel"][1])
    assert rows["reason"][0] == "a fair, in town"
    instance = from_frames(plan_inputs(plan_override=rows))
    assert instance.fixed_packs.sum() == 60
    assert instance.is_mandatory[instance.product_id == "N5"].all()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("2017-10-02,P3,large,order,2017-10-03,60,x", r"overrides.csv, line 2: week is no Monday"),
        ("2017-10-02,P3,large,order,2017-10-02,6.5,x", r"line 2: units is no whole number"),
        ("2017-10-02,P3,large,gift,2017-10-02,6,x", r"line 2: kind is none of order, launch_week, launch, no_launch"),
        ("2017-10-02,P3,large,order,2017-10-02,6,", r"line 2: reason is empty; say why"),
        ("02.10.2017,P3,large,order,2017-10-02,6,x", r"line 2: decision_week is no day as YYYY-MM-DD"),
        ("2017-10-02,P3,,launch,,,x\n2017-10-02,P3,,launch,,,y", r"lines \[2, 3\] overrule the same"),
    ],
)
def test_a_line_of_the_file_that_makes_no_sense_is_refused(settings: Settings, line: str, message: str) -> None:
    (settings.landing / "simulated" / "overrides.csv").write_text(HEADER + line + "\n")
    with pytest.raises(ValueError, match=message):
        read_overrides(settings, date(2017, 10, 2))
