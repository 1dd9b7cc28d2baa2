"""Examples: one product, channel and window of weeks, as seen from one Monday.

The same functions make what a model learns from and what it forecasts, so that both mean the same.
How windows are summed is `panel`; how a model reads the columns is its own file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.features import DEMAND_FEATURES, LAUNCH_CANDIDATES
from contracts.predictions import EARLY_WEEKS, WINDOWS
from contracts.table import Role
from ml.config import MlConfig
from ml.demand.buyers import EXPECTED_BUYERS, expected_buyers
from ml.demand.interface import ACTUAL, ALL_CHANNELS, DemandTables
from ml.demand.panel import Floats, SalesPanel
from ml.demand.weekly import WEEKLY, Known, known_of
from ml.splits import WEEK, is_over, origins_before, weeks_after

_ASKED = ["offset_weeks", "window_weeks"]
# Column of established examples with the weeks just past: an array of shape (26, `weekly.PAST`), the windows of a
# series sharing one.
PAST_COLUMN = "past"
# Features of `LAUNCH_CANDIDATES` that early products carry on with, those beside which they have newer ones left out.
_NEWER = {*DEMAND_FEATURES.names(Role.FEATURE), *WEEKLY}
LAUNCH_FACTS = tuple(name for name in LAUNCH_CANDIDATES.names(Role.FEATURE) if name not in _NEWER)
# Columns of early examples: the feature that each is of the product's other channels, and its meaning.
ELSEWHERE = {
    "elsewhere_1": ("units_1", "Units of the week itself in the product's other channels"),
    "elsewhere_mean_13": ("units_mean_13", "Mean weekly units in the product's other channels, trailing 13 weeks"),
}


def feature_names(phase: str) -> list[str]:
    """Columns that a model of this phase may read: the contract's features and what is asked for."""
    if phase == "new":
        own = [*LAUNCH_CANDIDATES.names(Role.FEATURE), EXPECTED_BUYERS]
    else:
        told = (*LAUNCH_FACTS, *ELSEWHERE) if phase == "early" else ()
        own = [*DEMAND_FEATURES.names(Role.FEATURE), *WEEKLY, *told]
    return ["channel", *_ASKED, *own]


def windows(horizon_weeks: int) -> pd.DataFrame:
    """Every window of a horizon: each week, and the sums that start with it.

    One row a window: `offset_weeks` from the first week of the horizon, `window_weeks`.
    """
    pairs = [(offset, 1) for offset in range(horizon_weeks)]
    pairs += [(0, width) for width in WINDOWS if 1 < width <= horizon_weeks]
    return pd.DataFrame(pairs, columns=_ASKED)


def selling_at(phase: str, tables: DemandTables, origins: list[pd.Timestamp], config: MlConfig) -> pd.DataFrame:
    """One row per origin, product of the phase, channel ('all' too) and window of the horizon.

    A launch is early from its first sale anywhere until eight weeks after it; every other planned product that has
    sold is established. Holds the keys and the features; labels are added by `with_labels`.
    """
    seen = tables.demand_features[tables.demand_features["week"].isin([weeks_after(o, -1) for o in origins])]
    is_early = is_early_launch(seen, tables)
    seen = seen[is_early] if phase == "early" else seen[seen["is_planned"] & ~is_early]
    series = seen.reset_index(drop=True).assign(origin_week=lambda rows: rows["week"] + WEEK)
    asked = windows(config.horizon_weeks)
    own = ["product_id", "channel", "origin_week", "is_planned", *DEMAND_FEATURES.names(Role.FEATURE)]
    base = series[own].assign(phase=phase)
    if phase == "early":
        base = base.merge(_launch_facts(tables), how="left", on=["product_id", "channel"], validate="many_to_one")
        base = base.assign(**_elsewhere(base))
    examples = base.merge(asked, how="cross")
    examples["target_week"] = examples["origin_week"] + pd.to_timedelta(7 * examples["offset_weeks"], unit="D")
    if examples.empty:
        return examples
    known = known_of(series, tables, config.horizon_weeks)
    past = pd.Series(list(known.past), dtype=object).repeat(len(asked)).to_numpy()
    return examples.assign(**{PAST_COLUMN: past}, **_over_windows(known, asked))


def is_early_launch(seen: pd.DataFrame, tables: DemandTables) -> pd.Series:
    """Whether each row of `DEMAND_FEATURES` is of an announced launch in its first weeks."""
    return (seen["age_weeks"] < EARLY_WEEKS) & seen["product_id"].isin(tables.launch_candidates["product_id"])


def _elsewhere(series: pd.DataFrame) -> dict[str, pd.Series]:
    """What the other channels of each product sold in its last week, and in a mean one; none of a row of all channels.

    Args:
        series: One row a product, channel ('all' too) and origin.
    """
    is_total, found = series["channel"] == ALL_CHANNELS, {}
    for name, (feature, _) in ELSEWHERE.items():
        total = series[feature].where(is_total).groupby([series["product_id"], series["origin_week"]]).transform("max")
        found[name] = (total - series[feature]).mask(is_total).clip(lower=0.0)
    return found


