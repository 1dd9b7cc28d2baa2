"""Rules of volume, gaps and drift, and of tables against one another."""

import numpy as np
import pandas as pd
import pytest
from support.frames import make_frame

from contracts.plans import LAUNCH_PLAN, ORDER_PLAN, PLAN_SOLVE
from contracts.predictions import DEMAND_FORECAST, DEMAND_PATHS
from expectations.cross_rules import (
    forecast_covers_plan,
    launches_agree_with_orders,
    plan_keeps_limits,
    quantiles_do_not_cross,
    solve_is_usable,
)
from expectations.rules import drift, no_gap_in_weeks, null_rate, stability_index, volume

MONDAYS = pd.date_range("2017-01-02", periods=6, freq="7D")


def test_a_table_that_lost_most_of_its_rows_fails_and_one_that_grew_passes() -> None:
    assert volume("weekly_sales", 100, before=120).passed
    assert volume("weekly_sales", 300, before=120).passed
    assert "40 rows where 120 stood before" in volume("weekly_sales", 40, before=120).message
    assert "0 rows, expected at least 1" in volume("weekly_sales", 0).message


def test_a_week_without_rows_is_named() -> None:
    weeks = pd.DataFrame({"week": MONDAYS})
    assert no_gap_in_weeks("weekly_sales", weeks).passed
    verdict = no_gap_in_weeks("weekly_sales", weeks.drop(index=[2, 3]))
    assert "2 weeks between 2017-01-02 and 2017-02-06 have no rows (first: week=2017-01-16)" in verdict.message
    assert not no_gap_in_weeks("weekly_sales", weeks.head(0)).passed
    shifted = weeks.assign(week=weeks["week"].where(weeks.index != 4, MONDAYS[4] + pd.Timedelta(days=1)))
    assert "week=2017-01-31" in no_gap_in_weeks("weekly_sales", shifted).message


def test_a_column_missing_altogether_breaks_its_rate() -> None:
    summary = pd.DataFrame({"column": ["title", "brand"], "rows": [10, 10], "nulls": [0, 10]})
    assert null_rate("raw_products", summary, {"title": 0.5}).passed
    verdict = null_rate("raw_products", summary, {"title": 0.5, "brand": 0.5})
    assert verdict.message == "raw_products: 100.0% of 10 rows have no brand, at most 50.0% may"
    assert not null_rate("raw_products", summary, {"seller_id": 0.5}).passed


def test_drift_warns_where_a_distribution_moved_and_never_blocks() -> None:
    rng = np.random.default_rng(0)
    before = pd.DataFrame({"units": rng.poisson(4, 2000), "channel": rng.choice(["a", "b"], 2000)})
    alike = pd.DataFrame({"units": rng.poisson(4, 2000), "channel": rng.choice(["a", "b"], 2000)})
    moved = alike.assign(units=alike["units"] * 3)
    assert drift("demand_features", alike, before, ["units", "channel"]).passed
    verdict = drift("demand_features", moved, before, ["units", "channel"])
    assert [f.column for f in verdict.findings] == ["units"]
    assert verdict.severity == "warn"


def test_the_stability_index_is_the_textbook_sum() -> None:
    now, before = pd.Series(["a"] * 30 + ["b"] * 70), pd.Series(["a"] * 50 + ["b"] * 50)
    by_hand = (0.3 - 0.5) * np.log(0.3 / 0.5) + (0.7 - 0.5) * np.log(0.7 / 0.5)
    assert stability_index(now, before) == pytest.approx(by_hand)
    assert stability_index(before, before) == 0


def forecast(units: list[float]) -> pd.DataFrame:
    """One product's quantiles and mean."""
    frame = make_frame(DEMAND_FORECAST, len(units)).assign(
        product_id="P-1", channel="web", target_week=MONDAYS[0], window_weeks=1, model="m", phase="new", units=units
    )
    return frame.assign(quantile=[0.1, 0.5, 0.9, -1.0][: len(units)])


def test_a_quantile_below_a_lower_one_is_found_in_any_row_order_and_the_mean_is_no_quantile() -> None:
    straight, crossed = forecast([1, 2, 3, 0.5]), forecast([1, 4, 3, 0.5])
    assert quantiles_do_not_cross(straight.sample(frac=1, random_state=1)).passed
    verdict = quantiles_do_not_cross(crossed.sample(frac=1, random_state=1))
    assert "1 row has units below those of the next lower quantile" in verdict.message
    assert "product_id=P-1" in verdict.message


