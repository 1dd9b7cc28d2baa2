"""Which demand models exist: one line each. MLflow serves every one of them through this module."""

from __future__ import annotations

from pathlib import Path

from ml.defaults import settled
from ml.demand.artefacts import Card
from ml.demand.auto_ets import AUTO_ETS
from ml.demand.blend import BlendModel
from ml.demand.early_forest import EarlyForestModel
from ml.demand.early_shrinkage import EarlyShrinkageModel
from ml.demand.imapa import IMAPA
from ml.demand.interface import DemandFitted, DemandModel
from ml.demand.launch_curves import CATEGORY_CURVE, GLOBAL_CURVE
from ml.demand.launch_forest import LAUNCH_FOREST
from ml.demand.launch_net import LAUNCH_BLEND
from ml.demand.launch_scores import LAUNCH_TREES
from ml.demand.lightgbm_quantiles import LightgbmModel
from ml.demand.lstm import LstmModel
from ml.demand.mean_8_weeks import Mean8WeeksModel
from ml.demand.median_curve import MedianCurveModel
from ml.demand.mlforecast_lags import MlforecastModel
from ml.demand.random_forest import RandomForestModel
from ml.demand.ridge import RidgeModel

MODELS: tuple[DemandModel, ...] = (
    Mean8WeeksModel(),
    LightgbmModel(),
    LstmModel(),
    # Weights were chosen from origins 21 and 25 on labels up to week 29, where .6/.2/.2 and .5/.25/.25 scored alike.
    BlendModel("blend", "established", (LstmModel(), LightgbmModel(), RandomForestModel()), (0.5, 0.25, 0.25)),
    EarlyShrinkageModel(),
    EarlyForestModel(),
    RidgeModel(),
    RandomForestModel(),
    IMAPA,
    AUTO_ETS,
    MlforecastModel(),
    CATEGORY_CURVE,
    GLOBAL_CURVE,
    MedianCurveModel(),
    LAUNCH_FOREST,
    LAUNCH_TREES,
    LAUNCH_BLEND,
)
# Who reigns before any forecast could be compared with what happened.
DEFAULTS = {phase: champion.model for phase, champion in settled().items()}


def of_phase(phase: str) -> tuple[DemandModel, ...]:
    """The models of one phase, the baseline first: all that a race trains."""
    return tuple(sorted((m for m in MODELS if m.phase == phase), key=lambda m: not m.is_baseline))


def of_week(phase: str) -> tuple[DemandModel, ...]:
    """Those that every decision week trains: the baseline, the default champion and the parts that it blends."""
    champion = named(phase, DEFAULTS[phase])
    kept = (
        {champion.name, *(part.name for part in champion.parts)}
        if isinstance(champion, BlendModel)
        else {champion.name}
    )
    return tuple(model for model in of_phase(phase) if model.is_baseline or model.name in kept)


def named(phase: str, name: str) -> DemandModel:
    """One model of a phase.

    Raises:
        LookupError: No such model.
    """
    for model in of_phase(phase):
        if model.name == name:
            return model
    raise LookupError(
        f"no model {name!r} of phase {phase} is registered; there are {[m.name for m in of_phase(phase)]}"
    )


def baseline(phase: str) -> str:
    """Name of the rule that a challenger must beat."""
    return of_phase(phase)[0].name


def load(folder: Path) -> DemandFitted:
    """Read any saved demand model; its card says which it is.

    Raises:
        LookupError: A model that is no longer registered.
    """
    name = Card.load(folder).name
    for model in MODELS:
        if model.name == name:
            return model.load(folder)
    raise LookupError(f"no demand model {name!r} is registered; there are {[m.name for m in MODELS]}")


def _load_pyfunc(path: str) -> DemandFitted:
    """MLflow's way in."""
    return load(Path(path))
