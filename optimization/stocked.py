"""Launches of the plan in force, and which of them have something to sell."""

from __future__ import annotations

import pandas as pd

_LINE = ["product_id", "channel"]


def planned_launches(
    launch_plan: pd.DataFrame,
    order_plan: pd.DataFrame,
    transfer_plan: pd.DataFrame,
    inventory_state: pd.DataFrame,
    decision_week: pd.Timestamp,
) -> pd.DataFrame:
    """One row per product and channel that the plan launches: product_id, channel, launch_week, is_stocked.

    A launch is stocked when a unit of it is in its channel by its launch week, or by the decision week where it was
    launched before: on hand, on order, ordered by the plan, or moved from the warehouse.

    Args:
        launch_plan: Of the plan in force, whichever week made it.
        order_plan: Of the same plan; what arrived before the decision week is on hand already, or sold.
        transfer_plan: Of the same plan; what was moved before the decision week likewise.
        inventory_state: Of the decision week and the policy 'debut'.
        decision_week: Monday.
    """
    launched = launch_plan.loc[launch_plan["is_launched"].astype(bool), [*_LINE, "launch_week"]]
    on_hand = inventory_state.loc[inventory_state["on_hand"] > 0, _LINE].assign(week=decision_week)
    on_order = inventory_state.loc[inventory_state["on_order"] > 0, [*_LINE, "due_week"]]
    moved = transfer_plan.loc[transfer_plan["week"] >= decision_week, ["product_id", "to_channel", "week"]]
    bought = order_plan.loc[order_plan["arrive_week"] >= decision_week, [*_LINE, "arrive_week"]]
    supply = pd.concat(
        [
            on_hand,
            on_order.rename(columns={"due_week": "week"}),
            moved.rename(columns={"to_channel": "channel"}),
            bought.rename(columns={"arrive_week": "week"}),
        ],
        ignore_index=True,
    )
    first = supply.groupby(_LINE, as_index=False)["week"].min()
    rows = launched.merge(first, on=_LINE, how="left", validate="one_to_one")
    needed = rows["launch_week"].where(rows["launch_week"] > decision_week, decision_week)
    rows = rows.assign(is_stocked=rows["week"] <= needed)
    return rows[[*_LINE, "launch_week", "is_stocked"]].sort_values(_LINE, ignore_index=True)
