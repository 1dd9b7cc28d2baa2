"""Laws that hold in every simulated world, week by week: stock, demand, sessions, money and truth keep their books."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from shop.changes import Change, ChangeKind
from shop.config import ShopConfig
from shop.parts import EVENT_TYPES, SURFACES, Counts, Ints, Lines, Week
from shop.presets import tiny
from shop.stock import Stock
from shop.world import State, World

FIRST_DAY = tiny().first_day
CHANGES = (
    Change(ChangeKind.DEMAND_SHIFT, FIRST_DAY + timedelta(days=9), 0, 3.0, 1),
    Change(ChangeKind.COMPETITOR, FIRST_DAY + timedelta(days=3), 2, 0.7, 0),
    Change(ChangeKind.TRACKING_OUTAGE, FIRST_DAY + timedelta(days=8), 1, 0.5),
    Change(ChangeKind.PRICE_WAR, FIRST_DAY + timedelta(days=7), 1, 0.4, 2),
    Change(ChangeKind.TASTE_DRIFT, FIRST_DAY + timedelta(days=1), 3, 1.0),
)
CONFIGS = st.builds(
    tiny,
    seed=st.integers(0, 2**31),
    weeks=st.just(20),
    products=st.sampled_from([14, 60]),
    candidates=st.sampled_from([0, 24, 80]),
    units_per_week=st.sampled_from([30.0, 700.0]),
    price_median=st.sampled_from([0.2, 3.0]),
    click_rate=st.sampled_from([(0.0, 0.0), (0.005, 0.03), (0.3, 0.5)]),
    cart_rate=st.just(0.4),
    purchase_rate=st.sampled_from([0.001, 0.2]),
    random_share=st.sampled_from([0.1, 1.0]),
    substitution_share=st.sampled_from([0.0, 0.35, 1.0]),
    category_power=st.sampled_from([0.0, 0.7, 1.0]),
    halo=st.sampled_from([0.0, 0.1]),
    cancelled_share=st.sampled_from([0.0, 0.2]),
    changes=st.sampled_from([(), CHANGES]),
)


@dataclass(frozen=True)
class Lived:
    """One week of a world: what it left, and its stock on Sunday before and after."""

    week: Week
    before: Stock
    after: Stock
    put_away: Ints


def lived(world: World, weeks: int) -> Iterator[Lived]:
    state: State = world.first_state()
    for number in range(weeks):
        before, put_away = state.stock.copy(), state.book.put_away(number)
        yield Lived(world.run_week(state, number), before, state.stock.copy(), put_away)


def dense(world: World, product: Ints, channel: Ints, units: Ints) -> Ints:
    """(P, C) sums of units."""
    whole = np.zeros(world.launch_week.shape, dtype=np.int64)
    np.add.at(whole, (product, channel), units)
    return whole


def counted(world: World, told: Counts) -> tuple[Ints, Ints]:
    """(P, C) units of each shelf, (P,) units of the warehouse, by the public counts."""
    held = np.zeros((world.catalogue.size_of, len(world.config.channels) + 1), dtype=np.int64)
    held[told.product, told.pool] = told.on_hand
    return held[:, :-1], held[:, -1]


def check_stock(world: World, one: Lived) -> None:
    """Each pool: what Monday's deliveries, returns and moves made of it, less what was sold, is left."""
    truth, lines = one.week.truth, one.week.lines
    sold = dense(world, truth.product, truth.channel, truth.sold)
    shelf, warehouse = one.after.shelf + sold, one.after.warehouse
    listed = world.launch_week <= one.week.number
    assert (one.after.shelf >= 0).all()
    assert (warehouse >= 0).all()
    on_shelves, in_warehouse = counted(world, one.week.counts)
    assert np.array_equal(on_shelves, one.after.shelf)
    assert np.array_equal(in_warehouse, warehouse)
    on_lines = lines.units > 0
    assert np.array_equal(dense(world, *(part[on_lines] for part in (lines.product, lines.channel, lines.units))), sold)
    arrived = one.before.due.get(one.week.number, np.zeros((len(shelf), len(listed[0]) + 1), dtype=np.int64))
    settled = world.catalogue.launch_week != one.week.number
    opening = one.before.shelf.sum(axis=1) + one.before.warehouse + arrived.sum(axis=1) + one.put_away.sum(axis=1)
    assert np.array_equal(opening[settled], (shelf.sum(axis=1) + warehouse)[settled])
    assert (opening <= shelf.sum(axis=1) + warehouse).all()
    filled = shelf - one.before.shelf - arrived[:, :-1] - one.put_away
    assert (filled >= 0).all()
    assert (one.after.shelf[~listed] == 0).all()
    assert max(one.after.due, default=0) <= one.week.number + int(world.catalogue.lead_weeks.max()) + 8


