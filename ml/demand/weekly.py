"""What a Monday knows of each coming week, and of each of the weeks just past: inputs of models, by series.

Plans count as known from their announcement on, the calendar always, everything else only once it is past.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.features import CALENDAR_WEEKS, PLANNED_COVARIATES
from contracts.table import Role
from ml.demand.interface import ALL_CHANNELS, DemandTables
from ml.demand.mailer_places import QUIET, UNTOLD, Places, lifts, units_in_place
from ml.demand.panel import SalesPanel
from ml.demand.plans import Announced
from ml.splits import week_number

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
PAST_WEEKS = 26
_MEAN_WEEKS = 13
# Group of products -> what its announced mailers are called; as a multiple of the weeks past, or counted.
_RATIOS = {"category_2": "category_mailers", "shop": "shop_mailers"}
_COUNTS = {"category_3": "category_3_mailers", "line": "line_mailers"}
# Derived here from plans, calendar and past, and what each means; means over the window of a forecast.
DERIVED = {
    "month_start_days": "Days a week among the first seven of a month",
    "category_mailers": "Announced mailers of its category, over the 13 weeks before",
    "shop_mailers": "Announced mailers of the whole shop, over the 13 weeks before",
    "category_3_mailers": "Products of its type with an announced mailer",
    "line_mailers": "Products of its line with an announced mailer",
    "mailer_week_before": "Share of weeks with a mailer the week before",
    "mailer_two_weeks_before": "Share of weeks with a mailer two weeks before",
    "weeks_since_mailer": "Weeks since its last mailer",
    "usual_units": "Weekly units it usually sells in such weeks, with or without a mailer",
    "mailer_lift": "Logarithm of what a mailer in its announced place multiplies sales by",
    "same_place_units": "Weekly units it usually sells in the announced place of the mailer, or in none",
}
WEEKLY = (*PLANNED_COVARIATES.names(Role.FEATURE), *CALENDAR_WEEKS.names(Role.FEATURE), *DERIVED)
# Last axis of `Known.past`.
PAST = (
    "units",
    "customers",
    "mailer",
    "mailer_locations",
    "display_locations",
    "discount",
    "month_start_days",
    "category_mailers",
    "mailer_lift",
    "is_known",
)
_FIRST_DAYS = 7


@dataclass(frozen=True)
class Known:
    """What is known of series on their Monday.

    Args:
        coming: By name of `WEEKLY`, shape (series, horizon); NaN where a price was not announced.
        past: Shape (series, 26, `PAST`), the last week last; zeros before the data begin.
    """

    coming: dict[str, Floats]
    past: NDArray[np.float32]


def known_of(series: pd.DataFrame, tables: DemandTables, horizon_weeks: int) -> Known:
    """What each series knows on its `origin_week` of the weeks from it on, and of those before.

    Args:
        series: One row a product, channel and origin, with the keys of its groups.
        tables: As the latest of these Mondays knew them.
        horizon_weeks: Coming weeks.
    """
    panel = SalesPanel.build(tables, pd.Index(series["product_id"].unique()))
    rows, asked_on = panel.rows(series)[:, None], week_number(series["origin_week"], panel.start)[:, None]
    past = asked_on + np.arange(-PAST_WEEKS, 0)
    coming = asked_on + np.arange(horizon_weeks)
    both = np.hstack([past, coming])
    plans, places = _own_plans(tables, panel)
    mailer = np.nan_to_num(plans.at("planned_mailer", rows, both, asked_on))
    mailer[:, :PAST_WEEKS] = np.maximum(mailer[:, :PAST_WEEKS], panel.of_weeks("is_mailer", rows, past))
    place = _placed(plans.at("mailer_code", rows, both, asked_on), mailer)
    lift = _lifts_then(plans, places, panel)[place, asked_on]
    units = panel.of_weeks("demand_units", rows, past)
    groups = {level: _group_mailers(level, series, tables, panel, both) for level in (*_RATIOS, *_COUNTS)}
    month_start = _month_start_days(panel.start, both)
    ahead = {
        "planned_mailer": mailer[:, PAST_WEEKS:],
        "planned_price": plans.at("planned_price", rows, coming, asked_on),
        **_calendar(tables.calendar_weeks, panel, coming),
        "month_start_days": month_start[:, PAST_WEEKS:],
        **{name: _over_past(groups[level])[:, PAST_WEEKS:] for level, name in _RATIOS.items()},
        **{name: groups[level][:, PAST_WEEKS:] for level, name in _COUNTS.items()},
        "mailer_week_before": mailer[:, PAST_WEEKS - 1 : -1],
        "mailer_two_weeks_before": mailer[:, PAST_WEEKS - 2 : -2],
        "weeks_since_mailer": _weeks_since(mailer)[:, PAST_WEEKS:],
        "usual_units": _usual(units, mailer),
        "mailer_lift": np.log(lift[:, PAST_WEEKS:]),
        "same_place_units": units_in_place(
            units, place[:, :PAST_WEEKS], place[:, PAST_WEEKS:], lift[:, PAST_WEEKS:], _quiet(units, mailer)
        ),
    }
    gross = panel.of_weeks("gross_revenue", rows, past)
    net = panel.of_weeks("net_revenue", rows, past)
    behind = {
        "units": units,
        "customers": panel.of_weeks("customers", rows, past),
        "mailer": mailer[:, :PAST_WEEKS],
        "mailer_locations": np.log1p(panel.of_weeks("mailer_locations", rows, past)) / 4.0,
        "display_locations": np.log1p(panel.of_weeks("display_locations", rows, past)) / 4.0,
        "discount": np.where(gross > 0, 1.0 - net / np.maximum(gross, 0.01), 0.0),
        "month_start_days": month_start[:, :PAST_WEEKS],
        "category_mailers": np.log(_over_past(groups["category_2"])[:, :PAST_WEEKS]),
        "mailer_lift": np.log(lift[:, :PAST_WEEKS]),
        "is_known": (past >= 0).astype(np.float64),
    }
    return Known(ahead, np.stack([behind[name] * behind["is_known"] for name in PAST], axis=2).astype(np.float32))


def _own_plans(tables: DemandTables, panel: SalesPanel) -> tuple[Announced, Places]:
    """What was announced of each series, its mailer's place by number."""
    told = tables.planned_covariates
    places, names = Places.of(told["mailer_code"]), (*PLANNED_COVARIATES.names(Role.FEATURE), "mailer_code")
    told = told.assign(mailer_code=places.numbers(told["mailer_code"]))
    shape = (len(panel.series), panel.weeks)
    return Announced.build(told, panel.rows(told), names, panel.start, shape), places


