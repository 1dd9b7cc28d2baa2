"""A champion is one of the week's models, or the run says which step is behind."""

from pathlib import Path

import pandas as pd
import pytest

from orchestration.models import reigning
from orchestration.settings import Settings


def test_a_champion_of_models_that_were_trained_again_since_is_refused(tmp_path: Path) -> None:
    settings = Settings.from_env({"DEBUT_HOME": str(tmp_path)})
    champion = pd.DataFrame({"task": ["conversion"], "model": ["average"], "run_id": ["gone"]})
    runs = pd.DataFrame({"task": ["conversion"], "model": ["average"], "run_id": ["newer"]})
    with pytest.raises(LookupError, match=r"average of conversion.*trained again.*response_champion"):
        reigning(settings, champion, runs, "task")
    demand = champion.rename(columns={"task": "phase"})
    with pytest.raises(LookupError, match="champion_decision"):
        reigning(settings, demand, runs.rename(columns={"task": "phase"}), "phase")
    nobody = reigning(settings, champion.iloc[:0], runs, "task")
    assert nobody == {}
    unfilled = reigning(settings, champion.assign(run_id=None), runs, "task")
    assert unfilled == {}
    of_response = demand.assign(phase=None)
    assert reigning(settings, of_response, runs.rename(columns={"task": "phase"}), "phase") == {}
