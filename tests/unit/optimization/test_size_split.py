"""Split demand: totals stay, shares are those asked for, and what is split as forecast is left alone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from contracts.styles import CURVE, STYLE_SPLIT
from optimization.size_split import split_factors

LINES = pd.DataFrame({"product_id": ["P1", "P2", "P3"], "channel": ["s", "s", "s"]})
MEAN = np.array([[2.0, 1.0, 0.0], [2.0, 3.0, 0.0], [5.0, 5.0, 5.0]])


def split(*shares: tuple[str, float, float]) -> pd.DataFrame:
    """STYLE_SPLIT of style S from (product, forecast share, share)."""
    rows = [(pd.Timestamp("2024-01-01"), p, "s", "S", "m", own, share, 1.0, share, CURVE) for p, own, share in shares]
    return pd.DataFrame(rows, columns=STYLE_SPLIT.names())


def test_a_style_s_total_stays_in_every_week_and_its_lines_move_by_their_shares() -> None:
    found = split_factors(LINES, MEAN, split(("P1", 0.4, 0.8), ("P2", 0.6, 0.2)))
    planned = MEAN * found
    np.testing.assert_allclose(planned[:2].sum(axis=0), MEAN[:2].sum(axis=0))
    # Ratios 2 and 1/3: of week 0, 4 and 2/3 units asked for, of 4 that there are.
    np.testing.assert_allclose(planned[:2, 0], [4 * 6 / 7, 4 / 7])
    np.testing.assert_array_equal(found[2], 1.0)


def test_what_is_split_as_forecast_is_not_touched_by_a_hair() -> None:
    assert (split_factors(LINES, MEAN, split(("P1", 0.4, 0.4), ("P2", 0.6, 0.6))) == 1.0).all()
