"""From frames to the question: gathers every promised frame of a decision week into a `LaunchInstance`.

Lives here: `PlanInputs` and `from_frames`. Does not live here: what the arrays mean (`instance.py`), terms of
supply (`terms.py`), limits of the whole plan (`limits.py`), what launches do to others (`effects.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from contracts.raw_supply import POOL
from optimization.effects import with_effects
from optimization.frozen import with_frozen
from optimization.hold_back import with_shared_stock
from optimization.instance import Ints, LaunchInstance
from optimization.limits import budgets, launch_caps, refuse_limits_not_planned_for, shelf_limits
from optimization.overrides import with_overrides
from optimization.terms import SupplyProfile, resolve_terms

ALL_CHANNELS = "all"
_KEYS = ["product_id", "channel"]


@dataclass(frozen=True)
class PlanInputs:
    """The frames that one decision week's plan is made of, each as its contract promises.

    Args:
        decision_week: The Monday on which it is decided.
        demand_paths: Paths of every planned product and open launch in every real channel.
        inventory_state: Stock at the week's start; lines without a row have none.
        demand_features: Planned products in the last known week, real channels and 'all'.
        launch_candidates: Open launches of this decision week.
        raw_supply_terms, raw_plan_limits: The shop's own, empty where the profile's hold.
        response_forecast: Rates of open launches, what a slot is worth.
        cannibalisation: What open launches take from others; may have no row.
        exposure_lift: What slots do to demand; may have no row.
        plan_override: What planners overruled; may have no row.
        plan_frozen: What the last plan set for weeks that are frozen; may have no row.
        style_split: Styles of open launches; may have no row.
        profile: What is assumed.
    """

    decision_week: pd.Timestamp
    demand_paths: pd.DataFrame
    inventory_state: pd.DataFrame
    demand_features: pd.DataFrame
    launch_candidates: pd.DataFrame
    raw_supply_terms: pd.DataFrame
    raw_plan_limits: pd.DataFrame
    response_forecast: pd.DataFrame
    cannibalisation: pd.DataFrame
    exposure_lift: pd.DataFrame
    plan_override: pd.DataFrame
    plan_frozen: pd.DataFrame
    style_split: pd.DataFrame
    profile: SupplyProfile = field(default_factory=SupplyProfile)

    @property
    def without_overrides(self) -> PlanInputs:
        """The same, had nobody overruled anything."""
        return replace(self, plan_override=self.plan_override.iloc[:0])

    @property
    def without_hold_back(self) -> PlanInputs:
        """The same, did the shared warehouse move at once all that it holds."""
        return replace(self, profile=replace(self.profile, second_allocation_weeks=0))


def from_frames(inputs: PlanInputs) -> LaunchInstance:
    """The week's question.

    Raises:
        ValueError: A line lacks its features, its candidate row or a finite figure; the message names the product.
    """
    return with_effects(inputs, overruled(inputs))


def overruled(inputs: PlanInputs) -> LaunchInstance:
    """The week's question with what is frozen and what planners overruled, before launches' effects."""
    return with_overrides(with_frozen(without_effects(inputs), inputs.plan_frozen), inputs.plan_override)


def without_effects(inputs: PlanInputs) -> LaunchInstance:
    """The week's question as a rule sees it that knows neither overrides nor frozen weeks, nor what launches do to others."""
    refuse_limits_not_planned_for(inputs.raw_plan_limits)
    lines, demand = _lines_and_demand(inputs.demand_paths)
    lines = _described(inputs, lines)
    weeks = demand.shape[2]
    opening, arrivals = _stock(inputs, lines[_KEYS], weeks)
    terms = resolve_terms(lines, inputs.raw_supply_terms, inputs.profile)
    categories, caps = launch_caps(inputs, lines)
    text = {name: lines[name].astype(str).to_numpy(dtype=np.str_) for name in ("product_id", "channel", "category_1")}
    whole = {name: lines[name].to_numpy(np.int64) for name in ("earliest", "latest", "planned_launch")}
    instance = LaunchInstance(
        decision_week=pd.Timestamp(inputs.decision_week).date().isoformat(),
        product_id=text["product_id"],
        channel=text["channel"],
        category=text["category_1"],
        is_launch=lines["is_launch"].to_numpy(bool),
        is_mandatory=(lines["is_mandatory"] & (lines["latest"] < weeks)).to_numpy(bool),
        demand=demand,
        price=lines["shelf_price"].to_numpy(float),
        unit_cost=terms["unit_cost"].to_numpy(float),
        leftover_value=terms["leftover_value"].to_numpy(float),
        hold=terms["hold"].to_numpy(float),
        penalty=terms["penalty"].to_numpy(float),
        launch_cost=terms["launch_cost"].to_numpy(float),
        # What would arrive after the horizon cannot be ordered in it, however long after.
        lead=np.minimum(terms["lead"].to_numpy(np.int64), weeks),
        pack=terms["pack"].to_numpy(np.int64),
        moq_packs=terms["moq_packs"].to_numpy(np.int64),
        opening=opening,
        arrivals=arrivals,
        pooled=np.zeros_like(arrivals),
        held_back=np.zeros_like(arrivals),
        earliest=np.where(whole["latest"] < 0, 1, np.maximum(whole["earliest"], 0)),
        latest=np.clip(whole["latest"], 0, weeks - 1),
        is_fixed=np.zeros(arrivals.shape, dtype=bool),
        fixed_packs=np.zeros_like(arrivals),
        held_packs=np.zeros_like(arrivals),
        pack_change=np.zeros(arrivals.shape),
        launch_change=np.zeros((len(lines), weeks + 1)),
        held_slots=np.zeros_like(arrivals),
        slot_change=np.zeros(arrivals.shape),
        budgets=np.zeros(weeks),
        capped_categories=categories,
        launch_caps=caps,
        planned_launch=np.maximum(whole["planned_launch"], 0),
        trailing_mean=lines["trailing_mean"].to_numpy(float),
        category_launch_units=lines["launch_units"].to_numpy(float),
        taken_worth=np.zeros(len(lines)),
        slot_lift=np.ones(len(lines)),
        most_shown=np.zeros(len(lines), dtype=np.int64),
        shelf=shelf_limits(inputs, text["channel"], terms["volume"].to_numpy(float), weeks),
        style=_styles(inputs, lines),
        seller=lines["seller_id"].fillna("").to_numpy(dtype=np.str_),
    )
    shared = _stock(inputs, lines[_KEYS].assign(channel=POOL), weeks)
    instance = with_shared_stock(instance, *shared, inputs.profile.second_allocation_weeks)
    return replace(instance, budgets=budgets(inputs, instance))


