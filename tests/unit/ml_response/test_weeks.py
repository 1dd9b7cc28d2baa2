"""Weeks scored one by one: what each may know."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
from support.frames import MONDAY
from support.opportunities import make_opportunities

from ml.config import MlConfig
from ml.response.tasks import CONVERSION
from ml.response.train import fit
from ml.response.weeks import score_weeks

ROWS = make_opportunities(1500)
WEEK = MONDAY.date()
CONFIG = MlConfig.tiny()


def scored(rows: pd.DataFrame, weeks: list[date]) -> dict[date, pd.DataFrame]:
    def asked(week: date) -> pd.DataFrame:
        return ROWS[ROWS["week"] == pd.Timestamp(week)].reset_index(drop=True)

    return dict(score_weeks(rows, asked, dict.fromkeys(weeks, "logistic"), CONFIG))


def test_answers_of_the_week_and_of_later_ones_change_no_score() -> None:
    noise = np.random.default_rng(3).integers(0, 2, len(ROWS))
    destroyed = ROWS.assign(is_purchased=ROWS["is_purchased"].where(ROWS["week"] < MONDAY, noise).astype("int32"))
    pd.testing.assert_series_equal(scored(ROWS, [WEEK])[WEEK]["score"], scored(destroyed, [WEEK])[WEEK]["score"])


def test_a_week_is_scored_alike_whatever_else_is_asked() -> None:
    before = WEEK - timedelta(weeks=1)
    pd.testing.assert_frame_equal(scored(ROWS, [WEEK])[WEEK], scored(ROWS, [WEEK, before])[WEEK])


def test_each_week_is_scored_by_the_model_of_its_own_monday() -> None:
    weeks = [WEEK - timedelta(weeks=3), WEEK]
    for week, own in scored(ROWS, weeks).items():
        (model,) = fit(ROWS[ROWS["week"] < pd.Timestamp(week)], week, CONFIG, CONVERSION, names=("logistic",))
        np.testing.assert_array_equal(own["score"], model.predict(own))
