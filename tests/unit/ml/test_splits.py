"""What a Monday may know."""

import pandas as pd
import pytest

from contracts.evaluations import DEMAND_SCORES
from contracts.features import WEEKLY_SALES
from ml.splits import is_over, known_by, origins_before, weeks_after

MONDAY = pd.Timestamp("2017-10-02")


def test_a_row_known_on_the_monday_itself_may_be_used_and_a_later_one_may_not() -> None:
    frame = pd.DataFrame({"known_on": [MONDAY, weeks_after(MONDAY, 1)]})
    assert known_by(frame, WEEKLY_SALES, MONDAY)["known_on"].tolist() == [MONDAY]


def test_a_table_without_known_on_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="demand_scores"):
        known_by(pd.DataFrame(), DEMAND_SCORES, MONDAY)


def test_a_window_is_over_when_its_last_sunday_is_past() -> None:
    starts = pd.Series([weeks_after(MONDAY, -4), weeks_after(MONDAY, -3)])
    assert is_over(starts, pd.Series([4, 4]), MONDAY).tolist() == [True, False]


def test_origins_step_back_from_the_week_before() -> None:
    assert origins_before(MONDAY, 5, 2) == [weeks_after(MONDAY, -back) for back in (1, 3, 5)]
