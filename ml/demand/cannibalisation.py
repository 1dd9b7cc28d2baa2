"""What launches take from products like them: units that a substitute loses per unit that a launch sells.

A past launch's substitutes are followed for 8 weeks before and after it. What they then sell less than they would have,
had they changed as the rest of their category_2 did, is what they lost (difference in differences). Over the launches of
a category_1 losses are divided by what was launched and pulled to the same over all launches (`ml.pooling`); launches of
a category_2 are drawn together.

Which frames are read is the caller's business.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from contracts.predictions import CANNIBALISATION
from ml.demand.substitutes import FOLLOWED, Shelf
from ml.pooling import pooled_ratio

# Fewer past launches say nothing that a plan should heed.
FEWEST_LAUNCHES = 10


def cannibalisation(
    shelf: Shelf, launch_candidates: pd.DataFrame, first_sales: pd.DataFrame, week: pd.Timestamp, seed: int
) -> pd.DataFrame:
    """One row an open launch and product that it takes units from; none where too few launches are over.

    What a launch takes in total is shared among its substitutes by what they sold in the weeks before.

    Args:
        shelf: What was listed and wanted, as the decision week knows it.
        launch_candidates: `LAUNCH_CANDIDATES` of the decision week and of those before.
        first_sales: `FIRST_SALES` known by it.
        week: The decision week.
        seed: Of the draws.

    Returns:
        `CANNIBALISATION`.
    """
    known = [frame for frame in (launch_candidates, first_sales) if len(frame)]
    past = shelf.follow(shelf.begun(pd.concat(known), week)) if known else None
    if past is None or len(past.loss) < FEWEST_LAUNCHES:
        return _promised([], week)
    opening = shelf.opening(launch_candidates[launch_candidates["decision_week"] == week], week)
    names, group = np.unique(past.category_1, return_inverse=True)
    taken = np.clip(pooled_ratio(past.loss, past.units, past.cluster, group, seed), 0.0, 1.0)
    rows: list[tuple[object, ...]] = []
    for at, row in enumerate(opening.row):
        own = shelf.substitutes(opening, at)
        is_own = past.category_1 == shelf.category_1[row]
        place = group[is_own][0] if is_own.any() else len(names)
        before = shelf.sold(own, int(opening.number[at]) - FOLLOWED)
        share = before / before.sum() if before.sum() > 0 else np.full(len(own), 1.0 / max(len(own), 1))
        rows += [
            (shelf.products[row], shelf.products[other], *(taken[:, place] * part), len(group), int(is_own.sum()))
            for other, part in zip(own, share, strict=True)
        ]
    return _promised(rows, week)


def _promised(rows: list[tuple[object, ...]], week: pd.Timestamp) -> pd.DataFrame:
    names = CANNIBALISATION.names()
    frame = pd.DataFrame(rows, columns=names[1:])
    kinds = {"varchar": "str", "double": "float64", "integer": "int64"}
    typed = frame.astype({c.name: kinds[c.type] for c in CANNIBALISATION.columns if c.name in frame})
    return typed.assign(decision_week=pd.Series(pd.Timestamp(week), typed.index, dtype="datetime64[us]"))[names]
