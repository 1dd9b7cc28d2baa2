"""Settings are read once, checked, and documented where a user looks."""

from datetime import date
from pathlib import Path

import pytest

from orchestration.planning import supply_profile
from orchestration.settings import Settings, env_example


def test_an_empty_environment_gives_the_documented_defaults() -> None:
    documented = dict(line.split("=", 1) for line in env_example().splitlines() if not line.startswith("#"))
    assert Settings.from_env({}, today=date(2017, 10, 4)) == Settings.from_env(documented, today=date(2017, 10, 4))


def test_the_committed_example_is_current() -> None:
    assert Path(__file__).parents[3].joinpath(".env.example").read_text() == env_example()


def test_an_unknown_variable_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="DEBUT_SEEED: no such setting.*DEBUT_SEED"):
        Settings.from_env({"DEBUT_SEEED": "3"})


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("DEBUT_PROFILE", "huge", "must be one of full, tiny"),
        ("DEBUT_THREADS", "two", "must be a number"),
        ("DEBUT_THREADS", "-1", "must not be negative"),
        ("DEBUT_TODAY", "10/02/2017", "YYYY-MM-DD"),
        ("DEBUT_FIRST_WEEK", "2017-10-03", "Monday"),
    ],
)
def test_a_bad_value_names_its_variable_and_the_way_out(variable: str, value: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"{variable}='{value}'.*{message}"):
        Settings.from_env({variable: value})


def test_sources_never_share_a_folder() -> None:
    one = Settings.from_env({"DEBUT_HOME": "/h", "DEBUT_SOURCE": "a"})
    other = Settings.from_env({"DEBUT_HOME": "/h", "DEBUT_SOURCE": "b"})
    for name in ("warehouse", "snapshot", "mlflow_uri", "mlflow_artifacts", "dagster_home", "reports"):
        assert getattr(one, name) != getattr(other, name)


def test_the_week_of_a_second_allocation_reaches_the_plans_profile() -> None:
    assert supply_profile(Settings.from_env({})).second_allocation_weeks == 0
    asked = Settings.from_env({"DEBUT_SECOND_ALLOCATION_WEEKS": "3"})
    assert supply_profile(asked).second_allocation_weeks == 3
