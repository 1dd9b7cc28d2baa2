"""Stock at a decision week's start: counted, else carried from the week before, else assumed.

Lives here: `inventory_state` and its inputs. Does not live here: how counts are read (`counts.py`), what stock the
replay of a finished week ends with (`simulate.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from contracts.plans import INVENTORY_STATE
from contracts.raw_supply import POOL
from optimization.counts import counted_pools
from optimization.terms import SupplyProfile, resolve_terms

_KEYS = ["product_id", "channel"]
_WEEK = pd.Timedelta(days=7)


@dataclass(frozen=True)
class StockInputs:
    """What stock is read from.

    Args:
        decision_week: W, the Monday at whose start stock is wanted.
        demand_features: Planned products in the last known week, real channels and 'all'.
        weekly_sales: Sales of known weeks; absence is zero.
        previous_state: `inventory_state` of W − 1, or None at the beginning.
        previous_orders: `order_plan` of the plan that ruled W − 1, or None.
        previous_transfers: `transfer_plan` of that plan, or None.
        raw_inventory: Counts by channel or by location, or None; those of W's Monday and later are left out.
        raw_locations: Channel and time zone of each location, or None.
        raw_supply_terms: The shop's terms, or None.
        profile: What is assumed.
        shop_time_zone: Of counts whose location names none.
    """

    decision_week: pd.Timestamp
    demand_features: pd.DataFrame
    weekly_sales: pd.DataFrame
    previous_state: pd.DataFrame | None = None
    previous_orders: pd.DataFrame | None = None
    previous_transfers: pd.DataFrame | None = None
    raw_inventory: pd.DataFrame | None = None
    raw_locations: pd.DataFrame | None = None
    raw_supply_terms: pd.DataFrame | None = None
    profile: SupplyProfile = field(default_factory=SupplyProfile)
    shop_time_zone: str = "UTC"


def inventory_state(inputs: StockInputs) -> pd.DataFrame:
    """INVENTORY_STATE of policy 'debut': one row of stock on hand a line, and one an outstanding order.

    A counted line takes its newest count, its locations' added up. A line with a state of W − 1 is carried: on hand +
    what arrived in W − 1 − units sold in W − 1 (at least 0), and the orders placed in W − 1 join those outstanding;
    what the plan moved from the warehouse in W − 1 is in the channels.
    Any other planned line is assumed to hold lead + 1 weeks of its trailing 8-week mean. Launches without stock have
    no row, and where the shop's counts of the last week tell of orders on their way, too, a line that they do not know
    and that has not sold is not carried: its launch was planned, and the shop did not make it.
    """
    assumed = _assumed(inputs)
    carried, outstanding = _carried(inputs)
    counted, due = _counted(inputs)
    if len(counted) and _tells_orders(inputs.raw_inventory):
        carried = carried.merge(_that_sold(inputs.demand_features), on=_KEYS, how="inner", validate="one_to_one")
    on_hand = pd.concat([counted, carried, assumed], ignore_index=True).drop_duplicates(_KEYS, keep="first")
    owner = on_hand[[*_KEYS, "origin"]]
    orders = pd.concat(
        [due, outstanding.merge(owner[owner["origin"] == "carried"], on=_KEYS, how="inner", validate="many_to_one")],
        ignore_index=True,
    )
    no_day = pd.Series(pd.NaT, on_hand.index, dtype="datetime64[us]")
    rows = pd.concat([on_hand.assign(on_order=0, due_week=no_day), orders.assign(on_hand=0)], ignore_index=True)
    rows = rows.assign(
        decision_week=pd.Timestamp(inputs.decision_week), policy="debut", due_week=pd.to_datetime(rows["due_week"])
    )
    rows = rows.astype({"on_hand": "int64", "on_order": "int64"})
    return rows[INVENTORY_STATE.names()].sort_values([*_KEYS, "due_week"], na_position="first", ignore_index=True)


def _tells_orders(raw_inventory: pd.DataFrame | None) -> bool:
    """Whether the shop's counts say what is on its way, so that what they do not name is not."""
    return raw_inventory is not None and bool(
        raw_inventory.get("on_order_units", pd.Series(dtype="Int64")).notna().any()
    )


def _that_sold(demand_features: pd.DataFrame) -> pd.DataFrame:
    """Lines that sold in the trailing eight weeks, and the warehouse of each product that did (product_id, channel)."""
    sold = demand_features.loc[demand_features["units_mean_8"].fillna(0) > 0, _KEYS]
    return sold.assign(channel=sold["channel"].replace("all", POOL))


