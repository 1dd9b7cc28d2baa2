"""Every response model, one line each; who is in the weekly field, and who only in a race."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from ml.response.als import als
from ml.response.average import Average
from ml.response.conversion_rate import ConversionRate
from ml.response.cross_net import cross_net
from ml.response.interface import CARD, Calibration, FittedResponse, ResponseModel
from ml.response.keras_net import Keras
from ml.response.lda import lda
from ml.response.lightgbm_trees import Trees
from ml.response.logistic import Logistic
from ml.response.popularity import Popularity
from ml.response.positions import from_json
from ml.response.repeat_affinity import RepeatAffinity
from ml.response.sequence_net import sequence_net
from ml.response.svd import svd
from ml.response.tasks import CLICK, CONVERSION, TASKS, Task
from ml.response.tfidf import tfidf
from ml.response.two_tower import two_tower

# Those that every decision week trains.
_OF_WEEK: tuple[ResponseModel, ...] = (
    Popularity(),
    Logistic(),
    Trees(),
    Keras(),
    Average((Trees(), Keras())),
)

# Beside them for tasks asked of launches alone, of which there is little but content: words that a customer's purchases
# share say who wants one, the others how much it is wanted.
_OF_LAUNCHES: tuple[ResponseModel, ...] = (
    two_tower(),
    tfidf(),
    Average((Logistic(), two_tower(), tfidf()), "launch_average"),
)

# Those that a race trains beside them.
_OF_RACE: tuple[ResponseModel, ...] = (
    ConversionRate(),
    RepeatAffinity(),
    svd(),
    als(),
    lda(),
    cross_net(),
    sequence_net(),
)

MODELS: dict[str, ResponseModel] = {model.name: model for model in (*_OF_WEEK, *_OF_LAUNCHES, *_OF_RACE)}
BASELINE = Popularity().name
# Who reigns before any gain over it was seen. Of weeks 41 to 44 of The Complete Journey the average orders and counts
# purchases best; of launches, that of content tells best who clicks in the simulated shop (docs/decisions/0016).
DEFAULTS = {CONVERSION.name: _OF_WEEK[-1].name, CLICK.name: _OF_LAUNCHES[-1].name}


def weekly(task: Task) -> tuple[str, ...]:
    """Names of the models of a task that every decision week trains."""
    return tuple(model.name for model in (*_OF_WEEK, *(_OF_LAUNCHES if task.is_of_launches else ())))


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
        reads=model.reads,
    )
