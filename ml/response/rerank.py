"""A floor under the exposure of new items, at the least loss of score.

A place of rank r weighs `w_r = 1 / log2(r + 1)`, 0 beyond the places that are shown. Orders of all lists together are
sought that maximise `Σ w·score` while new items hold at least a share `f` of all weight. The Lagrangian of that,

    L(λ) = max over orders of  Σ w·(score + λ·is_new)  −  λ·f·Σ w,

falls apart into lists, and each is sorted by `score + λ·is_new`, since weights fall with the rank. The weight of new
items grows with `λ`, so the least bonus that keeps the floor is found by bisection. On either side of it, single lists
differ; as few of them as the floor asks for change sides. What comes out loses no more than any orders with as much
exposure, so it is exact up to the last list that changed; and since no `L(λ)` is below the best value there is,
`bound` says how little any orders that keep the floor could lose.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_HALVINGS = 100
_SLACK = 1e-9


@dataclass(frozen=True)
class Reranked:
    """The new orders and their price.

    Args:
        rows: The rows given, by list and `rank`, with `rank_before`, that by score alone.
        exposure: Share of the weight of all places that new items hold.
        exposure_before: The same by score alone.
        loss: `Σ w·score` that was given up.
        bound: No orders that keep the floor give up less.
        ndcg: NDCG of the shown places, the mean over lists with a label above 0; None where there is none.
        ndcg_before: The same by score alone.
    """

    rows: pd.DataFrame
    exposure: float
    exposure_before: float
    loss: float
    bound: float
    ndcg: float | None
    ndcg_before: float | None

    @property
    def ndcg_price(self) -> float | None:
        """NDCG that the floor costs."""
        return None if self.ndcg is None or self.ndcg_before is None else self.ndcg_before - self.ndcg


def rerank(rows: pd.DataFrame, floor: float, length: int) -> Reranked:
    """Move new items up until they hold a share of the exposure, giving up as little score as that takes.

    Args:
        rows: One row an item of a list: list_id, item_id, score, is_new, and label (gain, at least 0) where it is known.
        floor: Least share of the exposure of all lists together, in [0, 1].
        length: Places of a list that are shown.

    Raises:
        ValueError: No order keeps the floor: there are too few new items.
    """
    lists = _Lists.of(rows, length)
    total = float(lists.weight.sum())
    wanted = floor * total
    before = lists.order(0.0)
    low, high = 0.0, float(np.ptp(lists.score)) + 1.0 if len(rows) else 1.0
    most = lists.exposure(lists.order(high))
    if most < wanted - _SLACK:
        raise ValueError(f"new items can hold {most / total:.3f} of the exposure at most, less than the floor {floor}")
    after, bound = before, 0.0
    if lists.exposure(before) < wanted - _SLACK:
        for _ in range(_HALVINGS):
            middle = (low + high) / 2.0
            if middle in (low, high):
                break
            is_enough = lists.exposure(lists.order(middle)) >= wanted - _SLACK
            low, high = (low, middle) if is_enough else (middle, high)
        sides = [(price, lists.order(price)) for price in (low, high)]
        after = lists.some_of(sides[0][1], sides[1][1], wanted)
        duals = [lists.value(order) + price * (lists.exposure(order) - wanted) for price, order in sides]
        bound = max(0.0, lists.value(before) - min(duals))
    return Reranked(
        rows=lists.ranked(rows, before, after),
        exposure=lists.exposure(after) / total if total else 0.0,
        exposure_before=lists.exposure(before) / total if total else 0.0,
        loss=lists.value(before) - lists.value(after),
        bound=bound,
        ndcg=lists.ndcg(after),
        ndcg_before=lists.ndcg(before),
    )


def most_exposure(rows: pd.DataFrame, length: int) -> float:
    """The largest floor that some orders keep: new items first in every list.

    Args:
        rows: As of `rerank`.
        length: Places of a list that are shown.
    """
    lists = _Lists.of(rows, length)
    total = float(lists.weight.sum())
    return lists.exposure(lists.order(float(np.ptp(lists.score)) + 1.0)) / total if total else 0.0


@dataclass(frozen=True)
class _Lists:
    """Lists laid one after the other; an order names the row in each place, list by list.

    Args:
        number: List of each row, from 0 (n).
        item: Number of each row's item, by name: ties go to the first (n).
        score: Score of each row (n).
        is_new: 1.0 where the item is new (n).
        label: Gain of each row; None where none is known (n).
        of_place: List of each place (n).
        weight: Weight of each place (n).
    """

    number: Ints
    item: Ints
    score: Floats
    is_new: Floats
    label: Floats | None
    of_place: Ints
    weight: Floats

    @classmethod
    def of(cls, rows: pd.DataFrame, length: int) -> _Lists:
        number, item = (
            np.asarray(pd.factorize(rows[name], sort=True)[0], dtype=np.int64) for name in ("list_id", "item_id")
        )
        of_place = np.sort(number)
        rank = np.arange(len(rows)) - np.searchsorted(of_place, of_place) + 1
        return cls(
            number=number,
            item=item,
            score=rows["score"].to_numpy(dtype=np.float64),
            is_new=rows["is_new"].to_numpy(dtype=np.float64),
            label=rows["label"].to_numpy(dtype=np.float64) if "label" in rows else None,
            of_place=of_place,
            weight=np.where(rank <= length, 1.0 / np.log2(rank + 1.0), 0.0),
        )

    def order(self, bonus: float) -> Ints:
        """Each list sorted by `score + bonus·is_new`."""
        return np.lexsort((self.item, -(self.score + bonus * self.is_new), self.number))

    def exposure(self, order: Ints) -> float:
        """Weight that new items hold."""
        return float((self.weight * self.is_new[order]).sum())

    def value(self, order: Ints) -> float:
        """`Σ w·score`."""
        return float((self.weight * self.score[order]).sum())

    def some_of(self, less: Ints, more: Ints, wanted: float) -> Ints:
        """The order `less` with those lists of `more` that the weight wanted takes: the one with the smallest gain that
        is enough; while none is, the one with the largest."""
        gain = np.bincount(self.of_place, self.weight * (self.is_new[more] - self.is_new[less]))
        need, is_moved = wanted - self.exposure(less), np.zeros(len(gain), dtype=bool)
        by_gain = np.argsort(-gain, kind="stable")
        by_gain = by_gain[gain[by_gain] > 0]
        for place, largest in enumerate(by_gain):
            if need <= _SLACK:
                break
            left = by_gain[place:]
            enough = left[gain[left] >= need - _SLACK]
            chosen = enough[-1] if len(enough) else largest
            is_moved[chosen] = True
            need -= gain[chosen]
        return np.where(is_moved[self.of_place], more, less)

    def ranked(self, rows: pd.DataFrame, before: Ints, after: Ints) -> pd.DataFrame:
        """The rows as `after` has them, with their ranks."""
        rank = np.arange(len(rows)) - np.searchsorted(self.of_place, self.of_place) + 1
        was = np.empty(len(rows), dtype=np.int64)
        was[before] = rank
        return rows.iloc[after].assign(rank=rank, rank_before=was[after]).reset_index(drop=True)

    def ndcg(self, order: Ints) -> float | None:
        """Mean over lists with a label above 0 of `Σ w·label` over the most that it could be."""
        if self.label is None:
            return None
        best = np.lexsort((-self.label, self.number))
        got, most = (np.bincount(self.of_place, self.weight * self.label[o]) for o in (order, best))
        return float((got[most > 0] / most[most > 0]).mean()) if (most > 0).any() else None
