"""How the lists' places are spread over sellers and brands, beside what those sell.

Lists hold launches alone, so new against old has no meaning among them; where a list holds both, `rerank` sees to it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from contracts.recommendations import EXPOSURE_FAIRNESS, PURCHASE_WEEKS, UNKNOWN
from ml.response.recommend import no_rows

_COLUMNS = {"seller": "seller_id", "brand": "brand"}


def exposure_fairness(
    recommendations: pd.DataFrame,
    launches: pd.DataFrame,
    products: pd.DataFrame,
    weekly_sales: pd.DataFrame,
    decision_week: pd.Timestamp,
) -> pd.DataFrame:
    """`EXPOSURE_FAIRNESS`: each group with a launch that could be shown.

    A place of rank r counts `1 / log2(r + 1)`. Both shares are over the same groups, so that each sums to one: what
    the plan does not launch is the plan's choice, not that of the lists.

    Args:
        recommendations: As in `RECOMMENDATIONS`.
        launches: What the plan launches: product_id, channel, is_stocked.
        products: The shop's products: product_id, seller_id, brand.
        weekly_sales: Of the weeks before the decision: product_id, week, units.
        decision_week: Monday.
    """
    since = decision_week - pd.Timedelta(weeks=PURCHASE_WEEKS)
    recent = weekly_sales[(weekly_sales["week"] >= since) & (weekly_sales["week"] < decision_week)]
    units = recent.groupby("product_id")["units"].sum()
    weight = pd.Series(1.0 / np.log2(recommendations["rank"].to_numpy(dtype=np.float64) + 1.0))
    exposure = weight.groupby(recommendations["product_id"].to_numpy()).sum()
    if exposure.empty:
        return no_rows(EXPOSURE_FAIRNESS)
    eligible = set(launches.loc[launches["is_stocked"].astype(bool), "product_id"])
    known = products.sort_values("product_id").set_index("product_id")
    figures = known.assign(
        units=units.reindex(known.index).fillna(0.0),
        exposure=exposure.reindex(known.index).fillna(0.0),
        launches=known.index.isin(eligible),
    )
    made = [_shares(figures, kind).assign(group_kind=kind) for kind in _COLUMNS]
    rows = pd.concat(made, ignore_index=True).assign(decision_week=decision_week)
    return rows[EXPOSURE_FAIRNESS.names()].sort_values(list(EXPOSURE_FAIRNESS.grain), ignore_index=True)


def _shares(figures: pd.DataFrame, kind: str) -> pd.DataFrame:
    name = figures[_COLUMNS[kind]].astype("object")
    groups = figures.groupby(name.where(name.notna(), UNKNOWN).astype("str").to_numpy())
    sums = groups[["launches", "exposure", "units"]].sum()
    sums = sums[sums["launches"] > 0]
    bought = sums["units"].sum()
    exposure_share = sums["exposure"] / sums["exposure"].sum()
    purchase_share = sums["units"] / bought if bought > 0 else pd.Series(np.nan, index=sums.index)
    return pd.DataFrame(
        {
            "group_name": sums.index.astype("str"),
            "launches": sums["launches"].to_numpy(dtype=np.int64),
            "exposure_share": exposure_share.clip(upper=1.0).to_numpy(),
            "purchase_share": purchase_share.clip(upper=1.0).to_numpy(),
            "ratio": (exposure_share / purchase_share.where(purchase_share > 0)).to_numpy(),
        }
    )
