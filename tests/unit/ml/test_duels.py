"""Whether a gain is more than noise."""

import numpy as np
import pandas as pd
import pytest

from ml.duels import Measure, duel
from ml.splits import WEEK

NOW = pd.Timestamp("2017-10-02")


def test_the_interval_of_a_gain_is_the_loop_over_products_and_near_a_bootstrap() -> None:
    rng = np.random.default_rng(9)
    products, weeks = [f"P{i}" for i in range(200)], [NOW - back * WEEK for back in range(3)]
    keys = pd.MultiIndex.from_product([weeks, products, ["a", "b"]], names=["decision_week", "product_id", "model"])
    loss = pd.Series(rng.gamma(1.0, 0.002, len(keys)), keys, name="wpl_share").reset_index()
    found = duel(loss, "a", "b", Measure("wpl", "product_id", "wpl_share"))
    assert found is not None
    by_key = loss.set_index(["decision_week", "product_id", "model"])["wpl_share"].to_dict()
    gains = [sum(by_key[w, p, "b"] - by_key[w, p, "a"] for w in weeks) / 3 for p in products]
    mean = sum(gains) / len(gains)
    error = (len(gains) * sum((gain - mean) ** 2 for gain in gains) / (len(gains) - 1)) ** 0.5
    assert (found.low, found.high) == pytest.approx((sum(gains) - 1.96 * error, sum(gains) + 1.96 * error))
    drawn = rng.choice(gains, (4_000, len(gains))).sum(axis=1)
    assert np.quantile(drawn, [0.025, 0.975]) == pytest.approx([found.low, found.high], abs=0.15 * error)
