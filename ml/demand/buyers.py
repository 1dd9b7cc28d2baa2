"""What the response models expect of a launch, as a number that demand can learn from."""

from __future__ import annotations

import pandas as pd

from ml.demand.interface import ALL_CHANNELS

EXPECTED_BUYERS = "expected_buyers"
_LINE = ["decision_week", "product_id", "channel"]


def expected_buyers(response_forecast: pd.DataFrame) -> pd.DataFrame:
    """Reach times conversion rate of each launch and channel, as was believed on each decision week.

    Of a channel's placements the best speaks, since they reach the same customers; channels add up.

    Args:
        response_forecast: `RESPONSE_FORECAST` of any decision weeks.

    Returns:
        `decision_week`, `product_id`, `channel` ('all' too) and `expected_buyers`, customers who would buy at one
        opportunity each.
    """
    reached = response_forecast["reach_customers"].astype("float64")
    rates = response_forecast["expected_conversion_rate"].astype("float64")
    lines = response_forecast[_LINE].assign(**{EXPECTED_BUYERS: reached * rates})
    best = lines.groupby(_LINE, as_index=False)[EXPECTED_BUYERS].max()
    total = best.groupby(_LINE[:2], as_index=False)[EXPECTED_BUYERS].sum().assign(channel=ALL_CHANNELS)
    return pd.concat([best, total], ignore_index=True)
