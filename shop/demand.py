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
from datetime import date, timedelta
from statistics import NormalDist

import numpy as np

from shop.calendar import CalendarDays, calendar_days
from shop.changes import Change, ChangeKind
from shop.channels import seller_terms, traffic
from shop.clock import ONLINE_DAYS
from shop.config import ShopConfig
from shop.customers import tastes_at
from shop.parts import Bools, Catalogue, Customers, Floats, Ints
from shop.promotions import Offer, ordinary_lift
from shop.streams import stream

# Two placements together lift demand 3.4 times where one alone lifts it 2.1 times: 2.1^(2^0.72).
_FEATURES_POWER = 0.72
# Shares of a week's demand by weekday, Monday first.
_STORE_DAYS = np.array([0.12, 0.12, 0.13, 0.14, 0.17, 0.19, 0.13])
# Days until a competitor is known to all.
_KNOWN_AFTER = 56
# Above this mean counts come from an expansion of the quantile, which then misses one count in some thousands by one.
_LARGE_MEAN = 200.0


@dataclass(frozen=True)
class Means:
    """One week's means.

    Args:
        units: (P, C) mean units demanded in the week.
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
        shares = traffic(config)
        in_channel = np.maximum(at_first.sum(axis=0), 1e-12)
        self._scale = (
            config.units_per_week * shares / shares.sum() / in_channel / ordinary_lift(config) ** config.category_power
        )
        self._phase = stream(config.seed, "season").random(len(catalogue.category_names_1))
        self._first_pull = self._pull(0)
        wave = stream(config.seed, "wander").random((3, catalogue.size_of))
        self._wave = np.stack([39.0 * 4.0 ** wave[0], wave[1], 3.0 * config.wander * wave[2] ** 2])

    def means(self, week: int, offered: Offer, is_listed: Bools, launch_week: Ints) -> Means:
        """The means of one week. `is_listed` (P, C), `launch_week` (P, C): first week on sale in the channel."""
        features = offered.is_featured.sum(axis=2)
        lift = self.config.feature_lift ** (features**_FEATURES_POWER)
        cut = (
            offered.price / (self.catalogue.price[:, None] * seller_terms(self.config))
        ) ** -self.catalogue.elasticity[:, None]
        plain = (
            self._base * self._life(week, launch_week) * (self._drift(week) * self._wander(week))[:, None] * is_listed
        )
        attractiveness = plain * cut * lift
        whole_week = self._calendar(week).sum(axis=0)[self.catalogue.category_1]
        outside = self._scale * self._outside(week)[:, None] * whole_week
        is_old = launch_week < 0
        units = outside * attractiveness * self._felt(attractiveness, plain)
        without = outside * attractiveness * is_old * self._felt(attractiveness * is_old, plain * is_old)
        return Means(units, without, attractiveness)

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
        """(7, P, C) share of the week's demand that each day brings; 1 in all, or 0 where the week has none."""
        by_day = self._calendar(week)
        in_all = by_day.sum(axis=0)
        shares = np.divide(by_day, in_all, out=np.zeros_like(by_day), where=in_all > 0)
        return shares[:, self.catalogue.category_1]

    def _calendar(self, week: int) -> Floats:
        """(7, categories, C) what each day demands, as a share of a plain week's: weekday, holidays, changes."""
        shares = np.empty((7, len(self.catalogue.category_names_1), len(self.config.channels)))
        for number, channel in enumerate(self.config.channels):
            usual = np.array(ONLINE_DAYS) if channel.is_online else _STORE_DAYS
            factor = [self._day_factor(7 * week + day, channel.is_online) for day in range(7)]
            shares[:, :, number] = (usual * factor)[:, None]
        monday = self.config.first_day + timedelta(weeks=week)
        for change in self.config.changes:
            shift = [_shift(change, monday + timedelta(days=day)) for day in range(7)]
            shares[:, change.category] *= np.array(shift)[:, None]
        return shares

    def _day_factor(self, day: int, is_online: bool) -> float:
        if self.days.is_closed[day] and not is_online:
            return 0.0
        factor = self.config.holiday_lift if self.days.holiday[day] else 1.0
        before = self.days.holiday[day + 1 : day + 8]
        return factor * self.config.christmas_lift if "Christmas Day" in before else factor

    def _total(self, attractiveness: Floats) -> Floats:
        """(groups,) sums over what is on sale."""
        total: Floats = np.bincount(self.group.ravel(), attractiveness.ravel(), self._groups).astype(np.float64)
        return total

    def _felt(self, attractiveness: Floats, plain: Floats) -> Floats:
        """(P, C) what a product's category and its complement make of its attractiveness: cannibalisation and halo."""
        total = self._total(attractiveness)
        factor: Floats = (self._power(total) * self._halo(total, self._total(plain)))[self.group]
        return factor

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
        """(P,) season and growth of a product's first-level category."""
        year = 2.0 * np.pi * week / 52.18
        own = self.config.category_season * np.cos(year + 2.0 * np.pi * self._phase)
        season = (1.0 + self.config.season * np.cos(year)) * (1.0 + own)
        factor: Floats = season * (1.0 + self.config.growth) ** (week / 52.18)
        return factor[self.catalogue.category_1]

    def _wander(self, week: int) -> Floats:
        """(P,) factor exp(s cos(2 pi (week / period + phase))) / I0(s), of mean 1 over a wave, a product its own.

        Periods run from three quarters of a year to three years; s = 3 wander u^2, u uniform: most stand still.
        """
        period, phase, strength = self._wave
        log = strength * np.cos(2.0 * np.pi * (week / period + phase))
        factor: Floats = np.exp(log) / np.i0(strength)
        return factor

    def _drift(self, week: int) -> Floats:
        """(P,) how much better a product meets the tastes of the day than those of the first."""
        if not any(change.kind is ChangeKind.TASTE_DRIFT for change in self.config.changes):
            return np.ones(self.catalogue.size_of)
        return self._pull(week) / self._first_pull

    def _pull(self, week: int) -> Floats:
        tastes = tastes_at(self.config, self.customers, 7 * week)
        match = np.einsum("pl,kl->pk", self.catalogue.latent, tastes) / np.sqrt(self.config.latent_attributes)
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
    count = _inverted(flat, np.minimum(means, _LARGE_MEAN))
    large = np.flatnonzero(means > _LARGE_MEAN)
    # Never under what the bound itself would give, so that the two ways meet without a step down.
    count[large] = np.maximum(count[large], _expanded(flat[large], means[large]))
    return count.reshape(uniform.shape)


