"""Laws that every catalogue and every crowd of customers keeps, whatever the seed and the sizes."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from shop.config import ShopConfig
from shop.customers import buyer_tables, cell_shares, draw_cells, draw_customers, make_customers
from shop.draws import lowest, ranked
from shop.parts import NEVER
from shop.presets import tiny
from shop.products import make_catalogue
from shop.terms import price_points


@st.composite
def configs(draw: st.DrawFn) -> ShopConfig:
    first = draw(st.integers(1, 14))
    second = draw(st.integers(first, 30))
    return tiny(
        seed=draw(st.integers(0, 2**31)),
        weeks=draw(st.integers(1, 60)),
        products=draw(st.integers(1, 120)),
        candidates=draw(st.integers(0, 40)),
        customers=draw(st.integers(1, 80)),
        categories=(first, second, draw(st.integers(second, 60))),
        sellers=draw(st.integers(1, 12)),
        brands=draw(st.integers(1, 12)),
        latent_attributes=draw(st.integers(1, 12)),
        embedding_size=draw(st.integers(1, 20)),
        price_median=draw(st.floats(0.5, 300.0)),
    )


@settings(max_examples=40, deadline=None)
@given(configs())
def test_a_catalogue_keeps_its_laws(config: ShopConfig) -> None:
    made = make_catalogue(config)
    assert len(set(made.product_id.tolist())) == made.size_of == config.products + config.candidates
    assert made.is_candidate.sum() == config.candidates
    assert np.isclose(made.attractiveness[~made.is_candidate].mean(), 1.0)
    assert np.all((made.unit_cost > 0) & (made.unit_cost < made.price))
    assert np.all(made.moq_units % made.pack_units == 0)
    assert np.all(made.lead_weeks >= 0)
    assert made.is_carried.any(axis=1).all()
    assert not made.is_flop[~made.is_candidate].any()
    launched = made.is_candidate & (made.launch_week != NEVER)
    assert launched.sum() == round(config.launched_share * config.candidates)
    assert np.all(made.launch_week[launched] >= made.earliest_week[launched])
    assert np.all(made.launch_week[launched] <= made.latest_week[launched])
    assert np.all(made.launch_week[~made.is_candidate] < 0)
    assert len(set(made.category_names_3.tolist())) == config.categories[2]
    assert np.all((made.complement != np.arange(config.categories[1])) | (config.categories[1] == 1))


@settings(max_examples=30, deadline=None)
@given(configs(), st.integers(0, 419))
def test_whoever_is_drawn_is_there(config: ShopConfig, day: int) -> None:
    catalogue = make_catalogue(config)
    customers = make_customers(config, catalogue)
    assert np.allclose(customers.habit.sum(axis=1), 1.0)
    assert np.all(customers.left_day > customers.joined_day)
    tables = buyer_tables(config, customers, day)
    for channel in np.flatnonzero(tables.totals.sum(axis=1)):
        shares = cell_shares(config, customers.tastes, catalogue.latent, tables.totals[channel])
        uniform = np.linspace(0.0, 1.0, catalogue.size_of, endpoint=False)
        cells = draw_cells(shares, np.arange(catalogue.size_of), uniform)
        drawn = draw_customers(tables, np.full(cells.size, channel), cells, uniform)
        assert np.array_equal(customers.cell[drawn], cells)
        assert np.all((customers.joined_day[drawn] <= day) & (day < customers.left_day[drawn]))
        assert np.all(customers.habit[drawn, channel] > 0)


@given(st.lists(st.floats(0.01, 5_000.0), min_size=1, max_size=50))
def test_a_price_point_is_near_and_never_less_than_five_cents(prices: list[float]) -> None:
    printed = price_points(np.array(prices))
    assert np.all(printed >= 0.05)
    assert np.all(np.abs(printed - prices) <= np.maximum(0.06, 0.06 * np.array(prices)))


@given(st.lists(st.floats(-10, 10), max_size=50), st.floats(0, 1))
def test_the_lowest_share_is_as_large_as_asked_and_lower_than_the_rest(values: list[float], share: float) -> None:
    found = np.array(values)
    chosen = lowest(found, share)
    assert chosen.sum() == round(share * len(values))
    assert np.all(found[chosen] <= found[~chosen].min(initial=np.inf))
    assert np.all((ranked(found) > 0) & (ranked(found) < 1))
