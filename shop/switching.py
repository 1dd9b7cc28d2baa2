"""Where customers turn whose product is out."""

from __future__ import annotations

import numpy as np

from shop.parts import Floats, Ints


class Switching:
    """Where a customer turns who finds nothing: to what stands on the shelf, in proportion to its attractiveness."""

    def __init__(self, category: Ints, attractiveness: Floats) -> None:
        self._order = np.argsort(category, kind="stable")
        self._weights = attractiveness[self._order]
        self._category = category
        sizes = np.bincount(category)
        self._ends = np.cumsum(sizes)
        self._starts = self._ends - sizes

    def turn(self, switching: Ints, uniform: Floats, shelf: Ints) -> tuple[Ints, Ints]:
        """(P, C) units that turn to each product, and (P, C) units, by where they came from, that found none.

        The k-th unit of a product draws `uniform` plus k times the golden ratio, modulo 1.
        """
        arriving, lost = np.zeros_like(switching), np.zeros_like(switching)
        for channel in np.flatnonzero(switching.any(axis=0)):
            origin = np.repeat(np.arange(len(switching)), switching[:, channel])
            number = np.arange(len(origin)) - np.searchsorted(origin, origin)
            draw = (uniform[origin, channel] + number * 0.6180339887498949) % 1.0
            weights = self._weights[:, channel] * (shelf[self._order, channel] > 0)
            total = np.concatenate([[0.0], np.cumsum(weights)])
            category = self._category[origin]
            low, high = total[self._starts[category]], total[self._ends[category]]
            found = high > low
            place = np.searchsorted(total, low + draw * (high - low), side="right") - 1
            place = np.clip(place, self._starts[category], self._ends[category] - 1)
            arriving[:, channel] = np.bincount(self._order[place[found]], minlength=len(switching))
            lost[:, channel] = np.bincount(origin[~found], minlength=len(switching))
        return arriving, lost