def _placed(told: Floats, mailer: Floats) -> Ints:
    """Number of the place of each week: what was told, none without a mailer, and one of its own where none was told."""
    return np.where(mailer > 0, np.maximum(np.nan_to_num(told), UNTOLD), QUIET).astype(np.int64)


def _lifts_then(plans: Announced, places: Places, panel: SalesPanel) -> Floats:
    """Lift of each place, learned from totals, as known when each week began; shape (places, weeks)."""
    totals = np.flatnonzero(panel.series.get_level_values("channel") == ALL_CHANNELS)[:, None]
    weeks = np.arange(panel.weeks)
    # A place counts once its week is over, whenever it was told.
    told, sent = (plans.at(name, totals, weeks, weeks + 1) for name in ("mailer_code", "planned_mailer"))
    mailer = np.maximum(np.nan_to_num(sent), panel.of_weeks("is_mailer", totals, weeks))
    return lifts(panel.of_weeks("demand_units", totals, weeks), _placed(told, mailer), places.count)


def _group_mailers(level: str, series: pd.DataFrame, tables: DemandTables, panel: SalesPanel, columns: Ints) -> Floats:
    """Announced mailers of each series' group by week, none where silence is; shape of `columns`."""
    told = tables.planned_group_mailers
    told = told[told["level"] == level]
    by = ["group_key", "channel"]
    group = series[["channel"]].assign(group_key=0 if level == "shop" else series[f"{level}_key"].to_numpy())[by]
    index = pd.MultiIndex.from_frame(group.drop_duplicates())
    shape = (len(index), panel.weeks)
    said = Announced.build(told, index.get_indexer(pd.MultiIndex.from_frame(told[by])), ["mailers"], panel.start, shape)
    rows = np.asarray(index.get_indexer(pd.MultiIndex.from_frame(group)), dtype=np.int64)[:, None]
    asked_on = week_number(series["origin_week"], panel.start)[:, None]
    return np.nan_to_num(said.at("mailers", rows, columns, asked_on))


