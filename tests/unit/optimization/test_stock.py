"""Stock at the week's start: assumed, carried and counted."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from support.plan_shop import WEEK, monday, plan_inputs, sales

from contracts.plans import INVENTORY_STATE
from contracts.raw import RAW_INVENTORY
from optimization.stock import StockInputs, inventory_state


def stock_inputs(**changes: object) -> StockInputs:
    """The small shop's stock question, nothing known from before."""
    return replace(StockInputs(WEEK, plan_inputs().demand_features, sales()), **changes)  # type: ignore[arg-type]


def state(*rows: tuple[str, str, int, int, pd.Timestamp]) -> pd.DataFrame:
    """INVENTORY_STATE of the week before."""
    full = [(monday(-1), "debut", p, c, hand, order, due, "carried") for p, c, hand, order, due in rows]
    frame = pd.DataFrame(full, columns=INVENTORY_STATE.names())
    return frame.assign(due_week=pd.to_datetime(frame["due_week"]))


def orders(*rows: tuple[str, str, int, int, int]) -> pd.DataFrame:
    """Orders of the plan before: product, channel, order week, arrival week, units."""
    return pd.DataFrame(
        [(p, c, monday(o), monday(a), u) for p, c, o, a, u in rows],
        columns=["product_id", "channel", "order_week", "arrive_week", "order_units"],
    )


def of(frame: pd.DataFrame, product: str, channel: str = "large") -> list[tuple[int, int, object, str]]:
    """Rows of a line: on hand, on order, due week or None, origin."""
    rows = frame[(frame["product_id"] == product) & (frame["channel"] == channel)]
    return [
        (int(r.on_hand), int(r.on_order), None if pd.isna(r.due_week) else r.due_week, str(r.origin))
        for r in rows.itertuples()
    ]


def test_with_nothing_known_a_line_holds_lead_plus_one_weeks_of_its_mean() -> None:
    found = inventory_state(stock_inputs())
    assert list(found.columns) == INVENTORY_STATE.names()
    assert of(found, "P0") == [(18, 0, None, "assumed")]
    assert set(found["channel"]) == {"large", "small"}


def test_stock_is_carried_with_arrivals_and_sales_of_the_week_before() -> None:
    before = state(("P0", "large", 10, 0, pd.NaT), ("P0", "large", 0, 5, monday(-1)), ("P0", "large", 0, 7, monday(0)))
    found = inventory_state(
        stock_inputs(
            previous_state=before,
            previous_orders=orders(("P0", "large", -1, 1, 12), ("P0", "large", 0, 2, 99)),
            weekly_sales=sales(("P0", "large", -1, 4), ("P0", "large", -2, 50)),
        )
    )
    assert of(found, "P0") == [(11, 0, None, "carried"), (0, 7, monday(0), "carried"), (0, 12, monday(1), "carried")]
    assert of(found, "P1") == [(18, 0, None, "assumed")]


def test_stock_never_falls_below_nothing() -> None:
    found = inventory_state(
        stock_inputs(previous_state=state(("P0", "large", 3, 0, pd.NaT)), weekly_sales=sales(("P0", "large", -1, 9)))
    )
    assert of(found, "P0") == [(0, 0, None, "carried")]


def test_a_launch_ordered_last_week_is_on_order() -> None:
    found = inventory_state(
        stock_inputs(
            previous_state=state(("P0", "large", 3, 0, pd.NaT)), previous_orders=orders(("N0", "small", -1, 1, 8))
        )
    )
    assert of(found, "N0", "small") == [(0, 0, None, "carried"), (0, 8, monday(1), "carried")]


def test_a_count_of_the_last_week_rules_over_what_was_carried() -> None:
    counts = pd.DataFrame(
        {
            "product_id": ["P0", "P0", "P1"],
            "channel": "large",
            "on_hand_units": [2, 40, 5],
            "counted_at": [monday(0) - pd.Timedelta(hours=5), monday(-1), monday(-9)],
        }
    )
    found = inventory_state(stock_inputs(previous_state=state(("P0", "large", 10, 0, pd.NaT)), raw_inventory=counts))
    assert of(found, "P0") == [(2, 0, None, "counted")]
    assert of(found, "P1") == [(18, 0, None, "assumed")]


