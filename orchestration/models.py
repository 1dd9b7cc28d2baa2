"""Between steps and MLflow: a trained model becomes a row, and a row a model again.

What a model is lives in `ml/`; here is only where its files are kept and which row names them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from contracts.catalog import CATALOG
from orchestration.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from ml.config import MlConfig
    from ml.demand.train import Entered as DemandEntered
    from ml.fitted import Fitted
    from ml.response.race import Entered as ResponseEntered
    from ml.tracking import Store

KINDS = {"phase": "demand", "task": "response"}
CHAMPIONS = {"phase": "champion_decision", "task": "response_champion"}


def ml_config(settings: Settings) -> MlConfig:
    """The size of the models that this profile asks for."""
    from ml.config import MlConfig

    if settings.profile == "tiny":
        return MlConfig.tiny(settings.seed)
    return MlConfig.full(settings.seed, settings.threads)


def store(settings: Settings) -> Store:
    """Where runs of this source are kept."""
    from ml.tracking import Store

    settings.mlflow_artifacts.mkdir(parents=True, exist_ok=True)
    return Store(settings.mlflow_uri, str(settings.mlflow_artifacts), settings.source)


def log_models(
    settings: Settings, week: date, subject_column: str, fitted: Sequence[Fitted], backtest: Backtest
) -> pd.DataFrame:
    """Log every fitted model as one run and return one row a model.

    Args:
        settings: Whose store takes them.
        week: The decision week.
        subject_column: `phase` of demand or `task` of response.
        fitted: The trained models.
        backtest: Metrics and figures by (subject, model).
    """
    import pandas as pd

    from ml import tracking

    rows = []
    for model in fitted:
        found = backtest.get((model.subject, model.name), ({}, {}))
        tags = {"decision_week": week.isoformat(), "information": "planned"}
        run = tracking.log(store(settings), model, found[0], tags, found[1])
        rows.append((week, model.subject, model.name, run.run_id, run.model_uri, model.trained_through, run.sha256))
    table = CATALOG[f"{KINDS[subject_column]}_model_run"]
    return pd.DataFrame(rows, columns=table.names())


def log_race(
    settings: Settings, week: date, entered: DemandEntered | ResponseEntered, model_run: pd.DataFrame, column: str
) -> pd.DataFrame:
    """Log the entered models that the week itself has not logged, and return one row of the kind's race a model.

    Args:
        settings: Whose store takes them.
        week: The decision week.
        entered: Every registered model, trained.
        model_run: Rows of `demand_model_run` or `response_model_run` of this week; their runs stay as they are.
        column: `phase` of demand or `task` of response.
    """
    import pandas as pd

    from ml import tracking

    kind = KINDS[column]
    table = CATALOG[f"{kind}_race"]
    own = {(str(row[column]), str(row["model"])): str(row["run_id"]) for row in _records(model_run)}
    others = [model for model in entered.fitted if (model.subject, model.name) not in own]
    logged = log_models(settings, week, column, others, entered.metrics)
    for row in _records(logged):
        tracking.forget_others(store(settings), kind, row[column], row["run_id"])
        own[row[column], row["model"]] = row["run_id"]
    rows = []
    for model in entered.fitted:
        named = model.subject, model.name
        said = {column: model.subject, "model": model.name, "is_weekly": named in entered.weekly}
        cost = {"cpu_seconds": model.seconds, "memory_mb": model.memory_mb}
        figures = entered.metrics.get(named, ({}, {}))[0]
        rows.append({**figures, **said, **cost, "run_id": own[named]})
    frame = pd.DataFrame(rows, columns=[name for name in table.names() if name != table.week])
    return frame.assign(decision_week=pd.Timestamp(week))[table.names()]


Backtest = Mapping[tuple[str, str], tuple[Mapping[str, float], Mapping[str, Any]]]
"""(subject, model) -> (metrics, figures by file name)."""


def load_models(settings: Settings, model_run: pd.DataFrame, subject_column: str) -> list[Any]:
    """The trained models that these rows name, their digests verified."""
    return [_load(settings, row, subject_column) for row in _records(model_run)]


def reigning(
    settings: Settings, champion_decision: pd.DataFrame, model_run: pd.DataFrame, subject_column: str
) -> dict[str, Any]:
    """The models that reign, by subject; those without a champion are left out.

    Raises:
        LookupError: A champion is none of the week's models, which were trained again since it was chosen.
    """
    # One table of champions holds those of demand and of response.
    chosen = champion_decision.dropna(subset=["run_id", subject_column])
    for row in _records(chosen[~chosen["run_id"].isin(model_run["run_id"])]):
        table = CHAMPIONS[subject_column]
        raise LookupError(
            f"{table}: {row['model']} of {row[subject_column]} reigns by a model that was trained again since; "
            f"materialise {table} of the week, then what follows it"
        )
    reigns = _records(model_run[model_run["run_id"].isin(champion_decision["run_id"])])
    return {str(row[subject_column]): _load(settings, row, subject_column) for row in reigns}


def mirror_registry(settings: Settings, reigns: pd.DataFrame, model_run: pd.DataFrame) -> None:
    """Let MLflow hold what the tables say: their champions' aliases, and no run that a published row replaced.

    Args:
        settings: Whose store it is.
        reigns: Who reigns, `champion_decision` or `response_champion`.
        model_run: Published rows of `demand_model_run`, or of `response_model_run`.
    """
    from ml import tracking

    column = next(name for name in KINDS if name in model_run)
    for row in _records(reigns.dropna(subset=[column])):
        tracking.set_champion(store(settings), KINDS[column], row[column], row["run_id"])
    for row in _records(model_run):
        tracking.forget_others(store(settings), KINDS[column], row[column], row["run_id"])


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _load(settings: Settings, row: Mapping[str, Any], subject_column: str) -> Any:
    from ml import tracking
    from ml.demand import registry as demand_registry
    from ml.response import registry as response_registry

    registry = demand_registry if subject_column == "phase" else response_registry
    return tracking.load(store(settings), row["model_uri"], row["sha256"], registry.load)
