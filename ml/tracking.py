"""The record of every training: one MLflow run a model and decision week, and the champion's alias.

The only file that imports mlflow. Which model reigns is decided in `champions` from tables; the
registry's alias only mirrors it. The address of the store is passed in, never read from the environment.
"""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ml.fitted import Fitted, digest

_LOG = logging.getLogger(__name__)
_MODEL_FOLDER = "fitted"
# Where MLflow's pages look for a description, and for the kind of an experiment.
_NOTE = "mlflow.note.content"
_KIND = "mlflow.experimentKind"
# What MLflow reads to show runs under another.
_PARENT = "mlflow.parentRunId"
_IDENTITY = ("decision_week", "model", "source")
Loaded = TypeVar("Loaded")


@dataclass(frozen=True)
class Store:
    """Where runs are kept.

    Args:
        uri: MLflow tracking URI, such as `sqlite:////…/mlflow.db`; also the registry.
        artifact_location: Folder or URI under which each experiment keeps its files.
        source: Name of the data source; runs of one source never replace another's.
    """

    uri: str
    artifact_location: str
    source: str


@dataclass(frozen=True)
class RunRow:
    """One run as a fact: where the model is and what its files must hash to."""

    run_id: str
    model_uri: str
    sha256: str


def registered_name(kind: str, subject: str) -> str:
    """Name of the registered model: `demand_established`, `response_conversion`."""
    return f"{kind}_{subject}"


def log(
    store: Store,
    fitted: Fitted,
    metrics: Mapping[str, float],
    tags: Mapping[str, str],
    figures: Mapping[str, Any] | None = None,
) -> RunRow:
    """Log one trained model as one run, under its decision week's run, and register it as one version.

    Earlier runs of the same decision week, subject, model and source stay until `forget_others`, so that a row that
    names one can be read back until a new row is published.

    Args:
        store: Where to keep it.
        fitted: The trained model.
        metrics: Figure by name; values that are not finite are left out.
        tags: At least `decision_week`; `model`, `source` and the subject are added.
        figures: matplotlib figure by file name, such as `calibration.png`.
    """
    import mlflow

    identity = {"decision_week": tags["decision_week"], "model": fitted.name, "source": store.source}
    all_tags = {**tags, **identity, fitted.kind: fitted.subject}
    with _client(store) as client, tempfile.TemporaryDirectory() as scratch:
        experiment_id = _experiment(client, store, fitted)
        run_name = f"{fitted.label} {tags['decision_week']}"
        parent = _week_run(client, experiment_id, store, fitted, tags["decision_week"])
        told = {**all_tags, _PARENT: parent, "mlflow.source.name": "debut", _NOTE: fitted.about}
        with mlflow.start_run(experiment_id=experiment_id, run_name=run_name, tags=told) as run:
            row = _log_model(fitted, run.info.run_id, Path(scratch))
            mlflow.log_params({**fitted.params, "trained_through": fitted.trained_through.isoformat()})
            spent = {"seconds": fitted.seconds, "memory_mb": fitted.memory_mb}
            mlflow.log_metrics(_finite({**metrics, **spent}))
            mlflow.set_tag("sha256", row.sha256)
            for name, figure in (figures or {}).items():
                mlflow.log_figure(figure, name)
        _register(client, fitted, row, all_tags)
    return row


def load(store: Store, model_uri: str, sha256: str, loader: Callable[[Path], Loaded]) -> Loaded:
    """Read a logged model back, its files verified before any of them is opened.

    Args:
        store: Where it is kept.
        model_uri: `RunRow.model_uri`.
        sha256: `RunRow.sha256`.
        loader: Reads a folder that the model's `save` wrote.

    Raises:
        ValueError: The files are not those that were logged.
    """
    import mlflow

    with _client(store), tempfile.TemporaryDirectory() as scratch:
        whole = Path(mlflow.artifacts.download_artifacts(artifact_uri=model_uri, dst_path=scratch))
        folder = whole / "data" / _MODEL_FOLDER
        found = digest(folder)
        if found != sha256:
            raise ValueError(
                f"{model_uri}: its files hash to {found[:12]}…, the run row says {sha256[:12]}…; "
                "they were changed after training. Train the decision week again."
            )
        return loader(folder)


def set_champion(store: Store, kind: str, subject: str, run_id: str) -> None:
    """Let the registry's alias `champion` point at the version that this run registered.

    Runs of its decision week say, too, which of them it was, and the run above them has its figures. A champion of a
    later decision week keeps the alias, so that replaying an old week does not bring an old model back.

    Raises:
        LookupError: The run registered no version of this model.
    """
    name = registered_name(kind, subject)
    with _client(store) as client:
        versions = {v.version: v for v in client.search_model_versions(f"name = '{name}'")}
        own = [v for v in versions.values() if v.run_id == run_id]
        if not own:
            raise LookupError(f"{name}: run {run_id} registered no version; log the model before it may reign")
        week = own[0].tags["decision_week"]
        for version in versions.values():
            if version.tags["decision_week"] == week and version.tags["source"] == store.source:
                client.set_tag(version.run_id, "is_champion", str(version.run_id == run_id).lower())
        reigns = client.get_run(run_id).data
        # Charts of runs without their children would be empty.
        parent = reigns.tags[_PARENT]
        client.set_tag(parent, f"champion_{subject}", reigns.tags["model"])
        for metric, value in reigns.metrics.items():
            client.log_metric(parent, f"{subject}_{metric}", value)
        reigning = versions.get(client.get_registered_model(name).aliases.get("champion"))
        if reigning is None or reigning.tags["decision_week"] <= week:
            client.set_registered_model_alias(name, "champion", own[0].version)


