"""Lines that undo a sale: which ones, when, and what goes back on the shelf."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from support.shop_orders import CONFIG, ONLINE
from support.shop_week import ShopWeek

from shop.keyed import keyed_uniforms
from shop.orders import OrderBook
from shop.parts import Lines
from shop.returns import undone


def totals(product: np.ndarray, channel: np.ndarray, units: np.ndarray) -> np.ndarray:
    return np.bincount(product * len(CONFIG.channels) + channel, units)


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


def test_a_week_without_sales_has_only_what_comes_back(weeks: list[ShopWeek]) -> None:
    book = OrderBook(CONFIG, weeks[0].market.catalogue)
    first = book.week(CONFIG, 0, weeks[0].sold, weeks[0].market)
    nothing = replace(weeks[0].sold, **{field.name: np.empty(0, dtype=np.int64) for field in fields(weeks[0].sold)})
    later = [book.week(CONFIG, number, nothing, weeks[0].market) for number in range(1, 6)]
    assert (first.units > 0).any()
    assert all((lines.units < 0).all() for lines in later)
    assert sum(len(lines.order) for lines in later[3:]) == 0
