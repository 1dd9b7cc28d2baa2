"""Forecasts for anyone to score: what the reigning model of a phase says of product totals, by week number.

Rows are what a decision week believed, in the numbering of the data itself. How models are trained is
`ml.demand.train`; who reigns is `ml.champions`; which weeks are asked for, and the reading, is the caller's.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from contracts.predictions import MEAN
from ml.config import MlConfig
from ml.demand.interface import ALL_CHANNELS, DemandFitted, DemandTables
from ml.demand.panel import with_demand
from ml.demand.registry import DEFAULTS
from ml.demand.train import HELD, backtest, fit_named, forecast
from ml.splits import WEEK, week_number, weeks_after

COLUMNS = ("origin", "product_id", "target_week", "quantile", "value")
LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9, 0.95, MEAN)
# The sum that is bought: an order cycle of what sells already, the season of a launch.
SUM_WEEKS = {"established": 4, "new": 8}
INFORMATION = ("planned", "noplan")
# What of a launch candidate the shop has announced beyond its week, and what rests on it.
PLANNED_OF_LAUNCHES = (
    "planned_price",
    "price_position",
    "mailer_weeks",
    "mailer_at_launch",
    "type_near_price",
    "line_near_price",
    "twin_near_price",
)

# Weeks whose units say which products are planned (`units_26`), and weeks without a sale after which one is no longer
# listed, as dbt's `listed_weeks` says; a test compares them.
TRAILING_WEEKS, LISTED_WEEKS = 26, 13


@dataclass(frozen=True)
class Reign:
    """The reigning model of one phase on one decision week.

    Args:
        model: It, trained on what that Monday knew.
        backtest: `DEMAND_BACKTEST` of that phase, to which its forecasts are held; empty where they are held to none.
        reason: Why it reigns.
    """

    model: DemandFitted
    backtest: pd.DataFrame
    reason: str


class TooEarlyError(ValueError):
    """Too few weeks have passed to learn a phase."""


def without_plans(tables: DemandTables) -> DemandTables:
    """The tables of a shop that announces only which product launches when: no mailer, no planned price.

    Of a mailer and a price it is known afterwards that there were any.
    """
    return replace(
        tables,
        planned_covariates=_told_afterwards(tables.planned_covariates),
        planned_group_mailers=_told_afterwards(tables.planned_group_mailers),
        launch_candidates=tables.launch_candidates.assign(**dict.fromkeys(PLANNED_OF_LAUNCHES, np.nan)),
        first_sales=tables.first_sales.assign(**dict.fromkeys(PLANNED_OF_LAUNCHES, np.nan)),
    )


def _told_afterwards(plans: pd.DataFrame) -> pd.DataFrame:
    return plans.assign(
        known_on=plans["known_on"].where(plans["known_on"] > plans["target_week"], plans["target_week"] + WEEK)
    )


def crown(phase: str, tables: DemandTables, decision_week: pd.Timestamp, config: MlConfig) -> Reign:
    """The declared default of a phase, trained on what this Monday knows, beside its backtest.

    No other may reign: a change needs the backtests of several decision weeks (`ml.champions`).

    Raises:
        TooEarlyError: Too few weeks have passed to learn from.
    """
    default = {phase: DEFAULTS[phase]}
    past = backtest(tables, decision_week, config, default if phase in HELD else {})
    fitted = fit_named(default, tables, decision_week, config)
    if not fitted:
        raise TooEarlyError(
            f"by {decision_week.date()} too few weeks have passed to learn {config.horizon_weeks} weeks of "
            f"{phase} products; ask for later weeks"
        )
    return Reign(fitted[0], past, f"the declared default {fitted[0].name} reigns where one decision week is seen")


def crown_selling(tables: DemandTables, decision_week: pd.Timestamp, config: MlConfig) -> list[Reign]:
    """The champions of what sells already: of established products, and of early ones once there were any to learn from.

    Raises:
        ValueError: Too few weeks have passed to learn from established products.
    """
    reigns = [crown("established", tables, decision_week, config)]
    with suppress(TooEarlyError):
        reigns.append(crown("early", tables, decision_week, config))
    return reigns


def established_rows(
    reigns: Sequence[Reign],
    tables: DemandTables,
    decision_week: pd.Timestamp,
    first_week: pd.Timestamp,
    config: MlConfig,
) -> pd.DataFrame:
    """Every planned product that has sold before, early ones included: its weeks, and the sum of the next 4.

    Products of as many units that have sold nothing for so long that they are no longer listed are not planned;
    of them 0 is said, so that the panel is whole.

    Args:
        reigns: What `crown_selling` found.
        tables: What the decision week knows.
        decision_week: First Monday that is forecast.
        first_week: Monday of the week that the data calls 1.
        config: Of the models.

    Returns:
        One row a product, target and level: `COLUMNS`.
    """
    past = pd.concat([reign.backtest for reign in reigns], ignore_index=True)
    said = forecast([reign.model for reign in reigns], tables, past, decision_week, config)
    rows = _as_rows(said[said["is_planned"]], SUM_WEEKS["established"], first_week)
    gone = _gone(tables, decision_week, rows["product_id"].nunique()).difference(pd.Index(rows["product_id"]))
    one = rows[rows["product_id"] == rows["product_id"].iloc[0]]
    none = pd.DataFrame({"product_id": gone}).merge(one.drop(columns="product_id").assign(value=0.0), how="cross")
    whole = pd.concat([rows, none[list(COLUMNS)]]) if len(none) else rows
    return whole.sort_values(list(COLUMNS[:-1]), ignore_index=True)


def launch_rows(
    reign: Reign, tables: DemandTables, decision_week: pd.Timestamp, first_week: pd.Timestamp, config: MlConfig
) -> pd.DataFrame:
    """Every launch planned for this week, as seen on its Monday: its weeks, and the sum of the first 8.

    The arguments are those of `established_rows`; `reign`, of the phase `new`, may be some weeks older.

    Returns:
        One row a product, target and level: `COLUMNS`; none when no launch is planned for the week.
    """
    seen = tables.launch_candidates
    begin = seen[(seen["decision_week"] == decision_week) & (seen["planned_week"] == decision_week)]
    own = replace(tables, launch_candidates=begin)
    said = forecast([reign.model], own, reign.backtest, decision_week, config)
    return _as_rows(said, SUM_WEEKS["new"], first_week)


def _gone(tables: DemandTables, decision_week: pd.Timestamp, count: int) -> pd.Index:
    """Of the products with most units in the trailing 26 weeks, those that have sold nothing for 13."""
    sales = with_demand(tables.weekly_sales)
    trailing = sales[(sales["week"] >= weeks_after(decision_week, -TRAILING_WEEKS)) & (sales["week"] < decision_week)]
    trailing = trailing.assign(sold_in=trailing["week"].where(trailing["units"] > 0))
    by_product = trailing.groupby(trailing["product_id"].astype(str))
    products = by_product.agg(units=("demand_units", "sum"), last=("sold_in", "max"))
    largest = products.sort_index().sort_values("units", ascending=False, kind="stable").iloc[:count]
    return largest.index[~(largest["last"] >= weeks_after(decision_week, -LISTED_WEEKS))]


def _as_rows(said: pd.DataFrame, sum_weeks: int, first_week: pd.Timestamp) -> pd.DataFrame:
    """`DEMAND_FORECAST` as exported: product totals, weeks by number, the sum by its width below zero.

    Quantiles are whole units, as those of a count are; a mean is not.
    """
    kept = said[
        (said["channel"] == ALL_CHANNELS) & said["window_weeks"].isin([1, sum_weeks]) & said["quantile"].isin(LEVELS)
    ]
    is_week = kept["window_weeks"].to_numpy() == 1
    units = kept["units"].to_numpy(np.float64)
    rows = pd.DataFrame(
        {
            "origin": week_number(kept["decision_week"], first_week),
            "product_id": kept["product_id"].astype(str).to_numpy(),
            "target_week": np.where(is_week, week_number(kept["target_week"], first_week) + 1, -sum_weeks),
            "quantile": kept["quantile"].to_numpy(np.float64),
            "value": np.where(kept["quantile"] == MEAN, units, np.floor(units + 0.5)),
        },
        columns=list(COLUMNS),
    )
    return rows.sort_values(list(COLUMNS[:-1]), ignore_index=True)
