"""What the made-up week recommends, and how the places are spread."""

import numpy as np
import pandas as pd
from support.frames import make_frame

from contracts.catalog import CATALOG

PLACES, CUSTOMERS = 3, 40
SELLERS = ("1208", "69", "unknown")


def recommendations(plan: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """RECOMMENDATIONS: 40 customers in one channel, each shown three of the first five launches; two lists explored."""
    launched = plan[plan["is_launched"]].drop_duplicates("product_id").head(5)
    shown = [launched.sample(PLACES, random_state=customer)["product_id"].tolist() for customer in range(CUSTOMERS)]
    count = PLACES * CUSTOMERS
    customer = np.repeat(np.arange(CUSTOMERS), PLACES)
    return make_frame(CATALOG["recommendations"], count).assign(
        customer_id=pd.Series([f"H{number:03d}" for number in customer], dtype="str"),
        channel="stores_large",
        rank=np.tile(np.arange(1, PLACES + 1), CUSTOMERS),
        product_id=pd.Series(np.concatenate(shown), dtype="str"),
        is_new=True,
        score=np.round(rng.uniform(0.001, 0.05, count), 4),
        is_explored=customer < 2,
        reason=pd.Series(
            np.where(customer % 2, "bought 4 units of SOUP before, last 2 weeks ago", "SOUP sold 90 units"), dtype="str"
        ),
    )


def exposure_fairness() -> pd.DataFrame:
    """EXPOSURE_FAIRNESS: three sellers, one brand and one age; one seller sold nothing."""
    return make_frame(CATALOG["exposure_fairness"], 5).assign(
        group_kind=["seller", "seller", "seller", "brand", "age"],
        group_name=[*SELLERS, "National", "new"],
        products=[2, 2, 1, 5, 5],
        exposure_share=[0.5, 0.3, 0.2, 1.0, 1.0],
        purchase_share=[0.25, 0.75, 0.0, 1.0, 1.0],
        ratio=[2.0, 0.4, np.nan, 1.0, 1.0],
    )


def recommendation_scores() -> pd.DataFrame:
    """RECOMMENDATION_SCORES: what was served told more of what was bought than either rule."""
    policies, measures = ("debut", "best_sellers", "bought_again"), ("ndcg", "precision", "recall")
    value = np.array([[0.2, 0.1, 0.12], [0.05, 0.03, 0.04], [0.15, 0.08, 0.1]])
    gain = np.where(np.arange(3)[:, None] > 0, value[0] - value, np.nan)
    return make_frame(CATALOG["recommendation_scores"], 9).assign(
        policy=pd.Series(np.repeat(policies, 3), dtype="str"),
        metric=pd.Series(np.tile(measures, 3), dtype="str"),
        value=value.ravel(),
        gain=gain.ravel(),
        gain_low=gain.ravel() - 0.01,
        gain_high=gain.ravel() + 0.01,
        lists=38,
    )


def response_list_scores() -> pd.DataFrame:
    """RESPONSE_LIST_SCORES: 20 lists by two models, of which logistic orders better and loses a hundredth to the floor."""
    rng = np.random.default_rng(8)
    base = rng.uniform(0.1, 0.5, 20)
    parts = []
    for model, gain in (("logistic", 0.05), ("popularity", 0.0)):
        rows = make_frame(CATALOG["response_list_scores"], 20).assign(
            task="conversion",
            model=model,
            list_id=pd.Series([f"visit {i}" for i in range(20)], dtype="str"),
            ndcg_10=base + gain,
            ndcg_10_floor=base + gain - 0.01,
        )
        parts.append(rows)
    return pd.concat(parts, ignore_index=True)


def response_exposure() -> pd.DataFrame:
    """RESPONSE_EXPOSURE of logistic: new products hold a third of the places that they hold of purchases."""
    return make_frame(CATALOG["response_exposure"], 5).assign(
        task="conversion",
        model="logistic",
        group_kind=["all", "age", "age", "brand", "seller"],
        group_name=["all", "new", "established", "National", "1208"],
        products=[900, 90, 810, 900, 900],
        products_shown=[100, 3, 97, 100, 100],
        exposure_share=[1.0, 0.02, 0.98, 1.0, 1.0],
        purchase_share=[1.0, 0.06, 0.94, 1.0, 1.0],
        ratio=[1.0, 1 / 3, 0.98 / 0.94, 1.0, 1.0],
    )
