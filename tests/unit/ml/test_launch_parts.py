"""What launches are learned from, and how those that resemble a candidate speak for it, against plain loops."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.demand_tables import make_demand_tables, monday

from contracts.features import FIRST_SALES
from contracts.predictions import MEAN, QUANTILES
from ml.config import MlConfig
from ml.demand.encoding import Encoder
from ml.demand.examples import feature_names, to_forecast, to_learn
from ml.demand.interface import ACTUAL, DemandTables
from ml.demand.launch_curves import CATEGORY_CURVE
from ml.demand.launch_forest import LAUNCH_FOREST, LeafForest
from ml.demand.launch_net import LAUNCH_BLEND, LaunchNet
from ml.demand.launch_parts import LaunchPartsModel
from ml.demand.launch_scores import LAUNCH_TREES, ScoreNeighbours
from ml.demand.launch_sheet import LaunchSheet, Lesson, lessons, season

NOW = monday(34)
CONFIG = MlConfig.tiny()


def _unannounced(tables: DemandTables) -> DemandTables:
    """The same shop, where every fourth launch began without having been announced."""
    seen = tables.launch_candidates
    is_silent = seen["product_id"].str[2:].astype(int) % 4 == 0
    begun = seen[is_silent & (seen["decision_week"] == seen["planned_week"])]
    first = begun.assign(is_announced=0.0, known_on=begun["known_on"] + pd.Timedelta(days=7))
    return replace(tables, launch_candidates=seen[~is_silent], first_sales=first[FIRST_SALES.names()])


TABLES = _unannounced(make_demand_tables(products=5, launches=40))


def lesson() -> Lesson:
    """What totals teach as seen when they began."""
    learned = to_learn("new", TABLES, NOW, CONFIG)
    return lessons(learned, Encoder.learn(learned, feature_names("new"), 3), 6.0)[0]["total_begun"]


def test_what_began_unannounced_is_learned_from_and_never_asked_about() -> None:
    silent = set(TABLES.first_sales["product_id"])
    learned = to_learn("new", TABLES, NOW, CONFIG)
    assert silent & set(learned["product_id"])
    assert not silent & set(to_forecast("new", TABLES, NOW, CONFIG)["product_id"])
    assert set(learned.loc[learned["product_id"].isin(silent), "is_announced"]) == {0.0}


def test_the_baseline_counts_announced_launches_alone_once_they_have_a_whole_season() -> None:
    learned = to_learn("new", TABLES, NOW, CONFIG)
    louder = learned.assign(**{ACTUAL: learned[ACTUAL].where(learned["is_announced"] == 1, 99.0)})
    asked = to_forecast("new", TABLES, NOW, CONFIG)
    one, other = (CATEGORY_CURVE.fit(frame, CONFIG).predict(asked) for frame in (learned, louder))
    pd.testing.assert_frame_equal(one, other)


def test_a_sheet_holds_each_example_where_it_was() -> None:
    learned = to_learn("new", TABLES, NOW, CONFIG).sample(frac=1.0, random_state=1)
    sheet = LaunchSheet.fold(learned)
    assert not sheet.views.duplicated(["origin_week", "product_id", "channel"]).any()
    np.testing.assert_array_equal(sheet.sold(learned)[sheet.row, sheet.column], learned[ACTUAL])
    for name in ("product_id", "channel", "origin_week"):
        assert (sheet.views[name].to_numpy()[sheet.row] == learned[name].to_numpy()).all()
    assert sheet.windows[season(sheet.windows)] == (8, 0)


def test_a_launch_teaches_once_as_it_was_first_seen_and_once_as_it_was_last_seen() -> None:
    learned = to_learn("new", TABLES, NOW, CONFIG)
    views = LaunchSheet.fold(learned)
    for lead, pick in (("ahead", "min"), ("begun", "max")):
        own = views.views[views.views_of(lead)]
        assert not own.duplicated(["product_id", "channel"]).any()
        expected = learned.groupby(["product_id", "channel"])["origin_week"].agg(pick)
        assert (own.set_index(["product_id", "channel"])["origin_week"].sort_index() == expected.sort_index()).all()


def test_a_leaf_speaks_for_a_launch_as_a_loop_over_trees_says() -> None:
    taught = lesson()
    forest = LeafForest.learn(taught, CONFIG)
    asked = taught.columns[:7]
    said = forest.speak(asked, [taught.season])
    fallen = forest.booster.predict(asked, pred_leaf=True)
    for row in range(len(asked)):
        weight = np.zeros(len(taught.sold))
        for tree in range(fallen.shape[1]):
            beside = (forest.leaves[:, tree] == fallen[row, tree]) & taught.complete
            weight += beside / max(beside.sum(), 1)
        weight /= weight.sum()
        units = np.where(taught.complete, taught.sold[:, taught.season], 0.0)
        order = np.argsort(units, kind="stable")
        reached = np.cumsum(weight[order])
        expected = [units[order][np.argmax(reached >= level - 1e-6)] for level in QUANTILES]
        # Counts above forty share bins an eighth wide, and speak with the mean of their bin.
        assert said[row, 0].tolist() == pytest.approx([*expected, float(weight @ units)], rel=1 / 8)


def test_the_launches_of_nearest_score_speak_for_one() -> None:
    taught = lesson()
    near = ScoreNeighbours.learn(taught, replace(CONFIG, launch_neighbours=5), "l2")
    asked = taught.columns[:9]
    said = near.speak(asked, [taught.season])
    for row, score in enumerate(near.booster.predict(asked)):
        rank = int((near.scores < score).sum())
        first = min(max(rank - 2, 0), len(near.scores) - 5)
        units = np.sort(near.sold[first : first + 5, taught.season])
        expected = [np.quantile(units, level, method="inverted_cdf") for level in QUANTILES]
        assert said[row, 0].tolist() == pytest.approx([*expected, units.mean()])


@dataclass(frozen=True)
class Fallen:
    """Trees whose leaves are written down."""

    leaves: list[list[int]]

    def predict(self, columns: np.ndarray, pred_leaf: bool) -> np.ndarray:
        assert pred_leaf
        return np.array(self.leaves)


@pytest.mark.parametrize(
    ("unknown", "fallen", "expected"),
    [
        ((), [0, 1], [0.25, 0.5, 0.25]),
        ((1,), [0, 1], [0.5, 0.0, 0.5]),
        ((2,), [1, 1], [0.0, 1.0, 0.0]),
    ],
    ids=["all known", "one in both leaves not over", "a leaf with none that is over has no vote"],
)
def test_two_trees_of_three_launches_share_out_their_votes(
    unknown: tuple[int, ...], fallen: list[int], expected: list[float]
) -> None:
    bins = np.array([[-1 if at in unknown else 3] for at in range(3)], dtype=np.int16)
    forest = LeafForest(Fallen([fallen]), np.array([[0, 0], [0, 1], [1, 1]], dtype=np.int16), bins, np.zeros((1, 9)))
    assert forest.weights(np.zeros((1, 2), dtype=np.float32), 0, 3).toarray().tolist() == [expected]


def test_a_leaf_shares_its_tree_s_vote_among_the_launches_in_it() -> None:
    taught = lesson()
    forest = LeafForest.learn(taught, CONFIG)
    asked, width = taught.columns[:7], len(taught.sold)
    fallen = forest.booster.predict(asked, pred_leaf=True)
    for window in (taught.season, 0):
        is_over = ~np.isnan(taught.sold[:, window])
        told = forest.weights(asked, window, width).toarray()
        for row in range(len(asked)):
            votes = np.zeros(width)
            for tree in range(fallen.shape[1]):
                beside = (forest.leaves[:, tree] == fallen[row, tree]) & is_over
                votes += beside / max(beside.sum(), 1)
            np.testing.assert_allclose(told[row], votes / votes.sum(), atol=1e-12)


def test_the_launches_of_nearest_score_speak_each_as_much() -> None:
    taught = lesson()
    near = ScoreNeighbours.learn(taught, replace(CONFIG, launch_neighbours=5), "l2")
    asked = taught.columns[:9]
    told = near.weights(asked, taught.season, len(taught.sold)).toarray()
    assert set(np.unique(told)) == {0.0, 0.2}
    assert ((told > 0).sum(axis=1) == 5).all()
    np.testing.assert_allclose(
        told @ np.nan_to_num(taught.sold), near.speak(asked, range(taught.sold.shape[1]))[:, :, -1]
    )


@pytest.mark.parametrize("model", [LAUNCH_FOREST, LAUNCH_TREES, LAUNCH_BLEND], ids=lambda model: model.name)
def test_a_launch_is_forecast_what_those_that_speak_for_it_sold_each_by_its_weight(
    model: LaunchPartsModel, tmp_path: Path
) -> None:
    # Few enough units that no season is beyond the counts that a forest keeps exactly.
    few = replace(TABLES, weekly_sales=TABLES.weekly_sales.assign(units=TABLES.weekly_sales["units"].clip(upper=2)))
    fitted = model.fit(to_learn("new", few, NOW, CONFIG), CONFIG)
    asked = to_forecast("new", few, NOW, CONFIG)
    told = fitted.analogues(asked)
    line = ["product_id", "channel"]
    whole = asked[asked["window_weeks"] == 8]
    mean = fitted.predict(whole).set_index(pd.MultiIndex.from_frame(whole[line]))[MEAN]
    sums = told.assign(units=told["weight"] * told["units"]).groupby(line)[["weight", "units"]].sum()
    assert (told["weight"] > 0).all()
    np.testing.assert_allclose(sums["weight"], 1.0)
    assert 10 < told["units"].max() <= 40
    pd.testing.assert_series_equal(sums["units"].sort_index(), mean.sort_index(), check_names=False)
    fitted.save(tmp_path)
    pd.testing.assert_frame_equal(told, model.load(tmp_path).analogues(asked))


def test_past_launches_are_remembered_with_what_they_really_sold() -> None:
    fitted = LAUNCH_BLEND.fit(to_learn("new", TABLES, NOW, CONFIG), CONFIG)
    asked = to_forecast("new", TABLES, NOW, CONFIG)
    told = fitted.analogues(asked[asked["channel"] == "all"]).drop_duplicates("analogue_id")
    begun = pd.concat([TABLES.launch_candidates, TABLES.first_sales]).groupby("product_id")["planned_week"].max()
    for analogue, units in zip(told["analogue_id"], told["units"], strict=True):
        sales = TABLES.weekly_sales[TABLES.weekly_sales["product_id"] == analogue]
        age = (sales["week"] - begun[analogue]).dt.days // 7
        assert sales.loc[age.between(0, 7), "units"].sum() == units


def test_a_window_that_no_launch_has_lived_through_is_refused_by_name() -> None:
    learned = to_learn("new", TABLES, NOW, CONFIG)
    fitted = LAUNCH_BLEND.fit(learned[learned["window_weeks"] != 4], CONFIG)
    with pytest.raises(ValueError, match=r"launch_blend: no completed launch for \[\(4, 0\)\]"):
        fitted.predict(to_forecast("new", TABLES, NOW, CONFIG))


def test_one_network_answers_launches_seen_ahead_and_at_last_and_learns_no_view_twice() -> None:
    learned = to_learn("new", TABLES, NOW, CONFIG)
    taught = lessons(learned, Encoder.learn(learned, feature_names("new"), 3), 6.0)[0]
    totals = learned[learned["channel"] == "all"].drop_duplicates(["product_id", "origin_week"])
    views = totals.sort_values("origin_week").groupby("product_id")["origin_week"].agg(["first", "last"])
    once = views["first"] == views["last"]
    assert once.any()
    assert not once.all()
    seen = pd.Series(taught["total_either"].products).value_counts()
    pd.testing.assert_series_equal(seen.sort_index(), 2 - once.astype("int64"), check_names=False)
    parts = LAUNCH_BLEND.fit(learned, CONFIG).parts
    shared = [ahead is begun for ahead, begun in zip(parts["total_ahead"], parts["total_begun"], strict=True)]
    assert shared == [isinstance(part, LaunchNet) for part in parts["total_begun"]] == [True, False, False, False]


def _planted(count: int, seed: int, silent: float = 0.0) -> Lesson:
    """Launches that sell a Poisson number which falls smoothly with the first column; a share is silent and sells none."""
    rng = np.random.default_rng(seed)
    price, code = rng.uniform(0.0, 3.0, count), rng.integers(0, 3, count)
    is_silent = rng.random(count) < silent
    sold = np.where(is_silent, 0, rng.poisson(20.0 * np.exp(-price))).astype(float)[:, None] * np.array([1.0, 8.0])
    columns = np.column_stack([price, rng.normal(size=count), code]).astype(np.float32)
    weight = np.where(is_silent, 1.0, 6.0)
    names = np.array([f"L{at}" for at in range(count)])
    return Lesson(columns, sold, names, np.arange(count), [2], ((1, 0), (8, 0)), 1, weight / weight.mean())


def _pinball(sold: np.ndarray, said: np.ndarray) -> float:
    error = sold[:, None] - said[:, :-1]
    return float(np.maximum(np.array(QUANTILES) * error, (np.array(QUANTILES) - 1.0) * error).mean())


def test_a_network_follows_a_smooth_curve_more_closely_than_a_forest() -> None:
    taught, asked = _planted(1_500, 1), _planted(1_000, 2)
    config = replace(MlConfig.tiny(), launch_epochs=20, launch_step=5e-3, launch_trees=60)
    net, forest = (part.learn(taught, config).speak(asked.columns, [1])[:, 0] for part in (LaunchNet, LeafForest))
    assert _pinball(asked.sold[:, 1], net) < _pinball(asked.sold[:, 1], forest)
    assert (np.diff(net[:, :-1], axis=1) >= 0).all()
    assert (net[:, :-1] >= 0).all()
    assert np.isnan(net[:, -1]).all(), "it says no mean"


def test_a_column_that_was_always_the_same_says_nothing_when_it_is_not() -> None:
    taught = lesson()
    net, still = LaunchNet.learn(taught, CONFIG), np.flatnonzero((taught.columns == taught.columns[0]).all(axis=0))
    moved = taught.columns[:9].copy()
    numbers = [at for at in still if at not in taught.categorical]
    assert numbers, "the window asked about, for one"
    moved[:, numbers] += 3.0
    np.testing.assert_array_equal(net.speak(moved, [taught.season]), net.speak(taught.columns[:9], [taught.season]))


def test_launches_that_were_announced_weigh_more_in_a_network_and_are_kept_first() -> None:
    taught = _planted(900, 3, silent=0.6)
    config = replace(MlConfig.tiny(), launch_epochs=20, launch_step=5e-3)
    level = replace(taught, weight=np.ones(len(taught.weight)))
    heavy, even = (LaunchNet.learn(part, config).speak(taught.columns, [1])[:, 0, 3] for part in (taught, level))
    assert heavy.mean() > 1.5 * even.mean()
    announced = int((taught.weight > 1).sum())
    assert (taught.thinned(announced, 0).weight > 1).all()
    assert len(taught.thinned(10**6, 0).weight) == len(taught.weight)


def test_a_blend_says_the_levels_of_all_parts_and_the_mean_of_those_that_say_one() -> None:
    learned, asked = to_learn("new", TABLES, NOW, CONFIG), to_forecast("new", TABLES, NOW, CONFIG)
    whole, trees = (model.fit(learned, CONFIG).predict(asked) for model in (LAUNCH_BLEND, LAUNCH_TREES))
    net = LaunchPartsModel("net", LAUNCH_BLEND.makings[:1])
    said = replace(LAUNCH_BLEND.fit(learned, CONFIG), weights=np.array([[1.0, 0.0], *[[0.0, 0.0]] * 3])).predict(asked)
    assert net.makings[0].says_mean is False
    levels = list(QUANTILES)
    np.testing.assert_allclose(whole[levels], 0.5 * said[levels] + 0.5 * trees[levels], atol=1e-9)
    np.testing.assert_allclose(whole[MEAN], trees[MEAN])


def test_a_network_is_the_same_twice_and_after_it_was_saved(tmp_path: Path) -> None:
    taught = lesson()
    one, other = (LaunchNet.learn(taught, CONFIG) for _ in range(2))
    for name, net in (("one", one), ("other", other)):
        (tmp_path / name).mkdir()
        net.save(tmp_path / name / "net")
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert [(tmp_path / "one" / name).read_bytes() for name in files] == [
        (tmp_path / "other" / name).read_bytes() for name in files
    ]
    windows = range(taught.sold.shape[1])
    loaded = LaunchNet.load(tmp_path / "one" / "net")
    np.testing.assert_array_equal(one.speak(taught.columns, windows), loaded.speak(taught.columns, windows))