def _launch_facts(tables: DemandTables) -> pd.DataFrame:
    """What was last known of each launch before it sold, one row a product and channel ('all' too)."""
    last = tables.launch_candidates.sort_values(["product_id", "channel", "decision_week"])
    last = last.drop_duplicates(["product_id", "channel"], keep="last")
    total = last.drop_duplicates("product_id").assign(channel=ALL_CHANNELS)
    return pd.concat([last, total], ignore_index=True)[["product_id", "channel", *LAUNCH_FACTS]]


def _over_windows(known: Known, asked: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    """Mean over each window of what is known of its weeks, the windows of a series under one another."""
    found = {}
    for name, weeks in known.coming.items():
        is_told = ~np.isnan(weeks)
        total, count = (np.cumsum(np.pad(part, ((0, 0), (1, 0))), axis=1) for part in (np.nan_to_num(weeks), is_told))
        first = asked["offset_weeks"].to_numpy()
        last = first + asked["window_weeks"].to_numpy()
        told = count[:, last] - count[:, first]
        mean = np.where(told > 0, (total[:, last] - total[:, first]) / np.maximum(told, 1), np.nan)
        found[name] = mean.reshape(-1)
    return found


def launches_at(tables: DemandTables, origins: list[pd.Timestamp], config: MlConfig) -> pd.DataFrame:
    """One row per origin, open launch, channel ('all' too) and window of its first weeks.

    `offset_weeks` counts from the planned launch. A launch's own sales are never among the features.
    """
    open_then = tables.launch_candidates[tables.launch_candidates["decision_week"].isin(origins)]
    columns = ["product_id", "channel", "decision_week", "planned_week", *LAUNCH_CANDIDATES.names(Role.FEATURE)]
    real = open_then[columns]
    by_channel = real.sort_values(["decision_week", "product_id", "channel"])
    total = by_channel.drop_duplicates(["decision_week", "product_id"]).assign(channel=ALL_CHANNELS)
    views = pd.concat([real, total], ignore_index=True)
    buyers = expected_buyers(tables.response_forecast)
    told = views.merge(buyers, how="left", on=["decision_week", "product_id", "channel"], validate="one_to_one")
    base = told.rename(columns={"decision_week": "origin_week"})
    examples = base.assign(phase="new", is_planned=True).merge(windows(config.horizon_weeks), how="cross")
    shift = pd.to_timedelta(7 * examples["offset_weeks"], unit="D")
    return examples.assign(target_week=examples["planned_week"] + shift).drop(columns="planned_week")


def with_labels(examples: pd.DataFrame, tables: DemandTables, week: pd.Timestamp) -> pd.DataFrame:
    """The examples of one phase whose window is over by this Monday, with the units that were wanted in it.

    Where that is not known, established products teach nothing, and launches what they sold: those that sell out at
    once are those that do well, and without them less would be learned than they sold.
    """
    is_settled = bool(examples["phase"].eq("established").all())
    return _answered(examples, tables, week, SalesPanel.demanded if is_settled else SalesPanel.known_demand)


def with_outcomes(examples: pd.DataFrame, tables: DemandTables, week: pd.Timestamp) -> pd.DataFrame:
    """The examples whose window is over by this Monday and had stock throughout, with the units that sold in it."""
    return _answered(examples, tables, week, SalesPanel.sold)


def _answered(
    examples: pd.DataFrame,
    tables: DemandTables,
    week: pd.Timestamp,
    units: Callable[[SalesPanel, pd.DataFrame], Floats],
) -> pd.DataFrame:
    over = examples[is_over(examples["target_week"], examples["window_weeks"], week)]
    if over.empty:
        return over.assign(**{ACTUAL: 0.0})
    panel = SalesPanel.build(tables.known_by(week), pd.Index(over["product_id"].unique()))
    return over.assign(**{ACTUAL: units(panel, over)}).dropna(subset=ACTUAL)


def to_learn(phase: str, tables: DemandTables, week: pd.Timestamp, config: MlConfig) -> pd.DataFrame:
    """Labelled examples from which a model of this phase may learn on this Monday."""
    known = tables.known_by(week)
    if phase == "new":
        return with_labels(_past_launches(known, week, config), known, week)
    origins = origins_before(week, config.origin_weeks, config.origin_stride)
    return with_labels(selling_at(phase, known, origins, config), known, week)


def to_forecast(phase: str, tables: DemandTables, week: pd.Timestamp, config: MlConfig) -> pd.DataFrame:
    """Examples that a model of this phase must answer on this Monday."""
    known = tables.known_by(week)
    return launches_at(known, [week], config) if phase == "new" else selling_at(phase, known, [week], config)


def _past_launches(tables: DemandTables, week: pd.Timestamp, config: MlConfig) -> pd.DataFrame:
    """Launches already begun, each as it was seen when announced and when it began, and what began unannounced."""
    seen = tables.launch_candidates
    begun = seen[seen["planned_week"] < week]
    by_launch = begun.groupby(["product_id", "planned_week"])["decision_week"]
    is_told = (begun["decision_week"] == by_launch.transform("min")) | (
        begun["decision_week"] == by_launch.transform("max")
    )
    views = [frame for frame in (begun[is_told], tables.first_sales) if len(frame)]
    past = replace(tables, launch_candidates=pd.concat(views, ignore_index=True) if views else begun)
    return launches_at(past, sorted(past.launch_candidates["decision_week"].unique()), config)
