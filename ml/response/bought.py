"""Lists of recommendations beside what their customers bought in the week, and beside lists of simple rules.

Nobody need have seen a list for that: it says how well lists tell what a customer is about to want, not what showing it
changes, which only lists in random order or a world with known truth can say (`ml.response.off_policy`).
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.evaluations import RECOMMENDATION_SCORES
from contracts.recommendations import SERVED, SORTED_BY
from ml.frames import DTYPES

Floats = NDArray[np.float64]
_LIST = ["customer_id", "channel"]
_MEASURES = ("ndcg", "precision", "recall")
# Half of a 95 % interval in standard errors.
_NORMAL = 1.96


def recommendation_scores(
    recommendations: pd.DataFrame,
    recommendation_candidates: pd.DataFrame,
    bought: pd.DataFrame,
    decision_week: date,
    source: str,
) -> pd.DataFrame:
    """`RECOMMENDATION_SCORES` of the lists that were not explored, of customers who bought anything that week.

    With K places, `w_r = 1 / log2(r + 1)` and B products that the customer bought in the week: NDCG is `Σ w` over the
    places whose product was bought, over `w_1 + … + w_min(K, B)`; precision what was bought of K, recall of B.

    Args:
        recommendations: `RECOMMENDATIONS`.
        recommendation_candidates: Of the same week, what rules fill their lists from: keys, and the columns of `SORTED_BY`.
        bought: What was bought in the decision week: customer_id, product_id.
        decision_week: Monday.
        source: Source of the rows, real or simulated.
    """
    greedy = recommendations[~recommendations["is_explored"].astype(bool)]
    bought = bought[["customer_id", "product_id"]].drop_duplicates()
    counts = bought.groupby("customer_id").size().rename("bought")
    asked = greedy[_LIST].drop_duplicates().merge(counts, left_on="customer_id", right_index=True)
    if len(asked) < 2:  # noqa: PLR2004 (an interval needs two)
        return _frame([], decision_week, source)
    places = int(recommendations["rank"].max())
    candidates = recommendation_candidates.merge(asked[_LIST], on=_LIST)
    shown = {SERVED: greedy[[*_LIST, "product_id", "rank"]]}
    shown |= {name: _sorted(candidates, list(columns), places) for name, columns in SORTED_BY.items()}
    figures = {
        name: _figures(rows.merge(asked[_LIST], on=_LIST), asked, bought, places) for name, rows in shown.items()
    }
    lines: list[dict[str, object]] = []
    for name, own in figures.items():
        for measure in _MEASURES:
            more = (figures[SERVED][measure] - own[measure]).groupby(asked["customer_id"].to_numpy()).sum().to_numpy()
            gain, half = more.sum() / len(asked), _NORMAL * float(more.std(ddof=1)) * np.sqrt(len(more)) / len(asked)
            told = (gain, gain - half, gain + half) if name != SERVED else (np.nan,) * 3
            line = {"policy": name, "metric": measure, "value": float(own[measure].mean()), "lists": len(asked)}
            lines.append(line | dict(zip(("gain", "gain_low", "gain_high"), told, strict=True)))
    return _frame(lines, decision_week, source)


def _sorted(candidates: pd.DataFrame, columns: list[str], places: int) -> pd.DataFrame:
    """The first places of each list that a rule fills."""
    is_up = [*(True for _ in _LIST), *(False for _ in columns), True]
    rows = candidates.sort_values([*_LIST, *columns, "product_id"], ascending=is_up, ignore_index=True)
    rows = rows.assign(rank=rows.groupby(_LIST).cumcount() + 1)
    return rows.loc[rows["rank"] <= places, [*_LIST, "product_id", "rank"]]


def _figures(rows: pd.DataFrame, asked: pd.DataFrame, bought: pd.DataFrame, places: int) -> pd.DataFrame:
    """One row a list asked about, in their order: its figures."""
    hits = rows.merge(bought, on=["customer_id", "product_id"])
    hits = hits.assign(weight=1.0 / np.log2(hits["rank"].to_numpy(dtype=np.float64) + 1.0))
    sums = hits.groupby(_LIST)["weight"].agg(gain="sum", hits="size").reindex(pd.MultiIndex.from_frame(asked[_LIST]))
    gained, count = (sums[name].fillna(0.0).to_numpy(dtype=np.float64) for name in ("gain", "hits"))
    most = np.cumsum(1.0 / np.log2(np.arange(places) + 2.0))
    wanted = asked["bought"].to_numpy(dtype=np.int64)
    ndcg: Floats = gained / most[np.minimum(wanted, places) - 1]
    return pd.DataFrame({"ndcg": ndcg, "precision": count / places, "recall": count / wanted})


def _frame(lines: list[dict[str, object]], decision_week: date, source: str) -> pd.DataFrame:
    names = [column.name for column in RECOMMENDATION_SCORES.columns if column.name not in ("decision_week", "source")]
    frame = pd.DataFrame(lines, columns=names)
    frame = frame.astype({name: DTYPES[RECOMMENDATION_SCORES.column(name).type] for name in names})
    return frame.assign(decision_week=pd.Timestamp(decision_week), source=source)[RECOMMENDATION_SCORES.names()]
