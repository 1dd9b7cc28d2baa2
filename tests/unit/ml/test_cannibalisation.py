"""What launches take from products like them: a known take is found, and none where there is none."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.demand_tables import monday
from support.launch_world import NOW, make_launch_world

from contracts.predictions import CANNIBALISATION
from ml.demand.cannibalisation import FEWEST_LAUNCHES, cannibalisation
from ml.demand.substitutes import Shelf
from ml.pooling import pooled_ratio

NONE = pd.DataFrame(columns=["product_id", "decision_week", "planned_price"])


WORLDS = range(20)
# An interval of 90 % misses now and then: of 20 worlds that many must hold the truth.
ENOUGH = 0.8


def of_worlds(take: float) -> pd.DataFrame:
    """Takes of the open launches of all worlds, summed over their substitutes."""
    found = []
    for seed in WORLDS:
        rows = cannibalisation(*make_launch_world(take, seed), NONE, NOW, seed=1)
        found.append(rows.groupby("product_id")[["take", "low", "high"]].sum())
        assert len(found[-1]) == 24
    return pd.concat(found)


def test_worlds_in_which_launches_take_two_fifths_are_recognised() -> None:
    found = of_worlds(0.4)
    assert ((found["low"] <= 0.4) & (found["high"] >= 0.4)).mean() >= ENOUGH
    assert found["take"].mean() == pytest.approx(0.4, abs=0.08)
    assert (found["low"] > 0.0).mean() > 0.5
    assert (found["high"] < 1.0).mean() > 0.5


def test_where_launches_take_nothing_nothing_is_in_the_interval() -> None:
    found = of_worlds(0.0)
    assert (found["low"] == 0.0).mean() >= ENOUGH
    assert found["take"].mean() < 0.12


def test_random_weeks_in_which_nothing_was_launched_show_no_take() -> None:
    found = []
    for seed in WORLDS:
        shelf, launches = make_launch_world(0.4, seed)
        begun = shelf.begun(launches, NOW)
        quiet = replace(begun, number=np.random.default_rng(seed).integers(8, 20, len(begun.number)))
        loss = np.array([shelf.lost(quiet, at) for at in range(len(quiet.row))])
        placebo = replace(shelf.follow(begun), loss=loss)
        everything = np.zeros(len(loss), dtype=np.int64)
        found.append(pooled_ratio(placebo.loss, placebo.units, placebo.cluster, everything, seed=1)[:, 0])
    take, low, high = np.array(found).T
    assert ((low <= 0.0) & (high >= 0.0)).mean() >= ENOUGH
    assert take.mean() == pytest.approx(0.0, abs=0.08)


def test_a_loss_is_told_beside_the_change_of_the_rest_of_the_category() -> None:
    """The rest sells half as much again; two substitutes that stay as they are have lost about half of what they sold."""
    before, after = range(8), range(8, 16)
    rows = [("S1", w, 4) for w in range(16)] + [("S2", w, 2) for w in range(16)]
    rows += [("R", w, 10) for w in before] + [("R", w, 15) for w in after] + [("L", w, 3) for w in after]
    sales = pd.DataFrame(rows, columns=["product_id", "number", "units"])
    sales = sales.assign(week=[monday(n) for n in sales["number"]], was_in_stock=None, lost_units=0.0)
    kinds = {"S1": "T", "S2": "T", "L": "T", "R": "other"}
    products = pd.DataFrame(
        [(name, "A", "B", kind, "seller") for name, kind in kinds.items()],
        columns=["product_id", "category_1", "category_2", "category_3", "seller_id"],
    )
    shelf = Shelf.build(sales.assign(shelf_price=1.0), sales, products)
    launch = pd.DataFrame({"product_id": ["L"], "decision_week": [monday(8)], "planned_price": [np.nan]})
    told = shelf.follow(shelf.begun(launch, monday(16)))
    assert told.loss.tolist() == [48 * 120 / 81 - 48]
    assert told.units.tolist() == [24.0]
    assert not len(shelf.begun(launch, monday(15)).row), "its eight weeks are not over"


def test_the_five_nearest_in_price_are_substitutes_and_those_of_its_seller_come_first() -> None:
    prices = {"A": 1.0, "B": 2.0, "C": 3.0, "D": 4.0, "E": 5.0, "F": 6.0, "G": 40.0}
    rows = [(name, monday(week), 1, price) for name, price in prices.items() for week in range(10)]
    sales = pd.DataFrame(rows, columns=["product_id", "week", "units", "shelf_price"])
    sales = sales.assign(was_in_stock=None, lost_units=0.0)
    products = pd.DataFrame(
        [(name, "A", "B", "T", "own" if name in "GL" else "other") for name in [*prices, "L"]],
        columns=["product_id", "category_1", "category_2", "category_3", "seller_id"],
    )
    shelf = Shelf.build(sales, sales, products)
    launch = pd.DataFrame({"product_id": ["L"], "decision_week": [monday(10)], "planned_price": [3.2]})
    chosen = shelf.substitutes(shelf.opening(launch, monday(10)), 0)
    assert shelf.products[chosen].tolist() == ["G", "C", "D", "E", "B"]


def test_what_a_launch_takes_is_told_as_promised_and_does_not_depend_on_the_order_of_rows() -> None:
    shelf, launches = make_launch_world(0.4)
    rows = cannibalisation(shelf, launches, NONE, NOW, seed=1)
    assert list(rows.columns) == CANNIBALISATION.names()
    assert (rows["launches"] == 72).all()
    assert (rows["category_launches"] == 24).all()
    assert rows.groupby("product_id").size().max() <= 5
    other = cannibalisation(shelf, launches.sample(frac=1.0, random_state=1), NONE, NOW, seed=1)
    pd.testing.assert_frame_equal(rows, other)


def test_too_few_launches_say_nothing() -> None:
    shelf, launches = make_launch_world(0.4)
    few = launches[launches["decision_week"] == NOW]
    one_short = pd.concat([launches.head(FEWEST_LAUNCHES), few]).drop_duplicates()
    past = one_short[one_short["decision_week"] < NOW].head(FEWEST_LAUNCHES - 1)
    rows = cannibalisation(shelf, pd.concat([past, few]), NONE, NOW, seed=1)
    assert rows.empty
    assert list(rows.columns) == CANNIBALISATION.names()
    assert cannibalisation(shelf, NONE, NONE, NOW, seed=1).empty
