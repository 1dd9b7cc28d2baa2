from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from support.shop_week import ShopWeek, shop_weeks

from shop.buying import NOBODY, find_customers, remember, split_into_lines
from shop.keyed import keyed_uniforms
from shop.orders import OrderBook
from shop.parts import Lines
from shop.presets import tiny
from shop.returns import undone

# Many cancellations and returns, and weeks in which the clocks change and Christmas falls on an open weekday.
CONFIG = tiny(
    first_day=date(2023, 10, 16),
    weeks=12,
    units_per_week=1_500.0,
    cancelled_share=0.1,
    returned_share=(0.15, 0.1),
    purchase_rate=0.05,
)
ONLINE = np.array([channel.is_online for channel in CONFIG.channels])


@pytest.fixture(scope="module")
def weeks() -> list[ShopWeek]:
    return list(shop_weeks(CONFIG, CONFIG.weeks))


@pytest.fixture(scope="module")
def lines(weeks: list[ShopWeek]) -> Lines:
    """All weeks' lines."""
    return Lines(*(np.concatenate([getattr(week.lines, field.name) for week in weeks]) for field in fields(Lines)))


def local(moment: int) -> datetime:
    return datetime.fromtimestamp(moment, UTC).astimezone(ZoneInfo(CONFIG.time_zone))


def totals(product: np.ndarray, channel: np.ndarray, units: np.ndarray) -> np.ndarray:
    return np.bincount(product * len(CONFIG.channels) + channel, units)


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


def sales_by(lines: Lines) -> dict[tuple[int, ...], list[int]]:
    """Rows of the sales by customer, product, channel, location, units and money."""
    names = ("customer", "product", "channel", "location", "units", "net_cents", "gross_cents")
    found: dict[tuple[int, ...], list[int]] = {}
    for row in np.flatnonzero(lines.units > 0).tolist():
        found.setdefault(tuple(int(getattr(lines, name)[row]) for name in names), []).append(row)
    return found


def test_every_negative_line_undoes_one_sale_whole_and_none_is_undone_twice(lines: Lines) -> None:
    sales, orders = sales_by(lines), set(lines.order[lines.units > 0].tolist())
    cancelled = returned = 0
    for row in np.flatnonzero(lines.units < 0).tolist():
        is_cancelled = int(lines.order[row]) in orders
        key = (
            *(int(getattr(lines, name)[row]) for name in ("customer", "product", "channel", "location")),
            *(-int(getattr(lines, name)[row]) for name in ("units", "net_cents", "gross_cents")),
        )
        low, high = (600, 86_400) if is_cancelled else (4 * 86_400, 22 * 86_400)
        fitting = [
            sale
            for sale in sales.get(key, [])
            if low <= lines.second[row] - lines.second[sale] <= high
            and (not is_cancelled or lines.order[sale] == lines.order[row])
        ]
        assert fitting, "a negative line undoes no sale"
        cancelled, returned = cancelled + is_cancelled, returned + (not is_cancelled)
        assert not is_cancelled or ONLINE[lines.channel[row]]
    assert cancelled > 50
    assert returned > 50


def test_a_sale_is_cancelled_or_returned_but_never_both(weeks: list[ShopWeek]) -> None:
    sales = Lines(*(getattr(weeks[0].lines, field.name)[weeks[0].lines.units > 0] for field in fields(Lines)))
    config = replace(CONFIG, cancelled_share=0.5, returned_share=(1.0, 1.0))
    never_closed = np.zeros(60, dtype=bool)
    comes = undone(config, 0, sales, never_closed)
    assert len(comes.order) == len(sales.order)
    assert np.array_equal(
        totals(comes.product, comes.channel, -comes.units), totals(sales.product, sales.channel, sales.units)
    )


def test_another_decision_leaves_the_fate_of_other_products_lines_alone(weeks: list[ShopWeek]) -> None:
    everything = weeks[0].lines
    sales = Lines(*(getattr(everything, field.name)[everything.units > 0] for field in fields(Lines)))
    fewer = Lines(*(getattr(sales, field.name)[sales.product % 3 > 0] for field in fields(Lines)))
    never_closed = np.zeros(60, dtype=bool)
    before, after = (undone(CONFIG, 0, some, never_closed) for some in (sales, fewer))
    before = before.where(before.product % 3 > 0)
    for name in ("product", "customer", "units", "net_cents", "second", "resaleable"):
        assert sorted(getattr(before, name).tolist()) == sorted(getattr(after, name).tolist())


def test_keyed_numbers_are_uniform_and_do_not_hang_together() -> None:
    product, place = (part.ravel() for part in np.meshgrid(np.arange(300), np.arange(200), indexing="ij"))
    numbers = keyed_uniforms(12, product, place).reshape(300, 200)
    counts = np.bincount((numbers.ravel() * 50).astype(int), minlength=50)
    assert ((counts - 1_200) ** 2 / 1_200).sum() < 90
    for lagged in (numbers[1:] - 0.5) * (numbers[:-1] - 0.5), (numbers[:, 1:] - 0.5) * (numbers[:, :-1] - 0.5):
        assert abs(lagged.mean()) < 4 / 12 / np.sqrt(lagged.size)


