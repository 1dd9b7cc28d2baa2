"""What a launch does to its category, and its own curve."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.shop_means import ALONE, WEEK, in_group, means, plain_offer, world

from shop.parts import NEVER, Ints
from shop.presets import tiny
from shop.world import World


def a_launch(made: World) -> tuple[int, int]:
    """A product and channel not on sale in any week up to WEEK, in a category that sells something there."""
    never = made.catalogue.is_carried & (made.launch_week > WEEK)
    for product, channel in np.argwhere(never):
        if in_group(made, product, channel).sum() > 2:
            return int(product), int(channel)
    raise AssertionError("this world has no such launch; take another seed")


@pytest.mark.parametrize("power", [0.0, 0.5, 0.7, 1.0])
def test_a_launch_takes_from_its_category_by_the_formula_and_from_nobody_else(power: float) -> None:
    made = world(replace(ALONE, category_power=power))
    product, channel = a_launch(made)
    usual, later = plain_offer(made), made.launch_week.copy()
    later[product, channel] = WEEK - 4
    before, after = means(made, usual), means(made, usual, later)
    group = in_group(made, product, channel)
    total = before.attractiveness[group].sum()
    factor = ((total + after.attractiveness[product, channel]) / total) ** (power - 1.0)
    assert after.units[group] == pytest.approx(factor * before.units[group], rel=1e-9)
    assert after.units[product, channel] > 0
    others = ~group
    others[product, channel] = False
    assert np.array_equal(after.units[others], before.units[others])
    in_all = after.units[:, channel].sum() - before.units[:, channel].sum()
    assert in_all == pytest.approx(0.0, abs=1e-9) if power == 0.0 else in_all > 0


@pytest.mark.parametrize("halo", [0.0, 0.5])
def test_the_counterfactual_is_the_world_without_its_launches(halo: float) -> None:
    made = world(tiny(halo=halo))
    offered = made.offer(WEEK)
    without = np.where(made.launch_week < 0, made.launch_week, NEVER)
    assert (made.launch_week[without == NEVER] <= WEEK).any()
    told = means(made, offered).without_launches
    assert told == pytest.approx(means(made, offered, without).units, rel=1e-9)


def test_without_halo_a_launch_never_helps_the_others_and_takes_nothing_where_power_is_one() -> None:
    for power in (0.2, 0.7, 1.0):
        made = world(replace(ALONE, category_power=power))
        now = means(made, made.offer(WEEK))
        old = made.launch_week < 0
        if power == 1.0:
            assert now.without_launches[old] == pytest.approx(now.units[old], rel=1e-12)
        else:
            assert (now.without_launches[old] >= now.units[old] * (1 - 1e-12)).all()
        assert (now.without_launches[~old] == 0).all()


def test_a_launch_starts_low_peaks_about_its_peak_week_and_comes_to_its_level() -> None:
    still = {"growth": 0.0, "season": 0.0, "category_season": 0.0, "wander": 0.0}
    made = world(replace(ALONE, weeks=120, category_power=1.0, **still))  # type: ignore[arg-type]
    product, channel = a_launch(made)
    launched = made.launch_week.copy()
    launched[product, channel] = 2
    old = np.where(launched == 2, -1, launched)

    def pull(first_week: Ints, week: int) -> float:
        return float(means(made, plain_offer(made, week), first_week, week).attractiveness[product, channel])

    usual = np.array([pull(launched, week) / pull(old, week) for week in range(2, 110)])
    assert usual[0] < 0.75
    assert abs(int(usual.argmax()) - ALONE.launch_peak_week) <= 1
    assert usual.max() == pytest.approx(ALONE.launch_peak, rel=0.06)
    assert usual[-1] == pytest.approx(1.0, abs=0.01)
