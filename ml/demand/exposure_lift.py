"""What an exposure slot multiplies demand by: a week with a promoted place over a week without one.

Each product that was promoted is its own control: the units that it sold in its promoted weeks stand over those that as
many of its quiet weeks sold. Over the products of a category_2 and channel the sums are divided and pulled to the same
over the channel (`ml.pooling`). Where places come with price cuts, as in most shops, the cut is part of the lift.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from contracts.predictions import EXPOSURE_LIFT
from ml.pooling import pooled_ratio
from ml.splits import weeks_after

# Trailing weeks that are looked at: longer ones mix seasons.
WEEKS = 26
# Of a product fewer quiet weeks say too little about what it sells unpromoted.
FEWEST_QUIET = 4
# Fewer promoted products of a channel say nothing that a plan should heed.
FEWEST_PRODUCTS = 10
_LINE = ["product_id", "channel"]


def exposure_lift(
    demand_features: pd.DataFrame, launch_candidates: pd.DataFrame, week: pd.Timestamp, seed: int
) -> pd.DataFrame:
    """One row an open launch or planned product and channel, for one slot; none in a channel that hardly promotes.

    Args:
        demand_features: `DEMAND_FEATURES` of planned products in real channels, weeks before the decision week.
        launch_candidates: `LAUNCH_CANDIDATES` of the decision week.
        week: The decision week.
        seed: Of the draws.

    Returns:
        `EXPOSURE_LIFT`.
    """
    recent = demand_features[demand_features["week"] >= weeks_after(week, -WEEKS)]
    now = recent.loc[recent["week"] == weeks_after(week, -1), [*_LINE, "category_2"]]
    opening = launch_candidates[[*_LINE, "category_2"]]
    asked = pd.concat([opening, now], ignore_index=True).drop_duplicates(_LINE)
    shown, parts = promoted_weeks(recent), []
    for channel, own in shown.groupby("channel", sort=True):
        if len(own) < FEWEST_PRODUCTS or not own["quiet"].sum() > 0:
            continue
        names, group = np.unique(own["category_2"].fillna("").to_numpy(dtype=np.str_), return_inverse=True)
        above, below = (own[name].to_numpy(np.float64) for name in ("promoted", "quiet"))
        found = np.maximum(pooled_ratio(above, below, np.arange(len(own)), group.astype(np.int64), seed), 0.0)
        lines = asked[asked["channel"] == channel]
        at = pd.Index(names).get_indexer(pd.Index(lines["category_2"].fillna("").to_numpy(dtype=np.str_)))
        lift, low, high = found[:, at]
        told = {"slots": 1, "lift": lift, "low": np.minimum(low, lift), "high": np.maximum(high, lift)}
        rests_on = np.append(np.bincount(group, minlength=len(names)), 0)[at]
        parts.append(lines.assign(**told, products=len(own), category_products=rests_on))
    return _promised(parts, week)


def promoted_weeks(recent: pd.DataFrame) -> pd.DataFrame:
    """One row a product and channel that had promoted and enough quiet weeks: what it sold in the ones and the others.

    Args:
        recent: `DEMAND_FEATURES` of the weeks looked at.

    Returns:
        `product_id`, `channel`, `category_2`, `promoted` (units of promoted weeks), `quiet` (units of as many quiet ones).
    """
    is_shown = (recent["mailer_1"] > 0) | (recent["display_1"] > 0)
    units = recent["units_1"].astype("float64")
    weeks = recent[[*_LINE, "category_2"]].assign(
        shown=is_shown.astype("int64"),
        quiet_weeks=(~is_shown).astype("int64"),
        promoted=units.where(is_shown, 0.0),
        quiet=units.where(~is_shown, 0.0),
    )
    sums = {name: (name, "sum") for name in ("shown", "quiet_weeks", "promoted", "quiet")}
    lines = weeks.groupby(_LINE, as_index=False).agg(category_2=("category_2", "last"), **sums)
    lines = lines[(lines["shown"] > 0) & (lines["quiet_weeks"] >= FEWEST_QUIET)]
    return lines.assign(quiet=lines["quiet"] / lines["quiet_weeks"] * lines["shown"]).drop(
        columns=["shown", "quiet_weeks"]
    )


def _promised(parts: list[pd.DataFrame], week: pd.Timestamp) -> pd.DataFrame:
    names = EXPOSURE_LIFT.names()
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=names)
    kinds = {"varchar": "str", "double": "float64", "integer": "int64"}
    typed = frame.astype({c.name: kinds[c.type] for c in EXPOSURE_LIFT.columns if c.type in kinds})
    whole = typed.assign(decision_week=pd.Series(pd.Timestamp(week), typed.index, dtype="datetime64[us]"))
    return whole[names].sort_values(_LINE, ignore_index=True)
