"""The three steps of demand: look back, learn, forecast. Each for the models of a week; a race is of all there are."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from contracts.predictions import DEMAND_BACKTEST, DEMAND_FORECAST, PHASES
from contracts.table import Table
from ml.calibration import corrected, factors
from ml.config import MlConfig
from ml.demand.blend import BlendModel
from ml.demand.examples import to_forecast, to_learn, with_outcomes
from ml.demand.figures import figures_of
from ml.demand.interface import ACTUAL, ALL_CHANNELS, DemandFitted, DemandModel, DemandTables
from ml.demand.lstm import LstmModel
from ml.demand.quantiles import as_long, key_columns
from ml.demand.registry import named, of_phase, of_week
from ml.demand.scores import backtest_figures, weekly_changes
from ml.demand.told import as_told
from ml.frames import no_rows
from ml.lanes import Job, in_lanes
from ml.splits import weeks_after

_LOG = logging.getLogger(__name__)
# Phases whose forecasts are held to their backtest. That of launches learned from far fewer launches than today's
# models, and its errors are not today's.
HELD = ("early", "established")
Field = Callable[[str], Sequence[DemandModel]]
"""From a phase to the models that are trained of it: `registry.of_week` or, in a race, `registry.of_phase`."""


def backtest(
    tables: DemandTables,
    decision_week: pd.Timestamp,
    config: MlConfig,
    models: Mapping[str, str] | None = None,
    field: Field = of_week,
    stored: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """What every model of the field has forecast, or would have, for weeks complete by now, beside what happened.

    Established products are forecast from `backtest_weeks` ago, launches from half a horizon before that, so
    that some have sold for a whole horizon since and enough had before. Only windows that are over count, and only those with
    stock throughout.
    Weekly lines are kept for product totals, sums for every channel. Empty when nothing could be learned
    so far back.

    What these models forecast on that Monday is used where it is stored, so that a running shop trains every model once
    a week; else they are trained as they would have been then.

    Args:
        tables: What the decision week knows.
        decision_week: Monday by which windows must be over.
        config: Of the models.
        models: The one model wanted, by phase; the field of every phase when not given.
        field: Models of a phase.
        stored: `DEMAND_FORECAST` of earlier decision weeks.

    Returns:
        `DEMAND_BACKTEST`.
    """
    week = pd.Timestamp(decision_week)
    back = dict.fromkeys(PHASES, config.backtest_weeks) | {"new": config.backtest_weeks + config.horizon_weeks // 2}
    parts = []
    for phase in PHASES if models is None else models:
        origin = weeks_after(week, -back[phase])
        asked = to_forecast(phase, tables, origin, config)
        asked = asked[(asked["channel"] == ALL_CHANNELS) | (asked["window_weeks"] > 1)]
        over = with_outcomes(asked, tables, week) if len(asked) else asked
        if over.empty:
            continue
        own = field(phase) if models is None else [named(phase, models[phase])]
        keys = key_columns(over).assign(actual_units=over[ACTUAL].to_numpy())
        told = as_told(keys, origin, [model.name for model in own], stored)
        if told is not None:
            parts.append(told)
            continue
        for fitted in _fit(phase, tables, origin, config.looking_back(), own):
            answers = fitted.predict(over).reset_index(drop=True)
            parts.append(as_long(keys.assign(model=fitted.name), answers))
    return _promised(parts, DEMAND_BACKTEST, week)


def fit_all(
    tables: DemandTables, decision_week: pd.Timestamp, config: MlConfig, field: Field = of_week
) -> list[DemandFitted]:
    """The field of every phase that has something to learn from, trained on what this Monday knows."""
    week = pd.Timestamp(decision_week)
    return [fitted for phase in PHASES for fitted in _fit(phase, tables, week, config, field(phase))]


def fit_named(
    models: Mapping[str, str], tables: DemandTables, decision_week: pd.Timestamp, config: MlConfig
) -> list[DemandFitted]:
    """One model a phase, by name, trained as `fit_all` would; a phase with nothing to learn from is left out."""
    week, wanted = pd.Timestamp(decision_week), {phase: [named(phase, name)] for phase, name in models.items()}
    return [fitted for phase, own in wanted.items() for fitted in _fit(phase, tables, week, config, own)]


def forecast(
    fitted: Sequence[DemandFitted],
    tables: DemandTables,
    backtest_frame: pd.DataFrame,
    decision_week: pd.Timestamp,
    config: MlConfig,
) -> pd.DataFrame:
    """What these models say of every planned product and every open launch, held to their backtest.

    Returns:
        `DEMAND_FORECAST`: windows of the horizon in each channel and in 'all'.
    """
    week = pd.Timestamp(decision_week)
    is_over = (backtest_frame["target_week"] < week) & backtest_frame["phase"].isin(HELD)
    learned = factors(backtest_frame[is_over])
    parts = []
    for phase in PHASES:
        # While no launch has been early for long enough to learn from, early products are forecast as established ones.
        models = [model for model in fitted if model.subject == phase] or (
            [model for model in fitted if model.subject == "established"] if phase == "early" else []
        )
        asked = _asked(phase, models, tables, week, config)
        for model in models if len(asked) else ():
            keys = key_columns(asked).assign(model=model.name, is_planned=asked["is_planned"].to_numpy(bool))
            raw = model.predict(asked)
            lines = as_long(keys, corrected(raw, keys, model.name, learned))
            parts.append(lines.assign(raw_units=as_long(keys, raw)["units"]))
    return _promised(parts, DEMAND_FORECAST, week)


def _asked(
    phase: str, models: Sequence[DemandFitted], tables: DemandTables, week: pd.Timestamp, config: MlConfig
) -> pd.DataFrame:
    """What the models of a phase are asked; stand-ins of another phase only what the plan decides about."""
    asked = to_forecast(phase, tables, week, config) if models else pd.DataFrame()
    if len(asked) and models[0].subject != phase:
        asked = asked[asked["is_planned"]]
    return asked.reset_index(drop=True)


@dataclass(frozen=True)
class Entered:
    """What a race made.

    Args:
        fitted: Every registered model, trained.
        metrics: Metrics and figures of each by phase and model, as `backtest_metrics` has them.
        weekly: Phase and model of those that every decision week trains.
    """

    fitted: Sequence[DemandFitted]
    metrics: Mapping[tuple[str, str], tuple[dict[str, float], dict[str, Any]]]
    weekly: frozenset[tuple[str, str]]


def race(tables: DemandTables, decision_week: pd.Timestamp, config: MlConfig) -> Entered:
    """Every registered model, looked back and trained on what this Monday knows."""
    past = backtest(tables, decision_week, config, field=of_phase)
    weekly = frozenset((phase, model.name) for phase in PHASES for model in of_week(phase))
    return Entered(
        fit_all(tables, decision_week, config, of_phase), backtest_metrics(past, tables, decision_week), weekly
    )


def backtest_metrics(
    backtest_frame: pd.DataFrame, tables: DemandTables, decision_week: pd.Timestamp
) -> dict[tuple[str, str], tuple[dict[str, float], dict[str, Any]]]:
    """Metrics and figures by phase and model, as a run logs them; none of an empty backtest."""
    if backtest_frame.empty:
        return {}
    figures = figures_of(backtest_frame, last_prices(tables.weekly_sales))
    changes = weekly_changes(tables.weekly_sales, pd.Timestamp(decision_week))
    return {key: (found, figures.get(key, {})) for key, found in backtest_figures(backtest_frame, changes).items()}


def last_prices(weekly_sales: pd.DataFrame) -> pd.Series:
    """Shelf price per unit by product, from the last week in which it sold."""
    sold = weekly_sales[weekly_sales["units"] > 0]
    product = sold["product_id"].astype(str)
    newest = sold["week"] == sold.groupby(product)["week"].transform("max")
    last = sold[newest].groupby(product[newest])[["gross_revenue", "units"]].sum().astype(float)
    return last["gross_revenue"] / last["units"]


def _fit(
    phase: str, tables: DemandTables, week: pd.Timestamp, config: MlConfig, models: Sequence[DemandModel]
) -> list[DemandFitted]:
    """These models of a phase, trained; none where too few weeks have passed. Parts of a blend are trained once."""
    examples = to_learn(phase, tables, week, config)
    if not _speaks_of_every_window(examples, config):
        _LOG.warning(
            "%s: by %s too few weeks have passed to learn every window of %d weeks; no %s model is trained",
            phase,
            week.date(),
            config.horizon_weeks,
            phase,
        )
        return []
    own = [model for model in models if not isinstance(model, BlendModel)]
    jobs = [Job(partial(model.fit, examples, config), isinstance(model, LstmModel)) for model in own]
    fitted = {model.name: found for model, found in zip(own, in_lanes(jobs, config.threads), strict=True)}
    for blend in (model for model in models if isinstance(model, BlendModel)):
        parts = [fitted.get(part.name) or part.fit(examples, config) for part in blend.parts]
        fitted[blend.name] = blend.of(parts)
    return list(fitted.values())


def _speaks_of_every_window(examples: pd.DataFrame, config: MlConfig) -> bool:
    """Whether some total has been seen over the whole horizon; then every shorter window has too."""
    if examples.empty:
        return False
    is_total = examples["channel"] == ALL_CHANNELS
    return bool((examples["offset_weeks"] + examples["window_weeks"])[is_total].max() >= config.horizon_weeks)


def _promised(parts: list[pd.DataFrame], table: Table, week: pd.Timestamp) -> pd.DataFrame:
    """The parts under one another with exactly the promised columns."""
    if not parts:
        return no_rows(table)
    whole = pd.concat(parts, ignore_index=True).assign(decision_week=week)
    if not np.isfinite(whole["units"]).all():
        first = whole[~np.isfinite(whole["units"])].iloc[0]
        raise ValueError(
            f"{table.name}: {first['model']} gave no number for {first['product_id']}, "
            f"{first['channel']}, {first['target_week'].date()}"
        )
    return whole[table.names()]
