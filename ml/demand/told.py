"""Forecasts of earlier decision weeks, read back: what a model said then is its backtest now."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

_LINE = ["product_id", "channel", "target_week", "window_weeks"]


def as_told(
    keys: pd.DataFrame, origin: pd.Timestamp, models: Sequence[str], stored: pd.DataFrame | None
) -> pd.DataFrame | None:
    """What each of these models said on a Monday of these lines, before it was held to its past.

    Lines that some of the models did not speak of are left out for all, so that they stay comparable.

    Args:
        keys: Windows that are over by now, one row each, with what then sold.
        origin: The Monday.
        models: Their names.
        stored: `DEMAND_FORECAST` of earlier decision weeks, if any is kept.

    Returns:
        One row a line, model and level: the columns of `keys`, `model`, `quantile` and `units`. None where not all
        the models were asked on that Monday, or no line is left; then they must be trained as they would have been.
    """
    if stored is None or stored.empty:
        return None
    then = stored[(stored["decision_week"] == origin) & stored["model"].isin(models)].dropna(subset="raw_units")
    if then["model"].nunique() < len(set(models)):
        return None
    said = then[[*_LINE, "model", "quantile", "raw_units"]].rename(columns={"raw_units": "units"})
    lines = keys.merge(said, on=_LINE, how="inner", validate="one_to_many")
    spoke = lines.groupby(_LINE)["model"].transform("nunique")
    whole = lines[spoke == len(set(models))]
    return whole.sort_values(["model", *_LINE, "quantile"], ignore_index=True) if len(whole) else None
