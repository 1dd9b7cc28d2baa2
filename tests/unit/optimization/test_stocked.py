"""Which planned launches have something to sell by the week in which they launch."""

import pandas as pd
import pytest
from support.frames import MONDAY, make_frame

from contracts.catalog import CATALOG
from optimization.stocked import planned_launches


def week(ahead: int) -> pd.Timestamp:
    return MONDAY + pd.Timedelta(weeks=ahead)


def rows(table: str, **values: object) -> pd.DataFrame:
    return make_frame(CATALOG[table], 1).assign(**{"product_id": "N", "channel": "web", **values})


NOTHING = {
    "order_plan": rows("order_plan").iloc[:0],
    "transfer_plan": make_frame(CATALOG["transfer_plan"], 1).iloc[:0],
    "inventory_state": rows("inventory_state").iloc[:0],
}
SUPPLY = {
    "on hand": ({"inventory_state": rows("inventory_state", on_hand=1, on_order=0, due_week=pd.NaT)}, True),
    "nothing on hand": ({"inventory_state": rows("inventory_state", on_hand=0, on_order=0, due_week=pd.NaT)}, False),
    "due in time": ({"inventory_state": rows("inventory_state", on_hand=0, on_order=2, due_week=week(3))}, True),
    "due too late": ({"inventory_state": rows("inventory_state", on_hand=0, on_order=2, due_week=week(4))}, False),
    "ordered in time": ({"order_plan": rows("order_plan", arrive_week=week(3))}, True),
    "ordered too late": ({"order_plan": rows("order_plan", arrive_week=week(4))}, False),
    "sold since": ({"order_plan": rows("order_plan", arrive_week=week(-1))}, False),
    "another channel": ({"order_plan": rows("order_plan", arrive_week=week(3), channel="kiosk")}, False),
    "moved in time": (
        {
            "transfer_plan": make_frame(CATALOG["transfer_plan"], 1).assign(
                product_id="N", to_channel="web", week=week(0)
            )
        },
        True,
    ),
    "nothing at all": ({}, False),
}


@pytest.mark.parametrize("case", SUPPLY)
def test_a_launch_is_stocked_by_what_is_there_when_it_launches(case: str) -> None:
    given, expected = SUPPLY[case]
    plan = rows("launch_plan", is_launched=True, launch_week=week(3))
    found = planned_launches(launch_plan=plan, decision_week=MONDAY, **{**NOTHING, **given})
    assert found["is_stocked"].tolist() == [expected]


def test_what_the_plan_declines_is_left_out_and_what_launched_before_may_be_stocked_now() -> None:
    declined = rows("launch_plan", is_launched=False, launch_week=pd.NaT, product_id="D")
    before = rows("launch_plan", is_launched=True, launch_week=week(-2))
    stock = rows("inventory_state", on_hand=1, on_order=0, due_week=pd.NaT)
    plan = pd.concat([declined, before], ignore_index=True)
    found = planned_launches(launch_plan=plan, decision_week=MONDAY, **{**NOTHING, "inventory_state": stock})
    assert found[["product_id", "is_stocked"]].to_numpy().tolist() == [["N", True]]
