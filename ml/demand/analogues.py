"""Which past launches speak for an open one, told so that a merchandiser can judge them.

How much each speaks is the launch model's (`launch_parts`); here the foremost are named and described.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from contracts.explanations import ANALOGUES, LAUNCH_ANALOGUES
from ml.config import MlConfig
from ml.demand.examples import to_forecast
from ml.demand.interface import ALL_CHANNELS, DemandFitted, DemandTables
from ml.demand.launch_parts import LaunchParts

# What two launches may share, the narrower first, and what that is called.
_SHARED = {"category_3": "same type", "category_2": "same category", "seller_id": "same seller", "brand": "same brand"}
_FACTS = ["title", *_SHARED, "planned_price"]


def launch_analogues(
    reigning: DemandFitted | None, tables: DemandTables, decision_week: pd.Timestamp, config: MlConfig
) -> pd.DataFrame:
    """The past launches that speak most for each open launch, in all channels, at its season.

    Args:
        reigning: The reigning launch model; where there is none, or one that knows no single launches, none speaks.
        tables: What the decision week knows.
        decision_week: The Monday.
        config: Of the models.

    Returns:
        `LAUNCH_ANALOGUES`.
    """
    week = pd.Timestamp(decision_week)
    asked = to_forecast("new", tables, week, config) if isinstance(reigning, LaunchParts) else pd.DataFrame()
    if not isinstance(reigning, LaunchParts) or asked.empty:
        return pd.DataFrame(columns=LAUNCH_ANALOGUES.names())
    told = reigning.analogues(asked[asked["channel"] == ALL_CHANNELS], ANALOGUES)
    described = told.join(likeness(told, _facts(tables.known_by(week))))
    return described.assign(decision_week=week, model=reigning.name)[LAUNCH_ANALOGUES.names()]


def likeness(pairs: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """What the launches of each pair have in common, one row a pair: `title` of the past one, `similarity`, `why`.

    Args:
        pairs: `product_id` and `analogue_id`.
        facts: One row a launch, by product: title, categories, seller, brand, planned price.
    """
    own, other = (facts.reindex(pairs[name]).reset_index(drop=True) for name in ("product_id", "analogue_id"))
    same = {name: (own[name] == other[name]).fillna(False).to_numpy(bool) for name in _SHARED}
    prices = np.stack([side["planned_price"].to_numpy(np.float64, na_value=np.nan) for side in (own, other)])
    prices = np.where(prices > 0, prices, np.nan)
    near = np.nan_to_num(prices.min(axis=0) / prices.max(axis=0))
    words = [
        _words([text for name, text in _SHARED.items() if same[name][row]], float(other_price / own_price))
        for row, (own_price, other_price) in enumerate(prices.T)
    ]
    similarity = (sum(same[name] for name in _SHARED) + near) / (len(_SHARED) + 1)
    return pd.DataFrame(
        {"title": other["title"].fillna(pairs["analogue_id"]).to_numpy(), "similarity": similarity, "why": words}
    )


def _words(shared: list[str], price: float) -> str:
    """What is shared, and the past launch's price over the open one's; of the categories the narrowest."""
    named = [text for text in shared if text != "same category" or "same type" not in shared]
    told = [] if np.isnan(price) else [f"at {price:.2f} times its price"]
    return ", ".join([*named, *told]) or "nothing that is known"


def _facts(tables: DemandTables) -> pd.DataFrame:
    """What was last known of each launch before it sold, by product."""
    seen = [frame[["product_id", "decision_week", *_FACTS]] for frame in (tables.first_sales, tables.launch_candidates)]
    last = pd.concat([frame for frame in seen if len(frame)], ignore_index=True).sort_values("decision_week")
    return last.drop_duplicates("product_id", keep="last").set_index("product_id")[_FACTS]
