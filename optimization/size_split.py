"""How a style's demand is split over its variants, where its units are planned by other shares than each is forecast.

Every quantile and mean of a line is multiplied by one factor a week, so that in each week the means of a style's lines in a
channel add up to what is forecast of them, in the shares that STYLE_SPLIT names. Other lines, and styles that are split as
forecast, keep their curves.

Lives here: curves of split demand. Does not live here: the shares (`ml/demand/style_split.py`), paths (`paths.py`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimization.instance import Floats

_KEYS = ["product_id", "channel"]


def split_factors(lines: pd.DataFrame, mean: Floats, style_split: pd.DataFrame) -> Floats:
    """What each line's week is multiplied by, 1 where its style is split as forecast (n, T).

    With r the share of a line over its forecast share, and m its mean: r_i·Σ_j m_j / Σ_j r_j·m_j over the style's lines.

    Args:
        lines: `product_id` and `channel` (n).
        mean: Units forecast by line and week (n, T).
        style_split: `STYLE_SPLIT`.
    """
    factor = np.ones_like(mean)
    names = pd.MultiIndex.from_frame(lines[_KEYS].astype(object))
    for _, own in style_split.groupby(["style_id", "channel"], sort=True):
        at = names.get_indexer(pd.MultiIndex.from_frame(own[_KEYS].astype(object)))
        ratio = (own["share"] / own["forecast_share"].clip(lower=1e-12)).to_numpy(float)[at >= 0]
        at = at[at >= 0]
        if not len(at) or np.allclose(ratio, 1.0, rtol=1e-9):
            continue
        split = (ratio[:, None] * mean[at]).sum(axis=0)
        factor[at] = ratio[:, None] * np.where(split > 0, mean[at].sum(axis=0) / np.where(split > 0, split, 1.0), 1.0)
    return factor
