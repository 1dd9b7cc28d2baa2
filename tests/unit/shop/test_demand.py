"""The law of demand: what moves its mean, and by how much."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2
from support.shop_means import ALONE, WEEK, in_group, means, plain_offer, world

from shop.parts import PLACEMENTS
from shop.presets import tiny
from shop.promotions import Offer


def cheaper(offered: Offer, product: int, discount: float) -> Offer:
    cut = offered.discount.copy()
    cut[product] = discount
    return replace(offered, discount=cut)


@pytest.mark.parametrize("power", [0.0, 0.4, 0.7, 1.0])
@pytest.mark.parametrize("discount", [0.01, 0.25])
def test_a_lower_price_moves_demand_by_the_formula(power: float, discount: float) -> None:
    made = world(replace(ALONE, category_power=power))
    usual = plain_offer(made)
    before = means(made, usual)
    product, channel = np.argwhere((made.launch_week <= WEEK) & (before.units > np.median(before.units)))[3]
    after = means(made, cheaper(usual, product, discount))
    group = in_group(made, product, channel)
    ratio = (cheaper(usual, product, discount).price / usual.price)[product, channel]
    lift = ratio ** -made.catalogue.elasticity[product]
    share = before.attractiveness[product, channel] / before.attractiveness[group].sum()
    of_category = (1.0 + share * (lift - 1.0)) ** (power - 1.0)
    changed = after.units / np.where(before.units > 0, before.units, 1.0)
    assert changed[product, channel] == pytest.approx(lift * of_category, rel=1e-9)
    group[product, channel] = False
    assert changed[group] == pytest.approx(of_category, rel=1e-9)


@pytest.mark.parametrize("power", [0.3, 0.7, 1.0])
def test_the_elasticity_of_a_small_change_is_the_stated_one_less_what_the_category_gives_up(power: float) -> None:
    made = world(replace(ALONE, category_power=power, price_median=300.0))
    usual = plain_offer(made)
    before = means(made, usual)
    for product, channel in np.argwhere(made.launch_week <= WEEK)[::17]:
        nearly = means(made, cheaper(usual, product, 0.001))
        log_price = np.log((cheaper(usual, product, 0.001).price / usual.price)[product, channel])
        log_units = np.log(nearly.units[product, channel] / before.units[product, channel])
        share = before.attractiveness[product, channel] / before.attractiveness[in_group(made, product, channel)].sum()
        stated = -made.catalogue.elasticity[product] * (1.0 - (1.0 - power) * share)
        assert log_units / log_price == pytest.approx(stated, rel=0.005)


def test_a_promotion_lifts_its_complement_by_the_halo_and_no_other_category() -> None:
    halo = 0.3
    made = world(tiny(halo=halo))
    usual = plain_offer(made)
    before = means(made, usual)
    product = int(np.flatnonzero((made.launch_week <= WEEK).all(axis=1))[0])
    after = means(made, cheaper(usual, product, 0.3))
    category = made.catalogue.category_2
    feels = np.flatnonzero(made.catalogue.complement == category[product])
    assert category[product] not in feels
    on_sale = made.launch_week <= WEEK
    for channel in range(on_sale.shape[1]):
        own = on_sale[:, channel] & (category == category[product])
        lift = after.attractiveness[own, channel].sum() / before.attractiveness[own, channel].sum() - 1.0
        near = on_sale[:, channel] & np.isin(category, feels)
        ratio = after.units[near, channel] / before.units[near, channel]
        # Prices in whole cents are not all usual to the last digit, which halo feels too.
        assert ratio == pytest.approx(1.0 + halo * lift, rel=1e-4)
        far = on_sale[:, channel] & ~np.isin(category, feels) & (category != category[product])
        assert np.array_equal(after.units[far, channel], before.units[far, channel])


def test_one_placement_lifts_by_the_stated_factor_and_two_by_less_than_its_square() -> None:
    made = world(replace(ALONE, category_power=1.0))
    usual = plain_offer(made)
    lifted = []
    for placements in (1, 2):
        featured = usual.is_featured.copy()
        featured[:, :, :placements] = True
        lifted.append(means(made, replace(usual, is_featured=featured)).units)
    on_sale = made.launch_week <= WEEK
    before = means(made, usual).units[on_sale]
    assert lifted[0][on_sale] / before == pytest.approx(ALONE.feature_lift, rel=1e-9)
    assert (lifted[1][on_sale] / before < ALONE.feature_lift**2).all()
    assert (lifted[1] >= lifted[0]).all()
    assert len(PLACEMENTS) == 3


def test_days_share_the_week_and_stores_are_closed_on_christmas_day() -> None:
    demand = world(replace(ALONE, weeks=60)).demand
    for week in range(60):
        assert demand.day_shares(week).sum(axis=0) == pytest.approx(1.0, rel=1e-12)
    christmas = demand.day_shares(51)[0]
    online = np.array([channel.is_online for channel in ALONE.channels])
    assert (christmas[:, ~online] == 0).all()
    assert (christmas[:, online] > 0).all()


def test_intensities_are_the_mean_of_demand_in_every_channel_and_season() -> None:
    """Counts beside their means over many weeks and seeds: the squares of what is left have their stated size."""
    loud = {"click_rate": (0.1, 0.2), "cart_rate": 0.3, "purchase_rate": 0.2, "weeks": 54}
    surplus, variance = np.zeros((6, 4)), np.zeros((6, 4))
    for seed in range(3):
        config = tiny(seed=seed, **loud)
        wild = (1.0 + 0.5 / config.frailty_shape) ** 2 - 1.0
        for week in world(config).weeks():
            truth = week.truth
            cell = (week.number // 9, truth.channel)
            np.add.at(surplus, cell, truth.demanded - truth.intensity)
            # Poisson counts, and a gamma factor that channels share in part: more than its own share is counted.
            np.add.at(variance, cell, truth.intensity + 2.0 * wild * truth.intensity**2)
    deviations = surplus / np.sqrt(variance)
    assert np.abs(deviations).max() < 4.0
    assert chi2.sf((deviations**2).sum(), deviations.size) > 1e-4
