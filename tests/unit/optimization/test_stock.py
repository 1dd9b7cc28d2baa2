"""Stock at the week's start: assumed, carried and counted."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
from support.plan_shop import WEEK, monday, plan_inputs, sales

from contracts.plans import INVENTORY_STATE
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
