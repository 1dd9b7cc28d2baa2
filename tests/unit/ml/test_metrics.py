"""Metrics against loops and hand-made numbers."""

import numpy as np
import pandas as pd
import pytest

from ml import metrics
from ml.demand.scores import weekly_changes
from ml.noise_floor import poisson_pinball, poisson_wape, poisson_wpl

RNG = np.random.default_rng(5)


def test_weighted_pinball_is_the_loop_over_rows_and_levels() -> None:
    levels = [0.1, 0.5, 0.9]
    actual = RNG.poisson(3.0, 7).astype(float)
    predicted = np.sort(RNG.gamma(2.0, 2.0, (7, 3)), axis=1)
    loss = 0.0
    for sold, row in zip(actual, predicted, strict=True):
        for level, guess in zip(levels, row, strict=True):
            loss += level * (sold - guess) if sold > guess else (1 - level) * (guess - sold)
    assert metrics.weighted_pinball(actual, predicted, levels) == pytest.approx(2 * loss / (3 * actual.sum()))


def test_no_metric_of_volume_is_a_number_when_nothing_sold() -> None:
    assert np.isnan(metrics.wape([0.0], [1.0]))
    assert np.isnan(metrics.mean_bias([0.0], [1.0]))
    assert np.isnan(metrics.weighted_pinball([0.0], [[1.0]], [0.5]))


def test_the_oracle_share_is_the_loop_over_lines_and_ratios_of_a_newsvendor_who_counts_his_money() -> None:
    levels = [0.1, 0.5, 0.9]
    demand = RNG.poisson(4.0, 30).astype(float)
    predicted = np.sort(RNG.gamma(2.0, 2.0, (30, 3)), axis=1)
    shares = []
    for ratio in (0.5, 0.75, 0.9):
        cost, earned, best = 1.0 - ratio, 0.0, 0.0
        for wanted, row in zip(demand, predicted, strict=True):
            ordered = np.interp(ratio, levels, row)
            earned += (wanted if wanted < ordered else ordered) * 1.0 - ordered * cost
            best += wanted * 1.0 - wanted * cost
        shares.append(earned / best)
    assert metrics.oracle_share(demand, predicted, levels) == pytest.approx(sum(shares) / 3)


def test_no_order_earns_more_than_the_quantile_at_the_critical_ratio() -> None:
    demand = RNG.poisson(6.0, 400).astype(float)
    best = {
        ratio: max(
            range(20), key=lambda units: metrics.oracle_share(demand, np.full((400, 2), units), [0.1, 0.9], (ratio,))
        )
        for ratio in metrics.NEWSVENDOR_RATIOS
    }
    assert best == {ratio: np.quantile(demand, ratio, method="inverted_cdf") for ratio in best}


def test_perfect_foresight_has_the_whole_profit() -> None:
    demand = RNG.poisson(4.0, 30).astype(float)
    assert metrics.oracle_share(demand, np.tile(demand[:, None], 2), [0.1, 0.9]) == pytest.approx(1.0)


def test_a_quantile_beyond_the_levels_stated_is_the_last_one() -> None:
    assert metrics.quantile_at([0.5, 0.9], [[1.0, 3.0]], 0.95).tolist() == [3.0]
    assert metrics.quantile_at([0.5, 0.9], [[1.0, 3.0]], 0.1).tolist() == [1.0]


def test_saying_last_week_again_has_an_rmsse_of_one() -> None:
    sold = RNG.poisson(5.0, (3, 40)).astype(float)
    changes = (np.diff(sold, axis=1) ** 2).mean(axis=1)
    series, scale = np.repeat(["a", "b", "c"], 39), np.repeat(changes, 39)
    found = metrics.root_mean_squared_scaled_error(sold[:, 1:].ravel(), sold[:, :-1].ravel(), series, scale)
    assert found == pytest.approx(1.0)


