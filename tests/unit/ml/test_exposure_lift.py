"""What a slot multiplies demand by: a known lift is found, none where there is none, and sums are those of a loop."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support.demand_tables import monday

from contracts.predictions import EXPOSURE_LIFT
from ml.demand.exposure_lift import FEWEST_PRODUCTS, FEWEST_QUIET, WEEKS, exposure_lift, promoted_weeks
from ml.splits import WEEK

NOW = monday(30)
LIFTS = {"BREAD": 1.5, "CAKE": 3.0}


def shop(seed: int, lifts: dict[str, float], products: int = 60) -> pd.DataFrame:
    """Products of each category that sell Poisson numbers, in a quarter of their weeks shown and lifted."""
    rng = np.random.default_rng(seed)
    weeks = [NOW - back * WEEK for back in range(1, WEEKS + 5)]
    rows = [
        (f"{category}{number}", "shop", week, category, float(shown), level * (lifts[category] if shown else 1.0))
        for category in lifts
        for number in range(products)
        for level in [rng.gamma(2.0, 2.0)]
        for week in weeks
        for shown in [rng.random() < 0.25]
    ]
    frame = pd.DataFrame(rows, columns=["product_id", "channel", "week", "category_2", "mailer_1", "mean"])
    return frame.assign(units_1=rng.poisson(frame.pop("mean")).astype(float), display_1=0.0)


def launches(*categories: str) -> pd.DataFrame:
    return pd.DataFrame(
        {"product_id": [f"N-{name}" for name in categories], "channel": "shop", "category_2": list(categories)}
    )


def test_a_known_lift_is_in_its_interval_and_categories_are_told_apart() -> None:
    held, told = [], []
    for seed in range(20):
        found = exposure_lift(shop(seed, LIFTS), launches(*LIFTS, "NEW"), NOW, seed=1).set_index("product_id")
        assert not EXPOSURE_LIFT.column_violations(found.reset_index().columns)
        for category, lift in LIFTS.items():
            row = found.loc[f"N-{category}"]
            assert (found.loc[found.index.str.startswith(category), "lift"] == row["lift"]).all()
            held.append(row["low"] <= lift <= row["high"])
            told.append(row["lift"] / lift)
        other = found.loc["N-NEW"]
        assert found.loc["N-BREAD", "lift"] < other["lift"] < found.loc["N-CAKE", "lift"]
        assert (other["products"], other["category_products"]) == (120, 0)
    assert np.mean(held) >= 0.8
    assert np.mean(told) == pytest.approx(1.0, abs=0.03)


def test_where_places_do_nothing_the_lift_is_one() -> None:
    found = [exposure_lift(shop(seed, {"A": 1.0}), launches("A"), NOW, seed=1).iloc[0] for seed in range(20)]
    assert np.mean([row["low"] <= 1.0 <= row["high"] for row in found]) >= 0.8
    assert np.mean([row["lift"] for row in found]) == pytest.approx(1.0, abs=0.02)


def test_promoted_weeks_stand_over_as_many_quiet_ones_of_the_same_product() -> None:
    frame = shop(3, LIFTS, products=5)
    told = promoted_weeks(frame).set_index("product_id")
    for product, own in frame.groupby("product_id"):
        is_shown = own["mailer_1"] == 1
        quiet = own.loc[~is_shown, "units_1"].mean() * is_shown.sum()
        assert told.loc[product, ["promoted", "quiet"]].tolist() == pytest.approx(
            [own.loc[is_shown, "units_1"].sum(), quiet]
        )
    weeks = frame.sort_values("week").groupby("product_id").head(FEWEST_QUIET).assign(mailer_1=0.0)
    once = weeks.assign(mailer_1=(weeks["week"] == weeks["week"].min()).astype(float))
    assert promoted_weeks(weeks).empty, "never promoted"
    assert promoted_weeks(once).empty, "too few quiet weeks"


def test_a_channel_that_hardly_promotes_has_no_lift_and_older_weeks_say_nothing() -> None:
    few = shop(1, {"A": 2.0}, products=FEWEST_PRODUCTS - 1)
    assert exposure_lift(few, launches("A"), NOW, seed=1).empty
    assert exposure_lift(few.iloc[:0], launches("A"), NOW, seed=1).empty
    whole = shop(2, LIFTS)
    is_old = whole["week"] < NOW - WEEKS * WEEK
    assert is_old.any()
    other = whole.assign(units_1=whole["units_1"].mask(is_old, 999.0))
    pd.testing.assert_frame_equal(*(exposure_lift(f, launches("A"), NOW, seed=1) for f in (whole, other)))
