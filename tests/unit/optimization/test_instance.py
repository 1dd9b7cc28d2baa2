"""The question and its re-pricing: laws of `evaluate`, refusals, and named violations."""

from __future__ import annotations

import numpy as np
import pytest

from optimization.diagnose import conflicts
from optimization.instance import LaunchInstance, Plan, evaluate


def one_line(**changes: object) -> LaunchInstance:
    """One established line: 2 on hand, demand 3 a week for 4 weeks, lead 2."""
    fields: dict[str, object] = {
        "decision_week": "2017-10-02",
        "product_id": np.array(["P1"]),
        "channel": np.array(["s"]),
        "category": np.array(["c"]),
        "is_launch": np.array([False]),
        "is_mandatory": np.array([False]),
        "demand": np.full((1, 1, 4), 3),
        "price": np.array([10.0]),
        "unit_cost": np.array([6.0]),
        "leftover_value": np.array([6.0]),
        "hold": np.array([0.5]),
        "penalty": np.array([1.0]),
        "launch_cost": np.array([0.0]),
        "lead": np.array([2]),
        "pack": np.array([3]),
        "moq_packs": np.array([0]),
        "opening": np.array([2]),
        "arrivals": np.zeros((1, 4), dtype=int),
        "pooled": np.zeros((1, 4), dtype=int),
        "held_back": np.zeros((1, 4), dtype=int),
        "earliest": np.array([0]),
        "latest": np.array([0]),
        "is_fixed": np.zeros((1, 4), dtype=bool),
        "fixed_packs": np.zeros((1, 4), dtype=int),
        "held_packs": np.zeros((1, 4), dtype=int),
        "pack_change": np.zeros((1, 4)),
        "launch_change": np.zeros((1, 5)),
        "held_slots": np.zeros((1, 4), dtype=int),
        "slot_change": np.zeros((1, 4)),
        "budgets": np.array([100.0, 100.0, 0.0, 0.0]),
        "capped_categories": np.array(["c"]),
        "launch_caps": np.array([0]),
        "planned_launch": np.array([0]),
        "trailing_mean": np.array([3.0]),
        "category_launch_units": np.array([0.0]),
        "taken_worth": np.array([0.0]),
        "slot_lift": np.array([1.0]),
        "most_shown": np.array([0]),
        "seller": np.array([""]),
        "style": np.array([""]),
    }
    return LaunchInstance(**(fields | changes))  # type: ignore[arg-type]


def a_launch(**changes: object) -> LaunchInstance:
    """The same line as a launch with nothing on hand, window weeks 2 to 3."""
    return one_line(
        **(
            {
                "is_launch": np.array([True]),
                "opening": np.array([0]),
                "earliest": np.array([2]),
                "latest": np.array([3]),
                "launch_caps": np.array([1]),
                "leftover_value": np.array([2.0]),
            }
            | changes
        )
    )


def test_a_late_delivery_never_serves_earlier_demand() -> None:
    ordered_at_once = evaluate(one_line(), Plan(np.array([[4, 0, 0, 0]]), np.array([0])))
    # 2 sold from stock in week 0, none in week 1, then 3 and 3 of the 12 that arrive in week 2.
    assert ordered_at_once.sold[0] == 8
    assert ordered_at_once.left[0] == 6
    assert ordered_at_once.demanded[0] == 12


def test_profit_is_revenue_less_cost_to_the_cent() -> None:
    result = evaluate(one_line(), Plan(np.array([[2, 0, 0, 0]]), np.array([0])))
    # 8 sold × 10 − 6 ordered × 6 − 4 unmet × 1 − 3 held in week 2 × 0.5
    assert result.profit == pytest.approx(80 - 36 - 4 - 1.5)
    np.testing.assert_allclose(result.revenue - result.cost, result.profit_by_line)


def test_nothing_is_sold_or_demanded_before_the_launch() -> None:
    result = evaluate(a_launch(), Plan(np.array([[0, 2, 0, 0]]), np.array([3])))
    assert (result.demanded[0], result.sold[0], result.left[0]) == (3, 3, 3)


@pytest.mark.parametrize(
    ("packs", "launch", "what"),
    [
        ([[9, 0, 0, 0]], 2, "budget of week 0"),
        ([[0, 0, 1, 0]], 2, "order arrives after the horizon"),
        ([[1, 0, 0, 0]], 3, "order arrives before the launch"),
        ([[1, 0, 0, 0]], 1, "launched outside the window"),
        ([[1, 0, 0, 0]], -1, "ordered and not launched"),
        ([[0, 0, 0, 0]], 2, "launched with no stock"),
        ([[-1, 2, 0, 0]], 2, "negative order"),
    ],
)
def test_every_broken_limit_is_named(packs: list[list[int]], launch: int, what: str) -> None:
    found = evaluate(a_launch(), Plan(np.array(packs), np.array([launch]))).violations
    assert any(name.startswith(what) and amount > 0 for name, amount in found), found


def test_a_budget_is_reported_with_the_amount_it_is_exceeded_by() -> None:
    found = evaluate(one_line(), Plan(np.array([[6, 0, 0, 0]]), np.array([0]))).violations
    assert found == (("budget of week 0", pytest.approx(8.0)),)


def test_a_figure_that_is_no_number_names_its_product() -> None:
    with pytest.raises(ValueError, match="price is not a finite number for product P1 in channel s"):
        one_line(price=np.array([np.nan]))


def test_an_instance_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        one_line().price[0] = 1.0


def test_an_instance_survives_the_way_to_the_worker() -> None:
    instance = a_launch()
    again = LaunchInstance.from_arrays(instance.arrays())
    assert all(np.array_equal(value, again.arrays()[name]) for name, value in instance.arrays().items())


def test_more_mandatory_launches_than_allowed_are_a_named_conflict() -> None:
    found = conflicts(a_launch(is_mandatory=np.array([True]), launch_caps=np.array([0])))
    assert found == [
        "launches in c are limited to 0 and 1 are mandatory, 1 too many: P1 in s; raise the limit or free 1"
    ]


def test_a_budget_too_small_for_mandatory_launches_is_named_with_the_amount() -> None:
    found = conflicts(a_launch(is_mandatory=np.array([True]), budgets=np.array([5.0, 5.0, 0.0, 0.0])))
    assert len(found) == 1
    assert "short by 8.00" in found[0]
    assert "P1 in s" in found[0]


def test_a_mandatory_launch_that_no_order_can_stock_is_named() -> None:
    found = conflicts(a_launch(is_mandatory=np.array([True]), lead=np.array([4])))
    assert "no week in which they can launch with stock: P1 in s" in found[0]


def test_a_lead_longer_than_the_horizon_is_refused_by_the_product_s_name() -> None:
    assert one_line(lead=np.array([4])).weeks == 4
    with pytest.raises(ValueError, match="the lead of product P1 is 5 of 4 weeks"):
        one_line(lead=np.array([5]))