def test_weekly_changes_are_those_of_the_weeks_written_out_with_their_zeros() -> None:
    units = np.array([[0, 0, 3, 0, 0, 2, 4, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0, 5], [0, 0, 0, 0, 0, 0, 0, 0, 7]])
    first = pd.Timestamp("2017-01-02")
    rows = [
        (f"P{row}", channel, first + pd.Timedelta(weeks=week), part)
        for (row, week), whole in np.ndenumerate(units)
        for channel, part in (("large", whole // 2), ("small", whole - whole // 2))
        if part
    ]
    sales = pd.DataFrame(rows, columns=["product_id", "channel", "week", "units"])
    found = weekly_changes(sales, first + pd.Timedelta(weeks=9))
    by_hand = {f"P{row}": np.diff(np.trim_zeros(units[row], "f")) for row in range(2)}
    assert found.drop("P2").to_dict() == pytest.approx({name: (step**2).mean() for name, step in by_hand.items()})
    assert np.isnan(found["P2"]), "one week has no change"


def test_the_floor_is_what_the_true_quantiles_of_poisson_units_lose_when_drawn() -> None:
    from scipy.stats import poisson

    rng = np.random.default_rng(2)
    means, levels = np.array([0.0, 0.05, 0.7, 3.2, 40.0]), (0.05, 0.25, 0.5, 0.9)
    units = rng.poisson(means, (200_000, 5))
    for level in levels:
        drawn = metrics.pinball(units, np.maximum(poisson.ppf(level, means), 0.0), level).mean(axis=0)
        np.testing.assert_allclose(poisson_pinball(means, level), drawn, rtol=0.05, atol=1e-3)
    quantiles = np.maximum(poisson.ppf(np.array(levels)[:, None], means), 0.0).T
    every = np.tile(quantiles, (2_000, 1))
    drawn_units = units[:2_000].ravel()
    assert poisson_wpl(means, levels) == pytest.approx(metrics.weighted_pinball(drawn_units, every, levels), rel=0.03)
    assert poisson_wape(means) == pytest.approx(metrics.wape(drawn_units, every[:, 2]), rel=0.03)


def test_no_floor_is_a_number_when_nothing_is_expected() -> None:
    assert np.isnan(poisson_wpl([0.0], (0.5,)))


def test_coverage_reads_the_interval_in_whole_units() -> None:
    assert metrics.coverage([0.0, 1.0, 2.0], [0.4, 0.4, 0.4], [1.3, 1.3, 1.3]) == pytest.approx(2 / 3)


def test_weighted_auc_is_the_chance_that_a_positive_outranks_a_negative() -> None:
    label = RNG.integers(0, 2, 30)
    score = RNG.integers(0, 6, 30) / 5.0
    weight = RNG.integers(1, 4, 30).astype(float)
    won = total = 0.0
    for i in np.flatnonzero(label == 1):
        for j in np.flatnonzero(label == 0):
            pair = weight[i] * weight[j]
            total += pair
            won += pair * (1.0 if score[i] > score[j] else 0.5 if score[i] == score[j] else 0.0)
    assert metrics.weighted_auc(label, score, weight) == pytest.approx(won / total)


def test_a_weight_of_two_is_the_row_twice() -> None:
    label, score = np.array([1, 0, 0, 1]), np.array([0.8, 0.3, 0.6, 0.4])
    weight = np.array([1.0, 2.0, 1.0, 2.0])
    again = np.repeat(np.arange(4), weight.astype(int))
    for figure in (
        metrics.weighted_auc,
        metrics.precision_recall_auc,
        metrics.normalised_entropy,
        metrics.calibration_ratio,
    ):
        assert figure(label, score, weight) == pytest.approx(figure(label[again], score[again]))


def test_average_precision_agrees_with_scikit_learn() -> None:
    from sklearn.metrics import average_precision_score

    label, score = RNG.integers(0, 2, 50), RNG.integers(0, 9, 50) / 8.0
    weight = RNG.integers(1, 5, 50).astype(float)
    expected = average_precision_score(label, score, sample_weight=weight)
    assert metrics.precision_recall_auc(label, score, weight) == pytest.approx(expected)


def test_one_class_has_no_auc_and_no_entropy() -> None:
    assert np.isnan(metrics.weighted_auc([1, 1], [0.2, 0.3]))
    assert np.isnan(metrics.normalised_entropy([0, 0], [0.2, 0.3]))
