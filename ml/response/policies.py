"""Policies that could have filled the logged lists: what each might show in a place, and with which chance.

A policy gives every candidate a weight s above 0 and fills a list from the top without replacement (Plackett–Luce, as
Plackett 1975): in a place whose list holds the products H above it, candidate a is shown with chance

    π(a | H) = s_a / (Σ over candidates s − Σ over candidates in H s),   0 for what is no candidate.

The log does not tell which products a list could have held. Candidates of a list are therefore the products that
the same channel showed in the weeks before, in any placement, and of a placement whose lists each keep to one category_2
(a category's page) those of that category. What is on sale stays so, as a rule: a candidate that is gone by the time
makes weights average to less than 1, which `off_policy` tells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.features import RESPONSE_FEATURES_COLUMNS
from ml.response.interface import FittedResponse

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
POLICIES = ("random", "popularity", "model")
# Power of a model's rate that a product weighs: twice the rate is shown four times as often.
SHARPNESS = 2.0
LIST = ["channel", "placement", "request_id"]
CHOICE = ["channel", "placement", "part"]
_SHOP_WIDE = ""
_PLACE = ["display_code", "mailer_code", "has_display", "has_mailer"]
# What a row knows of its customer; a candidate is scored for the middling one.
_OF_CUSTOMERS = (
    "product_bought_before",
    "weeks_since_product",
    "category_3_bought_before",
    "category_2_bought_before",
    "seller_bought_before",
    "weeks_since_category_3",
    "customer_baskets_12",
    "customer_units_12",
)


@dataclass(frozen=True)
class Candidates:
    """What lists could have shown.

    Args:
        products: One row a channel, placement, part (category_2 of lists that keep to one, else empty) and product_id.
        weights: By policy, (candidates,) above 0.
        rates: (candidates, positions) rate that a model of earlier weeks predicts in each place, from the top.
    """

    products: pd.DataFrame
    weights: dict[str, Floats]
    rates: Floats


def whole_lists(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of lists that are logged whole, from the top without a gap, with propensities in (0, 1], in order.

    What may stand in a place depends on what stands above it, so that other lists say nothing. Lists are told apart by
    channel, placement and request_id.
    """
    placed = rows.sort_values([*LIST, "position", "impression_id"], ignore_index=True)
    is_told = placed["request_id"].notna() & placed["propensity"].gt(0) & placed["propensity"].le(1)
    is_next = placed["position"] == placed.groupby(LIST, dropna=False).cumcount() + 1
    good = (is_told & is_next).groupby([placed[name] for name in LIST], dropna=False).transform("all")
    return placed[good].reset_index(drop=True)


