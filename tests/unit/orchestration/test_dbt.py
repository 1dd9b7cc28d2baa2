"""The manifest is parsed by one process while the others wait."""

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWaiting

import pytest

from orchestration.dbt import parsing_alone, prepared_project


def test_a_manifest_that_is_being_written_is_waited_for() -> None:
    manifest = prepared_project().manifest_path
    with ThreadPoolExecutor() as pool:
        with parsing_alone(manifest):
            project = pool.submit(prepared_project)
            with pytest.raises(StillWaiting):
                project.result(timeout=0.3)
        assert project.result(timeout=60).manifest_path == manifest
