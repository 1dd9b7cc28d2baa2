"""Order lines: every unit sold on one, in its order, at its second, for its money."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from support.shop_orders import CONFIG, ONLINE
from support.shop_week import ShopWeek, shop_weeks

from shop.parts import Lines


def local(moment: int) -> datetime:
    return datetime.fromtimestamp(moment, UTC).astimezone(ZoneInfo(CONFIG.time_zone))


def test_every_unit_sold_is_on_a_line_of_its_product_channel_and_day(weeks: list[ShopWeek]) -> None:
    for number, week in enumerate(weeks):
        sold, kept = week.sold, week.lines.units > 0
        expected: dict[tuple[int, int, int], int] = {}
        for product, channel, day, units in zip(sold.product, sold.channel, sold.day, sold.units, strict=True):
            expected[int(product), int(channel), int(day)] = int(units)
        for entry in zip(sold.logged_product, sold.logged_channel, sold.logged_day, strict=True):
            at = tuple(int(part) for part in entry)
            expected[at] = expected.get(at, 0) + 1  # type: ignore[index,arg-type]
        found: dict[tuple[int, int, int], int] = {}
        rows = (week.lines.product[kept], week.lines.channel[kept], week.lines.second[kept], week.lines.units[kept])
        for product, channel, second, units in zip(*rows, strict=True):
            day = (local(int(second)).date() - CONFIG.first_day).days - 7 * number
            found[int(product), int(channel), day] = found.get((int(product), int(channel), day), 0) + int(units)
        assert found == expected


def test_every_line_falls_in_its_week_and_weeks_in_order_of_time(weeks: list[ShopWeek]) -> None:
    for number, week in enumerate(weeks):
        seconds = week.lines.second
        assert (np.diff(seconds) >= 0).all()
        monday = CONFIG.first_day + timedelta(weeks=number)
        assert monday <= local(int(seconds[0])).date()
        assert local(int(seconds[-1])).date() < monday + timedelta(weeks=1)


def test_stores_sell_and_take_back_in_their_hours_and_never_when_closed(lines: Lines) -> None:
    comes_back = lines.units < 0
    for second in lines.second[~ONLINE[lines.channel]]:
        assert 8 <= local(int(second)).hour < 21
    for second in lines.second[~ONLINE[lines.channel] & comes_back]:
        assert (local(int(second)).month, local(int(second)).day) != (12, 25)


def test_an_order_is_one_customers_in_one_place_at_one_second(lines: Lines) -> None:
    sales = lines.units > 0
    for values in (lines.customer, lines.channel, lines.location, lines.second):
        pairs = np.unique(np.column_stack([lines.order[sales], values[sales]]), axis=0)
        assert len(pairs) == len(np.unique(lines.order[sales]))
    keys = np.unique(np.column_stack([lines.order, lines.line]), axis=0)
    assert len(keys) == len(lines.order)
    assert np.bincount(lines.order).min() > 0
    firsts = np.unique(lines.order[lines.line == 1])
    assert np.array_equal(firsts, np.arange(lines.order.max() + 1))


def test_what_a_customer_buys_in_a_day_is_one_order_but_for_logged_purchases(weeks: list[ShopWeek]) -> None:
    for week in weeks[:3]:
        logged = set(week.sold.logged_second.tolist())
        sales = np.flatnonzero((week.lines.units > 0) & ~np.isin(week.lines.second, list(logged)))
        day = [local(int(second)).toordinal() for second in week.lines.second[sales]]
        who = np.column_stack([week.lines.customer[sales], week.lines.channel[sales], day])
        assert len(np.unique(who, axis=0)) == len(np.unique(week.lines.order[sales]))


def test_a_logged_purchase_is_a_line_at_its_events_second(weeks: list[ShopWeek]) -> None:
    for week in weeks:
        bought = week.events.event_type == 4
        columns = ("customer", "product", "channel", "second")
        events = {tuple(row) for row in np.column_stack([getattr(week.events, name)[bought] for name in columns])}
        sales = {tuple(row) for row in np.column_stack([getattr(week.lines, name) for name in columns])}
        assert events <= sales
        assert len(events) == bought.sum()


def test_a_line_is_at_the_customers_own_location(weeks: list[ShopWeek]) -> None:
    for week in weeks:
        lines = week.lines
        assert np.array_equal(lines.location, week.market.customers.home[lines.customer, lines.channel])


def test_money_is_units_at_the_list_price_and_at_the_price_paid(weeks: list[ShopWeek]) -> None:
    for week in weeks:
        sales = np.flatnonzero(week.lines.units > 0)
        product, channel = week.lines.product[sales], week.lines.channel[sales]
        price = week.market.list_price[product, channel]
        units = week.lines.units[sales]
        assert week.lines.gross_cents[sales] == pytest.approx(units * price * 100)
        exact = units * price * 100 * (1 - week.market.discount[product])
        assert np.abs(week.lines.net_cents[sales] - exact).max() <= 0.5 * units.max() + 1e-6


def test_the_same_config_gives_the_same_lines_and_another_seed_others(weeks: list[ShopWeek]) -> None:
    for week, again in zip(weeks[:2], shop_weeks(CONFIG, 2), strict=False):
        for field in fields(Lines):
            assert np.array_equal(getattr(week.lines, field.name), getattr(again.lines, field.name))
    other = next(shop_weeks(replace(CONFIG, seed=9), 1))
    assert not np.array_equal(other.lines.second[:50], weeks[0].lines.second[:50])