def _over_past(mailers: Floats) -> Floats:
    """Mailers as a multiple of the mean of the last 13 known weeks, half a mailer added to both."""
    usual = mailers[:, PAST_WEEKS - _MEAN_WEEKS : PAST_WEEKS].mean(axis=1, keepdims=True)
    return (mailers + 0.5) / (usual + 0.5)


def _weeks_since(mailer: Floats) -> Floats:
    """Weeks since the last mailer before each week, at most one more than there are past weeks."""
    since, now = np.empty_like(mailer), np.full(len(mailer), PAST_WEEKS + 1.0)
    for column in range(mailer.shape[1]):
        since[:, column] = now
        now = np.where(mailer[:, column] > 0, 1.0, np.minimum(now + 1.0, PAST_WEEKS + 1.0))
    return since


def _usual(units: Floats, mailer: Floats) -> Floats:
    """Mean units of past weeks with a mailer where one is announced, of those without elsewhere.

    A series never seen in a mailer is taken to sell twice as much in one.
    """
    was, coming = mailer[:, :PAST_WEEKS], mailer[:, PAST_WEEKS:]
    weeks, quiet = was.sum(axis=1), _quiet(units, mailer)
    promoted = np.where(weeks > 0, (units * was).sum(axis=1) / np.maximum(weeks, 1), 2.0 * quiet)
    return np.where(coming > 0, promoted[:, None], quiet[:, None])


def _quiet(units: Floats, mailer: Floats) -> Floats:
    """Mean units of past weeks without a mailer, of all where each had one; shape (series,)."""
    was = mailer[:, :PAST_WEEKS]
    weeks = PAST_WEEKS - was.sum(axis=1)
    mean = (units * (1 - was)).sum(axis=1) / np.maximum(weeks, 1)
    return np.asarray(np.where(weeks > 0, mean, units.mean(axis=1)))


def _month_start_days(start: pd.Timestamp, columns: Ints) -> Floats:
    """Days of each week that are among the first seven of a month, when wages and benefits have just been paid."""
    first = int(columns.min(initial=0))
    days = pd.date_range(start + pd.Timedelta(weeks=first), periods=7 * (int(columns.max(initial=0)) - first + 1))
    counts = (days.day <= _FIRST_DAYS).reshape(-1, 7).sum(axis=1)
    return np.asarray(counts[columns - first], dtype=np.float64)


def _calendar(weeks: pd.DataFrame, panel: SalesPanel, columns: Ints) -> dict[str, Floats]:
    """What the calendar says of each week: days a week, known long before; 0 where it says nothing."""
    number = week_number(weeks["week"], panel.start)
    held = (number >= 0) & (number < panel.weeks)
    found = {}
    for name in CALENDAR_WEEKS.names(Role.FEATURE):
        days = np.zeros(panel.weeks)
        days[number[held]] = weeks[name].to_numpy(np.float64)[held]
        found[name] = days[np.clip(columns, 0, panel.weeks - 1)]
    return found
