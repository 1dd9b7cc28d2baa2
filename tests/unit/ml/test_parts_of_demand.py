"""The small parts: encoder, correction, curve, scores."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.demand_tables import monday

from contracts.evaluations import DEMAND_SCORES
from contracts.predictions import MEAN, QUANTILES
from ml.calibration import corrected, factors, weighted_quantile
from ml.config import MlConfig
from ml.demand.encoding import UNKNOWN, Encoder
from ml.demand.interface import ACTUAL, LEVELS
from ml.demand.launch_curves import CATEGORY_CURVE
from ml.demand.median_curve import Curve
from ml.demand.quantiles import as_frame, as_long, as_wide
from ml.demand.scores import actual_units, scores

NOW = monday(30)


def test_a_value_not_seen_in_training_is_the_unknown_one() -> None:
    seen = pd.DataFrame({"brand": ["A", "A", "B"], "price": [1.0, 2.0, 3.0]})
    encoder = Encoder.learn(seen, ["brand", "price"], rare_rows=2)
    codes = encoder.matrix(pd.DataFrame({"price": [1, 1, 1], "brand": ["A", "B", None]}))[:, 0]
    assert codes.tolist() == [1, UNKNOWN, UNKNOWN]
    assert Encoder.from_json(encoder.to_json()) == encoder


def test_a_missing_feature_is_named() -> None:
    encoder = Encoder.learn(pd.DataFrame({"price": [1.0]}), ["price"], rare_rows=1)
    with pytest.raises(ValueError, match="'price'"):
        encoder.matrix(pd.DataFrame({"cost": [1.0]}))


def test_answers_are_sorted_and_wide_is_long_turned_back() -> None:
    said = as_frame(np.array([[3.0, 2.0, 1.0, 4.0, 5.0, -6.0, 7.0]]), np.array([2.5]), pd.RangeIndex(1))
    assert said.iloc[0].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 2.5]
    long = as_long(pd.DataFrame({"product_id": ["P"]}), said)
    assert as_wide(long, ["product_id"])[list(LEVELS)].iloc[0].tolist() == said.iloc[0].tolist()


def test_a_weighted_quantile_is_the_quantile_of_repeated_rows() -> None:
    values, weights = np.array([5.0, 1.0, 3.0]), np.array([1.0, 2.0, 3.0])
    repeated = np.repeat(values, weights.astype(int))
    for level in (0.2, 0.5, 0.9):
        expected = np.quantile(repeated, level, method="inverted_cdf")
        assert weighted_quantile(values, weights, level) == expected


def _backtest(units: float, actual: float, lines: int, off: Mapping[float, float] | None = None) -> pd.DataFrame:
    """Lines of one model; of some levels it said so many times the units."""
    rows = pd.DataFrame(
        {"model": "m", "channel": "all", "window_weeks": 1, "units": units, "actual_units": actual}, index=range(lines)
    )
    told = off or {}
    return pd.concat(
        [rows.assign(quantile=level, units=units * told.get(level, 1.0)) for level in LEVELS], ignore_index=True
    )


def test_a_quantile_that_lies_too_near_the_mean_is_moved_by_less_than_it_was_off_and_the_mean_not_at_all() -> None:
    keys = pd.DataFrame({"channel": ["all"], "window_weeks": [1]})
    said = as_frame(np.full((1, len(QUANTILES)), 5.0), np.array([5.0]), keys.index)
    few, many = (
        corrected(said, keys, "m", factors(_backtest(10.0, 10.0, lines, {0.95: 0.5}))).iloc[0] for lines in (5, 5_000)
    )
    assert 5.0 < few[0.95] < many[0.95] < 10.0
    assert few[MEAN] == many[MEAN] == many[0.5] == 5.0


def test_a_model_that_always_says_half_of_everything_is_off_in_its_level_and_stays_as_it_is() -> None:
    keys = pd.DataFrame({"channel": ["all"], "window_weeks": [1]})
    said = as_frame(np.full((1, len(QUANTILES)), 5.0), np.array([5.0]), keys.index)
    pd.testing.assert_frame_equal(corrected(said, keys, "m", factors(_backtest(5.0, 10.0, 5_000))), said)


def test_a_model_without_a_backtest_is_left_alone() -> None:
    keys = pd.DataFrame({"channel": ["all"], "window_weeks": [1]})
    said = as_frame(np.ones((1, len(QUANTILES))), np.array([1.0]), keys.index)
    pd.testing.assert_frame_equal(corrected(said, keys, "other", factors(_backtest(5.0, 10.0, 9))), said)
    pd.testing.assert_frame_equal(corrected(said, keys, "m", factors(_backtest(5.0, 10.0, 0))), said)


def test_a_window_without_a_factor_takes_that_of_the_next_longer_one() -> None:
    learned = factors(_backtest(5.0, 5.0, 5_000, {0.95: 0.5}).assign(channel="large", window_weeks=4))
    keys = pd.DataFrame({"channel": ["large", "large", "all"], "window_weeks": [1, 4, 1]})
    said = as_frame(np.ones((3, len(QUANTILES))), np.ones(3), keys.index)
    high = corrected(said, keys, "m", learned)[0.95]
    assert high[0] == high[1] > 1.0
    assert high[2] == 1.0


def test_a_category_with_too_few_launches_speaks_through_its_parent() -> None:
    launches = pd.DataFrame(
        {
            "product_id": [f"L{i}" for i in range(6)],
            "channel": "all",
            "window_weeks": 8,
            "offset_weeks": 0,
            "origin_week": NOW,
            "target_week": NOW,
            "category_1": "FOOD",
            "is_announced": 1.0,
            "category_2": ["CAKE"] * 4 + ["PIE"] * 2,
            ACTUAL: [1.0, 1.0, 1.0, 1.0, 9.0, 9.0],
        }
    )
    fitted = replace(CATEGORY_CURVE, fewest_launches=4).fit(launches, MlConfig.tiny())
    asked = launches.iloc[[0, 4]]
    assert fitted.predict(asked)[MEAN].tolist() == [1.0, pytest.approx(22 / 6)]


def test_each_launch_counts_once_in_a_curve_however_often_it_was_seen() -> None:
    seen = pd.DataFrame(
        {
            "product_id": ["L0", "L0", "L0", "L1"],
            "channel": "all",
            "window_weeks": 8,
            "offset_weeks": 0,
            "origin_week": [NOW, monday(29), monday(28), NOW],
            "target_week": NOW,
            "category_1": "FOOD",
            "is_announced": 1.0,
            "category_2": "CAKE",
            ACTUAL: [2.0, 2.0, 2.0, 6.0],
        }
    )
    fitted = CATEGORY_CURVE.fit(seen, MlConfig.tiny())
    assert fitted.predict(seen.iloc[[0]])[MEAN].item() == 4.0


def test_the_median_curve_is_the_category_median_times_the_share_of_the_age() -> None:
    # Forty launches of bread sell 2 and 2, forty of cake 6 and 2: at the first age lie 8 of 12 units.
    parts = [
        {"product_id": f"{kind}{i}", "category_1": kind, "offset_weeks": offset, "window_weeks": width, ACTUAL: units}
        for kind, first in (("BREAD", 2.0), ("CAKE", 6.0))
        for i in range(40)
        for offset, width, units in ((0, 1, first), (1, 1, 2.0), (0, 2, first + 2.0))
    ]
    launches = pd.DataFrame(parts).assign(channel="all", origin_week=NOW, target_week=NOW)
    curve = Curve.learn(launches)
    points = curve.points(launches[launches["product_id"].isin(["BREAD0", "CAKE0"])])
    assert points == pytest.approx([4 * 8 / 12, 4 * 4 / 12, 4.0, 8 * 8 / 12, 8 * 4 / 12, 8.0])
    unknown = launches.iloc[:3].assign(category_1="NEVER SEEN")
    assert curve.points(unknown) == pytest.approx([6 * 8 / 12, 6 * 4 / 12, 6.0])
    assert curve.points(unknown.assign(channel="nowhere")).tolist() == [0.0, 0.0, 0.0]


SALES = pd.DataFrame(
    {
        "product_id": ["P", "P", "P"],
        "channel": ["large", "small", "large"],
        "week": [NOW, NOW, monday(31)],
        "units": [2, 3, 4],
        "was_in_stock": None,
        "lost_units": 0.0,
    }
)


def _forecast(rows: list[tuple[str, int, int, float]]) -> pd.DataFrame:
    """Rows of channel, week number, window and units said at every level."""
    lines = pd.DataFrame(rows, columns=["channel", "number", "window_weeks", "said"])
    keys = lines.assign(
        decision_week=NOW,
        product_id="P",
        phase="established",
        model="m",
        target_week=[monday(n) for n in lines["number"]],
    )
    said = as_frame(np.tile(lines["said"].to_numpy()[:, None], len(QUANTILES)), lines["said"].to_numpy(), lines.index)
    return as_long(keys.drop(columns=["said", "number"]), said)


def test_actual_units_of_a_window_are_summed_and_all_is_every_channel() -> None:
    lines = pd.DataFrame(
        {
            "product_id": ["P", "P", "Q"],
            "channel": ["all", "large", "all"],
            "target_week": NOW,
            "window_weeks": [4, 1, 1],
        }
    )
    assert actual_units(lines, SALES).tolist() == [9.0, 2.0, 0.0]


def test_scores_stand_by_level_and_count_only_windows_that_are_over() -> None:
    said = _forecast(
        [("all", 30, 1, 4.0), ("all", 31, 1, 4.0), ("all", 32, 1, 99.0), ("large", 30, 1, 2.0), ("all", 30, 4, 99.0)]
    )
    found = scores(said, SALES, NOW, "real", monday(32))
    assert not DEMAND_SCORES.column_violations(found.columns)
    value = found.set_index(["level", "metric"])["value"]
    assert value["product", "wape"] == pytest.approx(1 / 9)
    assert value["product", "bias"] == pytest.approx(8 / 9 - 1)
    assert value["channel", "wape"] == 0.0
    assert "window" not in found["level"].tolist()
    assert set(found["weeks_complete"]) == {2}
    with_floor = found.dropna(subset="noise_floor")
    assert set(with_floor["metric"]) == {"wpl", "wape"}
    # Of Poisson units at a mean of 4 the median is 4; E|X − 4| = 8·4⁴·e⁻⁴/4!.
    floor = with_floor.set_index(["level", "metric"])["noise_floor"]
    assert floor["product", "wape"] == pytest.approx(8 * 4**4 * np.exp(-4.0) / 24 / 4)
    assert set(found.loc[found["metric"] == "rmsse", "level"]) == {"product"}


def test_nothing_is_scored_before_a_week_is_over() -> None:
    found = scores(_forecast([("all", 30, 1, 4.0)]), SALES, NOW, "real", NOW)
    assert found.empty
    assert list(found.columns) == DEMAND_SCORES.names()
