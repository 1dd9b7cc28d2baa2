"""The manifest is parsed by one process while the others wait; dbt's version is known without starting it."""

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWaiting

import pytest
from dagster_dbt import DbtCliResource

from orchestration.dbt import PROJECT_FOLDER, dbt_executable, dbt_resource, parsing_alone, prepared_project


def test_a_manifest_that_is_being_written_is_waited_for() -> None:
    manifest = prepared_project().manifest_path
    with ThreadPoolExecutor() as pool:
        with parsing_alone(manifest):
            project = pool.submit(prepared_project)
            with pytest.raises(StillWaiting):
                project.result(timeout=0.3)
        assert project.result(timeout=60).manifest_path == manifest


def test_dbt_has_the_version_that_its_executable_would_say() -> None:
    asked = DbtCliResource(project_dir=str(PROJECT_FOLDER), dbt_executable=dbt_executable())
    assert dbt_resource()._cli_version == asked._cli_version


def test_the_executable_is_not_started_to_learn_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def started(*_: object) -> bytes:
        raise AssertionError("dbt was started")

    monkeypatch.setattr("dagster_dbt.core.resource.check_output", started)
    assert dbt_resource()._cli_version.major == 1
