"""The rest of the field for established products, each against a slower second way."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.demand_tables import make_demand_tables, monday

from contracts.predictions import MEAN, QUANTILES
from ml.calibration import weighted_quantile
from ml.config import MlConfig
from ml.demand.auto_ets import auto_ets
from ml.demand.conformal import Ratios, held_out
from ml.demand.examples import PAST_COLUMN, feature_names, to_learn
from ml.demand.imapa import imapa
from ml.demand.interface import ACTUAL
from ml.demand.mlforecast_lags import LagTrees
from ml.demand.own_past import Rule, points
from ml.demand.random_forest import RandomForestModel
from ml.demand.ridge import Line
from ml.demand.scale import IN_UNITS, weekly_level, window_level
from ml.demand.weekly import PAST

CONFIG = MlConfig.tiny()
NOW = monday(36)
TABLES = make_demand_tables(products=20, launches=8)
LEARNED = to_learn("established", TABLES, NOW, CONFIG).reset_index(drop=True)


def rows(**columns: object) -> pd.DataFrame:
    plain = {"channel": "all", "window_weeks": 1, "offset_weeks": 0, "product_id": "P", "origin_week": NOW}
    return pd.DataFrame({**plain, **columns})


def past_of(units: list[float]) -> np.ndarray:
    """Past of a series whose data reach back for so many weeks."""
    past = np.zeros((26, len(PAST)), dtype=np.float32)
    past[26 - len(units) :, PAST.index("is_known")] = 1.0
    past[26 - len(units) :, PAST.index("units")] = units
    return past


def test_ratios_are_the_quantiles_of_what_sold_over_what_was_said_in_each_group() -> None:
    rng = np.random.default_rng(1)
    point, channel = rng.gamma(2.0, 3.0, 400), np.where(rng.random(400) < 0.5, "all", "large")
    past = rows(channel=channel, actual_units=rng.poisson(point))
    learned = Ratios.learn(past, point, smallest_group=5)
    asked = rows(channel=["all", "large"])
    said = learned.answer(asked, np.array([3.0, 9.0]))
    for at, (kind, low, high, own) in enumerate([("all", 2.0, 4.0, 3.0), ("large", 8.0, 16.0, 9.0)]):
        alike = [
            (float(sold) + 0.5) / (float(p) + 0.5)
            for sold, p, c in zip(past[ACTUAL], point, channel, strict=True)
            if c == kind and low < p <= high
        ]
        assert len(alike) >= 5
        for level in QUANTILES:
            expected = max((own + 0.5) * np.quantile(alike, level) - 0.5, 0.0)
            assert said[level].iloc[at] == pytest.approx(expected)


def test_a_group_too_small_takes_the_ratios_of_all_and_the_mean_is_held_to_the_units_sold() -> None:
    learned = Ratios.learn(rows(actual_units=[4.0, 8.0]), np.array([2.0, 6.0]), smallest_group=3)
    said = learned.answer(rows(window_weeks=[4]), np.array([9.5]))
    assert said[MEAN].iloc[0] == pytest.approx(10.0 * (4.5 + 8.5) / (2.5 + 6.5) - 0.5)


def test_ratios_come_from_weeks_that_end_after_every_week_that_was_learned() -> None:
    is_early, is_late = held_out(LEARNED)
    ends = LEARNED["target_week"] + pd.to_timedelta(7 * LEARNED["window_weeks"], unit="D")
    assert ends[is_early].max() <= LEARNED.loc[is_late, "target_week"].min()
    seen = [
        set(zip(own["window_weeks"], own["offset_weeks"], strict=True)) for own in (LEARNED[is_early], LEARNED[is_late])
    ]
    assert len(seen[0]) == len(seen[1]) == 10


def test_where_no_earlier_origin_saw_a_whole_horizon_other_products_are_held_out() -> None:
    first = LEARNED[LEARNED["origin_week"] == LEARNED["origin_week"].min()]
    is_early, is_late = held_out(first)
    assert is_early.any()
    assert is_late.any()
    assert not set(first["product_id"][is_early]) & set(first["product_id"][is_late])
    assert is_early.sum() + is_late.sum() == len(first)


def test_the_ridge_line_solves_the_normal_equations() -> None:
    line = Line.fit(LEARNED, feature_names("established"), penalty=3.0)
    inputs, level = line.inputs(LEARNED), window_level(LEARNED)
    label, weight = np.log1p(LEARNED[ACTUAL].to_numpy() / level), level / level.mean()
    centred = inputs - np.average(inputs, axis=0, weights=weight)
    about = label - np.average(label, weights=weight)
    gram = (centred * weight[:, None]).T @ centred + 3.0 * np.eye(inputs.shape[1])
    solved = np.linalg.solve(gram, (centred * weight[:, None]).T @ about)
    assert np.array(line.coefficients) == pytest.approx(solved, abs=1e-6)
    middle = np.average(label, weights=weight) - np.average(inputs, axis=0, weights=weight) @ solved
    assert line.points(LEARNED) == pytest.approx(
        np.maximum(np.expm1(inputs @ solved + middle), 0) * level, rel=1e-4, abs=1e-4
    )


def test_a_missing_number_says_what_the_average_row_says_and_that_it_is_missing() -> None:
    line = Line.fit(LEARNED, feature_names("established"))
    known, unknown = (line.inputs(frame)[0] for frame in (LEARNED, LEARNED.assign(shelf_price=np.nan)))
    differs = np.flatnonzero(known != unknown)
    assert unknown[differs].tolist() in ([0.0, 1.0], [1.0])


def test_a_forest_answers_with_the_multiples_of_those_who_fell_into_its_leaves() -> None:
    fitted = RandomForestModel().fit(LEARNED, replace(CONFIG, demand_rows=len(LEARNED)))
    level = weekly_level(LEARNED)
    relative = LEARNED.assign(
        **{name: LEARNED[name] / level for name in IN_UNITS if name in LEARNED and name != "units_mean_26"}
    )
    (width, size), forest = sorted(fitted.forests.items())[0]
    edges = [0.0, 1.0, 3.0, 8.0, np.inf]
    own = np.flatnonzero((LEARNED["window_weeks"] == width) & (level > edges[size]) & (level <= edges[size + 1]))
    multiple = LEARNED[ACTUAL].to_numpy()[own] / level[own] / width
    leaves = forest.booster.predict(fitted.encoder.matrix(relative.iloc[own]), pred_leaf=True)
    said = fitted.predict(LEARNED.iloc[own])
    for at in (0, 7, 70):
        together = leaves == leaves[at]
        weight = (together / together.sum(axis=0)).mean(axis=1)
        # Leaves count twentieths of the level, in steps of an eighth where it is exceeded twice.
        assert said[MEAN].iloc[at] / level[own[at]] / width == pytest.approx((weight * multiple).sum(), rel=0.05)
        for quantile in (0.25, 0.5, 0.75):
            expected = weighted_quantile(multiple, weight, quantile)
            assert said[quantile].iloc[at] / level[own[at]] / width == pytest.approx(expected, rel=0.13, abs=0.06)


def smoothed(weeks: list[float], share: float) -> tuple[float, float]:
    """Last level and squared one-step errors of exponential smoothing that starts at the first week."""
    level, errors = weeks[0], 0.0
    for before, now in zip(weeks, weeks[1:], strict=False):
        level = share * before + (1.0 - share) * level
        errors += (now - level) ** 2
    return share * weeks[-1] + (1.0 - share) * level, errors


def slow_imapa(sold: list[float]) -> float:
    """Mean over widths of blocks, up to the mean gap between sales, of the best smoothing on a fine grid."""
    at = [place + 1 for place, units in enumerate(sold) if units > 0]
    gaps = [b - a for a, b in zip([0, *at], at, strict=False)]
    levels = []
    for width in range(1, round(sum(gaps) / len(gaps)) + 1):
        cut = sold[len(sold) % width :]
        blocks = [sum(cut[place : place + width]) for place in range(0, len(cut), width)]
        best = min(np.linspace(0.1, 0.3, 2001), key=lambda share: smoothed(blocks, share)[1])
        levels.append(smoothed(blocks, float(best))[0] / width)
    return sum(levels) / len(levels)


@pytest.mark.parametrize("rate", [0.15, 0.4, 3.0])
def test_imapa_is_the_mean_of_smoothed_blocks(rate: float) -> None:
    sold = np.random.default_rng(5).poisson(rate, 26).astype(float)
    sold[0] = 1.0
    assert imapa(sold, 8) == pytest.approx(np.full(8, slow_imapa(sold.tolist())), rel=2e-3)


@pytest.mark.parametrize("rule", [imapa, auto_ets])
def test_a_rule_says_zero_of_nothing_the_mean_of_a_little_and_the_level_of_a_constant(rule: Rule) -> None:
    assert rule(np.zeros(0), 3).tolist() == [0.0] * 3
    assert rule(np.array([2.0, 4.0]), 2).tolist() == [3.0, 3.0]
    assert rule(np.full(26, 5.0), 4) == pytest.approx(np.full(4, 5.0))


def test_smoothing_follows_a_trend_up_and_never_below_zero() -> None:
    climb = 10.0 + np.arange(26.0)
    assert auto_ets(climb, 3) == pytest.approx([36.0, 37.0, 38.0], rel=0.05)
    assert (auto_ets(climb[::-1] - 9.0, 8) >= 0).all()


def test_smoothing_without_a_trend_is_that_of_statsmodels() -> None:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    sold = np.random.default_rng(2).poisson(6.0, 26).astype(float)
    other = ETSModel(pd.Series(sold), error="add").fit(disp=False)
    assert auto_ets(sold, 1)[0] == pytest.approx(other.forecast(1).iloc[0], rel=0.05)


def test_a_window_sums_the_weeks_that_a_rule_says_of_the_weeks_since_the_first_sale() -> None:
    seen: list[list[float]] = []

    def counts_up(sold: np.ndarray, weeks: int) -> np.ndarray:
        seen.append(sold.tolist())
        return 1.0 + np.arange(weeks)

    past = past_of([0.0, 0.0, 7.0, 0.0, 0.0, 0.0])
    asked = rows(window_weeks=[1, 1, 4, 8], offset_weeks=[0, 5, 0, 0]).assign(**{PAST_COLUMN: [past] * 4})
    assert points(counts_up, asked).tolist() == [1.0, 6.0, 10.0, 36.0]
    assert seen == [[7.0, 0.0, 0.0, 0.0]]


def walked(trees: LagTrees, sold: list[float], weeks: int) -> list[float]:
    """Each coming week from inputs made by hand, taken as sold for the next."""
    units = list(sold)
    for _ in range(weeks):
        lags = [units[-lag] if len(units) >= lag else np.nan for lag in (1, 2, 3, 4, 8, 13)]
        means = [np.mean(units[-width:]) for width in (4, 8, 13)]
        units.append(float(trees.booster.predict(np.array([[*lags, *means]]))[0]))
    return units[len(sold) :]


def test_lags_walk_through_the_horizon_on_what_they_said_of_series_young_and_old() -> None:
    trees = LagTrees.grow(LEARNED, replace(CONFIG, demand_trees=40))
    old = np.random.default_rng(8).poisson(5.0, 26).astype(float) + 1.0
    pasts = [old.tolist(), [3.0, 1.0, 4.0], [9.0], [0.0] * 5]
    asked = rows(product_id=np.repeat(list("ABCD"), 9), window_weeks=[*[1] * 8, 8] * 4, offset_weeks=[*range(8), 0] * 4)
    said = trees.points(asked.assign(**{PAST_COLUMN: [past_of(past) for past in pasts for _ in range(9)]}))
    for own, past in zip(said.reshape(4, 9), pasts[:3], strict=False):
        weeks = walked(trees, past, 8)
        assert max(weeks) > 1.05 * min(weeks)
        assert own == pytest.approx([*weeks, sum(weeks)])
    assert not said[-9:].any()


def test_lags_learn_the_past_of_the_newest_origin_and_follow_what_repeats() -> None:
    turns = [[12.0, 1.0] * 13, [1.0, 12.0] * 13]
    pasts = [past_of(turns[number % 2]) for number in range(40)]
    names = [f"P-{number}" for number in range(40)]
    newest = rows(product_id=names).assign(**{PAST_COLUMN: pasts})
    before = newest.assign(origin_week=NOW - pd.Timedelta(weeks=2), **{PAST_COLUMN: [past_of([50.0] * 26)] * 40})
    trees = LagTrees.grow(pd.concat([before, newest]), replace(CONFIG, demand_trees=60))
    asked = rows(offset_weeks=range(8)).assign(**{PAST_COLUMN: [pasts[0]] * 8})
    assert trees.points(asked) == pytest.approx([12.0, 1.0] * 4, abs=0.3)
