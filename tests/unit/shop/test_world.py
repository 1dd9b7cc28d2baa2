"""A world as it runs: the same bytes on every run, no trend of its own, lists as their propensities say."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from support.plain_shop import PLAIN, alike

from shop.demand import Demand
from shop.parts import EVENT_TYPES, SURFACES
from shop.presets import tiny
from shop.responses import respond
from shop.sessions import show
from shop.world import World

HASH = """
import hashlib, sys
from dataclasses import fields
from shop.presets import grocer, tiny
from shop.world import World
seen = hashlib.sha256()
for config in (tiny(seed=int(sys.argv[1]), weeks=10), grocer(seed=int(sys.argv[1]), products=2_000, weeks=2)):
    world = World(config)
    for names in (world.catalogue, world.customers):
        seen.update(b"".join(getattr(names, field.name).tobytes() for field in fields(names)))
    for week in world.weeks():
        for part in (week.lines, week.events, week.promotions, week.counts, week.truth):
            for field in fields(part):
                array = getattr(part, field.name)
                seen.update(f"{field.name} {array.dtype} {array.shape}".encode())
                seen.update(array.tobytes())
print(seen.hexdigest())
"""


def bytes_in_a_process(seed: int, hash_seed: str, threads: str, kernels: str = "Haswell") -> str:
    root = Path(__file__).parents[3]
    there = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(root), "OPENBLAS_CORETYPE": kernels}
    there |= {f"{name}_NUM_THREADS": threads for name in ("OMP", "OPENBLAS", "MKL")}
    command = [sys.executable, "-c", HASH, str(seed)]
    return subprocess.run(command, env=there, cwd=root, check=True, capture_output=True, text=True).stdout


def test_nobody_buys_from_the_day_of_leaving_on() -> None:
    config = tiny(leaving_share=0.8, arriving_share=0.5)
    world, zone = World(config), ZoneInfo(config.time_zone)
    left = [config.first_day + timedelta(days=min(day, 10**5)) for day in world.customers.left_day.tolist()]
    bought = 0
    for week in world.weeks():
        sales = np.flatnonzero(week.lines.units > 0)
        bought += len(sales)
        for customer, second in zip(
            week.lines.customer[sales].tolist(), week.lines.second[sales].tolist(), strict=True
        ):
            assert datetime.fromtimestamp(second, zone).date() < left[customer]
    assert bought > 10_000


def test_the_same_config_gives_the_same_bytes_in_every_process_whatever_its_kernels_and_another_seed_others() -> None:
    first = bytes_in_a_process(3, "0", "1")
    assert first == bytes_in_a_process(3, "12345", "2", "Prescott")
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
