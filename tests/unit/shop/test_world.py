"""A world as it runs: the same bytes on every run, changes from their day, and nothing of the truth in public."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

from shop.config import Change, ChangeKind, ShopConfig
from shop.demand import Demand
from shop.parts import EVENT_TYPES, SURFACES, Lines, Week
from shop.presets import grocer, tiny
from shop.responses import respond
from shop.sessions import show
from shop.world import World

# A change in the middle of the week of number 8: nothing before that day may know of it.
WEEK, DAY = 8, 3
PLAIN = tiny(weeks=20, click_rate=(0.02, 0.08), growth=0.0)
STARTS = PLAIN.first_day + timedelta(days=7 * WEEK + DAY)

HASH = """
import hashlib, sys
from dataclasses import fields
from shop.presets import grocer, tiny
from shop.world import World
seen = hashlib.sha256()
for config in (tiny(seed=int(sys.argv[1]), weeks=10), grocer(seed=int(sys.argv[1]), products=2_000, weeks=2)):
    for week in World(config).weeks():
        for part in (week.lines, week.events, week.promotions, week.counts, week.truth):
            for field in fields(part):
                array = getattr(part, field.name)
                seen.update(f"{field.name} {array.dtype} {array.shape}".encode())
                seen.update(array.tobytes())