def forget_others(store: Store, kind: str, subject: str, run_id: str) -> None:
    """Remove every other run of this run's decision week, model and source, with its version, model and files.

    To be called once the run's row is published: the run list and the registry then hold one of each.
    """
    name = registered_name(kind, subject)
    with _client(store) as client:
        kept = client.get_run(run_id)
        terms = " and ".join(f"tags.{key} = '{kept.data.tags[key]}'" for key in (*_IDENTITY, kind))
        for run in client.search_runs([kept.info.experiment_id], terms):
            if run.info.run_id != run_id:
                _forget(client, name, run)


@contextmanager
def _client(store: Store) -> Iterator[Any]:
    """A client of this store; the process-wide address is put back afterwards."""
    import mlflow

    before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    mlflow.set_tracking_uri(store.uri)
    mlflow.set_registry_uri(store.uri)
    try:
        with warnings.catch_warnings():
            # MLflow's own use of SQLAlchemy, and its wish for an example that our models do not need.
            for told in ("noload", "input example was not provided", "type hint is inferred as AnyType"):
                warnings.filterwarnings("ignore", message=f".*{told}")
            yield mlflow.MlflowClient(store.uri, store.uri)
    finally:
        mlflow.set_tracking_uri(before[0])
        mlflow.set_registry_uri(before[1])


def _experiment(client: Any, store: Store, fitted: Fitted) -> str:
    found = client.get_experiment_by_name(fitted.experiment)
    location = f"{store.artifact_location.rstrip('/')}/{fitted.experiment.replace('/', '_')}"
    made = found.experiment_id if found else client.create_experiment(fitted.experiment, artifact_location=location)
    for key, value in {_NOTE: fitted.about, _KIND: "custom_model_development"}.items():
        if found is None or found.tags.get(key) != value:
            client.set_experiment_tag(made, key, value)
    return str(made)


def _week_run(client: Any, experiment_id: str, store: Store, fitted: Fitted, week: str) -> str:
    """The run under which those of one decision week and source lie; made when it is not there yet."""
    mine = {"decision_week": week, "source": store.source, "holds": "models of the week"}
    found = client.search_runs([experiment_id], " and ".join(f"tags.{key} = '{mine[key]}'" for key in mine))
    if found:
        return str(found[0].info.run_id)
    told = {**mine, "mlflow.source.name": "debut", _NOTE: fitted.about}
    run_id = str(client.create_run(experiment_id, tags=told, run_name=week).info.run_id)
    client.set_terminated(run_id)
    return run_id


def _log_model(fitted: Fitted, run_id: str, scratch: Path) -> RunRow:
    """Write the model's files and log them under the active run, served through `fitted.served_by`."""
    import mlflow

    folder = scratch / _MODEL_FOLDER
    folder.mkdir()
    fitted.save(folder)
    info = mlflow.pyfunc.log_model(
        name=fitted.name,
        loader_module=fitted.served_by,
        data_path=str(folder),
        # Logging infers both at the price of minutes when they are not given.
        signature=_signature(fitted),
        pip_requirements=list(fitted.requirements),
    )
    return RunRow(run_id, info.model_uri, digest(folder))


def _signature(fitted: Fitted) -> Any:
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema
    from mlflow.types.schema import Array

    types = {
        "varchar": DataType.string,
        "integer": DataType.long,
        "double[][]": Array(Array(DataType.double)),
    }
    columns = [ColSpec(types.get(kind, DataType.double), name, required=False) for name, kind in fitted.inputs.items()]
    return ModelSignature(inputs=Schema(columns))


def _register(client: Any, fitted: Fitted, row: RunRow, tags: Mapping[str, str]) -> None:
    from mlflow.exceptions import MlflowException

    name = registered_name(fitted.kind, fitted.subject)
    try:
        client.get_registered_model(name)
    except MlflowException:
        client.create_registered_model(name, description=fitted.about)
    told = f"{fitted.name}, decision week {tags['decision_week']}"
    client.create_model_version(name, source=row.model_uri, run_id=row.run_id, tags=dict(tags), description=told)


def _forget(client: Any, name: str, run: Any) -> None:
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    run_id, experiment_id = run.info.run_id, run.info.experiment_id
    for version in client.search_model_versions(f"name = '{name}' and run_id = '{run_id}'"):
        client.delete_model_version(name, version.version)
    for model in client.search_logged_models([experiment_id], f"source_run_id = '{run_id}'"):
        client.delete_logged_model(model.model_id)
        # Deletion only hides a model; its files would pile up week after week.
        get_artifact_repository(model.artifact_location).delete_artifacts()
    get_artifact_repository(run.info.artifact_uri).delete_artifacts()
    client.delete_run(run_id)
    _LOG.info("forgot run %s of %s", run_id, name)


def _finite(metrics: Mapping[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in metrics.items() if abs(float(value)) < float("inf")}