def plan(**columns: object) -> pd.DataFrame:
    """Two candidates, one of them launched with four units."""
    base = make_frame(LAUNCH_PLAN, 2).assign(
        product_id=["P-1", "P-2"],
        channel="web",
        is_launched=[True, False],
        order_units=[4, 0],
        launch_week=[MONDAYS[2], pd.NaT],
    )
    return base.assign(**columns)


def orders(**columns: object) -> pd.DataFrame:
    """The two orders that stock the launch."""
    base = make_frame(ORDER_PLAN, 2).assign(
        product_id="P-1",
        channel="web",
        is_launch=True,
        order_units=[3, 1],
        order_cost=[30.0, 10.0],
        order_week=MONDAYS[:2],
        arrive_week=MONDAYS[2:4],
    )
    return base.assign(**columns)


def test_a_planned_or_ordered_product_without_a_forecast_is_named() -> None:
    known = make_frame(DEMAND_PATHS, 3).assign(product_id="P-1", channel="web")
    assert "launch_plan" in forecast_covers_plan(plan(), orders(), known).message
    assert "product_id=P-2" in forecast_covers_plan(plan(), orders(), known).message
    assert forecast_covers_plan(plan().head(1), orders(), known).passed
    assert forecast_covers_plan(plan().head(0), orders().head(0), known).passed
    strange = forecast_covers_plan(plan().head(1), orders(channel=["web", "app"]), known)
    assert "order_plan: 1 row has no demand paths" in strange.message
    assert "channel=app" in strange.message


def test_a_week_that_orders_beyond_its_budget_is_named() -> None:
    budgets = pd.DataFrame({"week": MONDAYS[:2], "amount": [30.0, 9.0]})
    verdict = plan_keeps_limits(orders(), budgets)
    assert verdict.message == "order_plan: the orders of order_week=2017-01-09 cost 10.00, its budget is 9.00"
    assert plan_keeps_limits(orders(), budgets.assign(amount=30.0)).passed
    assert plan_keeps_limits(orders().head(0), budgets).passed
    assert not plan_keeps_limits(orders(), budgets.head(1)).passed


def test_costs_rounded_to_the_cent_may_add_up_to_half_a_cent_each_above_the_budget() -> None:
    many = pd.concat([orders().head(1)] * 100).assign(order_cost=0.34)  # each 0.335, rounded
    exact = pd.DataFrame({"week": MONDAYS[:1], "amount": [33.5]})
    assert plan_keeps_limits(many, exact).passed
    assert not plan_keeps_limits(many, exact.assign(amount=33.4)).passed


@pytest.mark.parametrize(
    ("launch", "order", "words"),
    [
        ({}, {}, None),
        ({"launch_week": pd.NaT}, {}, "a launch without a week"),
        ({"order_units": [5, 0]}, {}, "order_units other than those of order_plan"),
        ({"order_units": [4, 2]}, {}, "units ordered without a launch"),
        ({}, {"product_id": ["P-1", "P-9"]}, "a launch order for no candidate"),
        ({}, {"arrive_week": MONDAYS[0]}, "arrive_week before order_week"),
    ],
)
def test_launches_and_orders_tell_one_story(launch: dict, order: dict, words: str | None) -> None:
    verdict = launches_agree_with_orders(plan(**launch), orders(**order))
    assert verdict.passed == (words is None), verdict.message
    assert words is None or words in verdict.message


def solve(**columns: object) -> pd.DataFrame:
    """One solve that ended well."""
    good = make_frame(PLAN_SOLVE, 1).assign(
        scenario="base", status="optimal", objective=99.0, bound=100.0, gap=0.01, budget_total=50.0, budget_used=50.0
    )
    return good.assign(**columns)


def test_a_solve_beyond_budget_or_above_its_bound_blocks_and_no_plan_or_a_wide_gap_warns() -> None:
    assert solve_is_usable(solve()).passed
    for status in ("infeasible", "failed"):
        verdict = solve_is_usable(solve(status=status, objective=np.nan, message="killed by signal 9"))
        assert verdict.severity == "warn"
        assert f"ended {status}, with no plan; the last one rules on: killed by signal 9" in verdict.message
    assert "spends 51.00 of a budget of 50.00" in solve_is_usable(solve(budget_used=51.0)).message
    assert "more than its own bound" in solve_is_usable(solve(objective=101.0)).message
    assert solve_is_usable(solve(gap=0.2)).severity == "warn"
