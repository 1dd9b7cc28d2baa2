"""A shop whose shelves run empty: what was wanted, and what features and sales say of it with counts and without."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from support.demand_tables import CHANNELS, FIRST_WEEK, WEEK, WEEKS, features_of, make_demand_tables

from ml.demand.interface import DemandTables

_BACK, _FEWEST = 8, 2
_SERIES = ["product_id", "channel"]


@dataclass(frozen=True)
class StockOuts:
    """The same weeks three times.

    Args:
        wanted: `DemandTables` had stock never been out.
        counted: With counts: stock-outs are marked, and what they lost is estimated.
        uncounted: Without: what sold is all that is known.
    """

    wanted: DemandTables
    counted: DemandTables
    uncounted: DemandTables


def make_stock_outs(share: float = 0.3, seed: int = 4) -> StockOuts:
    """Of what is wanted a third is served in that share of weeks, drawn by product, channel and week, and in 10 weeks on
    end of one of the shelves.
    """
    rng = np.random.default_rng(seed)
    whole = make_demand_tables(launches=8)
    sales = whole.weekly_sales[whole.weekly_sales["product_id"].str.startswith("P")]
    ids = sorted(sales["product_id"].unique())
    every = pd.MultiIndex.from_product([ids, CHANNELS, range(WEEKS)], names=[*_SERIES, "number"])
    rows = sales.assign(number=(sales["week"] - FIRST_WEEK) // WEEK).set_index(every.names)
    wanted = rows["units"].reindex(every, fill_value=0).to_numpy().reshape(len(ids), len(CHANNELS), WEEKS)
    is_out = rng.random(wanted.shape) < share
    is_out[0, 0, 24:34] = True
    sold = np.where(is_out, wanted // 3, wanted)
    lost = _lost(sold, is_out)
    told = rows.reindex(every).assign(
        units=sold.reshape(-1), was_in_stock=~is_out.reshape(-1), lost_units=lost.reshape(-1)
    )
    told = told[(told["units"] > 0) | ~told["was_in_stock"]].reset_index()
    week = FIRST_WEEK + pd.to_timedelta(7 * told.pop("number"), unit="D")
    told = told.assign(week=week, known_on=week + WEEK).fillna(
        {"customers": 0, "gross_revenue": 0.0, "net_revenue": 0.0, "mailer_locations": 0, "display_locations": 0}
    )
    told["is_mailer"] = False
    untold = told[told["units"] > 0].assign(was_in_stock=None, lost_units=0.0)
    return StockOuts(
        wanted=whole,
        counted=_seen(whole, ids, sold + np.nan_to_num(lost), told),
        uncounted=_seen(whole, ids, sold, untold),
    )


def _seen(whole: DemandTables, ids: list[str], units: np.ndarray, sales: pd.DataFrame) -> DemandTables:
    """The shop with other units and sales of what is established."""
    own = whole.demand_features[whole.demand_features["product_id"].isin(ids)]
    totals = own[own["channel"] == "all"].sort_values(["product_id", "week"])
    features = features_of(ids, units, totals["mailer_1"].to_numpy().reshape(len(ids), WEEKS))
    launched = [frame[~frame["product_id"].isin(ids)] for frame in (whole.demand_features, whole.weekly_sales)]
    return replace(
        whole,
        demand_features=pd.concat([features, launched[0]], ignore_index=True),
        weekly_sales=pd.concat([sales, launched[1]], ignore_index=True),
    )


def _lost(sold: np.ndarray, is_out: np.ndarray) -> np.ndarray:
    """What weeks in stock of the 8 before sold on average, less what sold; NaN where fewer than 2 were; 0 in stock."""
    lost = np.zeros(sold.shape)
    for product, channel, week in zip(*np.nonzero(is_out), strict=True):
        before = np.arange(max(week - _BACK, 0), week)
        in_stock = sold[product, channel, before][~is_out[product, channel, before]]
        is_known = len(in_stock) >= _FEWEST
        more = in_stock.mean() - sold[product, channel, week] if is_known else np.nan
        lost[product, channel, week] = np.maximum(more, 0.0)
    return lost
