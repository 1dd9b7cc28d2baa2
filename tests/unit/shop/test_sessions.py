from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, timedelta

import numpy as np
import pytest
from support.shop_week import ShopWeek, shop_weeks

from shop.changes import Change, ChangeKind
from shop.parts import EVENT_TYPES, SURFACES
from shop.presets import grocer, tiny
from shop.sessions import Counters, Responses, Shown, calibrate, events, respond, show

# Loud enough for clicks to be many; a shop of two categories has more than a list's products in each.
LOUD = tiny(
    products=80,
    categories=(2, 2, 4),
    units_per_week=6_000.0,
    click_rate=(0.08, 0.15),
    cart_rate=0.4,
    favourite_rate=0.2,
    purchase_rate=0.2,
)
OUTAGE = Change(ChangeKind.TRACKING_OUTAGE, LOUD.first_day + timedelta(days=9), 2, 0.6)


@pytest.fixture(scope="module")
def week() -> ShopWeek:
    return next(shop_weeks(LOUD, 1))


def every_product_on_top(week: ShopWeek, surface: int) -> tuple[Shown, int]:
    """What the surface's lists would show first, each listed product once a request; and how many those are."""
    first = np.flatnonzero((week.shown.position == 1) & (week.shown.surface == surface) & (week.shown.channel == 0))
    listed = np.flatnonzero(week.market.is_listed[:, 0])
    at = np.repeat(first, len(listed))
    whole = {field.name: getattr(week.shown, field.name)[at] for field in fields(Shown)}
    return Shown(**{**whole, "product": np.tile(listed, len(first))}), len(listed)


def test_traffic_follows_demand_online_and_a_tenth_is_random(week: ShopWeek) -> None:
    shown = week.shown
    online = [number for number, channel in enumerate(LOUD.channels) if channel.is_online]
    expected = LOUD.impressions_per_unit * week.market.demand_units[online].sum()
    assert len(shown.product) == pytest.approx(expected, rel=0.05)
    assert set(shown.channel) == set(online)
    assert np.mean(shown.surface == SURFACES.index("random")) == pytest.approx(LOUD.random_share, abs=0.02)
    assert np.bincount(shown.day, minlength=7).min() > 0


def test_a_list_is_one_request_of_one_session_and_a_session_is_one_visit(week: ShopWeek) -> None:
    shown = week.shown
    assert np.array_equal(shown.request, np.sort(shown.request))
    starts = np.diff(shown.request, prepend=-1) > 0
    assert (shown.position[starts] == 1).all()
    assert (np.diff(shown.position)[~starts[1:]] == 1).all()
    for values in (shown.customer, shown.channel, shown.day):
        pairs = np.unique(np.column_stack([shown.session, values]), axis=0)
        assert len(pairs) == shown.session.max() + 1
    requests = np.unique(np.column_stack([shown.session, shown.request]), axis=0)
    assert set(np.bincount(requests[:, 0])) == {1, 2, 3}


def test_only_listed_products_are_shown_and_none_twice_in_a_list(week: ShopWeek) -> None:
    shown = week.shown
    assert week.market.is_listed[shown.product, shown.channel].all()
    assert len(np.unique(np.column_stack([shown.request, shown.product]), axis=0)) == len(shown.product)
    on_category = shown.surface == SURFACES.index("category")
    category = week.market.catalogue.category_2[shown.product[on_category]]
    pairs = np.unique(np.column_stack([shown.request[on_category], category]), axis=0)
    assert len(pairs) == len(np.unique(shown.request[on_category]))


def test_only_active_customers_come() -> None:
    for number, week in enumerate(shop_weeks(LOUD, 2)):
        customers = week.market.customers
        assert (customers.joined_day[week.shown.customer] <= 0).all(), number


def test_first_places_come_as_often_as_their_propensities_say(week: ShopWeek) -> None:
    shown = week.shown
    for surface in ("home", "random"):
        first = (shown.position == 1) & (shown.surface == SURFACES.index(surface)) & (shown.channel == 0)
        listed = int(week.market.is_listed[:, 0].sum())
        # The inverse propensity of what came has the number of products as its mean, if and only if nothing is amiss.
        inverse = 1.0 / shown.propensity[first]
        assert inverse.mean() == pytest.approx(listed, abs=4.5 * inverse.std() / np.sqrt(len(inverse)) + 1e-9)


