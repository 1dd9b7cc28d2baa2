"""What stands for a large network: bundles, weighed samples, and plans dealt by shares."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.plan_instances import InstanceSize, write_instance
from optimization.network.deal import deal
from optimization.network.problem import Problem
from optimization.network.sample import bundles_of, corrected, part_of, sample_of
from orchestration.plan_folders import read_instance


@pytest.fixture(scope="module")
def problem(tmp_path_factory: pytest.TempPathFactory) -> Problem:
    """A network of 2,000 cells in 4 scenarios."""
    folder = tmp_path_factory.mktemp("asked")
    write_instance(folder, InstanceSize(cells=2000, train=4, test=2), seed=3)
    return Problem.of(read_instance(folder))


def test_a_sample_stands_for_as_many_groups_and_as_many_sales_as_there_are(problem: Problem) -> None:
    groups, weight = sample_of(problem, 300)
    assert len(groups) == len(np.unique(groups)) == pytest.approx(300, abs=2)
    assert weight.min() >= 1.0
    assert weight.sum() == pytest.approx(problem.options.groups, rel=0.05)
    assert weight @ problem.worth[groups] == pytest.approx(problem.worth.sum(), rel=0.02)
    is_launch = problem.options.kind < 0
    assert weight[is_launch[groups]].sum() == pytest.approx(is_launch.sum(), rel=0.1)


def test_the_largest_groups_are_always_in_the_sample(problem: Problem) -> None:
    groups, weight = sample_of(problem, 300)
    largest = np.argsort(problem.worth)[-20:]
    assert np.isin(largest, groups).all()
    assert (weight[np.isin(groups, largest)] == 1.0).all()


def test_groups_of_a_bundle_are_of_one_kind(problem: Problem) -> None:
    bundle = bundles_of(problem, 100)
    assert set(bundle.tolist()) == set(range(int(bundle.max()) + 1))
    for name in range(int(bundle.max()) + 1):
        assert len(np.unique(problem.options.kind[bundle == name])) == 1


def test_a_corrected_sample_is_over_its_limits_by_what_the_whole_is_over(problem: Problem) -> None:
    rng = np.random.default_rng(0)
    groups, weight = sample_of(problem, 300)
    sample = part_of(problem, groups, weight)
    use, sample_use = rng.random((2, problem.rows.count))
    limit = corrected(problem, sample, use, sample_use).rows.limit
    assert np.allclose(sample_use - limit, use - problem.rows.limit)


def test_each_bundle_is_dealt_its_shares(problem: Problem) -> None:
    bundle = bundles_of(problem, 30)
    share = np.random.default_rng(1).dirichlet(np.ones(4), size=int(bundle.max()) + 1).T
    cut = deal(problem, bundle, share)
    for name in range(share.shape[1]):
        count = np.bincount(cut[bundle == name], minlength=4)
        assert np.abs(count - share[:, name] * count.sum()).max() <= 3.0
