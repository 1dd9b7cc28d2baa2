"""Every response model, one line each."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from ml.response.average import Average
from ml.response.interface import CARD, Calibration, FittedResponse, ResponseModel
from ml.response.keras_net import Keras
from ml.response.lightgbm_trees import Trees
from ml.response.logistic import Logistic
from ml.response.popularity import Popularity
from ml.response.positions import from_json
from ml.response.tasks import TASKS

_ENTRIES: tuple[ResponseModel, ...] = (
    Popularity(),
    Logistic(),
    Trees(),
    Keras(),
    Average((Trees(), Keras())),
)

MODELS: dict[str, ResponseModel] = {model.name: model for model in _ENTRIES}
BASELINE = Popularity().name


def load(folder: Path) -> FittedResponse:
    """Read a trained model from the folder that its `save` wrote.

    Raises:
        KeyError: The registry has no model of that name, or no such task.
    """
    card = json.loads((folder / CARD).read_text())
    name, subject = card["name"], card["subject"]
    if subject not in TASKS or name not in MODELS:
        raise KeyError(f"no response model {name!r} of task {subject!r}; train the decision week again")
    model = MODELS[name]
    return FittedResponse(
        name=name,
        scorer=model.load(folder),
        calibration=Calibration(**card["calibration"]),
        base_rate=card["base_rate"],
        trained_through=date.fromisoformat(card["trained_through"]),
        task=TASKS[subject],
        positions=from_json(card["positions"]),
        requirements=model.requirements,
    )
