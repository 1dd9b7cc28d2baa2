"""What models gain over boosted trees alone on the same lists, customers drawn anew."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.full_lists import gains
from ml.metrics import mean_of_clusters


def judged(customers: int = 120) -> pd.DataFrame:
    """Three lists a customer, alike within one; `keras` gains .02 on average."""
    rng = np.random.default_rng(5)
    customer = np.repeat(np.arange(customers), 3)
    base = rng.random(customers)[customer] * 0.5
    gain = 0.02 + rng.normal(0.0, 0.05, customers)[customer] + rng.normal(0.0, 0.01, len(customer))
    rows = pd.DataFrame(
        {"list_id": np.arange(len(customer)), "customer_id": customer, "precision_10": 0.1, "recall_10": 0.1}
    )
    return pd.concat([rows.assign(model="lightgbm", ndcg_10=base), rows.assign(model="keras", ndcg_10=base + gain)])


def test_the_interval_of_a_gain_is_that_of_customers_drawn_again() -> None:
    rows = judged()
    found = gains(rows).set_index("model")
    assert found.loc["lightgbm", ["gain", "low", "high"]].tolist() == [0.0, 0.0, 0.0]
    keras = rows[rows["model"] == "keras"].set_index("list_id")
    apart = keras["ndcg_10"] - rows[rows["model"] == "lightgbm"].set_index("list_id")["ndcg_10"]
    by_customer = apart.groupby(keras["customer_id"]).mean().to_numpy()
    rng = np.random.default_rng(6)
    drawn = rng.choice(by_customer, (4_000, len(by_customer))).mean(axis=1)
    row = found.loc["keras"]
    assert row["gain"] == pytest.approx(apart.mean())
    assert (row["low"], row["high"]) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=0.0015)


def test_rows_that_are_their_own_clusters_have_the_usual_error() -> None:
    values = np.random.default_rng(7).random(50)
    mean, error = mean_of_clusters(values, np.arange(50))
    assert (mean, error) == pytest.approx((values.mean(), values.std(ddof=1) / np.sqrt(50)))