def test_the_home_page_shows_its_features_four_times_as_often_as_their_sales_say(week: ShopWeek) -> None:
    featured = week.market.is_featured[week.shown.product, week.shown.channel]
    home = week.shown.surface == SURFACES.index("home")
    by_chance = week.shown.surface == SURFACES.index("random")
    assert featured[home].mean() > 1.5 * featured[by_chance].mean()


@pytest.mark.parametrize("surface", ["home", "random"])
def test_inverse_weighting_recovers_the_true_click_rate_of_uniform_first_places(week: ShopWeek, surface: str) -> None:
    number = SURFACES.index(surface)
    uniform, listed = every_product_on_top(week, number)
    truth = respond(LOUD, 0, week.market, uniform, week.rates).click_probability.mean()
    shown = week.shown
    first = (shown.position == 1) & (shown.surface == number) & (shown.channel == 0)
    weighted = week.responses.is_clicked[first] / (listed * shown.propensity[first])
    assert weighted.mean() == pytest.approx(truth, abs=4.0 * weighted.std() / np.sqrt(len(weighted)))


def test_the_shop_clicks_carts_and_buys_at_the_configs_rates() -> None:
    config = grocer(products=900, candidates=50, units_per_week=30_000.0)
    week = next(shop_weeks(config, 1))
    surface, click = week.shown.surface, week.responses.click_probability
    for number, rate in enumerate(config.click_rate):
        assert click[surface == number].mean() == pytest.approx(rate, rel=0.05)
    assert click[surface == SURFACES.index("random")].mean() < config.click_rate[0]
    clicks = week.responses.is_clicked.sum()
    for mark, rate in (("is_carted", 0.059), ("is_favourite", 0.031), ("wants", 0.023)):
        share = getattr(week.responses, mark).sum() / clicks
        assert share == pytest.approx(rate, abs=4 * np.sqrt(rate / clicks) + 0.03 * rate)
    bought = week.responses.purchase_probability.sum() / click.sum()
    assert bought == pytest.approx(config.purchase_rate, rel=0.05)


def test_responses_come_as_often_as_their_chances_say(week: ShopWeek) -> None:
    for chance, came in (
        (week.responses.click_probability, week.responses.is_clicked),
        (week.responses.purchase_probability, week.responses.wants),
    ):
        spread = np.sqrt((chance * (1 - chance)).sum())
        assert abs(came.sum() - chance.sum()) < 4.5 * spread


