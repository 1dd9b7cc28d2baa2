"""The warehouse's stock in the channels: nothing is lost, nothing is made, and who is short comes first."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import floor

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.plan_shop import CHANNELS, SETTINGS, every_week_sold, monday, plan_inputs, stock

from contracts.plans import TRANSFER_PLAN
from optimization.baseline import POLICIES
from optimization.inputs import from_frames
from optimization.instance import LaunchInstance
from optimization.plan import make_plan
from optimization.pool import split
from optimization.simulate import outcomes

amounts = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=5)


def by_hand(units: int, lines: list[tuple[int, int]]) -> list[int]:
    """Shares of one group as one would write them down: exact fractions, then one unit at a time."""
    short, wanted = (sum(line[k] for line in lines) for k in (0, 1))
    covered = min(units, short)
    exact = [
        (Fraction(covered * lacks, short) if short else Fraction(0))
        + (Fraction((units - covered) * sells, wanted) if wanted else Fraction(units - covered, len(lines)))
        for lacks, sells in lines
    ]
    whole = [floor(part) for part in exact]
    for k in sorted(range(len(lines)), key=lambda k: (whole[k] - exact[k], k))[: units - sum(whole)]:
        whole[k] += 1
    return whole


@given(st.lists(st.tuples(st.integers(0, 500), amounts), min_size=1, max_size=4))
def test_every_unit_goes_to_one_channel_and_the_shares_are_those_of_a_hand_calculation(
    groups: list[tuple[int, list[tuple[int, int]]]],
) -> None:
    group = np.repeat(np.arange(len(groups)), [len(lines) for _, lines in groups])
    units = np.array([units for units, _ in groups])[group]
    short, wanted = np.array([line for _, lines in groups for line in lines], dtype=float).T
    found = split(units, group, short, wanted)
    assert found.dtype == np.int64
    assert found.min() >= 0
    for number, (amount, lines) in enumerate(groups):
        own = found[group == number]
        assert own.sum() == amount
        # Two fractions that are equal on paper may part in the last bit; then either line may get the unit.
        assert np.abs(own - by_hand(amount, lines)).max() <= 1


def test_a_split_by_hand() -> None:
    group = np.zeros(3, dtype=int)
    lines = [(4, 1), (0, 2), (1, 1)]
    short, wanted = np.array(lines, dtype=float).T
    for units in range(30):
        assert split(np.full(3, units), group, short, wanted).tolist() == by_hand(units, lines), units


def pooled(*rows: tuple[str, str, int, int, int | None]) -> LaunchInstance:
    """The small shop's question with this stock."""
    return from_frames(plan_inputs(inventory_state=stock(*rows)))


def of(instance: LaunchInstance, product: str) -> np.ndarray:
    """Positions of a product's lines."""
    return np.flatnonzero(instance.product_id == product)


def test_what_the_warehouse_holds_and_expects_is_all_in_the_channels_in_its_week() -> None:
    mine = ("P0", "large", 3, 0, None), ("P0", "small", 0, 5, 2)
    alone = pooled(*mine)
    both = pooled(*mine, ("P0", "pool", 11, 0, None), ("P0", "pool", 0, 7, 3), ("P0", "pool", 0, 99, 8))
    p0, others = of(both, "P0"), both.product_id != "P0"
    assert (both.opening - alone.opening)[p0].sum() == 11
    assert (both.arrivals - alone.arrivals)[p0].sum(axis=0).tolist() == [0, 0, 0, 7, 0, 0, 0, 0]
    assert (both.opening + both.arrivals.sum(axis=1) - both.pooled.sum(axis=1)).tolist() == (
        alone.opening + alone.arrivals.sum(axis=1)
    ).tolist()
    assert not both.pooled[others].any()
    assert not alone.pooled.any()


def test_orders_on_their_way_to_a_channel_arrive_there_in_their_week() -> None:
    instance = pooled(("P0", "large", 0, 5, 2), ("P0", "small", 0, 4, 0), ("P0", "small", 0, 3, 7))
    large, small = of(instance, "P0")
    assert instance.arrivals[large].tolist() == [0, 0, 5, 0, 0, 0, 0, 0]
    assert instance.arrivals[small].tolist() == [4, 0, 0, 0, 0, 0, 0, 3]


def test_the_channel_that_is_short_is_served_before_the_one_that_is_not() -> None:
    full = ("P0", "small", 1000, 0, None)
    instance = pooled(full, ("P0", "large", 0, 0, None), ("P0", "pool", 5, 0, None))
    large, small = of(instance, "P0")
    assert (instance.pooled[large, 0], instance.pooled[small, 0]) == (5, 0)


def test_stock_of_what_is_not_planned_is_nobodys() -> None:
    instance = pooled(("strange", "pool", 50, 9, None), ("P0", "large", 1, 0, None))
    assert instance.opening.sum() == 1
    assert not instance.pooled.any()


def test_a_launch_that_the_warehouse_holds_needs_no_order() -> None:
    instance = pooled(("N0", "pool", 9, 0, None))
    lines = of(instance, "N0")
    assert instance.opening[lines].sum() == 9
    assert not instance.needs_stock[lines[instance.opening[lines] > 0]].any()


@pytest.mark.parametrize("policy", list(POLICIES))
def test_with_a_full_warehouse_nobody_orders_what_it_holds(policy: str) -> None:
    empty, full = pooled(("P2", "large", 0, 0, None)), pooled(("P2", "pool", 2000, 0, None))
    ordered = [POLICIES[policy](instance).packs[of(instance, "P2")].sum() for instance in (empty, full)]
    assert ordered[0] > 0
    assert ordered[1] == 0


def test_the_transfers_are_written_down_and_every_policy_opens_with_them() -> None:
    state = stock(*[("P3", "pool", 40, 0, None), ("P3", "pool", 0, 12, 2), ("P1", "large", 6, 0, None)])
    inputs = plan_inputs(inventory_state=state)
    made = make_plan(inputs, SETTINGS)
    moves = made["transfer_plan"]
    assert list(moves.columns) == TRANSFER_PLAN.names()
    assert moves.groupby("week")["units"].sum().to_dict() == {monday(0): 40, monday(2): 12}
    assert set(moves["from_channel"]) == {"pool"}
    assert set(moves["to_channel"]) <= set(CHANNELS)
    nothing = {name: made[name].iloc[:0] for name in ("launch_plan", "order_plan", "exposure_plan")}
    played = outcomes(inputs, nothing, every_week_sold(inputs), "real", SETTINGS)["plan_outcome"]
    assert played.groupby("part")["opening_value"].nunique().eq(1).all()
    debut = played[(played["policy"] == "debut") & (played["part"] == "all")].iloc[0]
    assert debut["units_sold"] + debut["units_left"] == 40 + 12 + 6


def test_shuffled_lines_and_rows_get_the_same_units() -> None:
    inputs = plan_inputs(inventory_state=stock(*[(f"P{k}", "pool", 5 + k, 0, None) for k in range(8)]))
    shuffled = replace(
        inputs,
        inventory_state=inputs.inventory_state.sample(frac=1, random_state=2),
        demand_paths=inputs.demand_paths.sample(frac=1, random_state=3),
    )
    one, two = from_frames(inputs), from_frames(shuffled)
    np.testing.assert_array_equal(one.pooled, two.pooled)
    pd.testing.assert_series_equal(*(pd.Series(i.pooled.sum(axis=1)).groupby(i.product_id).sum() for i in (one, two)))
