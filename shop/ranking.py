"""The logging policy: lists of products drawn one after another without replacement, and their propensities.

A list is drawn from the weights of its row: the first product with probability w / W, the next from what is left, and
so on (Plackett–Luce). Two exact ways of drawing it meet here. Draws *with* replacement, of which only a product's first
counts, give the same law and cost one look-up in a running sum each; where a few products hold most of the weight
they would take for ever, and the list is finished by a race: product p arrives after an exponential time with rate
w[p], which gives the same law again, for the products that are left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shop.parts import Floats, Ints

NOTHING = -1
# Rounds of draws with replacement, and draws in each as a multiple of the list's length, before the race.
_ROUNDS, _DRAWS = 2, 1.6
# Parts with fewer products than this multiple of the list's length go to the race at once.
_NARROW = 6
# Arrival times drawn in one go.
_RACE_CELLS = 1 << 20


@dataclass(frozen=True)
class Policy:
    """What may be shown, and with which weight.

    Args:
        weights: (rows, n) positive; a row for each kind of reader.
        bounds: (parts + 1,) columns at which the parts of a row start, each with a product at least, and n.
        running: (rows n + 1,) sums of all weights before each, row after row.
        totals: (rows, parts) sum of a row's weights in each part.
    """

    weights: Floats
    bounds: Ints
    running: Floats
    totals: Floats

    @classmethod
    def of(cls, weights: Floats, bounds: Ints) -> Policy:
        """The policy of weights and parts."""
        running = np.zeros(weights.size + 1)
        np.cumsum(weights, out=running[1:])
        return cls(weights, bounds, running, np.add.reduceat(weights, bounds[:-1], axis=1))

    def lists(self, random: np.random.Generator, row: Ints, part: Ints, length: int) -> Ints:
        """(length, requests) columns shown at each position; `NOTHING` where a part has fewer products.

        Args:
            random: Where the numbers come from.
            row: (requests,) row of each request; requests in order of their row are the fastest.
            part: (requests,) part of each request.
            length: Products in a list.
        """
        width = self.bounds[part + 1] - self.bounds[part]
        shown = np.full((length, len(row)), NOTHING, dtype=np.int64)
        for _ in range(_ROUNDS):
            lacking = np.flatnonzero((shown[-1] == NOTHING) & (width >= _NARROW * length))
            if not lacking.size:
                break
            drawn = self._draw(random, row[lacking], part[lacking], int(_DRAWS * length))
            shown[:, lacking] = first_distinct(np.concatenate([shown[:, lacking], drawn]), length)
        self._race(random, row, part, shown)
        return shown

    def propensity(self, row: Ints, part: Ints, shown: Ints) -> Floats:
        """(length, requests) probability of each shown product at its place, given those above: w / (W − Σ w above).

        NaN where nothing was shown.
        """
        is_shown = shown != NOTHING
        weights = np.where(is_shown, self.weights[row, shown], 0.0)
        # Where the list holds all there is, nothing is left below it; a difference of sums would leave a rest.
        has_all = is_shown.sum(axis=0) == self.bounds[part + 1] - self.bounds[part]
        below = np.where(has_all, 0.0, np.maximum(self.totals[row, part] - weights.sum(axis=0), 0.0))
        left = below + np.cumsum(weights[::-1], axis=0)[::-1]
        return np.divide(weights, left, out=np.full(weights.shape, np.nan), where=is_shown)

    def _draw(self, random: np.random.Generator, row: Ints, part: Ints, draws: int) -> Ints:
        """(draws, requests) columns drawn with replacement."""
        first = row * self.weights.shape[1]
        low, high = self.running[first + self.bounds[part]], self.running[first + self.bounds[part + 1]]
        place = low + random.random((draws, len(row))) * (high - low)
        # Rounding may carry a number to the end of its part, which is the next part's start.
        place = np.minimum(place, np.nextafter(high, -np.inf))
        return np.searchsorted(self.running, place.T.ravel(), side="right").reshape(-1, draws).T - 1 - first

    def _race(self, random: np.random.Generator, row: Ints, part: Ints, shown: Ints) -> None:
        """Fills the empty places of `shown` with the first to arrive of the products that are left."""
        length = len(shown)
        width = self.bounds[part + 1] - self.bounds[part]
        have = (shown != NOTHING).sum(axis=0)
        lacking = np.flatnonzero(have < np.minimum(width, length))
        lacking = lacking[np.argsort(width[lacking], kind="stable")]
        while lacking.size:
            fits = np.arange(1, lacking.size + 1) * width[lacking] <= _RACE_CELLS
            chosen, lacking = np.split(lacking, [max(int(fits.sum()), 1)])
            arriving = self._arrivals(random, row[chosen], part[chosen], shown[:, chosen])
            need = np.minimum(width[chosen], length) - have[chosen]
            request, number = np.nonzero(np.arange(length) < need[:, None])
            shown[have[chosen][request] + number, chosen[request]] = arriving[request, number]

    def _arrivals(self, random: np.random.Generator, row: Ints, part: Ints, shown: Ints) -> Ints:
        """(requests, at most length) columns of the products not yet shown, in order of arrival."""
        start, stop = self.bounds[part][:, None], self.bounds[part + 1][:, None]
        column = start + np.arange((stop - start).max())
        weights = self.weights[row[:, None], np.minimum(column, self.weights.shape[1] - 1)]
        times = random.standard_exponential(column.shape) / weights
        times[column >= stop] = np.inf
        position, request = np.nonzero(shown != NOTHING)
        times[request, shown[position, request] - start[request, 0]] = np.inf
        return start + np.argsort(times, axis=1)[:, : len(shown)]


def first_distinct(drawn: Ints, length: int) -> Ints:
    """(length, requests) the first distinct numbers of each column of `drawn`, in order; `NOTHING` where they end.

    >>> first_distinct(np.array([[4], [4], [NOTHING], [7]]), 3).ravel().tolist()
    [4, 7, -1]
    """
    is_first = drawn != NOTHING
    for number in range(1, len(drawn)):
        is_first[number] &= ~(drawn[:number] == drawn[number]).any(axis=0)
    place = np.cumsum(is_first, axis=0)
    kept = is_first & (place <= length)
    draw, request = np.nonzero(kept)
    result = np.full((length, drawn.shape[1]), NOTHING, dtype=np.int64)
    result[place[draw, request] - 1, request] = drawn[draw, request]
    return result
