"""What a model said then, read back: only whole lines, and only where every model said them."""

import numpy as np
import pandas as pd
from support.demand_tables import monday

from ml.demand.told import as_told

THEN = monday(20)
MODELS = ["one", "other"]
KEYS = pd.DataFrame(
    {
        "product_id": ["A", "B"],
        "channel": "all",
        "target_week": THEN,
        "window_weeks": 1,
        "actual_units": [3.0, 5.0],
    }
)


def stored(products: dict[str, list[str]]) -> pd.DataFrame:
    """Medians of 2 before and 4 after correction, by model and the products that it spoke of."""
    lines = [(model, product) for model, spoken in products.items() for product in spoken]
    return pd.DataFrame(lines, columns=["model", "product_id"]).assign(
        decision_week=THEN, channel="all", target_week=THEN, window_weeks=1, quantile=0.5, units=4.0, raw_units=2.0
    )


def test_a_line_is_read_back_as_the_model_said_it_beside_what_sold() -> None:
    found = as_told(KEYS, THEN, MODELS, stored(dict.fromkeys(MODELS, ["A", "B"])))
    assert found is not None
    assert found[["model", "product_id", "units", "actual_units"]].to_numpy().tolist() == [
        ["one", "A", 2.0, 3.0],
        ["one", "B", 2.0, 5.0],
        ["other", "A", 2.0, 3.0],
        ["other", "B", 2.0, 5.0],
    ]


def test_a_line_that_one_model_did_not_speak_of_is_left_out_for_all() -> None:
    found = as_told(KEYS, THEN, MODELS, stored({"one": ["A", "B"], "other": ["B"]}))
    assert found is not None
    assert found["product_id"].tolist() == ["B", "B"]


def test_where_no_line_was_spoken_of_by_all_nothing_is_told() -> None:
    assert as_told(KEYS, THEN, MODELS, stored({"one": ["A"], "other": ["B"]})) is None


def test_a_forecast_stored_before_raw_units_were_kept_tells_nothing() -> None:
    old = stored(dict.fromkeys(MODELS, ["A", "B"])).assign(raw_units=np.nan)
    assert as_told(KEYS, THEN, MODELS, old) is None
