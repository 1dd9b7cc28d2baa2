"""Laws that hold in every shop, whatever its config: what sessions and orders may never do."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from support.shop_week import ShopWeek, shop_weeks

from shop.buying import split_into_lines
from shop.config import ShopConfig
from shop.parts import EVENT_TYPES, Lines
from shop.presets import tiny

CONFIGS = st.builds(
    tiny,
    seed=st.integers(0, 2**31),
    first_day=st.sampled_from([date(2023, 3, 20), date(2023, 10, 23), date(2024, 12, 23)]),
    weeks=st.just(12),
    products=st.sampled_from([12, 40, 150]),
    customers=st.sampled_from([30, 120]),
    units_per_week=st.sampled_from([40.0, 900.0]),
    time_zone=st.sampled_from(["Europe/London", "America/New_York", "Asia/Tokyo"]),
    list_length=st.integers(1, 12),
    random_share=st.sampled_from([0.0, 0.1, 1.0]),
    home_share=st.sampled_from([0.0, 0.5, 1.0]),
    click_rate=st.sampled_from([(0.005, 0.03), (0.3, 0.5)]),
    purchase_rate=st.sampled_from([0.001, 0.05]),
    cancelled_share=st.sampled_from([0.0, 0.2]),
    units_per_line=st.sampled_from([1.0, 1.3, 4.0]),
    repeat_share=st.sampled_from([0.0, 0.3, 1.0]),
)


def check_lists(week: ShopWeek) -> None:
    """A propensity is a probability, and a list's is no more than what is left to be shown allows."""
    shown = week.shown
    assert ((shown.propensity > 0) & (shown.propensity <= 1)).all()
    assert week.market.is_listed[shown.product, shown.channel].all()
    assert len(np.unique(np.column_stack([shown.request, shown.product]), axis=0)) == len(shown.product)
    for chance in (week.responses.click_probability, week.responses.purchase_probability):
        assert ((chance >= 0) & (chance <= 1)).all()


def check_events(week: ShopWeek) -> None:
    """Every action has what must come before it, earlier."""
    logged = week.events
    moments: dict[tuple[int, int, str], int] = {}
    rows = zip(logged.request, logged.product, logged.event_type, logged.second, strict=True)
    for request, product, kind, second in rows:
        name = EVENT_TYPES[kind]
        before = {"click": "impression", "cart": "click", "favourite": "click", "purchase": "cart"}.get(name)
        assert before is None or moments[int(request), int(product), before] < second
        moments[int(request), int(product), name] = int(second)


def check_days(config: ShopConfig, number: int, week: ShopWeek) -> None:
    """Every event and line falls in its week by the shop's own clock."""
    monday = config.first_day + timedelta(weeks=number)
    for seconds in (week.events.second, week.lines.second):
        for moment in seconds[[0, -1]] if len(seconds) else ():
            day = datetime.fromtimestamp(int(moment), UTC).astimezone(ZoneInfo(config.time_zone)).date()
            assert monday <= day < monday + timedelta(weeks=1)


def check_lines(week: ShopWeek) -> None:
    """Units sold are units on lines, and money has the sign of its units."""
    lines, sold = week.lines, week.sold
    assert lines.units[lines.units > 0].sum() == sold.units.sum() + len(sold.logged_product)
    assert (lines.units != 0).all()
    for cents in (lines.net_cents, lines.gross_cents):
        assert (np.sign(cents) == np.sign(lines.units)).all()
    assert (np.abs(lines.net_cents) <= np.abs(lines.gross_cents)).all()


@settings(max_examples=25, deadline=None)
@given(config=CONFIGS)
def test_the_laws_of_sessions_and_orders_hold_in_every_shop(config: ShopConfig) -> None:
    weeks = list(shop_weeks(config, 3))
    for number, week in enumerate(weeks):
        check_lists(week)
        check_events(week)
        check_days(config, number, week)
        check_lines(week)
    lines = Lines(*(np.concatenate([getattr(week.lines, field.name) for week in weeks]) for field in fields(Lines)))
    assert len(np.unique(np.column_stack([lines.order, lines.line]), axis=0)) == len(lines.order)
    assert (np.bincount(lines.order, lines.net_cents)[lines.order[lines.units > 0]] >= 0).all()


@settings(max_examples=60, deadline=None)
@given(units=st.lists(st.integers(1, 30), max_size=40), mean=st.floats(1.0, 6.0), seed=st.integers(0, 1_000))
def test_splitting_into_lines_loses_no_unit(units: list[int], mean: float, seed: int) -> None:
    wanted = np.array(units, dtype=np.int64)
    entry, split = split_into_lines(wanted, mean, np.random.default_rng(seed).random(int(wanted.sum())))
    assert (split >= 1).all()
    assert np.array_equal(np.bincount(entry, split, minlength=len(units)), wanted)
