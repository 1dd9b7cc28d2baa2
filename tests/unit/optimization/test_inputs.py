"""From frames to the question, and terms of supply."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support.plan_shop import WEEK, limits, monday, plan_inputs, supply_terms

from optimization.baseline import unlimited_mean_forecast
from optimization.inputs import from_frames
from optimization.instance import LaunchInstance
from optimization.limits import assumed_limits
from optimization.terms import SupplyProfile, assumptions, longest_lead


def line(instance: LaunchInstance, product: str, channel: str = "large") -> int:
    """Position of a line."""
    return int(np.flatnonzero((instance.product_id == product) & (instance.channel == channel))[0])


def test_the_profile_fills_in_terms_that_the_source_lacks() -> None:
    instance = from_frames(plan_inputs())
    old, new = line(instance, "P2"), line(instance, "N0")
    assert instance.unit_cost[old] == pytest.approx(0.72 * 5.0)
    assert instance.hold[old] == pytest.approx(0.004 * 0.72 * 5.0)
    assert instance.penalty[old] == pytest.approx(0.1 * 0.28 * 5.0)
    assert instance.leftover_value[old] == instance.unit_cost[old]
    assert instance.leftover_value[new] == pytest.approx(0.4 * 0.72 * 9.0)
    assert instance.lead.tolist() == [2] * instance.n


def test_packs_go_by_the_units_of_all_channels() -> None:
    instance = from_frames(plan_inputs())
    assert [int(instance.pack[line(instance, p)]) for p in ("P0", "P1", "P2", "N0")] == [6, 6, 1, 1]


def test_launch_cost_is_five_median_unit_margins_of_what_the_category_sells_already() -> None:
    instance = from_frames(plan_inputs())
    i = line(instance, "N0")
    sells = (instance.category == instance.category[i]) & ~instance.is_launch
    margins = (instance.price - instance.unit_cost)[sells]
    assert instance.launch_cost[i] == pytest.approx(5 * np.median(margins))


def test_terms_come_from_the_product_then_its_category_then_the_default() -> None:
    terms = supply_terms(
        {"product_id": "P0", "unit_cost": 1.25, "lead_weeks": 4},
        {"category_1": "c0", "lead_weeks": 3},
        {"lead_weeks": 1},
    )
    instance = from_frames(plan_inputs(raw_supply_terms=terms))
    assert [int(instance.lead[line(instance, p)]) for p in ("P0", "P2", "P1")] == [4, 3, 1]
    assert instance.unit_cost[line(instance, "P0")] == 1.25
    assert instance.unit_cost[line(instance, "P1")] == pytest.approx(0.5 * 4.0)


def test_the_longest_lead_is_that_of_all_terms_delivered_and_those_assumed_of_the_rest() -> None:
    terms = supply_terms({"product_id": "P0", "lead_weeks": 12}, {"category_1": "c0", "lead_weeks": 9}, {})
    assert longest_lead(terms, SupplyProfile()) == 12
    assert longest_lead(terms[1:], SupplyProfile()) == 9
    assert longest_lead(terms[:0], SupplyProfile(lead_weeks=4)) == 4


def test_a_minimum_order_in_units_becomes_whole_packs() -> None:
    instance = from_frames(plan_inputs(raw_supply_terms=supply_terms({"moq_units": 10, "pack_units": 4})))
    assert set(instance.moq_packs.tolist()) == {3}


def test_stock_on_hand_and_on_order_reach_their_weeks() -> None:
    instance = from_frames(plan_inputs())
    i = line(instance, "P0")
    assert instance.opening[i] == 4
    assert instance.arrivals[i].tolist() == [0, 6, 0, 0, 0, 0, 0, 0]


def test_windows_count_from_the_decision_week_and_end_with_the_horizon() -> None:
    instance = from_frames(plan_inputs())
    assert [
        (int(instance.earliest[line(instance, p)]), int(instance.latest[line(instance, p)])) for p in ("N0", "N3", "N5")
    ] == [(0, 3), (3, 6), (5, 7)]


def test_a_window_beyond_the_horizon_is_shut() -> None:
    inputs = plan_inputs()
    late = inputs.launch_candidates.assign(earliest_week=monday(9), latest_week=monday(12))
    instance = from_frames(plan_inputs(launch_candidates=late))
    assert (instance.earliest > instance.latest)[instance.is_launch].all()


def test_budgets_are_a_share_of_what_ordering_the_mean_forecast_would_spend() -> None:
    instance = from_frames(plan_inputs())
    spend = (unlimited_mean_forecast(instance).packs * (instance.pack * instance.unit_cost)[:, None]).sum(axis=0)
    np.testing.assert_allclose(instance.budgets, np.round(0.85 * spend, 2))
    assert instance.budgets[:6].min() > 0


def test_the_shops_own_limits_rule_over_the_profiles() -> None:
    own = limits(("budget", None, None, monday(1), 12.5), ("launches", None, "c1", None, 1.0))
    instance = from_frames(plan_inputs(raw_plan_limits=own))
    caps = dict(zip(instance.capped_categories.tolist(), instance.launch_caps.tolist(), strict=True))
    assert instance.budgets[1] == 12.5
    assert caps == {"c0": 3, "c1": 1}


def test_a_launch_without_a_price_takes_its_categorys_usual_one() -> None:
    inputs = plan_inputs()
    blank = inputs.launch_candidates.assign(
        planned_price=inputs.launch_candidates["planned_price"].where(inputs.launch_candidates["product_id"] != "N0")
    )
    instance = from_frames(plan_inputs(launch_candidates=blank))
    same = instance.category == instance.category[line(instance, "N0")]
    others = same & (instance.product_id != "N0")
    assert instance.price[line(instance, "N0")] == pytest.approx(np.median(instance.price[others]))


def test_a_launch_with_paths_but_no_candidate_row_is_named() -> None:
    inputs = plan_inputs()
    fewer = inputs.launch_candidates[inputs.launch_candidates["product_id"] != "N2"]
    with pytest.raises(ValueError, match="launch_candidates: product N2 in channel large"):
        from_frames(plan_inputs(launch_candidates=fewer))


def test_a_price_that_is_missing_everywhere_is_named() -> None:
    inputs = plan_inputs()
    blank = inputs.demand_features.assign(
        shelf_price=inputs.demand_features["shelf_price"].where(inputs.demand_features["product_id"] != "P3")
    )
    with pytest.raises(ValueError, match="product P3 in channel large has no shelf price"):
        from_frames(plan_inputs(demand_features=blank))


def test_rows_in_another_order_ask_the_same_question() -> None:
    inputs = plan_inputs()
    frames = {
        name: getattr(inputs, name).sample(frac=1, random_state=5)
        for name in ("demand_paths", "inventory_state", "demand_features", "launch_candidates")
    }
    one, two = from_frames(inputs).arrays(), from_frames(plan_inputs(**frames)).arrays()
    assert all(np.array_equal(one[name], two[name]) for name in one)


def test_inputs_are_left_as_they_were() -> None:
    inputs, copy = plan_inputs(), plan_inputs()
    from_frames(inputs)
    for name in ("demand_paths", "inventory_state", "demand_features", "launch_candidates"):
        pd.testing.assert_frame_equal(getattr(inputs, name), getattr(copy, name))
    assert inputs.decision_week == WEEK


LINES = pd.DataFrame({"product_id": ["P0", "P1", "N0"], "category_1": ["c0", "c1", "c0"]})
SETTLED_TOGETHER = ("holding", "salvage", "shortage penalty", "launch cost", "lead time", "packs")


def assumed(*rows: dict[str, object]) -> dict[str, str]:
    """What a plan of these lines on these terms of the shop's own still assumes of supply."""
    return assumptions(LINES, supply_terms(*rows) if rows else None, SupplyProfile())