def with_parts(lists: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Lists with `part`: their category_2 where all lists of their placement keep to one each, else empty.

    Args:
        lists: As `whole_lists` returns them.
        before: Whole lists of the weeks before, which say with them what each placement keeps to.
    """
    seen = pd.concat([before, lists])
    kinds = seen.groupby(LIST)["category_2"].agg(lambda values: values.nunique(dropna=False)).reset_index()
    keeps = kinds.groupby(["channel", "placement"])["category_2"].max().eq(1)
    is_kept = pd.MultiIndex.from_frame(lists[["channel", "placement"]]).map(keeps.to_dict()).to_numpy(dtype=bool)
    return lists.assign(part=lists["category_2"].where(is_kept, _SHOP_WIDE).astype("str"))


def candidates(lists: pd.DataFrame, before: pd.DataFrame, model: FittedResponse) -> Candidates:
    """The candidates of these lists, as known before them.

    Args:
        lists: Lists with parts.
        before: Rows of `response_features` of the weeks before, a product known by its last row in a channel.
        model: Learned from those weeks or earlier ones. Its rates are the policy `model` and the direct part of the
            doubly robust estimate; they are of the middling customer, as nobody logged what each customer had bought of
            the products that he was not shown.
    """
    placements = lists[CHOICE].drop_duplicates().sort_values(CHOICE, ignore_index=True)
    shown = before.sort_values(["week", "impression_id"]).drop_duplicates(["channel", "product_id"], keep="last")
    middling = {name: before[name].fillna(np.inf).median() for name in _OF_CUSTOMERS}
    middling = {name: np.nan if np.isinf(value) else value for name, value in middling.items()}
    places = lists.drop_duplicates(["channel", "placement"])[["channel", "placement", *_PLACE]]
    features = [column.name for column in RESPONSE_FEATURES_COLUMNS if column.name not in _PLACE]
    # Of nobody in particular, so that nobody's taste speaks either.
    known = shown[["channel", "product_id", *features]].assign(**middling, customer_id="")
    pairs = placements.merge(known, on="channel").merge(places, on=["channel", "placement"])
    pairs = pairs[(pairs["part"] == _SHOP_WIDE) | (pairs["part"] == pairs["category_2"].astype("str"))]
    pairs = pairs.sort_values([*CHOICE, "product_id"], ignore_index=True)
    rates = _rates(model, pairs, int(lists["position"].max()))
    units = pairs["product_units_12"].fillna(0.0).to_numpy(dtype=np.float64)
    weights = {
        "random": np.ones(len(pairs)),
        "popularity": units + 1.0,
        "model": np.maximum(rates.mean(axis=1), 1e-12) ** SHARPNESS,
    }
    return Candidates(pairs[[*CHOICE, "product_id"]], weights, rates)


def _rates(model: FittedResponse, pairs: pd.DataFrame, positions: int) -> Floats:
    """(candidates, positions) rates; the same in every place for a task that is not told places."""
    if not model.task.places:
        return np.repeat(model.predict(pairs)[:, None], positions, axis=1)
    (place,) = model.task.places
    return np.column_stack([model.predict(pairs.assign(**{place: float(k + 1)})) for k in range(positions)])


@dataclass(frozen=True)
class Placed:
    """Lists beside their candidates.

    Args:
        list_: (places,) number of its list.
        position: (places,) from 0.
        chosen: (lists, positions) candidate that stands there, −1 for none or what is no candidate.
        choice: (lists,) number of the choice that a list is made from, −1 where there is none.
        starts: (choices + 1,) where each choice's candidates start.
    """

    list_: Ints
    position: Ints
    chosen: Ints
    choice: Ints
    starts: Ints


def place(lists: pd.DataFrame, known: Candidates) -> Placed:
    """Find each place's candidate. `lists` as `with_parts` returns them."""
    keys = pd.MultiIndex.from_frame(known.products[[*CHOICE, "product_id"]])
    found = keys.get_indexer(pd.MultiIndex.from_frame(lists[[*CHOICE, "product_id"]])).astype(np.int64)
    choices = known.products[CHOICE].drop_duplicates()
    starts = np.append(choices.index.to_numpy(dtype=np.int64), len(known.products))
    number = np.cumsum(lists["position"].to_numpy(dtype=np.int64) == 1) - 1
    position = lists["position"].to_numpy(dtype=np.int64) - 1
    is_first = position == 0
    of_list = pd.MultiIndex.from_frame(choices).get_indexer(pd.MultiIndex.from_frame(lists.loc[is_first, CHOICE]))
    chosen = np.full((int(is_first.sum()), known.rates.shape[1]), -1, dtype=np.int64)
    chosen[number, position] = found
    return Placed(number, position, chosen, np.asarray(of_list, dtype=np.int64), starts)


def chances(placed: Placed, known: Candidates, policy: str) -> pd.DataFrame:
    """One row a place, in the lists' order: `target`, `predicted`, `expected`, and `has_choice`.

    A place has a choice where a candidate is left that does not stand above it; elsewhere the policy has nothing to show,
    and its chances are 0. Which places these are follows from what stands above them, not from what was shown there.
    """
    weight, rates = known.weights[policy], known.rates
    is_known = placed.chosen >= 0
    own = np.where(is_known, weight[placed.chosen], 0.0)
    above, count = (np.cumsum(values, axis=1) - values for values in (own, is_known.astype(np.float64)))
    has_any = placed.choice >= 0
    totals = np.add.reduceat(np.column_stack([weight, np.ones_like(weight)]), placed.starts[:-1], axis=0)
    expected_all = np.add.reduceat(weight[:, None] * rates, placed.starts[:-1], axis=0)
    left = np.where(has_any, totals[placed.choice, 0], 0.0)[:, None] - above
    is_left = np.where(has_any, totals[placed.choice, 1], 0.0)[:, None] - count > 0.5
    # A difference of sums may fall below the last product's own weight by rounding.
    left = np.maximum(left, np.maximum(own, np.finfo(np.float64).tiny))
    target = np.where(is_left, own / left, 0.0)
    expected, predicted = np.zeros_like(own), np.zeros_like(own)
    for k in range(own.shape[1]):
        of_place = np.where(is_known, rates[placed.chosen, k], 0.0)
        rest = np.where(has_any, expected_all[placed.choice, k], 0.0) - (own * of_place)[:, :k].sum(axis=1)
        expected[:, k] = np.where(is_left[:, k], np.maximum(rest, 0.0) / left[:, k], 0.0)
        predicted[:, k] = of_place[:, k]
    at = placed.list_, placed.position
    parts = {"target": target, "predicted": predicted, "expected": expected, "has_choice": is_left}
    return pd.DataFrame({name: values[at] for name, values in parts.items()})
