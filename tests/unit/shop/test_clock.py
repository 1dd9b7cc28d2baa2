from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from shop.clock import busy_seconds, midnights, utc_seconds
from shop.presets import tiny


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Asia/Kolkata", "America/Asuncion", "UTC"])
def test_every_second_of_a_local_day_falls_on_that_day_also_where_clocks_change(zone: str) -> None:
    config = tiny(time_zone=zone)
    days = 370
    starts = midnights(config, 0, days)
    day = np.repeat(np.arange(days), 9)
    second = np.tile([0, 1, 5_400, 9_000, 14_399, 14_400, 40_000, 86_398, 86_399], days)
    for number, moment in zip(day.tolist(), utc_seconds(starts, day, second).tolist(), strict=True):
        local = datetime.fromtimestamp(moment, UTC).astimezone(ZoneInfo(zone))
        assert local.date() == config.first_day + timedelta(days=number)


def test_by_day_the_clock_on_the_wall_shows_the_local_second() -> None:
    config = tiny()
    starts = midnights(config, 0, 370)
    for number in range(370):
        moment = int(utc_seconds(starts, np.array([number]), np.array([9 * 3600 + 61]))[0])
        assert datetime.fromtimestamp(moment, ZoneInfo(config.time_zone)).time().isoformat() == "09:01:01"


def test_stores_trade_from_eight_to_nine_and_a_site_all_day() -> None:
    uniform = np.linspace(0, 1, 5_000, endpoint=False)
    store, site = busy_seconds(False, uniform), busy_seconds(True, uniform)
    assert store.min() >= 8 * 3600
    assert store.max() < 21 * 3600
    assert set(site // 3600) == set(range(24))