def said(*rows: tuple[str, str | None, str | None, pd.Timestamp | None, float]) -> dict[str, str]:
    """What a plan under these limits of the shop's own still assumes of limits."""
    inputs = plan_inputs(raw_plan_limits=limits(*rows))
    return assumed_limits(inputs, from_frames(inputs))


def budgets(*weeks: int) -> list[tuple[str, None, None, pd.Timestamp, float]]:
    """A budget of the shop's own for each of these weeks."""
    return [("budget", None, None, monday(week), 50.0) for week in weeks]


def test_every_term_that_is_assumed_is_said_and_none_that_the_shop_has_settled() -> None:
    told = assumed()
    assert "72%" in told["unit cost"]
    assert set(told) == {"unit cost", *SETTLED_TOGETHER}
    assert assumed({}) == {}
    assert set(assumed({}, {"product_id": "P0", "cost_rate": None})) == {"unit cost"}


@pytest.mark.parametrize("key", ["product_id", "category_1"])
def test_terms_that_cover_every_line_without_a_default_leave_nothing_assumed(key: str) -> None:
    covered = [{key: name} for name in LINES[key].unique()]
    assert assumed(*covered) == {}
    assert set(assumed(*covered[1:])) == {"unit cost", *SETTLED_TOGETHER}


def test_every_limit_is_assumed_where_the_shop_says_nothing() -> None:
    told = said()
    assert "85%" in told["budget"]
    assert "50%" in told["launch limit"]
    assert "40 per channel and week" in told["slots"]
    assert "without" not in " ".join(told.values())


