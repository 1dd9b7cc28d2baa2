"""What launches take from products like them: units that a substitute loses per unit that a launch sells.

A past launch's substitutes are followed for 8 weeks before and after it. What they then sell less than they would have,
had they changed as the rest of their category_2 did, is what they lost (difference in differences). Over the launches of
a category_1 losses are divided by what was launched, `t = Σ loss / Σ units`, and pulled to the same over all launches by
how far chance moves `t` beside how far categories differ (empirical Bayes, as in DerSimonian & Laird 1986). How far
chance moves the outcome is drawn anew from past launches, those of a category_2 together (bootstrap by clusters).

Which frames are read is the caller's business.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.predictions import CANNIBALISATION
from ml.demand.substitutes import FOLLOWED, Followed, Shelf

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# Fewer past launches say nothing that a plan should heed.
FEWEST_LAUNCHES = 10
_DRAWS = 500
_INTERVAL = (0.05, 0.95)


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
    taken = np.clip(pooled(past, group, len(names), seed), 0.0, 1.0)
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


def pooled(past: Followed, group: Ints, groups: int, seed: int) -> Floats:
    """Units lost per unit launched by group, and of a group without launches; not held to any bounds.

    Args:
        past: Launches that are over.
        group: Group of each, from 0.
        groups: How many there are.
        seed: Of the draws.

    Returns:
        Shape (3, groups + 1): the estimate, and the ends of its 90 % interval.
    """
    rng = np.random.default_rng(seed)
    names, cluster = np.unique(past.cluster, return_inverse=True)
    drawn = rng.multinomial(len(names), np.full(len(names), 1.0 / len(names)), _DRAWS)
    times = np.vstack([np.ones(len(cluster)), drawn[:, cluster]])
    parts = np.stack(
        [np.ones(len(cluster)), past.loss, past.units, past.loss**2, past.loss * past.units, past.units**2], axis=1
    )
    members = np.eye(groups)[group]
    found = _shrunk(np.einsum("bl,lg,lk->bgk", times, members, parts, optimize=True))
    return np.vstack([found[0], np.quantile(found[1:], _INTERVAL, axis=0)])


def _shrunk(sums: Floats) -> Floats:
    """Takes by draw and group, the mean last; from sums (draws, groups, 6) of 1, l, u, l², l·u and u²."""
    count, loss, units, loss_2, both, units_2 = np.moveaxis(sums, -1, 0)
    mean = (loss.sum(axis=1) / units.sum(axis=1))[:, None]
    own = np.where(units > 0, loss / np.where(units > 0, units, 1.0), mean)
    strayed = np.maximum(loss_2 - 2 * own * both + own**2 * units_2, 0.0).sum(axis=1)
    freedom = np.maximum(count.sum(axis=1) - (count > 0).sum(axis=1), 1.0)
    variance = (strayed / freedom)[:, None] * count / np.where(units > 0, units, np.inf) ** 2
    weight = np.where(variance > 0, 1.0 / np.where(variance > 0, variance, 1.0), 0.0)
    total = weight.sum(axis=1)
    spread = (weight * (own - mean) ** 2).sum(axis=1) - ((weight > 0).sum(axis=1) - 1)
    scale = total - np.divide((weight**2).sum(axis=1), total, out=np.zeros_like(total), where=total > 0)
    between = np.maximum(np.divide(spread, scale, out=np.zeros_like(total), where=scale > 0), 0.0)[:, None]
    pull = np.where(variance + between > 0, between / np.where(variance + between > 0, variance + between, 1.0), 0.0)
    return np.hstack([pull * own + (1.0 - pull) * mean, mean])


def _promised(rows: list[tuple[object, ...]], week: pd.Timestamp) -> pd.DataFrame:
    names = CANNIBALISATION.names()
    frame = pd.DataFrame(rows, columns=names[1:])
    kinds = {"varchar": "str", "double": "float64", "integer": "int64"}
    typed = frame.astype({c.name: kinds[c.type] for c in CANNIBALISATION.columns if c.name in frame})
    return typed.assign(decision_week=pd.Series(pd.Timestamp(week), typed.index, dtype="datetime64[us]"))[names]