def check_truth(world: World, one: Lived) -> None:
    """A wish is served, refused, or turns to another product of its category; none is lost."""
    truth = one.week.truth
    for units in (truth.demanded, truth.switched_in, truth.sold, truth.refused):
        assert (units >= 0).all()
    assert np.isfinite(truth.intensity).all()
    turned = truth.demanded + truth.switched_in - truth.sold - truth.refused
    assert (turned >= 0).all()
    group = world.demand.group[truth.product, truth.channel]
    assert np.array_equal(np.bincount(group, turned), np.bincount(group, truth.switched_in))
    assert np.array_equal(np.bincount(group, truth.demanded), np.bincount(group, truth.sold + truth.refused))
    old = world.launch_week[truth.product, truth.channel] < 0
    assert (truth.counterfactual[~old] == 0).all()
    if world.config.halo == 0.0:
        assert (truth.counterfactual[old] >= truth.intensity[old] * (1 - 1e-12)).all()
    if world.config.category_power == 1.0 and world.config.halo == 0.0:
        assert np.allclose(truth.counterfactual[old], truth.intensity[old], rtol=1e-12)


def check_sessions(world: World, one: Lived) -> None:
    """Clicks on impressions, purchases through a cart in the same session and later, each an order line of its own."""
    logged, lines = one.week.events, one.week.lines
    kind = np.array(EVENT_TYPES)[logged.event_type]
    place = zip(logged.session, logged.request, logged.product, strict=True)
    seen: dict[tuple[str, int, int, int], int] = {}
    for name, where, second in zip(kind.tolist(), place, logged.second.tolist(), strict=True):
        earlier = {"click": "impression", "cart": "click", "favourite": "click", "purchase": "cart"}.get(name)
        assert earlier is None or seen[earlier, *where] < second
        seen[name, *where] = second
    bought = kind == "purchase"
    keys = ("customer", "product", "channel", "second")
    wanted = Counter(zip(*(getattr(logged, name)[bought].tolist() for name in keys), strict=True))
    sold = lines.units > 0
    single = Counter(zip(*(getattr(lines, name)[sold].tolist() for name in keys), strict=True))
    assert not wanted - single


def check_propensities(world: World, one: Lived) -> None:
    """A list drawn at random shows what is left of the assortment with equal chances."""
    logged = one.week.events
    by_chance = (logged.event_type == 0) & (logged.surface == SURFACES.index("random"))
    listed = (world.launch_week <= one.week.number).sum(axis=0)
    left = listed[logged.channel[by_chance]] - logged.position[by_chance] + 1
    assert np.allclose(logged.propensity[by_chance], 1.0 / left, rtol=1e-9)


def check_money(world: World, weeks: list[Week]) -> None:
    """Every negative line undoes a sale before it whole, and none twice; what is left is never less than nothing."""
    lines = Lines(*(np.concatenate([getattr(week.lines, one.name) for week in weeks]) for one in fields(Lines)))
    sign = np.sign(lines.units)
    what = ("product", "channel", "location", "customer")
    amounts = ("units", "net_cents", "gross_cents")
    keys = zip(
        *(getattr(lines, name).tolist() for name in what),
        *((sign * getattr(lines, name)).tolist() for name in amounts),
        strict=True,
    )
    open_sales: Counter[tuple[int, ...]] = Counter()
    for key, is_sale in zip(keys, (sign > 0).tolist(), strict=True):
        open_sales[key] += 1 if is_sale else -1
        assert open_sales[key] >= 0
    for name in ("net_cents", "gross_cents"):
        kept = sum(key[-2 if name == "net_cents" else -1] * number for key, number in open_sales.items())
        assert kept == getattr(lines, name).sum()


@settings(max_examples=40, deadline=None)
@given(config=CONFIGS)
def test_every_world_keeps_its_books(config: ShopConfig) -> None:
    world = World(config)
    weeks = []
    for one in lived(world, 18 if config.candidates else 5):
        check_stock(world, one)
        check_truth(world, one)
        check_sessions(world, one)
        check_propensities(world, one)
        weeks.append(one.week)
    check_money(world, weeks)


@settings(max_examples=4, deadline=None)
@given(config=CONFIGS)
def test_what_a_world_remembers_does_not_grow_with_its_sales(config: ShopConfig) -> None:
    world = World(config)
    state = world.first_state()
    for number in range(10):
        world.run_week(state, number)
    assert len(state.recent) == 8
    assert len(state.stock.due) <= world.catalogue.lead_weeks.max() + 9
    waiting = state.book._waiting.second
    assert not len(waiting) or waiting.max() - waiting.min() < 30 * 86_400
