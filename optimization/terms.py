"""On what terms a product is supplied: what the shop says, else its category, else the default, else the profile.

Lives here: the profile's assumptions (`SupplyProfile`), their resolution per product-channel, and how
they read in words. Does not live here: limits of the whole plan (`limits.py`), stock (`stock.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

_ROW_TERMS = [
    "unit_cost",
    "cost_rate",
    "lead_weeks",
    "moq_units",
    "pack_units",
    "holding_rate_week",
    "salvage_rate",
    "shortage_penalty_rate",
    "launch_cost",
    "storage_volume",
]


@dataclass(frozen=True)
class SupplyProfile:
    """Terms and limits assumed where a source brings none.

    Args:
        cost_rate: Unit cost as a share of the shelf price.
        holding_rate_week: Holding cost of a unit and week, as a share of unit cost.
        salvage_rate: Value of a launched unit left at the end, as a share of unit cost.
        shortage_penalty_rate: Penalty of a unit unmet, as a share of unit margin.
        launch_cost_margins: Launch cost in one channel, in median unit margins of what its category_1 sells already.
        lead_weeks: Weeks from order to arrival.
        pack_units: Units in a pack of a product that sells at least `pack_from_units_26`.
        pack_from_units_26: Units of the trailing 26 weeks, all channels, from which packs apply.
        budget_share: Weekly budget as a share of what ordering the mean forecast would spend.
        launch_share: Share of a category_1's candidates (product-channels) that may launch.
        slots_per_channel_week: Exposure slots of one channel and week.
        exposure_weeks: Weeks of a launch, from its first, that may take a slot.
        second_allocation_weeks: Weeks after which the shared warehouse gives out what it held back until then; 0: it holds
            nothing back.
        currency: ISO code of all money.
    """

    cost_rate: float = 0.72
    holding_rate_week: float = 0.004
    salvage_rate: float = 0.40
    shortage_penalty_rate: float = 0.10
    launch_cost_margins: float = 5.0
    lead_weeks: int = 2
    pack_units: int = 6
    pack_from_units_26: int = 26
    budget_share: float = 0.85
    launch_share: float = 0.5
    slots_per_channel_week: int = 40
    exposure_weeks: int = 2
    second_allocation_weeks: int = 0
    currency: str = "USD"


def assumptions(lines: pd.DataFrame, raw_supply_terms: pd.DataFrame | None, profile: SupplyProfile) -> dict[str, str]:
    """Terms of supply that the plan assumed because the source lacks them: name of the term to a sentence.

    Terms of the shop's own settle all of theirs but the cost of rows that name neither cost nor rate; what no line
    took from the profile is not named.

    Args:
        lines: Columns product_id, category_1, as planned.
        raw_supply_terms: The shop's terms, or None.
        profile: What is assumed.
    """
    found = shop_terms(lines, raw_supply_terms)
    said: dict[str, str] = {}
    if found[["unit_cost", "cost_rate"]].isna().all(axis=1).any():
        said["unit cost"] = f"{profile.cost_rate:.0%} of the shelf price"
    if not found.isna().all(axis=1).any():
        return said
    return said | {
        "holding": f"{profile.holding_rate_week:.1%} of unit cost a week",
        "salvage": f"a launched unit left at the end is worth {profile.salvage_rate:.0%} of its cost; "
        "an established one its cost",
        "shortage penalty": f"{profile.shortage_penalty_rate:.0%} of the unit margin per unit unmet",
        "launch cost": f"{profile.launch_cost_margins:g} times the median unit margin of what the category "
        "sells already, per channel",
        "lead time": f"{profile.lead_weeks} weeks",
        "packs": f"of {profile.pack_units} for products with {profile.pack_from_units_26} units or more in the "
        "trailing 26 weeks, singles for the rest",
    }


def resolve_terms(lines: pd.DataFrame, raw_supply_terms: pd.DataFrame | None, profile: SupplyProfile) -> pd.DataFrame:
    """Terms of supply, one row per line of `lines`, in its order.

    The whole row of terms comes from the first that exists: the product's, its category_1's, the default's,
    the profile's. A row with neither unit cost nor cost rate takes the profile's cost rate.

    Args:
        lines: Columns product_id, category_1, shelf_price, units_26 (all channels, 0 for a launch), is_launch.
        raw_supply_terms: The shop's terms, or None.
        profile: What is assumed.

    Returns:
        Columns unit_cost, lead, pack, moq_packs, hold (money a unit and week), leftover_value, penalty, launch_cost,
        volume (of a unit; NaN where nothing says it).
    """
    found = shop_terms(lines, raw_supply_terms)
    price = lines["shelf_price"].to_numpy(float)
    cost_rate = found["cost_rate"].fillna(profile.cost_rate).to_numpy(float)
    unit_cost = found["unit_cost"].astype(float).fillna(pd.Series(price * cost_rate, found.index)).to_numpy()
    margin = price - unit_cost
    packed = lines["units_26"].to_numpy(float) >= profile.pack_from_units_26
    pack = found["pack_units"].fillna(pd.Series(np.where(packed, profile.pack_units, 1), found.index)).to_numpy(int)
    salvage = found["salvage_rate"].fillna(profile.salvage_rate).to_numpy(float) * unit_cost
    penalty = found["shortage_penalty_rate"].fillna(profile.shortage_penalty_rate).to_numpy(float) * margin
    return pd.DataFrame(
        {
            "unit_cost": unit_cost,
            "lead": found["lead_weeks"].fillna(profile.lead_weeks).to_numpy(int),
            "pack": pack,
            "moq_packs": -(-found["moq_units"].fillna(0).to_numpy(int) // pack),
            "hold": found["holding_rate_week"].fillna(profile.holding_rate_week).to_numpy(float) * unit_cost,
            "leftover_value": np.where(lines["is_launch"].to_numpy(bool), salvage, unit_cost),
            "penalty": np.maximum(penalty, 0.0),
            "launch_cost": found["launch_cost"]
            .astype(float)
            .fillna(pd.Series(_assumed_launch_cost(lines, margin, profile), found.index))
            .to_numpy(),
            "volume": found["storage_volume"].to_numpy(float),
        },
        index=lines.index,
    )


def longest_lead(raw_supply_terms: pd.DataFrame, profile: SupplyProfile) -> int:
    """Longest lead time in weeks, over all terms that the shop delivered and those assumed of the rest.

    Of all terms, not of the week's products alone: every week of a shop then looks equally far.
    """
    return max([profile.lead_weeks, *raw_supply_terms["lead_weeks"].astype(int).tolist()])


def shop_terms(lines: pd.DataFrame, raw_supply_terms: pd.DataFrame | None) -> pd.DataFrame:
    """The shop's row of terms per line, all NaN where it has none. Terms hold one row a product or category."""
    blank = pd.DataFrame(np.nan, index=range(len(lines)), columns=_ROW_TERMS)
    if raw_supply_terms is None or raw_supply_terms.empty:
        return blank
    terms = raw_supply_terms.reindex(columns=["product_id", "category_1", *_ROW_TERMS])
    terms = terms.astype(dict.fromkeys(_ROW_TERMS, float))
    of_product = terms[terms["product_id"].notna()].drop_duplicates("product_id").set_index("product_id")
    rest = terms[terms["product_id"].isna()]
    of_category = rest[rest["category_1"].notna()].drop_duplicates("category_1").set_index("category_1")
    default = rest[rest["category_1"].isna()].head(1)
    found = blank.astype(float)
    if len(default):
        found.loc[:, _ROW_TERMS] = np.repeat(default[_ROW_TERMS].to_numpy(float), len(lines), axis=0)
    for table, key in ((of_category, "category_1"), (of_product, "product_id")):
        hit = lines[key].isin(table.index).to_numpy()
        if hit.any():
            found.loc[hit, _ROW_TERMS] = table.loc[lines.loc[hit, key], _ROW_TERMS].to_numpy(float)
    return found


def _assumed_launch_cost(lines: pd.DataFrame, margin: np.ndarray, profile: SupplyProfile) -> np.ndarray:
    """Launch cost per line: so many median unit margins of what its category_1 sells already.

    Candidates do not count, so that one more candidate changes no other's cost; a category that sells nothing yet
    takes its candidates' own median.
    """
    category = lines["category_1"].fillna("").to_numpy()
    own = pd.Series(margin).where(~lines["is_launch"].to_numpy(bool)).groupby(category).transform("median")
    every = pd.Series(margin).groupby(category).transform("median")
    return np.maximum(profile.launch_cost_margins * own.fillna(every).to_numpy(), 0.0)
