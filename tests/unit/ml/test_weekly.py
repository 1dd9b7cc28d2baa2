"""What is known of coming and past weeks, against loops over the tables."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.demand_tables import PLACES, make_demand_tables, monday

from contracts.features import DEMAND_FEATURES
from contracts.table import Role
from ml.config import MlConfig
from ml.demand.examples import to_forecast
from ml.demand.weekly import PAST, PAST_WEEKS, known_of
from ml.splits import WEEK

TABLES = make_demand_tables(products=9, launches=4)
NOW = monday(34)
SERIES = (
    TABLES.demand_features[TABLES.demand_features["week"] == NOW - WEEK].reset_index(drop=True).assign(origin_week=NOW)
)
KNOWN = known_of(SERIES, TABLES.known_by(NOW), 8)
PLANS = TABLES.planned_covariates[TABLES.planned_covariates["known_on"] <= NOW]


def had_mailer(product: str, channel: str, number: int) -> bool:
    own = PLANS[(PLANS["product_id"] == product) & (PLANS["channel"] == channel)]
    return bool((own["target_week"] == monday(number)).any())


def units_of(product: str, channel: str, number: int) -> int:
    sales = TABLES.weekly_sales
    own = sales[(sales["product_id"] == product) & (sales["week"] == monday(number))]
    return int(own.loc[(own["channel"] == channel) | (channel == "all"), "units"].sum())


def test_the_past_holds_the_weeks_before_the_origin_the_last_one_last() -> None:
    for at, row in SERIES.sample(8, random_state=0).iterrows():
        for back in (1, 2, 13, 26):
            cell = KNOWN.past[at, PAST_WEEKS - back]
            assert cell[PAST.index("units")] == units_of(row["product_id"], row["channel"], 34 - back)
            assert cell[PAST.index("mailer")] == had_mailer(row["product_id"], row["channel"], 34 - back)
        sold = KNOWN.past[at, :, PAST.index("units")] > 0
        assert KNOWN.past[at, sold, PAST.index("discount")] == pytest.approx(0.1, abs=1e-6)


def test_weeks_before_the_data_are_unknown_and_zero() -> None:
    early = SERIES.assign(origin_week=monday(10))
    past = known_of(early, TABLES.known_by(monday(10)), 8).past
    assert not past[:, : PAST_WEEKS - 10].any()
    assert past[:, PAST_WEEKS - 10 :, PAST.index("is_known")].all()


def test_a_week_says_how_long_ago_the_last_mailer_before_it_was() -> None:
    for at, row in SERIES.sample(6, random_state=1).iterrows():
        flags = [had_mailer(row["product_id"], row["channel"], 34 - PAST_WEEKS + n) for n in range(PAST_WEEKS + 8)]
        for ahead in range(8):
            before = [back for back in range(1, PAST_WEEKS + ahead + 1) if flags[PAST_WEEKS + ahead - back]]
            assert KNOWN.coming["weeks_since_mailer"][at, ahead] == min([*before, PAST_WEEKS + 1])
            assert KNOWN.coming["mailer_week_before"][at, ahead] == flags[PAST_WEEKS + ahead - 1]
            assert KNOWN.coming["mailer_two_weeks_before"][at, ahead] == flags[PAST_WEEKS + ahead - 2]


def test_usual_units_are_the_mean_of_weeks_like_the_coming_one() -> None:
    for at, row in SERIES.sample(6, random_state=2).iterrows():
        name = row["product_id"], row["channel"]
        by_kind: dict[bool, list[int]] = {True: [], False: []}
        for number in range(34 - PAST_WEEKS, 34):
            by_kind[had_mailer(*name, number)].append(units_of(*name, number))
        for ahead in range(8):
            alike = by_kind[had_mailer(*name, 34 + ahead)]
            assert KNOWN.coming["usual_units"][at, ahead] == pytest.approx(np.mean(alike))


def place_of(product: str, channel: str, number: int) -> str | None:
    own = PLANS[(PLANS["product_id"] == product) & (PLANS["channel"] == channel)]
    codes = own.loc[own["target_week"] == monday(number), "mailer_code"]
    return codes.item() if len(codes) else None


def lift_by_loops(code: str, number: int) -> float:
    """Units of all totals in a place over what they sold in their quiet weeks until then, before a numbered week."""
    sold, usual = 400.0, 200.0
    for product in SERIES["product_id"].unique():
        quiet: list[int] = []
        for week in range(number):
            units, place = units_of(product, "all", week), place_of(product, "all", week)
            if place == code:
                sold, usual = sold + units, usual + (float(np.mean(quiet)) if quiet else 0.0)
            elif place is None:
                quiet.append(units)
    return sold / usual


def test_a_coming_mailer_says_what_its_place_has_multiplied_units_by() -> None:
    by_code = {code: lift_by_loops(code, 34) for code in PLACES}
    assert len(set(by_code.values())) == len(PLACES)
    for at, row in SERIES.sample(8, random_state=5).iterrows():
        for ahead in range(8):
            code = place_of(row["product_id"], row["channel"], 34 + ahead)
            expected = 0.0 if code is None else math.log(by_code[code])
            assert KNOWN.coming["mailer_lift"][at, ahead] == pytest.approx(expected)


def test_units_of_the_same_place_lean_on_its_lift() -> None:
    for at, row in SERIES.sample(6, random_state=6).iterrows():
        name = row["product_id"], row["channel"]
        by_place: dict[str | None, list[int]] = {None: [], **{code: [] for code in PLACES}}
        for number in range(34 - PAST_WEEKS, 34):
            by_place[place_of(*name, number)].append(units_of(*name, number))
        for ahead in range(8):
            code = place_of(*name, 34 + ahead)
            alike, lift = by_place[code], 1.0 if code is None else lift_by_loops(code, 34)
            leaning = (sum(alike) + 2.0 * lift * np.mean(by_place[None])) / (len(alike) + 2.0)
            assert KNOWN.coming["same_place_units"][at, ahead] == pytest.approx(leaning)


def test_a_place_told_after_its_week_has_taught_nothing_before() -> None:
    late = PLANS.assign(known_on=PLANS["target_week"] + 2 * WEEK)
    told = known_of(SERIES, replace(TABLES, planned_covariates=late).known_by(NOW), 8)
    assert (told.coming["mailer_lift"] == 0).all()
    assert (told.past[:, -1, PAST.index("mailer_lift")] == 0).all()


@pytest.mark.parametrize(("level", "name"), [("category_3", "category_3_mailers"), ("line", "line_mailers")])
def test_mailers_of_a_group_are_counted(level: str, name: str) -> None:
    for at, row in SERIES.sample(6, random_state=3).iterrows():
        group = SERIES[(SERIES["channel"] == row["channel"]) & (SERIES[f"{level}_key"] == row[f"{level}_key"])]
        for ahead in range(8):
            count = sum(had_mailer(product, row["channel"], 34 + ahead) for product in group["product_id"])
            assert KNOWN.coming[name][at, ahead] == count


def test_mailers_of_category_and_shop_are_told_as_a_multiple_of_their_last_quarter() -> None:
    for at, row in SERIES.sample(4, random_state=4).iterrows():
        alike = SERIES[SERIES["channel"] == row["channel"]]
        category = alike[alike["category_2_key"] == row["category_2_key"]]
        for name, group in (("category_mailers", category), ("shop_mailers", alike)):
            counts = [sum(had_mailer(p, row["channel"], n) for p in group["product_id"]) for n in range(21, 42)]
            usual = np.mean(counts[:13]) + 0.5
            for ahead in range(8):
                assert KNOWN.coming[name][at, ahead] == pytest.approx((counts[13 + ahead] + 0.5) / usual)
        past = KNOWN.past[at, -13:, PAST.index("category_mailers")]
        assert np.exp(past).mean() == pytest.approx(1.0)


def test_the_first_seven_days_of_a_month_are_counted() -> None:
    for ahead in range(8):
        days = pd.date_range(NOW + ahead * WEEK, periods=7)
        assert set(KNOWN.coming["month_start_days"][:, ahead]) == {sum(day.day <= 7 for day in days)}


def test_a_window_says_the_mean_of_its_weeks_and_shares_the_past() -> None:
    asked = to_forecast("established", TABLES, NOW, MlConfig.tiny())
    own = asked[(asked["product_id"] == "P-003") & (asked["channel"] == "all")]
    weekly = own[own["window_weeks"] == 1].sort_values("offset_weeks")
    for name in KNOWN.coming:
        for width in (4, 8):
            told = [value for value in weekly[name].iloc[:width] if not math.isnan(value)]
            said = own.loc[own["window_weeks"] == width, name].item()
            assert said == pytest.approx(np.mean(told) if told else np.nan, nan_ok=True)
    assert len({id(past) for past in own["past"]}) == 1
    features = DEMAND_FEATURES.names(Role.FEATURE)
    assert len(own[features].drop_duplicates()) == 1
