"""Whole lists of a sample of visits, as each response model would order them: its first ten places beside what was bought.

A sample of what was passed by says nothing of places: among few others a bought product is soon first. So lists are
whole ones (`features.response_lists`), and rows of them weigh 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.recommendations import ESTABLISHED, NEW, UNKNOWN
from contracts.response_backtests import RESPONSE_EXPOSURE, RESPONSE_LIST_SCORES
from ml.frames import no_rows
from ml.response.average import predict_together
from ml.response.interface import FittedResponse
from ml.response.newness import is_new
from ml.response.rerank import most_exposure, rerank
from ml.response.tasks import CONVERSION

Floats = NDArray[np.float64]
# Places of a list that count.
SHOWN = 10
_MEASURES = ("ndcg_10", "precision_10", "recall_10", "f1_10")


def judge_lists(
    fitted: Sequence[FittedResponse], response_lists: pd.DataFrame, products: pd.DataFrame, decision_week: date
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How each conversion model orders whole lists, list by list, and what groups of products it shows.

    Args:
        fitted: Models; those of other tasks are left out, since what a list that was logged left out is not known.
        response_lists: `RESPONSE_LISTS` of weeks that the models did not see; may be empty.
        products: product_id, seller_id, brand.
        decision_week: Monday.

    Returns:
        `RESPONSE_LIST_SCORES` and `RESPONSE_EXPOSURE`.
    """
    asked = [model for model in fitted if model.subject == CONVERSION.name] if len(response_lists) else []
    if not asked:
        return no_rows(RESPONSE_LIST_SCORES), no_rows(RESPONSE_EXPOSURE)
    rows = _listed(response_lists, products)
    scores, shown = [], []
    rates = predict_together(asked, response_lists)
    for model in asked:
        scored = rows.assign(score=rates[model.name])
        ordered, lists = ordered_lists(scored)
        lists = lists.assign(ndcg_10_floor=_with_floor(ordered, lists))
        scores.append(lists.assign(task=model.subject, model=model.name))
        shown.append(exposure(ordered).assign(task=model.subject, model=model.name))
    week = pd.Timestamp(decision_week)
    return (
        pd.concat(scores, ignore_index=True).assign(decision_week=week)[RESPONSE_LIST_SCORES.names()],
        pd.concat(shown, ignore_index=True).assign(decision_week=week)[RESPONSE_EXPOSURE.names()],
    )


