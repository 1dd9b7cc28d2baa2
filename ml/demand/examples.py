"""Examples: one product, channel and window of weeks, as seen from one Monday.

The same functions make what a model learns from and what it forecasts, so that both mean the same.
How windows are summed is `panel`; how a model reads the columns is its own file.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from contracts.features import CALENDAR_WEEKS, DEMAND_FEATURES, LAUNCH_CANDIDATES, PLANNED_COVARIATES
from contracts.predictions import WINDOWS
from contracts.table import Role
from ml.config import MlConfig
from ml.demand.interface import ACTUAL, ALL_CHANNELS, EARLY_WEEKS, DemandTables
from ml.demand.panel import SalesPanel
from ml.splits import WEEK, is_over, origins_before, weeks_after

_ASKED = ["offset_weeks", "window_weeks"]


def feature_names(phase: str) -> list[str]:
    """Columns that a model of this phase may read: the contract's features and what is asked for."""
    own = (LAUNCH_CANDIDATES,) if phase == "new" else (DEMAND_FEATURES, PLANNED_COVARIATES, CALENDAR_WEEKS)
    return ["channel", *_ASKED, *(name for table in own for name in table.names(Role.FEATURE))]


def windows(horizon_weeks: int) -> pd.DataFrame:
    """Every window of a horizon: each week, and the sums that start with it.

    One row a window: `offset_weeks` from the first week of the horizon, `window_weeks`.
    """
    pairs = [(offset, 1) for offset in range(horizon_weeks)]
    pairs += [(0, width) for width in WINDOWS if 1 < width <= horizon_weeks]
    return pd.DataFrame(pairs, columns=_ASKED)


def established_at(tables: DemandTables, origins: list[pd.Timestamp], config: MlConfig) -> pd.DataFrame:
    """One row per origin, planned product, channel ('all' too) and window of the horizon.

    Holds the keys and the features; labels are added by `with_labels`.
    """
    seen = tables.demand_features[tables.demand_features["week"].isin([weeks_after(o, -1) for o in origins])]
    base = seen[["product_id", "channel", *DEMAND_FEATURES.names(Role.FEATURE)]].assign(
        phase=np.where(seen["age_weeks"] < EARLY_WEEKS, "early", "established"), origin_week=seen["week"] + WEEK
    )
    examples = base.merge(windows(config.horizon_weeks), how="cross")
    examples["target_week"] = examples["origin_week"] + pd.to_timedelta(7 * examples["offset_weeks"], unit="D")
    if examples.empty:
        return examples
    panel = SalesPanel.build(tables, pd.Index(examples["product_id"].unique()))
    return examples.assign(**panel.announced_for(examples), **panel.calendar_for(examples))


def launches_at(tables: DemandTables, origins: list[pd.Timestamp], config: MlConfig) -> pd.DataFrame:
    """One row per origin, open launch, channel ('all' too) and window of its first weeks.

    `offset_weeks` counts from the planned launch. A launch's own sales are never among the features.
    """
    open_then = tables.launch_candidates[tables.launch_candidates["decision_week"].isin(origins)]
    columns = ["product_id", "channel", "decision_week", "planned_week", *LAUNCH_CANDIDATES.names(Role.FEATURE)]
    real = open_then[columns]
    by_channel = real.sort_values(["decision_week", "product_id", "channel"])
    total = by_channel.drop_duplicates(["decision_week", "product_id"]).assign(channel=ALL_CHANNELS)
    base = pd.concat([real, total], ignore_index=True).rename(columns={"decision_week": "origin_week"})
    examples = base.assign(phase="new").merge(windows(config.horizon_weeks), how="cross")
    shift = pd.to_timedelta(7 * examples["offset_weeks"], unit="D")
    return examples.assign(target_week=examples["planned_week"] + shift).drop(columns="planned_week")


def with_labels(examples: pd.DataFrame, tables: DemandTables, week: pd.Timestamp) -> pd.DataFrame:
    """The examples whose window is over by this Monday, with the units that sold in it."""
    over = examples[is_over(examples["target_week"], examples["window_weeks"], week)]
    if over.empty:
        return over.assign(**{ACTUAL: 0.0})
    panel = SalesPanel.build(tables.known_by(week), pd.Index(over["product_id"].unique()))
    return over.assign(**{ACTUAL: panel.sold(over)})


def to_learn(phase: str, tables: DemandTables, week: pd.Timestamp, config: MlConfig) -> pd.DataFrame:
    """Labelled examples from which a model of this phase may learn on this Monday."""
    known = tables.known_by(week)
    if phase == "new":
        return with_labels(_past_launches(known, week, config), known, week)
    origins = origins_before(week, config.origin_weeks, config.origin_stride)
    return with_labels(established_at(known, origins, config), known, week)


def to_forecast(phase: str, tables: DemandTables, week: pd.Timestamp, config: MlConfig) -> pd.DataFrame:
    """Examples that a model of this phase must answer on this Monday."""
    known = tables.known_by(week)
    return launches_at(known, [week], config) if phase == "new" else established_at(known, [week], config)


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
