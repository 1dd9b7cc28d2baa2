"""Sample paths: marginals, window sums, whole units, and independence of what else is drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import nbinom

from contracts.predictions import DEMAND_PATHS, QUANTILES
from optimization.paths import PathsConfig, demand_paths

WEEK = pd.Timestamp("2017-10-02")
CHAMPIONS = pd.DataFrame({"phase": ["established", "new"], "task": [None, None], "model": ["m", "m"]})


def forecast(
    products: list[str], mean: float = 40.0, window_factor: float = 8.0, phase: str = "established"
) -> pd.DataFrame:
    """Negative-binomial weekly quantiles; an 8-week sum whose variance is `window_factor` × 8 / 8 weekly ones."""
    rows = []
    weekly_var = mean + mean**2 / 4
    for name in products:
        for channel in ("a", "b", "all"):
            for week in range(8):
                rows += _levels(name, channel, WEEK + pd.Timedelta(days=7 * week), 1, mean, weekly_var, phase)
            rows += _levels(name, channel, WEEK, 8, 8 * mean, window_factor * weekly_var, phase)
    told = pd.DataFrame(
        rows,
        columns=[
            "decision_week",
            "product_id",
            "channel",
            "target_week",
            "window_weeks",
            "phase",
            "model",
            "quantile",
            "units",
        ],
    )
    return told.assign(is_planned=True)


def _levels(
    name: str, channel: str, week: pd.Timestamp, window: int, mean: float, var: float, phase: str
) -> list[tuple[object, ...]]:
    size = mean**2 / (var - mean)
    units = [mean, *(float(nbinom.ppf(q, size, size / (size + mean))) for q in QUANTILES)]
    return [
        (WEEK, name, channel, week, window, phase, "m", level, value)
        for level, value in zip((-1.0, *QUANTILES), units, strict=True)
    ]


def units_of(paths: pd.DataFrame) -> np.ndarray:
    """Units by row and week."""
    return np.array(paths["units"].tolist())


def test_paths_keep_their_promise_and_leave_the_total_channel_out() -> None:
    paths = demand_paths(forecast(["P1"]), CHAMPIONS, WEEK, PathsConfig(paths=4))
    assert list(paths.columns) == DEMAND_PATHS.names()
    assert set(paths["channel"]) == {"a", "b"}
    assert len(paths) == 2 * 4
    assert units_of(paths).min() >= 0


def test_marginals_are_the_forecast_quantiles_and_its_mean() -> None:
    rows = forecast(["P1"])
    units = units_of(demand_paths(rows, CHAMPIONS, WEEK, PathsConfig(paths=2000)))[:2000]
    told = rows[(rows["channel"] == "a") & (rows["window_weeks"] == 1)].set_index("quantile")["units"]
    for level in QUANTILES:
        share = (units <= told.loc[level].iloc[0]).mean(axis=0)
        np.testing.assert_allclose(share, level, atol=0.03)
    np.testing.assert_allclose(units.mean(axis=0), 40.0, rtol=0.02)


@pytest.mark.parametrize("factor", [8.0, 24.0, 48.0])
def test_the_spread_of_eight_week_sums_is_the_one_forecast_for_them(factor: float) -> None:
    rows = forecast([f"P{k}" for k in range(6)], window_factor=factor)
    units = units_of(demand_paths(rows, CHAMPIONS, WEEK, PathsConfig(paths=500)))
    sums = units.sum(axis=1).reshape(12, 500)
    told = rows[(rows["window_weeks"] == 8) & (rows["channel"] == "a")].drop_duplicates("quantile")
    told = told.set_index("quantile")["units"]
    width = (np.quantile(sums, 0.9, axis=1) - np.quantile(sums, 0.1, axis=1)).mean()
    assert width == pytest.approx(told[0.9] - told[0.1], rel=0.15)


def test_channels_of_a_product_move_together_in_part() -> None:
    units = units_of(demand_paths(forecast(["P1"], window_factor=40.0), CHAMPIONS, WEEK, PathsConfig(paths=800)))
    one, two = units.sum(axis=1).reshape(2, 800)
    assert 0.2 < np.corrcoef(one, two)[0, 1] < 0.8


def test_another_product_changes_no_path_of_this_one() -> None:
    alone = demand_paths(forecast(["P1"]), CHAMPIONS, WEEK)
    both = demand_paths(forecast(["P0", "P1"]), CHAMPIONS, WEEK)
    pd.testing.assert_frame_equal(alone, both[both["product_id"] == "P1"].reset_index(drop=True))


def test_another_seed_gives_other_paths_and_the_same_seed_the_same() -> None:
    rows = forecast(["P1"])
    one, again = (demand_paths(rows, CHAMPIONS, WEEK, PathsConfig(seed=1)) for _ in range(2))
    other = demand_paths(rows, CHAMPIONS, WEEK, PathsConfig(seed=2))
    pd.testing.assert_frame_equal(one, again)
    assert not one["units"].equals(other["units"])


def test_shuffled_forecast_rows_give_the_same_paths() -> None:
    rows = forecast(["P1", "P2"])
    shuffled = demand_paths(rows.sample(frac=1, random_state=1), CHAMPIONS, WEEK)
    pd.testing.assert_frame_equal(shuffled, demand_paths(rows, CHAMPIONS, WEEK))


def test_a_line_that_lacks_a_week_is_named() -> None:
    rows = forecast(["P1", "P2"])
    lacks = (rows["product_id"] == "P2") & (rows["channel"] == "a") & (rows["target_week"] == WEEK)
    with pytest.raises(ValueError, match="P2 in a has"):
        demand_paths(rows[~lacks], CHAMPIONS, WEEK)


def test_launches_are_marked_so_that_weeks_count_from_the_launch() -> None:
    paths = demand_paths(forecast(["P9"], phase="new"), CHAMPIONS, WEEK, PathsConfig(paths=2))
    assert paths["is_launch"].all()


def test_a_longer_horizon_leaves_the_weeks_that_are_forecast_as_they_were() -> None:
    rows = forecast(["P1", "P2"])
    short = units_of(demand_paths(rows, CHAMPIONS, WEEK, PathsConfig(horizon_weeks=8)))
    long = units_of(demand_paths(rows, CHAMPIONS, WEEK, PathsConfig(horizon_weeks=18)))
    np.testing.assert_array_equal(long[:, :8], short)
    np.testing.assert_array_equal(short, units_of(demand_paths(rows, CHAMPIONS, WEEK)))
    assert long.shape == (len(short), 18)


def test_weeks_beyond_the_forecast_keep_level_and_spread_of_its_later_half() -> None:
    rows = forecast(["P1"])
    is_early = rows["target_week"] < WEEK + pd.Timedelta(days=28)
    rows["units"] = rows["units"].where(~(is_early & (rows["window_weeks"] == 1)), 3 * rows["units"])
    units = units_of(demand_paths(rows, CHAMPIONS, WEEK, PathsConfig(paths=2000, horizon_weeks=14)))[:2000]
    later, beyond = units[:, 4:8], units[:, 8:]
    np.testing.assert_allclose(beyond.mean(axis=0), later.mean(), rtol=0.02)
    for level in QUANTILES:
        np.testing.assert_allclose(np.quantile(beyond, level, axis=0), np.quantile(later, level), atol=2.0)


def test_weeks_beyond_the_forecast_move_with_those_forecast() -> None:
    config = PathsConfig(paths=800, horizon_weeks=16)
    for factor, tie in ((8.0, (-0.1, 0.1)), (40.0, (0.7, 1.0))):
        units = units_of(demand_paths(forecast(["P1"], window_factor=factor), CHAMPIONS, WEEK, config))[:800]
        found = np.corrcoef(units[:, :8].sum(axis=1), units[:, 8:].sum(axis=1))[0, 1]
        assert tie[0] < found < tie[1]


def test_what_is_forecast_alone_is_not_planned_and_early_products_have_a_champion_of_their_own() -> None:
    alone = forecast(["P1"]).assign(is_planned=False)
    early = forecast(["P2"], phase="early")
    rows = pd.concat([alone, early, forecast(["P3"]), early.assign(model="e", units=0.0)], ignore_index=True)
    config = PathsConfig(paths=2)
    without = demand_paths(rows, CHAMPIONS, WEEK, config)
    assert set(without["product_id"]) == {"P2", "P3"}
    assert units_of(without[without["product_id"] == "P2"]).any()
    reigns = pd.concat([CHAMPIONS, pd.DataFrame([{"phase": "early", "task": None, "model": "e"}])])
    with_one = demand_paths(rows, reigns, WEEK, config)
    assert not units_of(with_one[with_one["product_id"] == "P2"]).any()
