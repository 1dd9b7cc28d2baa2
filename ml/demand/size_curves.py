r"""Size curves: how much more one size of a category sells than another, learned from what sold.

In a category c of parent p, n_z products of size z sold u_z units, U in all. With equal choice of all sizes, size z has a
share s_{c,z} of them; of products as they are, π_z ∝ n_z·s_{c,z}. Categories scatter about their parent,

    π_c ~ Dirichlet(k·m),   m_z ∝ n_z·s_{p,z},     u ~ Multinomial(U, π_c),     E[π_z | u] = (u_z + k·m_z) / (U + k)

and s_{c,z} ∝ s_{p,z}·E[π_z | u] / m_z. The strength k is one number a level, the most likely one over its categories: where
they differ no more than chance lets them k is large, and each has its parent's curve (Dirichlet-multinomial, empirical
Bayes; Minka 2000). Hits make categories differ beyond what sizes do, which k takes in, too. The parent of a category_1 is
the even curve over its sizes.

Lives here: the curves. Does not live here: whether a style's units follow them (`style_split.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.styles import SIZE_LEVELS as LEVELS

Floats = NDArray[np.float64]
# Weeks of sales that curves are learned from.
PAST_WEEKS = 52
_STRENGTHS = np.exp(np.linspace(np.log(0.5), np.log(1e5), 40))


@dataclass(frozen=True)
class SizeCurves:
    """Share of every size by category, the category named by its levels from the first down; strength by level.

    A category whose products sold nothing has none, and is answered for by its parent.
    """

    shares: Mapping[tuple[str, ...], pd.Series]
    strength: tuple[float, ...]

    def of(self, products: pd.DataFrame) -> Floats:
        """Share of each product's size in its category, the lowest known; NaN where no level knows the size.

        Args:
            products: LEVELS and `size`.
        """
        return np.array([self._of(row[:-1], row[-1]) for row in products[[*LEVELS, "size"]].itertuples(index=False)])

    def _of(self, levels: tuple[str, ...], size: str) -> float:
        for depth in range(len(levels), 0, -1):
            curve = self.shares.get(levels[:depth])
            if curve is not None and size in curve.index:
                return float(curve[size])
        return np.nan


def sized(products: pd.DataFrame) -> pd.DataFrame:
    """The products with the `size` that their attributes tell, None where they tell none."""
    told = [json.loads(text) if isinstance(text, str) else {} for text in products["attributes"]]
    sizes = [of.get("size") if isinstance(of, dict) else None for of in told]
    return products.assign(size=pd.Series([None if s is None else str(s) for s in sizes], products.index, dtype=object))


def size_curves(products: pd.DataFrame, weekly_sales: pd.DataFrame, week: pd.Timestamp) -> SizeCurves:
    """Curves from the sales of the year before a Monday.

    Args:
        products: LEVELS, `product_id` and `size`, see `sized`.
        weekly_sales: `product_id`, `week`, `units` of weeks with sales.
        week: The Monday.
    """
    since = week - pd.Timedelta(weeks=PAST_WEEKS)
    known = weekly_sales[(weekly_sales["week"] < week) & (weekly_sales["week"] >= since)]
    units = known.groupby("product_id")["units"].sum()
    sold = products[products["product_id"].isin(units.index) & products["size"].notna()]
    sold = sold.assign(units=sold["product_id"].map(units).astype(float))
    shares: dict[tuple[str, ...], pd.Series] = {}
    strength = []
    for depth in range(1, len(LEVELS) + 1):
        above = dict(shares)
        groups = sold.groupby(list(LEVELS[:depth]), sort=True)
        level = [(_named(name), _counts(own, above.get(_named(name)[:-1]))) for name, own in groups]
        k = _most_likely([counts for _, counts in level])
        strength.append(k)
        shares |= {name: _curve(counts, k) for name, counts in level}
    return SizeCurves(shares, tuple(strength))


def _named(name: object) -> tuple[str, ...]:
    return tuple(map(str, name)) if isinstance(name, tuple) else (str(name),)


def _counts(own: pd.DataFrame, parent: pd.Series | None) -> pd.DataFrame:
    """One row per size of the parent: `share` there, `products` and `units` of the category; even shares without one."""
    of_size = own.groupby("size")["units"].agg(["size", "sum"])
    if parent is None:
        parent = pd.Series(1.0 / len(of_size), of_size.index)
    counts = of_size.reindex(parent.index).fillna(0.0)
    return pd.DataFrame({"share": parent, "products": counts["size"], "units": counts["sum"]})


def _expected(counts: pd.DataFrame) -> Floats:
    """m: share of each size in the category's units by the parent's curve."""
    weight = (counts["share"] * counts["products"]).to_numpy(float)
    return np.asarray(weight / weight.sum())


def _most_likely(level: list[pd.DataFrame]) -> float:
    """k of a level, on a grid; the largest where no category has two sizes."""
    total = np.zeros(len(_STRENGTHS))
    for counts in level:
        mean, units = _expected(counts), counts["units"].to_numpy(float)
        if (mean > 0).sum() > 1:
            total += _log_likelihood(units[mean > 0], _STRENGTHS[:, None] * mean[mean > 0])
    return float(_STRENGTHS[len(total) - 1 - int(np.argmax(total[::-1]))])


def _log_likelihood(units: Floats, alpha: Floats) -> Floats:
    """Of Dirichlet-multinomial counts (z) under each row of α (k, z), without what α does not move."""
    from scipy.special import gammaln

    total, size = alpha.sum(axis=1), units.sum()
    return np.asarray(gammaln(total) - gammaln(total + size) + (gammaln(alpha + units) - gammaln(alpha)).sum(axis=1))


def _curve(counts: pd.DataFrame, k: float) -> pd.Series:
    """s of a category; sizes that it does not sell stay as the parent has them beside the others."""
    mean, units = _expected(counts), counts["units"].to_numpy(float)
    told = (units + k * mean) / (units.sum() + k)
    share = counts["share"].to_numpy(float) * np.where(mean > 0, told / np.where(mean > 0, mean, 1.0), 1.0)
    return pd.Series(share / share.sum(), counts.index)
