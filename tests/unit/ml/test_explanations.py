"""Why a forecast says what it says: its analogues and its drivers, against the forecast itself and by hand."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from support.demand_tables import make_demand_tables, monday, noise_from

from contracts.explanations import BASE, CORRECTION, DEMAND_DRIVERS, LAUNCH_ANALOGUES, OTHERS
from contracts.predictions import DEMAND_BACKTEST, DEMAND_FORECAST, MEAN
from contracts.table import Table
from ml.config import MlConfig
from ml.demand.analogues import launch_analogues, likeness
from ml.demand.artefacts import Card
from ml.demand.blend import Blend
from ml.demand.drivers import MEANINGS, demand_drivers, factors
from ml.demand.examples import feature_names, to_forecast, to_learn
from ml.demand.interface import DemandFitted, DemandTables
from ml.demand.launch_memory import LaunchMemory
from ml.demand.registry import named
from ml.demand.train import backtest, forecast

WEEK = monday(36)
CONFIG = MlConfig.tiny()


@cache
def tables() -> DemandTables:
    return make_demand_tables()


@cache
def fitted(phase: str, name: str) -> DemandFitted:
    return named(phase, name).fit(to_learn(phase, tables(), WEEK, CONFIG), CONFIG)


def keeps(table: Table, frame: pd.DataFrame) -> None:
    assert frame.columns.tolist() == table.names()
    assert not frame.duplicated(list(table.grain)).any()
    required = [column.name for column in table.columns if not column.is_nullable]
    assert frame[required].notna().all(axis=None)


def blend_of(part: DemandFitted) -> Blend:
    other = fitted("established", "mean_8_weeks")
    return Blend(Card("blend", "established", {}, part.trained_through), (other, part), (0.75, 0.25))


def stated(model: DemandFitted, past: pd.DataFrame | None = None) -> pd.DataFrame:
    """The forecast of a model, held to a look back when one is given."""
    empty = pd.DataFrame(columns=DEMAND_BACKTEST.names()).astype({"target_week": "datetime64[us]"})
    return forecast([model], tables(), empty if past is None else past, WEEK, CONFIG)


def drivers_of(reigning: dict[str, DemandFitted], of: DemandTables) -> pd.DataFrame:
    """Drivers without a forecast that they are held to."""
    return demand_drivers(reigning, pd.DataFrame(columns=DEMAND_FORECAST.names()), of, WEEK, CONFIG)


@pytest.mark.parametrize("is_blend", [False, True], ids=["lightgbm", "blend"])
def test_base_and_factors_multiply_to_what_the_trees_expect(is_blend: bool) -> None:
    trees = fitted("established", "lightgbm")
    told = drivers_of({"established": blend_of(trees) if is_blend else trees}, tables())
    keeps(DEMAND_DRIVERS, told)
    asked = to_forecast("established", tables(), WEEK, CONFIG)
    asked = asked[(asked["channel"] == "all") & (asked["window_weeks"] == 4)]
    mean = pd.Series(trees.predict(asked)[MEAN].to_numpy(), index=asked["product_id"].to_numpy()).sort_index()
    product = told.groupby("product_id")["factor"].prod()
    assert len(mean) == 24
    np.testing.assert_allclose(product.to_numpy(), mean.to_numpy(), rtol=1e-9)
    assert product.index.tolist() == mean.index.tolist()
    assert set(told["model"]) == {"lightgbm"}


@pytest.mark.parametrize("is_blend", [False, True], ids=["lightgbm", "blend"])
def test_with_the_correction_they_multiply_to_the_forecast_that_is_stated(is_blend: bool) -> None:
    trees = fitted("established", "lightgbm")
    model = blend_of(trees) if is_blend else trees
    past = backtest(tables(), WEEK, CONFIG, {"established": "mean_8_weeks"})
    past = past.assign(model=model.name, actual_units=2.0 * past["actual_units"])
    believed = stated(model, past)
    told = demand_drivers({"established": model}, believed, tables(), WEEK, CONFIG)
    keeps(DEMAND_DRIVERS, told)
    is_sum = (believed["channel"] == "all") & (believed["window_weeks"] == 4) & (believed["quantile"] == MEAN)
    mean = believed[is_sum & (believed["phase"] == "established")].set_index("product_id")["units"].sort_index()
    np.testing.assert_allclose(told.groupby("product_id")["factor"].prod(), mean, rtol=1e-9)
    corrections = told.loc[told["driver"] == CORRECTION, "factor"]
    assert len(corrections) == len(mean)
    is_moved = np.abs(corrections - 1.0) > 1e-3
    assert is_moved.all() if is_blend else not is_moved.any(), "only what a blend's other models say moves a mean"


def test_a_model_that_is_not_corrected_has_a_correction_of_one() -> None:
    trees = fitted("established", "lightgbm")
    told = demand_drivers({"established": trees}, stated(trees), tables(), WEEK, CONFIG)
    assert told.loc[told["driver"] == CORRECTION, "factor"].tolist() == pytest.approx([1.0] * 24)


def test_drivers_are_told_from_the_largest_to_the_smallest_between_the_base_and_the_others() -> None:
    told = drivers_of({"established": fitted("established", "lightgbm")}, tables())
    for _, own in told.groupby("product_id"):
        assert own["rank"].tolist() == list(range(7))
        assert own["driver"].iloc[[0, -1]].tolist() == [BASE, OTHERS]
        size = np.abs(np.log(own["factor"].iloc[1:-1].to_numpy()))
        assert (np.diff(size) <= 0).all()


def test_five_of_seven_factors_are_named_and_two_multiplied_the_question_itself_among_them() -> None:
    names = ["a", "b", "c", "window_weeks", "e", "f", "g"]
    whole = pd.DataFrame([[1.1, 0.5, 3.0, 9.0, 1.2, 0.25, 1.5, 8.0]], columns=[*names, BASE])
    examples = pd.DataFrame([[7.0, 12345.678, "x", 4, 0.0, np.nan, 0.5]], columns=names).assign(product_id="P")
    told = factors(whole, examples)
    assert told["driver"].tolist() == [BASE, "f", "c", "b", "g", "e", OTHERS]
    assert told["factor"].tolist() == pytest.approx([8.0, 0.25, 3.0, 0.5, 1.5, 1.2, 9.9])
    assert told["feature_value"].tolist() == [None, None, "x", "1.235e+04", "0.5", "0", None]


def test_early_products_are_explained_by_the_established_model_while_it_stands_in_for_theirs() -> None:
    planned = replace(tables(), demand_features=tables().demand_features.assign(is_planned=True))
    trees = fitted("established", "lightgbm")
    stood_in = drivers_of({"established": trees}, planned)
    assert stood_in.loc[stood_in["phase"] == "early", "product_id"].str.startswith("L-").all()
    assert set(stood_in["phase"]) == {"early", "established"}
    own = drivers_of({"established": trees, "early": fitted("early", "early_shrinkage")}, planned)
    assert set(own["phase"]) == {"established"}
    assert not set(drivers_of({"established": trees}, tables())["phase"]) - {"established"}


def test_where_no_trees_and_no_launches_reign_nothing_is_told() -> None:
    rules = {"established": fitted("established", "mean_8_weeks")}
    for found, table in (
        (drivers_of(rules, tables()), DEMAND_DRIVERS),
        (drivers_of({}, tables()), DEMAND_DRIVERS),
        (launch_analogues(fitted("new", "category_curve"), tables(), WEEK, CONFIG), LAUNCH_ANALOGUES),
        (launch_analogues(None, tables(), WEEK, CONFIG), LAUNCH_ANALOGUES),
    ):
        assert found.empty
        assert found.columns.tolist() == table.names()


def test_every_feature_has_a_meaning_of_its_own() -> None:
    for phase in ("established", "early"):
        asked = {"channel", "offset_weeks", "window_weeks"}
        meanings = [MEANINGS[name] for name in [*feature_names(phase), BASE, OTHERS] if name not in asked]
        assert len(set(meanings)) == len(meanings)


def test_each_open_launch_names_the_launches_that_weigh_most_for_it() -> None:
    reigning = fitted("new", "launch_blend")
    told = launch_analogues(reigning, tables(), WEEK, CONFIG)
    keeps(LAUNCH_ANALOGUES, told)
    asked = to_forecast("new", tables(), WEEK, CONFIG)
    assert set(told["product_id"]) == set(asked["product_id"])
    whole = reigning.analogues(asked[asked["channel"] == "all"])
    for product, own in told.groupby("product_id"):
        every = whole[whole["product_id"] == product].sort_values("weight", ascending=False)
        assert own["rank"].tolist() == list(range(1, 11))
        assert own["weight"].tolist() == every["weight"].head(10).tolist()
        assert (own["speakers"] == len(every)).all()
        assert every["weight"].sum() == pytest.approx(1.0)
    assert not set(told["analogue_id"]) & set(told["product_id"])


def test_what_happens_from_the_decision_week_on_explains_nothing() -> None:
    later = noise_from(tables(), WEEK)
    trees, launches = fitted("established", "lightgbm"), fitted("new", "launch_blend")
    one, other = (
        (launch_analogues(launches, given, WEEK, CONFIG), drivers_of({"established": trees}, given))
        for given in (tables(), later)
    )
    for ours, theirs in zip(one, other, strict=True):
        pd.testing.assert_frame_equal(ours, theirs)


def test_of_equal_weights_the_first_name_comes_first() -> None:
    memory = LaunchMemory(np.array(["z", "y", "x", "w"]), np.array([1.0, 2.0, 3.0, np.nan]))
    weights = sparse.csr_array(np.array([[0.4, 0.2, 0.4, 0.0], [0.0, 0.0, 1.0, 0.0], [0.25, 0.25, 0.5, 0.0]]))
    columns = ["row", "analogue_id", "weight", "units", "rank", "speakers"]
    first, every = ([[0, "x", 0.4, 3.0, 1, 3], [0, "z", 0.4, 1.0, 2, 3]], [[0, "y", 0.2, 2.0, 3, 3]])
    second = [[1, "x", 1.0, 3.0, 1, 1]]
    third, rest = ([[2, "x", 0.5, 3.0, 1, 3], [2, "y", 0.25, 2.0, 2, 3]], [[2, "z", 0.25, 1.0, 3, 3]])
    assert memory.foremost(weights, 2)[columns].to_numpy().tolist() == first + second + third
    assert memory.foremost(weights, None)[columns].to_numpy().tolist() == first + every + second + third + rest


def test_likeness_is_told_in_words_and_as_the_share_of_five() -> None:
    columns = ["title", "category_3", "category_2", "seller_id", "brand", "planned_price"]
    facts = pd.DataFrame(
        [
            ["NEW", "T1", "C1", "S1", "National", 4.0],
            ["TWIN", "T1", "C1", "S1", "National", 2.0],
            ["COUSIN", "T2", "C1", None, "Private", 5.0],
            [None, None, None, None, None, np.nan],
        ],
        columns=columns,
        index=pd.Index(["n", "t", "c", "u"], name="product_id"),
    )
    told = likeness(pd.DataFrame({"product_id": ["n"] * 4, "analogue_id": ["t", "c", "u", "gone"]}), facts)
    assert told["title"].tolist() == ["TWIN", "COUSIN", "u", "gone"]
    assert told["similarity"].tolist() == pytest.approx([4.5 / 5, 1.8 / 5, 0.0, 0.0])
    assert told["why"].tolist() == [
        "same type, same seller, same brand, at 0.50 times its price",
        "same category, at 1.25 times its price",
        "nothing that is known",
        "nothing that is known",
    ]
    unknown = likeness(pd.DataFrame({"product_id": ["u"], "analogue_id": ["u"]}), facts)
    assert unknown["similarity"].tolist() == [0.0], "what is not known is not shared"
