"""Who buys what the shelves gave up, and how many units at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.shop_orders import CONFIG
from support.shop_week import ShopWeek, shop_weeks

from shop.buying import NOBODY, find_customers, remember, split_into_lines
from shop.presets import tiny


def test_lines_have_the_configs_mean_units() -> None:
    random = np.random.default_rng(7)
    units = random.poisson(6.0, 4_000) + 1
    entry, split = split_into_lines(units, 1.3, random.random(units.sum()))
    assert np.array_equal(np.bincount(entry, split), units)
    assert split.mean() == pytest.approx(1.3, rel=0.02)


def test_a_share_of_sales_goes_to_earlier_buyers_of_the_product() -> None:
    def earlier_buyers(repeat_share: float) -> float:
        seen: set[tuple[int, int]] = set()
        again = total = 0
        config = tiny(repeat_share=repeat_share, weeks=6, customers=3_000)
        for number, week in enumerate(shop_weeks(config, 6)):
            sales = week.lines.units > 0
            pairs = list(zip(week.lines.product[sales].tolist(), week.lines.customer[sales].tolist(), strict=True))
            if number > 2:
                again, total = again + sum(pair in seen for pair in pairs), total + len(pairs)
            seen.update(pairs)
        return again / total

    without, with_repeats = earlier_buyers(0.0), earlier_buyers(0.5)
    assert with_repeats - without == pytest.approx(0.5 * (1 - without), abs=0.12)


def test_customers_buy_only_where_they_shop(weeks: list[ShopWeek]) -> None:
    for week in weeks:
        customers, sales = week.market.customers, week.lines.units > 0
        assert (customers.habit[week.lines.customer[sales], week.lines.channel[sales]] > 0).all()


def test_an_earlier_buyer_who_left_or_shops_elsewhere_does_not_come_again(weeks: list[ShopWeek]) -> None:
    config, market = replace(CONFIG, repeat_share=1.0), weeks[0].market
    customers = market.customers
    here = customers.habit[:, 2] > 0
    left = int(np.flatnonzero(here & (customers.left_day < 60))[0])
    elsewhere = int(np.flatnonzero(~here)[0])
    stays = int(np.flatnonzero(here & (customers.joined_day == 0) & (customers.left_day > 1_000))[0])
    lines, uniform = 400, np.random.default_rng(10).random((4, 400))
    product, channel = np.zeros(lines, dtype=np.int64), np.full(lines, 2)
    known = np.tile([NOBODY, left, elsewhere, stays], (lines, 1))
    assert (find_customers(config, 60, market, (product, channel, known), uniform) == stays).all()
    nobody_fits = np.tile([NOBODY, NOBODY, left, elsewhere], (lines, 1))
    others = find_customers(config, 60, market, (product, channel, nobody_fits), uniform)
    assert len(np.unique(others)) > 10


def test_tastes_tell_who_buys() -> None:
    config = tiny(units_per_week=20_000.0, repeat_share=0.0, taste_strength=1.5)
    week = next(shop_weeks(config, 1))
    lines, customers = week.lines, week.market.customers
    match = week.market.match(np.arange(week.market.catalogue.size_of))
    bought = match[customers.cell[lines.customer], lines.product].mean()
    anybody = match[customers.cell[lines.customer], np.random.default_rng(8).permutation(lines.product)].mean()
    assert bought > anybody + 0.5


def test_remembered_buyers_are_the_last_four() -> None:
    random = np.random.default_rng(9)
    buyers, by_hand = np.full((5, 4), NOBODY), [[NOBODY] * 4 for _ in range(5)]
    for size in (0, 3, 11, 40):
        product, customer = random.integers(0, 5, size), random.integers(0, 99, size)
        buyers = remember(buyers, product, customer)
        for one, who in zip(product.tolist(), customer.tolist(), strict=True):
            by_hand[one] = [*by_hand[one][1:], who]
        assert buyers.tolist() == by_hand