def _inverted(uniform: Floats, mean: Floats) -> Ints:
    """Quantiles by adding up probabilities from 0 on, all entries at once until the last has arrived."""
    count = np.zeros(uniform.size, dtype=np.int64)
    # Nearer to 1 a sum of doubles cannot tell one count from the next.
    uniform = np.minimum(uniform, 1.0 - 1e-12)
    probability = np.exp(-mean)
    active = np.flatnonzero(uniform > probability)
    uniform, mean, term = uniform[active], mean[active], probability[active]
    below, reached = term, 0
    while active.size:
        reached += 1
        term = term * mean / reached
        below = below + term
        count[active] = reached
        going_on = uniform > below
        active = active[going_on]
        uniform, mean, term, below = uniform[going_on], mean[going_on], term[going_on], below[going_on]
    return count


def _expanded(uniform: Floats, mean: Floats) -> Ints:
    """Quantiles of large means: x = m + z √m + (z² − 1) / 6 + (z − z³) / (72 √m), the Cornish–Fisher expansion."""
    normal = np.array([NormalDist().inv_cdf(max(share, 2.0**-54)) for share in uniform.tolist()], dtype=np.float64)
    root = np.sqrt(mean)
    value = mean + normal * root + (normal**2 - 1.0) / 6.0 + (normal - normal**3) / (72.0 * root)
    return np.maximum(np.ceil(value - 0.5), 0.0).astype(np.int64)


def _shift(change: Change, day: date) -> float:
    """Factor of a change on its category's demand on one day."""
    since = change.days_in(day)
    if since is None:
        return 1.0
    if change.kind is ChangeKind.DEMAND_SHIFT:
        return change.size
    if change.kind is ChangeKind.COMPETITOR:
        return 1.0 - change.size * min((since + 1) / _KNOWN_AFTER, 1.0)
    return 1.0
