"""The customers of a world: who they are, who buys where, and how tastes drift."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import timedelta
from functools import cache

import numpy as np
import pytest

from shop.changes import Change, ChangeKind
from shop.config import ShopConfig
from shop.customers import (
    AGE_BANDS,
    buyer_tables,
    cell_shares,
    draw_cells,
    draw_customers,
    make_customers,
    tastes_at,
)
from shop.draws import pick
from shop.parts import NEVER, Customers, Floats
from shop.presets import grocer, tiny
from shop.products import make_catalogue

CONFIG = grocer(products=300, candidates=20)


@cache
def made(config: ShopConfig = CONFIG) -> Customers:
    return make_customers(config, make_catalogue(config))


def drifting(weeks: int, size: float = 0.5) -> ShopConfig:
    change = Change(ChangeKind.TASTE_DRIFT, CONFIG.first_day + timedelta(days=70), weeks, size)
    return replace(CONFIG, changes=(change,))


def agree(counts: np.ndarray, expected: Floats) -> bool:
    """Whether counts are within chance of what is expected: the chi-square statistic within five deviations."""
    seen = expected > 0
    statistic = ((counts[seen] - expected[seen]) ** 2 / expected[seen]).sum()
    freedom = seen.sum() - 1
    return not counts[~seen].any() and statistic < freedom + 5 * np.sqrt(2 * freedom)


def test_the_same_config_gives_the_same_bytes() -> None:
    config = tiny()
    one, other = (make_customers(config, make_catalogue(config)) for _ in range(2))
    for field in fields(Customers):
        assert getattr(one, field.name).tobytes() == getattr(other, field.name).tobytes(), field.name


def test_more_customers_change_no_taste() -> None:
    assert np.array_equal(made(replace(CONFIG, customers=50)).tastes, made().tastes)


def test_ids_are_unique_and_follow_the_day_of_joining() -> None:
    customers = made()
    assert len(set(customers.customer_id.tolist())) == 4_000
    assert np.all(np.diff(customers.joined_day[np.argsort(customers.customer_id)]) >= 0)


def test_shares_of_customers_arrive_and_leave() -> None:
    customers = made()
    assert np.mean(customers.joined_day > 0) == 0.3
    assert np.mean(customers.left_day != NEVER) == 0.2
    assert customers.joined_day.max() < 728
    assert np.all(customers.left_day > customers.joined_day)
    assert np.all(customers.left_day[customers.left_day != NEVER] % 7 == 0)
    assert customers.left_day[customers.left_day != NEVER].max() < 728


def test_habits_follow_the_channels_traffic_and_nobody_shops_in_another_region() -> None:
    customers = made()
    assert np.allclose(customers.habit.sum(axis=1), 1.0)
    assert np.allclose(customers.habit.mean(axis=0), [0.22, 0.13, 0.38, 0.27], atol=0.02)
    north, south = customers.habit[:, 2] > 0, customers.habit[:, 3] > 0
    assert np.all(north != south)
    assert north.mean() == pytest.approx(0.38 / 0.65, abs=0.03)


def test_regions_come_from_the_channels_whatever_they_are() -> None:
    channels = tuple(replace(channel, region="") for channel in CONFIG.channels)
    assert np.all(made(replace(CONFIG, channels=channels)).habit > 0)
    one = made(replace(CONFIG, channels=CONFIG.channels[2:3]))
    assert np.allclose(one.habit, 1.0)


def test_homes_are_locations_of_the_channel_and_the_first_are_busier() -> None:
    home = made().home
    assert home.min() == 0
    assert home.max(axis=0).tolist() == [0, 0, 5, 4]
    assert np.sum(home[:, 2] == 0) > np.sum(home[:, 2] == 5) > 0


def test_activity_and_price_sensitivity_have_mean_one() -> None:
    customers = made()
    assert customers.activity.mean() == pytest.approx(1.0, abs=0.1)
    assert np.log(customers.activity).std() == pytest.approx(1.0, abs=0.05)
    assert customers.price_sensitivity.mean() == pytest.approx(1.0, abs=0.03)


def test_segments_are_hints_that_hardly_tell_the_cell() -> None:
    customers = made()
    hints = [json.loads(text) for text in customers.segments.tolist()]
    assert {key for hint in hints for key in hint} == {"age_band", "region", "member"}
    assert {hint.get("age_band") for hint in hints} == {*AGE_BANDS, None}
    assert {hint.get("region") for hint in hints} == {"north", "south", None}
    known = np.array(["region" in hint for hint in hints])
    north = np.array([hint.get("region") == "north" for hint in hints])
    assert known.mean() == pytest.approx(0.85, abs=0.03)
    assert 0.9 < np.mean((customers.habit[:, 2] > 0)[known] == north[known]) < 1
    member = np.array([hint.get("member", False) for hint in hints], dtype=float)
    of_cell = np.bincount(customers.cell, member) / np.bincount(customers.cell)
    assert 0.03 < of_cell[customers.cell].var() / member.var() < 0.35


def test_tastes_have_unit_scale_and_stay_without_a_drift() -> None:
    customers = made()
    assert customers.tastes.shape == (64, 8)
    assert customers.tastes.std() == pytest.approx(1.0, abs=0.1)
    assert tastes_at(CONFIG, customers, 700) is customers.tastes


def test_tastes_drift_evenly_from_their_day_and_then_stay() -> None:
    config, customers = drifting(weeks=10), made()
    assert np.array_equal(tastes_at(config, customers, 69), customers.tastes)
    assert np.allclose(tastes_at(config, customers, 70), customers.tastes)
    likeness = [np.corrcoef(tastes_at(config, customers, day).ravel(), customers.tastes.ravel())[0, 1] for day in
                (70, 105, 140)]  # fmt: skip
    assert likeness == pytest.approx([1.0, np.sqrt(0.75), np.sqrt(0.5)], abs=0.1)
    assert np.array_equal(tastes_at(config, customers, 140), tastes_at(config, customers, 600))
    assert tastes_at(config, customers, 140).std() == pytest.approx(1.0, abs=0.1)


def test_a_drift_without_weeks_comes_at_once_and_two_add_up() -> None:
    config, customers = drifting(weeks=0, size=1.0), made()
    assert abs(np.corrcoef(tastes_at(config, customers, 70).ravel(), customers.tastes.ravel())[0, 1]) < 0.2
    twice = replace(config, changes=config.changes * 2)
    assert not np.allclose(tastes_at(twice, customers, 70), tastes_at(config, customers, 70))


def test_only_those_who_have_come_and_not_left_buy() -> None:
    customers = made()
    for day in (0, 300, 727):
        tables = buyer_tables(CONFIG, customers, day)
        drawn = np.unique(tables.customer)
        here = (customers.joined_day <= day) & (day < customers.left_day)
        assert np.array_equal(drawn, np.flatnonzero(here))


def test_totals_are_those_of_a_hand_loop() -> None:
    config = tiny()
    customers = made(config)
    totals = np.zeros((4, 8))
    for number in range(config.customers):
        if customers.joined_day[number] <= 50 < customers.left_day[number]:
            totals[:, customers.cell[number]] += customers.activity[number] * customers.habit[number]
    assert np.allclose(buyer_tables(config, customers, 50).totals, totals)


def test_customers_are_drawn_by_activity_and_habit() -> None:
    customers, draws = made(), 200_000
    tables = buyer_tables(CONFIG, customers, 100)
    rng = np.random.default_rng(3)
    for channel, cell in ((0, 0), (2, 17), (3, 63)):
        drawn = draw_customers(tables, np.full(draws, channel), np.full(draws, cell), rng.random(draws))
        weight = customers.activity * customers.habit[:, channel] * (customers.cell == cell)
        weight *= (customers.joined_day <= 100) & (customers.left_day > 100)
        assert agree(np.bincount(drawn, minlength=4_000), draws * weight / weight.sum())


def test_the_ends_of_the_uniform_numbers_stay_in_the_cell() -> None:
    customers = made()
    tables = buyer_tables(CONFIG, customers, 100)
    channel, cell = (grid.ravel() for grid in np.meshgrid(np.arange(4), np.arange(64)))
    for end in (0.0, np.nextafter(1.0, 0.0)):
        drawn = draw_customers(tables, channel, cell, np.full(channel.size, end))
        somebody = tables.totals[channel, cell] > 0
        assert np.array_equal(customers.cell[drawn][somebody], cell[somebody])
        assert np.all(customers.habit[drawn, channel] > 0)


def test_a_cell_without_anybody_in_a_channel_sends_another_of_the_channel() -> None:
    customers = replace(made(tiny()), cell=np.zeros(120, dtype=np.int64))
    tables = buyer_tables(tiny(), customers, 0)
    drawn = draw_customers(tables, np.array([2, 3]), np.array([5, 5]), np.array([0.3, 0.9]))
    assert np.all(customers.habit[drawn, [2, 3]] > 0)


def test_a_channel_without_anybody_is_refused_with_a_way_out() -> None:
    customers = made(tiny())
    gone = buyer_tables(tiny(), replace(customers, left_day=np.zeros_like(customers.left_day)), 5)
    with pytest.raises(ValueError, match="channel 1 has no active customer; a world needs more"):
        draw_customers(gone, np.array([1]), np.array([0]), np.array([0.5]))
    with pytest.raises(ValueError, match="no customer is active"):
        cell_shares(tiny(), customers.tastes, np.zeros((2, 8)), gone.totals[1])


def test_cells_are_drawn_by_taste_and_by_who_is_there() -> None:
    customers, draws = made(), 200_000
    latent = make_catalogue(CONFIG).latent[:3]
    totals = buyer_tables(CONFIG, customers, 100).totals[1].copy()
    totals[[0, 63]] = 0.0
    shares = cell_shares(CONFIG, customers.tastes, latent, totals)
    assert shares.dtype == np.float32
    rng = np.random.default_rng(5)
    product = rng.integers(0, 3, draws)
    drawn = draw_cells(shares, product, rng.random(draws))
    for number in range(3):
        weight = totals * np.exp(0.9 * customers.tastes @ latent[number] / np.sqrt(8))
        here = drawn[product == number]
        assert agree(np.bincount(here, minlength=64), here.size * weight / weight.sum())


def test_without_taste_every_product_has_the_same_buyers() -> None:
    config = replace(CONFIG, taste_strength=0.0)
    shares = cell_shares(config, made().tastes, make_catalogue(CONFIG).latent, np.ones(64))
    assert np.allclose(shares, np.arange(1, 65) / 64, atol=1e-5)


@pytest.mark.parametrize("columns", [1, 2, 3, 7, 8, 64, 90])
def test_a_pick_is_that_of_a_search_in_each_row(columns: int) -> None:
    rng = np.random.default_rng(columns)
    cumulative = np.cumsum(rng.random((5, columns)) * (rng.random((5, columns)) < 0.8) + 1e-12, axis=1)
    cumulative /= cumulative[:, -1:].copy()
    row, uniform = rng.integers(0, 5, 400), np.append(rng.random(399), 0.0)
    expected = [np.searchsorted(cumulative[r], u, side="right") for r, u in zip(row, uniform, strict=True)]
    assert pick(cumulative, row, uniform).tolist() == expected
