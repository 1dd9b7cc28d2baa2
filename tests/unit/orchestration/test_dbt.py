"""The manifest is parsed by one process while the others wait; dbt's version is known without starting it."""

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWaiting
from pathlib import Path

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


def test_nothing_is_started_or_opened_before_dbt_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Dagster's own resource fails here, so a release of it that begins otherwise is noticed."""
    begun = []
    monkeypatch.setattr("dagster_dbt.core.resource.check_output", lambda *_: begun.append("version") or b"1.11.16")
    monkeypatch.setattr("dbt.config.runtime.load_profile", lambda *_: begun.append("handle"))
    monkeypatch.setattr("dagster_dbt.core.resource.DbtCliInvocation.run", lambda **given: given)
    arguments = {"project_dir": str(PROJECT_FOLDER), "dbt_executable": dbt_executable()}
    for resource, expected in ((dbt_resource(), []), (DbtCliResource(**arguments), ["version", "handle"])):
        given = resource.cli(["build"], manifest=prepared_project().manifest_path, target_path=tmp_path)
        assert given["args"][-1] == "build"  # type: ignore[index]
        assert begun == expected