def _assumed(inputs: StockInputs) -> pd.DataFrame:
    """lead + 1 weeks of trailing mean, one row a planned product and real channel."""
    features = inputs.demand_features
    total = features.loc[features["channel"] == "all", ["product_id", "units_26"]]
    lines = features[features["channel"] != "all"].drop(columns="units_26")
    lines = lines.merge(total, on="product_id", how="left", validate="many_to_one").reset_index(drop=True)
    if lines.empty:
        return pd.DataFrame(columns=[*_KEYS, "on_hand", "origin"])
    lines = lines.assign(is_launch=False, units_26=lines["units_26"].fillna(0))
    lead = resolve_terms(lines, inputs.raw_supply_terms, inputs.profile)["lead"].to_numpy()
    units = np.floor((lead + 1) * lines["units_mean_8"].fillna(0.0).to_numpy() + 0.5).astype(np.int64)
    return lines[_KEYS].assign(on_hand=units, origin="assumed")


def _carried(inputs: StockInputs) -> tuple[pd.DataFrame, pd.DataFrame]:
    """On hand per line with a state of W − 1, and outstanding orders due from W on (one row a line and due week)."""
    empty = pd.DataFrame(columns=[*_KEYS, "on_hand", "origin"]), pd.DataFrame(columns=[*_KEYS, "due_week", "on_order"])
    if inputs.previous_state is None or inputs.previous_state.empty:
        return empty
    week = pd.Timestamp(inputs.decision_week)
    state = inputs.previous_state
    moves = [state.loc[state["due_week"].notna(), [*_KEYS, "due_week", "on_order"]]]
    if inputs.previous_orders is not None and len(inputs.previous_orders):
        placed = inputs.previous_orders.loc[inputs.previous_orders["order_week"] == week - _WEEK]
        moves.append(placed[_KEYS].assign(due_week=placed["arrive_week"], on_order=placed["order_units"]))
    coming = pd.concat(moves, ignore_index=True).groupby([*_KEYS, "due_week"], as_index=False)["on_order"].sum()
    before = state.loc[state["due_week"].isna()].groupby(_KEYS)["on_hand"].sum()
    arrived = coming[coming["due_week"] < week].groupby(_KEYS)["on_order"].sum()
    sales = inputs.weekly_sales[inputs.weekly_sales["week"] == week - _WEEK].groupby(_KEYS)["units"].sum()
    lines = before.index.union(coming.set_index(_KEYS).index.unique())
    held = before.reindex(lines, fill_value=0) + arrived.reindex(lines, fill_value=0)
    moved = _moved(inputs.previous_transfers, held, week - _WEEK)
    lines = lines.union(moved.index)
    held = held.reindex(lines, fill_value=0) + moved.reindex(lines, fill_value=0)
    left = (held - sales.reindex(lines, fill_value=0)).clip(lower=0)
    on_hand = left.rename("on_hand").rename_axis(_KEYS).reset_index().assign(origin="carried")
    return on_hand, coming[coming["due_week"] >= week]


def _moved(transfers: pd.DataFrame | None, held: pd.Series, week: pd.Timestamp) -> pd.Series:
    """Units that each line, the warehouse's among them, gained in a week: no more than the warehouse held.

    Where a plan of an earlier week promised more, the first channels by name get theirs.
    """
    if transfers is None or transfers.empty:
        return pd.Series(0, held.index[:0])
    rows = transfers[transfers["week"] == week].sort_values(["product_id", "to_channel"])
    pool = held.reindex(
        pd.MultiIndex.from_arrays([rows["product_id"], rows["from_channel"]], names=_KEYS), fill_value=0
    )
    before = rows.groupby("product_id")["units"].cumsum() - rows["units"]
    units = np.clip(pool.to_numpy() - before.to_numpy(), 0, rows["units"].to_numpy())
    parts = [
        rows.assign(channel=rows[channel], moved=sign * units)[[*_KEYS, "moved"]]
        for channel, sign in (("to_channel", 1), ("from_channel", -1))
    ]
    return pd.concat(parts).groupby(_KEYS)["moved"].sum()


def _counted(inputs: StockInputs) -> tuple[pd.DataFrame, pd.DataFrame]:
    """On hand and outstanding orders of lines that were counted in the last known week."""
    if inputs.raw_inventory is None or inputs.raw_inventory.empty:
        return (
            pd.DataFrame(columns=[*_KEYS, "on_hand", "origin"]),
            pd.DataFrame(columns=[*_KEYS, "due_week", "on_order", "origin"]),
        )
    locations = inputs.raw_locations
    if locations is None:
        locations = pd.DataFrame(columns=["location_id", "channel", "time_zone"])
    week = pd.Timestamp(inputs.decision_week)
    on_hand, orders = counted_pools(inputs.raw_inventory, locations, inputs.shop_time_zone, week)
    return on_hand.assign(origin="counted"), orders.assign(origin="counted")
