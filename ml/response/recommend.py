"""What each customer is shown of what is in stock and of the launches that the plan makes, and whom each launch is for.

The serving policy fills the list of one customer in one channel out of its `n` eligible products. With probability
`1 − ε` it shows the best ones, sorted by score and moved up where new ones would else hold too few places (`rerank`);
with probability `ε` it shows them in an order drawn uniformly. So the product that the best list has in a place is put
there with probability `1 − ε + ε/n`, any other with `ε/n`: over products this sums to one in each place, and nothing has
probability zero, so that what a list led to can be weighed by its inverse.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.recommendations import LAUNCH_AUDIENCE, RECOMMENDATIONS
from ml.config import MlConfig
from ml.frames import no_rows
from ml.response.interface import FittedResponse
from ml.response.newness import is_new
from ml.response.reach import customer_rates, is_reached, told_rates, wanting_rates
from ml.response.recalibration import Correction
from ml.response.rerank import Reranked, most_exposure, rerank
from ml.response.shown_because import reasons
from ml.response.tasks import CONVERSION

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_LINE = ["product_id", "channel"]
_PLACE = [*_LINE, "placement"]
_LIST = ["customer_id", "channel"]
_LOG = logging.getLogger(__name__)
_AS_IT_IS = Correction()
# Trailing weeks of a customer's own purchases, and how many of them a model's rate counts as.
_WEEKS, _PRIOR_WEEKS = 12, 16


@dataclass(frozen=True)
class Eligible:
    """What may be shown on a decision week.

    Args:
        launches: `RESPONSE_CANDIDATES` of launches of the plan in force.
        planned: These launches: product_id, channel, is_stocked.
        established: `RECOMMENDATION_CANDIDATES`; may be empty.
        products: The shop's products: product_id, category_3 (its name, or missing).
        new_share: Share of what is bought that is new (`fairness.new_share`), in [0, 1].
    """

    launches: pd.DataFrame
    planned: pd.DataFrame
    established: pd.DataFrame
    products: pd.DataFrame
    new_share: float = 0.0


def recommend(
    champions: Mapping[str, FittedResponse],
    eligible: Eligible,
    response_forecast: pd.DataFrame,
    response_backtest: pd.DataFrame,
    decision_week: date,
    config: MlConfig,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`RECOMMENDATIONS` of stocked launches and of products that sell, and `LAUNCH_AUDIENCE` of all launches of the plan.

    Args:
        champions: The reigning model by task; without one of conversion nobody is shown anything.
        eligible: Customers to score for each product.
        response_forecast: What was believed before the plan: each launch's break-even rate, and what a click is worth.
        response_backtest: Scores of weeks just past, which correct the rates of launches.
        decision_week: Monday.
        config: `list_length`, `explored_share`, `new_floor` and the seed.
    """
    buying = champions.get(CONVERSION.name)
    launches = eligible.launches.merge(eligible.planned[[*_LINE, "is_stocked"]], on=_LINE, validate="many_to_one")
    if buying is None or launches.empty and eligible.established.empty:
        return no_rows(RECOMMENDATIONS), no_rows(LAUNCH_AUDIENCE)
    believed = launches[_PLACE].merge(response_forecast, on=_PLACE, how="left", validate="many_to_one")
    wanted = _launch_rates(champions, launches, believed, response_backtest, decision_week)
    rates = [wanted, own_rates(buying, eligible.established)]
    rows = pd.concat([launches, eligible.established.assign(is_stocked=True)], ignore_index=True)
    scored = rows[[*_LINE, "customer_id", "placement"]].assign(
        decision_week=pd.Timestamp(decision_week),
        score=np.concatenate(rates),
        row=np.arange(len(rows)),
        is_launch=np.arange(len(rows)) < len(launches),
        is_new=is_new(rows["product_age_weeks"]),
    )
    floor = eligible.new_share if config.new_floor is None else config.new_floor
    shown = lists(scored[rows["is_stocked"].astype(bool)], decision_week, config, floor)
    named = rows.iloc[shown["row"].to_numpy()].merge(
        eligible.products[["product_id", "category_3"]], "left", "product_id", validate="many_to_one"
    )
    shown = shown.assign(reason=pd.Series(reasons(named), index=shown.index, dtype="str"))
    asked = scored[scored["is_launch"]]
    reached = asked[is_reached(asked["score"], believed["break_even_rate"])]
    return shown[RECOMMENDATIONS.names()], audience(reached)


def _launch_rates(
    champions: Mapping[str, FittedResponse],
    launches: pd.DataFrame,
    believed: pd.DataFrame,
    response_backtest: pd.DataFrame,
    decision_week: date,
) -> Floats:
    """Rate at which each customer would buy each launch, as the forecast counted it.

    Args:
        champions: As of `recommend`.
        launches: Customers and launches.
        believed: Of each the forecast's row.
        response_backtest: As of `recommend`.
        decision_week: Monday.
    """
    bought, clicked = told_rates(champions, launches, response_backtest, decision_week)
    worth = believed["purchases_per_click"].to_numpy(dtype=np.float64, na_value=np.nan)
    return wanting_rates(bought, clicked, worth)


