"""What the benchmarks on the simulated shop make of rates, by hand on a page of rows."""

import numpy as np
import pandas as pd
import pytest

from benchmarks import audiences, words


def launches(customers: str, products: str, units: list[float]) -> pd.DataFrame:
    rows = pd.DataFrame(
        [(customer, "online", "home", product) for customer in customers for product in products],
        columns=["customer_id", "channel", "placement", "product_id"],
    )
    return rows.assign(category_3_units_12=units * len(customers), category_2_units_12=0.0)


def test_lists_are_followed_where_a_customer_stands_on_them_and_filled_by_popularity(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audiences, "PLACES", 2)
    rows = launches("vw", "ABC", [1.0, 3.0, 2.0])
    # The mean rate is .02: v is reached by A and C, w by none.
    lists = audiences.choose(rows, np.array([0.04, 0.0, 0.05, 0.01, 0.01, 0.01]))
    told = {
        key: "".join(own.sort_values("rank")["product_id"]) for key, own in lists.groupby(["policy", "customer_id"])
    }
    assert told == {
        (audiences.FOLLOWED, "v"): "CA",
        (audiences.FOLLOWED, "w"): "BC",
        (audiences.POPULAR, "v"): "BC",
        (audiences.POPULAR, "w"): "BC",
    }
    with pytest.raises(ValueError, match="all as popular"):
        audiences.choose(launches("v", "ABC", [1.0, 1.0, 1.0]), np.array([0.04, 0.0, 0.05]))


def test_gains_of_lists_are_paired_by_customer() -> None:
    places = pd.DataFrame(
        {
            "week": "w",
            "customer_id": list("aabb") * 2,
            "policy": [audiences.FOLLOWED] * 4 + [audiences.POPULAR] * 4,
            "product_id": list("ABAB") * 2,
            "chance": [0.2, 0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1],
        }
    )
    row = audiences.summary(places).set_index("week").loc["w"]
    assert row["gain"] == pytest.approx((2.0 + 0.0) / 2)
    assert row["high"] - row["gain"] == pytest.approx(1.96 * np.std([2.0, 0.0], ddof=1) / 2**0.5)


def test_a_rates_cost_is_its_divergence_and_a_gain_is_over_the_least_told() -> None:
    chance = np.array([0.1, 0.3, 0.5])
    assert words.excess(chance, chance).tolist() == [0.0, 0.0, 0.0]
    clicks = np.random.default_rng(1).random((200_000, 3)) < chance
    rate = np.array([0.2, 0.2, 0.2])
    drawn = -np.where(clicks, np.log(rate), np.log1p(-rate)).mean(axis=0)
    assert words.excess(chance, rate) + words.entropy(chance) == pytest.approx(drawn, abs=0.01)
    rows = pd.concat(
        [
            pd.DataFrame(
                {
                    "model": "m", "told": what, "customer_id": [f"c{i}" for i in range(50)], "product_id": "P",
                    "loss": loss, "entropy": 1.0, "chance": np.linspace(0.1, 0.5, 50), "rate": np.linspace(0.2, 0.4, 50),
                }
            )
            for what, loss in zip(words.TOLD, (0.2, 0.3, 0.4), strict=True)
        ]
    )  # fmt: skip
    told = words.summary(rows).set_index("told")
    assert told["gain"].tolist() == pytest.approx([0.5, 0.25, 0.0])
    assert told.loc[words.TOLD[0], ["low", "high"]].tolist() == pytest.approx([0.5, 0.5])