HOUR = pd.Timedelta(hours=1)
DAY = pd.Timedelta(days=1)
LOCATIONS = pd.DataFrame(
    {
        "location_id": ["L1", "L2", "S1", "T1"],
        "channel": ["large", "large", "small", "small"],
        "time_zone": [None, None, None, "Asia/Tokyo"],
    }
)


def counts(*rows: tuple[str, str | None, str | None, pd.Timestamp, int]) -> pd.DataFrame:
    """RAW_INVENTORY from (product, channel, location, moment in UTC, units on hand)."""
    columns = ["product_id", "channel", "location_id", "counted_at", "on_hand_units"]
    return pd.DataFrame(rows, columns=columns).reindex(columns=RAW_INVENTORY.names())


def counted(raw_inventory: pd.DataFrame, time_zone: str = "UTC", **changes: object) -> pd.DataFrame:
    """Stock from these counts."""
    return inventory_state(
        stock_inputs(raw_inventory=raw_inventory, raw_locations=LOCATIONS, shop_time_zone=time_zone, **changes)
    )


def test_the_newest_counts_of_a_channels_locations_add_up_to_its_pool() -> None:
    found = counted(
        counts(
            ("P0", None, "L1", WEEK - 3 * DAY, 4),
            ("P0", None, "L1", WEEK - 1 * DAY, 3),
            ("P0", None, "L2", WEEK - 2 * DAY, 5),
            ("P0", None, "S1", WEEK - 2 * DAY, 7),
        )
    )
    assert of(found, "P0", "large") == [(8, 0, None, "counted")]
    assert of(found, "P0", "small") == [(7, 0, None, "counted")]


def test_a_location_not_counted_last_week_keeps_its_last_count_while_another_was() -> None:
    older = ("P0", None, "L2", WEEK - 9 * DAY, 5)
    assert of(counted(counts(("P0", None, "L1", WEEK - DAY, 3), older)), "P0") == [(8, 0, None, "counted")]
    assert of(counted(counts(older)), "P0") == [(18, 0, None, "assumed")]


def test_a_count_of_the_whole_channel_of_the_last_week_rules_over_those_of_its_locations() -> None:
    parts = ("P0", None, "L1", WEEK - DAY, 3), ("P0", None, "L2", WEEK - DAY, 5)
    whole = ("P0", "large", None, WEEK - 2 * DAY, 9)
    assert of(counted(counts(*parts, whole)), "P0") == [(9, 0, None, "counted")]
    old_whole = ("P0", "large", None, WEEK - 20 * DAY, 90)
    assert of(counted(counts(*parts, old_whole)), "P0") == [(8, 0, None, "counted")]


def test_a_location_that_nobody_delivered_counts_for_the_channel_it_names_else_for_the_shop() -> None:
    found = counted(counts(("P0", "large", "L9", WEEK - DAY, 2), ("P0", None, "L8", WEEK - DAY, 6)))
    assert of(found, "P0", "large") == [(2, 0, None, "counted")]
    assert of(found, "P0", "shop") == [(6, 0, None, "counted")]


def test_orders_outstanding_at_locations_add_up_by_the_week_they_are_due() -> None:
    rows = counts(("P0", None, "L1", WEEK - DAY, 3), ("P0", None, "L2", WEEK - DAY, 5))
    found = counted(rows.assign(on_order_units=[10, 20], due_on=monday(1) + 2 * DAY))
    assert of(found, "P0") == [(8, 0, None, "counted"), (0, 30, monday(1), "counted")]


@pytest.mark.parametrize(
    ("time_zone", "counted_at", "is_known"),
    [
        ("UTC", WEEK - HOUR, True),
        ("UTC", WEEK, False),
        # Sunday evening in New York, Monday in UTC.
        ("America/New_York", WEEK + 3 * HOUR, True),
        ("America/New_York", WEEK + 4 * HOUR, False),
        # Monday morning in Tokyo, Sunday in UTC.
        ("Asia/Tokyo", WEEK - 10 * HOUR, True),
        ("Asia/Tokyo", WEEK - 9 * HOUR, False),
        # Likewise a week earlier, where the last known week begins.
        ("Asia/Tokyo", WEEK - 7 * DAY - 9 * HOUR, True),
        ("Asia/Tokyo", WEEK - 7 * DAY - 10 * HOUR, False),
    ],
)
def test_a_week_begins_on_the_shops_own_monday(time_zone: str, counted_at: pd.Timestamp, is_known: bool) -> None:
    for row in (("P0", "large", None, counted_at, 3), ("P0", None, "L1", counted_at, 3)):
        origin = of(counted(counts(row), time_zone), "P0")[0][3]
        assert (origin == "counted") == is_known