def own_rates(buying: FittedResponse, established: pd.DataFrame) -> Floats:
    """Chance that a customer buys what sells in the week: the model's rate as a prior, his own weeks as evidence.

    With the rate `q` worth `a` weeks and purchases in `k` of the trailing 12: `(a·q + k) / (a + 12)`. Models learn from
    what is promoted, where what is bought every week is rare. Of 2, 4, 8, 16 and 32 weeks, 16 ordered lists of two
    earlier weeks of The Complete Journey best (docs/decisions/0015).

    Args:
        buying: The reigning model of conversion; its calibration saw the latest weeks, so that nothing corrects it.
        established: `RECOMMENDATION_CANDIDATES`.
    """
    rate = customer_rates(buying, established, _AS_IT_IS)
    bought = established["product_bought_weeks_12"].fillna(0.0).to_numpy(dtype=np.float64)
    return (_PRIOR_WEEKS * rate + bought) / (_PRIOR_WEEKS + _WEEKS)


def lists(eligible: pd.DataFrame, decision_week: date, config: MlConfig, floor: float = 0.0) -> pd.DataFrame:
    """The rows that the policy shows, with rank, propensity and is_explored, by customer, channel and rank.

    Whether a list is explored, and its order then, are digests of the seed, the decision week, the customer, the
    channel and the products: the same whatever the rows' order and whoever else is on file.

    Args:
        eligible: One row per customer, channel and product that may be shown: `score`, `is_new` and any other columns.
        decision_week: Monday.
        config: `list_length`, `explored_share` and the seed.
        floor: Share of the places of all customers' best lists, by their weight, that new products hold at least, as far
            as there are enough; the few lists that are explored are not held to it.
    """
    customer, channel, product = (_codes(eligible[name]) for name in (*_LIST, "product_id"))
    score = eligible["score"].to_numpy(dtype=np.float64)
    rows = eligible.iloc[np.lexsort((product, -score, channel, customer))].reset_index(drop=True)
    by_list = rows.groupby(_LIST, sort=False)
    number = np.asarray(by_list.ngroup(), dtype=np.int64)
    by_score = np.asarray(by_list.cumcount() + 1, dtype=np.int64)
    options = np.asarray(by_list["score"].transform("size"), dtype=np.int64)
    greedy_rank = _best_places(rows, number, floor, config.list_length)
    drawn = f"{config.seed}|{decision_week}"
    keys = rows.loc[by_score == 1, _LIST].itertuples(index=False)
    draws = np.array([_uniform(drawn, *key) for key in keys], dtype=np.float64)
    is_explored = (draws < config.explored_share)[number] if len(rows) else np.zeros(0, dtype=bool)
    place = np.where(greedy_rank > 0, greedy_rank, np.inf)
    explored = rows.loc[is_explored, [*_LIST, "product_id"]].itertuples(index=False)
    place[is_explored] = [_uniform(drawn, *key) for key in explored]
    order = np.lexsort((by_score, place, number))
    # Lists stay where they are, each with as many rows as before, so its places are the same numbers.
    rank = np.empty(len(rows), dtype=np.int64)
    rank[order] = by_score
    shown = rows.assign(
        rank=rank,
        is_explored=is_explored,
        propensity=propensity(greedy_rank, rank, options, config.explored_share),
    )
    kept = order[rank[order] <= config.list_length]
    return shown.iloc[kept].reset_index(drop=True)


def _best_places(rows: pd.DataFrame, number: Ints, floor: float, length: int) -> Ints:
    """Place of each row in its best list, from 1; 0 where it is not shown.

    Whatever new products are given, only the first `length` of them and of the others can be shown, so that no other
    row need be ranked again.

    Args:
        rows: By list, the highest score first.
        number: List of each.
        floor: Share of the places that new products hold at least.
        length: Places of a list.
    """
    if rows.empty:
        return np.zeros(0, dtype=np.int64)
    is_near = rows.groupby([number, "is_new"], sort=False).cumcount().to_numpy() < length
    near = rows.loc[is_near, ["score", "is_new"]].assign(list_id=number[is_near], item_id=np.flatnonzero(is_near))
    most = most_exposure(near, length)
    found = rerank(near, min(floor, most), length)
    _tell_price(found, floor)
    ranked = found.rows[found.rows["rank"] <= length]
    places = np.zeros(len(rows), dtype=np.int64)
    places[ranked["item_id"].to_numpy()] = ranked["rank"].to_numpy()
    return places


def _tell_price(found: Reranked, floor: float) -> None:
    if found.exposure > found.exposure_before:
        _LOG.info(
            "a floor of %.3f moves new products from %.3f to %.3f of the places, giving up %.2f of the weighted score",
            *(floor, found.exposure_before, found.exposure, found.loss),
        )
    if floor > found.exposure + 1e-9:
        _LOG.info("there are too few new products for a floor of %.3f: they hold %.3f", floor, found.exposure)


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


def _codes(names: pd.Series) -> Ints:
    return np.asarray(pd.factorize(names, sort=True)[0], dtype=np.int64)


def _uniform(*parts: str) -> float:
    """A number in [0, 1) that these texts, in this order, always give; parts of any letters stay apart."""
    text = "".join(f"{len(part)}:{part}" for part in map(str, parts))
    return int.from_bytes(blake2b(text.encode(), digest_size=7).digest(), "big") / 2.0**56
