"""Counts drawn around a mean: quantiles of their law, the same uniform never giving less for more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson
from support.shop_means import ALONE, world

from shop.demand import poisson_quantile


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**31), scale=st.sampled_from([1e-9, 0.01, 1.0, 30.0, 199.0]))
def test_counts_up_to_the_bound_are_the_quantiles_of_another_library(seed: int, scale: float) -> None:
    random = np.random.default_rng(seed)
    mean = np.minimum(scale * random.gamma(1.0, 1.0, (4, 50)), 200.0)
    uniform = random.random(mean.shape)
    assert np.array_equal(poisson_quantile(uniform, mean), poisson.ppf(uniform, mean).clip(0).astype(int))


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 2**31), scale=st.sampled_from([210.0, 1_000.0, 50_000.0]))
def test_large_counts_miss_the_quantile_by_one_unit_at_most_and_rarely(seed: int, scale: float) -> None:
    random = np.random.default_rng(seed)
    mean = scale * random.uniform(1.0, 3.0, 400)
    uniform = np.concatenate([random.random(360), random.random(20) * 1e-5, 1.0 - random.random(20) * 1e-5])
    missed = poisson_quantile(uniform, mean) - poisson.ppf(uniform, mean)
    assert np.abs(missed).max() <= 1
    assert np.count_nonzero(missed) <= 12


@settings(max_examples=150, deadline=None)
@given(
    uniform=st.one_of(st.floats(0, 1, exclude_max=True), st.sampled_from([0.0, 1e-16, 1 - 2.0**-53, 0.9999])),
    low=st.one_of(st.floats(0, 3_000), st.floats(195, 205)),
    more=st.one_of(st.floats(0, 2), st.floats(0, 500)),
)
def test_more_mean_never_gives_fewer_units(uniform: float, low: float, more: float) -> None:
    few, many = poisson_quantile(np.array([uniform, uniform]), np.array([low, low + more]))
    assert few <= many


def test_no_mean_gives_no_units_and_no_uniform_gives_endless_ones() -> None:
    uniform = np.array([0.0, 0.5, 1.0 - 2.0**-53])
    assert poisson_quantile(uniform, np.zeros(3)).tolist() == [0, 0, 0]
    assert (poisson_quantile(np.full(3, 1.0 - 2.0**-53), np.array([1e-12, 1.0, 199.0])) <= [2, 25, 340]).all()


def test_counts_have_the_mean_and_the_variance_of_their_law() -> None:
    uniform = np.random.default_rng(5).random(400_000)
    for mean in (0.02, 1.3, 40.0):
        counts = poisson_quantile(uniform, np.full(uniform.shape, mean))
        assert counts.mean() == pytest.approx(mean, abs=4 * np.sqrt(mean / len(uniform)))
        assert counts.var() == pytest.approx(mean, rel=0.05 if mean < 1 else 0.01)


def test_frailty_has_mean_one_and_is_wilder_for_a_smaller_shape() -> None:
    spreads = []
    for shape in (0.5, 1.5, 6.0):
        demand = world(replace(ALONE, frailty_shape=shape)).demand
        drawn = np.stack([demand.frailty(week) for week in range(300)])
        by_week = drawn.mean(axis=(1, 2))
        assert drawn.mean() == pytest.approx(1.0, abs=4 * by_week.std() / np.sqrt(len(by_week)))
        spreads.append(drawn.std())
    assert spreads == sorted(spreads, reverse=True)
