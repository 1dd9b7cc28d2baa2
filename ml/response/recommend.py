"""What each customer is shown of the launches that the plan makes, and whom each launch is for.

The serving policy fills the list of one customer in one channel out of its `n` eligible launches. With probability
`1 − ε` it sorts them by score, with probability `ε` it shows them in an order drawn uniformly. So the product that the
sorted list has in a place is put there with probability `1 − ε + ε/n`, any other with `ε/n`: over products this sums to
one in each place, and nothing has probability zero, so that what a list led to can be weighed by its inverse.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from hashlib import blake2b

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.recommendations import LAUNCH_AUDIENCE, RECOMMENDATIONS
from contracts.table import Table
from ml.config import MlConfig
from ml.response.interface import FittedResponse
from ml.response.reach import customer_rates, is_reached
from ml.response.recalibration import correction
from ml.response.shown_because import reasons
from ml.response.tasks import CONVERSION

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_LINE = ["product_id", "channel"]
_LIST = ["customer_id", "channel"]
_TYPES = {"date": "datetime64[us]", "varchar": "str", "double": "float64", "integer": "int64", "boolean": "bool"}


def recommend(
    champions: Mapping[str, FittedResponse],
    response_candidates: pd.DataFrame,
    response_forecast: pd.DataFrame,
    response_backtest: pd.DataFrame,
    launches: pd.DataFrame,
    decision_week: date,
    config: MlConfig,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`RECOMMENDATIONS` of stocked launches, and `LAUNCH_AUDIENCE` of all launches of the plan.

    Args:
        champions: The reigning model by task; without one of conversion nobody is shown anything.
        response_candidates: Customers to score for each of the launches; those of other open launches are left out.
        response_forecast: What was believed before the plan: the break-even rate of each launch.
        response_backtest: Scores of weeks just past, which correct the rates.
        launches: What the plan in force launches: product_id, channel, is_stocked, category_3 (its name, or missing).
        decision_week: Monday.
        config: `list_length`, `explored_share` and the seed.
    """
    buying = champions.get(CONVERSION.name)
    planned = response_candidates.merge(
        launches[[*_LINE, "is_stocked", "category_3"]], on=_LINE, validate="many_to_one"
    )
    if buying is None or planned.empty:
        return no_rows(RECOMMENDATIONS), no_rows(LAUNCH_AUDIENCE)
    learned = correction(response_backtest, buying, decision_week)
    believed = response_forecast[[*_LINE, "placement", "break_even_rate"]]
    scored = planned[[*_LINE, "customer_id", "placement", "is_stocked", "category_3"]].assign(
        decision_week=pd.Timestamp(decision_week),
        score=customer_rates(buying, planned, learned),
        row=np.arange(len(planned)),
    )
    scored = scored.merge(believed, on=[*_LINE, "placement"], how="left", validate="many_to_one")
    shown = lists(scored[scored["is_stocked"].astype(bool)], decision_week, config)
    told = reasons(planned.iloc[shown["row"].to_numpy()])
    shown = shown.assign(reason=pd.Series(told, index=shown.index, dtype="str"))
    reached = scored[is_reached(scored["score"], scored["break_even_rate"])]
    return shown[RECOMMENDATIONS.names()], audience(reached)


def lists(eligible: pd.DataFrame, decision_week: date, config: MlConfig) -> pd.DataFrame:
    """The rows that the policy shows, with rank, propensity and is_explored, by customer, channel and rank.

    Whether a list is explored, and its order then, are digests of the seed, the decision week, the customer, the
    channel and the products: the same whatever the rows' order and whoever else is on file.

    Args:
        eligible: One row per customer, channel and product that may be shown: `score` and any other columns.
        decision_week: Monday.
        config: `list_length`, `explored_share` and the seed.
    """
    customer, channel, product = (_codes(eligible[name]) for name in (*_LIST, "product_id"))
    score = eligible["score"].to_numpy(dtype=np.float64)
    rows = eligible.iloc[np.lexsort((product, -score, channel, customer))].reset_index(drop=True)
    by_list = rows.groupby(_LIST, sort=False)
    number = by_list.ngroup().to_numpy()
    greedy_rank = np.asarray(by_list.cumcount() + 1, dtype=np.int64)
    options = np.asarray(by_list["score"].transform("size"), dtype=np.int64)
    drawn = f"{config.seed}|{decision_week}"
    keys = rows.loc[greedy_rank == 1, _LIST].itertuples(index=False)
    draws = np.array([_uniform(drawn, *key) for key in keys], dtype=np.float64)
    is_explored = (draws < config.explored_share)[number] if len(rows) else np.zeros(0, dtype=bool)
    place = greedy_rank.astype(np.float64)
    explored = rows.loc[is_explored, [*_LIST, "product_id"]].itertuples(index=False)
    place[is_explored] = [_uniform(drawn, *key) for key in explored]
    order = np.lexsort((greedy_rank, place, number))
    # Lists stay where they are, each with as many rows as before, so its places are the same numbers.
    rank = np.empty(len(rows), dtype=np.int64)
    rank[order] = greedy_rank
    shown = rows.assign(
        rank=rank,
        is_explored=is_explored,
        propensity=propensity(greedy_rank, rank, options, config.explored_share),
    )
    kept = order[rank[order] <= config.list_length]
    return shown.iloc[kept].reset_index(drop=True)


def propensity(greedy_rank: Ints, rank: Ints, options: Ints, explored_share: float) -> Floats:
    """Probability with which a product stands in a place, whichever way the list was filled.

    Args:
        greedy_rank: Place of the product when the list is sorted by score.
        rank: The place asked about.
        options: Products that could stand in it.
        explored_share: `ε`.

    >>> propensity(np.array([1, 2]), np.array([1, 1]), np.array([4, 4]), 0.2).tolist()
    [0.8500000000000001, 0.05]
    """
    return (1.0 - explored_share) * (greedy_rank == rank) + explored_share / options


def audience(reached: pd.DataFrame) -> pd.DataFrame:
    """`LAUNCH_AUDIENCE` of reached customers with their scores, the likeliest first; ties by customer."""
    order = [*_LINE, "score", "customer_id"]
    rows = reached.sort_values(order, ascending=[True, True, False, True], ignore_index=True)
    return rows.assign(rank=rows.groupby(_LINE).cumcount() + 1)[LAUNCH_AUDIENCE.names()]


def no_rows(table: Table) -> pd.DataFrame:
    """An empty frame of a table, typed."""
    return pd.DataFrame({c.name: pd.Series(dtype=_TYPES[c.type]) for c in table.columns})


def _codes(names: pd.Series) -> Ints:
    return np.asarray(pd.factorize(names, sort=True)[0], dtype=np.int64)


def _uniform(*parts: str) -> float:
    """A number in [0, 1) that these texts, in this order, always give; parts of any letters stay apart."""
    text = "".join(f"{len(part)}:{part}" for part in map(str, parts))
    return int.from_bytes(blake2b(text.encode(), digest_size=7).digest(), "big") / 2.0**56
