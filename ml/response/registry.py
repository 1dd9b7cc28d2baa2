"""Every response model, one line each."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

from ml.response.interface import CARD, TASK, Calibration, FittedResponse, ResponseModel
from ml.response.keras_net import Keras
from ml.response.logistic import Logistic
from ml.response.popularity import Popularity

_ENTRIES: tuple[ResponseModel, ...] = (
    Popularity(),
    Logistic(),
    Keras(),
)

MODELS: dict[str, ResponseModel] = {model.name: model for model in _ENTRIES}
BASELINE = Popularity().name


def loader(subject: str, name: str) -> Callable[[Path], FittedResponse]:
    """What reads a trained model of this task and name back.

    Raises:
        KeyError: There is no such task or model.
    """
    if (subject, name) not in {(TASK, known) for known in MODELS}:
        raise KeyError(f"no response model {name!r} of task {subject!r}; the registry has {sorted(MODELS)} of {TASK!r}")
    return load


def load(folder: Path) -> FittedResponse:
    """Read a trained model from the folder that its `save` wrote.

    Raises:
        KeyError: The registry has no model of that name.
    """
    card = json.loads((folder / CARD).read_text())
    name = card["name"]
    if name not in MODELS:
        raise KeyError(f"no response model is called {name!r}; the registry has {sorted(MODELS)}")
    model = MODELS[name]
    through = date.fromisoformat(card["trained_through"])
    calibration = Calibration(**card["calibration"])
    return FittedResponse(name, model.load(folder), calibration, card["base_rate"], through, model.requirements)
