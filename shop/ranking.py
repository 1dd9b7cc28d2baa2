"""The logging policy: lists of products drawn one after another without replacement, and their propensities.

A list is drawn from the weights of its row: the first product with probability w / W, the next from what is left, and
so on (Plackett–Luce). Two exact ways of drawing it meet here. Draws *with* replacement, of which only a product's first
counts, give the same law and cost one look-up in a running sum each: the way where there is much to choose from. A
race gives the same law too: product p arrives after an exponential time with rate w[p], and the first to arrive are
shown in their order. It serves where there is little to choose from, and finishes the lists that the draws left short,
among the products that are left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shop.parts import Floats, Ints

NOTHING = -1
# Draws with replacement, and the products to choose from at which they are quicker than a race; both as multiples of
# the list's length.
_DRAWS, _WIDE = 2.0, 40
# Weights summed, and arrival times drawn, in one go: what stays in a processor's cache.
_CELLS = 1 << 16


@dataclass(frozen=True)
class Policy:
    """What may be shown, and with which weight: weight[row, column] · factor[column].

    Args:
        weights: (rows, n) positive; a row for each kind of reader.
        factor: (n,) positive.
        bounds: (parts + 1,) columns at which the parts of a row start, each with a product at least, and n.
    """

    weights: npt.NDArray[np.floating]
    factor: Floats
    bounds: Ints

    def answer(self, random: np.random.Generator, row: Ints, part: Ints, length: int) -> tuple[Ints, Floats]:
        """Lists of products, one a request, and their propensities.

        Args:
            random: Where the numbers come from.
            row: (requests,) row of each request.
            part: (requests,) part of each request.
            length: Products in a list.

        Returns:
            (length, requests) columns shown, from the top, `NOTHING` where a part has fewer products; and for each the
            probability of showing it there, given those above it: w / (W − Σ w above), NaN where nothing is shown.
        """
        low, high = self.bounds[part], self.bounds[part + 1]
        shown, total = np.full((length, len(row)), NOTHING, dtype=np.int64), np.zeros(len(row))
        wide = np.flatnonzero(high - low >= _WIDE * length)
        wide = wide[np.argsort(row[wide], kind="stable")]
        drawn, total[wide] = self._draw(random, row[wide], low[wide], high[wide], int(_DRAWS * length) + 1)
        shown[:, wide] = first_distinct(drawn, length)
        self._race(random, (row, low, high), shown, total)
        return shown, self._propensity(row, shown, total, high - low)

    def _propensity(self, row: Ints, shown: Ints, total: Floats, width: Ints) -> Floats:
        is_shown = shown != NOTHING
        weights = np.where(is_shown, self.weights[row, shown] * self.factor[shown], 0.0)
        # Where the list holds all there is, nothing is left below it; a difference of sums would leave a rest.
        below = np.where(is_shown.sum(axis=0) == width, 0.0, np.maximum(total - weights.sum(axis=0), 0.0))
        left = below + np.cumsum(weights[::-1], axis=0)[::-1]
        return np.divide(weights, left, out=np.full(weights.shape, np.nan), where=is_shown)

    def _draw(self, random: np.random.Generator, row: Ints, low: Ints, high: Ints, draws: int) -> tuple[Ints, Floats]:
        """(draws, requests) columns drawn with replacement, and (requests,) weight of each part. `row` ascends."""
        columns = self.weights.shape[1]
        drawn, total = np.empty((draws, len(row)), dtype=np.int64), np.empty(len(row))
        rows, starts = np.unique(row, return_index=True)
        starts = np.append(starts, len(row))
        step = max(_CELLS // columns, 1)
        running = np.zeros(step * columns + 1)
        for block in range(0, len(rows), step):
            some = rows[block : block + step]
            sums = running[1 : len(some) * columns + 1]
            np.multiply(self.weights[some], self.factor, out=sums.reshape(len(some), columns))
            np.cumsum(sums, out=sums)
            asked = slice(starts[block], starts[min(block + step, len(rows))])
            first = np.searchsorted(some, row[asked]) * columns
            before, after = running[first + low[asked]], running[first + high[asked]]
            total[asked] = after - before
            place = before + random.random((draws, len(first))) * total[asked]
            # Rounding may carry a number to the end of its part, which is the next part's start.
            place = np.minimum(place, np.nextafter(after, -np.inf))
            found = np.searchsorted(running[: len(sums) + 1], place.T.ravel(), side="right")
            drawn[:, asked] = found.reshape(-1, draws).T - 1 - first
        return drawn, total

    def _race(self, random: np.random.Generator, asked: tuple[Ints, Ints, Ints], shown: Ints, total: Floats) -> None:
        """Fills the empty places of `shown` by a race of the products that are left, and the totals not yet known."""
        row, low, high = asked
        have = (shown != NOTHING).sum(axis=0)
        lacking = np.flatnonzero(have < np.minimum(high - low, len(shown)))
        lacking = lacking[np.argsort((high - low)[lacking], kind="stable")]
        while lacking.size:
            fits = np.arange(1, lacking.size + 1) * (high - low)[lacking] <= _CELLS
            some, lacking = np.split(lacking, [max(int(fits.sum()), 1)])
            column = low[some, None] + np.arange((high - low)[some].max())
            inside = column < high[some, None]
            column = np.minimum(column, self.weights.shape[1] - 1)
            weights = np.where(inside, self.weights[row[some, None], column] * self.factor[column], 0.0)
            total[some] = weights.sum(axis=1)
            position, request = np.nonzero(shown[:, some] != NOTHING)
            weights[request, shown[:, some][position, request] - low[some][request]] = 0.0
            arriving = _arrivals(random, weights, len(shown))
            need = np.minimum((high - low)[some], len(shown)) - have[some]
            request, place = np.nonzero(np.arange(len(shown)) < need[:, None])
            shown[have[some][request] + place, some[request]] = low[some][request] + arriving[request, place]


def _arrivals(random: np.random.Generator, weights: Floats, length: int) -> Ints:
    """(requests, at most length) places of the first to arrive in each row of weights, in order; weight 0 never does."""
    with np.errstate(divide="ignore"):
        times = random.standard_exponential(weights.shape) / weights
    if weights.shape[1] <= length:
        return np.argsort(times, axis=1)
    first = np.argpartition(times, length - 1, axis=1)[:, :length]
    order = np.argsort(np.take_along_axis(times, first, axis=1), axis=1)
    return np.take_along_axis(first, order, axis=1)


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
