"""Weeks scored one by one: what each may know, and what the weeks before correct."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from support.frames import MONDAY
from support.opportunities import make_opportunities

from ml.config import MlConfig
from ml.response.tasks import CONVERSION
from ml.response.train import fit
from ml.response.weeks import Drift, Witness, score_weeks

ROWS = make_opportunities(1500)
WEEK = MONDAY.date()
CONFIG = MlConfig.tiny()


def scored(rows: pd.DataFrame, weeks: list[date]) -> dict[date, pd.DataFrame]:
    def asked(week: date) -> pd.DataFrame:
        return ROWS[ROWS["week"] == pd.Timestamp(week)].reset_index(drop=True)

    return dict(score_weeks(rows, asked, weeks, "logistic", CONFIG))


def test_answers_of_the_week_and_of_later_ones_change_no_score() -> None:
    noise = np.random.default_rng(3).integers(0, 2, len(ROWS))
    destroyed = ROWS.assign(is_purchased=ROWS["is_purchased"].where(ROWS["week"] < MONDAY, noise).astype("int32"))
    pd.testing.assert_series_equal(scored(ROWS, [WEEK])[WEEK]["score"], scored(destroyed, [WEEK])[WEEK]["score"])


def test_a_week_is_scored_alike_whatever_else_is_asked() -> None:
    before = WEEK - timedelta(weeks=1)
    pd.testing.assert_frame_equal(scored(ROWS, [WEEK])[WEEK], scored(ROWS, [WEEK, before])[WEEK])


def test_rates_are_those_of_the_model_times_what_the_last_two_weeks_were_off() -> None:
    actual, expected = np.zeros(2), np.zeros(2)
    for lag in (1, 2):
        then = WEEK - timedelta(weeks=lag)
        (model,) = fit(ROWS, then, CONFIG, CONVERSION, names=("logistic",))
        own = ROWS[ROWS["week"] == pd.Timestamp(then)]
        rates, weight = model.predict(own), own["sampling_weight"].to_numpy()
        for at, kind in enumerate((~own["is_cold"], own["is_cold"])):
            actual[at] += (weight * own["is_purchased"])[kind].sum()
            expected[at] += (weight * rates)[kind].sum()
    every = (actual.sum() + 20.0) / (expected.sum() + 20.0)
    cold = (actual[1] + 20.0) / (every * expected[1] + 20.0)
    own = scored(ROWS, [WEEK])[WEEK]
    (model,) = fit(ROWS, WEEK, CONFIG, CONVERSION, names=("logistic",))
    told = model.predict(own) * every * np.where(own["is_cold"], cold, 1.0)
    assert own["score"].to_numpy() == pytest.approx(np.minimum(told, 1.0))


def test_no_rate_is_beyond_one() -> None:
    drift = Drift.of([Witness((200.0, 0.0), (20.0, 0.0))])
    assert drift.applied(np.array([0.1, 0.9]), np.array([False, False])).tolist() == [pytest.approx(0.55), 1.0]