def test_an_order_cancelled_whole_adds_up_to_nothing(lines: Lines) -> None:
    net, units = np.bincount(lines.order, lines.net_cents), np.bincount(lines.order, lines.units)
    gross = np.bincount(lines.order, lines.gross_cents)
    both = np.zeros(len(net), dtype=bool)
    both[lines.order[lines.units < 0]] = True
    both &= np.bincount(lines.order[lines.units > 0], minlength=len(net)) > 0
    nothing_left = both & (units == 0)
    assert nothing_left.sum() > 20
    assert (net[nothing_left] == 0).all()
    assert (gross[nothing_left] == 0).all()
    # And no order, cancelled in part or whole, gives back more than was paid.
    assert (units[both] >= 0).all()
    assert (net[both] >= 0).all()


def test_shares_of_cancellations_and_returns_are_the_configs(lines: Lines) -> None:
    # Sales of the first nine weeks have seen all that comes back of them.
    settled = lines.second < lines.second.min() + 63 * 86_400
    sold = (lines.units > 0) & settled
    orders = set(lines.order[lines.units > 0].tolist())
    negative = lines.units < 0
    is_cancelled = negative & np.isin(lines.order, list(orders))
    online_lines = (sold & ONLINE[lines.channel]).sum()
    share = (is_cancelled & settled).sum() / online_lines
    assert share == pytest.approx(CONFIG.cancelled_share, abs=4 * np.sqrt(0.1 * 0.9 / online_lines))
    returned = negative & ~is_cancelled
    for online, rate in zip((True, False), CONFIG.returned_share, strict=True):
        kept = rate * (1 - CONFIG.cancelled_share * online)
        everything = ((lines.units > 0) & (ONLINE[lines.channel] == online)).sum()
        # The last weeks' returns come after the end: some twelve days' worth of them.
        expected = kept * everything * (1 - 12.5 / (7 * CONFIG.weeks))
        assert (returned & (ONLINE[lines.channel] == online)).sum() == pytest.approx(expected, rel=0.2)


def test_what_came_back_is_put_away_on_the_next_monday(weeks: list[ShopWeek]) -> None:
    orders = set(np.concatenate([week.lines.order[week.lines.units > 0] for week in weeks]).tolist())
    back = resold = 0
    assert not weeks[0].put_away_before.any()
    for week, after in zip(weeks[:-1], weeks[1:], strict=True):
        shape = after.put_away_before.shape
        lost, off = np.zeros(shape, dtype=int), np.zeros(shape, dtype=int)
        negative = week.lines.units < 0
        is_cancelled = negative & np.isin(week.lines.order, list(orders))
        np.add.at(
            off, (week.lines.product[is_cancelled], week.lines.channel[is_cancelled]), -week.lines.units[is_cancelled]
        )
        returned = negative & ~is_cancelled
        np.add.at(lost, (week.lines.product[returned], week.lines.channel[returned]), -week.lines.units[returned])
        assert (after.put_away_before >= off).all()
        assert (after.put_away_before <= off + lost).all()
        back, resold = back + lost.sum(), resold + (after.put_away_before - off).sum()
    assert resold / back == pytest.approx(0.8, abs=0.06)


def test_putting_away_out_of_turn_is_refused(weeks: list[ShopWeek]) -> None:
    with pytest.raises(ValueError, match="does not follow week -1"):
        OrderBook(CONFIG, weeks[0].market.catalogue).put_away(3)


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


def test_the_same_config_gives_the_same_lines_and_another_seed_others(weeks: list[ShopWeek]) -> None:
    for week, again in zip(weeks[:2], shop_weeks(CONFIG, 2), strict=False):
        for field in fields(Lines):
            assert np.array_equal(getattr(week.lines, field.name), getattr(again.lines, field.name))
    other = next(shop_weeks(replace(CONFIG, seed=9), 1))
    assert not np.array_equal(other.lines.second[:50], weeks[0].lines.second[:50])


def test_a_week_without_sales_has_only_what_comes_back(weeks: list[ShopWeek]) -> None:
    book = OrderBook(CONFIG, weeks[0].market.catalogue)
    first = book.week(CONFIG, 0, weeks[0].sold, weeks[0].market)
    nothing = replace(weeks[0].sold, **{field.name: np.empty(0, dtype=np.int64) for field in fields(weeks[0].sold)})
    later = [book.week(CONFIG, number, nothing, weeks[0].market) for number in range(1, 6)]
    assert (first.units > 0).any()
    assert all((lines.units < 0).all() for lines in later)
    assert sum(len(lines.order) for lines in later[3:]) == 0