def test_responses_are_the_same_however_many_are_told_in_one_go(
    week: ShopWeek, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shop.chances._SLICE", 1_000)
    cut = respond(LOUD, 0, week.market, week.shown, week.rates)
    for field in fields(Responses):
        assert np.array_equal(getattr(cut, field.name), getattr(week.responses, field.name))


def test_a_weeks_millions_take_few_bytes_each(week: ShopWeek) -> None:
    for many, most in ((week.shown, 40), (week.responses, 28), (week.events, 72)):
        assert sum(getattr(many, field.name).itemsize for field in fields(many)) <= most


def test_purchases_go_through_a_cart_and_carts_through_a_click(week: ShopWeek) -> None:
    responses = week.responses
    assert responses.wants.any()
    assert not (responses.wants & ~responses.is_carted).any()
    assert not ((responses.is_carted | responses.is_favourite) & ~responses.is_clicked).any()


def test_a_place_further_down_is_clicked_less_by_the_stated_power(week: ShopWeek) -> None:
    uniform, _ = every_product_on_top(week, 0)
    top = respond(LOUD, 0, week.market, uniform, week.rates).click_probability
    lower = replace(uniform, position=np.full_like(uniform.position, 8))
    eighth = respond(LOUD, 0, week.market, lower, week.rates).click_probability
    ratio = np.log1p(-eighth) / np.log1p(-top)
    assert ratio == pytest.approx(8.0**-LOUD.position_decay)


def test_a_lower_price_is_clicked_and_bought_more(week: ShopWeek) -> None:
    full = replace(week.market, discount=np.zeros_like(week.market.discount))
    half = replace(week.market, discount=np.full_like(week.market.discount, 0.5))
    dear, cheap = (respond(LOUD, 0, market, week.shown, week.rates) for market in (full, half))
    assert (cheap.click_probability > dear.click_probability).all()
    assert (cheap.purchase_probability > dear.purchase_probability).all()


def test_the_rates_are_the_worlds_own_and_no_weeks(week: ShopWeek) -> None:
    again = calibrate(LOUD, week.market.catalogue, week.market.customers)
    assert again == week.rates


def test_events_are_in_order_of_time_and_each_action_follows_its_impression(week: ShopWeek) -> None:
    logged = week.events
    assert (np.diff(logged.second) >= 0).all()
    assert np.array_equal(logged.event, np.arange(len(logged.event)))
    when: dict[tuple[int, int], dict[str, int]] = {}
    rows = zip(logged.request, logged.product, logged.event_type, logged.second, strict=True)
    for request, product, kind, second in rows:
        moments = when.setdefault((int(request), int(product)), {})
        assert EVENT_TYPES[kind] not in moments
        moments[EVENT_TYPES[kind]] = int(second)
    for moments in when.values():
        for before, after in (("impression", "click"), ("click", "cart"), ("click", "favourite"), ("cart", "purchase")):
            if after in moments:
                assert moments[before] < moments[after]
    assert sum("purchase" in moments for moments in when.values()) == week.served.sum()


def test_truth_and_propensity_stand_on_impressions_only(week: ShopWeek) -> None:
    logged = week.events
    impression = logged.event_type == 0
    for values in (logged.propensity, logged.click_probability, logged.purchase_probability):
        assert (np.isnan(values) == ~impression).all()
    assert impression.sum() == len(week.shown.product)


def test_an_outage_loses_whole_sessions_and_no_purchase_of_the_shop() -> None:
    plain = list(shop_weeks(LOUD, 2))
    struck = list(shop_weeks(replace(LOUD, changes=(OUTAGE,)), 2))
    for number, (all_of_it, rest) in enumerate(zip(plain, struck, strict=True)):
        for field in fields(Responses):
            assert np.array_equal(getattr(all_of_it.responses, field.name), getattr(rest.responses, field.name))
        assert np.array_equal(all_of_it.lines.second, rest.lines.second)
        kept_impressions = rest.events.request[rest.events.event_type == 0]
        whole = np.bincount(all_of_it.shown.request)
        assert set(np.bincount(kept_impressions - kept_impressions.min())) <= set(whole)
        kept, before = (len(np.unique(one.events.session)) for one in (rest, all_of_it))
        # The outage starts on the third day of the second week.
        expected = 1.0 if number == 0 else 1.0 - 0.6 * np.mean(all_of_it.shown.day[all_of_it.shown.position == 1] > 1)
        assert kept / before == pytest.approx(expected, abs=0.06)
        assert np.array_equal(np.unique(rest.events.session), np.arange(kept) + rest.events.session.min())


def test_numbers_run_on_through_the_weeks() -> None:
    first, second = shop_weeks(LOUD, 2)
    for name in ("event", "session", "request"):
        assert getattr(second.events, name).min() == getattr(first.events, name).max() + 1


def test_serving_what_nobody_wants_is_refused(week: ShopWeek) -> None:
    with pytest.raises(ValueError, match="wants nothing"):
        events(LOUD, 0, week.shown, week.responses, ~week.responses.wants, Counters())


def test_every_session_stays_within_its_local_day_when_clocks_change() -> None:
    config = replace(LOUD, first_day=date(2023, 3, 20))
    logged = next(shop_weeks(config, 1)).events
    sunday = (np.datetime64("2023-03-26T00:00", "s"), np.datetime64("2023-03-26T23:00", "s"))
    assert logged.second.max() < sunday[1].astype(int)
    assert logged.second.max() > sunday[0].astype(int)


def test_a_shop_without_online_channels_shows_nothing() -> None:
    stores = tuple(channel for channel in LOUD.channels if not channel.is_online)
    week = next(shop_weeks(replace(LOUD, channels=stores), 1))
    assert len(week.shown.product) == len(week.events.event) == 0
    assert len(week.lines.order) > 0


def test_the_same_week_is_shown_alike_and_another_seed_shows_another(week: ShopWeek) -> None:
    again = show(LOUD, 0, week.market)
    for field in fields(Shown):
        assert np.array_equal(getattr(again, field.name), getattr(week.shown, field.name))
    other = show(replace(LOUD, seed=2), 0, week.market)
    assert not np.array_equal(other.product[:100], again.product[:100])
