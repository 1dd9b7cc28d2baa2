"""What moves the forecast of a product that has sold: the factors that boosted trees put on its level.

Launches have no level of their own; what speaks for them is `analogues`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from contracts.explanations import (
    BASE,
    BASE_MEANING,
    CORRECTION,
    CORRECTION_MEANING,
    DEMAND_DRIVERS,
    DRIVER_WEEKS,
    DRIVERS,
    OTHERS,
    OTHERS_MEANING,
)
from contracts.features import CALENDAR_WEEKS, DEMAND_FEATURES, LAUNCH_CANDIDATES, PLANNED_COVARIATES
from contracts.predictions import MEAN
from contracts.table import Role
from ml.config import MlConfig
from ml.demand.blend import Blend
from ml.demand.examples import ELSEWHERE, to_forecast
from ml.demand.interface import ALL_CHANNELS, DemandFitted, DemandTables
from ml.demand.lightgbm_quantiles import LightgbmQuantiles
from ml.demand.weekly import DERIVED

# What is asked rather than known: the same for every product, so never named as what moves one.
_ASKED = ("channel", "offset_weeks", "window_weeks")
_DECLARED = (LAUNCH_CANDIDATES, PLANNED_COVARIATES, CALENDAR_WEEKS, DEMAND_FEATURES)
MEANINGS: Mapping[str, str] = {
    **{name: table.column(name).meaning for table in _DECLARED for name in table.names(Role.FEATURE)},
    **DERIVED,
    **{name: meaning for name, (_, meaning) in ELSEWHERE.items()},
    BASE: BASE_MEANING,
    OTHERS: OTHERS_MEANING,
    CORRECTION: CORRECTION_MEANING,
}
"""What a driver is, in plain words."""


def demand_drivers(
    reigning: Mapping[str, DemandFitted],
    forecast: pd.DataFrame,
    tables: DemandTables,
    decision_week: pd.Timestamp,
    config: MlConfig,
) -> pd.DataFrame:
    """The factors of each planned product that has sold, where boosted trees reign or are part of what reigns.

    Early products are explained by the model that forecasts them, which is that of established ones while no model of
    their phase was trained.

    Args:
        reigning: The reigning models, by phase.
        forecast: `DEMAND_FORECAST` of the week, to which the factors multiply.
        tables: What the decision week knows.
        decision_week: The Monday.
        config: Of the models.

    Returns:
        `DEMAND_DRIVERS`.
    """
    week, parts = pd.Timestamp(decision_week), []
    for phase in ("early", "established"):
        model = reigning.get(phase, reigning.get("established"))
        trees = boosted(model)
        asked = _asked(phase, tables, week, config) if trees else pd.DataFrame()
        if model and trees and len(asked):
            whole = trees.mean_factors(asked)
            stated = _stated(forecast[(forecast["phase"] == phase) & (forecast["model"] == model.name)])
            told = pd.concat([factors(whole, asked), _correction(whole, asked, stated)], ignore_index=True)
            parts.append(told.assign(phase=phase, model=trees.name))
    if not parts:
        return pd.DataFrame(columns=DEMAND_DRIVERS.names())
    told = pd.concat(parts, ignore_index=True).sort_values(["product_id", "rank"], ignore_index=True)
    return told.assign(decision_week=week, meaning=told["driver"].map(MEANINGS))[DEMAND_DRIVERS.names()]


def boosted(model: DemandFitted | None) -> LightgbmQuantiles | None:
    """The boosted trees of a model: itself, or the part of a blend."""
    parts = model.parts if isinstance(model, Blend) else (model,)
    return next((part for part in parts if isinstance(part, LightgbmQuantiles)), None)


def factors(whole: pd.DataFrame, examples: pd.DataFrame) -> pd.DataFrame:
    """The largest factors of each example, its base, and the product of all others; a row each.

    Args:
        whole: As `LightgbmQuantiles.mean_factors` gives them.
        examples: The same rows, with the features' values and `product_id`.
    """
    names = whole.columns.drop(BASE).to_numpy()
    logs = np.log(whole[names].to_numpy(np.float64))
    order = np.argsort(np.where(np.isin(names, _ASKED), 1.0, -np.abs(logs)), axis=1, kind="stable")
    foremost, rest = order[:, :DRIVERS], order[:, DRIVERS:]
    sizes = np.exp(np.take_along_axis(logs, foremost, axis=1))
    others = np.exp(np.take_along_axis(logs, rest, axis=1).sum(axis=1))
    products = examples["product_id"].to_numpy()
    ranked = [
        pd.DataFrame(
            {
                "product_id": products,
                "driver": names[foremost[:, at]],
                "rank": at + 1,
                "factor": sizes[:, at],
                "feature_value": _values(examples, names[foremost[:, at]]),
            }
        )
        for at in range(foremost.shape[1])
    ]
    ends = [(BASE, 0, whole[BASE].to_numpy()), (OTHERS, DRIVERS + 1, others)]
    ranked += [
        pd.DataFrame({"product_id": products, "driver": name, "rank": rank, "factor": factor, "feature_value": None})
        for name, rank, factor in ends
    ]
    return pd.concat(ranked, ignore_index=True).sort_values(["product_id", "rank"], ignore_index=True)


def _correction(whole: pd.DataFrame, examples: pd.DataFrame, stated: pd.Series) -> pd.DataFrame:
    """What lies between the explained mean and the stated one, of each product of which there is one."""
    means = pd.Series(whole.prod(axis=1).to_numpy(), index=examples["product_id"].to_numpy())
    factor = (stated / means).dropna()
    row = {"product_id": factor.index, "driver": CORRECTION, "rank": DRIVERS + 2, "feature_value": None}
    return pd.DataFrame({**row, "factor": factor.to_numpy()})


def _stated(forecast: pd.DataFrame) -> pd.Series:
    """Mean of the sum that is explained, by product."""
    is_sum = (forecast["channel"] == ALL_CHANNELS) & (forecast["window_weeks"] == DRIVER_WEEKS)
    return forecast[is_sum & (forecast["quantile"] == MEAN)].set_index("product_id")["units"].astype("float64")


def _values(examples: pd.DataFrame, names: np.ndarray) -> list[str | None]:
    """Value of the named feature in each row, as one reads it; None where it is not known."""
    held = {name: examples[name].tolist() for name in set(names)}
    values = [held[name][row] for row, name in enumerate(names)]
    return [None if pd.isna(v) else v if isinstance(v, str) else f"{v:.4g}" for v in values]


def _asked(phase: str, tables: DemandTables, week: pd.Timestamp, config: MlConfig) -> pd.DataFrame:
    """One row a planned product of the phase: its sum of the first weeks, all channels."""
    asked = to_forecast(phase, tables, week, config)
    is_sum = (asked["channel"] == ALL_CHANNELS) & (asked["window_weeks"] == DRIVER_WEEKS)
    return asked[is_sum & asked["is_planned"].astype(bool)]
