"""A customer's affinity to a product as a column: what each row may know of, and by which formula."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
from support.frames import MONDAY
from support.tastes import make_tastes

from ml.config import MlConfig
from ml.response.affinity import Affinity, learn_affinity
from ml.response.histories import Histories
from ml.response.lightgbm_trees import Trees
from ml.response.sample import HELD_WEEKS, take
from ml.response.tasks import CONVERSION

WEEK = MONDAY.date()
CONFIG = MlConfig.tiny()
ROWS, HISTORIES = make_tastes()
_ROLLED = 11
SINCE = pd.Timestamp(WEEK - timedelta(weeks=HELD_WEEKS))


def learned(histories: Histories = HISTORIES) -> Affinity:
    return learn_affinity(take(ROWS, WEEK, CONFIG.response_rows, CONVERSION, histories), CONFIG)


def drowned(since: pd.Timestamp) -> Histories:
    """The same purchases, those from a Monday on in other hands, nobody left without any."""
    bought = HISTORIES.purchases
    others = np.roll(bought["customer_id"].to_numpy(), _ROLLED)
    return replace(
        HISTORIES, purchases=bought.assign(customer_id=bought["customer_id"].where(bought["week"] < since, others))
    )


def test_a_row_to_learn_from_knows_no_purchase_of_its_own_four_weeks_or_later():
    before = SINCE - pd.Timedelta(weeks=HELD_WEEKS)
    rows = ROWS[ROWS["week"].between(before, SINCE, inclusive="left")]
    real, noise = learned(), learned(drowned(before))
    np.testing.assert_allclose(noise.of(rows), real.of(rows), atol=1e-5)


def test_a_row_that_calibrates_knows_what_was_bought_before_its_own_week_alone():
    real = learned()
    for monday in pd.date_range(SINCE, MONDAY, freq="7D"):
        own, noise = ROWS[ROWS["week"] == monday], learned(drowned(monday))
        np.testing.assert_allclose(noise.of(own), real.of(own), atol=1e-5)
        earlier = learned(drowned(monday - pd.Timedelta(weeks=1)))
        assert np.nanmax(np.abs(earlier.of(own) - real.of(own))) > 0.01, "the week before it is known"


def test_a_row_to_be_scored_knows_all_that_is_known():
    noise, real = learned(drowned(SINCE)), learned()
    later = ROWS[ROWS["week"] >= MONDAY]
    assert np.nanmax(np.abs(noise.of(later) - real.of(later))) > 0.01, "of later rows, those weeks are known"


def test_a_row_after_the_wall_knows_what_was_bought_before_it_alone():
    later = ROWS[ROWS["week"] >= MONDAY]
    np.testing.assert_array_equal(learned(drowned(MONDAY)).of(later), learned().of(later))


def test_affinities_are_products_of_the_newest_factors_that_a_row_may_know():
    found = learned()
    rows = ROWS.iloc[::37]
    for place, (_, row) in zip(found.of(rows), rows.iterrows(), strict=True):
        week = (min(row["week"], MONDAY) - pd.Timestamp("1970-01-05")).days // 7
        known = [at for at, monday in enumerate(found.weeks) if monday <= week]
        user = np.flatnonzero(found.customer_ids == row["customer_id"])
        item = np.flatnonzero(found.product_ids == row["product_id"])
        expected = np.nan
        if known and len(user) and len(item):
            customer, product = found.customers[known[-1], user[0]], found.products[known[-1], item[0]]
            expected = sum(float(a) * float(b) for a, b in zip(customer, product, strict=True))
        np.testing.assert_allclose(place, expected, atol=1e-5)


def test_a_stranger_and_a_product_without_a_sale_have_none():
    later = ROWS[ROWS["week"] >= MONDAY].head(3)
    assert np.isnan(learned().of(later.assign(customer_id="stranger"))).all()
    assert np.isnan(learned().of(later.assign(product_id="unheard of"))).all()
    assert np.isnan(learned(Histories()).of(later)).all()


def test_trees_that_read_it_see_taste_where_popularity_cannot():
    sample = take(ROWS, WEEK, 10_000, CONVERSION, HISTORIES)
    blind = take(ROWS, WEEK, 10_000, CONVERSION)
    later = ROWS[(ROWS["week"] >= MONDAY) & ~ROWS["is_cold"] & (ROWS["product_bought_before"] == 0)]
    seeing, unseeing = (Trees().fit(told, CONFIG).log_odds(later) for told in (sample, blind))
    bought = later["is_purchased"].to_numpy() == 1
    gap = [found[bought].mean() - found[~bought].mean() for found in (seeing, unseeing)]
    assert gap[0] > gap[1] + 0.1
