"""Holidays and closed days: what an example says of its window, and what a model makes of it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.demand_tables import make_demand_tables, monday

from contracts.features import CALENDAR_WEEKS
from contracts.table import Role
from ml.config import MlConfig
from ml.demand.examples import to_forecast, to_learn
from ml.demand.interface import DemandTables
from ml.demand.lightgbm_quantiles import LightgbmModel
from ml.splits import WEEK

NOW = monday(36)
CONFIG = replace(MlConfig.tiny(), demand_trees=40)
QUIET = make_demand_tables(launches=8)


def calendar(holidays: dict[int, float], closed: dict[int, float]) -> pd.DataFrame:
    """CALENDAR_WEEKS from before the first sale to beyond the horizon; days by number of the week."""
    numbers = range(-4, 80)
    return pd.DataFrame(
        {
            "week": [monday(n) for n in numbers],
            "known_on": monday(-100),
            "holiday_days": [holidays.get(n, 0.0) for n in numbers],
            "closed_days": [closed.get(n, 0.0) for n in numbers],
        }
    )


def with_holidays(tables: DemandTables, weeks: set[int]) -> DemandTables:
    """The same shop with a holiday in these weeks, in which every product sells three times as much."""
    sales = tables.weekly_sales
    is_holiday = sales["week"].isin([monday(n) for n in weeks])
    return replace(
        tables,
        weekly_sales=sales.assign(units=sales["units"] * np.where(is_holiday, 3, 1)),
        calendar_weeks=calendar(dict.fromkeys(weeks, 1.0), {}),
    )


def test_an_example_says_the_mean_days_of_its_own_window_for_every_product_and_channel() -> None:
    holidays, closed = {37: 2.0, 41: 1.0}, {38: 1.0}
    asked = to_forecast("established", replace(QUIET, calendar_weeks=calendar(holidays, closed)), NOW, CONFIG)
    for row in asked.to_dict("records"):
        first = (row["target_week"] - monday(0)) // WEEK
        numbers = range(first, first + row["window_weeks"])
        assert row["holiday_days"] == pytest.approx(np.mean([holidays.get(n, 0.0) for n in numbers]))
        assert row["closed_days"] == pytest.approx(np.mean([closed.get(n, 0.0) for n in numbers]))
    assert asked.groupby(["channel", "product_id"])["holiday_days"].sum().nunique() == 1


def test_a_past_example_says_the_days_of_the_weeks_that_it_was_asked_for() -> None:
    learned = to_learn("established", replace(QUIET, calendar_weeks=calendar({30: 1.0}, {})), NOW, CONFIG)
    weekly = learned[learned["window_weeks"] == 1]
    assert set(weekly.loc[weekly["holiday_days"] > 0, "target_week"]) == {monday(30)}


@pytest.mark.parametrize("silent", [QUIET.calendar_weeks, calendar({}, {})], ids=["absent", "without a holiday"])
def test_a_calendar_that_says_nothing_is_no_holiday(silent: pd.DataFrame) -> None:
    asked = to_forecast("established", replace(QUIET, calendar_weeks=silent), NOW, CONFIG)
    assert not asked[CALENDAR_WEEKS.names(Role.FEATURE)].to_numpy().any()


def test_a_model_that_saw_holidays_sell_more_expects_more_of_a_holiday_to_come() -> None:
    seen = {18, 22, 26, 30, 34}
    plain, festive = (with_holidays(QUIET, seen | more) for more in (set(), {38}))
    fitted = LightgbmModel().fit(to_learn("established", plain, NOW, CONFIG), CONFIG)
    said = [fitted.predict(to_forecast("established", tables, NOW, CONFIG)) for tables in (plain, festive)]
    asked = to_forecast("established", festive, NOW, CONFIG)
    is_week = (asked["window_weeks"] == 1) & (asked["target_week"] == monday(38))
    before, after = (answers.loc[is_week, 0.5].sum() for answers in said)
    assert after > 1.3 * before
    is_before = (asked["window_weeks"] == 1) & (asked["target_week"] == monday(37))
    pd.testing.assert_frame_equal(said[0][is_before], said[1][is_before])
