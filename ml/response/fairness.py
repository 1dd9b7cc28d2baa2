"""How the lists' places are spread over sellers, brands, and new and established products, beside what those sell."""

from __future__ import annotations

import numpy as np
import pandas as pd

from contracts.recommendations import ESTABLISHED, EXPOSURE_FAIRNESS, NEW, PURCHASE_WEEKS, UNKNOWN
from ml.frames import no_rows
from ml.response.newness import is_new

_COLUMNS = {"seller": "seller_id", "brand": "brand"}
# A product of a history's first weeks may have sold before them.
_SETTLED_WEEKS = 8


def exposure_fairness(
    recommendations: pd.DataFrame,
    eligible: set[str],
    products: pd.DataFrame,
    weekly_sales: pd.DataFrame,
    decision_week: pd.Timestamp,
) -> pd.DataFrame:
    """`EXPOSURE_FAIRNESS`: each group with a product that could be shown.

    A place of rank r counts `1 / log2(r + 1)`. Both shares are over the same groups, so that each sums to one: what
    the plan does not launch is the plan's choice, not that of the lists. What a unit is of, new or established, is that
    of the week in which it sold.

    Args:
        recommendations: As in `RECOMMENDATIONS`.
        eligible: Products that could be shown.
        products: The shop's products: product_id, seller_id, brand.
        weekly_sales: All weeks before the decision: product_id, week, units (above 0).
        decision_week: Monday.
    """
    if recommendations.empty:
        return no_rows(EXPOSURE_FAIRNESS)
    recent = _recent(weekly_sales, decision_week)
    weight = 1.0 / np.log2(recommendations["rank"].to_numpy(dtype=np.float64) + 1.0)
    shown = recommendations.assign(exposure=weight, age=np.where(recommendations["is_new"], NEW, ESTABLISHED))
    known = products.sort_values("product_id").set_index("product_id")
    figures = known.assign(
        units=recent.groupby("product_id")["units"].sum().reindex(known.index).fillna(0.0),
        exposure=shown.groupby("product_id")["exposure"].sum().reindex(known.index).fillna(0.0),
        products=known.index.isin(list(eligible)),
    )
    made = [_shares(_by(figures, name)).assign(group_kind=kind) for kind, name in _COLUMNS.items()]
    ages = pd.DataFrame(
        {
            "units": recent.groupby("age")["units"].sum(),
            "exposure": shown.groupby("age")["exposure"].sum(),
            "products": shown.groupby("age")["product_id"].nunique(),
        }
    )
    made.append(_shares(ages.fillna(0.0).rename_axis("group")).assign(group_kind="age"))
    rows = pd.concat(made, ignore_index=True).assign(decision_week=decision_week)
    return rows[EXPOSURE_FAIRNESS.names()].sort_values(list(EXPOSURE_FAIRNESS.grain), ignore_index=True)


def new_share(weekly_sales: pd.DataFrame, decision_week: pd.Timestamp) -> float:
    """Share of the units of the trailing weeks that were of products then in their first eight weeks; 0 without sales.

    Args:
        weekly_sales: All weeks before the decision: product_id, week, units (above 0).
        decision_week: Monday.
    """
    units = _recent(weekly_sales, decision_week).groupby("age")["units"].sum()
    return float(units.get(NEW, 0.0) / units.sum()) if units.sum() > 0 else 0.0


def _recent(weekly_sales: pd.DataFrame, decision_week: pd.Timestamp) -> pd.DataFrame:
    """Sales of the trailing weeks with the `age` of the product then."""
    before = weekly_sales[weekly_sales["week"] < decision_week]
    first = before.groupby("product_id")["week"].min()
    settled = before["week"].min() + pd.Timedelta(weeks=_SETTLED_WEEKS)
    recent = before[before["week"] >= decision_week - pd.Timedelta(weeks=PURCHASE_WEEKS)]
    began = first.reindex(recent["product_id"]).set_axis(recent.index)
    fresh = (began >= settled) & is_new((recent["week"] - began).dt.days / 7)
    return recent.assign(age=np.where(fresh, NEW, ESTABLISHED))


def _by(figures: pd.DataFrame, name: str) -> pd.DataFrame:
    """Sums by the values of a column, those without a product that could be shown left out."""
    values = figures[name].astype("object")
    groups = figures.groupby(values.where(values.notna(), UNKNOWN).astype("str").to_numpy())
    sums = groups[["products", "exposure", "units"]].sum()
    return sums[sums["products"] > 0]


def _shares(sums: pd.DataFrame) -> pd.DataFrame:
    bought = sums["units"].sum()
    exposure_share = sums["exposure"] / sums["exposure"].sum()
    purchase_share = sums["units"] / bought if bought > 0 else pd.Series(np.nan, index=sums.index)
    return pd.DataFrame(
        {
            "group_name": sums.index.astype("str"),
            "products": sums["products"].to_numpy(dtype=np.int64),
            "exposure_share": exposure_share.clip(upper=1.0).to_numpy(),
            "purchase_share": purchase_share.clip(upper=1.0).to_numpy(),
            "ratio": (exposure_share / purchase_share.where(purchase_share > 0)).to_numpy(),
        }
    )
