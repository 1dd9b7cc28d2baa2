"""The shop's own promotions: which products stand in the mailer, on a display or on the home page, and at what price.

A mailer goes to all stores and is planned weeks ahead; displays and the home page are decided in their week. Lower
prices come and go with no placement, too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from shop.changes import ChangeKind
from shop.channels import is_online, seller_terms
from shop.config import ShopConfig
from shop.parts import NEVER, PLACEMENTS, Bools, Catalogue, Floats, Ints, Promotions
from shop.streams import stream

# Chance that the mailer carries a launch in its first week; the mailer is where a grocer says what is new.
_LAUNCH_IN_MAILER = 0.5
_CENT = 0.01


@dataclass(frozen=True)
class Offer:
    """What one week offers.

    Args:
        is_featured: (P, C, placements) whether a product stands in a placement.
        discount: (P,) share off the list price, the same everywhere.
        list_price: (P, C) money before the discount.
    """

    is_featured: Bools
    discount: Floats
    list_price: Floats

    @property
    def price(self) -> Floats:
        """(P, C) money that a customer pays for a unit, in whole cents."""
        return np.round(self.list_price * (1.0 - self.discount[:, None]), 2)


def offer(config: ShopConfig, catalogue: Catalogue, week: int, is_listed: Bools, is_new: Bools | None = None) -> Offer:
    """The offer of one week.

    A discount that would leave less than a cent is not given.

    Args:
        config, catalogue, week: Which world, which week.
        is_listed: (P, C) on sale there in that week.
        is_new: (P,) launched in that week; None for what the shop's own buyers launch.
    """
    random = stream(config.seed, "offer", week)
    count, channels = is_listed.shape
    chance = np.where(
        catalogue.launch_week == week if is_new is None else is_new, _LAUNCH_IN_MAILER, config.featured_share
    )
    in_mailer = random.random(count) < chance
    elsewhere = random.random((count, channels)) < config.featured_share
    online = is_online(config)
    featured = np.zeros((count, channels, len(PLACEMENTS)), dtype=bool)
    featured[:, :, PLACEMENTS.index("mailer")] = in_mailer[:, None] & ~online
    featured[:, :, PLACEMENTS.index("display")] = elsewhere & ~online
    featured[:, :, PLACEMENTS.index("home")] = elsewhere & online
    is_cut = random.random(count) < cut_chance(config, count)
    depth = np.clip(random.normal(config.discount, 0.08, count), 0.05, 0.6)
    terms = seller_terms(config)
    price = np.round(catalogue.price[:, None] * terms * _price_war(config, catalogue, week)[:, None], 2)
    offered = Offer(
        featured & is_listed[:, :, None], np.where(is_cut, np.round(depth, 2), 0.0), np.maximum(price, _CENT)
    )
    return replace(offered, discount=np.where(offered.price.min(axis=1) < _CENT, 0.0, offered.discount))


def places(config: ShopConfig) -> list[tuple[int, ...]]:
    """By channel, the placements (numbers in PLACEMENTS) that slots fill, in their order."""
    online, store = (PLACEMENTS.index("home"),), (PLACEMENTS.index("mailer"), PLACEMENTS.index("display"))
    return [online if channel.is_online else store for channel in config.channels]


def with_slots(config: ShopConfig, offered: Offer, slots: Ints) -> Offer:
    """The offer with slots (P, C) filled: the first places of each channel, whether or not the shop gave them too."""
    featured = offered.is_featured.copy()
    for channel, channel_places in enumerate(places(config)):
        for rank, place in enumerate(channel_places):
            featured[:, channel, place] |= slots[:, channel] > rank
    return replace(offered, is_featured=featured)


def cut_chance(config: ShopConfig, count: int) -> Floats:
    """(P,) chance that a week lowers a product's price: many products hardly ever, some every other week.

    The cube of a uniform number, stretched to the config's share.
    """
    habit = stream(config.seed, "price habits").random(count)
    return np.minimum(4.0 * config.discounted_share * habit**3, 1.0)


def ordinary_lift(config: ShopConfig, chance: Floats | float | None = None) -> Floats | float:
    """What an ordinary week's promotions multiply sales by: on average over products, or at a chance of a lower price."""
    chance = config.discounted_share if chance is None else chance
    cut = 1.0 + chance * ((1.0 - config.discount) ** -config.elasticity - 1.0)
    return cut * (1.0 + config.featured_share * (config.feature_lift - 1.0))


def records(config: ShopConfig, offered: Offer, week: int) -> Promotions:
    """The week's promotions as the shop logs them; one entry a product, channel and placement."""
    product, channel, placement = np.nonzero(offered.is_featured)
    is_planned = placement == PLACEMENTS.index("mailer")
    announced = np.where(is_planned, 7 * week - config.announced_days, NEVER)
    return Promotions(product, channel, placement, offered.discount[product], announced)


def _price_war(config: ShopConfig, catalogue: Catalogue, week: int) -> Floats:
    """(P,) factor on the price, from the first Monday on or after a war's stated day: prices change on Mondays."""
    factor = np.ones(catalogue.size_of)
    monday = config.first_day + timedelta(weeks=week)
    for change in config.changes:
        if change.kind is ChangeKind.PRICE_WAR and change.days_in(monday) is not None:
            factor[catalogue.category_1 == change.category] *= 1.0 - change.size
    return factor