def test_a_budget_for_some_weeks_leaves_the_rest_assumed() -> None:
    assert said(*budgets(1))["budget"].startswith("in weeks without the shop's own: each week 85%")
    # Orders take two weeks, so none of the last two can be used and their budgets are nobody's.
    assert "budget" in said(*budgets(0, 1, 2, 3, 4))
    assert "budget" not in said(*budgets(0, 1, 2, 3, 4, 5))


def test_a_launch_limit_for_some_categories_leaves_the_rest_assumed() -> None:
    c0, c1 = (("launches", None, category, None, 1.0) for category in ("c0", "c1"))
    assert said(c0)["launch limit"].startswith("in categories without the shop's own: at most 50%")
    assert "launch limit" not in said(c0, c1)


def test_slots_for_some_channels_or_weeks_leave_the_rest_assumed() -> None:
    large, small = (("slots", channel, None, None, 3.0) for channel in ("large", "small"))
    for part in (large, ("slots", None, None, monday(0), 3.0)):
        assert "in channels and weeks without the shop's own: 40 per channel and week" in said(part)["slots"]
    for whole in ([large, small], [("slots", None, None, None, 3.0)]):
        assert "40" not in said(*whole)["slots"]
        assert "each launch at most 2 weeks" in said(*whole)["slots"]


@pytest.mark.parametrize(
    "row",
    [
        ("storage", "large", "c0", 0, 10.0),
        ("fill_floor", "large", None, 0, 0.9),
        ("seller_share", None, None, None, 0.2),
        ("budget", "large", None, 0, 10.0),
        ("budget", None, None, None, 10.0),
        ("launches", None, None, None, 3.0),
        ("launches", None, "c0", 0, 3.0),
        ("slots", "large", "c0", None, 3.0),
    ],
)
def test_a_limit_that_the_plan_cannot_keep_is_refused_by_name(
    row: tuple[str, str | None, str | None, int | None, float],
) -> None:
    with pytest.raises(ValueError, match=f"raw_plan_limits: 1 rows cannot be planned for yet .first: scope '{row[0]}'"):
        from_frames(plan_inputs(raw_plan_limits=limits(row)))


def test_a_limit_by_seller_is_refused_whatever_it_limits() -> None:
    for row in (
        ("slots", None, None, None, 3.0),
        ("launches", None, "c0", None, 3.0),
        ("budget", None, None, WEEK, 9.0),
    ):
        from_frames(plan_inputs(raw_plan_limits=limits(row)))
        with pytest.raises(ValueError, match="'seller_id': 'S1'"):
            from_frames(plan_inputs(raw_plan_limits=limits(row).assign(seller_id="S1")))


def test_the_tightest_of_the_shops_storage_and_floors_holds_in_each_channel_and_week() -> None:
    own = limits(
        ("storage", "large", None, None, 40.0),
        ("storage", None, None, monday(2), 30.0),
        ("storage", "small", None, monday(2), 35.0),
        ("storage", "nowhere", None, None, 1.0),
        ("fill_floor", None, None, None, 0.5),
        ("fill_floor", "small", None, None, 0.7),
    )
    shelf = from_frames(plan_inputs(raw_plan_limits=own)).shelf
    stored = dict(zip(shelf.names(range(8)), shelf.limit.tolist(), strict=True))
    floors = {"fill floor of large": 0.0, "fill floor of small": 0.0}
    large = {f"storage of large in week {week}": 30.0 if week == 2 else 40.0 for week in range(8)}
    assert stored == large | {"storage of small in week 2": 30.0} | floors
    assert dict(zip(shelf.floor_channel, shelf.fill_floor, strict=True)) == {"large": 0.5, "small": 0.7}


def test_a_unit_takes_the_volume_of_its_terms_and_one_where_they_name_none() -> None:
    terms = supply_terms({"product_id": "P0", "storage_volume": 2.5}, {"category_1": "c1"})
    room = limits(("storage", "large", None, None, 40.0))
    instance = from_frames(plan_inputs(raw_plan_limits=room, raw_supply_terms=terms))
    of_p0 = instance.product_id == "P0"
    assert set(instance.shelf.volume[of_p0]) == {2.5}
    assert set(instance.shelf.volume[~of_p0]) == {1.0}
    inputs = plan_inputs(raw_plan_limits=room, raw_supply_terms=terms)
    assert assumed_limits(inputs, instance)["storage volume"] == "1 a unit of products whose terms name none"
    assert "storage volume" not in said(("fill_floor", None, None, None, 0.5))
    assert from_frames(plan_inputs()).shelf.count == 0


def test_a_fill_floor_above_all_demand_is_refused() -> None:
    with pytest.raises(ValueError, match="a fill_floor is 90; it is a share of demand, from 0 to 1"):
        from_frames(plan_inputs(raw_plan_limits=limits(("fill_floor", "large", None, None, 90.0))))
