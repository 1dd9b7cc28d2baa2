"""How far a model's error is below that of the best rule, customers drawn anew."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.clicks import _gain


def test_a_gain_is_one_less_the_ratio_of_errors_and_its_interval_that_of_the_delta_method() -> None:
    rng = np.random.default_rng(3)
    rule = rng.gamma(2.0, 1.0, 500)
    sums = pd.DataFrame({"rule": rule, "model": 0.8 * rule + rng.normal(0.0, 0.2, 500)})
    found = _gain(sums, "model", "rule", rng.integers(0, 500, (2_000, 500)))
    ratio = sums["model"].sum() / sums["rule"].sum()
    assert found["gain"] == pytest.approx(1.0 - ratio)
    apart = (sums["model"] - ratio * sums["rule"]) / sums["rule"].mean()
    error = apart.std(ddof=1) / np.sqrt(len(sums))
    assert (found["low"], found["high"]) == pytest.approx(
        (1.0 - ratio - 1.96 * error, 1.0 - ratio + 1.96 * error), abs=0.15 * error
    )
