"""Prices, margins and supply terms of a world's products."""

from __future__ import annotations

import numpy as np
import pytest
from support.shop_catalogue import catalogue, dummies, explained

from shop.presets import grocer


def test_prices_are_printed_ones_and_hit_median_and_spread() -> None:
    made = catalogue()
    assert np.median(made.price) == pytest.approx(3.2, rel=0.05)
    assert np.log(made.price).std() == pytest.approx(0.7, rel=0.05)
    cents = np.round(made.price * 100)
    assert np.allclose(made.price * 100, cents)
    assert np.all((cents % 10 == 9) | (cents % 5 == 0))


def test_margin_and_elasticity_are_the_configs() -> None:
    made = catalogue()
    margin = 1 - made.unit_cost / made.price
    assert margin.mean() == pytest.approx(0.28, abs=0.005)
    assert margin.std() == pytest.approx(0.08, abs=0.01)
    assert margin.min() > 0
    assert made.elasticity.mean() == pytest.approx(3.7, abs=0.01)
    assert made.elasticity.std() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("weeks", [(2, 8, 12), (1, 2, 4), (0, 3, 3), (1, 3, 6), (2, 8, 14)])
def test_lead_weeks_have_the_configs_percentiles(weeks: tuple[int, int, int]) -> None:
    made = catalogue(grocer(lead_weeks=weeks, products=1_500, candidates=0))
    assert np.percentile(made.lead_weeks, [10, 50, 90]).tolist() == list(weeks)
    assert made.lead_weeks.max() == grocer(lead_weeks=weeks).longest_lead_weeks


def test_lead_weeks_are_mostly_the_sellers() -> None:
    made = catalogue()
    assert explained(dummies(np.unique(made.seller, return_inverse=True)[1]), made.lead_weeks.astype(float)) > 0.8


def test_supply_terms_are_plausible() -> None:
    made = catalogue()
    assert set(made.pack_units.tolist()) == {1, 6, 12}
    assert np.all(made.moq_units % made.pack_units == 0)
    assert np.all(made.moq_units > 0)
    assert np.all(made.volume > 0)
    assert made.salvage_rate.mean() == pytest.approx(0.4, abs=0.01)
    assert np.all((made.salvage_rate >= 0) & (made.salvage_rate < 1))
    assert set(made.holding_rate.tolist()) == {0.004}
    assert set(made.shortage_penalty_rate.tolist()) == {0.1}
    for number in range(40):
        here = made.category_2 == number
        margins = np.median((made.price - made.unit_cost)[here])
        assert np.median(made.launch_cost[here]) == pytest.approx(5 * margins, rel=0.15)