def _styles(inputs: PlanInputs, lines: pd.DataFrame) -> np.ndarray:
    """Style of each line, '' for none."""
    of_line = inputs.style_split.set_index(_KEYS)["style_id"].reindex(pd.MultiIndex.from_frame(lines[_KEYS]))
    return of_line.fillna("").to_numpy(dtype=np.str_)


def _lines_and_demand(demand_paths: pd.DataFrame) -> tuple[pd.DataFrame, Ints]:
    """One row per product-channel, sorted, and its units (n, S, T)."""
    if demand_paths.empty:
        raise ValueError("demand_paths: no row, so there is nothing to plan; forecast the decision week first")
    paths = demand_paths.sort_values([*_KEYS, "path"], kind="stable")
    count = paths.groupby(_KEYS, sort=False)["path"].size()
    if count.nunique() > 1:
        odd = count.index[count != count.mode().iloc[0]][0]
        raise ValueError(
            f"demand_paths: {odd[0]} in {odd[1]} has {count[odd]} paths, others {count.mode().iloc[0]}; "
            "draw the paths of every product in one call"
        )
    units = np.array(paths["units"].tolist(), dtype=np.int64)
    lines = paths.drop_duplicates(_KEYS)[[*_KEYS, "is_launch"]].reset_index(drop=True)
    return lines, units.reshape(len(lines), int(count.iloc[0]), -1)