def ordered_lists(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows by list, the highest score first and ties by product, and one row a list of how good that order is.

    A place of rank r weighs `w_r = 1 / log2(r + 1)` up to the tenth and nothing beyond. NDCG is `Σ w·label` over the
    most that the list's purchases allow, precision what was bought of ten places, recall what stood there of what was
    bought, F1 twice what was bought there over places and purchases. Each list has a purchase.

    Args:
        rows: One row a product of a list: list_id, product_id, customer_id, week, score, label.

    Returns:
        The rows with `number` of the list, `product` as a number, `rank` and `place_weight`; and one row a list with
        list_id, customer_id, week, products, purchases and the figures, by list_id.
    """
    number, product = (pd.factorize(rows[name], sort=True)[0] for name in ("list_id", "product_id"))
    order = np.lexsort((product, -rows["score"].to_numpy(dtype=np.float64), number))
    ordered = rows.iloc[order].reset_index(drop=True).assign(number=number[order], product=product[order])
    rank = ordered.groupby("number", sort=False).cumcount().to_numpy() + 1
    place_weight = np.where(rank <= SHOWN, 1.0 / np.log2(rank + 1.0), 0.0)
    ordered = ordered.assign(rank=rank, place_weight=place_weight)
    label = ordered["label"].to_numpy(dtype=np.float64)
    counted = ordered.assign(gain=place_weight * label, hits=label * (rank <= SHOWN))
    lists = counted.groupby("number", sort=True, as_index=False).agg(
        list_id=("list_id", "first"),
        customer_id=("customer_id", "first"),
        week=("week", "first"),
        products=("label", "size"),
        purchases=("label", "sum"),
        gain=("gain", "sum"),
        hits=("hits", "sum"),
    )
    purchases, places = lists["purchases"].to_numpy(dtype=np.int64), np.minimum(lists["products"], SHOWN)
    figures = lists.assign(
        purchases=purchases,
        ndcg_10=lists["gain"] / _most(purchases),
        precision_10=lists["hits"] / places,
        recall_10=lists["hits"] / purchases,
        f1_10=2.0 * lists["hits"] / (places + purchases),
    )
    return ordered, figures


def exposure(ordered: pd.DataFrame) -> pd.DataFrame:
    """One row per kind and group of products: its share of the places and of what was bought from the same lists.

    Args:
        ordered: Rows of `ordered_lists` with a column for each kind: all, age, brand, seller.
    """
    parts = []
    for kind in ("all", "age", "brand", "seller"):
        sums = (
            ordered.assign(shown=ordered["product"].where(ordered["place_weight"] > 0))
            .groupby(kind, sort=True)
            .agg(
                products=("product", "nunique"),
                products_shown=("shown", "nunique"),
                exposure=("place_weight", "sum"),
                purchases=("label", "sum"),
            )
        )
        exposed, bought = sums["exposure"] / sums["exposure"].sum(), sums["purchases"] / sums["purchases"].sum()
        parts.append(
            pd.DataFrame(
                {
                    "group_kind": kind,
                    "group_name": sums.index.astype("str"),
                    "products": sums["products"].to_numpy(),
                    "products_shown": sums["products_shown"].to_numpy(),
                    "exposure_share": exposed.clip(upper=1.0).to_numpy(),
                    "purchase_share": bought.clip(upper=1.0).to_numpy(),
                    "ratio": (exposed / bought.where(bought > 0)).to_numpy(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def list_figures(list_scores: pd.DataFrame, shown: pd.DataFrame) -> dict[str, float]:
    """One model's figures over its lists by name: means with standard errors of NDCG, coverage, exposure ratios.

    Args:
        list_scores: Rows of `RESPONSE_LIST_SCORES` of one model.
        shown: Rows of `RESPONSE_EXPOSURE` of the same model.
    """
    if list_scores.empty:
        return {}
    found = {name: float(list_scores[name].mean()) for name in (*_MEASURES, "ndcg_10_floor")}
    found["lists"] = float(len(list_scores))
    found["ndcg_10_error"] = float(list_scores["ndcg_10"].std(ddof=1) / np.sqrt(len(list_scores)))
    found["floor_ndcg_price"] = found["ndcg_10"] - found.pop("ndcg_10_floor")
    every = shown[shown["group_kind"] == "all"].iloc[0]
    found["coverage_10"] = float(every["products_shown"] / every["products"])
    # Brands and sellers have names of any letters, and any number of them: those stand in the table.
    for row in shown[shown["group_kind"] == "age"].itertuples():
        found[f"exposure_share_{row.group_name}"] = float(row.exposure_share)  # type: ignore[arg-type]
        found[f"purchase_share_{row.group_name}"] = float(row.purchase_share)  # type: ignore[arg-type]
    return found


def _listed(response_lists: pd.DataFrame, products: pd.DataFrame) -> pd.DataFrame:
    """What is needed of the lists beside the features: keys, label and groups."""
    groups = products[["product_id", "seller_id", "brand"]].set_index("product_id")
    own = groups.reindex(response_lists["product_id"])
    fresh = response_lists["is_cold"].to_numpy(dtype=bool) | is_new(response_lists["product_age_weeks"])
    rows = response_lists[["list_id", "customer_id", "product_id", "week"]].copy()
    return rows.assign(
        label=response_lists["is_purchased"].to_numpy(dtype=np.float64),
        is_new=fresh,
        all="all",
        age=np.where(fresh, NEW, ESTABLISHED),
        brand=own["brand"].astype("object").fillna(UNKNOWN).to_numpy(),
        seller=own["seller_id"].astype("object").fillna(UNKNOWN).to_numpy(),
    )


def _with_floor(ordered: pd.DataFrame, lists: pd.DataFrame) -> Floats:
    """NDCG of each list once new products hold the share of places that they hold of purchases, as far as they can.

    Whatever new products are given, only the first ten of them and the first ten others of a list can stand in its
    first ten places, so the others are left out.

    Args:
        ordered: Rows of `ordered_lists` with `is_new`.
        lists: Its lists.
    """
    bought = ordered["label"].to_numpy(dtype=np.float64)
    wanted = float((bought * ordered["is_new"].to_numpy(dtype=np.float64)).sum() / bought.sum())
    near = ordered[ordered.groupby(["number", "is_new"], sort=False).cumcount() < SHOWN]
    rows = near.assign(list_id=near["number"], item_id=near["product"])
    found = rerank(rows, min(wanted, most_exposure(rows, SHOWN)), SHOWN).rows
    gain = np.where(found["rank"] <= SHOWN, found["label"] / np.log2(found["rank"] + 1.0), 0.0)
    return np.asarray(np.bincount(found["number"], weights=gain) / _most(lists["purchases"].to_numpy(dtype=np.int64)))


def _most(purchases: NDArray[np.int64]) -> Floats:
    """`Σ w·label` of a list whose purchases, so many, stand first."""
    best = np.concatenate([[0.0], np.cumsum(1.0 / np.log2(np.arange(1, SHOWN + 1) + 1.0))])
    return np.asarray(best[np.minimum(purchases, SHOWN)])
