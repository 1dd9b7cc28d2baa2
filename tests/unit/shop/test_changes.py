"""Changes on demand: from their day, in their category, by their size."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta

import numpy as np
import pytest
from support.plain_shop import PLAIN, alike, weeks_of

from shop.changes import Change, ChangeKind
from shop.config import ShopConfig
from shop.parts import Lines
from shop.world import World

# A change in the middle of the week of number 8: nothing before that day may know of it.
WEEK, DAY = 8, 3

STARTS = PLAIN.first_day + timedelta(days=7 * WEEK + DAY)


def changed(kind: ChangeKind, **told: object) -> ShopConfig:
    return replace(PLAIN, changes=(Change(kind, STARTS, **told),))  # type: ignore[arg-type]


def demanded(config: ShopConfig, weeks: range, category: int | None) -> int:
    """Units that were demanded of a first-level category in some weeks; None for the others than 0."""
    first = World(config).catalogue.category_1
    chosen = first != 0 if category is None else first == category
    return sum(
        int(one.truth.demanded[chosen[one.truth.product]].sum())
        for one in weeks_of(config)[slice(weeks.start, weeks.stop)]
    )


@pytest.mark.parametrize(
    "config",
    [
        changed(ChangeKind.DEMAND_SHIFT, size=3.0),
        changed(ChangeKind.COMPETITOR, size=0.9),
        changed(ChangeKind.TRACKING_OUTAGE, size=0.8),
        changed(ChangeKind.PRICE_WAR, size=0.3),
        changed(ChangeKind.TASTE_DRIFT, size=1.0),
    ],
    ids=list(ChangeKind),
)
def test_no_week_before_a_change_knows_of_it_and_weeks_after_do(config: ShopConfig) -> None:
    pairs = list(zip(weeks_of(PLAIN), weeks_of(config), strict=True))
    assert all(alike(plain, other) for plain, other in pairs[:WEEK])
    assert not any(alike(plain, other) for plain, other in pairs[WEEK + 1 :])


@pytest.mark.parametrize("kind", [ChangeKind.DEMAND_SHIFT, ChangeKind.COMPETITOR])
def test_demand_changes_on_the_stated_day_and_not_on_the_monday_before(kind: ChangeKind) -> None:
    config = changed(kind, size=0.2)
    plain, other = World(PLAIN), World(config)
    whole = plain.demand.means(WEEK, plain.offer(WEEK), plain.launch_week <= WEEK, plain.launch_week).units
    fewer = other.demand.means(WEEK, other.offer(WEEK), other.launch_week <= WEEK, other.launch_week).units
    by_day = plain.demand.day_shares(WEEK) * whole, other.demand.day_shares(WEEK) * fewer
    struck = (plain.catalogue.category_1 == 0)[:, None] & (whole > 0)
    assert np.allclose(by_day[0][:DAY], by_day[1][:DAY], rtol=1e-12)
    assert (by_day[1][DAY:][:, struck] < by_day[0][DAY:][:, struck]).all()
    assert np.allclose(by_day[0][:, ~struck], by_day[1][:, ~struck], rtol=1e-12)


def test_a_demand_shift_multiplies_its_category_for_its_weeks_only() -> None:
    config = changed(ChangeKind.DEMAND_SHIFT, size=3.0, weeks=5)
    during, after = range(WEEK + 1, WEEK + 5), range(WEEK + 6, WEEK + 11)
    assert demanded(config, during, 0) / demanded(PLAIN, during, 0) == pytest.approx(3.0, rel=0.1)
    assert demanded(config, during, None) / demanded(PLAIN, during, None) == pytest.approx(1.0, abs=0.01)
    assert demanded(config, after, 0) / demanded(PLAIN, after, 0) == pytest.approx(1.0, abs=0.02)


def test_a_competitor_takes_its_share_once_it_is_known() -> None:
    config = changed(ChangeKind.COMPETITOR, size=0.6)
    late = range(WEEK + 9, 20)
    assert demanded(config, late, 0) / demanded(PLAIN, late, 0) == pytest.approx(0.4, rel=0.1)
    ramp = [
        demanded(config, range(week, week + 2), 0) / demanded(PLAIN, range(week, week + 2), 0) for week in (9, 12, 16)
    ]
    assert ramp == sorted(ramp, reverse=True)
    assert demanded(config, late, None) / demanded(PLAIN, late, None) == pytest.approx(1.0, abs=0.01)


def test_an_outage_loses_sessions_from_its_day_and_no_sale() -> None:
    config = changed(ChangeKind.TRACKING_OUTAGE, size=0.8, weeks=2)
    shown = [np.array([np.sum(week.events.event_type == 0) for week in weeks_of(one)]) for one in (PLAIN, config)]
    kept = shown[1] / shown[0]
    assert kept[WEEK + 1] == pytest.approx(0.2, abs=0.13)
    assert 0.3 < kept[WEEK] < 0.8
    assert (kept[[*range(WEEK), *range(WEEK + 3, 20)]] == 1.0).all()
    for plain, other in zip(weeks_of(PLAIN), weeks_of(config), strict=True):
        for field in fields(Lines):
            assert np.array_equal(getattr(plain.lines, field.name), getattr(other.lines, field.name))


def test_a_price_war_lowers_every_price_of_its_category_from_the_next_monday_and_sells_more() -> None:
    config = changed(ChangeKind.PRICE_WAR, size=0.3, weeks=3)
    plain, other = World(PLAIN), World(config)
    struck = plain.catalogue.category_1 == 0
    for week in range(20):
        ratio = other.offer(week).list_price / plain.offer(week).list_price
        is_war = WEEK + 1 <= week < WEEK + 4
        # Whole cents of small prices.
        assert np.allclose(ratio[struck], 0.7 if is_war else 1.0, atol=0.02 if is_war else 0)
        assert (ratio[~struck] == 1.0).all()
    war = range(WEEK + 1, WEEK + 4)
    assert demanded(config, war, 0) > 1.3 * demanded(PLAIN, war, 0)


def test_a_drift_changes_who_is_wanted_not_how_much() -> None:
    config = changed(ChangeKind.TASTE_DRIFT, size=1.0)
    plain, other = World(PLAIN), World(config)
    late = 15
    listed = plain.launch_week <= late
    before = plain.demand.means(late, plain.offer(late), listed, plain.launch_week).attractiveness
    after = other.demand.means(late, other.offer(late), listed, other.launch_week).attractiveness
    moved = np.log(after[listed] / before[listed])
    assert moved.std() > 0.05
    assert after.sum() / before.sum() == pytest.approx(1.0, abs=0.5)


@pytest.mark.parametrize(
    ("kind", "size"),
    [
        (ChangeKind.DEMAND_SHIFT, -1.0),
        (ChangeKind.COMPETITOR, 1.5),
        (ChangeKind.TRACKING_OUTAGE, 2.0),
        (ChangeKind.PRICE_WAR, 0.9),
        (ChangeKind.TASTE_DRIFT, 1.5),
    ],
)
def test_a_size_that_a_change_cannot_have_is_refused_by_name(kind: ChangeKind, size: float) -> None:
    with pytest.raises(ValueError, match=f"{kind}: size {size} is outside 0 to"):
        changed(kind, size=size)


def test_a_change_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="competitor: weeks -1 is below 0"):
        changed(ChangeKind.COMPETITOR, weeks=-1)
