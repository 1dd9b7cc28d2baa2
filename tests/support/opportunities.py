"""Opportunities with a known signal: who bought a product before buys it again, and yoghurt sells best.

Half of them are logged impressions: the same signal is clicked, less the farther down it stands.
"""

import numpy as np
import pandas as pd
from support.frames import MONDAY, make_frame

from contracts.features import RESPONSE_CANDIDATES, RESPONSE_FEATURES, RESPONSE_LISTS

WEEKS_BEFORE, WEEKS_AFTER = 12, 2
NEGATIVE_WEIGHT = 20.0
LIST_LENGTH = 10


def make_opportunities(n: int = 1200, seed: int = 0) -> pd.DataFrame:
    """`n` rows as in `response_features`, some of them of two weeks from MONDAY on."""
    rng = np.random.default_rng(seed)
    rows = make_frame(RESPONSE_FEATURES, n, seed)
    bought_before = rng.poisson(0.5, n).astype(float)
    category = rng.choice(["YOGHURT", "SOAP", "BREAD"], n)
    log_odds = -2.0 + 1.5 * np.log1p(bought_before) + 1.0 * (category == "YOGHURT")
    label = (rng.random(n) < 1.0 / (1.0 + np.exp(-log_odds))).astype("int32")
    position = rng.integers(1, LIST_LENGTH + 1, n).astype(float)
    clicks = rng.random(n) < 1.0 / (1.0 + np.exp(-log_odds - 1.0 + 0.7 * np.log(position)))
    is_proxy = rng.random(n) < 0.5
    week = MONDAY + pd.to_timedelta(7 * rng.integers(-WEEKS_BEFORE, WEEKS_AFTER, n), unit="D")
    is_cold = rng.random(n) < 0.3
    return rows.assign(
        product_bought_before=bought_before,
        category_2=pd.Series(category, dtype="str"),
        is_purchased=label,
        is_proxy=is_proxy,
        is_clicked=np.where(is_proxy, np.nan, clicks),
        position=np.where(is_proxy, np.nan, position),
        propensity=np.where(is_proxy, np.nan, rng.uniform(0.05, 0.5, n)),
        channel=pd.Series(["web"] * n, dtype="str"),
        placement=pd.Series(np.where(is_proxy, "mailer", "home"), dtype="str"),
        sampling_weight=np.where(label == 1, 1.0, NEGATIVE_WEIGHT),
        week=pd.Series(week).astype("datetime64[us]"),
        known_on=pd.Series(week + pd.Timedelta(weeks=1)).astype("datetime64[us]"),
        is_cold=is_cold,
        shelf_price=rows["shelf_price"].mask(is_cold & (rng.random(n) < 0.5)),
    )


def make_candidates(n: int = 60, seed: int = 0, placement: str = "mailer") -> pd.DataFrame:
    """`n` customers of three launches in one channel and placement, as in `response_candidates`."""
    rows = make_frame(RESPONSE_CANDIDATES, n, seed)
    launches = np.resize(["P-1", "P-2", "P-3"], n)
    return rows.assign(
        product_id=pd.Series(launches, dtype="str"),
        channel=pd.Series(["web"] * n, dtype="str"),
        placement=pd.Series([placement] * n, dtype="str"),
        decision_week=pd.Series([MONDAY] * n),
    )


def make_lists(lists: int = 8, length: int = 30, seed: int = 0) -> pd.DataFrame:
    """Whole lists as in `response_lists`, of products that others list too; each holds at least one purchase."""
    n = lists * length
    rng = np.random.default_rng(seed)
    rows = make_frame(RESPONSE_LISTS, n, seed)
    number = np.repeat(np.arange(lists), length)
    bought_before = rng.poisson(0.5, n).astype(float)
    label = (rng.random(n) < 1.0 / (1.0 + np.exp(2.0 - 1.5 * np.log1p(bought_before)))).astype("int32")
    label[::length] = 1
    product = np.concatenate([rng.permutation(2 * length)[:length] for _ in range(lists)])
    return rows.assign(
        list_id=pd.Series([f"visit {i}" for i in number], dtype="str"),
        customer_id=pd.Series([f"C{i % 5}" for i in number], dtype="str"),
        product_id=pd.Series([f"P-{i:03d}" for i in product], dtype="str"),
        channel=pd.Series(["web"] * n, dtype="str"),
        decision_week=pd.Series([MONDAY] * n),
        week=pd.Series([MONDAY - pd.Timedelta(weeks=1)] * n),
        is_purchased=label,
        is_cold=pd.Series(product % 7 == 0),
        product_age_weeks=pd.Series(np.where(product % 7 == 0, np.nan, product.astype(float))),
        product_bought_before=bought_before,
    )


PRODUCTS = pd.DataFrame(
    {
        "product_id": [f"P-{i:03d}" for i in range(60)],
        "seller_id": [f"S{i % 4}" for i in range(60)],
        "brand": [("National", "Private", None)[i % 3] for i in range(60)],
    }
)
