"""A plain forecast of product-channels from their past sales, for both sides of a race of pools.

    units of channel c in week t ~ Poisson(M · s_c · A · B_c · E_ct),  gammas of mean 1

M is the product's discounted mean of units a week, resting on N units so discounted; s_c the channel's share of all that the
product sold, a few units of the shop's own shares added, resting on n_c units. (1 + var A) is (1 + a)(1 + 1 / N) and (1 + var B_c)
is (1 + b)(1 + 1 / n_c): what changes, and the luck in what is known. Variances a, b and e, of E, are the shop's, by
moments of what followed on the same rule in earlier weeks (d the units sold, m = M s; terms weighed by 1 / (m m')^½):

    (1 + a)(1 + b)        = Σ d_ct d_ct' / Σ m_c² (1 + 1 / N)(1 + 1 / n_c),           t ≠ t'
    (1 + a)(1 + b)(1 + e) = Σ d_ct (d_ct − 1) / Σ m_c² (1 + 1 / N)(1 + 1 / n_c)
    (1 + a)               = Σ d_ct d_c't' / Σ m_c m_c' (1 + 1 / N),                   c ≠ c' of one product

each over the squared ratio of all that was sold to all that was forecast. Lives here: the rule and its paths.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.instance import Floats, Ints


@dataclass(frozen=True)
class Rule:
    """How the level is known. The grocer's weeks 28 to 62 chose it from a few, by the deviance of what followed.

    Args:
        kept: Weight of a week in the product's mean over that of the week after it.
        added: Units of the shop's own shares that a product's shares begin with.
        origins: Weeks back from the newest from which spreads are learned, too.
        least: Weeks that must be known.
    """

    kept: float = 0.94
    added: float = 8.0
    origins: tuple[int, ...] = (0, 4, 8)
    least: int = 13


@dataclass(frozen=True)
class Past:
    """Units sold by line and week (n, W), each line's product and channel by number (n)."""

    sold: Ints
    product: Ints
    channel: Ints


@dataclass(frozen=True)
class Span:
    """Weeks to forecast: `known` weeks are known, `after` more pass, then come `weeks` weeks."""

    known: int
    after: int
    weeks: int

    @property
    def of(self) -> slice:
        """The weeks themselves."""
        return slice(self.known + self.after, self.known + self.after + self.weeks)


@dataclass(frozen=True)
class Level:
    """Mean units a week of each line, and the units that its product's mean and its share rest on; each (n)."""

    mean: Floats
    of_product: Floats
    of_share: Floats


@dataclass(frozen=True)
class Spread:
    """Variances of what lasts and all channels share, of what lasts in one channel, and of single weeks."""

    shared: float
    own: float
    week: float


def paths(past: Past, span: Span, count: int, seed: int, rule: Rule) -> Ints:
    """Joint paths of units by line and week (n, S, T)."""
    now, found = level(past, span.known, rule), spread(past, span, rule)
    random = np.random.default_rng([seed, span.known, span.after])
    lines, first = len(now.mean), np.unique(past.product, return_index=True)[1]
    shared = _lucky(random, found.shared, now.of_product[first], count)[past.product]
    own = _lucky(random, found.own, now.of_share, count)
    apart = _gamma(random, found.week, (lines, count, span.weeks))
    return random.poisson(now.mean[:, None, None] * shared * own * apart).astype(np.int64)


def level(past: Past, week: int, rule: Rule) -> Level:
    """What is known of each line at the start of a week."""
    known = past.sold[:, :week]
    weight = rule.kept ** np.arange(week)[::-1]
    of_product = np.asarray(np.bincount(past.product, known @ weight), dtype=np.float64)[past.product]
    total = known.sum(axis=1).astype(float)
    size = np.bincount(past.channel, total)[past.channel]
    of_share = total + rule.added * size / np.maximum(np.bincount(past.product, size)[past.product], 1.0)
    share = of_share / np.maximum(np.bincount(past.product, of_share)[past.product], 1e-12)
    return Level(of_product / weight.sum() * share, of_product, of_share)


def spread(past: Past, span: Span, rule: Rule) -> Spread:
    """The shop's three variances, from spans like this one that were over before it.

    Raises:
        ValueError: Too little is known for any.
    """
    length = span.after + span.weeks
    starts = [known for back in rule.origins if (known := span.known - length - back) >= rule.least]
    if not starts:
        raise ValueError(
            f"week {span.known}: the rule needs {rule.least + length} weeks before it to learn a spread from; begin later"
        )
    sums = np.zeros(7)
    for known in starts:
        sums += _moments(past, Span(known, span.after, span.weeks), level(past, known, rule))
    sold, forecast, lasting, single, across, lucky, lucky_across = sums
    bias = (sold / forecast) ** 2
    both = max(lasting / lucky / (span.weeks - 1) / bias, 1.0)
    shared = min(max(across / lucky_across / bias, 1.0), both)
    return Spread(shared - 1.0, both / shared - 1.0, max(single / lucky / bias / both, 1.0) - 1.0)


def _moments(past: Past, span: Span, known: Level) -> Floats:
    """Σ d, Σ m, and weighed: Σ d d' of one line, Σ d (d − 1), Σ d d' across channels, and what they are over (7)."""
    units = past.sold[:, span.of].astype(float)
    total, squares = units.sum(axis=1), (units**2).sum(axis=1)
    is_any = known.of_product > 0
    weight = np.divide(1.0, known.mean, out=np.zeros_like(total), where=is_any)
    of_product = 1.0 + np.divide(1.0, known.of_product, out=np.zeros_like(total), where=is_any)
    lucky = (known.mean * of_product * (1.0 + 1.0 / known.of_share)).sum() * span.weeks
    first = np.unique(past.product, return_index=True)[1]
    # Over pairs of channels, weighed by the root of both: the square of a sum of roots less the sum of squares.
    across, forecast_across = (
        np.bincount(past.product, np.sqrt(weight) * each) ** 2 - np.bincount(past.product, weight * each**2)
        for each in (total, known.mean * span.weeks)
    )
    return np.array(
        [
            total.sum(),
            known.mean.sum() * span.weeks,
            ((total**2 - squares) * weight).sum(),
            ((squares - total) * weight).sum(),
            across.sum(),
            lucky,
            (forecast_across * of_product[first]).sum(),
        ]
    )


def _lucky(random: np.random.Generator, variance: float, units: Floats, count: int) -> Floats:
    """What lasts, and the luck in a mean that rests on so many units, by path (…, S, 1)."""
    shape = (len(units), count, 1)
    luck = random.gamma(units[:, None, None], 1.0, shape) / np.where(units > 0, units, 1.0)[:, None, None]
    return _gamma(random, variance, shape) * luck


def _gamma(random: np.random.Generator, variance: float, shape: tuple[int, ...]) -> Floats:
    """Gammas of mean 1; ones where nothing varies."""
    return random.gamma(1.0 / variance, variance, shape) if variance > 1e-9 else np.ones(shape)
