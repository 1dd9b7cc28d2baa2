"""Metrics against loops and hand-made numbers."""

import numpy as np
import pytest

from ml import metrics

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
