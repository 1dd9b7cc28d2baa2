"""Bins of units: exact where counts are small, fine beyond, and read off as the counts they hold."""

import numpy as np
import pytest

from contracts.predictions import QUANTILES
from ml.demand.unit_bins import BINS, bins_of, mean_units, read_off


def test_counts_up_to_forty_have_a_bin_each_and_no_bin_beyond_is_wider_than_an_eighth() -> None:
    assert bins_of(np.arange(41.0)).tolist() == list(range(41))
    lower = mean_units(np.zeros(0, dtype=np.int64), np.zeros(0))
    assert (lower[41:] / lower[40:-1] <= 1.125 + 0.5 / 40.0).all()


def test_what_is_read_off_equal_shares_are_the_quantiles_and_the_mean_of_the_counts() -> None:
    sold = np.random.default_rng(4).poisson(6.0, 500).astype(float)
    bins = bins_of(sold)
    shares = np.bincount(bins, minlength=BINS)[None, :] / len(sold)
    quantiles, mean = read_off(shares, mean_units(bins, sold))
    assert quantiles[0].tolist() == np.quantile(sold, QUANTILES, method="inverted_cdf").tolist()
    assert mean[0] == pytest.approx(sold.mean())
