"""The record keeper against a real store in a folder."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from support.demand_tables import make_demand_tables, monday

from ml import tracking
from ml.config import MlConfig
from ml.demand.examples import to_forecast, to_learn
from ml.demand.mean_8_weeks import Mean8WeeksModel
from ml.fitted import digest
from ml.tracking import RunRow, Store

pytestmark = pytest.mark.filterwarnings(
    # MLflow's own database layer, while its store is made.
    "ignore::sqlalchemy.exc.SADeprecationWarning",
)


@dataclass(frozen=True)
class Rule:
    """The smallest model that keeps the promise."""

    text: str
    name: str = "rule"
    kind: str = "demand"
    subject: str = "established"
    experiment: str = "demand/established"
    label: str = "rule"
    about: str = "What sells."
    params: dict[str, object] = field(default_factory=lambda: {"weeks": 8})
    trained_through: date = date(2017, 10, 2)
    seconds: float = 1.5
    memory_mb: float = 300.0
    served_by: str = "ml.demand.registry"
    requirements: tuple[str, ...] = ("numpy",)
    inputs: dict[str, str] = field(default_factory=lambda: {"units_mean_8": "double", "channel": "varchar"})

    def save(self, folder: Path) -> None:
        (folder / "rule.txt").write_text(self.text)


def read(folder: Path) -> str:
    return (folder / "rule.txt").read_text()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("mlflow")
    return Store(f"sqlite:///{folder / 'mlflow.db'}", str(folder / "artifacts"), "real")


def log(store: Store, text: str, week: str) -> RunRow:
    return tracking.log(store, Rule(text), {"wpl": 0.3, "bias": float("nan")}, {"decision_week": week})


def runs(store: Store, week: str) -> list[object]:
    with tracking._client(store) as client:
        experiment = client.get_experiment_by_name("demand/established")
        return list(
            client.search_runs([experiment.experiment_id], f"tags.decision_week = '{week}' and tags.model LIKE '%'")
        )


def week_runs(store: Store, week: str) -> list[object]:
    """The runs under which those of a week lie."""
    with tracking._client(store) as client:
        experiment = client.get_experiment_by_name("demand/established")
        terms = f"tags.decision_week = '{week}' and tags.source = '{store.source}' and tags.holds LIKE '%'"
        return list(client.search_runs([experiment.experiment_id], terms))


def versions(store: Store) -> dict[str, str]:
    """Version by run of the registered model."""
    with tracking._client(store) as client:
        return {v.run_id: v.version for v in client.search_model_versions("name = 'demand_established'")}


def test_a_logged_model_comes_back_as_it_was(store: Store) -> None:
    row = log(store, "twice the mean", "2017-10-02")
    assert tracking.load(store, row.model_uri, row.sha256, read) == "twice the mean"


def test_a_run_holds_parameters_finite_metrics_and_tags(store: Store) -> None:
    row = log(store, "a rule", "2017-10-09")
    with tracking._client(store) as client:
        run = client.get_run(row.run_id)
    assert run.data.params == {"weeks": "8", "trained_through": "2017-10-02"}
    assert run.data.metrics == {"wpl": 0.3, "seconds": 1.5, "memory_mb": 300.0}
    assert (
        run.data.tags.items()
        >= {
            "source": "real",
            "demand": "established",
            "model": "rule",
            "decision_week": "2017-10-09",
            "sha256": row.sha256,
        }.items()
    )


def test_the_models_of_a_decision_week_lie_under_its_one_run(store: Store) -> None:
    first = log(store, "a rule", "2017-09-25")
    other = tracking.log(store, Rule("another", name="other"), {"wpl": 0.2}, {"decision_week": "2017-09-25"})
    elsewhere = tracking.log(
        Store(store.uri, store.artifact_location, "simulated"), Rule("a rule"), {}, {"decision_week": "2017-09-25"}
    )
    (parent,) = week_runs(store, "2017-09-25")
    with tracking._client(store) as client:
        under = {row: client.get_run(row.run_id).data.tags["mlflow.parentRunId"] for row in (first, other, elsewhere)}
    assert under[first] == under[other] == parent.info.run_id  # type: ignore[attr-defined]
    assert under[elsewhere] != under[first]
    assert (parent.info.run_name, parent.info.status) == ("2017-09-25", "FINISHED")  # type: ignore[attr-defined]
    tracking.set_champion(store, "demand", "established", other.run_id)
    tracking.forget_others(store, "demand", "established", other.run_id)
    (parent,) = week_runs(store, "2017-09-25")
    assert parent.data.tags["champion_established"] == "other"  # type: ignore[attr-defined]
    assert parent.data.metrics["established_wpl"] == 0.2  # type: ignore[attr-defined]
    assert len(runs(store, "2017-09-25")) == 3


def test_a_second_log_of_a_week_leaves_the_first_until_it_is_told_to_forget_it(store: Store) -> None:
    first, second = log(store, "a rule", "2017-10-16"), log(store, "a rule", "2017-10-16")
    assert first.sha256 == second.sha256
    assert tracking.load(store, first.model_uri, first.sha256, read) == "a rule"
    tracking.forget_others(store, "demand", "established", second.run_id)
    assert [run.info.run_id for run in runs(store, "2017-10-16")] == [second.run_id]  # type: ignore[attr-defined]
    assert second.run_id in versions(store)
    assert first.run_id not in versions(store)
    assert tracking.load(store, second.model_uri, second.sha256, read) == "a rule"


def test_a_log_that_fails_halfway_leaves_the_old_run_and_is_forgotten_with_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = log(store, "a rule", "2017-11-27")
    with monkeypatch.context() as broken:
        broken.setattr(tracking, "_log_model", lambda *_: (_ for _ in ()).throw(OSError("no space left")))
        with pytest.raises(OSError, match="no space left"):
            log(store, "a rule", "2017-11-27")
    assert tracking.load(store, old.model_uri, old.sha256, read) == "a rule"
    assert old.run_id in versions(store)
    new = log(store, "a rule", "2017-11-27")
    tracking.forget_others(store, "demand", "established", new.run_id)
    assert [run.info.run_id for run in runs(store, "2017-11-27")] == [new.run_id]  # type: ignore[attr-defined]


def test_a_champion_logged_again_reigns_on(store: Store) -> None:
    old, new = (
        tracking.log(store, Rule("a rule", subject="new"), {}, {"decision_week": "2017-12-04"}) for _ in range(2)
    )
    tracking.set_champion(store, "demand", "new", old.run_id)
    tracking.set_champion(store, "demand", "new", new.run_id)
    tracking.forget_others(store, "demand", "new", new.run_id)
    assert champion(store, "demand_new") == new.run_id


def test_another_source_keeps_its_own_run(store: Store) -> None:
    log(store, "a rule", "2017-10-23")
    other = log(Store(store.uri, store.artifact_location, "simulated"), "a rule", "2017-10-23")
    tracking.forget_others(store, "demand", "established", other.run_id)
    assert len(runs(store, "2017-10-23")) == 2


def champion(store: Store, name: str = "demand_established") -> str:
    with tracking._client(store) as client:
        return str(client.get_model_version_by_alias(name, "champion").run_id)


def test_the_alias_follows_the_reigning_run_and_stays_with_the_latest_week(store: Store) -> None:
    first, second = log(store, "a rule", "2017-10-30"), log(store, "a rule", "2017-11-06")
    for row, reigning in ((first, first), (second, second), (first, second)):
        tracking.set_champion(store, "demand", "established", row.run_id)
        assert champion(store) == reigning.run_id


def test_each_run_of_a_week_says_whether_it_reigned(store: Store) -> None:
    first = log(store, "a rule", "2017-12-04")
    other = tracking.log(store, Rule("another", name="other"), {}, {"decision_week": "2017-12-04"})
    for reigning in (first, other):
        tracking.set_champion(store, "demand", "established", reigning.run_id)
        with tracking._client(store) as client:
            said = {row: client.get_run(row.run_id).data.tags["is_champion"] for row in (first, other)}
        assert [row for row, is_champion in said.items() if is_champion == "true"] == [reigning]


def test_experiment_run_and_registered_model_say_what_their_figures_mean(store: Store) -> None:
    row = log(store, "a rule", "2017-12-11")
    with tracking._client(store) as client:
        run = client.get_run(row.run_id)
        experiment = client.get_experiment(run.info.experiment_id)
        model = client.get_registered_model("demand_established")
    assert run.data.tags["mlflow.note.content"] == experiment.tags["mlflow.note.content"] == model.description
    assert model.description == "What sells."


def test_a_run_that_registered_nothing_cannot_reign(store: Store) -> None:
    log(store, "a rule", "2017-10-30")
    with pytest.raises(LookupError, match="no-such-run"):
        tracking.set_champion(store, "demand", "established", "no-such-run")


def test_a_changed_file_is_never_opened(store: Store) -> None:
    row = log(store, "a rule", "2017-11-13")
    saved = next(Path(store.artifact_location).rglob(f"{row.model_uri.removeprefix('models:/')}/**/rule.txt"))
    saved.write_text("another rule")
    with pytest.raises(ValueError, match="changed after training"):
        tracking.load(store, row.model_uri, row.sha256, lambda folder: pytest.fail("it was opened"))


def test_mlflow_itself_serves_a_demand_model_from_its_columns(store: Store) -> None:
    import mlflow

    tables, config, week = make_demand_tables(products=4, launches=4), MlConfig.tiny(), monday(36)
    fitted = Mean8WeeksModel().fit(to_learn("established", tables, week, config), config)
    asked = to_forecast("established", tables, week, config)
    row = tracking.log(store, fitted, {}, {"decision_week": "2017-11-20"})
    with tracking._client(store):
        said = mlflow.pyfunc.load_model(row.model_uri).predict(asked[list(fitted.inputs)])
    pd.testing.assert_frame_equal(said, fitted.predict(asked))


def test_a_digest_tells_names_and_contents_apart(tmp_path: Path) -> None:
    digests = set()
    for name, text in (("a", "x"), ("b", "x"), ("a", "y")):
        folder = tmp_path / f"{name}{text}"
        folder.mkdir()
        (folder / name).write_text(text)
        digests.add(digest(folder))
    assert len(digests) == 3