def test_a_locations_own_time_zone_goes_before_the_shops() -> None:
    late = WEEK - 9 * HOUR
    found = counted(counts(("P0", None, "T1", late, 3), ("P1", None, "S1", late, 4)))
    assert of(found, "P0", "small")[0][3] == "assumed"
    assert of(found, "P1", "small") == [(4, 0, None, "counted")]


def test_a_planned_launch_that_the_shop_did_not_make_is_carried_only_where_its_counts_would_not_tell() -> None:
    before = state(
        ("N0", "small", 4, 0, pd.NaT),
        ("N0", "pool", 3, 0, pd.NaT),
        ("P1", "large", 6, 0, pd.NaT),
        ("P1", "pool", 2, 0, pd.NaT),
        ("P2", "small", 7, 0, pd.NaT),
    )
    features = plan_inputs().demand_features
    has_sold = ~((features["product_id"] == "P2") & (features["channel"] == "small"))
    ordered = orders(("N0", "small", -1, 1, 8), ("P1", "large", -1, 1, 5))
    rows = counts(("P0", None, "L1", WEEK - DAY, 3))
    known = {
        "previous_state": before,
        "previous_orders": ordered,
        "demand_features": features.assign(units_mean_8=features["units_mean_8"].where(has_sold, 0.0)),
    }
    told = counted(rows.assign(on_order_units=0), **known)
    assert of(told, "N0", "small") == of(told, "N0", "pool") == []
    assert of(told, "P2", "small") == [(0, 0, None, "assumed")]
    assert of(told, "P1", "pool") == [(2, 0, None, "carried")]
    assert of(told, "P1") == [(6, 0, None, "carried"), (0, 5, monday(1), "carried")]
    for silent in (rows, rows.assign(on_order_units=0, counted_at=WEEK - 9 * DAY)):
        found = counted(silent, **known)
        assert of(found, "N0", "small") == [(4, 0, None, "carried"), (0, 8, monday(1), "carried")]
        assert of(found, "N0", "pool") == [(3, 0, None, "carried")]


def transfers(*rows: tuple[str, str, int, int]) -> pd.DataFrame:
    """Transfers of the plan before: product, channel that gets them, week, units."""
    frame = pd.DataFrame([(p, "pool", c, monday(w), u) for p, c, w, u in rows])
    return frame.set_axis(["product_id", "from_channel", "to_channel", "week", "units"], axis=1)


def test_what_was_moved_from_the_warehouse_is_carried_in_the_channels_and_nowhere_twice() -> None:
    before = state(("P0", "pool", 9, 0, pd.NaT), ("P0", "pool", 0, 4, monday(-1)), ("P0", "large", 1, 0, pd.NaT))
    found = inventory_state(
        stock_inputs(
            previous_state=before,
            previous_transfers=transfers(
                ("P0", "large", -1, 8), ("P0", "small", -1, 5), ("P0", "large", 0, 50), ("P0", "large", -2, 50)
            ),
            weekly_sales=sales(("P0", "large", -1, 2)),
        )
    )
    assert of(found, "P0", "pool") == [(0, 0, None, "carried")]
    assert of(found, "P0", "large") == [(7, 0, None, "carried")]
    assert of(found, "P0", "small") == [(5, 0, None, "carried")]


def test_no_more_is_moved_than_the_warehouse_held() -> None:
    found = inventory_state(
        stock_inputs(
            previous_state=state(("P0", "pool", 6, 0, pd.NaT), ("P0", "large", 0, 0, pd.NaT)),
            previous_transfers=transfers(("P0", "large", -1, 4), ("P0", "small", -1, 4)),
        )
    )
    assert [of(found, "P0", c)[0][0] for c in ("large", "small", "pool")] == [4, 2, 0]
