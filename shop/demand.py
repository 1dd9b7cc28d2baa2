"""What customers would buy if nothing were ever out: the mean of demand, and its draws.

    a[p, c]   = attractiveness[p] taste[p, c] (price / usual price)^-elasticity[p] features[p, c] life[p]
    mean[p, c] = units[c] a[p, c] (A[g] / A0[g])^(power - 1) halo[g] season trend changes

where g is the product's second-level category in the channel, A[g] the sum of `a` over what is on sale, A0[g] that sum
on the first day. With power 1 a new product takes nothing from the others; with power 0 a category's demand is fixed
and a new product takes all of its own from the others. `season`, `trend` and `changes` stand outside the power, so that
a category may grow as a whole.

Around the mean: a gamma factor a product and week, and one a product, channel and week (so that weekly variance passes
the mean), then Poisson counts a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from shop.calendar import CalendarDays, calendar_days
from shop.config import Change, ChangeKind, ShopConfig
from shop.customers import tastes_at
from shop.parts import NEVER, Bools, Catalogue, Customers, Floats, Ints
from shop.promotions import Offer, ordinary_lift
from shop.streams import stream

# Two placements together lift demand 3.4 times where one alone lifts it 2.1 times: 2.1^(2^0.72).
_FEATURES_POWER = 0.72
# Shares of a week's demand by weekday, Monday first.
_STORE_DAYS = np.array([0.12, 0.12, 0.13, 0.14, 0.17, 0.19, 0.13])
_ONLINE_DAYS = np.array([0.16, 0.15, 0.14, 0.13, 0.13, 0.13, 0.16])
# Above this mean a count is drawn from the normal law; its error is under a hundredth of a standard deviation.
_LARGE_MEAN = 200.0


@dataclass(frozen=True)
class Means:
    """One week's means.

    Args:
        units: (P, C) mean units demanded.
        without_launches: (P, C) the same, had none of the launches since the first day been on sale.
        attractiveness: (P, C) the `a` of the formula, 0 where not on sale: who takes a switching customer.
    """

    units: Floats
    without_launches: Floats
    attractiveness: Floats


class Demand:
    """The law of demand of one world."""

    def __init__(self, config: ShopConfig, catalogue: Catalogue, customers: Customers) -> None:
        self.config, self.catalogue, self.customers = config, catalogue, customers
        self.days: CalendarDays = calendar_days(config)
        channels = len(config.channels)
        self.group: Ints = catalogue.category_2[:, None] * channels + np.arange(channels)
        self._groups = len(catalogue.category_names_2) * channels
        self._base = catalogue.attractiveness[:, None] * catalogue.channel_taste
        at_first = self._base * (catalogue.is_carried & (catalogue.launch_week < 0)[:, None])
        self._at_first = self._total(at_first)
        traffic = np.array([channel.traffic for channel in config.channels])
        in_channel = np.maximum(at_first.sum(axis=0), 1e-12)
        self._scale = (
            config.units_per_week
            * traffic
            / traffic.sum()
            / in_channel
            / ordinary_lift(config) ** config.category_power
        )
        self._phase = stream(config.seed, "season").random(len(catalogue.category_names_1))
        self._first_pull = self._pull(0)

    def means(self, week: int, offered: Offer, is_listed: Bools, launch_week: Ints) -> Means:
        """The means of one week. `is_listed` (P, C), `launch_week` (P, C): first week on sale in the channel."""
        features = offered.is_featured.sum(axis=2)
        lift = self.config.feature_lift ** (features**_FEATURES_POWER)
        cut = (offered.price / (self.catalogue.price[:, None] * self._terms())) ** -self.catalogue.elasticity[:, None]
        plain = self._base * self._life(week, launch_week) * self._drift(week)[:, None] * is_listed
        attractiveness = plain * cut * lift
        total, plain_total = self._total(attractiveness), self._total(plain)
        outside = self._scale * self._halo(total, plain_total)[self.group] * self._outside(week)[:, None]
        units = outside * attractiveness * self._power(total)[self.group]
        old = attractiveness * (launch_week < 0)
        return Means(units, outside * old * self._power(self._total(old))[self.group], attractiveness)

    def expected_lift(self, offered: Offer) -> Floats:
        """(P, C) what buyers who know the mean elasticity expect the week's promotions to multiply sales by."""
        features = offered.is_featured.sum(axis=2)
        cut = (1.0 - offered.discount[:, None]) ** -self.config.elasticity
        lift: Floats = cut * self.config.feature_lift ** (features**_FEATURES_POWER)
        return lift

    def frailty(self, week: int) -> Floats:
        """(P, C) factor with mean 1 on the week's mean."""
        random, shape = stream(self.config.seed, "frailty", week), 2.0 * self.config.frailty_shape
        own = random.standard_gamma(shape, (self.catalogue.size_of, 1))
        return own * random.standard_gamma(shape, self.group.shape) / shape**2

    def draw(self, day: int, mean: Floats) -> Ints:
        """(P, C) units demanded on one day; the same uniforms whatever the mean."""
        return poisson_quantile(stream(self.config.seed, "demand", day).random(mean.shape), mean)

    def day_shares(self, week: int) -> Floats:
        """(7, C) share of a plain week's demand that each day brings; more or less than 1 in all on holidays."""
        shares = np.empty((7, len(self.config.channels)))
        for number, channel in enumerate(self.config.channels):
            shares[:, number] = _ONLINE_DAYS if channel.is_online else _STORE_DAYS
            for day in range(7):
                shares[day, number] *= self._day_factor(7 * week + day, channel.is_online)
        return shares

    def _day_factor(self, day: int, is_online: bool) -> float:
        if self.days.is_closed[day] and not is_online:
            return 0.0
        factor = self.config.holiday_lift if self.days.holiday[day] else 1.0
        before = self.days.holiday[day + 1 : day + 8]
        return factor * self.config.christmas_lift if "Christmas Day" in before else factor

    def _terms(self) -> Floats:
        return np.array([channel.seller_terms for channel in self.config.channels])

    def _total(self, attractiveness: Floats) -> Floats:
        """(groups,) sums over what is on sale."""
        total: Floats = np.bincount(self.group.ravel(), attractiveness.ravel(), self._groups).astype(np.float64)
        return total

    def _power(self, total: Floats) -> Floats:
        ratio = np.divide(total, self._at_first, out=np.ones_like(total), where=(self._at_first > 0) & (total > 0))
        damped: Floats = ratio ** (self.config.category_power - 1.0)
        return damped

    def _halo(self, total: Floats, plain: Floats) -> Floats:
        """(groups,) factor: a share of the promotion lift of the category that complements each."""
        lift = np.divide(total, plain, out=np.ones_like(total), where=plain > 0) - 1.0
        by_category = lift.reshape(-1, len(self.config.channels))
        return (1.0 + self.config.halo * by_category[self.catalogue.complement]).ravel()

    def _life(self, week: int, launch_week: Ints) -> Floats:
        """(P, C) launch curve: half at first, a hump, then 1."""
        age = np.clip(week - launch_week, 0, 200).astype(float)
        hump = (age + 1.0) / (self.config.launch_peak_week + 1.0)
        curve = 1.0 + (self.config.launch_peak - 1.0) * hump * np.exp(1.0 - hump)
        return np.where(launch_week < 0, 1.0, curve * (1.0 - 0.5 * np.exp(-age / 2.0)))

    def _outside(self, week: int) -> Floats:
        """(P,) season, growth and changes of a product's first-level category."""
        year = 2.0 * np.pi * week / 52.18
        own = self.config.category_season * np.cos(year + 2.0 * np.pi * self._phase)
        season = (1.0 + self.config.season * np.cos(year)) * (1.0 + own)
        factor = season * (1.0 + self.config.growth) ** (week / 52.18)
        for change in self.config.changes:
            factor[change.category] *= _shift(self.config, change, week)
        return factor[self.catalogue.category_1]

    def _drift(self, week: int) -> Floats:
        """(P,) how much better a product meets the tastes of the day than those of the first."""
        if not any(change.kind is ChangeKind.TASTE_DRIFT for change in self.config.changes):
            return np.ones(self.catalogue.size_of)
        return self._pull(week) / self._first_pull

    def _pull(self, week: int) -> Floats:
        tastes = tastes_at(self.config, self.customers, 7 * week)
        match = self.catalogue.latent @ tastes.T / np.sqrt(self.config.latent_attributes)
        return np.exp(self.config.taste_strength * match).mean(axis=1)


