"""A config that no shop could have is refused where it is written, by the name of its field."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shop.changes import Change, ChangeKind
from shop.config import CHANNELS
from shop.presets import tiny


@pytest.mark.parametrize(
    ("told", "refusal"),
    [
        ({"first_day": tiny().first_day + timedelta(days=1)}, "is no Monday"),
        ({"weeks": 0}, "weeks, products and customers"),
        ({"categories": (3, 2, 6)}, "categories"),
        ({"units_per_week": 0.0}, "units_per_week 0.0"),
        ({"arriving_share": 1.0}, "arriving_share 1.0"),
        ({"leaving_share": 1.2}, "leaving_share 1.2"),
        ({"channels": ()}, "channels is empty"),
        ({"changes": (Change(ChangeKind.COMPETITOR, tiny().first_day, category=3),)}, "category 3 is none of the 3"),
    ],
)
def test_a_shop_that_could_not_run_is_refused_by_name(told: dict[str, object], refusal: str) -> None:
    with pytest.raises(ValueError, match=refusal):
        tiny(**told)


@pytest.mark.parametrize("told", [{"traffic": 0.0}, {"locations": 0}, {"seller_terms": 0.0}, {"assortment": 1.1}])
def test_a_channel_that_could_sell_nothing_is_refused_by_name(told: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="channel 'online'"):
        replace(CHANNELS[0], **told)  # type: ignore[arg-type]
