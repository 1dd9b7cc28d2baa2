"""Four forecasts that need no model, scored alike on the real rows and on a simulated shop's.

The real scores stand here as a constant, so that the shop's ranking can be held against them without the real rows;
`python -m benchmarks.shop --warehouse FILE` measures them anew.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from shop.parts import Floats, Ints

# Weeks of sales whose mean is the forecast of each week to come.
BASELINES = {"last_week": 1, "mean_4_weeks": 4, "mean_8_weeks": 8, "mean_13_weeks": 13}
HORIZON = 8
_YEAR, _UNITS_A_YEAR = 52, 52
# The Complete Journey, merchandise, weeks 2 to 53, 7,473 products of 52 units or more; weekly WAPE of horizons 1 to 8,
# mean over the origins after 13 to 44 weeks. The means of 8 and 13 weeks lie 0.2 % apart: of 32 origins each is better
# on about half.
REAL_ERRORS = {"mean_8_weeks": 0.6856, "mean_13_weeks": 0.6870, "mean_4_weeks": 0.7010, "last_week": 0.8121}


def weekly_errors(units: Ints) -> dict[str, float]:
    """Weekly WAPE of each baseline over the next `HORIZON` weeks, mean over all origins of (P, W) weekly units.

    Only products of 52 units or more in the first year count; an origin needs 13 weeks behind it.

    >>> weekly_errors(np.full((1, 52), 2))["last_week"]
    0.0
    """
    steady = units[units[:, :_YEAR].sum(axis=1) >= _UNITS_A_YEAR].astype(np.float64)
    origins = range(max(BASELINES.values()), units.shape[1] - HORIZON + 1)
    return {
        name: float(
            np.mean([_wape(steady[:, o - weeks : o].mean(axis=1), steady[:, o : o + HORIZON]) for o in origins])
        )
        for name, weeks in BASELINES.items()
    }


def ranking(errors: dict[str, float]) -> list[str]:
    """Baselines from the best to the worst.

    >>> ranking(REAL_ERRORS)[0]
    'mean_8_weeks'
    """
    return sorted(BASELINES, key=errors.__getitem__)


def real_units(warehouse: Path) -> Ints:
    """(P, 52) weekly units of the Complete Journey, from a warehouse that holds `features.weekly_sales`."""
    import duckdb

    query = """
        select product_id, date_diff('week', date '2017-01-02', week) as number, sum(units)::bigint as units
        from features.weekly_sales where units > 0 group by product_id, week
    """
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(query).df()
    products, place = np.unique(rows["product_id"].to_numpy(dtype=str), return_inverse=True)
    units = np.zeros((len(products), _YEAR), dtype=np.int64)
    np.add.at(units, (place, rows["number"].to_numpy(dtype=np.int64)), rows["units"].to_numpy(dtype=np.int64))
    return units


def _wape(forecast: Floats, actual: Floats) -> float:
    return float(np.abs(actual - forecast[:, None]).sum() / actual.sum())