def poisson_quantile(uniform: Floats, mean: Floats) -> Ints:
    """The smallest count whose Poisson probability of being reached or passed below is at least `uniform`.

    Inversion keeps worlds comparable: with the same uniform, more mean never gives fewer units.

    Args:
        uniform: Numbers in [0, 1), any shape.
        mean: Means of the same shape, at least 0.

    >>> poisson_quantile(np.array([0.1, 0.5, 0.99]), np.array([1.0, 1.0, 1.0])).tolist()
    [0, 1, 4]
    """
    flat, means = uniform.ravel(), mean.ravel()
    count = np.zeros(flat.size, dtype=np.int64)
    large = np.flatnonzero(means > _LARGE_MEAN)
    count[large] = _normal_counts(flat[large], means[large])
    probability = np.exp(-np.minimum(means, _LARGE_MEAN))
    active = np.flatnonzero((flat > probability) & (means <= _LARGE_MEAN))
    flat, means, term = flat[active], means[active], probability[active]
    below, reached = term.copy(), 0
    while active.size:
        reached += 1
        term = term * means / reached
        below = below + term
        count[active] = reached
        going_on = (flat > below) & (term > 0.0)
        active = active[going_on]
        flat, means, term, below = flat[going_on], means[going_on], term[going_on], below[going_on]
    return count.reshape(uniform.shape)


_STEPS = np.linspace(0.0, 1.0, 20_001)
_NORMAL = np.array([NormalDist().inv_cdf(min(max(step, 1e-7), 1.0 - 1e-7)) for step in _STEPS])


def _normal_counts(uniform: Floats, mean: Floats) -> Ints:
    return np.maximum(np.rint(mean + np.sqrt(mean) * np.interp(uniform, _STEPS, _NORMAL)), 0).astype(np.int64)


def _shift(config: ShopConfig, change: Change, week: int) -> float:
    """Factor of a change on its category's demand in one week."""
    first = (change.starts_on - config.first_day).days // 7
    if not first <= week < (first + change.weeks if change.weeks else NEVER):
        return 1.0
    if change.kind is ChangeKind.DEMAND_SHIFT:
        return change.size
    if change.kind is ChangeKind.COMPETITOR:
        return 1.0 - change.size * min((week - first + 1) / 8.0, 1.0)
    return 1.0
