"""Shelves and the warehouse: nothing is sold that is not there, nothing appears or vanishes, who finds nothing turns."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shop.config import ShopConfig
from shop.parts import NEVER, Catalogue, Ints
from shop.presets import tiny
from shop.products import make_catalogue
from shop.stock import (
    Stock,
    Switching,
    counts,
    fill_shelves,
    first_orders,
    learn,
    opening_stock,
    readdress,
    receive,
    replenish,
    sell,
)

SHOP = tiny()
CHANNELS = len(SHOP.channels)


@cache
def catalogue(config: ShopConfig = SHOP) -> Catalogue:
    return make_catalogue(config)


def stock_of(shelf: Ints, warehouse: Ints | None = None, rate: float = 1.0) -> Stock:
    held = np.zeros(len(shelf), dtype=np.int64) if warehouse is None else warehouse
    return Stock(shelf.copy(), held.copy(), np.full(shelf.shape, rate))


def in_all(stock: Stock) -> Ints:
    """(P,) units in all pools."""
    return stock.shelf.sum(axis=1) + stock.warehouse


@st.composite
def days(draw: st.DrawFn) -> tuple[ShopConfig, Ints, Ints, np.ndarray, Ints]:
    """A config, shelves, demand, attractiveness and categories of one day."""
    random = np.random.default_rng(draw(st.integers(0, 2**31)))
    products, channels = draw(st.integers(1, 30)), draw(st.integers(1, 4))
    shelf = random.poisson(draw(st.sampled_from([0.0, 1.0, 8.0])), (products, channels))
    demanded = random.poisson(draw(st.sampled_from([0.0, 2.0, 20.0])), (products, channels))
    pull = random.gamma(0.5, 1.0, (products, channels)) * (random.random((products, channels)) < 0.8)
    category = random.integers(0, draw(st.integers(1, 6)), products)
    share = draw(st.sampled_from([0.0, 0.35, 1.0]))
    return replace(SHOP, substitution_share=share), shelf, demanded, pull, category


@settings(max_examples=150, deadline=None)
@given(made=days(), day=st.integers(0, 300))
def test_a_day_keeps_its_books(made: tuple[ShopConfig, Ints, Ints, np.ndarray, Ints], day: int) -> None:
    config, shelf, demanded, pull, category = made
    stock = stock_of(shelf)
    sale = sell(config, stock, demanded, Switching(category, pull), day)
    assert np.array_equal(shelf - sale.sold, stock.shelf)
    assert (stock.shelf >= 0).all()
    assert (sale.sold >= np.minimum(demanded, shelf)).all()
    assert (sale.sold <= demanded + sale.switched_in).all()
    # Nobody turns to what is out, and a wish that turned stays in its category and channel.
    assert (sale.switched_in[(shelf == 0) | (pull == 0)] == 0).all()
    turned_out = demanded + sale.switched_in - sale.sold - sale.refused
    assert (turned_out >= 0).all()
    assert (turned_out <= np.maximum(demanded - shelf, 0)).all()
    for number in np.unique(category):
        same = category == number
        assert np.array_equal(turned_out[same].sum(axis=0), sale.switched_in[same].sum(axis=0))
        assert np.array_equal(demanded[same].sum(axis=0), (sale.sold + sale.refused)[same].sum(axis=0))
    if config.substitution_share == 0.0:
        assert np.array_equal(sale.sold, np.minimum(demanded, shelf))


def test_customers_turn_to_what_stands_there_in_proportion_to_its_pull() -> None:
    pull = np.array([[5.0], [1.0], [3.0], [100.0], [2.0]])
    category = np.array([0, 0, 0, 1, 0])
    shelf = np.array([[0], [10_000], [10_000], [10_000], [0]])
    taken = np.zeros(5)
    for day in range(300):
        stock = stock_of(shelf)
        sale = sell(
            replace(SHOP, substitution_share=0.5),
            stock,
            np.array([[20], [0], [0], [0], [0]]),
            Switching(category, pull),
            day,
        )
        taken += sale.switched_in[:, 0]
    assert taken[[0, 3, 4]].tolist() == [0, 0, 0]
    turned = taken.sum()
    assert turned == pytest.approx(300 * 20 * 0.5, rel=0.03)
    assert taken[2] / turned == pytest.approx(0.75, abs=0.02)


def test_who_finds_nothing_else_is_refused_under_the_product_that_was_wanted() -> None:
    stock = stock_of(np.zeros((2, 1), dtype=np.int64))
    alone = Switching(np.array([0, 0]), np.ones((2, 1)))
    sale = sell(replace(SHOP, substitution_share=1.0), stock, np.array([[7], [0]]), alone, 3)
    assert sale.refused.ravel().tolist() == [7, 0]
    assert sale.switched_in.sum() == 0


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 2**31), held=st.sampled_from([0, 3, 60]), rate=st.sampled_from([0.0, 0.3, 9.0]))
def test_filling_shelves_moves_units_and_makes_none(seed: int, held: int, rate: float) -> None:
    random = np.random.default_rng(seed)
    stock = stock_of(random.poisson(2.0, (40, CHANNELS)), random.poisson(held, 40), rate)
    listed = random.random(stock.shelf.shape) < 0.7
    before = stock.copy()
    fill_shelves(SHOP, stock, listed, 1.0 + random.random(stock.shelf.shape))
    moved = stock.shelf - before.shelf
    assert (moved >= 0).all()
    assert (moved[~listed] == 0).all()
    assert (stock.warehouse >= 0).all()
    assert np.array_equal(in_all(stock), in_all(before))
    # Filling again moves little more: a unit a product that rounding left.
    first = stock.shelf.copy()
    fill_shelves(SHOP, stock, listed, np.ones(stock.shelf.shape))
    assert ((stock.shelf - first).sum(axis=1) <= CHANNELS).all()


def test_an_order_arrives_once_in_its_week_in_its_pool() -> None:
    stock = stock_of(np.zeros((2, CHANNELS), dtype=np.int64))
    units = np.zeros((2, CHANNELS + 1), dtype=np.int64)
    units[0, 1], units[1, -1] = 5, 7
    stock.order(4, units)
    stock.order(4, units)
    nothing = np.zeros((2, CHANNELS), dtype=np.int64)
    receive(stock, 3, nothing)
    assert in_all(stock).sum() == 0
    assert stock.on_order().sum() == 24
    receive(stock, 4, nothing)
    receive(stock, 5, nothing)
    assert stock.shelf[0].tolist() == [0, 10, 0, 0]
    assert stock.warehouse.tolist() == [0, 14]
    assert stock.on_order().sum() == 0
    assert units.sum() == 12


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**31), week=st.integers(0, 50), rate=st.sampled_from([1e-6, 0.4, 25.0]))
def test_the_rule_orders_whole_packs_no_less_than_the_smallest_order_after_the_lead_time(
    seed: int, week: int, rate: float
) -> None:
    made = catalogue()
    random = np.random.default_rng(seed)
    stock = stock_of(random.poisson(2.0, (made.size_of, CHANNELS)), random.poisson(20.0, made.size_of), rate)
    ordered_at_all = random.random(made.size_of) < 0.5
    replenish(SHOP, made, stock, week, ordered_at_all)
    units = stock.on_order()
    assert (units[:, :-1] == 0).all()
    ordered = units[:, -1]
    assert (ordered[~ordered_at_all] == 0).all()
    assert (ordered % made.pack_units == 0).all()
    assert (ordered[ordered > 0] >= made.moq_units[ordered > 0]).all()
    for due, arriving in stock.due.items():
        lead = made.lead_weeks[arriving[:, -1] > 0]
        assert (due - week >= np.maximum(lead, 1)).all()
    # What is on its way counts: the rule does not order it twice.
    replenish(SHOP, made, stock, week, ordered_at_all)
    assert np.array_equal(stock.on_order()[:, -1], ordered)


def test_a_share_of_deliveries_is_late_as_the_config_says() -> None:
    made = catalogue()
    late, every = 0, 0
    for week in range(40):
        stock = stock_of(np.zeros((made.size_of, CHANNELS), dtype=np.int64), rate=3.0)
        replenish(SHOP, made, stock, week, np.ones(made.size_of, dtype=bool))
        for due, arriving in stock.due.items():
            lead = np.maximum(made.lead_weeks[arriving[:, -1] > 0], 1)
            late, every = late + int((due - week > lead).sum()), every + len(lead)
    assert late / every == pytest.approx(SHOP.late_share, abs=4 * np.sqrt(0.16 / every))


def test_a_launch_finds_a_first_stock_even_where_its_category_sells_nothing_yet() -> None:
    made = catalogue()
    stock = stock_of(np.zeros((made.size_of, CHANNELS), dtype=np.int64), rate=0.0)
    launched = np.zeros(stock.shelf.shape, dtype=bool)
    launched[3, 1] = True
    first_orders(SHOP, made, stock, 5, launched)
    assert stock.shelf[3, 1] > 0
    assert stock.rate[3, 1] > 0
    assert stock.shelf.sum() == stock.shelf[3, 1]
    assert in_all(stock)[np.arange(made.size_of) != 3].sum() == 0


def test_buyers_learn_of_what_is_listed_and_take_promotions_out() -> None:
    stock = stock_of(np.full((2, CHANNELS), 50), rate=10.0)
    listed = np.ones((2, CHANNELS), dtype=bool)
    listed[1] = False
    for _ in range(80):
        learn(stock, np.full((2, CHANNELS), 12), listed, np.full((2, CHANNELS), 3.0))
    assert stock.rate[0] == pytest.approx(4.0, rel=1e-3)
    assert stock.rate[1] == pytest.approx(10.0)


def test_a_copy_is_a_stock_of_its_own() -> None:
    stock = stock_of(np.full((2, CHANNELS), 5))
    stock.order(1, np.ones((2, CHANNELS + 1), dtype=np.int64))
    other = stock.copy()
    receive(other, 1, np.ones((2, CHANNELS), dtype=np.int64))
    sell(SHOP, other, np.full((2, CHANNELS), 3), Switching(np.zeros(2, dtype=np.int64), np.ones((2, CHANNELS))), 0)
    assert stock.shelf.tolist() == [[5] * CHANNELS] * 2
    assert list(stock.due) == [1]
    assert stock.warehouse.sum() == 0


def test_a_shop_opens_with_most_shelves_filled_and_its_orders_on_their_way() -> None:
    made = catalogue()
    listed = made.is_carried & (made.launch_week < 0)[:, None]
    stock = opening_stock(SHOP, made, np.where(listed, 4.0, 0.0))
    assert (stock.shelf[listed] > 0).mean() > 0.6
    assert (stock.shelf[~listed] == 0).all()
    sold = listed.any(axis=1)
    on_its_way = stock.on_order()[:, -1]
    assert (on_its_way[sold & (made.lead_weeks > 0)] > 0).all()
    assert (on_its_way[~sold] == 0).all()
    assert min(stock.due) == 1


def test_counts_tell_what_lies_in_each_pool_and_what_comes_next() -> None:
    stock = stock_of(np.arange(2 * CHANNELS).reshape(2, CHANNELS), np.array([30, 40]))
    later, sooner = (np.zeros((2, CHANNELS + 1), dtype=np.int64) for _ in range(2))
    later[0, -1], sooner[0, -1], later[1, 0] = 6, 5, 3
    stock.order(9, later)
    stock.order(7, sooner)
    listed = np.ones((2, CHANNELS), dtype=bool)
    listed[1, 1:] = False
    told = counts(stock, listed)
    rows = {
        (product, pool): (held, coming, due)
        for product, pool, held, coming, due in zip(
            *(part.tolist() for part in (told.product, told.pool, told.on_hand, told.on_order, told.due_day)),
            strict=True,
        )
    }
    assert rows[0, CHANNELS] == (30, 11, 49)
    assert rows[0, 2] == (2, 0, NEVER)
    assert rows[1, 0] == (4, 3, 63)
    assert (1, 1) not in rows
    assert len(rows) == len(told.product) == 7


@st.composite
def moves(draw: st.DrawFn) -> tuple[Stock, dict[int, Ints]]:
    """A stock with deliveries under way in weeks 5 to 9, and what shelves ask of the warehouse in them."""
    random = np.random.default_rng(draw(st.integers(0, 2**31)))
    products, channels = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    stock = stock_of(random.poisson(3.0, (products, channels)), random.poisson(6.0, products))
    for week in range(5, 10):
        if draw(st.booleans()):
            stock.order(week, random.poisson(2.0, (products, channels + 1)))
    weeks = draw(st.sets(st.integers(5, 9)))
    return stock, {week: random.poisson(draw(st.sampled_from([0.5, 3.0])), (products, channels)) for week in weeks}


@given(moves())
@settings(deadline=None)
def test_what_is_sent_to_shelves_instead_of_the_warehouse_is_neither_lost_nor_found_twice(
    drawn: tuple[Stock, dict[int, Ints]],
) -> None:
    before, moved = drawn
    stock = before.copy()
    readdress(stock, 5, moved)
    np.testing.assert_array_equal(in_all(stock), in_all(before))
    assert min(stock.shelf.min(), stock.warehouse.min(), *(due.min() for due in stock.due.values())) >= 0
    for product in range(len(stock.shelf)):
        asked, sent = np.zeros(stock.shelf.shape[1], dtype=int), stock.shelf[product] - before.shelf[product]
        for week in range(5, 10):
            asked += moved[week][product] if week in moved else 0
            if week in before.due:
                was, now = before.due[week][product], stock.due[week][product]
                assert was.sum() == now.sum()
                sent = sent + now[:-1] - was[:-1]
            assert (sent <= asked).all()
            # Either every wish is served by now, or nothing is left there but what no whole share was.
            left = stock.due[week][product, -1] if week in stock.due else 0
            left += stock.warehouse[product] if week == 5 else 0
            assert (sent == asked).all() or left < len(asked)
