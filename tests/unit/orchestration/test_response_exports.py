"""Who scores the impressions of a week."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from ml.response.registry import DEFAULTS
from ml.response.tasks import CONVERSION
from orchestration.response_exports import Impressions, _check, scoring_models
from orchestration.warehouse import Warehouse

DEFAULT = DEFAULTS[CONVERSION.name]
W1, W2, W3 = date(2017, 10, 2), date(2017, 10, 9), date(2017, 10, 16)


def reigns(week: date, model: str) -> pd.DataFrame:
    said = {"reason": "it was told", "metric": None, "value": 0.9, "runner_up": None, "runner_up_value": None}
    rows = {"decision_week": [week] * 2, "task": ["click", "conversion"], "model": ["popularity", model]}
    return pd.DataFrame({**rows, **{name: [value] * 2 for name, value in said.items()}, "run_id": ["a", "b"]})


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    made = Warehouse(tmp_path / "w.duckdb")
    for week, model in ((W2, "logistic"), (W3, "keras")):
        made.replace({"response_champion": reigns(week, model)}, week)
    return made


def test_a_week_is_scored_by_who_reigned_by_then_and_by_the_default_before_anyone_did(warehouse: Warehouse) -> None:
    assert scoring_models(warehouse, [W1, W2, W3], None) == {W1: DEFAULT, W2: "logistic", W3: "keras"}
    assert scoring_models(warehouse, [W1, W2], None) == {W1: DEFAULT, W2: "logistic"}


def test_a_model_that_is_named_scores_every_week(warehouse: Warehouse) -> None:
    assert scoring_models(warehouse, [W1, W3], "svd") == {W1: "svd", W3: "svd"}


def test_a_model_that_is_not_registered_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"--model oracle: no such response model; there are popularity, .*average"):
        _check(Impressions([45], tmp_path, tmp_path / "out.parquet", "oracle"))
