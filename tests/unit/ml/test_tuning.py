"""The search for parameters: what it may see, that it can be repeated, and that it never ends worse than it began."""

from dataclasses import replace

import pandas as pd
import pytest
from support.demand_tables import make_demand_tables, monday, noise_from

from benchmarks.tune import monday_after, rounds, score, search
from ml.config import MlConfig
from ml.demand.interface import ACTUAL

CONFIG = replace(
    MlConfig.tiny(), demand_trees=60, demand_leaves=15, demand_learning_rate=0.1, demand_leaf_rows=50, demand_rows=1_500
)
TABLES = make_demand_tables(products=12, launches=4)
WALL = monday_after(29)


def test_a_numbered_week_is_over_on_the_monday_after_it() -> None:
    assert WALL == monday(28) == pd.Timestamp("2017-07-17")


def test_no_label_is_of_a_week_after_the_wall_and_a_later_origin_sees_fewer() -> None:
    early, late = rounds(TABLES, (21, 25), WALL, CONFIG)
    assert early.asked["target_week"].max() == late.asked["target_week"].max() == WALL - pd.Timedelta(weeks=1)
    assert (early.asked["target_week"].nunique(), late.asked["target_week"].nunique()) == (8, 4)
    for one, week in ((early, monday_after(21)), (late, monday_after(25))):
        assert one.asked["target_week"].min() == week
        assert (one.learned["target_week"] + 7 * one.learned["window_weeks"] * pd.Timedelta(days=1)).max() <= week


def test_what_happens_after_the_wall_reaches_no_round() -> None:
    known, noisy = (rounds(tables, (25,), WALL, CONFIG)[0] for tables in (TABLES, noise_from(TABLES, WALL)))
    pd.testing.assert_series_equal(known.asked[ACTUAL], noisy.asked[ACTUAL])
    pd.testing.assert_series_equal(known.learned[ACTUAL], noisy.learned[ACTUAL])


def test_an_origin_at_the_wall_is_refused() -> None:
    with pytest.raises(ValueError, match="origin 29"):
        rounds(TABLES, (29,), WALL, CONFIG)


def test_the_same_search_finds_the_same_and_nothing_worse_than_what_reigns() -> None:
    of = rounds(TABLES, (25,), WALL, CONFIG)
    (parameters, told), again = (search("lightgbm", of, CONFIG, 2) for _ in range(2))
    assert (parameters, told) == again
    assert told["wpl_before"] == pytest.approx(score("lightgbm", of, CONFIG), abs=1e-5)
    assert told["wpl"] == pytest.approx(score("lightgbm", of, replace(CONFIG, **parameters)), abs=1e-5)
    assert told["wpl"] <= told["wpl_before"]