def _described(inputs: PlanInputs, lines: pd.DataFrame) -> pd.DataFrame:
    """The lines with price, category, launch window and what a buyer's rule looks at. One row a line, same order."""
    own = inputs.demand_features[[*_KEYS, "category_1", "shelf_price", "units_mean_8", "units_26"]]
    total = own[own["channel"] == ALL_CHANNELS].drop(columns="channel")
    known = lines.merge(own.drop(columns="units_26"), how="left", on=_KEYS, validate="one_to_one")
    known = known.merge(total, how="left", on="product_id", suffixes=("", "_all"), validate="many_to_one")
    launch = inputs.launch_candidates[
        [
            *_KEYS,
            "category_1",
            "seller_id",
            "planned_price",
            "planned_week",
            "earliest_week",
            "latest_week",
            "is_mandatory",
            "launch_units_category_1",
        ]
    ]
    known = known.merge(launch, how="left", on=_KEYS, suffixes=("", "_new"), validate="one_to_one")
    is_launch = known["is_launch"].to_numpy(bool)
    _refuse(known, is_launch & known["planned_week"].isna().to_numpy(), "launch_candidates", "launches but has no row")
    _refuse(
        known,
        ~is_launch & known["units_26"].isna().to_numpy(),
        "demand_features",
        "has demand paths but no row 'all' in the last known week",
    )
    price = known["planned_price"].where(is_launch, known["shelf_price"].fillna(known["shelf_price_all"]))
    usual = price.groupby(known["category_1_new"].fillna(known["category_1_all"]).to_numpy()).transform("median")
    price = price.where(~(is_launch & price.isna().to_numpy()), usual.fillna(price.median()))
    _refuse(known, price.isna().to_numpy(), "demand_features", "has no shelf price")
    category = known["category_1_new"].where(is_launch, known["category_1"].fillna(known["category_1_all"]))
    launch_units = known["launch_units_category_1"].fillna(inputs.launch_candidates["launch_units_category_1"].mean())
    week = {name: _week_number(inputs, known[f"{name}_week"]) for name in ("planned", "earliest", "latest")}
    return known[[*_KEYS, "is_launch"]].assign(
        category_1=category.fillna("unknown"),
        shelf_price=price.astype(float),
        units_26=known["units_26"].where(~is_launch, 0.0).fillna(0.0),
        trailing_mean=known["units_mean_8"].where(~is_launch, 0.0).fillna(0.0),
        launch_units=launch_units.where(is_launch, 0.0).fillna(0.0),
        is_mandatory=known["is_mandatory"].eq(True) & is_launch,
        planned_launch=week["planned"],
        earliest=week["earliest"],
        latest=week["latest"],
        seller_id=known["seller_id"],
    )


def _week_number(inputs: PlanInputs, when: pd.Series) -> pd.Series:
    """Weeks from the decision week; 0 for established lines."""
    return ((when - pd.Timestamp(inputs.decision_week)).dt.days // 7).fillna(0).astype(int)


def _refuse(lines: pd.DataFrame, wrong: np.ndarray, table: str, what: str) -> None:
    """Raises for the first line at fault."""
    if wrong.any():
        first = lines.loc[wrong, _KEYS].iloc[0]
        raise ValueError(
            f"{table}: product {first['product_id']} in channel {first['channel']} {what} "
            f"({int(wrong.sum())} lines); make the tables of one decision week together"
        )


def _stock(inputs: PlanInputs, places: pd.DataFrame, weeks: int) -> tuple[Ints, Ints]:
    """Units on hand (n) and arriving by week (n, T) of each product and channel; a place that is named twice has twice.

    Orders due beyond the horizon are left out.
    """
    names = pd.MultiIndex.from_frame(places)
    known = names.unique()
    state = inputs.inventory_state
    at = known.get_indexer(pd.MultiIndex.from_frame(state[_KEYS]))
    due = np.maximum(((state["due_week"] - pd.Timestamp(inputs.decision_week)).dt.days // 7).to_numpy(float), 0)
    opening, arrivals = np.zeros(len(known), dtype=np.int64), np.zeros((len(known), weeks), dtype=np.int64)
    held = at >= 0
    np.add.at(opening, at[held], state["on_hand"].to_numpy(np.int64)[held])
    coming = held & (due < weeks)
    np.add.at(arrivals, (at[coming], due[coming].astype(int)), state["on_order"].to_numpy(np.int64)[coming])
    of_place = known.get_indexer(names)
    return opening[of_place], arrivals[of_place]
