"""What a demand model is given, what it must do, and what it hands back.

A model reads a frame of examples and answers with quantiles and a mean. Where examples come from is
`examples`; which models exist is `registry`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pandas as pd

from contracts.features import (
    CALENDAR_WEEKS,
    DEMAND_FEATURES,
    FIRST_SALES,
    LAUNCH_CANDIDATES,
    PLANNED_COVARIATES,
    PLANNED_GROUP_MAILERS,
    WEEKLY_SALES,
)
from contracts.predictions import MEAN, QUANTILES, RESPONSE_FORECAST
from contracts.table import Table
from ml.config import MlConfig
from ml.fitted import Fitted
from ml.splits import known_by

LEVELS: tuple[float, ...] = (*QUANTILES, MEAN)
ALL_CHANNELS = "all"
# What identifies an example, beside the features that a model may read.
KEYS = ("product_id", "channel", "phase", "origin_week", "target_week", "window_weeks", "offset_weeks")
ACTUAL = "actual_units"


def _empty(table: Table) -> pd.DataFrame:
    dates = {column.name: "datetime64[us]" for column in table.columns if column.type == "date"}
    return pd.DataFrame(columns=table.names()).astype(dates)


@dataclass(frozen=True)
class DemandTables:
    """The frames that demand is learned from, cut at one decision week.

    Args:
        demand_features: `DEMAND_FEATURES`, of planned products and of announced launches in their first weeks.
        weekly_sales: `WEEKLY_SALES`, weeks with a sale or out of stock only; in an absent week nothing was wanted.
        planned_covariates: `PLANNED_COVARIATES`.
        launch_candidates: `LAUNCH_CANDIDATES` of this decision week and of those before.
        planned_group_mailers: `PLANNED_GROUP_MAILERS`; empty where no mailer is announced.
        calendar_weeks: `CALENDAR_WEEKS`; empty where the shop brings no calendar.
        first_sales: `FIRST_SALES`: products that began to sell unannounced, from which launches are learned too.
        response_forecast: `RESPONSE_FORECAST` of this decision week and of those before; empty where no impressions
            are logged.
    """

    demand_features: pd.DataFrame
    weekly_sales: pd.DataFrame
    planned_covariates: pd.DataFrame
    launch_candidates: pd.DataFrame
    planned_group_mailers: pd.DataFrame = field(default_factory=lambda: _empty(PLANNED_GROUP_MAILERS))
    calendar_weeks: pd.DataFrame = field(default_factory=lambda: _empty(CALENDAR_WEEKS))
    first_sales: pd.DataFrame = field(default_factory=lambda: _empty(FIRST_SALES))
    response_forecast: pd.DataFrame = field(default_factory=lambda: _empty(RESPONSE_FORECAST))

    def known_by(self, week: pd.Timestamp) -> DemandTables:
        """The same tables as that Monday knew them."""
        return DemandTables(
            known_by(self.demand_features, DEMAND_FEATURES, week),
            known_by(self.weekly_sales, WEEKLY_SALES, week),
            known_by(self.planned_covariates, PLANNED_COVARIATES, week),
            known_by(self.launch_candidates, LAUNCH_CANDIDATES, week),
            known_by(self.planned_group_mailers, PLANNED_GROUP_MAILERS, week),
            known_by(self.calendar_weeks, CALENDAR_WEEKS, week),
            known_by(self.first_sales, FIRST_SALES, week),
            self.response_forecast[self.response_forecast["decision_week"] <= week],
        )


class DemandFitted(Fitted, Protocol):
    """A trained demand model."""

    def predict(self, examples: pd.DataFrame) -> pd.DataFrame:
        """One row an example, in the order given, with a column a level of `LEVELS`.

        Units are demanded in the example's window, at least 0, and quantiles never cross.
        """


class DemandModel(Protocol):
    """A way of learning demand; one file each, listed in the registry."""

    @property
    def name(self) -> str:
        """Registered name."""

    @property
    def phase(self) -> str:
        """One of `PHASES`."""

    @property
    def is_baseline(self) -> bool:
        """Whether it is the rule that a challenger must beat."""

    def fit(self, examples: pd.DataFrame, config: MlConfig) -> DemandFitted:
        """Learn from examples whose label is over; `actual_units` holds it."""

    def load(self, folder: Path) -> DemandFitted:
        """Read back what `save` wrote."""
