r"""Freshness and fairness of a plan's exposure, from 0 to 1, and what a solve under a worth of slots proves of them.

With s_i the slots of line i, m_i what it could use at most, M = Σ_i m_i, and U what there is for candidates, in each channel
and week no more than can use it:

    freshness   H = Σ_i s_i / M                              share of all candidates' first weeks that are shown
    fairness    J = Σ_q min(s_q, t_q) / U,  t_q = U·m_q/M    share of what would be even that sellers get

t_q are the slots of seller q were they dealt out like candidates; products of unknown sellers are one. J is 1 where every
seller has them, and never above. For any p_q from 0 to 1, min(s_q, t_q) ≤ p_q·s_q + (1 − p_q)·t_q, so that a solve under the
worths κ_i = a/M + b·p_q(i)/U (`tilt.py`), whose bound is B, proves of every plan

    … + a·H + b·J ≤ B + b·Σ_q (1 − p_q)·t_q / U

Where nothing can be shown (M = 0, or U = 0) a value is 1 whatever is planned; no worth of slots says anything of it, and it
has no part in a cut.

Lives here: both values, and these sums. Does not live here: how an aim uses them (`objectives.py`, `mix.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.instance import Floats, Ints, LaunchInstance
from optimization.slots import could_be_shown, slots_at_most


@dataclass(frozen=True)
class ExposureAims:
    """What freshness and fairness are counted against.

    Args:
        seller: Number of each line's seller, of those with a candidate that can be shown, -1 for other lines (n).
        even: t, slots of each seller were they dealt out like candidates (q).
        most: M, slots that candidates could use.
        there: U, slots that there are for them.
    """

    seller: Ints
    even: Floats
    most: float
    there: float

    @classmethod
    def of(cls, instance: LaunchInstance) -> ExposureAims:
        """Those of a question."""
        own = slots_at_most(instance).astype(np.float64)
        can = np.flatnonzero(own > 0)
        seller = np.full(instance.n, -1, dtype=np.int64)
        _, seller[can] = np.unique(instance.seller[can], return_inverse=True)
        most, there = float(own.sum()), _there(instance, own)
        even = np.bincount(seller[can], own[can]) * (there / max(most, 1e-12))
        return cls(seller, even.astype(np.float64), most, there)

    def freshness(self, slots: Ints) -> float:
        """H of these slots by line (n); 1 where nothing can be shown."""
        return float(slots.sum()) / self.most if self.most else 1.0

    def fairness(self, slots: Ints) -> float:
        """J of these slots by line (n); 1 where nothing can be shown."""
        can = self.seller >= 0
        given = np.bincount(self.seller[can], slots[can], len(self.even))
        return float(np.minimum(given, self.even).sum()) / self.there if self.there else 1.0

    @property
    def moves(self) -> dict[str, bool]:
        """Whether plans differ in freshness, and in fairness."""
        return {"freshness": self.most > 0, "fairness": self.there > 0}

    def worth(self, fresh: float, fair: Floats) -> Floats:
        """κ of a weight of freshness and worths of a slot by seller (n)."""
        of_seller = np.append(fair, 0.0)[self.seller]
        return np.where(self.seller >= 0, of_seller + fresh / max(self.most, 1e-12), 0.0)

    def spared(self, fair: float, worth: Floats) -> float:
        """b·Σ_q (1 − p_q)·t_q / U of a weight b of fairness and worths b·p_q/U of a slot by seller."""
        return float((np.maximum(fair / max(self.there, 1e-12) - worth, 0.0) * self.even).sum())


def _there(instance: LaunchInstance, own: Floats) -> float:
    """U: slots by channel and week, as far as candidates could use them, and no more of a channel than they could in all."""
    could, shelf, found = could_be_shown(instance), instance.shelf, 0.0
    for channel in np.unique(instance.channel).tolist():
        inside = instance.channel == channel
        room = could[inside].sum(axis=0).astype(np.float64)
        limited = shelf.slot_channel == channel
        room[shelf.slot_week[limited]] = np.minimum(room[shelf.slot_week[limited]], np.floor(shelf.slots[limited]))
        found += min(float(room.sum()), float(own[inside].sum()))
    return found