print(seen.hexdigest())
"""


@cache
def weeks_of(config: ShopConfig) -> tuple[Week, ...]:
    return tuple(World(config).weeks())


def changed(kind: ChangeKind, **told: object) -> ShopConfig:
    return replace(PLAIN, changes=(Change(kind, STARTS, **told),))  # type: ignore[arg-type]


def arrays(week: Week) -> Iterator[tuple[str, np.ndarray]]:
    for part in ("lines", "events", "promotions", "counts", "truth"):
        for field in fields(getattr(week, part)):
            yield f"{part}.{field.name}", getattr(getattr(week, part), field.name)


def alike(one: Week, other: Week) -> bool:
    pairs = zip(arrays(one), arrays(other), strict=True)
    return all(mine[0] == yours[0] and mine[1].tobytes() == yours[1].tobytes() for mine, yours in pairs)


def demanded(config: ShopConfig, weeks: range, category: int | None) -> int:
    """Units that were demanded of a first-level category in some weeks; None for the others than 0."""
    first = World(config).catalogue.category_1
    chosen = first != 0 if category is None else first == category
    return sum(
        int(one.truth.demanded[chosen[one.truth.product]].sum())
        for one in weeks_of(config)[slice(weeks.start, weeks.stop)]
    )


def bytes_in_a_process(seed: int, hash_seed: str, threads: str) -> str:
    root = Path(__file__).parents[3]
    there = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(root)}
    there |= {f"{name}_NUM_THREADS": threads for name in ("OMP", "OPENBLAS", "MKL")}
    command = [sys.executable, "-c", HASH, str(seed)]
    return subprocess.run(command, env=there, cwd=root, check=True, capture_output=True, text=True).stdout


def test_the_same_config_gives_the_same_bytes_in_every_process_and_another_seed_others() -> None:
    first = bytes_in_a_process(3, "0", "1")
    assert first == bytes_in_a_process(3, "12345", "2")
    assert first != bytes_in_a_process(4, "0", "1")


def test_a_week_run_again_from_a_copy_is_the_same_week() -> None:
    world = World(PLAIN)
    state = world.first_state()
    for number in range(5):
        world.run_week(state, number)
    kept = state.copy()
    once = world.run_week(state, 5)
    assert alike(once, world.run_week(kept, 5))
    assert alike(world.run_week(state, 6), world.run_week(kept, 6))


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


def test_a_stationary_shop_has_no_trend_beyond_growth_and_season() -> None:
    config = tiny(weeks=105, growth=0.3, candidates=0, halo=0.0)
    world = World(config)
    demand: Demand = world.demand
    first, year_later = (demand._outside(week) for week in (0, 52))
    assert year_later / first == pytest.approx(1.3, rel=0.02)
    still = World(replace(config, growth=0.0, season=0.0, category_season=0.0, wander=0.0))
    weekly = np.array([np.sum(week.truth.demanded) for week in still.weeks()], dtype=float)
    # Weeks without a holiday, nor Christmas near: their logarithm has no slope beyond what chance gives.
    plain = np.array([not any(still.demand.days.holiday[7 * week : 7 * week + 14]) for week in range(105)])
    week, units = np.arange(105.0)[plain], np.log(weekly[plain])
    slope, cover = np.polyfit(week, units, 1, cov=True)
    assert abs(slope[0]) < 4.0 * np.sqrt(cover[0, 0])


def test_the_random_tenth_is_the_uniform_policys_and_weighting_finds_its_true_click_rate() -> None:
    """What logged lists say of a policy that shows every product alike, beside its rate over all products."""
    config = tiny(seed=6, weeks=6, units_per_week=4_000.0, click_rate=(0.1, 0.2), random_share=0.3)
    world = World(config)
    state = world.first_state()
    for number in range(5):
        world.run_week(state, number)
    listed = world.launch_week <= 5
    offered = world.offer(5)
    means = world.demand.means(5, offered, listed, world.launch_week)
    market = world._market(state, 5, offered, means, listed)
    logged = world.run_week(state, 5).events
    shown = show(config, 5, market)
    first = np.flatnonzero((shown.position == 1) & (shown.channel == 0) & (shown.surface != SURFACES.index("category")))
    products = np.flatnonzero(listed[:, 0])
    every = np.repeat(first, len(products))
    whole = {field.name: getattr(shown, field.name)[every] for field in fields(type(shown))}
    asked = replace(shown, **{**whole, "product": np.tile(products, len(first))})
    truth = respond(config, 5, market, asked, world._rates).click_probability.mean()
    for surface in ("random", "home"):
        top = (logged.position == 1) & (logged.channel == 0) & (logged.surface == SURFACES.index(surface))
        impression = np.flatnonzero(top & (logged.event_type == EVENT_TYPES.index("impression")))
        clicks = logged.request[top & (logged.event_type == EVENT_TYPES.index("click"))]
        weight = 1.0 / (len(products) * logged.propensity[impression])
        estimate = np.isin(logged.request[impression], clicks) * weight
        assert estimate.mean() == pytest.approx(truth, abs=4.0 * estimate.std() / np.sqrt(len(estimate)))
        assert len(estimate) > 150


def test_no_public_number_of_a_product_ranks_as_its_truth_does() -> None:
    catalogue = World(grocer(products=1_500, candidates=300, weeks=2)).catalogue
    numbers = {
        name: getattr(catalogue, name)
        for name in ("price", "unit_cost", "volume", "lead_weeks", "moq_units", "pack_units", "salvage_rate")
    }
    numbers |= {"launch_cost": catalogue.launch_cost, "margin": 1 - catalogue.unit_cost / catalogue.price}
    numbers |= {"row": np.arange(catalogue.size_of), "id": np.argsort(np.argsort(catalogue.product_id))}
    numbers |= {
        name: np.unique(getattr(catalogue, name), return_inverse=True)[1] for name in ("brand", "seller", "style")
    }
    numbers |= {f"embedding {place}": column for place, column in enumerate(catalogue.embedding.T)}
    numbers |= {name: getattr(catalogue, name) for name in ("planned_week", "announced_day", "category_3")}
    candidates = catalogue.is_candidate
    for name, column in numbers.items():
        for truth in ("attractiveness", "elasticity", "is_flop"):
            rows = candidates if truth == "is_flop" or name in ("planned_week", "announced_day") else ~candidates
            told = np.asarray(column)[rows]
            if len(np.unique(told)) > 1:
                related = spearmanr(told, getattr(catalogue, truth)[rows]).statistic
                assert abs(related) < 0.35, f"{name} tells {truth}"


def test_no_public_column_of_a_week_is_a_column_of_truth() -> None:
    week = weeks_of(tiny(weeks=20, seed=9))[18]
    shown = week.events.event_type == 0
    hidden = {"intensity", "demanded", "refused", "switched_in", "counterfactual"}
    truth = {name: getattr(week.truth, name).astype(float) for name in hidden}
    truth |= {name: getattr(week.events, name)[shown] for name in ("click_probability", "purchase_probability")}
    hide = ("truth.", "events.click_probability", "events.purchase_probability")
    for name, column in arrays(week):
        if name.startswith(hide):
            continue
        for hidden_name, values in truth.items():
            public = column[shown] if name.startswith("events.") else column
            assert len(public) != len(values) or not np.allclose(public, values), f"{name} is {hidden_name}"
    chance = week.events.click_probability[shown]
    assert abs(spearmanr(week.events.propensity[shown], chance).statistic) < 0.9


def test_the_first_count_of_a_launch_does_not_tell_flops_from_hits() -> None:
    config = tiny(seed=2, products=60, candidates=400, weeks=40, launched_share=1.0)
    world = World(config)
    held, flop = [], []
    for week in weeks_of(config):
        new = np.isin(week.counts.product, np.flatnonzero(world.catalogue.launch_week == week.number))
        shelves = new & (week.counts.pool < len(config.channels))
        held += week.counts.on_hand[shelves].tolist()
        flop += world.catalogue.is_flop[week.counts.product[shelves]].tolist()
    assert len(held) > 300
    assert abs(spearmanr(held, flop).statistic) < 0.2


def test_a_price_war_beyond_what_the_law_of_elasticity_bears_is_refused() -> None:
    with pytest.raises(ValueError, match="price_war: 0.9 off every price"):
        changed(ChangeKind.PRICE_WAR, size=0.9)
